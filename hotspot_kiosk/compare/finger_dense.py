"""Compares ridge pictures under a proposed motion, letting the skin stretch a little.

The probe is laid over the reference and cut into patches of about six ridges; each may slide a few
pixels to where it agrees best; an affine correction and then a smooth field are fitted to those
slides, and agreement is read AT the smooth field, so that a stranger's patches cannot slide freely.
All at half resolution with one bit a pixel: 64 pixels are compared in one step. Own method and code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger_bits import PATCH, glance, search
from hotspot_kiosk.compare.finger_fit import affine, smooth
from hotspot_kiosk.compare.finger_laying import FINER, lay, spread, unpacked

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

STRIDE, GLANCE_STRIDE = 11, 18
TURN_STEP, FULL_TURN = math.radians(1.5), 240
OVERHANG = 12
MARGIN = 64
FIRST_REACH, FIRST_PULL, FIRST_STEP = 4, 0.004, 2
GLANCE_REACH, GLANCE_STEP = 3, 2
SECOND_REACH, SECOND_PULL = 3, 0.008
LAST_REACH, LAST_PULL = 1, 0.02
FAIR, GOOD = 0.4, 0.6


@dataclass(frozen=True, slots=True)
class RidgePicture:
    """Ridges and known ground of one touch at half resolution, ready to be laid over or under.

    ridges, area: bool (rows, columns). bits, mask: the same, packed, with a margin of 64 unknown pixels;
    word k of a row holds pixels 32k..32k+63. fine: the picture enlarged, and turned: its turned copies by steps
    of 1.5 degrees, each made when it is first laid over another, for a gallery never needs them.
    """

    ridges: Mask = field(repr=False)
    area: Mask = field(repr=False)
    bits: Words = field(repr=False)
    mask: Words = field(repr=False)
    fine: list[NDArray[np.uint8]] = field(default_factory=list, repr=False, compare=False)
    turned: dict[int, tuple[Words, Words]] = field(default_factory=dict, repr=False, compare=False)


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
class Fit:
    """The best overlay and where it lies: `motion` (2, 3) carries probe px to reference px, both at half
    resolution; then each patch, its middle at `at` (n, 2), slides by `slides` (n, 2); its `agreement` is -2 if unknown.
    """

    overlay: Overlay = field(default_factory=Overlay)
    motion: Floats = field(default_factory=lambda: np.eye(2, 3), repr=False)
    at: Floats = field(default_factory=lambda: np.zeros((0, 2)), repr=False)
    slides: Floats = field(default_factory=lambda: np.zeros((0, 2)), repr=False)
    agreement: Floats = field(default_factory=lambda: np.zeros(0), repr=False)


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


def ridge_picture(ridges: Bytes, seen: Bytes, width: int) -> RidgePicture:
    """A half-resolution ridge picture out of packed rows; seen: where it is known."""
    pictures = unpacked(ridges, width), unpacked(seen, width)
    return RidgePicture(*pictures, spread(ridges, MARGIN), spread(seen, MARGIN))


def _fine(picture: RidgePicture) -> NDArray[np.uint8]:
    """The picture four times as large: 0 unknown, 2 valley, 3 ridge, borders between pixels smooth."""
    if not picture.fine:
        height, width = picture.area.shape
        relief = np.where(picture.area, np.where(picture.ridges, 255, 0), 128).astype(np.uint8)
        size = (FINER * width, FINER * height)
        smooth = np.asarray(cv2.resize(relief, size, interpolation=cv2.INTER_LINEAR))
        known = np.repeat(np.repeat(picture.area, FINER, axis=0), FINER, axis=1)
        picture.fine.append(np.where(known, np.where(smooth >= 128, 3, 2), 0).astype(np.uint8))
    return picture.fine[0]


def overlay(probe: RidgePicture, reference: RidgePicture, motions: Floats, finalists: int = 3) -> Fit:
    """Best agreement over proposed motions: rows turn, shift x, shift y in half-resolution pixels.

    All are looked at once; the `finalists` best of these are fitted to the end.
    """
    worth = [look(probe, reference, motion) for motion in motions]
    promising = sorted(range(len(motions)), key=lambda k: -worth[k])
    ends = [_finish(probe, reference, _rigid(*motions[k, :3])) for k in promising[:finalists]]
    return _read(max(ends, key=lambda end: _weight(end.agreement))) if ends else Fit()


def look(probe: RidgePicture, reference: RidgePicture, motion: Floats) -> float:
    """A quick look at a motion (turn, shift x, shift y), to rank it: what a few patches agree, the turn rounded."""
    height, width = probe.area.shape
    canvas = _canvas(probe)
    c, s = math.cos(motion[0]), math.sin(motion[0])
    left = c * width / 2 - s * height / 2 + motion[1] - canvas / 2
    top = s * width / 2 + c * height / 2 + motion[2] - canvas / 2
    at = (round(left) + MARGIN, round(top) + MARGIN)
    bits, mask = _turned(probe, round(motion[0] / TURN_STEP))
    return float(
        glance(
            *(bits, mask, reference.bits, reference.mask, *at),
            *(GLANCE_STRIDE, GLANCE_REACH, FIRST_PULL, GLANCE_STEP),
        )
    )


def _canvas(picture: RidgePicture) -> int:
    """The side of a square that holds the picture however it is turned about its middle."""
    return math.ceil(math.hypot(*picture.area.shape)) + 2


def _turned(picture: RidgePicture, step: int) -> tuple[Words, Words]:
    """The picture as packed bits and mask, turned by so many steps, its middle in the middle of its canvas."""
    step %= FULL_TURN
    if step not in picture.turned:
        height, width = picture.area.shape
        canvas = _canvas(picture)
        motion = _rigid(step * TURN_STEP, 0.0, 0.0)
        motion[:, 2] = canvas / 2 - motion[:, :2] @ (width / 2, height / 2)
        picture.turned[step] = lay(_fine(picture), motion, 0, 0, canvas, canvas)
    return picture.turned[step]


@dataclass(frozen=True, slots=True)
class _End:
    """Where a motion ended: the corrected one, the patches on it, their slides and agreement."""

    motion: Floats
    laid: _Laid
    slides: Floats
    agreement: Floats
    strain: float


def _finish(probe: RidgePicture, reference: RidgePicture, start: Floats) -> _End:
    """Fit the affine correction, then the smooth field; measure the agreement there."""
    laid = _lay(probe, reference, start)
    correction = affine(laid.at, _slides(laid, reference, laid.rest, FIRST_REACH, FIRST_PULL, FIRST_STEP))
    motion = correction[:, :2] @ start
    motion[:, 2] += correction[:, 2]
    laid = _lay(probe, reference, motion)
    slides = _slides(laid, reference, laid.rest, SECOND_REACH, SECOND_PULL)
    smoothed = smooth(slides, laid.rows, laid.columns)
    agreement = np.ascontiguousarray(_slides(laid, reference, smoothed, LAST_REACH, LAST_PULL)[:, 0])
    strain = float(np.linalg.norm(correction[:, :2] - np.eye(2)) * 40)
    return _End(motion, laid, smoothed, agreement, strain)


def _read(end: _End) -> Fit:
    seen = end.agreement > -1.5
    agreement = end.agreement[seen]
    if not seen.any():
        return Fit(Overlay(), end.motion, end.laid.at, end.slides, end.agreement)
    read = Overlay(
        mean=float(agreement.mean()),
        fair=float((agreement > FAIR).mean()),
        good=float((agreement > GOOD).mean()),
        weight=_weight(agreement),
        strain=end.strain,
        slide=float(np.hypot(end.slides[seen, 0], end.slides[seen, 1]).mean()),
        patches=int(seen.sum()),
    )
    return Fit(read, end.motion, end.laid.at, end.slides, end.agreement)


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
    bits, mask = lay(_fine(probe), motion, left, top, width, height)
    rows, columns = (height - PATCH) // stride + 1, (width - PATCH) // stride + 1
    return _Laid(bits, mask, left, top, rows, columns, stride)


def _window(probe: RidgePicture, reference: RidgePicture, motion: Floats) -> tuple[int, int, int, int]:
    """Left, top, width, height in reference px where the moved probe may lie on the reference."""
    h, w = probe.area.shape
    height, width = reference.area.shape
    (a, b, x), (c, d, y) = motion.tolist()
    left = max(math.floor(x + min(a * w, 0) + min(b * h, 0)), 0) - OVERHANG
    top = max(math.floor(y + min(c * w, 0) + min(d * h, 0)), 0) - OVERHANG
    right = min(math.ceil(x + max(a * w, 0) + max(b * h, 0)), width) + OVERHANG
    bottom = min(math.ceil(y + max(c * w, 0) + max(d * h, 0)), height) + OVERHANG
    return left, top, max(right - left, 0), max(bottom - top, 0)


def _slides(
    laid: _Laid, reference: RidgePicture, begin: Floats, reach: int, pull: float, step: int = 1
) -> Floats:
    """Let each patch find its best place within `reach` px of where it begins.

    Rows: agreement (-2 where too little is known), slide x, slide y.
    """
    found = search(
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
        step,
    )
    return np.asarray(found)
