"""The country a person fled: what only the hub may know of them, and which codes may name it. What cannot be read may be any.

Pure rules: each lets through, raises Refused with a sentence somebody can act on, or says what must happen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NoReturn, SupportsIndex

from hotspot_kiosk.countries import UNREADABLE, same
from hotspot_kiosk.countries import country as country_of
from hotspot_kiosk.errors import Refused


class Shielded:
    """What is known of a person that only the hub may know. It has no way out: nothing serialises it.

    origins: claimed and known countries of origin, ISO 3166-1 alpha-3. No dataclass, because encoders
    take those without asking.
    """

    __slots__ = ("origins", "protection_sought")

    def __init__(self, origins: frozenset[str] = frozenset(), protection_sought: bool = False) -> None:
        self.origins = origins
        self.protection_sought = protection_sought

    def __repr__(self) -> str:
        return "Shielded(...)"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("what is shielded is not serialised")


def countries(codes: Collection[str]) -> frozenset[str]:
    """Country codes as the shields compare them, alpha-3. Raises Refused for one that is no country's: it would shield nobody."""
    found = frozenset(country_of(code) for code in codes)
    if found & {"", UNREADABLE}:
        raise Refused(
            "a country is three letters (ISO 3166-1 alpha-3), as in SYR, of a state that there is today; look it up"
        )
    return found


def placed_by(codes: Iterable[str], person: Shielded | None) -> str:
    """The one country that the shields must ask about, of all that a partner's candidate names (owners first, then who sent it).

    One that may be a country of origin, wherever it stands among them; else the first that can be read, then a body
    that is none, as INTERPOL is; UNREADABLE if nothing else was told, empty if nothing was.
    """
    told = [each for each in codes if each.strip()]
    fled = [_plain(each) for each in told if person is not None and may_be_fled(each, person)]
    places = [place for place in map(country_of, told) if place not in ("", UNREADABLE)]
    bodies = [_plain(each) for each in told if not country_of(each)]
    return next(iter((*fled, *places, *bodies)), UNREADABLE if told else "")


def may_be_fled(code: str, person: Shielded) -> bool:
    """Whether that may be a country of origin. What cannot be read may be any: the source's code, or what was said of the person."""
    if any(same(code, each) for each in person.origins):
        return True
    place = country_of(code)
    if place == UNREADABLE:
        return bool(person.origins) or person.protection_sought
    return bool(place) and any(country_of(each) == UNREADABLE for each in person.origins)


def is_nowhere(code: str) -> bool:
    """Whether it names no country: nothing was told, or a body such as INTERPOL, to whom any may have told it."""
    return not country_of(code)


def _plain(code: str) -> str:
    """As it is kept: alpha-3, three letters as they were told, or UNREADABLE."""
    place, letters = country_of(code), code.partition("/")[0].strip().upper()
    if place not in ("", UNREADABLE):
        return place
    return (
        letters if len(letters) == len(UNREADABLE) and letters.isascii() and letters.isalpha() else UNREADABLE
    )
