"""How long things are kept, what a person is told about them, when it is erased, which counts are shown.

Pure rules: each lets through, raises Refused with a sentence somebody can act on, or says what must happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Kind, Retention, Rights
from hotspot_kiosk.policy.capture import spelled
from hotspot_kiosk.policy.findings import Outcome


class Ended(StrEnum):
    """How a check stands, for its retention."""

    NO_HIT = "no hit"
    UNANSWERED = "unanswered"
    HIT = "hit"
    ENROLLED = "enrolled"
    SUPERSEDED = "enrolled anew"
    ERASED = "to be erased"


class Disclosure(StrEnum):
    """How much of the outcome a person is told who asks what is held about them."""

    ALL = "all"
    WITHHELD = "a part is withheld"
    SILENT = "neither confirmed nor denied"


def purge_at(rule: Retention, ended: Ended, since: datetime) -> datetime:
    """When what the hub opened must be destroyed (2.092 EXP names the day)."""
    kept = {
        Ended.NO_HIT: timedelta(hours=rule.no_hit_hours),
        Ended.UNANSWERED: timedelta(days=rule.unanswered_days),
        Ended.HIT: timedelta(days=rule.hit_days),
        Ended.ENROLLED: timedelta(days=rule.enrolled_days),
        Ended.SUPERSEDED: timedelta(days=rule.superseded_days),
        Ended.ERASED: timedelta(0),
    }
    return since + kept[ended]


def kept_at_most(rule: Retention, kind: Kind) -> timedelta:
    """How long anything of a record is kept, however its check ends: what a slip may say without telling how."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    searched = (Ended.NO_HIT, Ended.UNANSWERED, Ended.HIT)
    states = (Ended.ENROLLED, *searched) if kind is Kind.RECEPTION else searched
    return max(purge_at(rule, each, start) for each in states) - start


def disclosure(rights: Rights, found: bool) -> Disclosure:
    """How much of an outcome is told to the person (Directive (EU) 2016/680, art. 15).

    Where the law does not even let it be said that something is withheld, every record is answered alike:
    an exception would tell what the silence hides.
    """
    if not rights.withhold:
        return Disclosure.ALL
    if not rights.say_withheld:
        return Disclosure.SILENT
    return Disclosure.WITHHELD if found else Disclosure.ALL


def may_erase(*, unfinished: bool, outcomes: Sequence[Outcome], until: datetime, told: Disclosure) -> None:
    """Raises Refused while the record is needed: unfinished, a possible match open, or one confirmed.

    unfinished: a partner's answer or the legal officer's word is waited for. What must be kept as evidence is
    restricted, not erased (art. 16 (3)); where nothing may be told, the refusal says no more than that.
    """
    needed = {
        "it is not finished": unfinished,
        "people still compare what was found": any(o in (Outcome.OPEN, Outcome.DISPUTED) for o in outcomes),
        "what was found is kept as evidence": Outcome.CONFIRMED in outcomes,
    }
    grounds = [why for why, holds in needed.items() if holds]
    if grounds:
        why = grounds[0] if told is Disclosure.ALL else "it is not finished"
        raise Refused(
            f"this check cannot be erased yet: {why}; all of it is erased on {spelled(until)} at the latest"
        )


def may_count(part: int, whole: int, floor: int) -> bool:
    """Whether a count of a day may be shown: neither it nor what it leaves of the whole is small, but not nothing."""
    return not (0 < part < floor or 0 < whole - part < floor)
