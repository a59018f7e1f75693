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
from numpy.typing import NDArray

from hotspot_kiosk import pictures
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.errors import ModelError
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import face_quality
from hotspot_kiosk.inference.face_utility import NAME, FaceUtility
from hotspot_kiosk.inference.port import REMEDY, DetectedFace, ModelShelf
from hotspot_kiosk.kiosk.capture.looks import Looker, Seen
from hotspot_kiosk.kiosk.devices.picamera_planes import Layout, Pixels, rgb
from hotspot_kiosk.kiosk.devices.port import SMALL_SIDE, Frame
from hotspot_kiosk.simulator.retake import scene

MODELS = Path(__file__).resolve().parents[2] / "models"
PORTRAITS = MODELS / "built" / "pictures"
WHOLE, SMALL = Layout("YUV420", 2304, 1296), Layout("YUV420", 640, 360)
FRAME_MS = 1000 / 30
FILL = 0.6  # of the frame's height: arm's length before a wide lens
ROUNDS = 25
FILLS = (0.45, 0.55, 0.6, 0.7)
CAREFUL = (960, 1120, 1280, 1440)  # pixels of the long side, for searches that take their time


def run() -> Iterator[Figure]:
    """Times with two threads; then how far off the points are. Raises ModelError without models."""
    yield from step_times()
    yield from _points(_portraits(), *_opened())


def step_times() -> Iterator[Figure]:
    """What the face step adds to the preview, and how long the whole step takes. Raises ModelError without models."""
    yield from _times(scene(_portraits()[0], WHOLE.width, WHOLE.height, FILL), *_opened())


def _opened() -> tuple[FaceDetector, FaceUtility]:
    shelf = ModelShelf(MODELS / "manifest.toml", MODELS / "built", 2)
    return FaceDetector(shelf.open("centerface")), FaceUtility(shelf.open(NAME))


def _portraits() -> list[Pixels]:
    files = sorted(PORTRAITS.glob("portrait_*"))
    if not files:
        raise ModelError(f"there are no portraits in {PORTRAITS}: {REMEDY}")
    return [pictures.decode(file.read_bytes()) for file in files]


def _times(shown: Pixels, detector: FaceDetector, utility: FaceUtility) -> Iterator[Figure]:
    buffers = [_buffer(each) for each in (shown, pictures.shrunk(shown, SMALL_SIDE))]
    moments: dict[str, list[float]] = {"preview": [], "step": [], "whole": []}

    def step() -> None:
        began = time.perf_counter()
        seen: Seen = lambda _p, _f: moments["preview"].append(time.perf_counter() - began)  # noqa: E731
        frame = Frame("bench", rgb(buffers[1], SMALL), lambda: rgb(buffers[0], WHOLE))
        Looker(detector, utility, seen).look(frame)
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


def _unseen(_pixels: Pixels, _faces: Sequence[DetectedFace]) -> None:
    """Nobody looks at the preview."""


def _buffer(picture: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420), np.uint8)


def _points(portraits: list[Pixels], detector: FaceDetector, utility: FaceUtility) -> Iterator[Figure]:
    """How far the points lie from where careful searches put them on average."""
    close, whole = [], []
    for portrait in portraits:
        for fill in FILLS:
            shown = scene(portrait, WHOLE.width, WHOLE.height, fill)
            truth = np.mean([detector.detect(shown, side)[0].landmarks for side in CAREFUL], axis=0)
            _, sighting = Looker(detector, utility, _unseen).look(_frame(shown))
            if sighting is None:
                raise ModelError("the face in a portrait is not found")
            close.append(_away(sighting.face.landmarks, truth))
            whole.append(_away(detector.detect(shown)[0].landmarks, truth))
    off, against = float(np.mean(close)), "searches of the whole picture at 960 to 1440 px"
    yield Figure("camera", "points_off", off, "% of eyes' distance", 5.0, "lower", against, len(close))
    against = "a search of the whole picture at 640 px"
    ratio = off / float(np.mean(whole))
    yield Figure("camera", "points_off_over_whole", ratio, "ratio", 1.0, "lower", against, len(close))


def _frame(shown: Pixels) -> Frame:
    return Frame("bench", pictures.shrunk(shown, SMALL_SIDE), partial(np.asarray, shown))


def _away(points: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Mean distance, in percent of the eyes'."""
    eyes = float(np.linalg.norm(truth[1] - truth[0]))
    return 100 * float(np.linalg.norm(points - truth, axis=1).mean()) / eyes
