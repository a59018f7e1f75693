"""A ridge picture in about half the bytes of its bits: adaptive arithmetic coding, without loss.

Each pixel is predicted from the eleven before it (three to its left, five above, three above those),
as JBIG2 (ITU-T T.88, 6.2) does; counts adapt from pixel to pixel, nothing is learnt beforehand. The
coder is Witten, Neal and Cleary's (CACM 30, 1987). Whole numbers only, so that every machine reads
what any other wrote. Decoding takes any bytes: what is no picture gives a picture of nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

TOP, LEFT, RIGHT = 2, 3, 2
CONTEXTS = 1 << 11
START, STEP, MOST = 2, 5, 5 * 1024  # counts: at first, a pixel's worth, and when they are halved
MOST_BITS = 13  # that one pixel can cost: log2 of MOST + STEP to 1
FULL, HALF, QUARTER = (1 << 32) - 1, 1 << 31, 1 << 30
Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


def encode(picture: Mask) -> bytes:
    """The bytes of a picture (height, width); at least one, its size not among them."""
    height, width = picture.shape
    room = np.zeros(picture.size * MOST_BITS + 64, np.uint8)
    bits = _encoded(_padded(picture), height, width, room)
    return np.packbits(room[:bits]).tobytes()


def decode(data: bytes, shape: tuple[int, int]) -> Mask:
    """The picture of that height and width; the inverse of `encode`."""
    height, width = shape
    padded = _padded(np.zeros(shape, np.bool_))
    _decoded(np.unpackbits(np.frombuffer(data, np.uint8)), padded, height, width)
    return padded[TOP:, LEFT : LEFT + width].astype(np.bool_)


def warm_up() -> None:
    """Compile or load both ways now, so that the first real picture does not wait for it."""
    decode(encode(np.zeros((8, 8), np.bool_)), (8, 8))


def _padded(picture: Mask) -> Bytes:
    return np.pad(picture.astype(np.uint8), ((TOP, 0), (LEFT, RIGHT)))


@kernel()
def _context(p: Bytes, y: int, x: int) -> int:
    """Of the pixel at (y, x) of the padded picture."""
    found: int = p[y, x - 3] << 2 | p[y, x - 2] << 1 | p[y, x - 1]
    for column in range(x - 2, x + 3):
        found = found << 1 | p[y - 1, column]
    for column in range(x - 1, x + 2):
        found = found << 1 | p[y - 2, column]
    return found


@kernel()
def _count(counts: NDArray[np.int64], context: int, bit: int) -> None:
    counts[context, bit] += STEP
    if counts[context, 0] + counts[context, 1] > MOST:
        counts[context, 0] = (counts[context, 0] + 1) // 2
        counts[context, 1] = (counts[context, 1] + 1) // 2


@kernel()
def _split(counts: NDArray[np.int64], context: int, low: int, high: int) -> int:
    """The last number of the part of [low, high] that stands for a 0."""
    zeros: int = counts[context, 0]
    total: int = counts[context, 0] + counts[context, 1]
    return low + (high - low + 1) * zeros // total - 1


@kernel()
def _emit(out: Bytes, at: int, bit: int, pending: int) -> int:
    """A bit, and as many of the other kind as were pending; where the next one goes."""
    out[at] = bit
    for place in range(at + 1, at + 1 + pending):
        out[place] = 1 - bit
    return at + 1 + pending


@kernel("u1[:,::1], i8, i8, u1[::1]! -> i8")
def _encoded(p: Bytes, height: int, width: int, out: Bytes) -> int:
    """Code into `out`, a byte a bit; returns how many."""
    counts = np.full((CONTEXTS, 2), START, np.int64)
    low, high, pending, at = 0, FULL, 0, 0
    for y in range(TOP, TOP + height):
        for x in range(LEFT, LEFT + width):
            context, bit = _context(p, y, x), p[y, x]
            split = _split(counts, context, low, high)
            low, high = (split + 1, high) if bit else (low, split)
            _count(counts, context, bit)
            while True:
                if high < HALF or low >= HALF:
                    at = _emit(out, at, 1 if low >= HALF else 0, pending)
                    pending = 0
                    low, high = low & (HALF - 1), high & (HALF - 1)
                elif low >= QUARTER and high < HALF + QUARTER:
                    pending += 1
                    low, high = low - QUARTER, high - QUARTER
                else:
                    break
                low, high = low << 1, high << 1 | 1
    return _emit(out, at, 0 if low < QUARTER else 1, pending + 1)


@kernel("u1[::1], u1[:,::1]!, i8, i8 ->")
def _decoded(bits: Bytes, p: Bytes, height: int, width: int) -> None:
    """Fill the padded picture `p`; behind the last bit come zeros."""
    counts = np.full((CONTEXTS, 2), START, np.int64)
    low, high, value, at = 0, FULL, 0, 0
    for _ in range(32):
        value = value << 1 | (bits[at] if at < bits.size else 0)
        at += 1
    for y in range(TOP, TOP + height):
        for x in range(LEFT, LEFT + width):
            context = _context(p, y, x)
            split = _split(counts, context, low, high)
            bit = 1 if value > split else 0
            low, high = (split + 1, high) if bit else (low, split)
            p[y, x] = bit
            _count(counts, context, bit)
            while True:
                if high < HALF or low >= HALF:
                    low, high, value = low & (HALF - 1), high & (HALF - 1), value & (HALF - 1)
                elif low >= QUARTER and high < HALF + QUARTER:
                    low, high, value = low - QUARTER, high - QUARTER, value - QUARTER
                else:
                    break
                low, high = low << 1, high << 1 | 1
                value = value << 1 | (bits[at] if at < bits.size else 0)
                at += 1
