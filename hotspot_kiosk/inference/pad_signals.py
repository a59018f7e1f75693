"""Cues that a face before the camera may be a picture of one: light, motion, print pattern, reflection. Pure.

None needs a model. Each gives 0 (like an attack presentation) to 100 (like a bona fide one) with a reason, or
nothing where it could not be measured. Nothing here was measured on real attacks: advice to an officer, no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.face_quality import inter_eye, luminance
from hotspot_kiosk.inference.port import DetectedFace, check_pixels

Pixels = NDArray[np.uint8]
Grey = NDArray[np.float32]
# Ramps: the values that score 0 and 100. Set on drawn presentations and on 100 news photographs; not on attacks.
LIGHT_GAIN = (0.02, 0.10)  # how much brighter the face becomes under full light, as a share
LIGHT_LEAD = (0.1, 0.4)  # how much less so what is beside it, as a share of the face's gain
APART = (0.2, 0.7)  # how differently the face and what is beside it move, as a share of the face's motion
PEAK = (3.0, 2.2)  # decimal logarithm of the strongest periodic detail over the median of its kind
MIRROR = (0.10, 0.02)  # share of the face that one burnt-out patch covers
LEAST_LIT, LEAST_SIDE = 3, 32
STEP = 0.03  # a motion counts from so much on, in inter-eye distances
LEAST_RESPONSE = 0.2  # of the phase correlation, below which nothing was recognised again
LEAST_TEXTURE = 4.0  # grey levels (standard deviation), below which a part has nothing to recognise
BAND = (0.12, 0.5)  # cycles a pixel in which prints and screens show their grid
AXIS = 0.02  # detail along rows and columns is not counted: edges of the crop, blocks of JPEG
SQUARE = 256
BURNT = 250


@dataclass(frozen=True, slots=True)
class PadSignal:
    """One cue. score: 0 to 100, or None where it could not be measured; reason: in plain words, accusing nobody."""

    name: str
    score: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one picture of a sequence leaves behind; no pixels.

    light: of the panel on the face then, 0 to 1, None if not known. face, beside: median luminance. face_step,
    beside_step: how far each moved since the picture before, in inter-eye distances, None if not recognised.
    """

    light: float | None
    face: float
    beside: float
    face_step: tuple[float, float] | None = field(default=None, repr=False)
    beside_step: tuple[float, float] | None = field(default=None, repr=False)


def glimpse(
    pixels: Pixels, face: DetectedFace, before: tuple[Pixels, DetectedFace] | None, light: float | None
) -> Glimpse:
    """Look at one RGB picture, uint8 (height, width, 3), and, for motion, at the one before it.

    Raises BadSample for anything but an RGB picture.
    """
    check_pixels(pixels)
    grey = luminance(pixels)
    parts = _beside(face, pixels.shape)
    beside = float(np.mean([np.median(grey[part]) for part in parts])) if parts else float("nan")
    steps = (None, None) if before is None else _steps(grey, *before)
    return Glimpse(light, float(np.median(grey[_inner(face, pixels.shape)])), beside, *steps)


def light_signal(glimpses: Sequence[Glimpse]) -> PadSignal:
    """Whether the face answers the panel's light as something near, and more than what is beside it.

    A screen shines by itself and hardly answers; a print answers just as its own background does.
    """
    known = [each for each in glimpses if each.light is not None and np.isfinite(each.beside)]
    lights = np.array([each.light for each in known], np.float64)
    middle = (lights.min() + lights.max()) / 2 if known else 0.0
    if min(np.sum(lights > middle), np.sum(lights < middle)) < LEAST_LIT:
        return PadSignal("light", None, "the light on the face was not changed often enough")
    face, beside = (
        _gain(lights, np.array([getattr(each, what) for each in known])) for what in ("face", "beside")
    )
    answer = _ramp(face, LIGHT_GAIN)
    lead = _ramp(1 - beside / face, LIGHT_LEAD) if face > 0 else 0
    if answer < lead:
        return PadSignal("light", answer, "how the face answers the panel's light")
    return PadSignal("light", lead, "how much more the face answers the panel's light than what is beside it")


def motion_signal(glimpses: Sequence[Glimpse]) -> PadSignal:
    """Whether the face moves by itself, or together with what is beside it, as a picture that is held does."""
    apart = []
    for each in glimpses:
        if each.face_step is None or each.beside_step is None or np.hypot(*each.face_step) < STEP:
            continue
        apart.append(np.hypot(*np.subtract(each.face_step, each.beside_step)) / np.hypot(*each.face_step))
    if len(apart) < LEAST_LIT:
        return PadSignal(
            "motion", None, "the face hardly moved, or there was nothing beside it to compare with"
        )
    return PadSignal("motion", _ramp(float(np.median(apart)), APART), "whether the face moves by itself")


def pattern_signal(pixels: Pixels, face: DetectedFace) -> PadSignal:
    """Whether a fine regular pattern lies over the face: dots of a print, the grid of a screen, moire of both.

    pixels: RGB, uint8 (height, width, 3), not scaled, as scaling removes what is looked for.
    """
    check_pixels(pixels)
    part = luminance(pixels)[_inner(face, pixels.shape)]
    side = min(*part.shape, SQUARE)
    if side < LEAST_SIDE * 2:
        return PadSignal("pattern", None, "the face is too small to see a print's or a screen's grid")
    top, left = (part.shape[0] - side) // 2, (part.shape[1] - side) // 2
    strongest = _strongest_peak(part[top : top + side, left : left + side])
    return PadSignal("pattern", _ramp(strongest, PEAK), "whether a fine regular pattern lies over the face")


def mirror_signal(pixels: Pixels, face: DetectedFace) -> PadSignal:
    """Whether one large burnt-out patch lies over the face, as a lamp mirrored in glass or gloss leaves."""
    check_pixels(pixels)
    burnt = (pixels[_inner(face, pixels.shape)].min(axis=2) >= BURNT).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(burnt)
    largest = float(stats[1:, cv2.CC_STAT_AREA].max()) / burnt.size if count > 1 else 0.0
    return PadSignal("mirror", _ramp(largest, MIRROR), "whether a lamp is mirrored over the face")


def _gain(lights: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """By what share of its dark value a part becomes brighter from no light to full light: a straight line's slope."""
    slope, dark = np.polyfit(lights, values, 1)
    return float(slope / max(dark, 1.0))


def _strongest_peak(part: Grey) -> float:
    """log10 of the strongest bin of the power spectrum over the median at its frequency, within BAND, off the axes."""
    side = len(part)
    window = np.hanning(side)
    power = np.abs(np.fft.rfft2((part - part.mean()) * window[:, None] * window[None, :])) ** 2
    down, across = np.abs(np.fft.fftfreq(side))[:, None], np.fft.rfftfreq(side)[None, :]
    radius = np.hypot(down, across)
    rings = np.minimum((radius * side / 4).astype(int), side)
    counted = (radius > BAND[0]) & (radius < BAND[1]) & (down > AXIS) & (across > AXIS)
    peaks = [
        float(power[ring].max() / max(float(np.median(power[ring])), 1e-6))
        for number in np.unique(rings[counted])
        if (ring := counted & (rings == number)).sum() > 16
    ]
    return float(np.log10(max(peaks)))


def _steps(
    grey: Grey, before: Pixels, face: DetectedFace
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """How the face and what was beside it moved since the picture before, in inter-eye distances."""
    if before.shape[:2] != grey.shape:
        return None, None
    old, scale = luminance(before), max(inter_eye(face), 1.0)
    parts = [
        step for part in _beside(face, before.shape) if (step := _shift(old[part], grey[part])) is not None
    ]
    moved = _shift(*(each[_inner(face, before.shape)] for each in (old, grey)))
    beside = tuple(np.mean(parts, axis=0) / scale) if parts else None
    return None if moved is None else (moved[0] / scale, moved[1] / scale), beside


def _shift(old: Grey, new: Grey) -> tuple[float, float] | None:
    """By how many pixels a part moved, by phase correlation; None where it is plain or not recognised."""
    if min(old.shape) < LEAST_SIDE // 2 or min(old.std(), new.std()) < LEAST_TEXTURE:
        return None
    halves = [cv2.resize(each, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for each in (old, new)]
    window = cv2.createHanningWindow(halves[0].shape[::-1], cv2.CV_32F)
    (across, down), response = cv2.phaseCorrelate(halves[0], halves[1], window)
    return (2 * across, 2 * down) if response >= LEAST_RESPONSE else None


def _inner(face: DetectedFace, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The middle of the face's box, where no background shows."""
    left, top, right, bottom = face.box
    wide, high = 0.15 * face.width, 0.1 * face.height
    return cut((left + wide, top + high, right - wide, bottom - high), shape)


def _beside(face: DetectedFace, shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """To the left and right of the head, as high as the face and half as wide; what the picture does not show, not."""
    left, top, right, bottom = face.box
    hair, wide = 0.3 * face.width, 0.6 * face.width
    boxes = ((left - hair - wide, top, left - hair, bottom), (right + hair, top, right + hair + wide, bottom))
    parts = [cut(box, shape) for box in boxes]
    return [
        part
        for part in parts
        if min(part[0].stop - part[0].start, part[1].stop - part[1].start) >= LEAST_SIDE // 2
    ]


def cut(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a box within a picture; at least one of each."""
    height, width = shape[:2]
    left, top = (int(np.clip(edge, 0, most - 1)) for edge, most in ((box[0], width), (box[1], height)))
    right, bottom = (
        int(np.clip(edge, low + 1, most))
        for edge, low, most in ((box[2], left, width), (box[3], top, height))
    )
    return slice(top, bottom), slice(left, right)


def _ramp(value: float, ends: tuple[float, float]) -> int:
    """0 at the first end, 100 at the second, straight between them."""
    none, full = ends
    return round(100 * min(1.0, max(0.0, (value - none) / (full - none))))
