"""Does each quality component fall for its own fault, and stay for the others? Good pictures, spoilt one way each.

Faults are painted or computed, on the pictures that are given; life has more of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import face_quality, inter_eye
from hotspot_kiosk.inference.port import DetectedFace

Pixels = NDArray[np.uint8]
Spoil = Callable[[Pixels, DetectedFace], Pixels]
DARK, CLOTH = (25, 22, 24), (120, 170, 210)


def glasses(pixels: Pixels, face: DetectedFace) -> Pixels:
    """Dark glasses."""
    seen, eyes = pixels.copy(), inter_eye(face)
    for x, y in face.landmarks[:2].astype(int).tolist():
        cv2.ellipse(seen, (x, y), (int(0.38 * eyes), int(0.26 * eyes)), 0, 0, 360, DARK, -1)
    return seen


def mouth_cover(pixels: Pixels, face: DetectedFace) -> Pixels:
    """A plain cloth from the nose down."""
    across = face.landmarks[1] - face.landmarks[0]
    mouth = face.landmarks[3:].mean(axis=0)
    down = mouth - face.landmarks[:2].mean(axis=0)
    nose = face.landmarks[2]
    corners = (
        nose - 0.75 * across,
        nose + 0.75 * across,
        mouth + 0.45 * across + 0.45 * down,
        mouth - 0.45 * across + 0.45 * down,
    )
    seen = pixels.copy()
    cv2.fillPoly(seen, [np.array(corners).astype(np.int32)], CLOTH)
    return seen


def _blurred(pixels: Pixels, face: DetectedFace) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.07 * inter_eye(face)), np.uint8)


def _scaled(gain: float, lift: float = 0.0) -> Spoil:
    def spoil(pixels: Pixels, _face: DetectedFace) -> Pixels:
        lit: Pixels = np.clip(gain * pixels.astype(np.float32) + lift, 0, 255).astype(np.uint8)
        return lit

    return spoil


def _far(pixels: Pixels, face: DetectedFace) -> Pixels:
    factor = 35 / inter_eye(face)
    size = (max(32, int(pixels.shape[1] * factor)), max(32, int(pixels.shape[0] * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _tilted(pixels: Pixels, face: DetectedFace) -> Pixels:
    x, y = (float(v) for v in face.landmarks[2])
    warp = cv2.getRotationMatrix2D((x, y), 24, 1)
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.warpAffine(pixels, warp, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _cut(pixels: Pixels, face: DetectedFace) -> Pixels:
    return pixels[:, : int(face.landmarks[1, 0] + 0.45 * inter_eye(face))]


def _close(pixels: Pixels, face: DetectedFace) -> Pixels:
    x, y = face.landmarks.mean(axis=0)
    half = 1.2 * inter_eye(face)
    left, top = (max(0, int(v - half)) for v in (x, y))
    return pixels[top : int(y + half), left : int(x + half)]


FAULTS: dict[str, tuple[Spoil, str]] = {
    "dark glasses": (glasses, "eyes visible"),
    "covered mouth": (mouth_cover, "uncovered"),
    "out of focus": (_blurred, "sharpness"),
    "dark": (_scaled(0.22), "brightness"),
    "burnt out": (_scaled(2.6), "glare"),
    "flat light": (_scaled(0.15, 110), "contrast"),
    "far away": (_far, "inter-eye distance"),
    "tilted": (_tilted, "tilted"),
    "cut off": (_cut, "in the frame"),
    "too near": (_close, "not too close"),
}


def matrix(shown: Sequence[Pixels], detector: FaceDetector) -> tuple[list[str], NDArray[np.float64]]:
    """How far each component falls on average (faults, components), in points; NaN where no face is found any more."""
    names: list[str] = []
    falls = []
    for spoil, _ in FAULTS.values():
        lost = []
        for pixels in shown:
            before = _scores(pixels, detector)
            faces = detector.detect(pixels)
            after = _scores(np.ascontiguousarray(spoil(pixels, faces[0])), detector) if faces else {}
            if before and after.keys() == before.keys():
                names = list(before)
                lost.append([before[name] - after[name] for name in names])
        falls.append(np.mean(lost, axis=0) if lost else None)
    empty = np.full(len(names), np.nan)
    return names, np.array([empty if fall is None else fall for fall in falls])


def figures(shown: Sequence[Pixels], detector: FaceDetector) -> Iterator[Figure]:
    """For each fault the fall of its own component, and which other one falls most."""
    names, falls = matrix(shown, detector)
    for (fault, (_, own)), row in zip(FAULTS.items(), falls, strict=True):
        others = [k for k, name in enumerate(names) if name != own]
        most = max(others, key=lambda k: row[k])
        against = f"most among the others: {names[most]} {row[most]:.0f}"
        fall = float(row[names.index(own)])
        yield Figure("face", f"fall of {own}: {fault}", fall, "points", None, "higher", against, len(shown))


def _scores(pixels: Pixels, detector: FaceDetector) -> dict[str, int]:
    faces = detector.detect(pixels)
    return {part.name: part.score for part in face_quality(pixels, faces[:1]).components} if faces else {}
