"""Ridges that grow along a field until they fill the finger; minutiae appear where growths meet.

Sparse spots under repeated oriented filtering (SFinGe: Cappelli, Maio & Maltoni 2000), with a steerable
basis of 9 angular x 3 radial filters in place of a filter bank. It may not decide where ridges run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from hotspot_kiosk.simulator.finger_field import STEP, Field
from hotspot_kiosk.simulator.finger_noise import Floats, Stream

ROUNDS = 30
SPOTS = 0.008  # share of the grid where ridges start
RADIAL_WIDTH, ANGULAR_WIDTH = 0.28, 0.33  # of one oriented filter: natural log of frequency, and radians
ANGULAR_ORDERS = 5  # cos and sin of 0, 2, 4, 6, 8 times the angle
RADIAL_ORDERS = 3
PERIODS = (6.5, 13.5)  # px the radial basis covers


def grow(rng: Stream, field: Field) -> NDArray[np.float32]:
    """A wave over the whole pad (HEIGHT, WIDTH): about +1 on a ridge and -1 in a valley."""
    basis, weights = _steerable(field.direction, field.period / STEP)
    spots = rng.random_sample(field.direction.shape) < SPOTS
    wave = np.where(spots, 1.0, 0.0).astype(np.float32)
    for _ in range(ROUNDS):
        parts = fft.irfft2(fft.rfft2(np.tanh(wave)) * basis, s=wave.shape)
        wave = np.einsum("kyx,kyx->yx", parts, weights)
        wave *= 3.0
    return _level(_interpolate(wave), float(field.period.mean()))


def _steerable(theta: Floats, period: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Basis filters (k, h, w // 2 + 1) over frequency, and the weight of each at every point (k, h, w).

    One oriented filter is exp(-ln(rho p)^2 / 2a^2) exp(-d^2 / 2b^2), d the angle from the ridge's normal.
    Its angular part is a short Fourier series; its radial part, over the range of periods, a short sum.
    """
    v, u = np.meshgrid(np.fft.fftfreq(theta.shape[0]), np.fft.rfftfreq(theta.shape[1]), indexing="ij")
    radial, mix = _radial(np.hypot(u, v), period)
    angular = [part * _fourier(i) for i, part in enumerate(_harmonics(np.arctan2(v, u)))]
    basis = np.array([a * r for a in angular for r in radial], np.float32)
    normal = np.pi / 2 - theta  # y down, as in the picture
    weights = np.array([a * r for a in _harmonics(normal) for r in mix], np.float32)
    return basis, weights


def _radial(rho: Floats, period: Floats) -> tuple[list[Floats], list[Floats]]:
    """The radial basis over frequency, and how much of each every point needs for its period."""
    periods = np.geomspace(*PERIODS, 25) / STEP
    grid = np.geomspace(0.02, 0.75, 200)
    curves = np.exp(-0.5 * (np.log(np.outer(periods, grid)) / RADIAL_WIDTH) ** 2)
    rows = np.linalg.svd(curves, full_matrices=False)[2][:RADIAL_ORDERS]
    basis: list[Floats] = [np.interp(rho, grid, row, left=0, right=0) for row in rows]
    mix: list[Floats] = [np.interp(period, periods, column) for column in (curves @ rows.T).T]
    return basis, mix


def _harmonics(angle: Floats) -> list[Floats]:
    """1, cos 2a, sin 2a, cos 4a, ... up to ANGULAR_ORDERS."""
    parts: list[Floats] = [np.ones_like(angle)]
    for n in range(1, ANGULAR_ORDERS):
        parts += [np.cos(2 * n * angle), np.sin(2 * n * angle)]
    return parts


def _fourier(i: int) -> float:
    """Fourier coefficient of harmonic i of a Gaussian bump of ANGULAR_WIDTH on a circle of length pi."""
    n = (i + 1) // 2
    height = ANGULAR_WIDTH * np.sqrt(2 / np.pi)
    return float((1 if n == 0 else 2) * np.exp(-0.5 * (2 * n * ANGULAR_WIDTH) ** 2) * height)


def _interpolate(wave: Floats) -> NDArray[np.float32]:
    """STEP times as dense, exactly: a band-limited wave gets more room in the spectrum."""
    h, w = wave.shape
    spectrum = fft.fftshift(fft.fft2(wave), axes=0)[:, : w // 2 + 1]
    room = np.zeros((h * STEP, w * STEP // 2 + 1), spectrum.dtype)
    top = (h * STEP - h) // 2
    room[top : top + h, : w // 2 + 1] = spectrum
    dense: Floats = fft.irfft2(fft.ifftshift(room, axes=0), s=(h * STEP, w * STEP))
    return dense.astype(np.float32) * STEP**2


def _level(wave: Floats, period: float) -> NDArray[np.float32]:
    """The same amplitude everywhere, save the dips at minutiae."""
    power = ndimage.gaussian_filter(wave**2, 1.1 * period)
    level: NDArray[np.float32] = (wave / np.sqrt(2 * power + 1e-12)).astype(np.float32)
    return level
