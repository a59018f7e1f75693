"""Ridge pictures as packed bits (`finger_laying`): comparing 60 pixels in one step.

Numeric kernels of the dense comparison; they know numbers only. Places are not checked against the
ends of the arrays: callers keep a margin.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Words = NDArray[np.uint64]

PATCH = 30
LEAST_KNOWN, LEAST_COMMON = 0.5, 0.45


def _population(_typing: Any, word: Any) -> Any:
    """Number of one bits of a word, by the processor's own instruction."""
    return word(word), lambda _context, builder, _signature, arguments: builder.ctpop(arguments[0])


count_ones: Any = intrinsic(_population)


@njit(cache=True, nogil=True)
def search(
    bits: Words,
    mask: Words,
    reference_bits: Words,
    reference_mask: Words,
    left: int,
    top: int,
    columns: int,
    stride: int,
    begin: Ints,
    reach: int,
    pull: float,
    step: int,
) -> Floats:
    """Per patch: agreement and slide (x, y) at its best place within `reach` of where it begins.

    step: with 2 every other place is tried, then those around the best of them.
    """
    out = np.zeros((len(begin), 3))
    patch = np.zeros((2, PATCH // 2), np.uint64)
    strip = np.zeros((2, PATCH - 1 + 2 * reach), np.uint64)
    for k in range(len(begin)):
        x, y = k % columns * stride, k // columns * stride
        out[k, 0] = -2.0
        if _cut(bits, mask, x, y, patch) >= LEAST_KNOWN * PATCH * PATCH:
            x += left + begin[k, 0]
            y += top + begin[k, 1]
            _slide(patch, strip, reference_bits, reference_mask, x, y, reach, pull, step, out[k])
            out[k, 1] += begin[k, 0]
            out[k, 2] += begin[k, 1]
    return out


@njit(cache=True, nogil=True)
def glance(
    bits: Words,
    mask: Words,
    reference_bits: Words,
    reference_mask: Words,
    left: int,
    top: int,
    stride: int,
    reach: int,
    pull: float,
    step: int,
) -> float:
    """How well patches of a picture agree that lies at (left, top): their sum, by about the root of their number.

    Patches that would slide over the ends of the reference are left out.
    """
    patch = np.zeros((2, PATCH // 2), np.uint64)
    strip = np.zeros((2, PATCH - 1 + 2 * reach), np.uint64)
    found = np.zeros(3)
    last_x, last_y = 32 * reference_bits.shape[1] - 1 - reach, reference_bits.shape[0] - PATCH - reach
    total, count = 0.0, 0
    for y in range(0, bits.shape[0] - PATCH + 1, stride):
        for x in range(0, 32 * bits.shape[1] - 63, stride):
            if not (reach <= left + x <= last_x and reach <= top + y <= last_y):
                continue
            if _cut(bits, mask, x, y, patch) < LEAST_KNOWN * PATCH * PATCH:
                continue
            found[0] = -2.0
            at_x, at_y = left + x, top + y
            _slide(patch, strip, reference_bits, reference_mask, at_x, at_y, reach, pull, step, found)
            if found[0] > -2.0:
                total += found[0]
                count += 1
    return total / math.sqrt(count + 4.0)


@njit(cache=True, nogil=True)
def _window_bits(words: Words, x: int, y: int) -> Any:
    """30 pixels of row y and, 32 bits higher, of row y + 1, from column x on."""
    side = np.uint64((1 << 30) - 1)
    word, shift = x >> 5, np.uint64(x & 31)
    return ((words[y, word] >> shift) & side) | (((words[y + 1, word] >> shift) & side) << np.uint64(32))


@njit(cache=True, nogil=True)
def _cut(bits: Words, mask: Words, x: int, y: int, patch: Words) -> int:
    """Copy a patch and its mask; returns how many of its pixels are known."""
    known = np.uint64(0)
    for row in range(PATCH // 2):
        patch[0, row] = _window_bits(bits, x, y + 2 * row)
        patch[1, row] = _window_bits(mask, x, y + 2 * row)
        known += count_ones(patch[1, row])
    return int(known)


@njit(cache=True, nogil=True)
def _slide(
    patch: Words,
    strip: Words,
    bits: Words,
    mask: Words,
    x: int,
    y: int,
    reach: int,
    pull: float,
    step: int,
    out: Floats,
) -> None:
    """Where the patch agrees best. Ridges lie 4 to 5 px apart at half resolution: a peak is wider than a step of 2.

    Column of places by column, so that what lies under one is cut out of the reference once.
    """
    whole = _all_known(patch, mask, x - reach, y - reach, reach)
    best = -9.0
    for dx in range(-reach, reach + 1, step):
        best = _column(patch, strip, bits, mask, x, y, dx, -reach, reach, step, whole, pull, best, out)
    if step > 1 and best > -9.0:
        at_x, at_y = int(out[1]), int(out[2])
        low, high = max(at_y - 1, -reach), min(at_y + 1, reach)
        for dx in range(max(at_x - 1, -reach), min(at_x + 1, reach) + 1):
            best = _column(patch, strip, bits, mask, x, y, dx, low, high, 1, whole, pull, best, out)


@njit(cache=True, nogil=True)
def _column(
    patch: Words,
    strip: Words,
    bits: Words,
    mask: Words,
    x: int,
    y: int,
    dx: int,
    low: int,
    high: int,
    step: int,
    whole: bool,
    pull: float,
    best: float,
    out: Floats,
) -> float:
    """The better of `best` and the places (dx, low..high), which go into `out` where they are better.

    Of places equally good the one counts that lies first by rows, as if they were tried in that order.
    """
    rows = PATCH - 1 + high - low
    _cut_strip(bits, x + dx, y + low, rows, strip[0])
    if not whole:
        _cut_strip(mask, x + dx, y + low, rows, strip[1])
    for dy in range(low, high + 1, step):
        if whole:
            common, apart = PATCH * PATCH, _differences_known(patch, strip, dy - low)
        else:
            common, apart = _differences(patch, strip, dy - low)
        if common < LEAST_COMMON * PATCH * PATCH:
            continue
        balance, price = 1 - 2 * apart / common, pull * (dx * dx + dy * dy)
        if balance * (math.pi / 2 if balance > 0 else 1.0) - price < best:
            continue  # the sine below is no greater
        agreement = math.sin(math.pi / 2 * balance)
        worth = agreement - price
        if worth > best or (worth == best and (dy < out[2] or (dy == out[2] and dx < out[1]))):
            best = worth
            out[0], out[1], out[2] = agreement, dx, dy
    return best


@njit(cache=True, nogil=True)
def _all_known(patch: Words, mask: Words, x: int, y: int, reach: int) -> bool:
    """Whether nothing is unknown in the patch, nor wherever it may slide; (x, y): the least place."""
    whole = _window_bits(mask, x, y)
    for row in range(PATCH // 2):
        whole &= patch[1, row]
    for row in range(0, PATCH + 2 * reach, 2):
        whole &= _window_bits(mask, x, y + row) & _window_bits(mask, x + 2 * reach, y + row)
    return bool(count_ones(whole) == np.uint64(2 * PATCH))


@njit(cache=True, nogil=True)
def _cut_strip(words: Words, x: int, y: int, rows: int, strip: Words) -> None:
    """Of so many rows from y on 30 pixels from column x on and, 32 bits higher, of the row below."""
    side = np.uint64((1 << 30) - 1)
    word, shift = x >> 5, np.uint64(x & 31)
    row = (words[y, word] >> shift) & side
    for k in range(rows):
        below = (words[y + k + 1, word] >> shift) & side
        strip[k] = row | below << np.uint64(32)
        row = below


@njit(cache=True, nogil=True)
def _differences_known(patch: Words, strip: Words, top: int) -> int:
    """Pixels that differ where all are known."""
    apart = np.uint64(0)
    for row in range(PATCH // 2):
        apart += count_ones(patch[0, row] ^ strip[0, top + 2 * row])
    return int(apart)


@njit(cache=True, nogil=True)
def _differences(patch: Words, strip: Words, top: int) -> tuple[int, int]:
    """Pixels known in both, and those of them that differ."""
    common, apart = np.uint64(0), np.uint64(0)
    for row in range(PATCH // 2):
        both = patch[1, row] & strip[1, top + 2 * row]
        common += count_ones(both)
        apart += count_ones((patch[0, row] ^ strip[0, top + 2 * row]) & both)
    return int(common), int(apart)
