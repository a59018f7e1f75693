"""Sketches of prints: a few hundred bits a minutia, by which a large gallery is looked through before it is compared.

A sketch only says where to look: it may not score. Own combination of published ideas: orientation about a minutia
(Tico & Kuosmanen 2003), bits and relaxation as in MCC (Cappelli, Ferrara & Maltoni 2010).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger import compare_edges
from hotspot_kiosk.compare.finger_dense import look
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, StowedFinger, opened
from hotspot_kiosk.compare.finger_sketch_bits import alike
from hotspot_kiosk.errors import Incomparable

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]
Places = NDArray[np.int64]
Pixel = TypeVar("Pixel", np.bool_, np.float32)

RINGS = ((7, 8), (14, 16), (22, 20), (30, 20))
GRID, STEP = 16, 1.5
ACROSS = (0.0, -1.2, 1.2)
WORDS = 13
SECTORS = np.array([[(s - k) % 8 in (1, 2, 3, 4) for k in range(4)] for s in range(8)])
POINTS = np.array(
    [(r * math.cos(a), r * math.sin(a)) for r, n in RINGS for a in np.arange(n) * 2 * np.pi / n]
)
SQUARE = (np.mgrid[:GRID, :GRID][::-1].reshape(2, -1).T - (GRID - 1) / 2) * STEP
EDGE_SHARE, LOOK_SHARE = 20, 10
LOOKS, LOOK_WEIGHT = 5, 4.0


@dataclass(frozen=True, slots=True)
class Usual:
    """What prints of different fingers usually reach, by how many minutiae they have.

    Mean and mean deviation are weights of 1, the logarithms of both numbers of minutiae, and their product.
    """

    mean: tuple[float, float, float, float]
    deviation: tuple[float, float, float, float]

    def beyond(self, values: Floats, probe: int, references: Floats) -> Floats:
        """How many deviations above the usual; comparable between prints."""
        a, b = math.log(max(probe, 2)), np.log(np.maximum(references, 2))
        terms = np.column_stack([np.ones_like(b), np.full_like(b, a), b, a * b])
        return np.asarray((values - terms @ self.mean) / np.maximum(terms @ self.deviation, 0.05))


@dataclass(frozen=True, slots=True)
class Sketches:
    """Prints of one extractor, to be looked through together. starts: where each print's minutiae begin, and the end."""

    prints: tuple[StowedFinger, ...] = field(repr=False)
    places: NDArray[np.float32] = field(repr=False)
    words: Words = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)

    @property
    def bytes(self) -> int:
        """What the sketches take in memory, without the prints."""
        return self.places.nbytes + self.words.nbytes + self.starts.nbytes


def sketches(prints: Sequence[StowedFinger]) -> Sketches:
    """Sketch prints. Raises Incomparable if they come from different extractors."""
    if len({one.model for one in prints}) > 1:
        raise Incomparable("prints of different extractors cannot be looked through together")
    places = [one.minutiae[:, :3] for one in prints]
    words = [_words(opened(one), 0.0) for one in prints]
    starts = np.cumsum([0, *map(len, places)])
    return Sketches(
        tuple(prints),
        np.concatenate([np.zeros((0, 3), np.float32), *places]),
        np.concatenate([np.zeros((0, WORDS), np.uint64), *words]),
        starts.astype(np.int64),
    )


def shortlist(probe: PreparedFinger, known: Sketches, most: int) -> NDArray[np.int64]:
    """Numbers of the `most` prints likeliest to be of the probe's finger, likeliest first.

    All are ranked by their sketches, EDGE_SHARE times as many as asked for by their edges, too, and LOOK_SHARE
    times as many by a look at the ridges where the edges would lay them. Prints with fewer than two minutiae are
    ranked like any other. Raises Incomparable.
    """
    seen = by_sketches(probe, known)
    near = order(seen)[: EDGE_SHARE * most]
    edges, motions = by_edges(probe, known, near)
    seen = seen[near] + edges
    best = order(seen)[: LOOK_SHARE * most]
    near, seen = near[best], seen[best] + by_looks(probe, known, near[best], [motions[k] for k in best])
    return np.asarray(near[order(seen)[:most]])


def order(values: Floats) -> NDArray[np.int64]:
    """Places of the values, the greatest first, the earlier of two alike."""
    return np.argsort(-values, kind="stable")


def by_sketches(probe: PreparedFinger, known: Sketches) -> Floats:
    """How far beyond the usual every print's sketch resembles the probe's."""
    versions = np.stack([_words(probe, across) for across in ACROSS], axis=1)
    seen = alike(probe.minutiae[:, :3].copy(), versions, known.places, known.words, known.starts)
    return USUAL_SKETCH.beyond(seen, len(probe.minutiae), np.diff(known.starts).astype(float))


def by_edges(
    probe: PreparedFinger, known: Sketches, numbers: NDArray[np.int64]
) -> tuple[Floats, list[Floats]]:
    """The same of these prints' edges, and the motions they propose. Raises Incomparable."""
    found = [compare_edges(probe, known.prints[k]) for k in numbers]
    roots = np.array([math.sqrt(each.score) for each in found])
    minutiae = np.diff(known.starts)[numbers].astype(float)
    motions = [each.motions[:LOOKS, :3] * (1, 0.5, 0.5) for each in found]
    return USUAL_EDGES.beyond(roots, len(probe.minutiae), minutiae), motions


def by_looks(
    probe: PreparedFinger, known: Sketches, numbers: NDArray[np.int64], motions: Sequence[Floats]
) -> Floats:
    """How well these prints' ridges agree at the best of their motions, weighed against the other two."""
    looks = np.zeros(len(numbers))
    for k, (number, proposed) in enumerate(zip(numbers, motions, strict=True)):
        picture = known.prints[number].picture
        looks[k] = max((look(probe.picture, picture, motion) for motion in proposed), default=0.0)
    return LOOK_WEIGHT * looks


def _words(finger: PreparedFinger, across: float) -> Words:
    """(n, 13): ridge flow in four planes, its known points; ridges, their known points. across: half-resolution px."""
    around = _around(finger.minutiae, POINTS)
    known = _at(finger.area, around)
    flow = (_at(_flow(finger), around) - 2 * finger.minutiae[:, 2:3]) % (2 * math.pi)
    sector = np.minimum((flow * (4 / math.pi)).astype(np.int64), 7)
    planes = [_packed(SECTORS[sector, k] & known) for k in range(4)]
    square = _around(finger.minutiae, SQUARE + np.array([0.0, across]))
    ground = _at(finger.area, square)
    ridges = _at(finger.picture.ridges, square) & ground
    return np.concatenate([*planes, _packed(known), _packed(ridges), _packed(ground)], axis=1)


def _flow(finger: PreparedFinger) -> NDArray[np.float32]:
    """Twice the angle across the ridges, half resolution; smoothed over about two ridges."""
    signed = np.where(finger.area, np.where(finger.picture.ridges, 1, -1), 0).astype(np.float32)
    relief = cv2.GaussianBlur(signed, (0, 0), 1.0)
    right, down = cv2.Sobel(relief, cv2.CV_32F, 1, 0), cv2.Sobel(relief, cv2.CV_32F, 0, 1)
    inside = cv2.erode(finger.area.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    along = cv2.GaussianBlur((right * right - down * down) * inside, (0, 0), 4.0)
    between = cv2.GaussianBlur(2 * right * down * inside, (0, 0), 4.0)
    return np.asarray(np.arctan2(between, along), np.float32)


def _around(minutiae: NDArray[np.float32], points: Floats) -> Places:
    """Points (p, 2) of each minutia's own frame as columns and rows (2, n, p)."""
    x, y, turn = minutiae[:, :3].T[:, :, None]
    c, s = np.cos(turn), np.sin(turn)
    across, down = points.T
    return np.rint([x / 2 + c * across - s * down, y / 2 + s * across + c * down]).astype(np.int64)


def _at(picture: NDArray[Pixel], places: Places) -> NDArray[Pixel]:
    """The picture's values there, 0 outside."""
    height, width = picture.shape
    x, y = places
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    return np.where(
        inside, picture[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)], picture.dtype.type(0)
    )


def _packed(bits: Mask) -> Words:
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


# Fitted on the non-mated pairs of fvc2002_db1_b, 192x192x4 probes against whole prints; no mated pair was used.
USUAL_SKETCH = Usual((-1.2495, 0.7226, 0.2884, -0.0888), (0.0548, 0.1761, 0.081, -0.019))
USUAL_EDGES = Usual((0.7958, -0.1589, 0.0202, 0.0932), (0.1506, -0.0289, -0.0042, 0.0106))
