"""What an officer at a kiosk found about a candidate, as it travels: sealed for the hub, signed by the kiosk.

The kiosk vouches for who said it: the person was signed in there by a security key or a PIN.
"""

from __future__ import annotations

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.operation import OFFICER
from hotspot_kiosk.policy import Finding

MOST_REASON = 200
STEP = 256


class Statement(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkf1"):
    """One person's finding. at: seconds since 1970 by the kiosk's clock."""

    reference: str
    officer: str
    finding: Finding
    reason: str
    at: float

    def __post_init__(self) -> None:
        if not OFFICER.fullmatch(self.officer) or not self.reason.strip() or len(self.reason) > MOST_REASON:
            raise ValueError("a finding names its officer by an id and gives a short reason")

    def __repr__(self) -> str:
        return "Statement(...)"


def encode(statement: Statement) -> bytes:
    """Its bytes, filled up so that their length does not tell what was found."""
    packed = msgspec.msgpack.encode(statement)
    head = len(packed).to_bytes(2, "big")
    return (head + packed).ljust(-(-(len(packed) + 2) // STEP) * STEP, b"\0")


def decode(data: bytes) -> Statement:
    """The inverse of `encode`. Raises BadBytes."""
    size = int.from_bytes(data[:2], "big")
    try:
        return msgspec.msgpack.decode(data[2 : 2 + size], type=Statement)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a finding cannot be read") from None
