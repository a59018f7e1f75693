"""One look through the camera: quickly at the small picture, closely at the face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hotspot_kiosk import pictures
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import inter_eye
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from hotspot_kiosk.kiosk.devices.port import SMALL_SIDE, Frame
from hotspot_kiosk.kiosk.looks import Pixels, look
from hotspot_kiosk.simulator.retake import scene

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"


class NoEye:
    """A detector that finds nobody."""

    def detect(self, pixels: Pixels, long_side: int = 640) -> tuple[DetectedFace, ...]:
        """Nobody."""
        return ()


def frame(whole: Pixels, settled: bool = True) -> Frame:
    """A camera's frame of that picture."""
    return Frame("test", pictures.shrunk(whole, SMALL_SIDE), lambda: whole, settled)


@pytest.fixture(scope="module")
def detector(models_built: Path) -> FaceDetector:
    """The real one."""
    return FaceDetector(ModelShelf(MANIFEST, models_built, threads=1).open("centerface"))


@pytest.fixture(scope="module")
def portrait(models_built: Path) -> Pixels:
    """A person at arm's length before the wide camera."""
    picture = np.array(Image.open(models_built / "pictures" / "portrait_b.jpg").convert("RGB"))
    return scene(picture, 2304, 1296, fill=0.6)


def unseen(_pixels: Pixels, _faces: object) -> None:
    """Nobody looks at the preview."""


def test_the_points_are_those_of_all_the_pixels(detector: FaceDetector, portrait: Pixels) -> None:
    """A face found in the small picture is looked at closely: its points lie where a slow search finds them."""
    _, sighting = look(frame(portrait), detector, unseen)
    assert sighting is not None
    slow = detector.detect(portrait, 1280)[0]
    away = np.linalg.norm(sighting.face.landmarks - slow.landmarks, axis=1).max()
    assert away < 0.06 * inter_eye(slow)
    assert sighting.sample.pixels.shape == portrait.shape


def test_the_preview_comes_before_the_judgement(detector: FaceDetector, portrait: Pixels) -> None:
    """The small picture and where its faces are is told first, in the small picture's own pixels."""
    told: list[tuple[Pixels, tuple[DetectedFace, ...]]] = []
    one = Frame("test", pictures.shrunk(portrait, SMALL_SIDE), lambda: portrait[:0] if not told else portrait)
    _, sighting = look(one, detector, lambda pixels, faces: told.append((pixels, tuple(faces))))
    assert sighting is not None
    ((small, faces),) = told
    assert small.shape[1] == SMALL_SIDE
    factor = portrait.shape[1] / SMALL_SIDE
    assert np.allclose(np.array(faces[0].box) * factor, sighting.face.box, atol=0.2 * sighting.face.width)


def test_nobody_costs_no_large_picture() -> None:
    """Without a face the whole picture is never asked for; the advice says where to stand."""

    def forbidden() -> Pixels:
        raise AssertionError("asked for the whole picture")

    quality, sighting = look(Frame("test", np.zeros((9, 16, 3), np.uint8), forbidden), NoEye(), unseen)
    assert sighting is None
    assert (quality.score, quality.advice) == (0, "Please step in front of the camera.")


def test_an_unsettled_frame_guides_but_gives_no_sample(detector: FaceDetector, portrait: Pixels) -> None:
    """While the exposure is found a person hears what to do, and no sample is taken."""
    quality, sighting = look(frame(portrait, settled=False), detector, unseen)
    assert sighting is None
    assert quality.score > 0


def test_a_face_at_the_border_is_looked_at(detector: FaceDetector, portrait: Pixels) -> None:
    """A face cut by the picture's border is found in a window that ends there."""
    right = detector.detect(portrait)[0].box[2]
    cut = np.ascontiguousarray(portrait[:, : int(right) - 10])
    quality, sighting = look(frame(cut), detector, unseen)
    assert sighting is not None
    assert sighting.face.box[2] <= cut.shape[1]
    assert quality.score < 70
