"""What must be told to whom about a case: the post that asked, and the next ones when its person has left. Pure.

The shields decide what a post may see at all (`policy`). A candidate that only the legal officer may see
leaves no trace in what is told: the post hears "no answer yet", as it does while a partner is waited for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.cases.case import Case, Possible
from hotspot_kiosk.hub.cases.case_events import Opened
from hotspot_kiosk.hub.reception import enrolment_case
from hotspot_kiosk.operation import Confirmation, Operation
from hotspot_kiosk.policy import Outcome, Reader, Shielded, first_reader, may_see, next_posts
from hotspot_kiosk.terms import Answer, AnswerType, AnyAnswer, Candidate, Decision, Late

PRESENT = timedelta(minutes=15)
PATIENCE = timedelta(hours=72)
NO_PART = "this kiosk has no part in that operation any more"
CLOSED = frozenset({Outcome.REFUTED})


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub knows beside the case itself.

    person: what is shielded; None if that cannot be read any more, and then the legal officer sees every hit
    first. operation: None if the hub has no signed one of that id. posts: where each kiosk stands. partners:
    those that this hub can ask.
    """

    person: Shielded | None = field(repr=False)
    operation: Operation | None
    posts: Mapping[int, str]
    partners: frozenset[str] = frozenset()

    @property
    def rule(self) -> Confirmation:
        """How many people must confirm; two if nothing else was signed."""
        return self.operation.confirmation if self.operation else Confirmation()

    @property
    def patience(self) -> timedelta:
        """How long partners are waited for, and a late hit is told to the next posts."""
        return timedelta(hours=self.operation.late_hit_hours) if self.operation else PATIENCE


@dataclass(frozen=True, slots=True)
class Word:
    """What a kiosk must be told; view: a digest of what it says, so that nothing is told twice."""

    device: int
    answer: AnyAnswer
    view: bytes = field(repr=False)


def sealed(case: Case, person: Shielded | None) -> tuple[Possible, ...]:
    """Candidates that wait for the legal officer."""
    return tuple(c for c in case.possible if _for_legal(c, person) and c.reference not in case.judged)


def visible(case: Case, person: Shielded | None) -> tuple[Possible, ...]:
    """Candidates that a post may see: the shields let them through, or the legal officer did.

    A reference that two partners named is seen only if the shields let both through.
    """
    held = {c.reference for c in case.possible if _for_legal(c, person) and not _released(case, c)}
    return tuple(c for c in case.possible if c.reference not in held)


def waiting(case: Case, known: Known, now: datetime) -> tuple[str, ...]:
    """Partners whose answer is still waited for: those of the operation that this hub can ask, and who did not answer."""
    if case.opened is None or now - case.opened.at >= known.patience:
        return ()
    named = known.partners.intersection(known.operation.datasets if known.operation else ())
    return tuple(sorted(partner for partner in named | case.sent if not case.answered(partner)))


def next_look(case: Case, known: Known, now: datetime) -> datetime | None:
    """When something must be told though nothing comes: the end of the waiting."""
    return case.opened.at + known.patience if case.opened and waiting(case, known, now) else None


def to_tell(case: Case, known: Known, now: datetime) -> tuple[Word, ...]:
    """What is not told yet, or not as it is now."""
    return tuple(word for word in words(case, known, now) if _is_new(case, word))


def words(case: Case, known: Known, now: datetime) -> tuple[Word, ...]:
    """What each kiosk may know now, told before or not; of an enrolment only the one that asked knows."""
    if case.enrolling:
        return _enrolment_words(case, now)
    plain = as_it_stands(case, known, now)
    if case.opened is None or plain is None:
        return ()
    view = _view(plain)
    before = case.told.get(case.opened.device)
    known_since = before.at if before is not None and before.view == view else now
    late = _late(case, case.opened, known, known_since) if plain.candidates else None
    answer = replace(plain, late=late)
    found = [Word(case.opened.device, answer, view)]
    alert = replace(plain, late=late or _told_late(case.opened, known))
    for device in _others(case, case.opened, known, now, late):
        said = alert if _belongs(device, known) else _taken_back(alert)
        found.append(Word(device, said, view if said is alert else _view(said)))
    return tuple(found)


def _enrolment_words(case: Case, now: datetime) -> tuple[Word, ...]:
    answer = enrolment_case.answer(case, now)
    if answer is None:
        return ()
    said = msgspec.msgpack.encode((answer.decision.value, answer.note))
    return (Word(case.tcn.device, answer, hashlib.sha256(said).digest()),)


def as_it_stands(case: Case, known: Known, now: datetime) -> Answer | None:
    """What the post that asked may know now; None if there is no case, or not any more."""
    if case.opened is None or case.purged is not None:
        return None
    return _answer(case, case.opened, known, now)


def _is_new(case: Case, word: Word) -> bool:
    told = case.told.get(word.device)
    return told is None or told.view != word.view


def _for_legal(candidate: Possible, person: Shielded | None) -> bool:
    return person is None or first_reader(candidate.source, person) is Reader.LEGAL


def _released(case: Case, candidate: Possible) -> bool:
    judged = case.judged.get(candidate.reference)
    return judged is not None and judged.released


def _answer(case: Case, opened: Opened, known: Known, now: datetime) -> Answer:
    if refused := check_place(opened, known.operation):
        return Answer(case.tcn, AnswerType.ERR, Decision.UNDECIDED, (), now, refused)
    shown = [c for c in visible(case, known.person) if case.outcome(c.reference, known.rule) not in CLOSED]
    decision = _decision(case, shown, known, now)
    trouble = case.searched.trouble if case.searched else ""
    candidates = tuple(
        Candidate(c.reference, rank, c.score or 0.0, c.source) for rank, c in enumerate(shown, start=1)
    )
    return Answer(
        tcr=case.tcn,
        tot=AnswerType.ERR if trouble and not candidates else AnswerType.SRE,
        decision=decision,
        candidates=candidates,
        answered=now,
        note="; ".join(_notes(case, known, now)),
    )


def _decision(case: Case, shown: list[Possible], known: Known, now: datetime) -> Decision:
    if any(each.strong for each in shown):
        return Decision.POSSIBLE_MATCH
    if shown:
        return Decision.UNDECIDED
    if sealed(case, known.person) or waiting(case, known, now):
        return Decision.PENDING
    if case.searched is None or case.searched.trouble or case.failures or case.owing or case.unasked:
        return Decision.UNDECIDED
    return Decision.NO_HIT


def _notes(case: Case, known: Known, now: datetime) -> Iterator[str]:
    """In plain words what else there is to know; nothing about what is sealed, nothing that accuses."""
    if case.searched is not None and case.searched.trouble:
        yield case.searched.trouble
    for candidate in visible(case, known.person):
        stands = case.outcome(candidate.reference, known.rule)
        if stands is not Outcome.OPEN:
            yield f"{candidate.reference}: {stands}"
    yield from dict.fromkeys(case.unasked)
    yield from dict.fromkeys(f"{each.partner}: {each.course}" for each in case.failures)
    if case.owing and not waiting(case, known, now):
        yield f"no answer came from {', '.join(case.owing)}"


def _late(case: Case, opened: Opened, known: Known, moment: datetime) -> Late | None:
    """Set if the person had left when this was, or is, told for the first time."""
    late = _told_late(opened, known)
    gone = case.left or not late.clock or moment - late.seen > PRESENT
    return late if gone else None


def _told_late(opened: Opened, known: Known) -> Late:
    """A clock that cannot be trusted was not set yet: that kiosk had no link, and its person is gone."""
    seen = last_seen(opened)
    return Late(opened.post, seen, opened.clock, seen + known.patience)


def _others(case: Case, opened: Opened, known: Known, now: datetime, late: Late | None) -> Iterator[int]:
    """Kiosks that hear of a late hit, and those that heard of it before: they must know what became of it.

    Nobody but who asked while the hub does not know the operation.
    """
    if known.operation is None:
        return
    told = set(case.told) - {opened.device}
    yield from sorted(told)
    if late is None:
        return
    for post in next_posts(known.operation, opened.post, late.seen, now)[1:]:
        for device in known.operation.devices:
            if known.posts.get(device) == post and device not in told | {opened.device}:
                yield device


def _belongs(device: int, known: Known) -> bool:
    """Whether this kiosk, where it stands now, has a part in the operation as it is now."""
    operation = known.operation
    return (
        operation is not None and device in operation.devices and known.posts.get(device) in operation.posts
    )


def _taken_back(alert: Answer) -> Answer:
    """For a kiosk that was alerted and has no part in the operation any more: what it showed goes, and nothing new comes."""
    return replace(alert, tot=AnswerType.ERR, decision=Decision.UNDECIDED, candidates=(), note=NO_PART)


def last_seen(opened: Opened) -> datetime:
    """When the person was captured, as far as can be told; never after the hub got the record."""
    return min(opened.captured, opened.at) if opened.clock else opened.at


def check_place(opened: Opened, operation: Operation | None) -> str:
    """Why this kiosk may not be told anything of this check; empty if it may."""
    if operation is None:
        return ""
    try:
        may_see(operation, opened.post)
    except Refused as error:
        return str(error)
    return "" if opened.device in operation.devices else "this kiosk has no part in that operation"


def _view(answer: Answer) -> bytes:
    said = (
        answer.tot.value,
        answer.decision.value,
        [(c.reference, c.rank, round(c.score, 2), c.source) for c in answer.candidates],
        answer.note,
    )
    return hashlib.sha256(msgspec.msgpack.encode(said)).digest()
