"""Which lane a request belongs to, and who may be enrolled: a search is never an enrolment. No machine says that two people are one.

Pure rules: each lets through, raises Refused with a sentence somebody can act on, or says what must happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Confirmation, Kind, Operation
from hotspot_kiosk.policy.capture import may_run, search_type
from hotspot_kiosk.terms import EnrolmentType, Purpose, RequestType, Tcn

UNKNOWN = "the hub knows no such operation, so nobody is enrolled under it; ask the bureau"


@dataclass(frozen=True, slots=True)
class Word:
    """What one authenticated person says of a possible duplicate: the identity it is, or None for somebody else."""

    officer: str
    same_as: Tcn | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What enough people say: the identity that the person has already, or None for a new one."""

    same_as: Tcn | None


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


def may_join(operation: Operation, gallery: str) -> None:
    """Raises Refused unless samples of this operation may join those of that gallery."""
    may_enrol(operation)
    if gallery != operation.gallery:
        raise Refused(f"operation {operation.id} enrols into another national gallery")


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
