"""What the hub knows of one check: its events folded into a Case. Pure.

What is shielded about the person is in no event: it stays inside the sealed probe and is read from there
whenever a rule needs it (`casebook`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hotspot_kiosk.hub.cases.case_events import (
    Consulted,
    Enrolling,
    Failed,
    Judged,
    Kept,
    Known,
    Left,
    Opened,
    Purged,
    Rechecked,
    Replied,
    Reported,
    Searched,
    Sent,
    Told,
    Voted,
)
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.operation import Confirmation
from hotspot_kiosk.policy import Ended, Outcome, Vote, outcome
from hotspot_kiosk.terms import Decision, Tcn


@dataclass(frozen=True, slots=True)
class Possible:
    """A candidate, wherever it came from; partner is empty for the own gallery.

    score: fused log-odds, None where a partner tells none. source: the country that placed the reference.
    """

    reference: str
    partner: str
    source: str
    score: float | None
    verified: bool
    strong: bool = True
    why: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One check, as far as the hub knows it. roster: by which its people's signatures are known; without one none counts."""

    tcn: Tcn
    roster: Roster | None = field(default=None, repr=False)
    events: int = 0
    opened: Opened | None = None
    searched: Searched | None = None
    sent: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    unasked: tuple[str, ...] = ()
    replies: tuple[Replied, ...] = field(default=(), repr=False)
    failures: tuple[Failed, ...] = ()
    told: Mapping[int, Told] = field(default_factory=dict)
    votes: tuple[Voted, ...] = field(default=(), repr=False)
    judged: Mapping[str, Judged] = field(default_factory=dict, repr=False)
    reports: tuple[Reported, ...] = ()
    left: bool = False
    consulted: tuple[Consulted, ...] = ()
    enrolling: tuple[Enrolling, ...] = field(default=(), repr=False)
    purged: Purged | None = None

    @property
    def possible(self) -> tuple[Possible, ...]:
        """All candidates, once each: the own gallery's first, then the partners' by name and sequence."""
        return (*self._own(), *self._foreign())

    def _own(self) -> Iterable[Possible]:
        if self.searched is not None:
            for each in self.searched.found:
                yield Possible(each.reference, "", each.source, each.score, False, each.strong, each.why)

    def _foreign(self) -> Iterable[Possible]:
        """A partner's candidate that came again counts once; a verified one is the better word.

        Two that name different references are two, even at one place of the same answer: none is lost for the other.
        """
        best: dict[tuple[str, int, str], Replied] = {}
        for reply in self.replies:
            place = (reply.partner, reply.sequence, reply.reference)
            if reply.sequence and (place not in best or (reply.verified and not best[place].verified)):
                best[place] = reply
        for _, reply in sorted(best.items()):
            yield Possible(reply.reference, reply.partner, reply.source, None, reply.verified)

    def find(self, reference: str) -> Possible | None:
        """The candidate of that reference."""
        return next((each for each in self.possible if each.reference == reference), None)

    def answered(self, partner: str) -> bool:
        """Whether nothing is to come: no hit, an error, as many different candidates as announced, or never asked."""
        if partner in self.kept:
            return True
        mine = [reply for reply in self.replies if reply.partner == partner]
        if any(not reply.sequence for reply in mine) or any(e.partner == partner for e in self.failures):
            return True
        distinct = {reply.sequence for reply in mine}
        return bool(mine) and len(distinct) >= max(reply.total for reply in mine)

    def messages(self, reference: str) -> tuple[Replied, ...]:
        """The messages that named this reference, the first of each partner."""
        named = {each.partner: each for each in reversed(self.replies) if each.reference == reference}
        return tuple(each for each in named.values() if each.sequence)

    @property
    def owing(self) -> tuple[str, ...]:
        """Partners who were asked and have not said all."""
        return tuple(sorted(partner for partner in self.sent if not self.answered(partner)))

    def outcome(self, reference: str, rule: Confirmation) -> Outcome:
        """Where a possible match stands, after what different people found."""
        return outcome(rule, self.findings(reference))

    def findings(self, reference: str) -> tuple[Vote, ...]:
        """What people said of a candidate, in order."""
        return tuple(each.vote(self.tcn, self.roster) for each in self.votes if each.reference == reference)

    def is_open(self, now: datetime, patience: timedelta) -> bool:
        """Whether a partner's answer is still waited for."""
        return bool(self.owing) and self.opened is not None and now - self.opened.at < patience

    def ended(self, now: datetime, patience: timedelta) -> Ended:
        """How it stands, for its retention; a case still open counts as unanswered."""
        found = self.searched is not None and self.searched.decision is not Decision.NO_HIT
        if found or any(self._foreign()):
            return Ended.HIT
        nothing = self.searched is None or self.owing or self.failures or self.is_open(now, patience)
        return Ended.UNANSWERED if nothing else Ended.NO_HIT


def fold(tcn: Tcn, events: Iterable[Known], roster: Roster | None = None) -> Case:
    """A case out of its events, in the order they were kept; a repeat changes nothing.

    Its lane is that of its first event: what belongs to the other one is not taken up.
    """
    case, seen = Case(tcn, roster), set()
    for event in events:
        if event.name not in seen:
            seen.add(event.name)
            case = with_event(case, event) if _fits(case, event) else case
    return replace(case, events=len(seen))


def _fits(case: Case, event: Known) -> bool:
    """Told, Consulted and Purged belong to either lane."""
    if isinstance(event, Told | Consulted | Purged):
        return True
    return case.opened is None if isinstance(event, Enrolling) else not case.enrolling


def with_event(case: Case, event: Known) -> Case:
    """The case with one event more, which it did not have."""
    match event:
        case Opened():
            return replace(case, opened=event)
        case Searched():
            return replace(case, searched=event)
        case Sent() | Kept() | Replied() | Failed():
            return _with_partner(case, event)
        case Rechecked():
            return case
        case Voted():
            return replace(case, votes=(*case.votes, event))
        case _:
            return _with_rest(case, event)


def _with_partner(case: Case, event: Sent | Kept | Replied | Failed) -> Case:
    if isinstance(event, Kept):
        unasked = (*case.unasked, event.why) if event.told else case.unasked
        return replace(case, kept=case.kept | {event.partner}, unasked=unasked)
    case = replace(case, sent=case.sent | {event.partner})
    match event:
        case Replied():
            return replace(case, replies=(*case.replies, event))
        case Failed():
            return replace(case, failures=(*case.failures, event))
        case Sent():
            return case


def _with_rest(case: Case, event: Told | Judged | Reported | Left | Consulted | Enrolling | Purged) -> Case:
    match event:
        case Told():
            before = case.told.get(event.device)
            newer = before is None or event.edition > before.edition
            return replace(case, told={**case.told, event.device: event}) if newer else case
        case Judged():
            earlier = case.judged.get(event.reference)
            kept = earlier if earlier is not None and earlier.released else event
            return replace(case, judged={**case.judged, event.reference: kept})
        case Reported():
            return replace(case, reports=(*case.reports, event))
        case _:
            return _with_mark(case, event)


def _with_mark(case: Case, event: Left | Consulted | Enrolling | Purged) -> Case:
    match event:
        case Left():
            return replace(case, left=True)
        case Consulted():
            return replace(case, consulted=(*case.consulted, event))
        case Enrolling():
            return replace(case, enrolling=(*case.enrolling, event))
        case Purged():
            return replace(case, purged=event)
