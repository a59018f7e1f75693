"""What the hub knows of one enrolment: steps, each kept once, folded into a Wish. Pure.

A lane of its own: none of these steps belongs to a check, and a check's events say nothing here. They
travel through the store of cases as `case_events.Enrolling`, locked with the record's own key like those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.hub.cases.case import Case
from hotspot_kiosk.hub.cases.case_events import Enrolling
from hotspot_kiosk.operation import Confirmation, Retention
from hotspot_kiosk.policy import Ended, Settled, Word, duplicate, purge_at
from hotspot_kiosk.terms import EnrolmentAnswer, EnrolmentDecision, Tcn, as_plain


class Step(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Base of all steps. `at`: the hub's time. `name` is what makes two of an enrolment the same step."""

    at: datetime

    @property
    def name(self) -> str:
        """One of each: a repeat is dropped."""
        return type(self).__name__.lower()


class Requested(Step, frozen=True):
    """It came. captured: when, by the kiosk's clock; clock: whether that was trusted.

    renews: the encounter that an officer names as an earlier one of the same person; officer: who.
    failures: how many samples could not be acquired.
    """

    device: int
    post: str
    operation: str
    gallery: str
    captured: datetime
    clock: bool
    renews: str = ""
    officer: str = ""
    failures: int = 0


class Turned(Step, frozen=True):
    """It will not be enrolled; why, with what to do."""

    why: str


class Alike(msgspec.Struct, frozen=True, array_like=True):
    """Somebody enrolled who may be the same person; why: what each comparison added (log-odds).

    score: fused log-odds; None where only an officer's word names this identity.
    """

    identity: str
    score: float | None
    strong: bool
    why: tuple[tuple[str, float], ...] = ()


class Compared(Step, frozen=True):
    """It was compared with the whole gallery, and these may be the same person: officers must look."""

    turn: int
    found: tuple[Alike, ...]

    @property
    def name(self) -> str:
        """Each time somebody new was found."""
        return f"compared/{self.turn}"


class Said(Step, frozen=True):
    """One person looked: the identity that it is, or nobody's of those found (empty).

    signed: with that person's own key (`decision`); nothing of what an officer said at the kiosk.
    """

    turn: int
    officer: str
    same_as: str
    reason: str
    signed: bytes = b""

    @property
    def name(self) -> str:
        """A person speaks once about what was found in one turn."""
        return f"said/{self.turn}/{self.officer}"


class Enrolled(Step, frozen=True):
    """It stands in the gallery, as this edition of that identity."""

    identity: str
    edition: int


class Superseded(Step, frozen=True):
    """The same person was enrolled anew, in that encounter."""

    by: str


class Withdrawn(Step, frozen=True):
    """It is to be erased now, by order of somebody, for this reason; signed: as above, about any of the person's encounters."""

    officer: str
    reason: str
    signed: bytes = b""


Steps = Requested | Turned | Compared | Said | Enrolled | Superseded | Withdrawn
_encoder = msgspec.msgpack.Encoder(enc_hook=as_plain)
_decoder: msgspec.msgpack.Decoder[Steps] = msgspec.msgpack.Decoder(Steps)


def as_event(step: Steps) -> Enrolling:
    """The step as the store of cases keeps it."""
    return Enrolling(step.at, step.name, _encoder.encode(step))


def step_of(event: Enrolling) -> Steps:
    """The inverse of `as_event`. Raises BadBytes."""
    try:
        return _decoder.decode(event.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadBytes("a step of an enrolment cannot be read") from None


@dataclass(frozen=True, slots=True)
class Wish:
    """One enrolment, as far as the hub knows it. shown: all who were ever shown to people as possibly the same."""

    tcn: Tcn
    requested: Requested | None = None
    turned: Turned | None = None
    compared: Compared | None = None
    shown: frozenset[str] = frozenset()
    said: tuple[Said, ...] = field(default=(), repr=False)
    enrolled: Enrolled | None = None
    superseded: Superseded | None = None
    withdrawn: Withdrawn | None = None

    @property
    def words(self) -> tuple[Word, ...]:
        """What people said about what was found last."""
        turn = self.compared.turn if self.compared else 0
        now = [said for said in self.said if said.turn == turn]
        return tuple(Word(said.officer, Tcn(said.same_as) if said.same_as else None) for said in now)

    @property
    def operation(self) -> str:
        """The operation under which it was asked for."""
        return self.requested.operation if self.requested else ""

    @property
    def alone(self) -> bool:
        """Whether it was enrolled as somebody new though an officer named an earlier encounter."""
        asked, done = self.requested, self.enrolled
        return asked is not None and done is not None and bool(asked.renews) and done.identity == self.tcn

    @property
    def over(self) -> bool:
        """Whether nothing is to be done any more."""
        return self.enrolled is not None or self.turned is not None or self.withdrawn is not None

    def settled(self, rule: Confirmation) -> Settled | None:
        """What enough people decided; None while it is open."""
        return duplicate(rule, self.words)

    @property
    def decision(self) -> EnrolmentDecision | None:
        """What its kiosk may be told; None while there is nothing to tell."""
        if self.enrolled is not None:
            return EnrolmentDecision.ENROLLED
        if self.turned is not None or self.withdrawn is not None:
            return EnrolmentDecision.NOT_ENROLLED
        return EnrolmentDecision.OFFICER if self.compared is not None else None

    def ends(self, rule: Retention, held_since: datetime) -> tuple[Ended, datetime]:
        """How it stands for its retention, and when what is held of it must be gone."""
        if self.withdrawn is not None:
            return Ended.ERASED, self.withdrawn.at
        if self.enrolled is None:
            ended = Ended.NO_HIT if self.turned is not None else Ended.UNANSWERED
            return ended, purge_at(rule, ended, self.requested.at if self.requested else held_since)
        found = [(purge_at(rule, Ended.ENROLLED, self.enrolled.at), Ended.ENROLLED)]
        if self.superseded is not None:
            found.append((purge_at(rule, Ended.SUPERSEDED, self.superseded.at), Ended.SUPERSEDED))
        due, ended = min(found)
        return ended, due


def wish(case: Case) -> Wish:
    """The enrolment of a case; one without steps if it is a check. Raises BadBytes."""
    return fold(case.tcn, map(step_of, case.enrolling))


def fold(tcn: Tcn, steps: Iterable[Steps]) -> Wish:
    """An enrolment out of its steps, in the order they were kept; the first of each name counts."""
    found, seen = Wish(tcn), set()
    for step in steps:
        if step.name not in seen:
            seen.add(step.name)
            found = _with(found, step)
    return found


def answer(case: Case, now: datetime) -> EnrolmentAnswer | None:
    """What the kiosk that asked may know now: no reference, and nothing once it is purged."""
    found = wish(case)
    if case.purged is not None or found.decision is None:
        return None
    note = found.turned.why if found.turned else ""
    if found.decision is EnrolmentDecision.OFFICER:
        note = "ask the person to wait for an officer of the bureau; they need not be captured again"
    elif found.alone:
        note = (
            "enrolled as somebody new: the earlier encounter is not theirs, or stands in the gallery no more"
        )
    elif found.withdrawn is not None:
        note = "it was erased by order; nothing is kept"
    return EnrolmentAnswer(case.tcn, found.decision, now, note)


def _with(found: Wish, step: Steps) -> Wish:
    match step:
        case Requested():
            return replace(found, requested=step)
        case Turned():
            return replace(found, turned=step)
        case Compared():
            shown = found.shown | {each.identity for each in step.found}
            return replace(found, compared=step, shown=shown)
        case Said():
            return replace(found, said=(*found.said, step))
        case _:
            return _ended(found, step)


def _ended(found: Wish, step: Enrolled | Superseded | Withdrawn) -> Wish:
    match step:
        case Enrolled():
            return replace(found, enrolled=step)
        case Superseded():
            return replace(found, superseded=step)
        case Withdrawn():
            return replace(found, withdrawn=step)
