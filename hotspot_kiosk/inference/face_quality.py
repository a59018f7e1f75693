"""How good a face sample is, aspect by aspect, and what the person before the camera may do about it.

Components are in the spirit of ISO/IEC 29794-5, measured by simple means and bent by straight lines: they are not
that standard's scores. Advice helps and never blames. Nothing is measured that depends on the colour of the skin:
darkness and glare are judged by the brightest and the burnt-out parts of the face, not by its mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.face import align
from hotspot_kiosk.inference.face_cover import eye_contrast, mouth_detail, other_colour, unrest_behind
from hotspot_kiosk.inference.port import DetectedFace, check_pixels
from hotspot_kiosk.terms import Advice, Quality, QualityComponent

# Advice is given for components below this.
GOOD = 70
# The face proper in the aligned chip: rows and columns from brow to chin, without hair and background.
ZONE = (slice(28, 124), slice(36, 112))
# Distance of nose tip and eye line in frontal faces, as a share of the distance of mouth and eye line.
FRONTAL_NOSE = 0.55
# How far the nose tip stands out before the eyes, in inter-eye distances (Farkas' means, roundly).
NOSE_DEPTH = 0.5
BLUR_WIDTH = 9
BURNT = 250
# Eyes closer than this, in pixels, cannot be aligned.
LEAST_EYES = 4.0
# Ramps: the values that score 100 and 0. Set by looking at two portraits, blurred, darkened, cut and turned.
OTHERS = (0.35, 0.7)  # second face's height over the first's
EYES = (90.0, 20.0)  # inter-eye distance, px; 90 as ISO/IEC 19794-5 asks of frontal images
CUT_OFF = (0.0, 0.2)  # share of the face's points and box outside the picture
YAW = (10.0, 35.0)  # degrees
PITCH = (0.09, 0.25)  # deviation of the nose's place from FRONTAL_NOSE
ROLL = (8.0, 30.0)  # degrees
BLUR = (0.42, 0.70)  # Crete's blur effect, 0 sharp to 1
HIGHLIGHT = (130.0, 40.0)  # 95th percentile of luminance, 0..255
GLARE = (0.02, 0.25)  # share of burnt-out pixels
CONTRAST = (60.0, 15.0)  # 95th minus 5th percentile of luminance
CLOSE = (
    0.27,
    0.42,
)  # inter-eye distance over the picture's shorter side: a portrait needs room around a face
MOTION = (0.08, 0.5)  # shift between two pictures, in inter-eye distances
# Set on 100 news photographs and the same with covers painted on (`bench face`).
EYE_CONTRAST = (0.3, 0.05)
MOUTH_DETAIL = (0.014, 0.003)
OTHER_COLOUR = (0.2, 0.4)
BACKGROUND = (4.0, 20.0)


def face_quality(pixels: NDArray[np.uint8], faces: Sequence[DetectedFace]) -> Quality:
    """Quality of an RGB picture, uint8 (height, width, 3), in which `faces` were found, largest first.

    Without a face there is one component, of score 0; of a face too small to be aligned, pose and light are
    not judged and the distance of its eyes scores 0. Raises BadSample for anything but an RGB picture.
    """
    check_pixels(pixels)
    if not faces:
        return Quality((QualityComponent("single face", 0, Advice.NO_FACE),))
    face = faces[0]
    if not inter_eye(face) >= LEAST_EYES:
        return Quality((_single(faces), *_place(face, pixels.shape)))
    chip = align(pixels, face.landmarks)
    light = luminance(chip)
    seen = (*_pose(face), *_light(light[ZONE]), *_cover(chip, light), _background(pixels, face))
    return Quality((_single(faces), *_place(face, pixels.shape), *seen))


def with_utility(quality: Quality, score: int) -> Quality:
    """The quality with the utility model's score as one more component, which advises what the worst other does."""
    advice = (quality.advice or Advice.ONCE_MORE) if score < GOOD else Advice.NONE
    return Quality((*quality.components, QualityComponent("utility", score, advice)))


def with_motion(quality: Quality, face: DetectedFace, before: DetectedFace | None) -> Quality:
    """The quality with how still the face was held since the picture before, if there was one.

    Both faces in pixels of pictures of one size.
    """
    if before is None:
        return quality
    moved = float(np.hypot(*(face.landmarks - before.landmarks).mean(axis=0)))
    part = _component("held still", moved / max(inter_eye(face), LEAST_EYES), MOTION, Advice.HOLD_STILL)
    return Quality((*quality.components, part))


def inter_eye(face: DetectedFace) -> float:
    """Distance between the eyes in pixels."""
    across = face.landmarks[1] - face.landmarks[0]
    return float(np.hypot(across[0], across[1]))


def head_pose(face: DetectedFace) -> tuple[float, float, float]:
    """Roughly: yaw and roll in degrees, and how far the nose lies from its frontal height (0 = frontal)."""
    eyes, nose = face.landmarks[:2].mean(axis=0), face.landmarks[2]
    across = face.landmarks[1] - face.landmarks[0]
    unit = across / max(inter_eye(face), 1e-6)
    down = np.array([-unit[1], unit[0]])
    sideways = float((nose - eyes) @ unit) / max(inter_eye(face), 1e-6)
    mouth = float((face.landmarks[3:].mean(axis=0) - eyes) @ down)
    height = float((nose - eyes) @ down) / max(mouth, 1e-6)
    yaw = math.degrees(math.atan(sideways / NOSE_DEPTH))
    return yaw, math.degrees(math.atan2(across[1], across[0])), height - FRONTAL_NOSE


def blur_effect(light: NDArray[np.float32]) -> float:
    """Perceived blur, 0 to 1, of the more blurred direction: motion blurs one direction only.

    Crete, Dolmiere, Ladret and Nicolas, "The blur effect", SPIE 6492 (2007): how much of the variation between
    neighbours survives when the picture is blurred again.
    """
    return max(blur_along(light, axis) for axis in (0, 1))


def luminance(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma (ITU-R BT.601), float32 (height, width), 0 to 255."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def _single(faces: Sequence[DetectedFace]) -> QualityComponent:
    others = max((face.height / max(faces[0].height, 1e-6) for face in faces[1:]), default=0.0)
    return _component("single face", others, OTHERS, Advice.SEVERAL_FACES)


def _place(face: DetectedFace, shape: tuple[int, ...]) -> tuple[QualityComponent, ...]:
    return (
        _component("not too close", inter_eye(face) / min(shape[:2]), CLOSE, Advice.TOO_CLOSE),
        _component("inter-eye distance", inter_eye(face), EYES, Advice.TOO_FAR),
        _component("in the frame", outside(face, shape), CUT_OFF, Advice.OUT_OF_FRAME),
    )


def outside(face: DetectedFace, shape: tuple[int, ...]) -> float:
    """How far the face, with a margin, reaches over the border, as a share of its height."""
    height, width = shape[:2]
    low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
    centre, half = (low + high) / 2, 1.2 * inter_eye(face)
    over = max(half - centre[0], centre[0] + half - width, half - centre[1], centre[1] + 1.3 * half - height)
    return max(0.0, float(over) / max(2 * half, 1e-6))


def _pose(face: DetectedFace) -> tuple[QualityComponent, ...]:
    yaw, roll, nose = head_pose(face)
    return (
        _component("turned sideways", abs(yaw), YAW, Advice.LOOK_STRAIGHT),
        _component("turned up or down", abs(nose), PITCH, Advice.LOOK_STRAIGHT),
        _component("tilted", abs(roll), ROLL, Advice.HEAD_UPRIGHT),
    )


def _light(light: NDArray[np.float32]) -> tuple[QualityComponent, ...]:
    low, high = np.percentile(light, (5, 95))
    burnt = float(np.mean(light >= BURNT))
    return (
        _component("sharpness", blur_effect(light), BLUR, Advice.HOLD_STILL),
        _component("brightness", float(high), HIGHLIGHT, Advice.TOO_DARK),
        _component("glare", burnt, GLARE, Advice.GLARE),
        _component("contrast", float(high - low), CONTRAST, Advice.UNEVEN_LIGHT),
    )


def _cover(chip: NDArray[np.uint8], light: NDArray[np.float32]) -> tuple[QualityComponent, ...]:
    """Covers are told and keep no sample out: full beards and patches of light skin are taken for one (`bench/face_fairness.py`)."""
    mouth = _component("", mouth_detail(light, ZONE), MOUTH_DETAIL, Advice.FACE_COVERED)
    colour = _component("", other_colour(chip, ZONE), OTHER_COLOUR, Advice.FACE_COVERED)
    worst = min(mouth, colour, key=lambda part: part.score)
    return (
        _component("eyes visible", eye_contrast(light, ZONE), EYE_CONTRAST, Advice.EYES),
        replace(worst, name="uncovered", counts=False),
    )


def _background(pixels: NDArray[np.uint8], face: DetectedFace) -> QualityComponent:
    """It asks nobody to go away: what stands behind a person is told, and never keeps a sample out."""
    part = _component("background", unrest_behind(pixels, face), BACKGROUND, Advice.BACKGROUND)
    return replace(part, counts=False)


def _component(name: str, value: float, ramp: tuple[float, float], advice: Advice) -> QualityComponent:
    """A score by a straight line between full marks and useless, with advice only where it is needed."""
    full, useless = ramp
    share = (value - useless) / (full - useless)
    score = round(100 * min(1.0, max(0.0, share))) if math.isfinite(share) else 0
    return QualityComponent(name, score, advice if score < GOOD else Advice.NONE)


def blur_along(light: NDArray[np.float32], axis: int) -> float:
    """The blur effect, 0 to 1, along one axis of a luminance picture, float32 (height, width)."""
    size = (BLUR_WIDTH, 1) if axis else (1, BLUR_WIDTH)
    again = np.asarray(cv2.blur(light, size), np.float32)
    before, after = np.abs(np.diff(light, axis=axis)), np.abs(np.diff(again, axis=axis))
    total = float(before.sum())
    return 1.0 if total <= 0 else 1.0 - float(np.maximum(before - after, 0).sum()) / total
