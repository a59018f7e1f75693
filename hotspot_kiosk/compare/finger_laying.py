"""Ridge pictures as packed bits: rows of words with a margin, and a picture laid where a motion puts it.

Numeric kernels; they know numbers only. Word k of a row holds pixels 32k..32k+63, the lowest bit first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

FINER = 4
FRACTION = 32
ONE = 1 << FRACTION


def packed(picture: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A picture's rows, eight pixels a byte, the lowest bit first."""
    return np.packbits(picture, axis=1, bitorder="little")


def unpacked(rows: NDArray[np.uint8], width: int) -> NDArray[np.bool_]:
    """The inverse of `packed`."""
    return np.unpackbits(rows, axis=1, count=width, bitorder="little").view(np.bool_)


@kernel("u1[:,::1], i8 -> u8[:,::1]")
def spread(rows: NDArray[np.uint8], margin: int) -> Words:
    """Rows of words from rows of bytes, the lowest bit first, with a margin of unknown pixels all round.

    Word k holds pixels 32k..32k+63. margin: a multiple of 32.
    """
    height, width = rows.shape
    words = (2 * margin + 8 * width + 31) // 32 + 1
    out = np.zeros((height + 2 * margin, words), np.uint64)
    for y in range(height):
        for k in range(width):
            byte, at = np.uint64(rows[y, k]), margin // 8 + k
            out[margin + y, at >> 2] |= byte << np.uint64(8 * (at & 3))
            out[margin + y, (at >> 2) - 1] |= byte << np.uint64(8 * (at & 3) + 32)
    return out


@kernel("u1[:,::1], f8[:,::1], i8, i8, i8, i8 -> u8[:,::1], u8[:,::1]")
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
    step_x, step_y = int(motion[1, 1] * scale * ONE), int(-motion[1, 0] * scale * ONE)
    rows, columns = fine.shape
    for y in range(height):
        dx, dy = left - motion[0, 2], top + y - motion[1, 2]
        x0 = int(((motion[1, 1] * dx - motion[0, 1] * dy) * scale + FINER / 2) * ONE)
        y0 = int(((motion[0, 0] * dy - motion[1, 0] * dx) * scale + FINER / 2) * ONE)
        first, last = _inside(x0, step_x, columns, 0, 32 * words)
        first, last = _inside(y0, step_y, rows, first, last)
        for word in range(first >> 5, (last + 31) >> 5):
            begin, end = max(first, 32 * word), min(last, 32 * word + 32)
            known, ridge = _gather(fine, x0, y0, step_x, step_y, begin, end)
            _put(mask, y, word, known)
            _put(bits, y, word, ridge)
    return bits, mask


@kernel()
def _inside(start: int, step: int, size: int, first: int, last: int) -> tuple[int, int]:
    """The numbers k of first..last-1 for which start + k * step lies in 0..size, in fixed point."""
    end = size * ONE
    if step < 0:
        start, step = end - 1 - start, -step
    if step == 0:
        return (first, last) if 0 <= start < end else (first, first)
    begin = max(first, -(start // step))
    last = min(last, -((start - end) // step))
    return (begin, last) if begin < last else (first, first)


@kernel()
def _gather(fine: NDArray[np.uint8], x0: int, y0: int, step_x: int, step_y: int, begin: int, end: int) -> Any:
    """Known and ridge bits of the pixels begin..end-1 of a line, all within one group of 32."""
    known, ridge = np.uint64(0), np.uint64(0)
    x, y = x0 + begin * step_x, y0 + begin * step_y
    for k in range(begin & 31, (begin & 31) + end - begin):
        value = np.uint64(fine[y >> FRACTION, x >> FRACTION])
        known |= (value >> np.uint64(1)) << np.uint64(k)
        ridge |= (value & np.uint64(1)) << np.uint64(k)
        x += step_x
        y += step_y
    return known, ridge


@kernel()
def _put(words: Words, y: int, word: int, half: Any) -> None:
    """32 pixels, which begin one word and end the one before."""
    words[y, word] |= half
    if word > 0:
        words[y, word - 1] |= half << np.uint64(32)
