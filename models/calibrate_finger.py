"""Fits the weights and the calibration of the finger comparator; prints what it found.

    python models/calibrate_finger.py FOLDER [--held-out FOLDER] [--write]

FOLDER holds grey images `<finger>_<impression>.png`. Probes are 192x192 windows with 16 grey levels
about the middle of the finger, references whole prints of other impressions. Weights come from
logistic regression with both classes weighing the same; what it prints for FOLDER itself was always
scored by weights that never saw the probe's finger (five folds).
"""

from __future__ import annotations

import argparse
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare import finger_fusion
from hotspot_kiosk.compare.finger import PreparedFinger, compare, prepare
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.terms import FingerPosition, FingerSample, SensorGrade

Floats = NDArray[np.float64]
Key = tuple[int, int]

WINDOW = 192
PPI = 500
FOLDS = 5
PENALTY = 1.0
LIMIT_EVIDENCE = 3.0


@dataclass(frozen=True)
class Trials:
    """Measures (n, 9) of n comparisons, whether they are mated, and the probe's finger."""

    measures: Floats
    mated: NDArray[np.bool_]
    finger: NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """Score = measures @ weights + bias."""

    weights: Floats
    bias: float

    def score(self, measures: Floats) -> Floats:
        """Score of every row."""
        return np.asarray(measures @ self.weights + self.bias)


def read_folder(folder: Path) -> tuple[dict[Key, PreparedFinger], dict[Key, PreparedFinger]]:
    """Probes and references by (finger, impression)."""
    probes, references = {}, {}
    for path in sorted(folder.glob("*_*.png")):
        finger, impression = (int(part) for part in re.findall(r"\d+", path.stem)[:2])
        pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        references[finger, impression] = _template(pixels)
        probes[finger, impression] = _template(window(pixels) // 16 * 17)
    return probes, references


def _template(pixels: NDArray[np.uint8]) -> PreparedFinger:
    height, width = pixels.shape
    grade = SensorGrade("calibration", width, height, PPI, 256)
    return prepare(extract(FingerSample(FingerPosition.RIGHT_INDEX, grade, np.ascontiguousarray(pixels))))


def window(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The sensor's window about the middle of the textured part, kept inside the image."""
    grey = pixels.astype(np.float64)
    mean = cv2.blur(grey, (15, 15), borderType=cv2.BORDER_REFLECT)
    variance = cv2.blur(grey * grey, (15, 15), borderType=cv2.BORDER_REFLECT) - mean * mean
    y, x = (int(axis.mean()) for axis in np.nonzero(variance > variance.max() * 0.1))
    top = min(max(y - WINDOW // 2, 0), max(pixels.shape[0] - WINDOW, 0))
    left = min(max(x - WINDOW // 2, 0), max(pixels.shape[1] - WINDOW, 0))
    return pixels[top : top + WINDOW, left : left + WINDOW]


def run_trials(folder: Path) -> Trials:
    """All mated pairs in both directions; all non-mated pairs in one direction each."""
    probes, references = read_folder(folder)
    pairs = [(a, b) for a in probes for b in references if _wanted(a, b)]
    rows = [finger_fusion.measures(*compare(probes[a], references[b])) for a, b in pairs]
    mated = np.array([a[0] == b[0] for a, b in pairs])
    return Trials(np.array(rows), mated, np.array([a[0] for a, _ in pairs]))


def _wanted(a: Key, b: Key) -> bool:
    if a[0] == b[0]:
        return a[1] != b[1]
    return (a < b) == ((a[1] + b[1]) % 2 == 1)


def fit(trials: Trials) -> Weights:
    """Logistic regression with a ridge penalty on standardised measures, classes weighing the same."""
    middle, spread = trials.measures.mean(axis=0), trials.measures.std(axis=0) + 1e-9
    columns = np.column_stack([(trials.measures - middle) / spread, np.ones(len(trials.mated))])
    penalty = np.diag([PENALTY] * trials.measures.shape[1] + [0.0])
    found = logistic(columns, trials.mated, penalty)
    weights = found[:-1] / spread
    return Weights(weights, float(found[-1] - weights @ middle))


def logistic(columns: Floats, mated: NDArray[np.bool_], penalty: Floats) -> Floats:
    """Newton's method; 40 steps are far more than it needs."""
    share = mated.mean()
    weight = np.where(mated, 0.5 / share, 0.5 / (1 - share))
    found = np.zeros(columns.shape[1])
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(columns @ found, -30, 30)))
        slope = columns.T @ (weight * (mated - chance)) - penalty @ found
        curve = (columns * (weight * chance * (1 - chance))[:, None]).T @ columns + penalty
        found += np.linalg.solve(curve, slope)
    return found


def unseen_scores(trials: Trials) -> Floats:
    """Score of every comparison by weights fitted without the probe's finger."""
    fingers = np.unique(trials.finger)
    fold = np.searchsorted(fingers, trials.finger) * FOLDS // len(fingers)
    scores = np.zeros(len(trials.mated))
    for k in range(FOLDS):
        out = fold == k
        kept = Trials(trials.measures[~out], trials.mated[~out], trials.finger[~out])
        scores[out] = fit(kept).score(trials.measures[out])
    return scores


def calibrate(scores: Floats, mated: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Slope, offset and limit from scores of unseen fingers.

    The limit is what so many comparisons can show: with none of n gone wrong the rate may still be
    3/n (95 %), so log-odds beyond ln(n/3) of the smaller class would be invented.
    """
    slope, offset = logistic(np.column_stack([scores, np.ones(len(scores))]), mated, np.zeros((2, 2)))
    fewer = min(int(mated.sum()), int((~mated).sum()))
    return float(slope), float(offset), math.log(fewer / LIMIT_EVIDENCE)


def rates(scores: Floats, mated: NDArray[np.bool_]) -> tuple[float, float]:
    """EER and FNMR at FMR of at most 1/1000, as shares."""
    genuine, other = np.sort(scores[mated]), np.sort(scores[~mated])
    steps = np.unique(np.concatenate([genuine, other, [other[-1] + 1e-9]]))
    fmr = 1 - np.searchsorted(other, steps) / len(other)
    fnmr = np.searchsorted(genuine, steps) / len(genuine)
    k = int(np.argmin(np.abs(fmr - fnmr)))
    return float(fmr[k] + fnmr[k]) / 2, float(fnmr[np.argmax(fmr <= 0.001)])


def report(name: str, scores: Floats, mated: NDArray[np.bool_], slope: float, offset: float) -> None:
    """Print the rates, and what some thresholds in log-odds would do."""
    eer, fnmr = rates(scores, mated)
    counts = f"{mated.sum()} mated, {(~mated).sum()} non-mated"
    print(f"{name}: EER {eer:.2%}, FNMR at FMR 0.1 % {fnmr:.2%} ({counts})")
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
    """Fit on one folder, report on it and on one that had no part in the fit."""
    parser = argparse.ArgumentParser(description="Fit the finger comparator's weights and calibration.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--write", action="store_true", help="put the numbers into finger_fusion.py")
    chosen = parser.parse_args()
    trials = run_trials(chosen.folder)
    scores = unseen_scores(trials)
    slope, offset, limit = calibrate(scores, trials.mated)
    weights = fit(trials)
    report(f"{chosen.folder.name}, fingers unseen by the fit", scores, trials.mated, slope, offset)
    if chosen.held_out:
        others = run_trials(chosen.held_out)
        scores = weights.score(others.measures)
        report(f"{chosen.held_out.name}, nothing fitted", scores, others.mated, slope, offset)
    for name, weight in zip(finger_fusion.MEASURES, weights.weights, strict=True):
        print(f"  {name}: {weight:.4f}")
    print(f"  slope {slope:.3f} offset {offset:.3f} limit {limit:.3f}")
    if chosen.write:
        source = f"{chosen.folder.name}, {WINDOW}x{WINDOW} 4-bit probes against other whole impressions"
        write(weights, (slope, offset, limit), source)


if __name__ == "__main__":
    main()
