"""Counts of non-mated comparison scores, and the threshold that they support for a stated FMR. Numbers only.

A tally has a fixed number of counts whatever it has seen; each person is in one pair at most, so that its scores are
independent and no score of it leads back to anybody. It changes no threshold: somebody has to.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadBytes, Refused

# Scores are minus the Euclidean distance of templates of about length 1.4: from -2 to 0, in steps of 0.005.
LOWEST, STEP, BINS = -2.0, 0.005, 400
CONFIDENCE = 0.95
LARGEST = 16 << 10
MOST = 1 << 40


class Tally(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="score-tally-1"):
    """How many pairs of different people scored in each step, by one model. Scores outside go into the end steps."""

    model: str
    counts: tuple[int, ...] = (0,) * BINS

    def __post_init__(self) -> None:
        if len(self.counts) != BINS or not all(0 <= count <= MOST for count in self.counts):
            raise ValueError(f"a tally has {BINS} counts, none below 0")

    @property
    def pairs(self) -> int:
        """How many were counted."""
        return sum(self.counts)

    def with_scores(self, scores: NDArray[np.floating]) -> Tally:
        """The tally with these as well. Raises ValueError for what is no number."""
        if not np.isfinite(scores).all():
            raise ValueError("a score that is no number cannot be counted")
        steps = np.clip(np.floor((np.asarray(scores, np.float64) - LOWEST) / STEP), 0, BINS - 1).astype(int)
        more = np.bincount(steps, minlength=BINS)
        return Tally(self.model, tuple(int(a + b) for a, b in zip(self.counts, more, strict=True)))


def encode(tally: Tally) -> bytes:
    """As JSON, of a size that hardly grows."""
    return msgspec.json.encode(tally)


def decode(data: bytes) -> Tally:
    """The inverse of `encode`. Raises BadBytes."""
    try:
        if len(data) > LARGEST:
            raise BadBytes("a tally of scores is larger than any real one")
        return msgspec.json.decode(data, type=Tally)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("this is no tally of scores") from None


def threshold(tally: Tally, fmr: float, confidence: float = CONFIDENCE) -> float:
    """The least score from which on at most the share `fmr` of non-mated pairs lies, with this confidence.

    One-sided bound of Clopper and Pearson (1934) on the share that was counted at or above each step. Raises Refused
    with how many pairs are missing where no step is sure enough.
    """
    if not 0 < fmr < 1:
        raise Refused("an FMR lies between 0 and 1")
    needed = math.ceil(math.log(1 - confidence) / math.log1p(-fmr))
    if tally.pairs < needed:
        raise Refused(
            f"an FMR of {fmr:g} needs at least {needed} pairs of different people, {tally.pairs} were counted; "
            "wait, or state a higher FMR"
        )
    beyond = 0
    for step in range(BINS - 1, -1, -1):
        beyond += tally.counts[step]
        if highest_share(beyond, tally.pairs, confidence) > fmr:
            return round(LOWEST + (step + 1) * STEP, 6)
    return LOWEST


def highest_share(seen: int, of: int, confidence: float = CONFIDENCE) -> float:
    """The share that may still be true after `seen` of `of`, one-sided (Clopper and Pearson, 1934)."""
    if seen >= of:
        return 1.0
    low, high = seen / of, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(seen, of, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(seen: int, of: int, share: float) -> float:
    """Chance of no more than `seen` of `of` (binomial)."""
    k = np.arange(seen + 1, dtype=np.float64)
    places = np.concatenate([[0.0], np.cumsum(np.log((of - k[:-1]) / (k[:-1] + 1)))])
    return float(np.exp(places + k * math.log(share) + (of - k) * math.log1p(-share)).sum())


def shifted(slope: float, offset: float, before: float, now: float) -> float:
    """The offset with which a score of `now` means what `before` meant: log-odds at the two thresholds are alike."""
    return offset + slope * (before - now)
