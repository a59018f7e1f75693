"""Thins a black-and-white picture to lines one pixel wide (Guo & Hall 1989, first variant).

The eight neighbours of a pixel index a table of 256 answers; the outermost pixels stay clear.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

Mask = NDArray[np.uint8]

NEIGHBOURS = np.array([(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)], np.int64)
"""Rows (dy, dx), counter-clockwise from the right; even ones share a side."""


def thin(mask: Mask) -> Mask:
    """Skeleton (0/1) of a 0/1 picture of at least 3x3 px; its outermost pixels are always 0."""
    skeleton = np.array(mask > 0, np.uint8, order="C")
    skeleton[[0, -1]] = 0
    skeleton[:, [0, -1]] = 0
    _thin(skeleton, _table())
    return skeleton


@cache
def _table() -> Mask:
    """Bit 0 / bit 1 of entry n: a pixel with neighbours n goes in the first / second half step."""
    return np.array([_removal(n) for n in range(256)], np.uint8)


def _removal(neighbours: int) -> int:
    e, ne, n, nw, w, sw, s, se = (neighbours >> bit & 1 for bit in range(8))
    ways = ((not n) & (ne | e)) + ((not e) & (se | s)) + ((not s) & (sw | w)) + ((not w) & (nw | n))
    thickness = min((nw | n) + (ne | e) + (se | s) + (sw | w), (n | ne) + (e | se) + (s | sw) + (w | nw))
    if ways != 1 or not 2 <= thickness <= 3:
        return 0
    first = not ((n | ne | (not se)) & e)
    second = not ((s | sw | (not nw)) & w)
    return int(first) | int(second) << 1


@kernel("u1[:,::1]!, u1[::1] ->")
def _thin(skeleton: Mask, table: Mask) -> None:
    ys, xs = np.nonzero(skeleton)
    count = len(ys)
    gone = np.empty(count, np.int64)
    changed = True
    while changed:
        changed = False
        for bit in (1, 2):
            removed = _half_step(skeleton, table, bit, ys, xs, count, gone)
            changed = changed or removed > 0
            count = _forget(skeleton, ys, xs, count)


@kernel()
def _half_step(
    skeleton: Mask,
    table: Mask,
    bit: int,
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    count: int,
    gone: NDArray[np.int64],
) -> int:
    removed = 0
    for i in range(count):
        if table[_code(skeleton, ys[i], xs[i])] & bit:
            gone[removed] = i
            removed += 1
    for i in gone[:removed]:
        skeleton[ys[i], xs[i]] = 0
    return removed


@kernel()
def _forget(skeleton: Mask, ys: NDArray[np.int64], xs: NDArray[np.int64], count: int) -> int:
    """Drop cleared pixels from the list; returns how many are left."""
    kept = 0
    for i in range(count):
        if skeleton[ys[i], xs[i]]:
            ys[kept], xs[kept] = ys[i], xs[i]
            kept += 1
    return kept


@kernel()
def _code(s: Mask, y: int, x: int) -> int:
    """The neighbours as bits, in the order of NEIGHBOURS."""
    right = s[y, x + 1] | s[y - 1, x + 1] << 1 | s[y - 1, x] << 2 | s[y - 1, x - 1] << 3
    left = s[y, x - 1] << 4 | s[y + 1, x - 1] << 5 | s[y + 1, x] << 6 | s[y + 1, x + 1] << 7
    return int(right | left)
