"""Finds ridge endings and bifurcations on a skeleton by its crossing number.

Lines are followed 13 px from each point: spurs and stubs are dropped there, and the line's course
gives the direction. Nothing within BORDER px of unknown ground is reported: there every ridge ends.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.thinning import NEIGHBOURS, thin
from hotspot_kiosk.kernels import kernel

Mask = NDArray[np.uint8]
Points = NDArray[np.float64]
Steps = NDArray[np.int64]

BORDER = 9
FOLLOW = 13
CLOSE = 10.0
CROWD_REACH, CROWD = 16.0, 6
MOST = 400
ENDING, BIFURCATION = 0, 1
TOO_LONG, ENDED, FORKED = 0, 1, 2


def find_minutiae(ridge: NDArray[np.bool_], area: Mask) -> Points:
    """Rows x, y (px), direction (radians from +x towards +y), kind; at most 400.

    ridge: True on a ridge; area: 0/1, where that can be believed; both (height, width) >= 5 px.
    """
    known = area.copy()
    known[[0, 1, -1, -2]] = 0
    known[:, [0, 1, -1, -2]] = 0
    skeleton = thin((ridge & (known > 0)).astype(np.uint8))
    depth = cv2.distanceTransform(known, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    found = _scan(skeleton, np.asarray(depth, np.float32), NEIGHBOURS)
    return np.asarray(found[_believable(found)])


@kernel("u1[:,::1], f4[:,::1], i8[:,::1] -> f8[:,::1]")
def _scan(skeleton: Mask, depth: NDArray[np.float32], around: Steps) -> Points:
    out = np.zeros((MOST, 4))
    path = np.zeros((FOLLOW + 1, 2), np.int64)
    count = 0
    for y in range(2, skeleton.shape[0] - 2):
        for x in range(2, skeleton.shape[1] - 2):
            if skeleton[y, x] and depth[y, x] >= BORDER and count < MOST:
                crossings = _crossings(skeleton, y, x, around)
                kind = ENDING if crossings == 2 else BIFURCATION
                found, direction = False, 0.0
                if crossings == 2:
                    found, direction = _ending(skeleton, y, x, around, path)
                elif crossings == 6:
                    found, direction = _bifurcation(skeleton, y, x, around, path)
                if found:
                    out[count, 0], out[count, 1] = x, y
                    out[count, 2], out[count, 3] = direction, kind
                    count += 1
    return out[:count]


@kernel()
def _crossings(skeleton: Mask, y: int, x: int, around: Steps) -> int:
    """Changes between line and ground going once round: 2 at an ending, 6 at a fork."""
    changes = 0
    for k in range(8):
        here = skeleton[y + around[k, 0], x + around[k, 1]]
        after = skeleton[y + around[(k + 1) % 8, 0], x + around[(k + 1) % 8, 1]]
        changes += here != after
    return changes


@kernel()
def _ending(skeleton: Mask, y: int, x: int, around: Steps, path: Steps) -> tuple[bool, float]:
    """Direction from an ending along its ridge; not found if that is a stub or a spur."""
    way = -1
    for k in range(8):
        if skeleton[y + around[k, 0], x + around[k, 1]] and (way < 0 or k % 2 == 0):
            way = k
    if way < 0:
        return False, 0.0
    steps, why = _follow(skeleton, y + around[way, 0], x + around[way, 1], y, x, around, path)
    return why == TOO_LONG, math.atan2(path[steps - 1, 0] - y, path[steps - 1, 1] - x)


@kernel()
def _bifurcation(skeleton: Mask, y: int, x: int, around: Steps, path: Steps) -> tuple[bool, float]:
    """Direction between the two closest branches; not found if a branch is a stub."""
    angles = np.zeros(3)
    branches = 0
    for k in range(8):
        on = skeleton[y + around[k, 0], x + around[k, 1]]
        after = skeleton[y + around[(k + 1) % 8, 0], x + around[(k + 1) % 8, 1]]
        if on and not after:
            way = k - 1 if k % 2 == 1 and skeleton[y + around[k - 1, 0], x + around[k - 1, 1]] else k
            steps, why = _follow(skeleton, y + around[way, 0], x + around[way, 1], y, x, around, path)
            if branches == 3 or (why != TOO_LONG and steps < 8):
                return False, 0.0
            angles[branches] = math.atan2(path[steps - 1, 0] - y, path[steps - 1, 1] - x)
            branches += 1
    return branches == 3, _between_closest(angles)


@kernel()
def _between_closest(angles: Points) -> float:
    best, direction = 9.0, 0.0
    for i in range(3):
        gap = angles[(i + 1) % 3] - angles[i]
        gap = math.atan2(math.sin(gap), math.cos(gap))
        if abs(gap) < best:
            best, direction = abs(gap), angles[i] + gap / 2
    return direction


@kernel()
def _follow(
    skeleton: Mask, y: int, x: int, from_y: int, from_x: int, around: Steps, path: Steps
) -> tuple[int, int]:
    """Walk a line away from where one came; returns steps done and why it stopped."""
    path[0, 0], path[0, 1] = y, x
    steps = 1
    while steps < FOLLOW:
        next_y, next_x = _next(skeleton, y, x, from_y, from_x, around)
        if next_y < 0 or (steps > 1 and next_y == path[steps - 2, 0] and next_x == path[steps - 2, 1]):
            return steps, ENDED
        if steps > 1 and _crossings(skeleton, y, x, around) >= 6:
            return steps, FORKED
        from_y, from_x, y, x = y, x, next_y, next_x
        path[steps, 0], path[steps, 1] = y, x
        steps += 1
    return steps, TOO_LONG


@kernel()
def _next(skeleton: Mask, y: int, x: int, from_y: int, from_x: int, around: Steps) -> tuple[int, int]:
    """The next pixel of the line, a side neighbour before a corner one; (-1, -1) at its end."""
    next_y, next_x = -1, -1
    for k in range(8):
        yy, xx = y + around[k, 0], x + around[k, 1]
        behind = abs(yy - from_y) + abs(xx - from_x) <= 1
        if skeleton[yy, xx] and not behind and (next_y < 0 or k % 2 == 0):
            next_y, next_x = yy, xx
    return next_y, next_x


@kernel("f8[:,::1] -> b1[::1]")
def _believable(found: Points) -> NDArray[np.bool_]:
    """False for broken ridges and bridges (close, opposed) and for crowds, which are noise."""
    keep = np.ones(len(found), np.bool_)
    for i in range(len(found)):
        near = 0
        for j in range(len(found)):
            dx, dy = abs(found[i, 0] - found[j, 0]), abs(found[i, 1] - found[j, 1])
            near += dx < CROWD_REACH and dy < CROWD_REACH
            distance = math.hypot(dx, dy)
            opposed = math.cos(found[i, 2] - found[j, 2]) < -0.5
            if i != j and (distance < 5 or (distance < CLOSE and opposed)):
                keep[i] = False
        if near >= CROWD:
            keep[i] = False
    return keep
