"""Trains the face utility model and writes its coefficients. `python -m models.face_utility_train [SAMPLES]`

Two freely usable portraits are spoilt in many ways; the model learns to foresee, from simple measures of the spoilt
picture, how far its template lies from the portrait's own. What it is worth is measured on people it never saw
(`hotspot bench face`). The coefficients are ours; the encoder decides the target only.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import minimize

from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.face_measures import MEASURES, measures
from hotspot_kiosk.inference.face_quality import inter_eye
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from models.build import BUILT, MANIFEST
from models.face_degradations import spoil
from models.face_utility_onnx import Coefficients, write

PORTRAITS = ("portrait_a.png", "portrait_b.jpg")
SAMPLES = 1500  # of each portrait
HIDDEN = 10
DECAY = 3e-4
CLIP = 4.0  # standard deviations: beyond what was seen, more of it says nothing more
SEED = 1
Table = NDArray[np.float64]


def samples(count: int) -> tuple[Table, Table]:
    """Measures (n, 21) and template distances (n,) of spoilt portraits."""
    shelf = ModelShelf(MANIFEST, BUILT, 1)
    detector, encoder = FaceDetector(shelf.open("centerface")), FaceEncoder(shelf.open("dlib-face-resnet-v1"))
    chance = np.random.default_rng(SEED)
    rows, distances = [], []
    for name in PORTRAITS:
        portrait = np.asarray(Image.open(BUILT / "pictures" / name).convert("RGB"))
        face = detector.detect(portrait)[0]
        own = encoder.encode(portrait, face).vector
        for spoilt, found in _spoilt(portrait, face, detector, chance, count):
            rows.append(measures(spoilt, found))
            distances.append(np.linalg.norm(encoder.encode(spoilt, found).vector - own))
    return np.array(rows, np.float64), np.array(distances, np.float64)


def _spoilt(
    portrait: NDArray[np.uint8],
    face: DetectedFace,
    detector: FaceDetector,
    chance: np.random.Generator,
    count: int,
) -> Iterator[tuple[NDArray[np.uint8], DetectedFace]]:
    """Spoilt pictures in which a face is still found."""
    while count:
        picture = spoil(_framed(portrait, face, chance), chance)
        found = detector.detect(picture)
        if found:
            count -= 1
            yield picture, found[0]


def _framed(
    portrait: NDArray[np.uint8], face: DetectedFace, chance: np.random.Generator
) -> NDArray[np.uint8]:
    """The face in a square of 120 to 420 px, not quite in its middle."""
    side, target = inter_eye(face) * chance.uniform(3.0, 5.0), int(chance.uniform(120, 420))
    corner = face.landmarks.mean(axis=0) - side / 2 + chance.uniform(-0.1, 0.1, 2) * side
    scale = target / side
    warp = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    framed = cv2.warpAffine(
        portrait, warp, (target, target), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(framed, np.uint8)


def fit(table: Table, target: Table) -> Coefficients:
    """A network of one hidden layer by least squares with weight decay (L-BFGS)."""
    centre, spread = table.mean(axis=0), table.std(axis=0) + 1e-6
    scaled = np.clip((table - centre) / spread, -CLIP, CLIP)
    columns = scaled.shape[1]
    chance = np.random.default_rng(SEED)
    first = (
        chance.normal(0, 0.3, columns * HIDDEN),
        np.zeros(HIDDEN),
        chance.normal(0, 0.1, HIDDEN),
        [target.mean()],
    )

    def loss(flat: Table) -> tuple[float, Table]:
        inner, shift, outer, base = _parts(flat, columns)
        hidden = np.tanh(scaled @ inner + shift)
        error = hidden @ outer + base - target
        slope = 2 * error / len(target)
        back = np.outer(slope, outer) * (1 - hidden**2)
        parts = ((scaled.T @ back).ravel(), back.sum(axis=0), hidden.T @ slope, [slope.sum()])
        return float(np.mean(error**2) + DECAY * np.sum(flat**2)), np.concatenate(parts) + 2 * DECAY * flat

    found = minimize(loss, np.concatenate(first), jac=True, method="L-BFGS-B", options={"maxiter": 800})
    inner, shift, outer, base = _parts(found.x, columns)
    return Coefficients.rounded(centre, spread, CLIP, inner, shift, outer, base)


def _parts(flat: Table, columns: int) -> tuple[Table, Table, Table, float]:
    split = columns * HIDDEN
    return (
        flat[:split].reshape(columns, HIDDEN),
        flat[split : split + HIDDEN],
        flat[split + HIDDEN : -1],
        flat[-1],
    )


def main() -> int:
    """Train, and write the coefficients beside this file; the manifest then needs the new digest."""
    cv2.setNumThreads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    table, target = samples(count)
    path = Path(__file__).with_name("face_utility.toml")
    path.write_text(
        write(fit(table, target), f"{count} spoilt pictures of each of {len(PORTRAITS)} portraits")
    )
    print(f"{path.name}: {len(MEASURES)} measures, {HIDDEN} hidden units, {len(target)} samples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
