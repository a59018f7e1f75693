"""Proposes motions by correlating whole ridge pictures over all shifts and a set of turns.

It finds what minutiae miss: pictures with few or false ones. Pictures are taken at 3/10 of the
sample's resolution, where ridges are about three pixels apart; correlation by FFT. A proposal is
only a place to look: it may not score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

Floats = NDArray[np.float64]
Picture = NDArray[np.float32]

SCALE = 0.6
STEP = math.radians(3.0)
TURNS = tuple(range(-13, 14))
SIZES = (64, 72, 80, 90, 96, 108, 120, 128, 144, 160, 180, 192, 216, 240, 256, 288, 320, 400, 512, 640, 800)
OVERHANG = 0.28
PEAKS_A_TURN = 2
PEAK_REACH = 3
ALIKE_TURNS, ALIKE_SHIFT = 1, 5


@dataclass(frozen=True, slots=True)
class CoarsePicture:
    """Ridges at 3/10 of the sample's resolution: float32, +1 on a ridge, -1 between, 0 unknown.

    Cut to the known part, whose upper left corner (x, y) lies at `corner`. turned: spectra of its turned
    copies by FFT size and turn in steps of 3 degrees, filled in when first used as a probe.
    """

    waves: Picture = field(repr=False)
    corner: tuple[int, int] = (0, 0)
    turned: dict[tuple[int, int], Picture] = field(default_factory=dict, repr=False, compare=False)


def coarse_picture(ridges: NDArray[np.bool_], area: NDArray[np.bool_]) -> CoarsePicture:
    """From a half-resolution ridge picture; area: where it is known."""
    signed = np.where(area, np.where(ridges, 1, -1), 0).astype(np.float32)
    height, width = ridges.shape
    size = (max(round(width * SCALE), 1), max(round(height * SCALE), 1))
    waves = np.asarray(cv2.resize(signed, size, interpolation=cv2.INTER_AREA), np.float32)
    y, x = np.nonzero(waves)
    if not len(x):
        return CoarsePicture(waves[:1, :1])
    top, left = int(y.min()), int(x.min())
    return CoarsePicture(np.ascontiguousarray(waves[top : y.max() + 1, left : x.max() + 1]), (left, top))


def propose(probe: CoarsePicture, reference: CoarsePicture, most: int = 4) -> Floats:
    """Motions (m, 3), best first: turn, shift x, shift y in half-resolution px, probe to reference."""
    canvas = _canvas(probe)
    size = _size(max(reference.waves.shape) + round(OVERHANG * max(probe.waves.shape)), canvas)
    if size is None:
        return np.zeros((0, 3))
    spectrum = _spectrum(reference.waves, size)
    room = (np.empty_like(spectrum), np.empty_like(spectrum))
    found = [peak for k in TURNS for peak in _peaks(spectrum, _turned(probe, k, canvas, size), k, room)]
    chosen = _distinct(sorted(found, reverse=True), most)
    rows = [_motion(probe, reference, _centre(peak, reference, canvas, size)) for peak in chosen]
    return np.array(rows).reshape(-1, 3)


Peak = tuple[float, int, int, int]


def _canvas(picture: CoarsePicture) -> int:
    height, width = picture.waves.shape
    return int(math.hypot(height, width)) + 2


def _size(least: int, canvas: int) -> int | None:
    """The transform's side: what hangs over the end comes in at the other, where little is known."""
    return next((size for size in SIZES if size >= max(least, canvas)), None)


def _turned(probe: CoarsePicture, step: int, canvas: int, size: int) -> Picture:
    if (size, step) not in probe.turned:
        probe.turned[size, step] = _spectrum(_turn(probe.waves, step * STEP, canvas), size)
    return probe.turned[size, step]


def _turn(waves: Picture, turn: float, canvas: int) -> Picture:
    """The picture turned about its middle, which comes to lie in the middle of the canvas."""
    height, width = waves.shape
    c, s = math.cos(turn), math.sin(turn)
    motion = np.array([[c, -s, 0.0], [s, c, 0.0]])
    motion[:, 2] = canvas / 2 - motion[:, :2] @ (width / 2, height / 2)
    return np.asarray(cv2.warpAffine(waves, motion, (canvas, canvas), flags=cv2.INTER_LINEAR), np.float32)


def _spectrum(waves: Picture, size: int) -> Picture:
    padded = np.zeros((size, size), np.float32)
    height, width = min(waves.shape[0], size), min(waves.shape[1], size)
    padded[:height, :width] = waves[:height, :width]
    return np.asarray(cv2.dft(padded), np.float32)


def _peaks(reference: Picture, probe: Picture, turn: int, room: tuple[Picture, Picture]) -> list[Peak]:
    """The highest correlations at one turn: height, turn, shift x, shift y (both from 0 to size)."""
    _product(reference, probe, room[0])
    correlation = cv2.idft(*room)
    peaks = []
    for _ in range(PEAKS_A_TURN):
        _, height, _, (x, y) = cv2.minMaxLoc(correlation)
        peaks.append((height, turn, x, y))
        correlation[
            max(y - PEAK_REACH, 0) : y + PEAK_REACH + 1, max(x - PEAK_REACH, 0) : x + PEAK_REACH + 1
        ] = 0
    return peaks


@kernel("f4[:,::1], f4[:,::1], f4[:,::1]! ->")
def _product(a: Picture, b: Picture, out: Picture) -> None:
    """A spectrum times another's conjugate, both packed as OpenCV does (CCS, docs of cv::dft).

    The like of cv2.mulSpectrums, which took a sixth longer for the whole of `propose`.
    """
    rows, columns = a.shape
    for i in range(rows):
        for j in range(1, columns - 1, 2):
            out[i, j] = a[i, j] * b[i, j] + a[i, j + 1] * b[i, j + 1]
            out[i, j + 1] = a[i, j + 1] * b[i, j] - a[i, j] * b[i, j + 1]
    for j in (0, columns - 1) if columns % 2 == 0 else (0, 0):
        out[0, j] = a[0, j] * b[0, j]
        for i in range(1, rows - 1, 2):
            out[i, j] = a[i, j] * b[i, j] + a[i + 1, j] * b[i + 1, j]
            out[i + 1, j] = a[i + 1, j] * b[i, j] - a[i, j] * b[i + 1, j]
        if rows % 2 == 0:
            out[rows - 1, j] = a[rows - 1, j] * b[rows - 1, j]


def _distinct(peaks: list[Peak], most: int) -> list[Peak]:
    chosen: list[Peak] = []
    for peak in peaks:
        if len(chosen) < most and not any(_alike(peak, other) for other in chosen):
            chosen.append(peak)
    return chosen


def _alike(a: Peak, b: Peak) -> bool:
    near = abs(a[2] - b[2]) < ALIKE_SHIFT and abs(a[3] - b[3]) < ALIKE_SHIFT
    return near and abs(a[1] - b[1]) <= ALIKE_TURNS


def _centre(peak: Peak, reference: CoarsePicture, canvas: int, size: int) -> tuple[float, float, float]:
    """Turn of a peak, and where it puts the canvas's middle: as near to the reference as the circle allows."""
    height, width = reference.waves.shape
    _, step, x, y = peak
    at_x, at_y = (x + canvas / 2) % size, (y + canvas / 2) % size
    at_x -= size if at_x > (width + size) / 2 else 0
    at_y -= size if at_y > (height + size) / 2 else 0
    return step * STEP, at_x, at_y


def _motion(
    probe: CoarsePicture, reference: CoarsePicture, at: tuple[float, float, float]
) -> tuple[float, float, float]:
    """The motion that carries the middle of the probe's known part to where the peak puts it."""
    turn, x, y = at
    height, width = probe.waves.shape
    middle_x, middle_y = probe.corner[0] + width / 2, probe.corner[1] + height / 2
    c, s = math.cos(turn), math.sin(turn)
    shift_x = x + reference.corner[0] - (c * middle_x - s * middle_y)
    shift_y = y + reference.corner[1] - (s * middle_x + c * middle_y)
    return turn, shift_x / SCALE, shift_y / SCALE
