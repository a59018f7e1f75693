"""What people who compared pictures found, and what follows: two who agree, by different keys; a doubt counts for the person.

Pure rules: each lets through, raises Refused with a sentence somebody can act on, or says what must happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Confirmation, Operation
from hotspot_kiosk.policy.lanes import Word


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
