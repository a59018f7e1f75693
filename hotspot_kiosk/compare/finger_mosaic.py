"""Several touches of one finger laid side by side: what is covered, what is missing, one picture to look at.

It serves guidance ("a little to the left") and one exported image; it is not compared, for scores of single touches
added up do better than a mosaic's. Touches that do not surely belong together are left out, never forced.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import prepare
from hotspot_kiosk.terms import FingerTemplate

Pixels = NDArray[np.uint8]
Motion = NDArray[np.float64]
SURE = 2.0
BLOCK = 8
STEP_BLOCKS = 5
ENOUGH_NEW = 0.06
LARGEST_SIDE = 1024
FEATHER = 12.0
MOST_TURN, MOST_STRETCH = math.radians(60), 0.2


class Side(StrEnum):
    """Where more of the finger is still to be seen, as the picture shows it; ENOUGH if that would add little."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    ENOUGH = "enough"


STEPS = {Side.LEFT: (-1, 0), Side.RIGHT: (1, 0), Side.UP: (0, -1), Side.DOWN: (0, 1)}


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Touches on the ground of the first one; `motions` (2, 3) carry each one's px there, None for those left out."""

    touches: tuple[FingerTemplate, ...] = field(repr=False)
    motions: tuple[Motion | None, ...] = field(repr=False)

    @property
    def joined(self) -> int:
        """How many touches lie in it."""
        return sum(motion is not None for motion in self.motions)


def lay_out(touches: Sequence[FingerTemplate], comparator: FingerComparator | None = None) -> Mosaic:
    """Lay touches of one density over the first one, directly or by way of one that lies there already."""
    comparator = comparator or FingerComparator()
    prepared = [prepare(touch) for touch in touches]
    motions: list[Motion | None] = [np.eye(2, 3)] + [None] * (len(touches) - 1)
    for k in range(1, len(touches)):
        found = [(comparator.align(prepared[k], prepared[j]), motions[j]) for j in range(k)]
        sure = [
            (one.log_odds, one.motion, base)
            for one, base in found
            if base is not None and one.log_odds >= SURE
        ]
        if sure:
            _, motion, base = max(sure, key=lambda item: item[0])
            motions[k] = _believable(_chained(motion, base))
    return Mosaic(tuple(touches), tuple(motions))


def missing(mosaic: Mosaic) -> Side:
    """On which side the next touch would show most new finger.

    Only a side counts where the ridges run out of the last touch's picture: there the finger goes on.
    """
    last = mosaic.touches[-1].area
    covered, corner = _covered(mosaic)
    gain = {side: _gain(last, covered, corner, step) for side, step in STEPS.items() if _runs_out(last, step)}
    if mosaic.motions[-1] is None or not gain:
        return Side.ENOUGH
    best = max(gain, key=lambda side: gain[side])
    return best if gain[best] >= ENOUGH_NEW * last.size else Side.ENOUGH


def most_telling(touches: Sequence[FingerTemplate], comparator: FingerComparator | None = None) -> list[int]:
    """The touches' numbers: the first given stays first, then always the one that adds most that is new.

    A touch that does not surely belong to the others counts as new all over, and is never thrown away for it.
    """
    if len(touches) < 3:
        return list(range(len(touches)))
    mosaic = lay_out(touches, comparator)
    chosen, left = [0], list(range(1, len(touches)))
    while left:
        best = max(left, key=lambda k: _new(mosaic, chosen, k))
        chosen.append(best)
        left.remove(best)
    return chosen


def _new(mosaic: Mosaic, chosen: Sequence[int], number: int) -> int:
    """Blocks that a touch shows and none of the chosen ones does."""
    own = mosaic.touches[number].area
    if mosaic.motions[number] is None:
        return int(own.sum())
    order = [*chosen, number]
    seen = Mosaic(tuple(mosaic.touches[k] for k in order), tuple(mosaic.motions[k] for k in order))
    before = Mosaic((*seen.touches[:-1], replace(seen.touches[-1], area=np.zeros_like(own))), seen.motions)
    return int(_covered(seen)[0].sum()) - int(_covered(before)[0].sum())


def covered_mm2(mosaic: Mosaic) -> float:
    """Readable skin that the touches show together, in square millimetres."""
    block_mm = BLOCK * 25.4 / mosaic.touches[0].ppi
    return float(_covered(mosaic)[0].sum()) * block_mm**2


def picture(mosaic: Mosaic, pixels: Sequence[Pixels]) -> Pixels:
    """One picture of all touches that were joined, white where none was, their edges blended.

    For the eye only: skin stretches differently in each touch, so seams may be off by a ridge. At most 1024 px a side.
    """
    parts = [(p, m) for p, m in zip(pixels, mosaic.motions, strict=True) if m is not None]
    left, top, width, height = _frame([(p.shape[1], p.shape[0]) for p, _ in parts], [m for _, m in parts])
    total, weight = np.zeros((height, width), np.float32), np.full((height, width), 1e-3, np.float32)
    for grey, motion in parts:
        moved = motion - np.array([[0, 0, left], [0, 0, top]])
        laid = cv2.warpAffine(grey.astype(np.float32), moved, (width, height), flags=cv2.INTER_LINEAR)
        inside = cv2.warpAffine(_feathered(grey.shape), moved, (width, height), flags=cv2.INTER_LINEAR)
        total += laid * inside
        weight += inside
    seen = weight > 0.02
    return np.where(seen, np.clip(total / weight, 0, 255), 255).astype(np.uint8)


def _chained(motion: Motion, base: Motion) -> Motion:
    chained = base[:, :2] @ motion
    chained[:, 2] += base[:, 2]
    return chained


def _believable(motion: Motion) -> Motion | None:
    """None for a motion that no finger makes on a glass: far turned, stretched, or far away."""
    turn = abs(math.atan2(motion[1, 0], motion[0, 0]))
    stretch = abs(abs(float(np.linalg.det(motion[:, :2]))) - 1)
    far = float(np.abs(motion[:, 2]).max())
    return None if turn > MOST_TURN or stretch > MOST_STRETCH or far > LARGEST_SIDE / 2 else motion


def _covered(mosaic: Mosaic) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """Blocks that any joined touch covers, on the LAST touch's ground, and where that touch's corner lies in them."""
    last = mosaic.motions[-1] if mosaic.motions[-1] is not None else np.eye(2, 3)
    back = np.asarray(cv2.invertAffineTransform(last), np.float64)
    rows, columns = mosaic.touches[-1].area.shape
    size, corner = (3 * columns, 3 * rows), (columns, rows)
    covered = np.zeros((3 * rows, 3 * columns), np.uint8)
    for touch, motion in zip(mosaic.touches, mosaic.motions, strict=True):
        if motion is not None:
            there = _chained(motion, back) * ((1, 1, 1 / BLOCK), (1, 1, 1 / BLOCK))
            there[:, 2] += corner
            covered |= cv2.warpAffine(touch.area.astype(np.uint8), there, size, flags=cv2.INTER_NEAREST)
    return covered > 0, corner


def _gain(
    last: NDArray[np.bool_], covered: NDArray[np.bool_], corner: tuple[int, int], step: tuple[int, int]
) -> int:
    """Blocks that are new if the last touch were repeated a step further on."""
    rows, columns = last.shape
    left, top = corner[0] + step[0] * STEP_BLOCKS, corner[1] + step[1] * STEP_BLOCKS
    return int((~covered[top : top + rows, left : left + columns]).sum())


def _runs_out(area: NDArray[np.bool_], step: tuple[int, int]) -> bool:
    """Whether ridges reach the picture's border on that side along at least half of it."""
    rim = {(-1, 0): area[:, :2], (1, 0): area[:, -2:], (0, -1): area[:2], (0, 1): area[-2:]}[step]
    return bool(rim.mean() >= 0.5)


def _frame(sizes: Sequence[tuple[int, int]], motions: Sequence[Motion]) -> tuple[int, int, int, int]:
    """Left, top, width, height of the ground that the moved pictures need."""
    corners = []
    for (width, height), motion in zip(sizes, motions, strict=True):
        points = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float)
        corners.append(points @ motion.T)
    ground = np.concatenate(corners)
    left, top = (math.floor(value) for value in ground.min(axis=0))
    right, bottom = (math.ceil(value) for value in ground.max(axis=0))
    return left, top, min(right - left, LARGEST_SIDE), min(bottom - top, LARGEST_SIDE)


def _feathered(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1 inside a picture, falling to 0 at its border."""
    y = np.minimum(np.arange(shape[0]) + 1, np.arange(shape[0], 0, -1))
    x = np.minimum(np.arange(shape[1]) + 1, np.arange(shape[1], 0, -1))
    return np.asarray(np.clip(np.minimum(y[:, None], x[None, :]) / FEATHER, 0, 1), np.float32)
