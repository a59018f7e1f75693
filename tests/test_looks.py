"""One look through the camera: quickly at the small picture, closely at the face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hotspot_kiosk import pictures
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import inter_eye
from hotspot_kiosk.inference.face_utility import NAME, FaceUtility
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from hotspot_kiosk.kiosk.capture.looks import ALONE_SIDE, Looker, Pixels, Sighting, alone
from hotspot_kiosk.kiosk.devices.port import SMALL_SIDE, Frame
from hotspot_kiosk.simulator.retake import scene
from hotspot_kiosk.terms import Advice, FaceSample, Quality, QualityComponent

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"

POINTS = np.zeros((5, 2), np.float32)


class NoEye:
    """A detector that finds nobody."""

    def detect(self, pixels: Pixels, long_side: int = 640) -> tuple[DetectedFace, ...]:
        """Nobody."""
        return ()


class Sure:
    """A utility model that is always content."""

    def score(self, pixels: Pixels, face: DetectedFace) -> int:
        """All of it."""
        return 100


def frame(whole: Pixels, settled: bool = True) -> Frame:
    """A camera's frame of that picture."""
    return Frame("test", pictures.shrunk(whole, SMALL_SIDE), lambda: whole, settled)


@pytest.fixture(scope="module")
def detector(models_built: Path) -> FaceDetector:
    """The real one."""
    return FaceDetector(ModelShelf(MANIFEST, models_built, threads=1).open("centerface"))


@pytest.fixture(scope="module")
def utility(models_built: Path) -> FaceUtility:
    """The real one."""
    return FaceUtility(ModelShelf(MANIFEST, models_built, threads=1).open(NAME))


@pytest.fixture(scope="module")
def portrait(models_built: Path) -> Pixels:
    """A person at arm's length before the wide camera."""
    picture = np.array(Image.open(models_built / "pictures" / "portrait_b.jpg").convert("RGB"))
    return scene(picture, 2304, 1296, fill=0.6)


def unseen(_pixels: Pixels, _faces: object) -> None:
    """Nobody looks at the preview."""


def test_the_points_are_those_of_all_the_pixels(
    detector: FaceDetector, utility: FaceUtility, portrait: Pixels
) -> None:
    """A face found in the small picture is looked at closely: its points lie where slow searches find them on average.

    Those differ by a tenth of the eyes' distance among themselves.
    """
    _, sighting = Looker(detector, utility, unseen).look(frame(portrait))
    assert sighting is not None
    slow = [detector.detect(portrait, side)[0] for side in (960, 1280, 2304)]
    mean = np.mean([each.landmarks for each in slow], axis=0)
    away = np.linalg.norm(sighting.face.landmarks - mean, axis=1).max()
    assert away < 0.1 * inter_eye(slow[0])
    assert sighting.sample.pixels.shape == portrait.shape


def test_the_preview_comes_before_the_judgement(
    detector: FaceDetector, utility: FaceUtility, portrait: Pixels
) -> None:
    """The small picture and where its faces are is told first, in the small picture's own pixels."""
    told: list[tuple[Pixels, tuple[DetectedFace, ...]]] = []
    one = Frame("test", pictures.shrunk(portrait, SMALL_SIDE), lambda: portrait[:0] if not told else portrait)
    _, sighting = Looker(detector, utility, lambda pixels, faces: told.append((pixels, tuple(faces)))).look(
        one
    )
    assert sighting is not None
    ((small, faces),) = told
    assert small.shape[1] == SMALL_SIDE
    factor = portrait.shape[1] / SMALL_SIDE
    assert np.allclose(np.array(faces[0].box) * factor, sighting.face.box, atol=0.2 * sighting.face.width)


def test_nobody_costs_no_large_picture() -> None:
    """Without a face the whole picture is never asked for; the advice says where to stand."""

    def forbidden() -> Pixels:
        raise AssertionError("asked for the whole picture")

    quality, sighting = Looker(NoEye(), Sure(), unseen).look(
        Frame("test", np.zeros((9, 16, 3), np.uint8), forbidden)
    )
    assert sighting is None
    assert (quality.score, quality.advice) == (0, Advice.NO_FACE)


def test_an_unsettled_frame_guides_but_gives_no_sample(
    detector: FaceDetector, utility: FaceUtility, portrait: Pixels
) -> None:
    """While the exposure is found a person hears what to do, and no sample is taken."""
    quality, sighting = Looker(detector, utility, unseen).look(frame(portrait, settled=False))
    assert sighting is None
    assert quality.score > 0


def test_a_face_at_the_border_is_looked_at(
    detector: FaceDetector, utility: FaceUtility, portrait: Pixels
) -> None:
    """A face cut by the picture's border is found in a window that ends there."""
    right = detector.detect(portrait)[0].box[2]
    cut = np.ascontiguousarray(portrait[:, : int(right) - 10])
    quality, sighting = Looker(detector, utility, unseen).look(frame(cut))
    assert sighting is not None
    assert sighting.face.box[2] <= cut.shape[1]
    assert quality.score < 70


def test_usefulness_is_told_and_counts(
    detector: FaceDetector, utility: FaceUtility, portrait: Pixels
) -> None:
    """A look carries the utility model's score of the very face it gives, as one component of its quality."""
    quality, sighting = Looker(detector, utility, unseen).look(frame(portrait))
    assert sighting is not None
    told = [part.score for part in quality.components if part.name == "utility"]
    assert told == [utility.score(sighting.sample.pixels, sighting.face)]
    assert quality.score <= told[0]


def test_the_most_useful_of_good_ones_ranks_first() -> None:
    """Good enough comes first, then usefulness, whatever the least component says."""

    def one(least: int, useful: int) -> tuple[int, int, int]:
        parts = (QualityComponent("sharpness", least), QualityComponent("utility", useful))
        pixels = np.zeros((9, 9, 3), np.uint8)
        face = DetectedFace((0, 0, 1, 1), 1.0, np.zeros((5, 2), np.float32))
        return Sighting(FaceSample("x", pixels), face, Quality(parts)).rank(50)

    assert one(55, 90) > one(80, 80) > one(49, 99) > one(40, 100)


def test_a_head_that_moves_is_asked_to_hold_still(
    detector: FaceDetector, utility: FaceUtility, portrait: Pixels
) -> None:
    """A shift between two pictures lowers one component; the same place twice does not, nor does a new person."""
    looker = Looker(detector, utility, unseen)

    def stillness(pixels: Pixels) -> list[int]:
        quality, _ = looker.look(frame(pixels))
        return [part.score for part in quality.components if part.name == "held still"]

    assert stillness(portrait) == []
    assert stillness(portrait) == [100]
    assert stillness(np.roll(portrait, 130, axis=1))[0] < 40
    looker.forget()
    assert stillness(portrait) == []


def test_passers_by_are_masked_in_what_is_kept_and_shown(
    detector: FaceDetector, utility: FaceUtility, models_built: Path
) -> None:
    """Of a second face nothing is left in sample or preview; the subject's pixels are as they were."""
    one, two = (
        np.array(Image.open(models_built / "pictures" / name).convert("RGB"))
        for name in ("portrait_b.jpg", "portrait_a.png")
    )
    whole = np.hstack([scene(one, 1200, 1000, 0.9), scene(two, 900, 1000, 0.4)])
    shown: list[Pixels] = []
    _, sighting = Looker(detector, utility, lambda pixels, _faces: shown.append(pixels)).look(frame(whole))
    assert sighting is not None
    _, passer_by = detector.detect(whole)
    for pixels in (sighting.sample.pixels, shown[0]):
        factor = pixels.shape[1] / whole.shape[1]
        left, top, right, bottom = (int(edge * factor) for edge in passer_by.box)
        assert (pixels[top:bottom, left:right] == 128).all()
    left, top, right, bottom = (int(edge) for edge in sighting.face.box)
    assert np.array_equal(sighting.sample.pixels[top:bottom, left:right], whole[top:bottom, left:right])


class Crowd:
    """Finds the faces it was told of, wherever it is shown a part of the picture that holds their middle."""

    def __init__(self, pixels: Pixels, *boxes: tuple[float, float, float, float]) -> None:
        self._whole, self._boxes = pixels, boxes

    def detect(self, pixels: Pixels, long_side: int = 640) -> tuple[DetectedFace, ...]:
        """In pixels of the part; where the part lies is read off its memory."""
        assert long_side == ALONE_SIDE
        offset = pixels.__array_interface__["data"][0] - self._whole.__array_interface__["data"][0]
        top, left = divmod(offset // 3, self._whole.shape[1])
        return tuple(
            DetectedFace((a - left, b - top, c - left, d - top), 0.9, POINTS) for a, b, c, d in self._boxes
        )


def test_bystanders_too_small_for_the_quick_look_are_masked_in_the_portrait() -> None:
    """And the subject, found again a little elsewhere, is not."""
    pixels = np.full((600, 800, 3), 200, np.uint8)
    subject = DetectedFace((300.0, 200.0, 400.0, 330.0), 0.9, POINTS)
    crowd = Crowd(pixels, (305, 195, 398, 333), (440, 180, 460, 205))
    seen = alone(pixels, subject, crowd)
    assert (seen[185:200, 445:455] == 128).all()
    assert (seen[200:330, 300:400] == 200).all()
    assert (pixels == 200).all()


def test_who_is_alone_is_left_as_they_are() -> None:
    """No copy, no change."""
    pixels = np.full((600, 800, 3), 200, np.uint8)
    subject = DetectedFace((300.0, 200.0, 400.0, 330.0), 0.9, POINTS)
    assert alone(pixels, subject, Crowd(pixels)) is pixels
