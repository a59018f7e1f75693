"""Fits the weights and the calibration of the finger comparator; prints what it found.

    python -m models.calibrate_finger FOLDER [FOLDER ...] [--write]

Each FOLDER holds prints as `hotspot bench finger --set` takes them. Probes are 192x192 windows with 16 grey levels
about the middle of the finger, references whole prints of other impressions. Weights come from logistic regression
with both classes weighing the same. What it prints for a folder was scored by weights that never saw it (fitted on
the other folders), and by weights that never saw the probe's finger (five folds within the folder).
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.fitting import Weights, fit, logistic
from hotspot_kiosk.bench.prints import Geometry, pairs, read_set, template, window
from hotspot_kiosk.bench.rates import Trials, det
from hotspot_kiosk.compare import finger_fusion
from hotspot_kiosk.compare.finger import compare
from hotspot_kiosk.compare.finger_prepared import prepare

Floats = NDArray[np.float64]
Mated = NDArray[np.bool_]

SENSOR = Geometry(192, 192, 4)
SEED = 4
FOLDS = 5
LIMIT_EVIDENCE = 3.0


@dataclass(frozen=True)
class Measured:
    """Measures (n, m) of n comparisons, whether they are mated, and the probe's finger."""

    measures: Floats
    mated: Mated
    finger: NDArray[np.int64]


def measured(folder: Path) -> Measured:
    """All mated pairs in both directions; all non-mated pairs in one direction each."""
    prints, _ = read_set(folder)
    references = [prepare(template(one.pixels)) for one in prints]
    probes = [prepare(template(window(one.pixels, SENSOR))) for one in prints]
    chosen = pairs(prints, np.random.default_rng(SEED))
    nothing = (0.0,) * len(finger_fusion.MEASURES)
    rows = [compare(probes[a], references[b]) or nothing for a, b in chosen]
    mated = np.array([prints[a].subject == prints[b].subject for a, b in chosen])
    return Measured(np.array(rows), mated, np.array([prints[a].subject for a, _ in chosen]))


def joined(parts: list[Measured]) -> Measured:
    """Several folders as one; fingers stay apart."""
    finger = np.concatenate([part.finger + 100_000 * k for k, part in enumerate(parts)])
    return Measured(
        np.concatenate([part.measures for part in parts]),
        np.concatenate([part.mated for part in parts]),
        finger,
    )


def unseen_scores(trials: Measured) -> Floats:
    """Score of every comparison by weights fitted without the probe's finger."""
    fingers = np.unique(trials.finger)
    fold = np.searchsorted(fingers, trials.finger) * FOLDS // len(fingers)
    scores = np.zeros(len(trials.mated))
    for k in range(FOLDS):
        out = fold == k
        scores[out] = fit(trials.measures[~out], trials.mated[~out]).score(trials.measures[out])
    return scores


def calibrate(scores: Floats, mated: Mated) -> tuple[float, float, float]:
    """Slope, offset and limit from scores of unseen fingers.

    The limit is what so many comparisons can show: with none of n gone wrong the rate may still be
    3/n (95 %), so log-odds beyond ln(n/3) of the smaller class would be invented.
    """
    slope, offset = logistic(np.column_stack([scores, np.ones(len(scores))]), mated, np.zeros((2, 2)))
    fewer = min(int(mated.sum()), int((~mated).sum()))
    return float(slope), float(offset), math.log(fewer / LIMIT_EVIDENCE)


def report(name: str, scores: Floats, mated: Mated, slope: float, offset: float) -> None:
    """Print the rates, and what some thresholds in log-odds would do."""
    curve = det(Trials(scores, np.zeros(len(mated), np.int64), (~mated).astype(np.int64)))
    counts = f"{mated.sum()} mated, {(~mated).sum()} non-mated"
    print(f"{name}: EER {curve.eer:.2%}, FNMR at FMR 0.1 % {curve.fnmr_at(0.001):.2%} ({counts})")
    odds = slope * scores + offset
    for threshold in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0):
        fmr, missed = (odds[~mated] >= threshold).mean(), (odds[mated] < threshold).mean()
        print(f"  log-odds >= {threshold:.0f}: FMR {fmr:.3%}, FNMR {missed:.2%}")


def write(weights: Weights, calibration: tuple[float, float, float], source: str) -> None:
    """Put the numbers at the foot of finger_fusion.py."""
    path = Path(finger_fusion.__file__)
    kept = path.read_text(encoding="utf-8").split("\n\nWEIGHTS = ")[0]
    numbers = "".join(f"    {value:.5g},\n" for value in weights.weights)
    slope, offset, limit = (f"{value:.4g}" for value in calibration)
    made = f"CALIBRATION = Calibration(\n    slope={slope},\n    offset={offset},\n    limit={limit},\n"
    text = f"{kept}\n\nWEIGHTS = (\n{numbers})\nBIAS = {weights.bias:.5g}\n{made}    source={json.dumps(source)},\n)\n"
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Fit on all folders; report each with weights that never saw it."""
    parser = argparse.ArgumentParser(description="Fit the finger comparator's weights and calibration.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true", help="put the numbers into finger_fusion.py")
    chosen = parser.parse_args()
    parts = [measured(folder) for folder in chosen.folders]
    whole = joined(parts)
    scores = unseen_scores(whole)
    slope, offset, limit = calibrate(scores, whole.mated)
    for k, (folder, part) in enumerate(zip(chosen.folders, parts, strict=True)):
        report(f"{folder.name}, folds", unseen_scores(part), part.mated, slope, offset)
        if rest := [other for j, other in enumerate(parts) if j != k]:
            others = joined(rest)
            unseen = fit(others.measures, others.mated).score(part.measures)
            report(f"{folder.name}, fitted on the other folders", unseen, part.mated, slope, offset)
    weights = fit(whole.measures, whole.mated)
    for name, weight in zip(finger_fusion.MEASURES, weights.weights, strict=True):
        print(f"  {name}: {weight:.4f}")
    print(f"  slope {slope:.3f} offset {offset:.3f} limit {limit:.3f}")
    if chosen.write:
        names = " and ".join(folder.name for folder in chosen.folders)
        source = f"{names}, {SENSOR} probes against other whole impressions"
        write(weights, (slope, offset, limit), source)


if __name__ == "__main__":
    main()
