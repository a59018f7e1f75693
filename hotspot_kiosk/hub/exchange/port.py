"""The two seams of the exchange: `Exchange`, a way to a partner; `Desk`, what the hub knows of a check.

The clerk stands between them: it asks the desk what is due, lets the law decide, hands files over,
and writes every answer back. Neither side knows the other; a repeat of anything changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hotspot_kiosk.nist.answer import SearchError, SearchResult
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.outcome_report import OutcomeReport
from hotspot_kiosk.policy import Regime, Shielded
from hotspot_kiosk.terms import Tcn

LARGEST_ANSWER = 8 << 20  # bytes; an answer carries at most one candidate


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A check that a partner is to search: its evidence as the kiosk packed it, and what the law asks about it.

    captured: by the hub's judgement of the kiosk's clock. Nothing of `person` ever leaves.
    """

    tcn: Tcn
    partner: str
    evidence: bytes = field(repr=False)
    operation: Operation
    regime: Regime
    captured: datetime
    person: Shielded = field(default_factory=Shielded, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Due:
    """What people found of a partner's hit, for that partner. source: the country that placed its reference.

    person: None if what is shielded cannot be read any more.
    """

    report: OutcomeReport
    partner: str
    operation: Operation
    regime: Regime
    source: str
    person: Shielded | None = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that a partner left for us. name: the partner's or its client's own name of it."""

    name: str
    content: bytes = field(repr=False)


class Exchange(Protocol):
    """A way to one partner. One thread calls."""

    def send(self, tcn: Tcn, content: bytes) -> None:
        """Hand a file over, durably; the same number again changes nothing there, whenever it comes.

        Raises LinkDown, StorageFull or another StorageFailed (later again), Refused (the partner does not
        let us in: somebody must act), BadBytes (it does not take this file).
        """

    def report(self, report: OutcomeReport) -> None:
        """Tell what became of a hit; the same again changes nothing there. Raises as `send`."""

    def collect(self) -> Iterable[Incoming]:
        """What has come and is not `done`, oldest first. Raises LinkDown, StorageFailed or Refused."""

    def done(self, incoming: Incoming) -> None:
        """What it says is kept here: it need not come again. Raises as `collect`."""

    def set_aside(self, incoming: Incoming, why: str) -> None:
        """Keep it where the maintainer sees it, with the reason, and `done`. Raises as `collect`."""

    def close(self) -> None:
        """Let go of connections; the next call makes new ones."""


class Desk(Protocol):
    """What the hub knows of its checks, as the clerk needs it. Every call may raise StorageAway."""

    def due(self, partner: str, most: int) -> Sequence[Outgoing]:
        """Checks whose operation names this partner, not yet sent to it nor withheld, those waiting longest first.

        A person who is still at the post comes before one who is not.
        """

    def sent(self, tcn: Tcn, partner: str, at: datetime, notes: tuple[str, ...]) -> None:
        """The partner has it. notes: what was taken out of the file, in words for the case."""

    def withheld(self, tcn: Tcn, partner: str, at: datetime, why: str) -> None:
        """It will not go there, and why; it is not due again."""

    def outcomes(self, partner: str, most: int) -> Sequence[Due]:
        """What was found of this partner's hits and is neither told nor withheld yet, oldest first."""

    def reported(self, due: Due, at: datetime, withheld: str = "") -> None:
        """The partner has it, or will not be told, and why; it is not due again."""

    def replied(self, partner: str, answer: SearchResult, at: datetime) -> bool:
        """One message of a search's answer; False if this partner cannot have been asked that.

        A file may have gone a moment before `sent` could be kept: what matters is that there is such a check
        and that its operation names the partner.
        """

    def failed(self, partner: str, error: SearchError, at: datetime) -> bool:
        """The partner could not search (`error.course` says what to do); False as for `replied`."""
