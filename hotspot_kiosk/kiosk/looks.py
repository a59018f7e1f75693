"""One look through the camera: whose face is in the frame, how good it is. Pure; keeps nothing.

It looks twice: at the small picture, quickly, for guidance and preview; and, around the face only,
at all the pixels there are, for the points that a sample is judged and encoded by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import face_quality
from hotspot_kiosk.inference.port import DetectedFace
from hotspot_kiosk.kiosk.devices.port import Frame
from hotspot_kiosk.terms import FaceSample, Quality

LOOK_SIDE = 320  # pixels of a picture's long side that faces are looked for in: a quarter of the time of 640
ROOM = 0.5  # around a face that is looked at closely, as a share of its box, on each side

Pixels = NDArray[np.uint8]
Seen = Callable[[Pixels, Sequence[DetectedFace]], None]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face that could become a capture; `face` is in pixels of `sample`."""

    sample: FaceSample
    face: DetectedFace
    quality: Quality


def look(frame: Frame, detector: FaceDetector, seen: Seen) -> tuple[Quality, Sighting | None]:
    """How good the frame is, with advice, and the face in it, if there is one and the camera has settled.

    `seen` is told the small picture and the faces in it before they are judged. Raises BadSample if the
    frame is no picture.
    """
    small = detector.detect(frame.small, LOOK_SIDE)
    seen(frame.small, small)
    if not small:
        return face_quality(frame.small, ()), None
    sample = frame.sample()
    factor = sample.pixels.shape[1] / frame.small.shape[1]
    first, *others = (_moved(face, factor) for face in small)
    faces = (_closer(sample.pixels, first, detector), *others)
    quality = face_quality(sample.pixels, faces)
    return quality, Sighting(sample, faces[0], quality) if frame.settled else None


def _closer(pixels: Pixels, face: DetectedFace, detector: FaceDetector) -> DetectedFace:
    """The same face, found again in its surroundings; as it was if it is not found there."""
    left, top, right, bottom = _surroundings(face, pixels.shape)
    found = detector.detect(pixels[top:bottom, left:right], LOOK_SIDE)
    return _moved(found[0], 1.0, left, top) if found else face


def _surroundings(face: DetectedFace, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    room = (-ROOM * face.width, -ROOM * face.height, ROOM * face.width, ROOM * face.height)
    edges = np.add(face.box, room)
    limits = (shape[1] - 1, shape[0] - 1)
    left, top = np.clip(np.floor(edges[:2]), 0, limits).astype(int).tolist()
    right, bottom = (
        np.clip(np.ceil(edges[2:]), (left + 1, top + 1), (shape[1], shape[0])).astype(int).tolist()
    )
    return left, top, right, bottom


def _moved(face: DetectedFace, factor: float, left: int = 0, top: int = 0) -> DetectedFace:
    """In a picture `factor` times as large, whose corner lies `left` and `top` further out."""
    low_x, low_y, high_x, high_y = (factor * edge for edge in face.box)
    box = (low_x + left, low_y + top, high_x + left, high_y + top)
    landmarks = np.asarray(face.landmarks * factor + (left, top), np.float32)
    return DetectedFace(box, face.score, landmarks)
