"""What another camera does to a threshold, and what a kiosk's own counts make good again, on people never counted.

The other camera is made by machine (grey, few pixels, poor light, coarse JPEG) out of the same photographs. Pairs of
few people are not independent as a kiosk's are, so that the stated confidence does not hold here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import pictures
from hotspot_kiosk.bench.face_set import DETECTOR, ENCODER, UNSCALED
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.prints import named
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.tally import Tally, threshold
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.port import ModelShelf

FMR = 1e-2
SHARE = 0.28  # of the photographs' pixels on a side
GAIN, JPEG = 0.55, 35
Pixels = NDArray[np.uint8]
Scores = NDArray[np.float64]


def figures(folder: Path, shelf: ModelShelf) -> Iterator[Figure]:
    """FMR before the other camera at the manifest's threshold, and at one counted on the other half of the people."""
    people = _templates(folder, shelf)
    halves = (people[: len(people) // 2], people[len(people) // 2 :])
    stated = next(each.score for each in shelf.entry(ENCODER).thresholds if each.fmr == FMR)
    found = [_non_mated(half) for half in halves]
    counted = [threshold(Tally(ENCODER).with_scores(scores), FMR) for scores in found]
    shipped = float(np.mean([np.mean(scores >= stated) for scores in found]))
    own = float(np.mean([np.mean(found[1 - k] >= counted[k]) for k in (0, 1)]))
    total = sum(len(scores) for scores in found)
    about = "the threshold stated for 1 %; a camera made by machine"
    yield Figure(
        "face",
        "FMR before another camera, threshold of the manifest",
        100 * shipped,
        "%",
        None,
        "lower",
        about,
        total,
    )
    yield Figure(
        "face",
        "FMR before another camera, threshold from counts of other people",
        100 * own,
        "%",
        None,
        "lower",
        about,
        total,
    )


def other_camera(pixels: Pixels) -> Pixels:
    """The photograph as a poor grey camera would have taken it; same size, uint8 (height, width, 3)."""
    size = (pixels.shape[1], pixels.shape[0])
    small = cv2.resize(pixels, None, fx=SHARE, fy=SHARE, interpolation=cv2.INTER_AREA)
    dark = np.clip(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) * GAIN, 0, 255).astype(np.uint8)
    _, coarse = cv2.imencode(".jpg", dark, [cv2.IMWRITE_JPEG_QUALITY, JPEG])
    grey = pictures.decode_grey(coarse.tobytes())
    return np.asarray(
        cv2.cvtColor(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2RGB), np.uint8
    )


def _templates(folder: Path, shelf: ModelShelf) -> list[list[NDArray[np.float32]]]:
    """Of each person, by the other camera; pictures without a face are left out."""
    detector, encoder = FaceDetector(shelf.open(DETECTOR)), FaceEncoder(shelf.open(ENCODER))
    people: dict[str, list[NDArray[np.float32]]] = {}
    for path, name in named(folder):
        pixels = other_camera(pictures.decode(pictures.read(path)))
        if faces := detector.detect(pixels):
            people.setdefault(name, []).append(encoder.encode(pixels, faces[0]).vector)
    return list(people.values())


def _non_mated(people: Sequence[Sequence[NDArray[np.float32]]]) -> Scores:
    """Scores of all pairs of different people."""
    comparator, scores = FaceComparator(UNSCALED), []
    for number, faces in enumerate(people):
        others = np.array([face for later in people[number + 1 :] for face in later])
        scores += [comparator.scores(face, others) for face in faces] if len(others) else []
    return np.concatenate(scores).astype(np.float64)
