"""Ridge pictures as packed bits: laying one over another, comparing 60 pixels in one step.

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
Mask = NDArray[np.bool_]

PATCH = 30
FINER = 4
LEAST_KNOWN, LEAST_COMMON = 0.5, 0.45


def packed(picture: Mask) -> Words:
    """Rows of words: word k holds pixels 32k..32k+63, the lowest bit first."""
    height, width = picture.shape
    padded = np.zeros((height, -(-width // 32) * 32 + 64), np.bool_)
    padded[:, :width] = picture
    halves = np.packbits(padded, axis=1, bitorder="little").view("<u4").astype(np.uint64)
    return np.ascontiguousarray(halves[:, :-1] | halves[:, 1:] << np.uint64(32))


@njit(cache=True, nogil=True)
def lay(
    fine: NDArray[np.uint8], motion: Floats, left: int, top: int, width: int, height: int
) -> tuple[Words, Words]:
    """A picture moved by an affine motion (2x3), as packed bits and mask of the window asked for.

    fine: the picture at FINER times the resolution of motion and window: 0 unknown, 2 valley, 3 ridge.
    """
    words = (width + 31) // 32
    bits = np.zeros((height, words + 1), np.uint64)
    mask = np.zeros((height, words + 1), np.uint64)
    scale = FINER / (motion[0, 0] * motion[1, 1] - motion[0, 1] * motion[1, 0])
    across_x, across_y = motion[1, 1] * scale, -motion[1, 0] * scale
    for y in range(height):
        dx, dy = left - motion[0, 2], top + y - motion[1, 2]
        px = (motion[1, 1] * dx - motion[0, 1] * dy) * scale + FINER / 2
        py = (motion[0, 0] * dy - motion[1, 0] * dx) * scale + FINER / 2
        for word in range(words):
            known, ridge = _gather(
                fine, px + 32 * word * across_x, py + 32 * word * across_y, across_x, across_y
            )
            _put(mask, y, word, known)
            _put(bits, y, word, ridge)
    return bits, mask


@njit(cache=True, nogil=True)
def _gather(fine: NDArray[np.uint8], px: float, py: float, step_x: float, step_y: float) -> Any:
    """Known and ridge bits of 32 pixels in a line."""
    known, ridge = np.uint64(0), np.uint64(0)
    rows, columns = fine.shape
    for k in range(32):
        x, y = px + k * step_x, py + k * step_y
        if 0 <= x < columns and 0 <= y < rows:
            value = np.uint64(fine[int(y), int(x)])
            known |= (value >> np.uint64(1)) << np.uint64(k)
            ridge |= (value & np.uint64(1)) << np.uint64(k)
    return known, ridge


@njit(cache=True, nogil=True)
def _put(words: Words, y: int, word: int, half: Any) -> None:
    """32 pixels, which begin one word and end the one before."""
    words[y, word] |= half
    if word > 0:
        words[y, word - 1] |= half << np.uint64(32)


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
    for k in range(len(begin)):
        x, y = k % columns * stride, k // columns * stride
        out[k, 0] = -2.0
        if _cut(bits, mask, x, y, patch) >= LEAST_KNOWN * PATCH * PATCH:
            x += left + begin[k, 0]
            y += top + begin[k, 1]
            _slide(patch, reference_bits, reference_mask, x, y, reach, pull, step, out[k])
            out[k, 1] += begin[k, 0]
            out[k, 2] += begin[k, 1]
    return out


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
    patch: Words, bits: Words, mask: Words, x: int, y: int, reach: int, pull: float, step: int, out: Floats
) -> None:
    """Where the patch agrees best. Ridges lie 4 to 5 px apart at half resolution: a peak is wider than a step of 2."""
    whole = _all_known(patch, mask, x - reach, y - reach, reach)
    best = -9.0
    for dy in range(-reach, reach + 1, step):
        for dx in range(-reach, reach + 1, step):
            best = _try(patch, bits, mask, x, y, dx, dy, whole, pull, best, out)
    if step > 1 and best > -9.0:
        at_x, at_y = int(out[1]), int(out[2])
        for dy in range(max(at_y - 1, -reach), min(at_y + 1, reach) + 1):
            for dx in range(max(at_x - 1, -reach), min(at_x + 1, reach) + 1):
                if dx != at_x or dy != at_y:
                    best = _try(patch, bits, mask, x, y, dx, dy, whole, pull, best, out)


@njit(cache=True, nogil=True)
def _try(
    patch: Words,
    bits: Words,
    mask: Words,
    x: int,
    y: int,
    dx: int,
    dy: int,
    whole: bool,
    pull: float,
    best: float,
    out: Floats,
) -> float:
    """The better of `best` and the worth of one place, which goes into `out` if it is better."""
    if whole:
        common, apart = PATCH * PATCH, _differences_known(patch, bits, x + dx, y + dy)
    else:
        common, apart = _differences(patch, bits, mask, x + dx, y + dy)
    if common < LEAST_COMMON * PATCH * PATCH:
        return best
    agreement = math.sin(math.pi / 2 * (1 - 2 * apart / common))
    worth = agreement - pull * (dx * dx + dy * dy)
    if worth > best:
        out[0], out[1], out[2] = agreement, dx, dy
        return worth
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
def _differences_known(patch: Words, bits: Words, x: int, y: int) -> int:
    """Pixels that differ where all are known."""
    apart = np.uint64(0)
    for row in range(PATCH // 2):
        apart += count_ones(patch[0, row] ^ _window_bits(bits, x, y + 2 * row))
    return int(apart)


@njit(cache=True, nogil=True)
def _differences(patch: Words, bits: Words, mask: Words, x: int, y: int) -> tuple[int, int]:
    """Pixels known in both, and those of them that differ."""
    common, apart = np.uint64(0), np.uint64(0)
    for row in range(PATCH // 2):
        both = patch[1, row] & _window_bits(mask, x, y + 2 * row)
        common += count_ones(both)
        apart += count_ones((patch[0, row] ^ _window_bits(bits, x, y + 2 * row)) & both)
    return int(common), int(apart)
