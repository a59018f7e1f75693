"""Trains the finger utility model and writes its coefficients. `python -m models.finger_utility_train [FINGERS]`

Synthetic fingers, which belong to nobody, are put down well and badly on a small sensor; the model learns to foresee,
from simple measures of a touch, the score of its comparison with whole prints of the same finger. What it is worth
is measured on real fingers, of which it saw none (`hotspot bench finger --set DIR`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.prints import sample, template
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import prepare
from hotspot_kiosk.inference.finger_measures import MEASURES, measures
from hotspot_kiosk.simulator.finger_master import Master, master
from hotspot_kiosk.simulator.finger_touch import FULL, R503, Touch, impression
from models.face_utility_onnx import write
from models.face_utility_train import fit

FIRST_PERSON = 5000  # nobody of the tests
FINGERS, TOUCHES, WHOLES = 120, 10, 2
LEAST, MOST = -8.0, 14.0
SEED = 1
Table = NDArray[np.float64]
Pixels = NDArray[np.uint8]


def samples(fingers: int) -> tuple[Table, Table]:
    """Measures (n, m) of touches, and the mean score (n,) against whole prints of the same finger."""
    chance, comparator = np.random.default_rng(SEED), FingerComparator()
    rows, targets = [], []
    for person in range(FIRST_PERSON, FIRST_PERSON + fingers):
        finger = master(person, 1 + person % 10)
        wholes = [prepare(template(impression(finger, 100 + k, FULL))) for k in range(WHOLES)]
        for pixels in _touches(finger, chance):
            touch = sample(pixels, 16)
            read = template(pixels)
            scores = [comparator.score(read, whole) for whole in wholes]
            rows.append(measures(touch, read))
            targets.append(float(np.mean(np.clip(scores, LEAST, MOST))))
    return np.array(rows, np.float64), np.array(targets, np.float64)


def _touches(finger: Master, chance: np.random.Generator) -> Iterator[Pixels]:
    """Good and bad touches: dry, wet, light, beside the middle, partial, dirty, smeared, faint."""
    for seed in range(TOUCHES):
        how = Touch(
            shift=tuple(chance.normal(0, 30, 2)),
            angle=chance.normal(0, 15),
            push=tuple(chance.normal(0, 8, 2)),
            twist=chance.normal(0, 5),
            pressure=chance.uniform(0.02, 1.0),
            moisture=chance.uniform(-1, 1),
            contact=chance.uniform(0.3, 1.1),
            tilt=tuple(chance.normal(0, 30, 2)),
            noise=chance.uniform(0, 2.5),
        )
        yield _spoilt(impression(finger, seed, R503, how), chance)


def _spoilt(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """What the sensor may add: smear, less contrast, darker or lighter, noise; often nothing."""
    grey = pixels.astype(np.float32)
    if chance.random() < 0.3:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), chance.uniform(0.5, 2.5)), np.float32)
    if chance.random() < 0.4:
        middle = chance.uniform(30, 225)
        grey = np.float32(middle) + (grey - 128) * np.float32(chance.uniform(0.1, 1.0))
    if chance.random() < 0.3:
        rough = chance.normal(size=grey.shape).astype(np.float32)
        grey += np.asarray(cv2.GaussianBlur(rough, (0, 0), 1.2), np.float32) * np.float32(
            chance.uniform(10, 120)
        )
    return np.asarray((np.clip(grey, 0, 255).astype(np.uint8) >> 4) * 17, np.uint8)


def main() -> int:
    """Train, and write the coefficients beside this file; the manifest then needs the new digest."""
    cv2.setNumThreads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FINGERS
    table, target = samples(count)
    coefficients = fit(table, target)
    source = f"{TOUCHES} touches of each of {count} synthetic fingers"
    author = "models.finger_utility_train`; measures: hotspot_kiosk/inference/finger_measures.py"
    path = Path(__file__).with_name("finger_utility.toml")
    path.write_text(write(coefficients, source, author), encoding="utf-8")
    print(f"{path.name}: {len(MEASURES)} measures, {len(target)} samples, mean score {target.mean():.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
