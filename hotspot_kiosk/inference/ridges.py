"""Reads the ridges of a finger picture: where they are, how they run, the picture made clear.

Orientation by the gradient structure tensor, one pass of oriented Gabor filters. What lies outside
the sensor or outside the finger is UNKNOWN: filters average with weight 0 there. It may not decide
what a good picture is, nor see anything but pixels at about 500 ppi.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference import ridge_filters as kernels
from hotspot_kiosk.inference.ridge_filters import Floats

Mask = NDArray[np.uint8]

TENSOR_SIGMA, SMOOTHING_SIGMA = 6.0, 4.0
PERIOD_GRID = 12
USUAL_PERIOD = 9.0


@dataclass(frozen=True, slots=True)
class RidgeMap:
    """Ridges of one picture of (height, width) pixels.

    waves: float32, about the cosine of the ridge phase: > 0 on a ridge, weaker where it is faint.
    area: uint8 0/1, where the ridges could be read. angle: ridge direction in radians, 0..pi.
    coherence: 0..1, how much the ridges agree on it.
    """

    waves: Floats = field(repr=False)
    area: Mask = field(repr=False)
    angle: Floats = field(repr=False)
    coherence: Floats = field(repr=False)


def read_ridges(pixels: NDArray[np.uint8]) -> RidgeMap:
    """Read a picture (uint8, height x width, dark ridges on light, about 500 ppi). Never raises."""
    picture = _level(pixels)
    finger = _finger_area(pixels)
    weight = finger.astype(np.float32)
    angle, coherence = _orientation(picture * weight, _inset(weight, 3))
    period = _period(picture, finger, angle)
    even, odd = _filter(picture * weight, finger, angle, period)
    strength = np.hypot(even, odd)
    usual = float(np.median(strength[finger > 0])) if finger.any() else 1.0
    area = _readable(finger, strength > 0.25 * usual, coherence)
    waves = even / (strength + np.float32(0.3 * usual + 1e-6)) * weight
    return RidgeMap(np.asarray(waves, np.float32), area, angle, coherence)


def _blur(values: Floats, sigma: float, border: int = cv2.BORDER_CONSTANT) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=border), np.float32)


def _detail(pixels: NDArray[np.uint8]) -> Floats:
    """The picture, ridges positive, without its slow changes of brightness."""
    picture = np.float32(255) - pixels.astype(np.float32)
    return picture - _blur(picture, 8, cv2.BORDER_REFLECT_101)


def _level(pixels: NDArray[np.uint8]) -> Floats:
    """Detail at an even contrast, within +-2.5 local deviations."""
    detail = _detail(pixels)
    deviation = np.sqrt(_blur(detail * detail, 10, cv2.BORDER_REFLECT))
    return np.asarray(np.clip(detail / (deviation + 3), -2.5, 2.5), np.float32)


def _finger_area(pixels: NDArray[np.uint8]) -> Mask:
    """0/1: the textured part, without specks, holes filled."""
    detail = _detail(pixels)
    deviation = np.sqrt(_blur(detail * detail, 8, cv2.BORDER_REFLECT_101))
    textured = deviation > max(0.3 * float(np.percentile(deviation, 90)), 4.0)
    opened = cv2.morphologyEx(textured.astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    return _fill(_large_parts(np.asarray(opened, np.uint8)))


def _large_parts(mask: Mask) -> Mask:
    """Keep connected parts of at least 15 % of the largest one."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count <= 2:
        return mask
    sizes = stats[:, cv2.CC_STAT_AREA].copy()
    sizes[0] = 0
    return np.asarray((sizes > 0.15 * sizes.max()).astype(np.uint8)[labels])


def _fill(mask: Mask) -> Mask:
    """Fill holes: what a flood from outside does not reach."""
    padded = np.pad(mask, 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return np.asarray(padded[1:-1, 1:-1] != 2, np.uint8)


def _inset(weight: Floats, margin: int) -> Floats:
    """The same weight, 0 within `margin` px of the picture's border."""
    inside = np.zeros_like(weight)
    inside[margin:-margin, margin:-margin] = weight[margin:-margin, margin:-margin]
    return inside


def _orientation(picture: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Ridge direction (0..pi) and coherence (0..1): structure tensor, then smoothed by coherence."""
    gx, gy = _gradients(picture)
    energy = _blur((gx * gx + gy * gy) * weight, TENSOR_SIGMA) + np.float32(1e-6)
    real = _blur((gx * gx - gy * gy) * weight, TENSOR_SIGMA) / energy
    imaginary = _blur(2 * gx * gy * weight, TENSOR_SIGMA) / energy
    known = _blur((weight > 0).astype(np.float32), SMOOTHING_SIGMA) + np.float32(1e-3)
    real = _blur(real * weight, SMOOTHING_SIGMA) / known
    imaginary = _blur(imaginary * weight, SMOOTHING_SIGMA) / known
    angle = (0.5 * np.arctan2(imaginary, real) + math.pi / 2) % math.pi
    return np.asarray(angle, np.float32), np.hypot(real, imaginary)


def _gradients(picture: Floats) -> tuple[Floats, Floats]:
    """Derivatives along x and y of the picture blurred by 1.3 px."""
    k = np.arange(-5, 6)
    bell = np.exp(-(k**2) / (2 * 1.3**2))
    bell /= bell.sum()
    slope = k * bell / 1.3**2
    gx = cv2.sepFilter2D(picture, cv2.CV_32F, slope, bell, borderType=cv2.BORDER_REFLECT)
    gy = cv2.sepFilter2D(picture, cv2.CV_32F, bell, slope, borderType=cv2.BORDER_REFLECT)
    return np.asarray(gx, np.float32), np.asarray(gy, np.float32)


def _period(picture: Floats, finger: Mask, angle: Floats) -> Floats:
    """Ridge period in px at every pixel: measured on a grid, smoothed by how clear it was."""
    index, share = kernels.ridge_periods(picture, finger, angle, _waves(), PERIOD_GRID)
    trust = np.where(share > 0.1, share, 0).astype(np.float32)
    measured = kernels.PERIOD_STEPS[index.astype(np.int32)].astype(np.float32)
    total = float(trust.sum())
    usual = float((measured * trust).sum()) / total if total > 0 else USUAL_PERIOD
    smooth = (_blur(measured * trust, 1.5) + 0.02 * usual) / (_blur(trust, 1.5) + 0.02)
    rows, columns = smooth.shape
    large = cv2.resize(smooth, (columns * PERIOD_GRID, rows * PERIOD_GRID), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large[: picture.shape[0], : picture.shape[1]], np.float32)


def _filter(picture: Floats, finger: Mask, angle: Floats, period: Floats) -> tuple[Floats, Floats]:
    """Even and odd response of each tile's own filter."""
    height, width = picture.shape
    rows, columns = -(-height // kernels.TILE_ROWS), -(-width // kernels.TILE_COLUMNS)
    y = np.minimum(np.arange(rows) * kernels.TILE_ROWS + 2, height - 1)[:, None]
    x = np.minimum(np.arange(columns) * kernels.TILE_COLUMNS + 4, width - 1)[None, :]
    direction = (
        np.rint(angle[y, x] * (kernels.ORIENTATIONS / math.pi)).astype(np.int32) % kernels.ORIENTATIONS
    )
    chosen = np.rint(period[y, x]).astype(np.int32) - kernels.PERIODS[0]
    chosen = np.clip(chosen, 0, len(kernels.PERIODS) - 1)
    low, high = rows * kernels.TILE_ROWS - height, columns * kernels.TILE_COLUMNS - width
    known = np.pad(finger, ((0, low), (0, high)))
    known = known.reshape(rows, kernels.TILE_ROWS, columns, kernels.TILE_COLUMNS).max(axis=(1, 3))
    r = kernels.RADIUS
    padded = np.pad(picture, ((r, r + low), (r, r + high)))
    even, odd = kernels.filter_ridges(padded, known, direction, chosen, _bank())
    return even[:height, :width], odd[:height, :width]


@cache
def _bank() -> Floats:
    return kernels.gabor_bank()


@cache
def _waves() -> Floats:
    return kernels.period_waves()


def _readable(finger: Mask, strong: NDArray[np.bool_], coherence: Floats) -> Mask:
    """0/1: finger, mostly strong ridges around, one direction; closed and holes filled."""
    around = _blur(strong.astype(np.float32) * finger, 5)
    area = (finger > 0) & (around > 0.5) & (coherence > 0.15)
    closed = cv2.morphologyEx(area.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    return _fill(np.asarray(closed, np.uint8)) & finger
