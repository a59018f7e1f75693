"""One look through the camera: whose face is in the frame, how good it is. It keeps no pixels.

It looks twice: at the small picture, quickly, for guidance and preview; and, around the face only,
at all the pixels there are, for the points that a sample is judged and encoded by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import (
    LEAST_EYES,
    face_quality,
    inter_eye,
    with_motion,
    with_utility,
)
from hotspot_kiosk.inference.masking import without_others
from hotspot_kiosk.inference.port import DetectedFace
from hotspot_kiosk.kiosk.devices.port import Frame
from hotspot_kiosk.terms import FaceSample, Quality

# Pixels of the long side that faces are looked for in: the small picture; the face's surroundings, where 192 gave
# templates as good as 320 for a third of the time (models/centerface.md); once a capture, for who else is in it.
LOOK_SIDE, CLOSE_SIDE, ALONE_SIDE = 288, 192, 640
ROOM = 0.5  # around a face that is looked at closely, as a share of its box, on each side
ALONE_ROOM = 1.5  # around a face, more than its portrait shows

Pixels = NDArray[np.uint8]
Seen = Callable[[Pixels, Sequence[DetectedFace]], None]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face that could become a capture; `face` is in pixels of `sample`."""

    sample: FaceSample
    face: DetectedFace
    quality: Quality

    def rank(self, good_enough: int) -> tuple[int, int, int]:
        """What the best of several is chosen by: good enough first, then the most useful one."""
        score = self.quality.score
        useful = [part.score for part in self.quality.components if part.name == "utility"]
        return min(score, good_enough), max(useful, default=0), score


class Scorer(Protocol):
    """Says how useful a face in an RGB picture will be, 0 to 100."""

    def score(self, pixels: Pixels, face: DetectedFace) -> int:
        """Raises BadSample if the points make no face."""


class Looker:
    """Looks at one frame after another; of the one before it keeps where the face was."""

    def __init__(self, detector: FaceDetector, utility: Scorer, *seen: Seen) -> None:
        """Each `seen` is told each small picture, others masked, and the faces in it before they are judged."""
        self._detector = detector
        self._utility = utility
        self._seen = seen
        self._before: DetectedFace | None = None

    def forget(self) -> None:
        """Another person may stand there now."""
        self._before = None

    def look(self, frame: Frame) -> tuple[Quality, Sighting | None]:
        """How good the frame is, with advice, and the face in it, if there is one and the camera has settled.

        Everybody else is masked in what is given. Raises BadSample if the frame is no picture.
        """
        small = self._detector.detect(frame.small, LOOK_SIDE)
        masked = without_others(frame.small, small)
        for seen in self._seen:
            seen(masked, small)
        before, self._before = self._before, small[0] if small else None
        if not small:
            return face_quality(frame.small, ()), None
        whole = frame.sample()
        factor = whole.pixels.shape[1] / frame.small.shape[1]
        first, *others = (_moved(face, factor) for face in small)
        faces = (_closer(whole.pixels, first, self._detector), *others)
        sample = FaceSample(whole.device, without_others(whole.pixels, faces))
        quality = with_motion(self._judged(sample.pixels, faces), small[0], before)
        return quality, Sighting(sample, faces[0], quality) if frame.settled else None

    def _judged(self, pixels: Pixels, faces: Sequence[DetectedFace]) -> Quality:
        quality = face_quality(pixels, faces)
        if inter_eye(faces[0]) < LEAST_EYES:
            return quality
        return with_utility(quality, self._utility.score(pixels, faces[0]))


def _closer(pixels: Pixels, face: DetectedFace, detector: FaceDetector) -> DetectedFace:
    """The same face, found again in its surroundings; as it was if it is not found there."""
    left, top, right, bottom = _surroundings(face, pixels.shape)
    found = detector.detect(pixels[top:bottom, left:right], CLOSE_SIDE)
    return _moved(found[0], 1.0, left, top) if found else face


def alone(pixels: Pixels, face: DetectedFace, detector: FaceDetector) -> Pixels:
    """The picture with everybody else around this face masked, also those too small for the quick look."""
    left, top, right, bottom = _surroundings(face, pixels.shape, ALONE_ROOM)
    found = detector.detect(pixels[top:bottom, left:right], ALONE_SIDE)
    others = [each for each in (_moved(one, 1.0, left, top) for one in found) if not _within(each, face)]
    return without_others(pixels, (face, *others))


def _within(one: DetectedFace, other: DetectedFace) -> bool:
    """Whether its middle lies in the other's box."""
    left, top, right, bottom = other.box
    across, down = (one.box[0] + one.box[2]) / 2, (one.box[1] + one.box[3]) / 2
    return left <= across <= right and top <= down <= bottom


def _surroundings(
    face: DetectedFace, shape: tuple[int, ...], share: float = ROOM
) -> tuple[int, int, int, int]:
    room = (-share * face.width, -share * face.height, share * face.width, share * face.height)
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
