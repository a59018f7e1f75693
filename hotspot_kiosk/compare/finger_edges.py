"""Compares minutiae by the edges between neighbours: a score, and motions worth a closer look.

An edge has three measures that no shift or turn changes: its length and its angle to the direction
of either minutia. Similar edges vote for root pairs; from the best roots a tree of paired minutiae
grows along similar edges, kept to one rigid motion; the best tree gives score and motion. Published
ideas (Jea & Govindaraju 2005; Parziale & Niel 2004; tree growth as in SourceAFIS), own code.
Numbers only: it may not see pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger_links import CELLS, edges, group, links
from hotspot_kiosk.compare.finger_trees import best_trees

Floats = NDArray[np.float32]
Places = NDArray[np.uint16]
Bytes = NDArray[np.uint8]
Work = NDArray[np.float64]

NEIGHBOURS = 12


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """Directed edges from every minutia to its 12 nearest neighbours, nearest first.

    neighbours: int16 (n, 12), -1 where there is none; measures: float32 (n, 12, 3) length in px,
    angle to the own and to the neighbour's direction; starts uint16 (257,) and order uint16 (edges,): the edges'
    flat numbers sorted by the cell of their two angles.
    """

    neighbours: NDArray[np.int16] = field(repr=False)
    measures: Floats = field(repr=False)
    starts: Places = field(repr=False)
    order: Places = field(repr=False)


@dataclass(frozen=True, slots=True)
class EdgeMatch:
    """What the edges say. motions: float64 (m, 4), best first: turn in radians and shift x, y that
    carry probe px to reference px, and the tree's score.
    """

    score: float
    pairs: int
    support: float
    share: float
    motions: Work = field(repr=False)


def edge_table(minutiae: Floats) -> EdgeTable:
    """Edges of minutiae (n, 4): x, y in px, direction in radians, kind."""
    neighbours, measures = edges(minutiae, NEIGHBOURS)
    flat = measures.reshape(-1, 3)
    cell = _cells(flat[:, 1]) * CELLS + _cells(flat[:, 2])
    valid = np.flatnonzero(neighbours.ravel() >= 0)
    order = valid[np.argsort(cell[valid], kind="stable")].astype(np.uint16)
    starts = np.searchsorted(cell[order], np.arange(CELLS * CELLS + 1)).astype(np.uint16)
    return EdgeTable(neighbours, measures, starts, order)


def match_edges(
    probe: Floats,
    probe_edges: EdgeTable,
    reference: Floats,
    reference_edges: EdgeTable,
    reference_known: Bytes,
) -> EdgeMatch:
    """Compare two sets of minutiae; reference_known: ground in half-resolution pixels, packed, the lowest bit first."""
    if min(len(probe), len(reference)) < 2:
        return EdgeMatch(0.0, 0, 0.0, 0.0, np.zeros((0, 4)))
    alike, weights = links(
        probe_edges.neighbours,
        probe_edges.measures,
        reference_edges.neighbours,
        reference_edges.measures,
        reference_edges.starts,
        reference_edges.order,
    )
    first, votes, roots = group(alike, weights, len(probe) * len(reference))
    found, motions = best_trees(probe, reference, alike, weights, first, votes, roots, reference_known)
    best_first = motions[np.argsort(-motions[:, 3])]
    return EdgeMatch(float(found[0]), int(found[1]), float(found[2]), float(found[3]), best_first)


def _cells(angles: Floats) -> NDArray[np.int64]:
    return np.asarray(np.floor(angles * (CELLS / (2 * math.pi))), np.int64) % CELLS
