"""From comparison scores to a decision: calibration, fusion, thresholds.

A comparator's raw score means nothing outside it. `Calibration` turns it into log-odds (natural
logarithm of how much likelier the score is for a mated than for a non-mated pair), which add up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hotspot_kiosk.terms import Decision


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log-odds = slope x score + offset, kept within +-limit.

    Fitted on mated and non-mated scores; `source` says on which, because it does not transfer.
    """

    slope: float
    offset: float
    limit: float
    source: str

    def log_odds(self, score: float) -> float:
        """Log-odds of one comparison score."""
        return max(-self.limit, min(self.limit, self.slope * score + self.offset))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Fused log-odds at which a candidate is a possible match, and below which it is none."""

    possible_match: float
    no_hit: float

    def __post_init__(self) -> None:
        if self.no_hit > self.possible_match:
            raise ValueError("the no-hit threshold must not lie above the possible-match threshold")

    def decide(self, fused: float) -> Decision:
        """Decision for the best candidate's fused log-odds."""
        if fused >= self.possible_match:
            return Decision.POSSIBLE_MATCH
        return Decision.NO_HIT if fused < self.no_hit else Decision.UNDECIDED


def fuse(log_odds: Iterable[float]) -> float:
    """Sum of independent log-odds (naive Bayes): several fingers and a face of one person."""
    return sum(log_odds)
