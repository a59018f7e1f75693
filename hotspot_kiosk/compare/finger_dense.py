"""Compares ridge pictures under a proposed motion, letting the skin stretch a little.

The probe is laid over the reference and cut into patches of about six ridges; each may slide a few
pixels to where it agrees best; an affine correction and then a smooth field are fitted to those
slides, and agreement is read AT the smooth field, so that a stranger's patches cannot slide freely.
All at half resolution with one bit a pixel: 64 pixels are compared in one step. Own method and code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numba import njit
from numba.extending import intrinsic
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Words = NDArray[np.uint64]
Mask = NDArray[np.bool_]

PATCH, STRIDE, GLANCE_STRIDE = 30, 11, 22
OVERHANG = 12
MARGIN = 64
LEAST_KNOWN, LEAST_COMMON = 0.5, 0.45
FIRST_REACH, FIRST_PULL = 4, 0.004
SECOND_REACH, SECOND_PULL = 3, 0.008
LAST_REACH, LAST_PULL = 1, 0.02
FAIR, GOOD = 0.4, 0.6


@dataclass(frozen=True, slots=True)
class RidgePicture:
    """Ridges and known ground of one touch at half resolution, ready to be laid over or under.

    relief: uint8 (rows, columns, 2), 255 on a ridge, 0 between, 128 unknown; then 255 where known.
    bits, mask: the same as packed bits with a margin of 64 unknown pixels around; word k of a row
    holds pixels 32k..32k+63.
    """

    relief: NDArray[np.uint8] = field(repr=False)
    bits: Words = field(repr=False)
    mask: Words = field(repr=False)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Agreement of the ridges, read at the smooth field. 1 is the same, 0 is chance.

    mean: over the patches; fair, good: share of patches above 0.4 and 0.6; weight: the mean times
    about the root of the number of patches; strain: how far the affine part is from the proposed motion;
    slide: mean length of the smooth field in half-resolution px.
    """

    mean: float = 0.0
    fair: float = 0.0
    good: float = 0.0
    weight: float = 0.0
    strain: float = 0.0
    slide: float = 0.0
    patches: int = 0


@dataclass(frozen=True, slots=True)
class _Laid:
    """The moved probe as packed bits of a window of the reference, and the grid of its patches."""

    bits: Words
    mask: Words
    left: int
    top: int
    rows: int
    columns: int
    stride: int

    @property
    def at(self) -> Floats:
        """The patches' middles in reference px, row by row."""
        x = np.tile(np.arange(self.columns), self.rows)
        y = np.repeat(np.arange(self.rows), self.columns)
        half = PATCH / 2
        return np.column_stack([x * self.stride + self.left + half, y * self.stride + self.top + half])

    @property
    def rest(self) -> Floats:
        """No slide of any patch."""
        return np.zeros((self.rows * self.columns, 2))


@dataclass(frozen=True, slots=True)
class _Slides:
    """Per patch: middle (x, y) in reference px, agreement (-2: not comparable), slide (x, y)."""

    at: Floats
    agreement: Floats
    slide: Floats


def ridge_picture(ridges: Mask, area: Mask) -> RidgePicture:
    """Prepare a half-resolution ridge picture; area: where it is known."""
    height = np.where(area, np.where(ridges, 255, 0), 128)
    relief = np.stack([height, np.where(area, 255, 0)], axis=-1).astype(np.uint8)
    around = ((MARGIN, MARGIN), (MARGIN, MARGIN))
    return RidgePicture(relief, _packed(np.pad(ridges & area, around)), _packed(np.pad(area, around)))


def overlay(probe: RidgePicture, reference: RidgePicture, motions: Floats, finalists: int = 3) -> Overlay:
    """Best agreement over proposed motions: rows turn, shift x, shift y in half-resolution pixels.

    All are looked at once; the `finalists` best of these are fitted to the end.
    """
    starts = [_rigid(*motion[:3]) for motion in motions]
    worth = [_weight(_glance(probe, reference, start)) for start in starts]
    promising = sorted(range(len(starts)), key=lambda k: -worth[k])
    ends = [_finish(probe, reference, starts[k]) for k in promising[:finalists]]
    return max(ends, key=lambda end: end.weight, default=Overlay())


def _glance(probe: RidgePicture, reference: RidgePicture, motion: Floats) -> Floats:
    """Agreement of a few patches, to rank motions."""
    laid = _lay(probe, reference, motion, GLANCE_STRIDE)
    return _slides(laid, reference, laid.rest, FIRST_REACH, FIRST_PULL).agreement


def _finish(probe: RidgePicture, reference: RidgePicture, start: Floats) -> Overlay:
    """Fit the affine correction, then the smooth field; read the agreement there."""
    laid = _lay(probe, reference, start)
    correction = _affine(_slides(laid, reference, laid.rest, FIRST_REACH, FIRST_PULL))
    motion = correction[:, :2] @ start
    motion[:, 2] += correction[:, 2]
    laid = _lay(probe, reference, motion)
    smooth = _smooth(_slides(laid, reference, laid.rest, SECOND_REACH, SECOND_PULL))
    last = _slides(laid, reference, smooth, LAST_REACH, LAST_PULL)
    strain = float(np.linalg.norm(correction[:, :2] - np.eye(2)) * 40)
    return _read(last, smooth, strain)


def _read(last: _Slides, smooth: Floats, strain: float) -> Overlay:
    seen = last.agreement > -1.5
    if not seen.any():
        return Overlay()
    agreement = last.agreement[seen]
    return Overlay(
        mean=float(agreement.mean()),
        fair=float((agreement > FAIR).mean()),
        good=float((agreement > GOOD).mean()),
        weight=_weight(agreement),
        strain=strain,
        slide=float(np.hypot(smooth[seen, 0], smooth[seen, 1]).mean()),
        patches=int(seen.sum()),
    )


def _weight(agreement: Floats) -> float:
    seen = agreement[agreement > -1.5]
    return float(seen.sum() / math.sqrt(len(seen) + 4.0))


def _rigid(turn: float, x: float, y: float) -> Floats:
    c, s = math.cos(turn), math.sin(turn)
    return np.array([[c, -s, x], [s, c, y]])


def _lay(probe: RidgePicture, reference: RidgePicture, motion: Floats, stride: int = STRIDE) -> _Laid:
    """Lay the probe over the reference by an affine motion."""
    left, top, width, height = _window(probe, reference, motion)
    if min(width, height) < PATCH:
        nothing = np.zeros((1, 1), np.uint64)
        return _Laid(nothing, nothing, left, top, 0, 0, stride)
    shifted = motion.copy()
    shifted[:, 2] -= (left, top)
    moved = np.asarray(cv2.warpAffine(probe.relief, shifted, (width, height), borderValue=(128, 0)))
    bits = _packed((moved >= 128).transpose(2, 0, 1).reshape(2 * height, width))
    rows, columns = (height - PATCH) // stride + 1, (width - PATCH) // stride + 1
    return _Laid(bits[:height], bits[height:], left, top, rows, columns, stride)


def _window(probe: RidgePicture, reference: RidgePicture, motion: Floats) -> tuple[int, int, int, int]:
    """Left, top, width, height in reference px where the moved probe may lie on the reference."""
    h, w = probe.relief.shape[:2]
    height, width = reference.relief.shape[:2]
    (a, b, x), (c, d, y) = motion.tolist()
    left = max(math.floor(x + min(a * w, 0) + min(b * h, 0)), 0) - OVERHANG
    top = max(math.floor(y + min(c * w, 0) + min(d * h, 0)), 0) - OVERHANG
    right = min(math.ceil(x + max(a * w, 0) + max(b * h, 0)), width) + OVERHANG
    bottom = min(math.ceil(y + max(c * w, 0) + max(d * h, 0)), height) + OVERHANG
    return left, top, max(right - left, 0), max(bottom - top, 0)


def _slides(laid: _Laid, reference: RidgePicture, begin: Floats, reach: int, pull: float) -> _Slides:
    """Let each patch find its best place within `reach` px of where it begins."""
    found = _search(
        laid.bits,
        laid.mask,
        reference.bits,
        reference.mask,
        laid.left + MARGIN,
        laid.top + MARGIN,
        laid.columns,
        laid.stride,
        np.rint(begin).astype(np.int32),
        reach,
        pull,
    )
    return _Slides(laid.at, found[:, 0], found[:, 1:])


def _packed(picture: Mask) -> Words:
    """Rows of words: word k holds pixels 32k..32k+63, the lowest bit first."""
    height, width = picture.shape
    padded = np.zeros((height, -(-width // 32) * 32 + 64), np.bool_)
    padded[:, :width] = picture
    halves = np.packbits(padded, axis=1, bitorder="little").view("<u4").astype(np.uint64)
    return np.ascontiguousarray(halves[:, :-1] | halves[:, 1:] << np.uint64(32))


def _affine(slides: _Slides) -> Floats:
    """Affine map of reference px that follows the slides, held near the identity (2x3)."""
    agreement = np.maximum(slides.agreement - 0.25, 0)
    weight = (agreement * agreement)[:, None]
    middle = slides.at.mean(axis=0) if len(slides.at) else np.zeros(2)
    basis = np.column_stack([(slides.at - middle) / 40, np.ones(len(slides.at))])
    normal = (basis * weight).T @ basis + np.diag([0.5, 0.5, 0.1])
    fitted = np.linalg.solve(normal, (basis * weight).T @ slides.slide)
    linear = np.eye(2) + fitted[:2].T / 40
    shift = fitted[2] - (linear - np.eye(2)) @ middle
    return np.column_stack([linear, shift])


def _smooth(slides: _Slides) -> Floats:
    """Each patch's slide, averaged with its neighbours' by distance and agreement."""
    gap = slides.at[:, None, :] - slides.at[None, :, :]
    distance = (gap * gap).sum(axis=2) / (STRIDE * STRIDE)
    near = np.where(distance < 7, np.exp(-distance / 2), 0.0)
    weight = near * np.maximum(slides.agreement - 0.2, 0)[None, :]
    return np.asarray(weight @ slides.slide / (weight.sum(axis=1, keepdims=True) + 0.15))


def _count_ones(_typing: Any, word: Any) -> Any:
    """Number of one bits of a word, by the processor's own instruction."""
    return word(word), lambda _context, builder, _signature, arguments: builder.ctpop(arguments[0])


_ones: Any = intrinsic(_count_ones)


@njit(cache=True, nogil=True)
def _search(
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
) -> Floats:
    """Per patch: agreement and slide (x, y) at its best place within `reach` of where it begins."""
    out = np.zeros((len(begin), 3))
    patch = np.zeros((2, PATCH // 2), np.uint64)
    for k in range(len(begin)):
        x, y = k % columns * stride, k // columns * stride
        out[k, 0] = -2.0
        if _cut(bits, mask, x, y, patch) >= LEAST_KNOWN * PATCH * PATCH:
            x += left + begin[k, 0]
            y += top + begin[k, 1]
            _slide(patch, reference_bits, reference_mask, x, y, reach, pull, out[k])
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
        known += _ones(patch[1, row])
    return int(known)


@njit(cache=True, nogil=True)
def _slide(
    patch: Words, bits: Words, mask: Words, x: int, y: int, reach: int, pull: float, out: Floats
) -> None:
    best = -9.0
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            common, apart = _differences(patch, bits, mask, x + dx, y + dy)
            if common >= LEAST_COMMON * PATCH * PATCH:
                agreement = math.sin(math.pi / 2 * (1 - 2 * apart / common))
                worth = agreement - pull * (dx * dx + dy * dy)
                if worth > best:
                    best = worth
                    out[0], out[1], out[2] = agreement, dx, dy


@njit(cache=True, nogil=True)
def _differences(patch: Words, bits: Words, mask: Words, x: int, y: int) -> tuple[int, int]:
    """Pixels known in both, and those of them that differ."""
    common, apart = np.uint64(0), np.uint64(0)
    for row in range(PATCH // 2):
        both = patch[1, row] & _window_bits(mask, x, y + 2 * row)
        common += _ones(both)
        apart += _ones((patch[0, row] ^ _window_bits(bits, x, y + 2 * row)) & both)
    return int(common), int(apart)
