"""How everything stands at a kiosk, for an officer's page: the session, the queue, the answers, the operation.

It only looks. Numbers come from what is on disk and what was measured; where something is not known it is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from hotspot_kiosk import policy, wire
from hotspot_kiosk.contents import decode_answer
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.session import Session, State
from hotspot_kiosk.kiosk.staff.counter import (
    Campaign,
    Day,
    Found,
    Kept,
    Possible,
    Referred,
    Sample,
    Verdict,
    View,
)
from hotspot_kiosk.kiosk.staff.door import Badge
from hotspot_kiosk.kiosk.staff.findings import Findings, Said
from hotspot_kiosk.kiosk.staff.pairs import Pairs
from hotspot_kiosk.kiosk.storage.outbox import DAMAGED, GIVEN_UP, Entry, Outbox, PartState
from hotspot_kiosk.kiosk.storage.rescue import UNREADABLE
from hotspot_kiosk.kiosk.told import portrait, presentation
from hotspot_kiosk.officers import Role
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.seal_answer import open_answer
from hotspot_kiosk.terms import Answer, Candidate, Capture, Decision, FingerSample, Part, Tcn

MOST_ROWS, MOST_DAYS, MOST_REFERRED = 50, 14, 5
SMALL = 5  # where no operation says how small a count may be that is told
# Whoever mends a kiosk needs no answer to anybody's check.
READING = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.LEGAL})
Remedy = Literal["", "requeue", "erase", "either"]
Trouble = Literal["", "damaged", "unreadable", "given-up", "another", "unverified"]
TROUBLES: dict[str, Trouble] = {
    DAMAGED: "damaged",
    UNREADABLE: "unreadable",
    GIVEN_UP: "given-up",
    wire.ANOTHER: "another",
}
REMEDIES: dict[Trouble, Remedy] = {"damaged": "erase", "unreadable": "erase", "given-up": "requeue"}


@dataclass(frozen=True, slots=True)
class Link:
    """since_ms: when it last went up or down, of the daemon's steady clock; None before it was ever known."""

    up: bool = False
    since_ms: int | None = None


class Overview:
    """Looks at one kiosk. Any thread may call; every call may raise StorageFailed."""

    def __init__(
        self,
        place: Place,
        clock: Clock,
        outbox: Outbox,
        findings: Findings,
        pairs: Pairs,
        session: Callable[[], Session],
        rate: Callable[[], float],
    ) -> None:
        """rate: bytes a second that the link carried lately; 0 where nothing was measured."""
        self._place, self._clock, self._outbox, self._findings = place, clock, outbox, findings
        self._pairs, self._session, self._rate = pairs, session, rate
        self._link = Link()
        self._opened: dict[Tcn, tuple[str, Answer]] = {}

    def link_changed(self, up: bool) -> None:
        """It went up or down now."""
        self._link = Link(up, self._clock.now_ms())

    def view(self, badge: Badge, left_ms: int) -> View:
        """All of it, for somebody who is signed in."""
        stamp, session, entries = self._clock.stamp(), self._session(), tuple(self._outbox.entries())
        kept = tuple(_kept(entry) for entry in entries if entry.state not in ("answered", PartState.HELD))
        self._forget(entries)
        bytes_left = sum(each.size for each in kept if each.state != PartState.QUARANTINED)
        rate, link = self._rate(), self._link
        campaign, trouble = self._campaign()
        return View(
            officer=badge.officer,
            roles=tuple(sorted(badge.roles)),
            how=badge.how,
            left_s=left_ms / 1000,
            now=stamp.wall,
            clock=stamp.trusted,
            state=session.state,
            post=self._place.post,
            link=session.link_up,
            link_s=None if link.since_ms is None else (self._clock.now_ms() - link.since_ms) / 1000,
            waiting=sum(each.state != PartState.QUARANTINED for each in kept),
            waiting_bytes=bytes_left,
            estimate_s=bytes_left / rate if session.link_up and rate > 0 else None,
            faults=tuple(sorted(session.faults)),
            note=self._outbox.trouble,
            second_look=session.second_look,
            presentation=presentation(session.captures),
            portrait=portrait(session.captures),
            samples=tuple(_samples(session)),
            overrule=_refused_name(session),
            kept=_most_urgent(kept),
            verdicts=tuple(self._verdicts(entries, stamp.wall, campaign, badge.officer))
            if badge.roles & READING
            else (),
            campaign=campaign,
            campaign_trouble=trouble,
            today=self._today(entries, stamp.wall),
            referred=tuple(self._referred()),
            watchlist=self._watchlist(),
            days=tuple(self._days(entries, stamp.wall, campaign)),
            small=campaign.small if campaign else SMALL,
            handed=self._place.handover.left if self._place.handover is not None else None,
        )

    def answer(self, tcn: Tcn) -> Answer:
        """The newest answer to a record, or the alert about it. Raises Refused if there is none."""
        for entry in self._outbox.entries():
            if entry.tcn == tcn and (found := self._answered(entry)) is not None:
                return found
        for alert in self._alerts(self._clock.stamp().wall):
            if alert.tcr == tcn:
                return alert
        raise Refused("there is no answer to this record here; perhaps its time is over")

    def operation(self) -> Operation | None:
        """The one that is installed. Raises Refused if it cannot be used."""
        return installed.current(self._place.operation, self._place.trust.ring)

    def _campaign(self) -> tuple[Campaign | None, str]:
        try:
            found = self.operation()
        except Refused as error:
            return None, str(error)
        if found is None:
            return None, ""
        return Campaign(
            id=found.id,
            name=found.name,
            purpose=found.purpose,
            legal_basis=found.legal_basis,
            begins=found.begins,
            ends=found.ends,
            lanes=tuple(sorted(found.lanes)),
            fingers=tuple(position.words for position in found.fingers),
            people=found.confirmation.people,
            small=found.statistics_floor,
            pictures=bool(found.confirmation.pictures.strip()),
        ), ""

    def _verdicts(
        self, entries: Iterable[Entry], now: datetime, campaign: Campaign | None, officer: str
    ) -> Iterator[Verdict]:
        """Alerts first, then every possible match that nobody here has looked at, however old, then the newest.

        An answer that does not open is left out.
        """
        needed = campaign.people if campaign else 2
        for alert in self._alerts(now):
            yield self._verdict(alert, needed, officer)
        answers = [found for entry in entries if (found := self._answered(entry)) is not None]
        rows = [self._verdict(answer, needed, officer) for answer in answers]
        yield from (row for row in rows if _open(row))
        yield from [row for row in rows if not _open(row)][:MOST_ROWS]

    def _referred(self) -> Iterator[Referred]:
        lists = self._place.watchlists
        for tcn, cases in lists.referred()[:MOST_REFERRED] if lists is not None else ():
            yield Referred(tcn=tcn, cases=cases)

    def _watchlist(self) -> str:
        """Why nobody is referred without a link, though the operation says so."""
        lists = self._place.watchlists
        try:
            return lists.trouble(self.operation()) if lists is not None else ""
        except Refused:
            return ""

    def _alerts(self, now: datetime) -> Iterator[Answer]:
        if self._place.alerts is not None:
            yield from self._place.alerts.current(now, self._place.trust.ring)

    def _answered(self, entry: Entry) -> Answer | None:
        """Opened once for each edition: an opened answer lies in memory only, for as long as its record is here."""
        if not entry.answered:
            return None
        edition, known = self._opened.get(entry.tcn, ("", None))
        if edition == entry.answered:
            return known
        sealed = self._outbox.sealed_answer(entry.tcn)
        if not sealed:
            return None
        digest = self._outbox.digest(entry.tcn, Part.PROBE)
        try:
            opened = _decoded(sealed, entry.tcn, digest, self._place)
        except (BadBytes, SealError):
            return None
        self._opened[entry.tcn] = entry.answered, opened
        return opened

    def _forget(self, entries: Iterable[Entry]) -> None:
        """What was opened of records that are gone."""
        here = {entry.tcn for entry in entries}
        self._opened = {tcn: opened for tcn, opened in tuple(self._opened.items()) if tcn in here}

    def _verdict(self, answer: Answer, needed: int, officer: str) -> Verdict:
        said = self._findings.of(answer.tcr)
        late = answer.late
        return Verdict(
            tcn=answer.tcr,
            decision=answer.decision,
            edition=answer.edition,
            answered=answer.answered,
            note=answer.note,
            alert=answer.tcr.device != self._place.device,
            candidates=tuple(self._possible(answer.tcr, each, said, officer) for each in answer.candidates),
            post=late.post if late else "",
            seen=late.seen if late else None,
            expires=late.expires if late else None,
            needed=needed,
        )

    def _possible(self, tcn: Tcn, candidate: Candidate, said: Iterable[Said], officer: str) -> Possible:
        mine = [one for one in said if one.reference == candidate.reference and not one.refused]
        wanted = self._pairs.find(tcn, candidate.reference, officer)
        pair = wanted.pair if wanted is not None else None
        return Possible(
            reference=candidate.reference,
            score=candidate.score,
            source=candidate.source,
            found=tuple(Found(officer=one.officer, finding=one.finding, told=one.told) for one in mine),
            pictures=wanted.stands if wanted is not None else "",
            trouble=pair.refused if pair is not None else "",
            theirs=pair is not None and bool(pair.theirs),
            ours=pair is not None and bool(pair.ours),
        )

    def _today(self, entries: Iterable[Entry], now: datetime) -> dict[str, int]:
        """Counts of this kiosk's records of this day (UTC); of people who were not captured only a number."""
        mine = [entry for entry in entries if _moment(entry.captured).date() == now.astimezone(UTC).date()]
        answers = [found for entry in mine if (found := self._answered(entry)) is not None]
        minors = self._place.minors.count if self._place.minors is not None else 0
        return {
            "checked": len(mine),
            "answered": len(answers),
            "possible": sum(found.decision is Decision.POSSIBLE_MATCH for found in answers),
            "minors": minors,
        }

    def _days(self, entries: Iterable[Entry], now: datetime, campaign: Campaign | None) -> Iterator[Day]:
        """The days before today, the newest first; what would tell of a few people is left out."""
        small, today = campaign.small if campaign else SMALL, now.astimezone(UTC).date()
        checked, possible = Counter[date](), Counter[date]()
        for entry in entries:
            day = _moment(entry.captured).astimezone(UTC).date()
            checked[day] += 1
            answer = self._answered(entry) if day != today else None
            possible[day] += answer is not None and answer.decision is Decision.POSSIBLE_MATCH
        for day in sorted((day for day in checked if day != today), reverse=True)[:MOST_DAYS]:
            whole, part = checked[day], possible[day]
            open_whole = policy.may_count(whole, whole, small)
            yield Day(
                day=day.isoformat(),
                checked=whole if open_whole else None,
                possible=part if open_whole and policy.may_count(part, whole, small) else None,
            )


def _decoded(sealed: bytes, tcn: Tcn, digest: bytes, place: Place) -> Answer:
    return decode_answer(open_answer(sealed, tcn, digest, place.trust.ring, place.own))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _kept(entry: Entry) -> Kept:
    parts = [part for part in entry.parts if part[1] is not PartState.HELD]
    reason = next((why for _, state, _, why in parts if state is PartState.QUARANTINED), "")
    return Kept(
        tcn=entry.tcn,
        captured=_moment(entry.captured),
        state=entry.state,
        size=sum(size for _, _, size, _ in parts),
        reason=reason,
        trouble=trouble(entry.state, reason),
        remedy=remedy(entry.state, reason),
    )


def _most_urgent(kept: Sequence[Kept]) -> tuple[Kept, ...]:
    """As many as a page shows: all that somebody must decide about, then what has waited longest."""
    stuck = [each for each in kept if each.state == PartState.QUARANTINED]
    waiting = [each for each in reversed(kept) if each.state != PartState.QUARANTINED]
    return (*stuck, *waiting[:MOST_ROWS])


def _open(row: Verdict) -> bool:
    """Whether somebody here has yet to say what they found about a candidate."""
    return row.decision is Decision.POSSIBLE_MATCH and any(not each.found for each in row.candidates)


def trouble(state: str, reason: str) -> Trouble:
    """What is wrong with a record in this state; every other reason is the hub's, of something that it cannot verify."""
    return TROUBLES.get(reason, "unverified") if state == PartState.QUARANTINED else ""


def remedy(state: str, reason: str) -> Remedy:
    """What may be done about a record in this state."""
    wrong = trouble(state, reason)
    return REMEDIES.get(wrong, "either") if wrong else ""


def _samples(session: Session) -> Iterator[Sample]:
    for capture in session.captures:
        yield _sample(session, capture, taken=True)
    if session.refused is not None:
        yield _sample(session, session.refused.capture, taken=False)


def _sample(session: Session, capture: Capture, *, taken: bool) -> Sample:
    sample = capture.sample
    return Sample(
        name=sample.position.words if isinstance(sample, FingerSample) else "face",
        score=capture.quality.score,
        least=session.plan.least_quality(capture.modality),
        advice=str(capture.quality.advice),
        taken=taken,
        parts=tuple((each.name, each.score) for each in capture.quality.components),
    )


def _refused_name(session: Session) -> str:
    if session.refused is None or session.state not in (State.FACE, State.FINGERS):
        return ""
    sample = session.refused.capture.sample
    return sample.position.words if isinstance(sample, FingerSample) else "face"
