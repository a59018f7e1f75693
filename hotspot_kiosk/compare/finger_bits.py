"""Ridge pictures as packed bits (`finger_laying`): comparing 60 pixels in one step.

Numeric kernels of the dense comparison; they know numbers only. Places are not checked against the
ends of the arrays: callers keep a margin. Inner steps take whole arrays and numbers of places rather than
views, which cost more than what they carry.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import counter, kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Words = NDArray[np.uint64]

PATCH = 30
HALF_PATCH = PATCH // 2
LEAST_KNOWN, LEAST_COMMON = 0.5, 0.45
MOST_REACH = 8
HAIR = 1e-9  # more than rounding takes

count_ones = counter()


@kernel("u8[:,::1], u8[:,::1], u8[:,::1], u8[:,::1], i8, i8, i8, i8, i4[:,::1], i8, f8, i8 -> f8[:,::1]")
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
    patch, rows, strip, counts = _room()
    for k in range(len(begin)):
        x, y = k % columns * stride, k // columns * stride
        out[k, 0] = -2.0
        known = _cut(bits, mask, x, y, patch)
        if known >= LEAST_KNOWN * PATCH * PATCH:
            at_x, at_y = x + left + begin[k, 0], y + top + begin[k, 1]
            whole = _cut_rows(reference_bits, reference_mask, at_x - reach, at_y - reach, reach, rows)
            whole = whole and known == PATCH * PATCH
            _slide(patch, rows, strip, counts, whole, reach, pull, step, out, k)
            out[k, 1] += begin[k, 0]
            out[k, 2] += begin[k, 1]
    return out


@kernel("u8[:,::1], u8[:,::1], u8[:,::1], u8[:,::1], i8, i8, i8, i8, f8, i8 -> f8")
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
    patch, rows, strip, counts = _room()
    found = np.zeros((1, 3))
    last_x, last_y = 32 * reference_bits.shape[1] - 1 - reach, reference_bits.shape[0] - PATCH - reach
    total, count = 0.0, 0
    for y in range(0, bits.shape[0] - PATCH + 1, stride):
        for x in range(0, 32 * bits.shape[1] - 63, stride):
            if not (reach <= left + x <= last_x and reach <= top + y <= last_y):
                continue
            known = _cut(bits, mask, x, y, patch)
            if known < LEAST_KNOWN * PATCH * PATCH:
                continue
            at_x, at_y = left + x - reach, top + y - reach
            whole = _cut_rows(reference_bits, reference_mask, at_x, at_y, reach, rows)
            found[0, 0] = -2.0
            whole = whole and known == PATCH * PATCH
            _slide(patch, rows, strip, counts, whole, reach, pull, step, found, 0)
            if found[0, 0] > -2.0:
                total += found[0, 0]
                count += 1
    return total / math.sqrt(count + 4.0)


@kernel()
def _room() -> tuple[Words, Words, Words, Ints]:
    """For a patch, rows of the reference about it, what lies in one column of places, and counts at all places."""
    patch = np.zeros((2, HALF_PATCH), np.uint64)
    rows = np.zeros((2, PATCH + 2 * MOST_REACH), np.uint64)
    strip = np.zeros((2, PATCH + 2 * MOST_REACH), np.uint64)
    return patch, rows, strip, np.zeros((2, 2 * MOST_REACH + 1, 2 * MOST_REACH + 1), np.int32)


@kernel()
def _cut(bits: Words, mask: Words, x: int, y: int, patch: Words) -> int:
    """Copy a patch and its mask, two rows a word, 32 bits apart; returns how many of its pixels are known."""
    side = np.uint64((1 << PATCH) - 1)
    word, shift = x >> 5, np.uint64(x & 31)
    known = np.uint64(0)
    for row in range(HALF_PATCH):
        line = y + 2 * row
        patch[0, row] = ((bits[line, word] >> shift) & side) | (
            ((bits[line + 1, word] >> shift) & side) << np.uint64(32)
        )
        patch[1, row] = ((mask[line, word] >> shift) & side) | (
            ((mask[line + 1, word] >> shift) & side) << np.uint64(32)
        )
        known += count_ones(patch[1, row])
    return int(known)


@kernel()
def _cut_rows(bits: Words, mask: Words, x: int, y: int, reach: int, rows: Words) -> bool:
    """Copy all that may lie under a patch which slides from (x, y) on; returns whether all of it is known."""
    width = PATCH + 2 * reach
    everything = ~np.uint64(0)
    word, shift = x >> 5, np.uint64(x & 31)
    if (x & 31) + width <= 64:
        for k in range(width):
            rows[0, k] = bits[y + k, word] >> shift
            rows[1, k] = mask[y + k, word] >> shift
            everything &= rows[1, k]
    else:
        rest = np.uint64(32 - (x & 31))
        for k in range(width):
            rows[0, k] = bits[y + k, word] >> shift | bits[y + k, word + 1] << rest
            rows[1, k] = mask[y + k, word] >> shift | mask[y + k, word + 1] << rest
            everything &= rows[1, k]
    all_known = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    return bool(everything & all_known == all_known)


@kernel()
def _slide(
    patch: Words,
    rows: Words,
    strip: Words,
    counts: Ints,
    whole: bool,
    reach: int,
    pull: float,
    step: int,
    out: Floats,
    k: int,
) -> None:
    """Where the patch agrees best. Ridges lie 4 to 5 px apart at half resolution: a peak is wider than a step of 2."""
    last = 2 * reach
    _count(patch, rows, strip, counts, whole, 0, last, 0, last, step)
    best = _best(counts, 0, last, 0, last, step, reach, pull, -9.0, out, k)
    if step > 1 and best > -9.0:
        x, y = int(out[k, 1]) + reach, int(out[k, 2]) + reach
        left, right, top, bottom = max(x - 1, 0), min(x + 1, last), max(y - 1, 0), min(y + 1, last)
        _count(patch, rows, strip, counts, whole, left, right, top, bottom, 1)
        _best(counts, left, right, top, bottom, 1, reach, pull, best, out, k)


@kernel()
def _count(
    patch: Words,
    rows: Words,
    strip: Words,
    counts: Ints,
    whole: bool,
    left: int,
    right: int,
    top: int,
    bottom: int,
    step: int,
) -> None:
    """At each place of left..right, top..bottom the patch may slide to: pixels that differ, pixels known in both."""
    for x in range(left, right + 1, step):
        _cut_strip(rows, strip, 0, x, top, bottom)
        if whole:
            for y in range(top, bottom + 1, step):
                apart = np.uint64(0)
                for row in range(HALF_PATCH):
                    apart += count_ones(patch[0, row] ^ strip[0, y + 2 * row])
                counts[0, x, y], counts[1, x, y] = apart, PATCH * PATCH
        else:
            _cut_strip(rows, strip, 1, x, top, bottom)
            for y in range(top, bottom + 1, step):
                apart, common = np.uint64(0), np.uint64(0)
                for row in range(HALF_PATCH):
                    both = patch[1, row] & strip[1, y + 2 * row]
                    common += count_ones(both)
                    apart += count_ones((patch[0, row] ^ strip[0, y + 2 * row]) & both)
                counts[0, x, y], counts[1, x, y] = apart, common


@kernel()
def _cut_strip(rows: Words, strip: Words, which: int, x: int, top: int, bottom: int) -> None:
    """Of the rows under a patch at (x, top..bottom): 30 pixels and, 32 bits higher, those of the row below."""
    side, shift = np.uint64((1 << PATCH) - 1), np.uint64(x)
    for k in range(top, bottom + PATCH - 1):
        strip[which, k] = (rows[which, k] >> shift & side) | (
            (rows[which, k + 1] >> shift & side) << np.uint64(32)
        )


@kernel(error_model="numpy")
def _best(
    counts: Ints,
    left: int,
    right: int,
    top: int,
    bottom: int,
    step: int,
    reach: int,
    pull: float,
    best: float,
    out: Floats,
    k: int,
) -> float:
    """The better of `best` and those places, which go into `out` where they are better: agreement, slide x, slide y.

    Of places equally good the one counts that lies first by rows.
    """
    for y in range(top, bottom + 1, step):
        for x in range(left, right + 1, step):
            common = counts[1, x, y]
            if common < LEAST_COMMON * PATCH * PATCH:
                continue
            dx, dy = x - reach, y - reach
            price = pull * (dx * dx + dy * dy)
            least = (best + price) * (2 / math.pi if best + price > 0 else 1.0) - HAIR
            if 2 * counts[0, x, y] > common * (1 - least):
                continue  # the sine below is no greater
            agreement = math.sin(math.pi / 2 * (1 - 2 * counts[0, x, y] / common))
            worth = agreement - price
            if worth > best or (worth == best and (dy < out[k, 2] or (dy == out[k, 2] and dx < out[k, 1]))):
                best = worth
                out[k, 0], out[k, 1], out[k, 2] = agreement, dx, dy
    return best
