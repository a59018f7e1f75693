"""Face templates: aligned, repeatable, close for one person and apart for two."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.bench.face_set import read_set, trials
from hotspot_kiosk.compare.calibrate import least_score
from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import PLACES, FaceEncoder, align, similarity
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from hotspot_kiosk.terms import FaceTemplate

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"
Pixels = NDArray[np.uint8]
BOX = (0.0, 0.0, 100.0, 100.0)


class Booth:
    """A detector and an encoder, and the two portraits."""

    def __init__(self, built: Path) -> None:
        shelf = ModelShelf(MANIFEST, built, threads=1)
        self.detector = FaceDetector(shelf.open("centerface"))
        self.encoder = FaceEncoder(shelf.open("dlib-face-resnet-v1"))
        names = "portrait_a.png", "portrait_b.jpg"
        self.a, self.b = (np.asarray(Image.open(built / "pictures" / name).convert("RGB")) for name in names)

    def template(self, pixels: Pixels) -> FaceTemplate:
        return self.encoder.encode(pixels, self.detector.detect(pixels)[0])

    def distance(self, one: Pixels, other: Pixels) -> float:
        return float(np.linalg.norm(self.template(one).vector - self.template(other).vector))


@pytest.fixture(scope="module")
def booth(models_built: Path) -> Booth:
    return Booth(models_built)


def turned(pixels: Pixels, degrees: float, scale: float) -> Pixels:
    size = pixels.shape[1], pixels.shape[0]
    warp = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), degrees, scale)
    return np.asarray(cv2.warpAffine(pixels, warp, size), np.uint8)


def test_template_has_the_documented_form(booth: Booth) -> None:
    """A template is 128 float32 numbers under the model's name."""
    template = booth.template(booth.a)
    assert (template.model, template.vector.dtype, template.vector.shape) == (
        "dlib-face-resnet-v1",
        np.float32,
        (128,),
    )
    assert "vector" not in repr(template)


def test_same_picture_same_template(booth: Booth) -> None:
    """Encoding twice gives the same numbers."""
    assert np.array_equal(booth.template(booth.a).vector, booth.template(booth.a).vector)


def test_two_people_lie_apart(booth: Booth) -> None:
    """Two people's templates are further apart than any two of one person here."""
    assert booth.distance(booth.a, booth.b) > 0.6


@pytest.mark.parametrize(("degrees", "scale"), [(0, 0.7), (25, 1.0), (-25, 0.8), (60, 1.0)])
def test_tilt_and_distance_hardly_matter(booth: Booth, degrees: float, scale: float) -> None:
    """A head tilted or further away gives nearly the same template."""
    assert booth.distance(booth.b, turned(booth.b, degrees, scale)) < 0.3


def test_large_picture_does_not_alias(booth: Booth) -> None:
    """A portrait four times as large, finely striped, is averaged down and not sampled."""
    large = cv2.resize(booth.b, None, fx=4, fy=4, interpolation=cv2.INTER_LINEAR).astype(np.int16)
    large[::2] += 40
    large[1::2] -= 40
    assert booth.distance(booth.b, np.clip(large, 0, 255).astype(np.uint8)) < 0.25


def test_similarity_finds_the_turn() -> None:
    """Turned, scaled and shifted points are brought back exactly."""
    turn = 2.5 * np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
    points = (PLACES @ turn.T + (31, -12)).astype(np.float32)
    warp = similarity(points, PLACES)
    assert np.abs(points @ warp[:, :2].T + warp[:, 2] - PLACES).max() < 1e-3


def test_similarity_never_mirrors() -> None:
    """Mirrored points are not brought together by mirroring the picture."""
    mirrored = (PLACES * (-1, 1)).astype(np.float32)
    assert np.linalg.det(similarity(mirrored, PLACES)[:, :2]) >= 0


def test_points_come_to_their_places() -> None:
    """A mark at the left eye of a large picture lands at the chip's left eye, to the pixel."""
    points = (PLACES * 6 + 100).astype(np.float32)
    picture = np.zeros((1100, 1200, 3), np.uint8)
    x, y = np.rint(points[0]).astype(int)
    picture[y - 9 : y + 10, x - 9 : x + 10] = 255
    chip = align(picture, points)[:, :, 0].astype(float)
    rows, columns = np.indices(chip.shape)
    found = (chip * columns).sum() / chip.sum(), (chip * rows).sum() / chip.sum()
    assert np.abs(np.array(found) - PLACES[0]).max() < 0.3


@pytest.mark.parametrize(
    "points",
    [np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf), PLACES / 200],
    ids=["one place", "not numbers", "infinite", "less than a pixel"],
)
def test_points_that_are_no_face(points: NDArray[np.float64]) -> None:
    """Points that fall together or are no numbers are refused with a reason."""
    with pytest.raises(BadSample, match="too small"):
        align(np.zeros((100, 100, 3), np.uint8), points.astype(np.float32))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 2), (40, 40)])
def test_face_larger_than_the_picture(booth: Booth, shape: tuple[int, int]) -> None:
    """Points far outside a tiny or thin picture give a template of blackness, not a crash."""
    face = DetectedFace(BOX, 1.0, (PLACES * 40 - 1000).astype(np.float32))
    template = booth.encoder.encode(np.full((*shape, 3), 90, np.uint8), face)
    assert np.isfinite(template.vector).all()


def test_only_rgb_is_encoded(booth: Booth) -> None:
    """A grey picture of two dimensions is refused."""
    with pytest.raises(BadSample, match="three colour channels"):
        booth.encoder.encode(np.zeros((99, 99), np.uint8), DetectedFace(BOX, 1.0, PLACES.astype(np.float32)))


def test_news_photographs_are_told_apart(models_built: Path, shared_data: Path) -> None:
    """On 100 news photographs every face is found and 96 % of mated pairs pass at FMR 0.1 %."""
    faces = read_set(shared_data / "faces" / "news", ModelShelf(MANIFEST, models_built))
    found = trials(faces)
    mated, non_mated = found.scores[found.mated], found.scores[~found.mated]
    assert (faces.missed, len(mated), len(non_mated)) == (0, 450, 4500)
    assert np.mean(mated >= least_score(non_mated, 1e-3)) >= 0.96
