"""What scores mean: log-odds and thresholds fitted on mated and non-mated scores. Numbers in, numbers out.

Nothing fitted here transfers to another camera, sensor or crowd: whoever changes one of them fits anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.compare.tally import Tally, shifted, threshold
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.inference.port import ModelEntry

Floats = NDArray[np.float64]
STEPS = 100
# An FMR is stated only where at least so many non-mated pairs would reach its threshold ("rule of 3" and some).
PAIRS_BEYOND = 3


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration, and for each FMR asked for the least score of a match and the TAR that it leaves."""

    calibration: Calibration
    thresholds: tuple[tuple[float, float, float], ...]


def calibrate(mated: Floats, non_mated: Floats, fmrs: tuple[float, ...], source: str) -> Fitted:
    """Fit on scores of pairs (higher is more alike).

    Raises Refused if there are none of one kind, or too few non-mated ones to state an FMR.
    """
    if not len(mated) or not len(non_mated):
        raise Refused("both mated and non-mated pairs are needed: at least two subjects, one of them twice")
    for fmr in fmrs:
        if not 0 < fmr < 1 or fmr * len(non_mated) < PAIRS_BEYOND:
            least = math.ceil(PAIRS_BEYOND / fmr) if fmr > 0 else 0
            raise Refused(
                f"{len(non_mated)} non-mated pairs cannot show an FMR of {fmr:g}: at least {least} are needed; "
                "add pictures of more people, or state a higher FMR"
            )
    slope, offset = fit(mated, non_mated)
    line = Calibration(slope, offset, limit(len(mated), len(non_mated)), source)
    return Fitted(line, tuple(_threshold(mated, non_mated, fmr) for fmr in fmrs))


def from_tally(tally: Tally, entry: ModelEntry, fmrs: tuple[float, ...], source: str) -> Fitted:
    """The manifest's calibration moved to where a kiosk's own non-mated scores lie, and thresholds for these FMRs.

    Moved by the manifest's threshold for the highest of `fmrs` that it names. Mated scores were not counted: slope, limit and TAR stay the
    manifest's. Raises Refused if the model is another, too few pairs were counted, or the manifest has no such threshold.
    """
    known = {each.fmr: each for each in entry.thresholds}
    shared = [fmr for fmr in fmrs if fmr in known]
    if tally.model != entry.name or entry.calibration is None:
        raise Refused(f"these are scores of {tally.model}, not of {entry.name}: begin to count anew")
    if len(shared) < len(fmrs) or not shared:
        raise Refused(
            f"the manifest states thresholds for an FMR of {', '.join(f'{f:g}' for f in known)}: name these"
        )
    found = {fmr: threshold(tally, fmr) for fmr in fmrs}
    line, at = entry.calibration, max(shared)
    offset = shifted(line.slope, line.offset, known[at].score, found[at])
    told = f"{tally.pairs} non-mated pairs counted at a kiosk" + (f": {source}" if source else "")
    moved = Calibration(line.slope, offset, line.limit, f"{line.source}; moved by {told}")
    return Fitted(moved, tuple((fmr, score, known[fmr].tar) for fmr, score in found.items()))


def fit(mated: Floats, non_mated: Floats) -> tuple[float, float]:
    """Slope and offset of the log-odds by logistic regression, both classes weighing the same.

    Newton's method with Platt's softened targets (Platt 1999), which keep a separable set from an infinite slope.
    """
    scores = np.concatenate([mated, non_mated])
    counts = len(mated), len(non_mated)
    target = np.repeat([(counts[0] + 1) / (counts[0] + 2), 1 / (counts[1] + 2)], counts)
    weight = np.repeat([0.5 / counts[0], 0.5 / counts[1]], counts)
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    answer = np.zeros(2)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ answer))
        slope = design.T @ (weight * (chance - target))
        curve = (design.T * (weight * chance * (1 - chance))) @ design
        answer -= np.linalg.solve(curve, slope)
    return float(answer[0]), float(answer[1])


def limit(mated: int, non_mated: int) -> float:
    """Log-odds beyond which so few pairs can show nothing: the smaller class's count, as a logarithm."""
    return float(np.log(min(mated, non_mated)))


def least_score(non_mated: Floats, fmr: float) -> float:
    """The least score that at most the share `fmr` of non-mated pairs reaches."""
    ordered = np.sort(non_mated)[::-1]
    return float(np.nextafter(ordered[int(len(ordered) * fmr)], np.inf))


def _threshold(mated: Floats, non_mated: Floats, fmr: float) -> tuple[float, float, float]:
    least = least_score(non_mated, fmr)
    return fmr, least, float(np.mean(mated >= least))
