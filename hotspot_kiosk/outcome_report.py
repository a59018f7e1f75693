"""What became of a hit, as the partner that gave it is told: its own answer, the outcome, when; JSON.

Nothing of the person, of who compared the pictures, of where: the partner knows which search it answered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.policy import Outcome
from hotspot_kiosk.terms import Tcn, as_plain

LARGEST = 2048
Word = Literal["confirmed", "refuted", "disputed"]
WORDS: dict[Outcome, Word] = {
    Outcome.CONFIRMED: "confirmed",
    Outcome.REFUTED: "refuted",
    Outcome.DISPUTED: "disputed",
}


class OutcomeReport(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="outcome-1", tag_field="hotspot"
):
    """tcr: the search. answer: the control number of the partner's message. at: when it was found, UTC.

    disputed: it was confirmed or refuted before, and somebody who looked again does not agree.
    """

    tcr: str
    answer: str
    outcome: Word
    at: datetime

    def __post_init__(self) -> None:
        Tcn(self.tcr), Tcn(self.answer)
        if self.at.tzinfo is None:
            raise ValueError("at needs a time zone")

    @property
    def name(self) -> str:
        """One of each: the same name again is the same report. An outcome that was disputed meanwhile has another."""
        return f"{self.tcr}-{self.answer}-{self.outcome}-{self.at.timestamp() * 1000:.0f}"


def encode(report: OutcomeReport) -> bytes:
    """The file's content."""
    return msgspec.json.encode(report, enc_hook=as_plain)


def decode(content: bytes) -> OutcomeReport:
    """The inverse of `encode`. Raises BadBytes."""
    if len(content) > LARGEST:
        raise BadBytes("it is larger than any outcome")
    try:
        return msgspec.json.decode(content, type=OutcomeReport)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise BadBytes("it is no outcome of a hit") from None
