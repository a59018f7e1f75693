"""Edges between neighbouring minutiae, and which edges of two prints are alike: numeric kernels.

An edge has three measures that no shift or turn changes: its length and its angle to the direction
of either minutia. Similar ones are found by cells of the two angles.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Neighbours = NDArray[np.int16]
Places = NDArray[np.uint16]

PROBE_NEIGHBOURS = 8
LENGTH_SLACK, LENGTH_SHARE, ANGLE_SLACK = 5.0, 0.05, 0.32
CELLS = 16
MOST_LINKS = 8192


@kernel()
def _wrapped(angle: float) -> float:
    """The same angle within -pi..pi."""
    return (angle + math.pi) % (2 * math.pi) - math.pi


@kernel("f4[:,::1], i8 -> i2[:,::1], f4[:,:,::1]")
def edges(minutiae: Floats, most: int) -> tuple[Neighbours, Floats]:
    """Edges to the `most` nearest neighbours, nearest first: neighbours (-1: none) and measures."""
    count = len(minutiae)
    neighbours = np.full((count, most), -1, np.int16)
    measures = np.zeros((count, most, 3), np.float32)
    distance = np.empty(count, np.float32)
    for i in range(count):
        for j in range(count):
            distance[j] = math.hypot(minutiae[i, 0] - minutiae[j, 0], minutiae[i, 1] - minutiae[j, 1])
        distance[i] = np.inf
        for k in range(min(most, count - 1)):
            j = int(np.argmin(distance))
            neighbours[i, k], measures[i, k, 0] = j, distance[j]
            distance[j] = np.inf
            line = math.atan2(minutiae[j, 1] - minutiae[i, 1], minutiae[j, 0] - minutiae[i, 0])
            measures[i, k, 1] = _wrapped(line - minutiae[i, 2])
            measures[i, k, 2] = _wrapped(line - minutiae[j, 2])
    return neighbours, measures


@kernel()
def _agreement(a: Floats, b: Floats) -> float:
    """How alike two edges are, 0 (not at all) to 1."""
    length = abs(a[0] - b[0]) / (LENGTH_SLACK + LENGTH_SHARE * a[0])
    if length >= 1:
        return 0.0
    own = abs(_wrapped(a[1] - b[1])) / ANGLE_SLACK
    if own >= 1:
        return 0.0
    other = abs(_wrapped(a[2] - b[2])) / ANGLE_SLACK
    if other >= 1:
        return 0.0
    return float((1 - 0.6 * length) * (1 - 0.6 * own) * (1 - 0.6 * other))


@kernel("i2[:,::1], f4[:,:,::1], i2[:,::1], f4[:,:,::1], u2[::1], u2[::1] -> i4[:,::1], f4[::1]")
def links(
    probe_neighbours: Neighbours,
    probe_measures: Floats,
    reference_neighbours: Neighbours,
    reference_measures: Floats,
    starts: Places,
    order: Places,
) -> tuple[Ints, Floats]:
    """Pairs of similar edges: rows (start pair, end pair), a pair being probe x references + reference.

    At most 8192, which only pictures full of false minutiae reach; the rest is left out.
    """
    links = np.empty((MOST_LINKS, 2), np.int32)
    weights = np.empty(MOST_LINKS, np.float32)
    count = 0
    references, width = reference_neighbours.shape
    for i in range(len(probe_neighbours)):
        for a in range(PROBE_NEIGHBOURS):
            if probe_neighbours[i, a] < 0:
                break
            edge = probe_measures[i, a]
            own, other = _cell(edge[1]), _cell(edge[2])
            end = probe_neighbours[i, a] * references
            for k in range(9):
                cell = (own + k // 3 - 1) % CELLS * CELLS + (other + k % 3 - 1) % CELLS
                for q in range(starts[cell], starts[cell + 1]):
                    place = np.int64(order[q])
                    j = place // width
                    weight = _agreement(edge, reference_measures[j, place - j * width])
                    if weight > 0 and count < MOST_LINKS:
                        links[count, 0] = i * references + j
                        links[count, 1] = end + reference_neighbours[j, place - j * width]
                        weights[count] = weight
                        count += 1
    return links[:count], weights[:count]


@kernel()
def _cell(angle: float) -> int:
    """Where an angle stands among CELLS of them."""
    return math.floor(angle * (CELLS / (2 * math.pi)))


@kernel("i4[:,::1]!, f4[::1]!, i8 -> i4[::1], f4[::1], i4[::1]")
def group(links: Ints, weights: Floats, pairs: int) -> tuple[Ints, Floats, Ints]:
    """Sort links by start pair, in place. Returns where each pair's links begin, its votes, the voted."""
    first = np.zeros(pairs + 2, np.int32)
    votes = np.zeros(pairs, np.float32)
    roots = np.empty(min(pairs, len(links)), np.int32)
    voted = 0
    for q in range(len(links)):
        pair = links[q, 0]
        first[pair + 2] += 1
        if votes[pair] == 0:
            roots[voted] = pair
            voted += 1
        votes[pair] += weights[q]
    for pair in range(pairs):
        first[pair + 2] += first[pair + 1]
    old_links, old_weights = links.copy(), weights.copy()
    for q in range(len(links)):
        place = first[old_links[q, 0] + 1]
        first[old_links[q, 0] + 1] += 1
        links[place, 0], links[place, 1] = old_links[q, 0], old_links[q, 1]
        weights[place] = old_weights[q]
    return first, votes, roots[:voted]
