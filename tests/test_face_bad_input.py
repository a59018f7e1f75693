"""What is no face never becomes a sample: black, white, noise, stripes, half a face, upside down, a ridge pattern."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk import pictures
from hotspot_kiosk.config import SessionPlan
from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import face_quality
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.simulator.retake import scene
from models.build import MANIFEST

Pixels = NDArray[np.uint8]
SIDES = (480, 640)


@pytest.fixture(scope="module")
def detector(models_built: Path) -> FaceDetector:
    """The real one."""
    return FaceDetector(ModelShelf(MANIFEST, models_built, threads=1).open("centerface"))


@pytest.fixture(scope="module")
def portrait(models_built: Path) -> Pixels:
    """A good frame."""
    return scene(np.array(Image.open(models_built / "pictures" / "portrait_b.jpg").convert("RGB")))


def noise(seed: int) -> Pixels:
    """Every pixel by chance."""
    return np.random.default_rng(seed).integers(0, 256, (*SIDES, 3), np.uint8)


def stripes() -> Pixels:
    """As ridges of a finger, bent."""
    down, across = np.mgrid[0 : SIDES[0], 0 : SIDES[1]]
    wave = 127 + 120 * np.sin(np.hypot(down - 400, across - 300) / 1.5)
    return np.repeat(wave.astype(np.uint8)[..., None], 3, axis=2)


NO_FACES: dict[str, Callable[[], Pixels]] = {
    "black": lambda: np.zeros((*SIDES, 3), np.uint8),
    "white": lambda: np.full((*SIDES, 3), 255, np.uint8),
    "noise": lambda: noise(1),
    "soft noise": lambda: np.asarray(cv2.GaussianBlur(noise(2), (0, 0), 9), np.uint8),
    "stripes": stripes,
    "one pixel": lambda: np.full((1, 1, 3), 90, np.uint8),
    "a line": lambda: np.full((1, 3000, 3), 90, np.uint8),
}


@pytest.mark.parametrize("name", NO_FACES)
def test_what_shows_nobody_is_no_sample(detector: FaceDetector, name: str) -> None:
    """No face is found, and the quality says so instead of a number by chance."""
    pixels = NO_FACES[name]()
    faces = detector.detect(pixels)
    assert faces == ()
    assert face_quality(pixels, faces).score == 0


@pytest.mark.parametrize("spoil", ["half", "quarter turn", "upside down"])
def test_a_face_that_cannot_be_compared_is_not_good_enough(
    detector: FaceDetector, portrait: Pixels, spoil: str
) -> None:
    """Half a face and a turned one are found or not, and are never good enough for a kiosk as it ships."""
    face = detector.detect(portrait)[0]
    middle = int(face.landmarks[2, 0])
    spoilt = {
        "half": portrait[:, :middle],
        "quarter turn": np.rot90(portrait),
        "upside down": np.rot90(portrait, 2),
    }[spoil]
    pixels = np.ascontiguousarray(spoilt)
    quality = face_quality(pixels, detector.detect(pixels))
    assert quality.score < SessionPlan().face_quality
    assert quality.advice


def test_a_huge_picture_is_refused_by_its_header() -> None:
    """Nothing is decoded whose side is longer than a camera gives."""
    done, data = cv2.imencode(".png", np.zeros((9000, 8, 3), np.uint8))
    assert done
    with pytest.raises(BadSample):
        pictures.decode(data.tobytes())
