"""Face quality: each fault lowers its own component and says what to do about it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.bench.face_fairness import LOOKS
from hotspot_kiosk.bench.face_faults import mouth_cover
from hotspot_kiosk.cli.kiosk import ADVICE
from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import PLACES
from hotspot_kiosk.inference.face_quality import blur_effect, face_quality, head_pose, luminance
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from hotspot_kiosk.simulator.retake import scene
from hotspot_kiosk.terms import Advice, Quality

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"
Pixels = NDArray[np.uint8]
BLAME = ("wrong", "bad", "fail", "refus", "suspic", "error", "must")


@pytest.fixture(scope="module")
def detector(models_built: Path) -> FaceDetector:
    return FaceDetector(ModelShelf(MANIFEST, models_built, threads=1).open("centerface"))


@pytest.fixture(scope="module")
def frame(models_built: Path) -> Pixels:
    return scene(np.asarray(Image.open(models_built / "pictures" / "portrait_b.jpg").convert("RGB")))


def judged(detector: FaceDetector, pixels: Pixels) -> Quality:
    return face_quality(pixels, detector.detect(pixels))


def component(quality: Quality, name: str) -> int:
    return next(part.score for part in quality.components if part.name == name)


def frontal() -> DetectedFace:
    """A frontal face whose eyes lie 105 px apart, in the middle of a picture of 600 x 600."""
    return DetectedFace((180.0, 150.0, 420.0, 450.0), 0.9, (PLACES * 2 + 150).astype(np.float32))


def moved(face: DetectedFace, point: int, by: tuple[float, float]) -> DetectedFace:
    landmarks = face.landmarks.copy()
    landmarks[point] += by
    return replace(face, landmarks=landmarks)


def clipped(light: NDArray[np.float64]) -> Pixels:
    return np.clip(light, 0, 255).astype(np.uint8)


def motion(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.blur(pixels, (31, 1)), np.uint8)


def tilted(pixels: Pixels) -> Pixels:
    warp = cv2.getRotationMatrix2D((640, 400), 25, 0.8)
    return np.asarray(cv2.warpAffine(pixels, warp, (1280, 960), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def far(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, (320, 240), interpolation=cv2.INTER_AREA), np.uint8)


FAULTS: list[tuple[str, Callable[[Pixels], Pixels], Advice]] = [
    ("sharpness", lambda p: np.asarray(cv2.GaussianBlur(p, (0, 0), 7), np.uint8), Advice.HOLD_STILL),
    ("sharpness", motion, Advice.HOLD_STILL),
    ("brightness", lambda p: clipped(p * 0.2), Advice.TOO_DARK),
    ("glare", lambda p: clipped(p * 2.2), Advice.GLARE),
    ("contrast", lambda p: clipped(p * 0.15 + 110), Advice.UNEVEN_LIGHT),
    ("tilted", tilted, Advice.HEAD_UPRIGHT),
    ("inter-eye distance", far, Advice.TOO_FAR),
    ("in the frame", lambda p: p[:, 640:], Advice.OUT_OF_FRAME),
    ("single face", lambda p: np.hstack([p, p]), Advice.SEVERAL_FACES),
]


def test_good_portrait_needs_no_advice(detector: FaceDetector, frame: Pixels) -> None:
    """A sharp, well lit, frontal portrait scores high everywhere and is told nothing."""
    quality = judged(detector, frame)
    assert quality.score >= 90
    assert quality.advice == ""
    assert len(quality.components) == 14


@pytest.mark.parametrize(("name", "spoil", "advice"), FAULTS)
def test_each_fault_is_named(
    detector: FaceDetector, frame: Pixels, name: str, spoil: Callable[[Pixels], Pixels], advice: Advice
) -> None:
    """A fault takes its own component below 60 and the advice names the remedy."""
    quality = judged(detector, spoil(frame))
    part = next(part for part in quality.components if part.name == name)
    assert part.score < 60
    assert part.advice is advice
    assert quality.score <= part.score


@pytest.mark.parametrize("advice", list(Advice)[1:])
def test_every_advice_has_kind_words(advice: Advice) -> None:
    """Each id has one English sentence where it is shown, and none blames."""
    assert ADVICE[advice].endswith(".")
    assert not any(word in ADVICE[advice].lower() for word in BLAME)


def test_nobody_there(frame: Pixels) -> None:
    """Without a face the score is 0 and the advice is to step in front of the camera."""
    quality = face_quality(frame, ())
    assert (quality.score, quality.advice) == (0, Advice.NO_FACE)


def test_passer_by_does_not_matter() -> None:
    """A second face a third as high is someone walking by; one nearly as high is not."""
    pixels = np.full((600, 600, 3), 128, np.uint8)
    small, large = (replace(frontal(), box=(0.0, 0.0, 80.0, height)) for height in (100.0, 290.0))
    assert component(face_quality(pixels, (frontal(), small)), "single face") == 100
    assert component(face_quality(pixels, (frontal(), large)), "single face") == 0


def test_frontal_pose_is_zero() -> None:
    """Points at the frontal places mean no yaw, no roll, and a nose about where it belongs."""
    yaw, roll, nose = head_pose(frontal())
    assert abs(yaw) < 1
    assert abs(roll) < 1
    assert abs(nose) < 0.09


@pytest.mark.parametrize(
    ("by", "name"), [((-40.0, 0.0), "turned sideways"), ((40.0, 0.0), "turned sideways")]
)
def test_head_turned(by: tuple[float, float], name: str) -> None:
    """A nose tip far to one side means a head turned sideways, whichever side."""
    quality = face_quality(np.full((600, 600, 3), 128, np.uint8), (moved(frontal(), 2, by),))
    assert component(quality, name) < 30
    assert "look straight" in next(part.advice for part in quality.components if part.name == name)


@pytest.mark.parametrize("by", [(0.0, -36.0), (0.0, 30.0)])
def test_head_raised_or_bowed(by: tuple[float, float]) -> None:
    """A nose tip near the eyes or near the mouth means a head turned up or down."""
    quality = face_quality(np.full((600, 600, 3), 128, np.uint8), (moved(frontal(), 2, by),))
    assert component(quality, "turned up or down") < 50


def test_tilted_head_is_not_a_turned_one() -> None:
    """Tilting the whole face changes roll and leaves yaw alone."""
    face = frontal()
    turn = np.array([[0.9, -0.436], [0.436, 0.9]], np.float32)
    yaw, roll, _ = head_pose(replace(face, landmarks=face.landmarks @ turn.T))
    assert abs(yaw) < 1
    assert abs(roll - 25.8) < 1


def test_darker_skin_is_no_fault(detector: FaceDetector, frame: Pixels) -> None:
    """Half the reflected light, with eyes and highlights where they were, costs nothing.

    The middle tones are lowered by a curve that keeps black and white: a stand-in, not a measured skin.
    """
    darker = clipped(255 * (frame / 255.0) ** 2.0)
    assert judged(detector, darker).score >= 80


def test_blur_effect_grows_with_blur(frame: Pixels) -> None:
    """More blur, in both directions or one, always scores as more blurred; a plain area is fully blurred."""
    light = luminance(frame)[200:700, 400:900]
    seen = [blur_effect(np.asarray(cv2.GaussianBlur(light, (0, 0), sigma))) for sigma in (0.5, 1, 2, 4, 8)]
    assert seen == sorted(seen)
    assert blur_effect(np.asarray(cv2.blur(light, (1, 15)))) > blur_effect(light) + 0.1
    assert blur_effect(np.zeros((90, 70), np.float32)) == 1.0


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), np.nan), PLACES * 100, -PLACES])
def test_impossible_faces_score_nothing(level: int, points: NDArray[np.float64]) -> None:
    """A face whose points make no sense scores 0 in a black or a white picture, and nothing crashes."""
    face = DetectedFace((0.0, 0.0, 0.0, 0.0), 0.5, points.astype(np.float32))
    assert face_quality(np.full((64, 48, 3), level, np.uint8), (face,)).score == 0


def test_only_rgb_is_judged() -> None:
    """A picture that is not RGB is refused with a reason."""
    with pytest.raises(BadSample, match="three colour channels"):
        face_quality(np.zeros((64, 48), np.uint8), ())


def test_a_cover_is_told_and_keeps_nobody_out(detector: FaceDetector, frame: Pixels) -> None:
    """A beard may be taken for one; so it lowers no score, and nobody is told to uncover."""
    quality = judged(detector, mouth_cover(frame, detector.detect(frame)[0]))
    part = next(each for each in quality.components if each.name == "uncovered")
    assert part.score < 30
    assert not part.counts
    assert quality.advice is not Advice.FACE_COVERED


@pytest.mark.parametrize("look", [look for look in LOOKS if "skin at" in look or "veil" in look])
def test_neither_skin_nor_veil_is_taken_for_a_cover(detector: FaceDetector, frame: Pixels, look: str) -> None:
    """Painted on one portrait; beards and patches of skin are, and stand in the bench's figures with how often."""
    painted = np.ascontiguousarray(LOOKS[look](frame, detector.detect(frame)[0]))
    scores = [part.score for part in judged(detector, painted).components if part.name == "uncovered"]
    assert scores
    assert scores[0] >= 30
