"""Numeric kernels of the ridge reader: ridge period, contextual Gabor filtering.

Published ideas (projected ridge signature and oriented Gabor filters: Hong, Wan & Jain 1998), own
code. Kernels know numbers only: no samples, no templates, no state.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

Floats = NDArray[np.float32]

ORIENTATIONS = 32
PERIODS = tuple(range(5, 16))
RADIUS = 10
TILE_ROWS, TILE_COLUMNS = 4, 8
SIGNATURE_REACH = 24
PERIOD_STEPS = np.arange(PERIODS[0], PERIODS[-1] + 0.25, 0.5)


def gabor_bank() -> Floats:
    """Filters (orientation, period, side, side, 2): even and odd, each summing to one in magnitude.

    The even filter has no mean; width across ridges 0.42 periods, along them 4.5 px.
    """
    bank = [[_gabor(math.pi * o / ORIENTATIONS, period) for period in PERIODS] for o in range(ORIENTATIONS)]
    return np.asarray(bank, np.float32)


def _gabor(direction: float, period: float) -> NDArray[np.float64]:
    y, x = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1].astype(float)
    across = -x * math.sin(direction) + y * math.cos(direction)
    along = x * math.cos(direction) + y * math.sin(direction)
    window = np.exp(-(across**2) / (2 * (0.42 * period) ** 2) - along**2 / (2 * 4.5**2))
    even = window * np.cos(2 * math.pi * across / period)
    odd = window * np.sin(2 * math.pi * across / period)
    even -= window * even.sum() / window.sum()
    return np.asarray(np.stack([even, odd], axis=-1) / np.abs(even).sum())


def period_waves() -> Floats:
    """Windowed cosine and sine of every period tried: (periods, 2, signature length)."""
    k = np.arange(-SIGNATURE_REACH, SIGNATURE_REACH + 1)
    window = 0.5 + 0.5 * np.cos(math.pi * k / (SIGNATURE_REACH + 1))
    phase = 2 * math.pi * k[None, :] / PERIOD_STEPS[:, None]
    return np.stack([window * np.cos(phase), window * np.sin(phase)], axis=1).astype(np.float32)


@kernel("f4[:,::1], u1[:,::1], i4[:,::1], i4[:,::1], f4[:,:,:,:,::1] -> f4[:,:,::1]", fastmath=True)
def filter_ridges(
    padded: Floats,
    known: NDArray[np.uint8],
    direction: NDArray[np.int32],
    period: NDArray[np.int32],
    bank: Floats,
) -> Floats:
    """Apply to each tile of 4x8 px the filter pair of its own direction and period.

    padded: the picture with RADIUS (and one tile) more on each side. Returns (2, rows, columns) of
    the same tiling: even and odd response, 0 in tiles without a known pixel.
    """
    tile_rows, tile_columns = direction.shape
    out = np.zeros((2, tile_rows * 4, tile_columns * 8), np.float32)
    for row in range(tile_rows):
        for column in range(tile_columns):
            if known[row, column]:
                taps = bank[direction[row, column], period[row, column]]
                _filter_tile(padded, taps, row * 4, column * 8, out)
    return out


@kernel(fastmath=True)
def _filter_tile(padded: Floats, taps: Floats, top: int, left: int, out: Floats) -> None:
    even = np.zeros((4, 8), np.float32)
    odd = np.zeros((4, 8), np.float32)
    for dy in range(taps.shape[0]):
        for dx in range(taps.shape[1]):
            a, b = taps[dy, dx, 0], taps[dy, dx, 1]
            for y in range(4):
                for x in range(8):
                    value = padded[top + y + dy, left + x + dx]
                    even[y, x] += a * value
                    odd[y, x] += b * value
    for y in range(4):
        for x in range(8):
            out[0, top + y, left + x] = even[y, x]
            out[1, top + y, left + x] = odd[y, x]


@kernel("f4[:,::1], u1[:,::1], f4[:,::1], f4[:,:,::1], i8 -> f4[:,:,::1]", fastmath=True)
def ridge_periods(
    picture: Floats, known: NDArray[np.uint8], angle: Floats, waves: Floats, step: int
) -> Floats:
    """Strongest ridge period and its share of the power, on a grid of `step` px: (2, rows, columns).

    Period is returned as an index into PERIOD_STEPS; where the grid point is unknown both are 0.
    """
    height, width = picture.shape
    out = np.zeros((2, (height + step - 1) // step, (width + step - 1) // step), np.float32)
    signature = np.zeros(waves.shape[2], np.float32)
    for row in range(out.shape[1]):
        for column in range(out.shape[2]):
            y, x = row * step + step // 2, column * step + step // 2
            if y < height and x < width and known[y, x]:
                _signature(picture, known, y, x, angle[y, x], signature)
                out[0, row, column], out[1, row, column] = _strongest(signature, waves)
    return out


@kernel(fastmath=True)
def _signature(picture: Floats, known: NDArray[np.uint8], y: int, x: int, angle: float, out: Floats) -> None:
    """The picture across the ridges at (y, x), averaged over 17 px along them."""
    height, width = picture.shape
    c, s = math.cos(angle), math.sin(angle)
    reach = out.shape[0] // 2
    for k in range(-reach, reach + 1):
        total, count = 0.0, 0
        for j in range(-8, 9, 2):
            px, py = math.floor(x - k * s + j * c + 0.5), math.floor(y + k * c + j * s + 0.5)
            if 0 <= px < width and 0 <= py < height and known[py, px]:
                total += picture[py, px]
                count += 1
        out[k + reach] = total / count if count > 3 else 0.0


@kernel(fastmath=True)
def _strongest(signature: Floats, waves: Floats) -> tuple[float, float]:
    energy = 1e-6
    for value in signature:
        energy += value * value
    best, best_power = 0, -1.0
    for q in range(waves.shape[0]):
        re, im = 0.0, 0.0
        for k in range(signature.shape[0]):
            re += waves[q, 0, k] * signature[k]
            im += waves[q, 1, k] * signature[k]
        if re * re + im * im > best_power:
            best, best_power = q, re * re + im * im
    return float(best), best_power / (energy * (signature.shape[0] // 2))
