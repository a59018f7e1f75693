"""Fitting a smooth motion to the slides of patches, and minutiae met under it: numeric kernels.

They know numbers only. Patches come as agreement, slide x, slide y; agreement -2 means nothing known.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

Floats = NDArray[np.float64]
Work = NDArray[np.float32]
Mask = NDArray[np.bool_]

UNIT = 40.0
HELD = (0.5, 0.5, 0.1)
NEAR = 7.0
SPREAD = 2 * 11.0**2
REACH, TURN = 9.0, 0.5
CLEAR = 4


@kernel("f8[:,::1], f8[:,::1] -> f8[:,::1]")
def affine(at: Floats, slides: Floats) -> Floats:
    """Affine map (2, 3) of px that follows the slides by their agreement, held near the identity."""
    count = len(at)
    middle_x, middle_y = 0.0, 0.0
    for k in range(count):
        middle_x += at[k, 0] / count
        middle_y += at[k, 1] / count
    normal, right = np.zeros((3, 3)), np.zeros((3, 2))
    basis = np.ones(3)
    for i in range(3):
        normal[i, i] = HELD[i]
    for k in range(count):
        weight = max(slides[k, 0] - 0.25, 0.0) ** 2
        basis[0], basis[1] = (at[k, 0] - middle_x) / UNIT, (at[k, 1] - middle_y) / UNIT
        for i in range(3):
            for j in range(3):
                normal[i, j] += weight * basis[i] * basis[j]
            right[i, 0] += weight * basis[i] * slides[k, 1]
            right[i, 1] += weight * basis[i] * slides[k, 2]
    _solve(normal, right)
    out = np.zeros((2, 3))
    for i in range(2):
        out[i, 0], out[i, 1] = right[0, i] / UNIT, right[1, i] / UNIT
        out[i, 2] = right[2, i] - out[i, 0] * middle_x - out[i, 1] * middle_y
        out[i, i] += 1.0
    return out


@kernel()
def _solve(normal: Floats, right: Floats) -> None:
    """Solve in place by elimination; the matrix is symmetric and positive, so no pivots are sought."""
    for i in range(3):
        for j in range(i + 1, 3):
            share = normal[j, i] / normal[i, i]
            normal[j] -= share * normal[i]
            right[j] -= share * right[i]
    for i in range(2, -1, -1):
        for j in range(i + 1, 3):
            right[i] -= normal[i, j] * right[j]
        right[i] /= normal[i, i]


@kernel("f8[:,::1], i8, i8 -> f8[:,::1]")
def smooth(slides: Floats, rows: int, columns: int) -> Floats:
    """Each patch's slide, averaged with its neighbours' on the grid by distance and agreement."""
    out = np.zeros((rows * columns, 2))
    for row in range(rows):
        for column in range(columns):
            total, x, y = 0.15, 0.0, 0.0
            for near_row in range(max(row - 2, 0), min(row + 3, rows)):
                for near_column in range(max(column - 2, 0), min(column + 3, columns)):
                    distance = (near_row - row) ** 2 + (near_column - column) ** 2
                    other = near_row * columns + near_column
                    agreement = slides[other, 0] - 0.2
                    if distance < NEAR and agreement > 0:
                        weight = math.exp(-0.5 * distance) * agreement
                        total += weight
                        x += weight * slides[other, 1]
                        y += weight * slides[other, 2]
            out[row * columns + column, 0] = x / total
            out[row * columns + column, 1] = y / total
    return out


@kernel()
def _drift(x: float, y: float, at: Floats, slides: Floats, agreement: Floats) -> tuple[float, float]:
    """The smooth field at a place, by the patches around it."""
    total, dx, dy = 0.05, 0.0, 0.0
    for k in range(len(at)):
        distance = (at[k, 0] - x) ** 2 + (at[k, 1] - y) ** 2
        if distance < 9 * SPREAD and agreement[k] > 0.1:
            weight = math.exp(-distance / SPREAD) * (agreement[k] - 0.1)
            total += weight
            dx += weight * slides[k, 0]
            dy += weight * slides[k, 1]
    return dx / total, dy / total


@kernel()
def _clear(x: float, y: float, area: Mask) -> bool:
    """Whether a place (half-resolution px) lies on known ground, and what is CLEAR px around it, too."""
    column, row = int(x), int(y)
    if x < 0 or not CLEAR <= column < area.shape[1] - CLEAR:
        return False
    if y < 0 or not CLEAR <= row < area.shape[0] - CLEAR:
        return False
    across = area[row, column - CLEAR] and area[row, column + CLEAR]
    return bool(area[row, column] and across and area[row - CLEAR, column] and area[row + CLEAR, column])


@kernel()
def _met(ones: Floats, others: Floats) -> float:
    """Sum over `ones` of how near each comes to one of `others` of its own: 1 on it, 0 from REACH on."""
    taken = np.zeros(len(others), np.bool_)
    total = 0.0
    for one in ones:
        best, least = -1, REACH
        for j in range(len(others)):
            if not taken[j]:
                distance = math.hypot(one[0] - others[j, 0], one[1] - others[j, 1])
                if distance < least and math.cos(one[2] - others[j, 2]) > math.cos(TURN):
                    best, least = j, distance
        if best >= 0:
            taken[best] = True
            total += 1 - least / REACH
    return total


@kernel("f4[:,::1], b1[:,::1], f4[:,::1], b1[:,::1], f8[:,::1], f8[:,::1], f8[:,::1], f8[::1] -> f8")
def meeting(
    probe: Work,
    probe_area: Mask,
    reference: Work,
    reference_area: Mask,
    motion: Floats,
    at: Floats,
    slides: Floats,
    agreement: Floats,
) -> float:
    """How many of the minutiae that either print should show there are found in the other, 0 to 1.

    Minutiae: rows x, y, direction at full resolution; all else in half-resolution px.
    """
    turn = math.atan2(motion[1, 0], motion[0, 0])
    carried = np.zeros((len(probe), 3))
    shown = np.zeros(len(probe), np.bool_)
    for i in range(len(probe)):
        x, y = probe[i, 0] / 2, probe[i, 1] / 2
        to_x = motion[0, 0] * x + motion[0, 1] * y + motion[0, 2]
        to_y = motion[1, 0] * x + motion[1, 1] * y + motion[1, 2]
        dx, dy = _drift(to_x, to_y, at, slides, agreement)
        carried[i, 0], carried[i, 1], carried[i, 2] = 2 * (to_x + dx), 2 * (to_y + dy), probe[i, 2] + turn
        shown[i] = _clear(to_x + dx, to_y + dy, reference_area)
    places = reference[:, :3].astype(np.float64)
    expected = _expected(places, probe_area, motion, at, slides, agreement)
    wanted, given = int(shown.sum()), int(expected.sum())
    met = (_met(carried[shown], places) + _met(places[expected], carried)) / 2
    return met / (math.sqrt(wanted * given) + 4)


@kernel()
def _expected(
    places: Floats, area: Mask, motion: Floats, at: Floats, slides: Floats, agreement: Floats
) -> Mask:
    """Which of the reference's minutiae the probe should show."""
    scale = motion[0, 0] * motion[1, 1] - motion[0, 1] * motion[1, 0]
    out = np.zeros(len(places), np.bool_)
    for j in range(len(places)):
        dx, dy = _drift(places[j, 0] / 2, places[j, 1] / 2, at, slides, agreement)
        x, y = places[j, 0] / 2 - dx - motion[0, 2], places[j, 1] / 2 - dy - motion[1, 2]
        back_x = (motion[1, 1] * x - motion[0, 1] * y) / scale
        back_y = (motion[0, 0] * y - motion[1, 0] * x) / scale
        out[j] = _clear(back_x, back_y, area)
    return out
