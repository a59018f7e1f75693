"""The rules of an operation, as pure functions of values.

No running operation, no capture; adults only, attested by an officer; a search only. Each rule
either lets through or raises Refused with a sentence that an officer can act on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.terms import RequestType


@dataclass(frozen=True, slots=True)
class Operation:
    """Under which people are checked: why, on what ground, when, and with which kind of search."""

    id: str
    purpose: str
    legal_basis: str
    notice: str
    tot: RequestType
    begins: datetime
    ends: datetime

    def __post_init__(self) -> None:
        if self.begins.tzinfo is None or self.ends.tzinfo is None:
            raise ConfigError("[operation] begins and ends need a time zone, as in 2026-11-01T00:00:00Z")
        if self.ends <= self.begins:
            raise ConfigError("[operation] ends must lie after begins")


def may_capture(operation: Operation, now: datetime, clock_trusted: bool, adult: bool) -> None:
    """Raises Refused unless a capture may begin.

    A clock that cannot be trusted does not close an operation that may be running: the record
    says so, and whoever reads it must decide.
    """
    if not adult:
        raise Refused(
            "adults only: for anyone who may be under 18, take no biometrics and call a child officer"
        )
    if clock_trusted and now < operation.begins:
        raise Refused(f"operation {operation.id} begins on {_told(operation.begins)}")
    if clock_trusted and now >= operation.ends:
        raise Refused(f"operation {operation.id} ended on {_told(operation.ends)}; ask for a new one")


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
