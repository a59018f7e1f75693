"""Who may be captured, by whom and when: adults, within an operation. The first of the shields.

Pure rules: each lets through, raises Refused with a sentence somebody can act on, or says what must happen.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.terms import RequestType

ADULTS_ONLY = "adults only: for anyone who may be under 18, take no biometrics and call a child officer"


MOST_HANDED, HANDED_FOR = 10, timedelta(minutes=15)  # as many as one officer has before their eyes


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
        raise Refused(f"operation {operation.id} begins on {spelled(operation.begins)}")
    if (clock_trusted and now >= operation.ends) or (past is not None and past >= operation.ends):
        raise Refused(f"operation {operation.id} ended on {spelled(operation.ends)}; ask for a new one")


def search_type(operation: Operation, asked: RequestType | None) -> RequestType:
    """The kind of search: the operation's. Raises Refused for any other than that."""
    if asked is not None and asked is not operation.tot:
        raise Refused(f"operation {operation.id} asks {operation.tot} searches only")
    return operation.tot


def spelled(moment: datetime) -> str:
    """A moment as sentences say it, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
