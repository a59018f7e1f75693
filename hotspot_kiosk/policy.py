"""The shields, as pure rules: who may be captured, what may go where, who hears of it, when it goes.

Each rule lets through, or raises Refused with a sentence somebody can act on, or says what must
happen. None of them reads a clock, a disk or a network. The README's table names rule, source, place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NoReturn, SupportsIndex

from hotspot_kiosk.countries import UNREADABLE, same
from hotspot_kiosk.countries import country as country_of
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Confirmation, Kind, Lane, Operation, Retention, Rights
from hotspot_kiosk.terms import EnrolmentType, Purpose, RequestType, SensorGrade, Tcn

ADULTS_ONLY = "adults only: for anyone who may be under 18, take no biometrics and call a child officer"

MOST_HANDED, HANDED_FOR = 10, timedelta(minutes=15)  # as many as one officer has before their eyes

UNKNOWN = "the hub knows no such operation, so nobody is enrolled under it; ask the bureau"


class Regime(StrEnum):
    """The law under which data were obtained. Data never leave theirs but by a new capture."""

    CHECK = "check at a post"
    NATIONAL = "national gallery"
    EURODAC = "Eurodac"


class Partner(StrEnum):
    """Who may be asked, by the law that binds them."""

    INTERPOL = "INTERPOL"
    NATIONAL = "national system"


class Reader(StrEnum):
    """Who sees an answer first."""

    POST = "post"
    LEGAL = "legal officer"


class Ended(StrEnum):
    """How a check stands, for its retention."""

    NO_HIT = "no hit"
    UNANSWERED = "unanswered"
    HIT = "hit"
    ENROLLED = "enrolled"
    SUPERSEDED = "enrolled anew"
    ERASED = "to be erased"


class Finding(StrEnum):
    """What somebody who compared the two pictures says."""

    CONFIRM = "confirm"
    REFUTE = "refute"


class Outcome(StrEnum):
    """Where a possible match stands."""

    OPEN = "possible match, verify"
    CONFIRMED = "match confirmed"
    REFUTED = "match refuted"
    DISPUTED = "possible match, the people who looked disagree; another person must look"


class Disclosure(StrEnum):
    """How much of the outcome a person is told who asks what is held about them."""

    ALL = "all"
    WITHHELD = "a part is withheld"
    SILENT = "neither confirmed nor denied"


@dataclass(frozen=True, slots=True)
class Vote:
    """One authenticated person's finding on a possible match, with a reason in their words.

    key: their own, which signed it, so that no machine can have made it up. kiosk: otherwise, which one says so.
    """

    officer: str
    finding: Finding
    reason: str
    key: bytes = field(default=b"", repr=False)
    kiosk: int = 0

    @property
    def proved(self) -> bool:
        """Whether that person's own key signed it."""
        return bool(self.key)

    @property
    def witness(self) -> tuple[bytes, int]:
        """Who stands for it: the key, or a kiosk, which is one witness however many people it names."""
        return (self.key, 0) if self.proved else (b"", self.kiosk)


@dataclass(frozen=True, slots=True)
class Word:
    """What one authenticated person says of a possible duplicate: the identity it is, or None for somebody else."""

    officer: str
    same_as: Tcn | None


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


MAY_FLOW: Mapping[Regime, frozenset[Partner]] = {
    Regime.CHECK: frozenset({Partner.INTERPOL, Partner.NATIONAL}),
    Regime.NATIONAL: frozenset({Partner.NATIONAL}),
    Regime.EURODAC: frozenset(),
}


def may_capture(
    operation: Operation | None,
    device: int,
    post: str,
    now: datetime,
    *,
    clock_trusted: bool,
    adult: bool,
    officer: str = "",
    past: datetime | None = None,
) -> Operation:
    """The operation under which a capture may begin. Raises Refused.

    A clock that cannot be trusted does not close an operation that may be running: the record
    says so, and the hub decides. past: a time that is surely past, whatever the clock says.
    """
    if not adult:
        raise Refused(ADULTS_ONLY)
    if operation is None:
        raise Refused("no operation is installed; ask the bureau for one, then: hotspot operation install")
    if device not in operation.devices or post not in operation.posts:
        raise Refused(f"operation {operation.id} is not for this kiosk and post; ask the bureau")
    if operation.officers and officer not in operation.officers:
        raise Refused(
            f"operation {operation.id} names the officers who may check people; sign in as one of them"
        )
    may_run(operation, now, clock_trusted=clock_trusted, past=past)
    return operation


def may_hand_over(people: int, *, adult: bool, officer: str) -> timedelta:
    """For how long an officer may let so many people, whom they have seen and attest to be adults, begin by themselves.

    Raises Refused. Nobody's own word is an attestation: a named officer's is, for few people and a short time.
    """
    if not adult:
        raise Refused(ADULTS_ONLY)
    if not officer:
        raise Refused("sign in first: only an officer who is named hands a kiosk over")
    if not 1 <= people <= MOST_HANDED:
        raise Refused(f"say how many adults stand before you: 1 to {MOST_HANDED}")
    return HANDED_FOR


def second_look(majority: int, years: float, too_high: float) -> bool:
    """Whether an officer is asked to look once more at a face that looks so many years old.

    too_high: by how much such estimates exceed the truth in one case of twenty. An estimate never attests
    anything: above the line nothing follows from it, and one that is no number asks for the look.
    """
    return not years - too_high >= majority


def may_run(
    operation: Operation, now: datetime, *, clock_trusted: bool, past: datetime | None = None
) -> None:
    """Raises Refused unless the operation runs now, as far as a trusted clock, or a time that is surely past, tells."""
    if clock_trusted and now < operation.begins:
        raise Refused(f"operation {operation.id} begins on {_told(operation.begins)}")
    if (clock_trusted and now >= operation.ends) or (past is not None and past >= operation.ends):
        raise Refused(f"operation {operation.id} ended on {_told(operation.ends)}; ask for a new one")


def search_type(operation: Operation, asked: RequestType | None) -> RequestType:
    """The kind of search: the operation's. Raises Refused for any other than that."""
    if asked is not None and asked is not operation.tot:
        raise Refused(f"operation {operation.id} asks {operation.tot} searches only")
    return operation.tot


def may_enrol(operation: Operation) -> None:
    """Raises Refused unless people are enrolled into the national gallery under this operation."""
    if operation.kind is not Kind.RECEPTION:
        raise Refused(f"operation {operation.id} checks people; a search is never an enrolment")


def purpose(operation: Operation, asked: RequestType | None) -> Purpose:
    """What a capture under this operation is for; its kind alone says it. Raises Refused as `search_type`."""
    if operation.kind is Kind.HOTSPOT:
        return search_type(operation, asked)
    if asked is not None:
        raise Refused(f"operation {operation.id} enrols people; a search needs an operation that checks them")
    return EnrolmentType.NATIONAL


def may_enter(operation: Operation | None, asked: Purpose) -> None:
    """The guard between the lanes: raises Refused unless the operation's kind is that of what is asked.

    Nobody is enrolled under an operation that the hub does not know; a search under one is answered to
    the post that asked, and goes nowhere else.
    """
    if isinstance(asked, EnrolmentType):
        if operation is None:
            raise Refused(UNKNOWN)
        may_enrol(operation)
    elif operation is not None and operation.kind is not Kind.HOTSPOT:
        raise Refused(f"operation {operation.id} enrols people; a search does not belong to it")


def enrols(
    operation: Operation | None, device: int, post: str, captured: datetime, *, clock_trusted: bool
) -> Operation:
    """The operation under which the hub enrols what this kiosk sent. Raises Refused, with what to do."""
    if operation is None:
        raise Refused(UNKNOWN)
    may_enrol(operation)
    if device not in operation.devices or post not in operation.posts:
        raise Refused(f"operation {operation.id} is not for this kiosk and post; ask the bureau")
    may_run(operation, captured, clock_trusted=clock_trusted)
    return operation


def may_ask_partners(operation: Operation | None, device: int, post: str, captured: datetime) -> Operation:
    """The operation under which a partner may be asked about this check; Raises Refused, with what to tell the post.

    captured: the latest moment at which it can have been captured. When it came does not matter: what was captured within
    the operation's time may still go after it, as long as it may be kept at all. Where no trusted clock tells the moment it is
    as late as when it came, or as a later record of that kiosk: so one that comes after the end stays here, unless something proves
    that it is older.
    """
    if operation is None:
        raise Refused("the hub knows no such operation, so no partner is asked; ask the bureau")
    if device not in operation.devices or post not in operation.posts:
        raise Refused(
            f"operation {operation.id} is not for this kiosk and post, so no partner is asked; ask the bureau"
        )
    if not operation.begins <= captured < operation.ends:
        raise Refused(
            f"it cannot be said that this check was captured within the time of operation {operation.id} "
            f"({_told(operation.begins)} to {_told(operation.ends)}), so no partner is asked; ask the bureau"
        )
    return operation


def may_join(operation: Operation, gallery: str) -> None:
    """Raises Refused unless samples of this operation may join those of that gallery."""
    may_enrol(operation)
    if gallery != operation.gallery:
        raise Refused(f"operation {operation.id} enrols into another national gallery")


@dataclass(frozen=True, slots=True)
class Settled:
    """What enough people say: the identity that the person has already, or None for a new one."""

    same_as: Tcn | None


def may_renew(operation: Operation, officer: str) -> None:
    """Raises Refused unless this officer may ask to enrol somebody anew who is enrolled already."""
    may_enrol(operation)
    if not officer:
        raise Refused("sign in first: only an officer who is named says that somebody was enrolled before")


def duplicate(rule: Confirmation, words: Sequence[Word]) -> Settled | None:
    """What was decided of a possible duplicate; None while it is open.

    As many different people as the operation asks for say the same; where some say otherwise, more than those.
    """
    said = {word.officer: word.same_as for word in words}
    counts = {each: sum(1 for other in said.values() if other == each) for each in said.values()}
    for each, times in counts.items():
        if times >= rule.people and times > len(said) - times:
            return Settled(each)
    return None


def fingers_may_go(operation: Operation, grade: SensorGrade) -> bool:
    """Whether fingers of this sensor may be searched at INTERPOL; if not, they stay in the local lane.

    Certified grade (FAP) of the operation's level, 256 grey levels (INT-I v6, Type-14 notes).
    """
    certified = grade.fap is not None and grade.grey_levels >= 256
    return Lane.INTERPOL in operation.lanes and certified and (grade.fap or 0) >= operation.least_fap


def may_send(operation: Operation, regime: Regime, partner: Partner, country: str, person: Shielded) -> None:
    """Whether a record may be sent to a partner in `country` (empty for INTERPOL). Raises Refused.

    Nothing goes to a claimed or known country of origin (non-refoulement; INTERPOL GA-2017-86-RES-09);
    nothing obtained under Eurodac leaves (Regulation (EU) 2024/1358, art. 49).
    """
    if partner not in MAY_FLOW[regime]:
        raise Refused(f"data obtained as '{regime}' cannot be sent to {partner}")
    if partner is Partner.INTERPOL and Lane.INTERPOL not in operation.lanes:
        raise Refused(f"operation {operation.id} has no lane to INTERPOL")
    if _may_be_fled(country, person):
        raise Refused("nothing about this person is sent to that country")
    if country and person.protection_sought:
        raise Refused("nothing about this person is sent to another country without the legal officer")


def may_report(
    operation: Operation, regime: Regime, partner: Partner, country: str, source: str, person: Shielded | None
) -> None:
    """Whether what became of a hit may be told to the partner that gave it. Raises Refused.

    source: the country that placed the reference; a partner passes the outcome on to it, and a confirmed hit
    says that the person is here: so it is as if something were sent to that country.
    """
    if person is None or (_is_nowhere(source) and (person.origins or person.protection_sought)):
        raise Refused("nobody can tell to whom the outcome would be passed on")
    for each in (country, source):
        may_send(operation, regime, partner, each, person)


def first_reader(source: str, person: Shielded) -> Reader:
    """Who sees a hit first: `source` is the country the reference came from, empty if it was not told.

    A hit that the country of origin placed, or one of unknown source about somebody who seeks
    protection, may be persecution: the legal officer sees it before the post does. So they do where
    the source is told in a way that cannot be read.
    """
    if _may_be_fled(source, person) or (person.protection_sought and _is_nowhere(source)):
        return Reader.LEGAL
    return Reader.POST


def placed_by(codes: Iterable[str], person: Shielded | None) -> str:
    """The one country that the shields must ask about, of all that a partner's candidate names (owners first, then who sent it).

    One that may be a country of origin, wherever it stands among them; else the first that can be read, then a body
    that is none, as INTERPOL is; UNREADABLE if nothing else was told, empty if nothing was.
    """
    told = [each for each in codes if each.strip()]
    fled = [_plain(each) for each in told if person is not None and _may_be_fled(each, person)]
    places = [place for place in map(country_of, told) if place not in ("", UNREADABLE)]
    bodies = [_plain(each) for each in told if not country_of(each)]
    return next(iter((*fled, *places, *bodies)), UNREADABLE if told else "")


def may_look(operation: Operation, named: str, person: Shielded) -> None:
    """Whether a kiosk may compare this person's face with the watchlist made for operation `named`. Raises Refused.

    Only where the signed operation says so, never at a reception, and never where the legal officer may have to
    see a hit first: a kiosk that has no link cannot ask one, and a list does not say who placed its cases.
    """
    if operation.kind is not Kind.HOTSPOT or not operation.watchlist:
        raise Refused(f"operation {operation.id} permits no watchlist")
    if named != operation.id:
        raise Refused(f"this watchlist is not for operation {operation.id}")
    if person.protection_sought or person.origins:
        raise Refused("what is found about this person is for the legal officer first")


def may_see(operation: Operation, post: str) -> None:
    """Raises Refused unless the post belongs to the operation under which the check was made."""
    if post not in operation.posts:
        raise Refused("this record belongs to an operation in which this post has no part")


def next_posts(operation: Operation, post: str, captured: datetime, now: datetime) -> tuple[str, ...]:
    """Who hears a late hit: the post that asked, then those after it on the route, until it expires."""
    if now - captured > timedelta(hours=operation.late_hit_hours):
        return (post,)
    return (post, *(each for each in operation.route.get(post, ()) if each != post))


def may_vote(votes: Sequence[Vote | Word], officer: str, reason: str) -> None:
    """Raises Refused unless this person may say what they found: once each, with a reason."""
    if not officer:
        raise Refused("sign in first: a finding without a name counts for nothing")
    if not reason.strip():
        raise Refused("say in a few words what you compared and what you saw")
    if any(vote.officer == officer for vote in votes):
        raise Refused("you have said what you found; another person must look now")


def may_decide(operation: Operation | None, officer: str) -> None:
    """Raises Refused unless this officer may speak about a check under this operation: where it names officers, they alone."""
    if operation is not None and operation.officers and officer not in operation.officers:
        raise Refused(f"operation {operation.id} does not name this officer")


def outcome(rule: Confirmation, said: Sequence[Vote]) -> Outcome:
    """Where a possible match stands after these findings, in whatever order they came: only different people with different keys count.

    For what neither a person's key nor a kiosk stands, it counts as nothing.
    What one kiosk alone vouches for counts as one person's: a stolen one could make up any number of them.
    Where the operation asks for both places, one speaks for a kiosk and one signs at the hub.

    Where they disagree, others look. A doubt counts for the person: confirmed is it only by as many as the
    operation asks for and one more for everybody who refuted it; refuted, by as many as it asks for and more than confirm.
    """
    votes = [vote for vote in said if vote.proved or vote.kiosk]
    confirm = [vote for vote in votes if vote.finding is Finding.CONFIRM]
    refute = [vote for vote in votes if vote.finding is Finding.REFUTE]
    if _agree(rule, confirm, rule.people + _people(refute)):
        return Outcome.CONFIRMED
    if _agree(rule, refute, max(rule.people, _people(confirm) + 1)):
        return Outcome.REFUTED
    return Outcome.DISPUTED if confirm and refute else Outcome.OPEN


def _agree(rule: Confirmation, votes: Sequence[Vote], needed: int) -> bool:
    """Whether so many different people say this, at so many different places, and at both kinds where that is asked."""
    different = min(_people(votes), len({vote.witness for vote in votes}))
    return different >= needed and not (rule.both_places and len({vote.proved for vote in votes}) < 2)


def _people(votes: Sequence[Vote]) -> int:
    return len({vote.officer for vote in votes})


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
            f"this check cannot be erased yet: {why}; all of it is erased on {_told(until)} at the latest"
        )


def kept_at_most(rule: Retention, kind: Kind) -> timedelta:
    """How long anything of a record is kept, however its check ends: what a slip may say without telling how."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    searched = (Ended.NO_HIT, Ended.UNANSWERED, Ended.HIT)
    states = (Ended.ENROLLED, *searched) if kind is Kind.RECEPTION else searched
    return max(purge_at(rule, each, start) for each in states) - start


def may_view(operation: Operation | None, post: str, officer: str) -> str:
    """The law under which this officer there is shown a reference's face beside the person's. Raises Refused.

    A picture of somebody leaves the hub only where a comparison by people needs it (Directive (EU) 2016/680, art. 10).
    """
    if operation is None:
        raise Refused("the hub knows no such operation, so no picture leaves it; ask the bureau")
    may_see(operation, post)
    if not officer:
        raise Refused("sign in first: pictures are shown to an officer who is named")
    may_decide(operation, officer)
    if not operation.confirmation.pictures.strip():
        raise Refused(
            f"operation {operation.id} names no law under which pictures leave the hub; look at them at the bureau"
        )
    return operation.confirmation.pictures


def may_count(part: int, whole: int, floor: int) -> bool:
    """Whether a count of a day may be shown: neither it nor what it leaves of the whole is small, but not nothing."""
    return not (0 < part < floor or 0 < whole - part < floor)


def countries(codes: Collection[str]) -> frozenset[str]:
    """Country codes as the shields compare them, alpha-3. Raises Refused for one that is no country's: it would shield nobody."""
    found = frozenset(country_of(code) for code in codes)
    if found & {"", UNREADABLE}:
        raise Refused(
            "a country is three letters (ISO 3166-1 alpha-3), as in SYR, of a state that there is today; look it up"
        )
    return found


def _may_be_fled(code: str, person: Shielded) -> bool:
    """Whether that may be a country of origin. What cannot be read may be any: the source's code, or what was said of the person."""
    if any(same(code, each) for each in person.origins):
        return True
    place = country_of(code)
    if place == UNREADABLE:
        return bool(person.origins) or person.protection_sought
    return bool(place) and any(country_of(each) == UNREADABLE for each in person.origins)


def _is_nowhere(code: str) -> bool:
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


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
