"""Error rates of comparisons, with what chance alone may make of them: EER, FNMR at an FMR, DET, intervals.

Numbers in, numbers out, for any modality. Words of ISO/IEC 19795-1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS = 300


@dataclass(frozen=True, slots=True)
class Trials:
    """Scores of n comparisons (higher is more alike) and the two subjects of each; equal ones are mated."""

    scores: Floats = field(repr=False)
    probe: Ints = field(repr=False)
    reference: Ints = field(repr=False)

    @property
    def mated(self) -> NDArray[np.bool_]:
        """Which comparisons are of one subject."""
        return np.asarray(self.probe == self.reference)


@dataclass(frozen=True, slots=True)
class Det:
    """FMR and FNMR at every threshold that changes one of them, from the highest threshold down."""

    threshold: Floats = field(repr=False)
    fmr: Floats = field(repr=False)
    fnmr: Floats = field(repr=False)

    @property
    def eer(self) -> float:
        """Where both are equal, or their mean where they cross."""
        k = int(np.argmin(np.abs(self.fmr - self.fnmr)))
        return float(self.fmr[k] + self.fnmr[k]) / 2

    def fnmr_at(self, fmr: float) -> float:
        """The least FNMR at which the FMR is not above `fmr`."""
        return float(self.fnmr[self.fmr <= fmr + 1e-12].min(initial=1.0))

    def threshold_at(self, fmr: float) -> float:
        """The least threshold whose FMR is not above `fmr`; a score at or above it counts as a match."""
        return float(self.threshold[self.fmr <= fmr + 1e-12].min())


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate, and the middle 95 % of what resampled subjects gave; both as shares."""

    value: float
    low: float
    high: float


def det(trials: Trials, weight: Floats | None = None) -> Det:
    """Rates at every threshold; `weight`: how often each comparison counts."""
    weight = np.ones(len(trials.scores)) if weight is None else weight
    order = np.argsort(-trials.scores, kind="stable")
    scores, mated = trials.scores[order], trials.mated[order]
    other, genuine = np.cumsum(weight[order] * ~mated), np.cumsum(weight[order] * mated)
    last = np.append(scores[1:] != scores[:-1], True)
    threshold = np.concatenate([[np.inf], scores[last]])
    fmr = np.concatenate([[0.0], other[last] / max(other[-1], 1e-12)])
    fnmr = 1 - np.concatenate([[0.0], genuine[last] / max(genuine[-1], 1e-12)])
    return Det(threshold, fmr, fnmr)


def with_interval(
    trials: Trials, rate: Callable[[Det], float], chance: np.random.Generator, draws: int = DRAWS
) -> Rate:
    """A rate and its bootstrap interval over subjects, drawn with replacement.

    With ten subjects it is rather too narrow; a rate of 0 gets no real interval (see `none_seen`).
    """
    subjects, codes = np.unique(np.concatenate([trials.probe, trials.reference]), return_inverse=True)
    probe, reference = codes[: len(trials.probe)], codes[len(trials.probe) :]
    found = []
    for _ in range(draws):
        often = np.bincount(chance.integers(0, len(subjects), len(subjects)), minlength=len(subjects))
        weight = np.where(trials.mated, often[probe], often[probe] * often[reference]).astype(float)
        found.append(rate(det(trials, weight)))
    low, high = np.percentile(found, (2.5, 97.5))
    return Rate(rate(det(trials)), float(low), float(high))


def none_seen(subjects: int) -> float:
    """The share of subjects that may still fail (95 %) when none of so many did: 1 - 0.05^(1/n)."""
    return float(1 - 0.05 ** (1 / max(subjects, 1)))


def discards(quality: Floats, scores: Floats, threshold: float, shares: Floats) -> Floats:
    """FNMR of mated scores after leaving out the given shares of lowest quality (ISO/IEC 29794-1, EDC)."""
    missed = (scores < threshold)[np.argsort(quality, kind="stable")]
    return np.array([missed[min(int(share * len(missed)), len(missed) - 1) :].mean() for share in shares])
