"""The camera's step: what finding and judging a face adds to the preview, from the camera's buffers on.

The buffers are laid out as the Pi's camera lays them; its own time to fill them cannot be measured here. Against:
one frame at 30 frames/s, and the same person looked for in the whole picture only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from hotspot_kiosk import pictures
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.errors import ModelError
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import face_quality, inter_eye
from hotspot_kiosk.inference.port import REMEDY, DetectedFace, ModelShelf
from hotspot_kiosk.kiosk.devices.picamera_planes import Layout, Pixels, rgb
from hotspot_kiosk.kiosk.devices.port import SMALL_SIDE, Frame
from hotspot_kiosk.kiosk.looks import Seen, look
from hotspot_kiosk.simulator.retake import scene

MODELS = Path(__file__).resolve().parents[2] / "models"
PORTRAITS = MODELS / "built" / "pictures"
WHOLE, SMALL = Layout("YUV420", 2304, 1296), Layout("YUV420", 640, 360)
FRAME_MS = 1000 / 30
FILL = 0.6  # of the frame's height: arm's length before a wide lens
ROUNDS = 25
CAREFUL = 1280  # pixels of the long side for a search that takes its time


def run() -> Iterator[Figure]:
    """Times with two threads; then how far off the points are. Raises ModelError without models."""
    shown = [scene(picture, WHOLE.width, WHOLE.height, FILL) for picture in _portraits()]
    detector = FaceDetector(ModelShelf(MODELS / "manifest.toml", MODELS / "built", 2).open("centerface"))
    yield from _times(shown[0], detector)
    yield from _points(shown, detector)


def _portraits() -> list[Pixels]:
    files = sorted(PORTRAITS.glob("portrait_*"))
    if not files:
        raise ModelError(f"there are no portraits in {PORTRAITS}: {REMEDY}")
    return [pictures.decode(file.read_bytes()) for file in files]


def _times(shown: Pixels, detector: FaceDetector) -> Iterator[Figure]:
    buffers = [_buffer(each) for each in (shown, pictures.shrunk(shown, SMALL_SIDE))]
    moments: dict[str, list[float]] = {"preview": [], "step": [], "whole": []}

    def step() -> None:
        began = time.perf_counter()
        _look(buffers, detector, lambda _p, _f: moments["preview"].append(time.perf_counter() - began))
        moments["step"].append(time.perf_counter() - began)

    def whole() -> None:
        began = time.perf_counter()
        picture = rgb(buffers[0], WHOLE)
        face_quality(picture, detector.detect(picture))
        moments["whole"].append(time.perf_counter() - began)

    _turns(step, whole)
    preview, looked, old = (1000 * float(np.median(taken)) for taken in moments.values())
    frame = "one frame at 30 frames/s"
    yield Figure("camera", "added_to_the_preview", preview, "ms", FRAME_MS, "lower", frame, ROUNDS)
    yield Figure("camera", "look_with_quality", looked, "ms", FRAME_MS, "lower", frame, ROUNDS)
    against = "a search of the whole picture"
    yield Figure("camera", "look_over_whole", looked / old, "ratio", 1.0, "lower", against, ROUNDS)


def _turns(*steps: Callable[[], None]) -> None:
    """Turn by turn, so that a busy computer slows all."""
    for _ in range(ROUNDS):
        for step in steps:
            step()


def _look(buffers: list[Pixels], detector: FaceDetector, seen: Seen) -> None:
    look(Frame("bench", rgb(buffers[1], SMALL), lambda: rgb(buffers[0], WHOLE)), detector, seen)


def _unseen(_pixels: Pixels, _faces: Sequence[DetectedFace]) -> None:
    """Nobody looks at the preview."""


def _buffer(picture: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)


def _points(shown: list[Pixels], detector: FaceDetector) -> Iterator[Figure]:
    away: dict[str, list[float]] = {"small": [], "close": []}
    for picture in shown:
        careful = detector.detect(picture, CAREFUL)[0]
        small = pictures.shrunk(picture, SMALL_SIDE)
        _, sighting = look(Frame("bench", small, partial(np.asarray, picture)), detector, _unseen)
        if sighting is None:
            raise ModelError("the face in a portrait is not found")
        points = detector.detect(small, 320)[0].landmarks * (picture.shape[1] / small.shape[1])
        for name, found in (("small", points), ("close", sighting.face.landmarks)):
            distances = np.linalg.norm(found - careful.landmarks, axis=1) / inter_eye(careful)
            away[name].append(100 * float(distances.mean()))
    against = f"a search at {CAREFUL} px"
    for name, shares in away.items():
        goal = 3.0 if name == "close" else None
        figure = f"points_off_{name}"
        yield Figure(
            "camera", figure, float(np.mean(shares)), "% of eyes", goal, "lower", against, len(shares)
        )
