"""Does the component for covered faces take skin, hair or clothes for a cover? Painted on good photographs.

Paint is cruder than life: what shows here is a reason not to rely on the component; what does not show proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.face_faults import Pixels, Spoil, mouth_cover
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import face_quality, inter_eye
from hotspot_kiosk.inference.port import DetectedFace

COMPONENT = "uncovered"
LOW = 30  # a face below this would be asked for again, if the component counted
Mask = NDArray[np.uint8]
Colour = tuple[int, int, int]


def skin(gain: float) -> Spoil:
    """The whole picture darker, and redder the darker it is."""
    tint = gain * np.array([1.0, 1 - 0.12 * (1 - gain), 1 - 0.25 * (1 - gain)])

    def paint(pixels: Pixels, _face: DetectedFace) -> Pixels:
        return np.clip(pixels * tint, 0, 255).astype(np.uint8)

    return paint


def veil(colour: Colour) -> Spoil:
    """A cloth around the face, from the brow over the cheeks to below the chin."""

    def paint(pixels: Pixels, face: DetectedFace) -> Pixels:
        cloth = _oval(pixels, face, 0.0, 1.7, 2.2) & ~_oval(pixels, face, -0.05, 0.95, 1.25)
        return _painted(pixels, cloth, colour)

    return paint


def beard(colour: Colour) -> Spoil:
    """A full beard around the mouth, with the grain of hair."""

    def paint(pixels: Pixels, face: DetectedFace) -> Pixels:
        hair = _oval(pixels, face, 0.8, 0.75, 0.65) & ~_oval(pixels, face, 0.55, 0.33, 0.13)
        grain = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 30, pixels.shape[:2]), (0, 0), 1.0)
        ground = np.array(colour) + np.asarray(grain)[..., None]
        return np.where(hair[..., None], np.clip(ground, 0, 255), pixels).astype(np.uint8)

    return paint


def patches(pixels: Pixels, face: DetectedFace) -> Pixels:
    """Light patches of skin, as vitiligo makes them."""
    chance, share = np.random.default_rng(2), np.zeros(pixels.shape[:2], np.float32)
    centre, eyes = face.landmarks.mean(axis=0), inter_eye(face)
    for _ in range(9):
        x, y = (centre + chance.uniform(-0.7, 0.7, 2) * eyes).astype(int).tolist()
        cv2.circle(share, (x, y), int(chance.uniform(0.08, 0.25) * eyes), 1.0, -1)
    part = np.asarray(cv2.GaussianBlur(share, (0, 0), 1.5))[..., None]
    patched = pixels * (1 - part) + part * np.array([235, 205, 190])
    return np.asarray(np.clip(patched, 0, 255), np.uint8)


LOOKS: dict[str, Spoil] = {
    "as they are": lambda pixels, _face: pixels,
    "skin at half the light": skin(0.5),
    "skin at a quarter of the light": skin(0.25),
    "white veil": veil((235, 235, 240)),
    "black veil": veil((20, 20, 22)),
    "red veil": veil((170, 40, 50)),
    "black beard": beard((35, 28, 25)),
    "red beard": beard((150, 80, 40)),
    "white beard": beard((215, 212, 210)),
    "patches of light skin": patches,
    "cloth over the mouth": mouth_cover,
}


def figures(shown: Sequence[Pixels], detector: FaceDetector) -> Iterator[Figure]:
    """The share of faces that the component takes for badly covered, for each look."""
    for look, paint in LOOKS.items():
        scores = [score for pixels in shown if (score := _score(pixels, paint, detector)) is not None]
        share = 100 * float(np.mean([score < LOW for score in scores])) if scores else float("nan")
        about = (
            "painted; the component does not count" if look != "cloth over the mouth" else "what it is for"
        )
        yield Figure("face", f"taken for covered: {look}", share, "%", None, "lower", about, len(scores))


def _score(pixels: Pixels, paint: Spoil, detector: FaceDetector) -> int | None:
    faces = detector.detect(pixels)
    painted = np.ascontiguousarray(paint(pixels, faces[0])) if faces else pixels
    found = detector.detect(painted)
    parts = {part.name: part.score for part in face_quality(painted, found[:1]).components}
    return parts.get(COMPONENT)


def _oval(pixels: Pixels, face: DetectedFace, below: float, across: float, down: float) -> NDArray[np.bool_]:
    """An upright oval; lengths in inter-eye distances, `below` counted from the middle of the five points."""
    (x, y), eyes = face.landmarks.mean(axis=0), inter_eye(face)
    mask: Mask = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(
        mask, (int(x), int(y + below * eyes)), (int(across * eyes), int(down * eyes)), 0, 0, 360, 1, -1
    )
    return mask > 0


def _painted(pixels: Pixels, where: NDArray[np.bool_], colour: Colour) -> Pixels:
    seen = pixels.copy()
    seen[where] = colour
    return seen
