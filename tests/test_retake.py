"""A second capture of a portrait: another picture of the same face, the same one for the same seed."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.face_quality import face_quality, inter_eye
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.simulator.retake import retake, scene

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"
Pixels = NDArray[np.uint8]
PICTURE = np.random.default_rng(1).integers(0, 256, (40, 30, 3), np.uint8)


class Booth:
    """A detector, an encoder and the two portraits."""

    def __init__(self, built: Path) -> None:
        shelf = ModelShelf(MANIFEST, built, threads=1)
        self.detector = FaceDetector(shelf.open("centerface"))
        self.encoder = FaceEncoder(shelf.open("dlib-face-resnet-v1"))
        names = "portrait_a.png", "portrait_b.jpg"
        self.portraits = [np.asarray(Image.open(built / "pictures" / n).convert("RGB")) for n in names]

    def vector(self, pixels: Pixels) -> NDArray[np.float32]:
        (face,) = self.detector.detect(pixels)
        return self.encoder.encode(pixels, face).vector


@pytest.fixture(scope="module")
def booth(models_built: Path) -> Booth:
    return Booth(models_built)


def test_one_seed_one_picture() -> None:
    """The same seed gives the same picture, another seed another one, and the input is left alone."""
    before = PICTURE.copy()
    first, again, other = retake(PICTURE, 4), retake(PICTURE, 4), retake(PICTURE, 5)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(PICTURE, before)
    assert (first.dtype, first.shape) == (np.uint8, PICTURE.shape)


def test_a_retake_is_another_picture(booth: Booth) -> None:
    """A retake differs in nearly every pixel from the portrait."""
    portrait = booth.portraits[0]
    assert np.mean((retake(portrait, 1) != portrait).any(axis=2)) > 0.95


@pytest.mark.parametrize("number", [0, 1])
def test_a_retake_shows_the_same_person(booth: Booth, number: int) -> None:
    """Retakes in a camera's frame stay far nearer to the portrait than the two people to each other."""
    portrait = booth.portraits[number]
    reference = booth.vector(portrait)
    for seed in range(5):
        assert np.linalg.norm(booth.vector(scene(retake(portrait, seed))) - reference) < 0.4


def test_retakes_of_two_people_stay_apart(booth: Booth) -> None:
    """No retake brings one person near the other."""
    one, other = ([booth.vector(scene(retake(p, seed))) for seed in range(3)] for p in booth.portraits)
    assert min(float(np.linalg.norm(a - b)) for a in one for b in other) > 0.6


@pytest.mark.parametrize("number", [0, 1])
def test_a_scene_is_good_enough_to_be_captured(booth: Booth, number: int) -> None:
    """In a frame of 1280 x 960 the eyes lie 90 px apart or more, and the quality of retakes is fair."""
    for seed in range(5):
        frame = scene(retake(booth.portraits[number], seed))
        faces = booth.detector.detect(frame)
        assert frame.shape == (960, 1280, 3)
        assert inter_eye(faces[0]) >= 90
        assert face_quality(frame, faces).score >= 50


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (1280, 20), (1, 1)])
@pytest.mark.parametrize("shape", [(40, 30), (3, 200), (200, 3), (1, 1)])
def test_any_portrait_fits_any_frame(size: tuple[int, int], shape: tuple[int, int]) -> None:
    """Whatever the shapes, the frame comes out in the size asked for."""
    portrait = np.full((*shape, 3), 200, np.uint8)
    assert scene(portrait, *size).shape == (size[1], size[0], 3)
