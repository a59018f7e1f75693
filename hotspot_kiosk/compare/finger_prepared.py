"""A touch made ready for comparing: whole, with pictures to lay over each other, or stowed, for a gallery of many.

A stowed print takes about a tenth of the memory, and opening it about a fiftieth of the time of a comparison; what
is opened is the same to the bit. Everything is counted at 500 ppi: other densities are scaled here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger_dense import RidgePicture, ridge_picture
from hotspot_kiosk.compare.finger_edges import EdgeTable, edge_table
from hotspot_kiosk.compare.finger_laying import packed, unpacked
from hotspot_kiosk.compare.finger_spectrum import CoarsePicture, coarse_picture
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.terms import FingerTemplate

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
PPI, LEAST_PPI, GREATEST_PPI = 500, 400, 600
MOST_MINUTIAE = 400


@dataclass(frozen=True, slots=True)
class StowedFinger:
    """A template as a gallery keeps it in memory.

    minutiae: float32 (n, 4) x, y in px, direction in radians, kind. known, seen, ridges: packed rows of a
    half-resolution picture `width` pixels wide, the lowest bit first: ground where minutiae could be read, ground
    where ridges travelled (the same as `known`, or nothing), and ridges.
    """

    model: str
    width: int
    minutiae: NDArray[np.float32] = field(repr=False)
    edges: EdgeTable = field(repr=False)
    known: Bytes = field(repr=False)
    seen: Bytes = field(repr=False)
    ridges: Bytes = field(repr=False)

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        edges = self.edges
        arrays = (self.minutiae, self.known, self.seen, self.ridges)
        tables = (edges.neighbours, edges.measures, edges.starts, edges.order)
        return sum({id(each): each.nbytes for each in (*arrays, *tables)}.values())

    @property
    def picture(self) -> RidgePicture:
        """Its ridges, ready to have others laid over them."""
        return ridge_picture(self.ridges, self.seen, self.width)


@dataclass(frozen=True, slots=True)
class PreparedFinger:
    """A template opened for comparing.

    area: bool, known ground in half-resolution pixels (rows, columns), as `picture` and `coarse` see it; the rest
    as in its stowed form.
    """

    stowed: StowedFinger = field(repr=False)
    area: Mask = field(repr=False)
    picture: RidgePicture = field(repr=False)
    coarse: CoarsePicture = field(repr=False)

    @property
    def model(self) -> str:
        """The extractor's name."""
        return self.stowed.model

    @property
    def minutiae(self) -> NDArray[np.float32]:
        """As in the stowed form."""
        return self.stowed.minutiae

    @property
    def edges(self) -> EdgeTable:
        """As in the stowed form."""
        return self.stowed.edges

    @property
    def known(self) -> Bytes:
        """As in the stowed form."""
        return self.stowed.known


def prepare(template: FingerTemplate) -> PreparedFinger:
    """Derive from a template all that comparisons need. The template itself is not kept. Raises as `stow`."""
    return opened(stow(template))


def stow(template: FingerTemplate) -> StowedFinger:
    """Derive from a template what a gallery keeps. The template itself is not kept.

    Raises BadBytes if its density or number of minutiae is none that a finger sample has.
    """
    if not LEAST_PPI <= template.ppi <= GREATEST_PPI or len(template.minutiae) > MOST_MINUTIAE:
        raise BadBytes("a finger template's density or number of minutiae is not believable")
    scale = PPI / template.ppi
    minutiae = template.minutiae.astype(np.float32)
    minutiae *= np.array([scale, scale, math.pi / 128, 1], np.float32)
    height, width = template.height // 2, template.width // 2
    area = np.repeat(np.repeat(template.area, 4, axis=0), 4, axis=1)[:height, :width]
    area = _scaled(area, scale)
    known = packed(area)
    edges = edge_table(minutiae)
    if not template.ridges.size:  # ridges that did not travel: nothing seen
        nothing = np.zeros_like(known)
        return StowedFinger(template.model, area.shape[1], minutiae, edges, known, nothing, nothing)
    ridges = packed(_scaled(template.ridges, scale) & area)
    return StowedFinger(template.model, area.shape[1], minutiae, edges, known, known, ridges)


def opened(stowed: StowedFinger) -> PreparedFinger:
    """The stowed print with its pictures."""
    picture = stowed.picture
    area = picture.area if stowed.seen is stowed.known else unpacked(stowed.known, stowed.width)
    return PreparedFinger(stowed, area, picture, coarse_picture(picture.ridges, picture.area))


def _scaled(picture: Mask, scale: float) -> Mask:
    """A half-resolution picture at 500 ppi."""
    if scale == 1:
        return np.ascontiguousarray(picture)
    height, width = picture.shape
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    grey = cv2.resize(picture.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(grey >= 128)
