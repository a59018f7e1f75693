"""Finding faces: where they are, in any picture that may come."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"
Pixels = NDArray[np.uint8]
# Where the eyes of portrait B lie, read off the picture by eye.
EYES_B = np.array([[221, 200], [305, 193]])


@pytest.fixture(scope="module")
def detector(models_built: Path) -> FaceDetector:
    return FaceDetector(ModelShelf(MANIFEST, models_built, threads=1).open("centerface"))


@pytest.fixture(scope="module")
def portraits(models_built: Path) -> tuple[Pixels, Pixels]:
    names = "portrait_a.png", "portrait_b.jpg"
    one, other = (np.asarray(Image.open(models_built / "pictures" / name).convert("RGB")) for name in names)
    return one, other


def centre(face: DetectedFace) -> NDArray[np.float32]:
    return np.asarray(face.landmarks.mean(axis=0))


@pytest.mark.parametrize("number", [0, 1])
def test_one_face_in_a_portrait(
    detector: FaceDetector, portraits: tuple[Pixels, Pixels], number: int
) -> None:
    """A portrait shows one face, and its five points lie in its box."""
    (face,) = detector.detect(portraits[number])
    left, top, right, bottom = face.box
    assert face.score > 0.5
    assert (face.landmarks > (left, top)).all()
    assert (face.landmarks < (right, bottom)).all()


def test_points_lie_on_the_eyes(detector: FaceDetector, portraits: tuple[Pixels, Pixels]) -> None:
    """The first two points are the eyes, left in the picture first, within a tenth of their distance."""
    (face,) = detector.detect(portraits[1])
    assert np.abs(face.landmarks[:2] - EYES_B).max() < 8


def test_size_of_the_look_does_not_move_the_face(
    detector: FaceDetector, portraits: tuple[Pixels, Pixels]
) -> None:
    """The quick look and the long one find the same face in the same place."""
    (quick,), (long,) = detector.detect(portraits[1], 320), detector.detect(portraits[1], 640)
    assert np.abs(quick.landmarks - long.landmarks).max() < 8


def test_two_people_largest_first(detector: FaceDetector, portraits: tuple[Pixels, Pixels]) -> None:
    """Two portraits side by side give two faces, the larger one first wherever it stands."""
    small, large = portraits
    pair = np.hstack([small, large[:512]])
    for picture, x in ((pair, 512 + 265), (np.hstack([large[:512], small]), 265)):
        faces = detector.detect(picture)
        assert len(faces) == 2
        assert faces[0].height > faces[1].height
        assert abs(centre(faces[0])[0] - x) < 30


def test_a_crowd_is_counted(detector: FaceDetector, portraits: tuple[Pixels, Pixels]) -> None:
    """Nine portraits in a square give nine faces."""
    assert len(detector.detect(np.tile(portraits[0], (3, 3, 1)), 960)) == 9


def test_grey_picture(detector: FaceDetector, portraits: tuple[Pixels, Pixels]) -> None:
    """A picture without colour in its three channels shows its face."""
    grey = np.repeat(cv2.cvtColor(portraits[1], cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    assert len(detector.detect(grey)) == 1


def test_face_at_the_border(detector: FaceDetector, portraits: tuple[Pixels, Pixels]) -> None:
    """A face cut by the picture's border keeps its box inside the picture."""
    cut = portraits[1][:, 230:]
    for face in detector.detect(cut):
        left, top, right, bottom = face.box
        assert 0 <= left <= right <= cut.shape[1]
        assert 0 <= top <= bottom <= cut.shape[0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (7, 8192), (33, 31), (2000, 3000)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_in_an_empty_picture(detector: FaceDetector, shape: tuple[int, int], level: int) -> None:
    """Black, grey and white pictures of any shape show no face and do no harm."""
    assert detector.detect(np.full((*shape, 3), level, np.uint8)) == ()


@pytest.mark.parametrize("seed", range(3))
def test_nothing_in_noise(detector: FaceDetector, seed: int) -> None:
    """Noise shows no face."""
    noise = np.random.default_rng(seed).integers(0, 256, (240, 320, 3), np.uint8)
    assert detector.detect(noise) == ()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((48, 64), np.uint8),
        np.zeros((48, 64, 4), np.uint8),
        np.zeros((48, 64, 3), np.uint16),
        np.zeros((48, 64, 3), np.float32),
        np.zeros((0, 64, 3), np.uint8),
    ],
    ids=["two dimensions", "four channels", "16 bits", "floats", "no rows"],
)
def test_anything_else_is_refused(detector: FaceDetector, pixels: Pixels) -> None:
    """What is not an 8-bit RGB picture is refused with a reason."""
    with pytest.raises(BadSample, match="8-bit pictures with three colour channels"):
        detector.detect(pixels)


def test_pixels_in_any_memory_order(detector: FaceDetector, portraits: tuple[Pixels, Pixels]) -> None:
    """A view with strides, as cameras and mirrors give, is read like its copy."""
    mirrored = portraits[1][:, ::-1]
    (view,), (copy,) = detector.detect(mirrored), detector.detect(np.ascontiguousarray(mirrored))
    assert np.array_equal(view.landmarks, copy.landmarks)


def test_points_never_show(detector: FaceDetector, portraits: tuple[Pixels, Pixels]) -> None:
    """The features of a face do not show when it is printed."""
    assert "landmarks" not in repr(detector.detect(portraits[1])[0])
