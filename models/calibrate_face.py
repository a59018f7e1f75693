"""What face scores mean: fits log-odds and a threshold on labelled pictures. `python -m models.calibrate_face DIR`

The folder holds one sub-folder of pictures per person. The output goes into the manifest by hand, with the
name of the data, because it does not transfer to other cameras or people. No picture or name is printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.face import least_score, pair_scores
from hotspot_kiosk.inference.port import ModelShelf
from models.build import BUILT, MANIFEST

STEPS = 100


def fit(mated: NDArray[np.float64], non_mated: NDArray[np.float64]) -> tuple[float, float]:
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


def main() -> int:
    """Print what belongs into the manifest."""
    shelf = ModelShelf(MANIFEST, BUILT)
    scores = pair_scores(Path(sys.argv[1]), shelf)
    slope, offset = fit(scores.mated, scores.non_mated)
    counts = len(scores.mated), len(scores.non_mated)
    print(f"pairs: {counts[0]} mated, {counts[1]} non-mated; pictures without a face: {scores.missed}")
    print(f"calibration: slope {slope:.3f}, offset {offset:.3f}, limit {limit(*counts):.1f}")
    for fmr in (1e-3, 1e-2):
        least = least_score(scores.non_mated, fmr)
        print(f"threshold: FMR {fmr:g} at score {least:.4f}, TAR {np.mean(scores.mated >= least):.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
