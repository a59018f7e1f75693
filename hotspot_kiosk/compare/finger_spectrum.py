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

Floats = NDArray[np.float64]
Picture = NDArray[np.float32]

SCALE = 0.6
TURNS = np.deg2rad(np.arange(-39.0, 40.0, 3.0))
SIZES = (96, 128, 160, 192, 256, 320, 400, 512, 640, 800)
PEAKS_A_TURN = 2
PEAK_REACH = 3
ALIKE_TURNS, ALIKE_SHIFT = 1, 5


@dataclass(frozen=True, slots=True)
class CoarsePicture:
    """Ridges at 3/10 of the sample's resolution: float32, +1 on a ridge, -1 between, 0 unknown.

    turned: spectra of its turned copies by FFT size, filled in when first used as a probe.
    """

    waves: Picture = field(repr=False)
    turned: dict[int, list[Picture]] = field(default_factory=dict, repr=False, compare=False)


def coarse_picture(ridges: NDArray[np.bool_], area: NDArray[np.bool_]) -> CoarsePicture:
    """From a half-resolution ridge picture; area: where it is known."""
    signed = np.where(area, np.where(ridges, 1, -1), 0).astype(np.float32)
    height, width = ridges.shape
    size = (max(round(width * SCALE), 1), max(round(height * SCALE), 1))
    return CoarsePicture(np.asarray(cv2.resize(signed, size, interpolation=cv2.INTER_AREA), np.float32))


def propose(probe: CoarsePicture, reference: CoarsePicture, most: int = 3) -> Floats:
    """Motions (m, 3), best first: turn, shift x, shift y in half-resolution px, probe to reference."""
    canvas = _canvas(probe)
    size = _size(max(reference.waves.shape) + canvas // 2)
    if size is None:
        return np.zeros((0, 3))
    if size not in probe.turned:
        probe.turned[size] = [_spectrum(_turn(probe.waves, turn, canvas), size) for turn in TURNS]
    spectrum = _spectrum(reference.waves, size)
    found = [peak for k in range(len(TURNS)) for peak in _peaks(spectrum, probe.turned[size][k], k)]
    chosen = _distinct(sorted(found, reverse=True), most)
    return np.array([_motion(probe, canvas, *_centred(peak, reference, size)) for peak in chosen]).reshape(
        -1, 3
    )


Peak = tuple[float, int, int, int]


def _canvas(picture: CoarsePicture) -> int:
    height, width = picture.waves.shape
    return int(math.hypot(height, width)) + 2


def _size(least: int) -> int | None:
    return next((size for size in SIZES if size >= least), None)


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


def _peaks(reference: Picture, probe: Picture, turn: int) -> list[Peak]:
    """The highest correlations at one turn: height, turn, shift x, shift y (both from 0 to size)."""
    correlation = cv2.idft(cv2.mulSpectrums(reference, probe, 0, conjB=True))
    peaks = []
    for _ in range(PEAKS_A_TURN):
        _, height, _, (x, y) = cv2.minMaxLoc(correlation)
        peaks.append((height, turn, x, y))
        correlation[
            max(y - PEAK_REACH, 0) : y + PEAK_REACH + 1, max(x - PEAK_REACH, 0) : x + PEAK_REACH + 1
        ] = 0
    return peaks


def _distinct(peaks: list[Peak], most: int) -> list[Peak]:
    chosen: list[Peak] = []
    for peak in peaks:
        if len(chosen) < most and not any(_alike(peak, other) for other in chosen):
            chosen.append(peak)
    return chosen


def _alike(a: Peak, b: Peak) -> bool:
    near = abs(a[2] - b[2]) < ALIKE_SHIFT and abs(a[3] - b[3]) < ALIKE_SHIFT
    return near and abs(a[1] - b[1]) <= ALIKE_TURNS


def _centred(peak: Peak, reference: CoarsePicture, size: int) -> tuple[float, int, int]:
    """Turn and shift of a peak; a shift past the reference's end is one to the left or up."""
    height, width = reference.waves.shape
    _, turn, x, y = peak
    return float(TURNS[turn]), x if x < width else x - size, y if y < height else y - size


def _motion(probe: CoarsePicture, canvas: int, turn: float, x: int, y: int) -> tuple[float, float, float]:
    height, width = probe.waves.shape
    c, s = math.cos(turn), math.sin(turn)
    to_x, to_y = x + canvas / 2, y + canvas / 2
    shift_x = to_x - (c * width - s * height) / 2
    shift_y = to_y - (s * width + c * height) / 2
    return turn, shift_x / SCALE, shift_y / SCALE
