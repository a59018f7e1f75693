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
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]
Work = NDArray[np.float64]

NEIGHBOURS, PROBE_NEIGHBOURS = 12, 8
LENGTH_SLACK, LENGTH_SHARE, ANGLE_SLACK = 5.0, 0.05, 0.32
TREE_SLACK, TREE_SHARE, TREE_ANGLE = 10.0, 0.06, 0.45
CELLS = 16
MOST_LINKS = 8192
ROOTS, MOTIONS = 40, 10
LEAST_VOTE = 0.15
MIDDLE = 96.0


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """Directed edges from every minutia to its 12 nearest neighbours, nearest first.

    neighbours: int32 (n, 12), -1 where there is none; measures: float32 (n, 12, 3) length in px,
    angle to the own and to the neighbour's direction; starts (257,) and order (edges,): the edges'
    flat numbers sorted by the cell of their two angles.
    """

    neighbours: Ints = field(repr=False)
    measures: Floats = field(repr=False)
    starts: Ints = field(repr=False)
    order: Ints = field(repr=False)


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
    neighbours, measures = _edges(minutiae, NEIGHBOURS)
    flat = measures.reshape(-1, 3)
    cell = _cells(flat[:, 1]) * CELLS + _cells(flat[:, 2])
    valid = np.flatnonzero(neighbours.ravel() >= 0)
    order = valid[np.argsort(cell[valid], kind="stable")].astype(np.int32)
    starts = np.searchsorted(cell[order], np.arange(CELLS * CELLS + 1)).astype(np.int32)
    return EdgeTable(neighbours, measures, starts, order)


def match_edges(
    probe: Floats,
    probe_edges: EdgeTable,
    reference: Floats,
    reference_edges: EdgeTable,
    reference_area: Mask,
) -> EdgeMatch:
    """Compare two sets of minutiae; reference_area is known ground in half-resolution pixels."""
    found, motions = _match(
        probe,
        probe_edges.neighbours,
        probe_edges.measures,
        reference,
        reference_edges.neighbours,
        reference_edges.measures,
        reference_edges.starts,
        reference_edges.order,
        reference_area,
    )
    best_first = motions[np.argsort(-motions[:, 3])]
    return EdgeMatch(float(found[0]), int(found[1]), float(found[2]), float(found[3]), best_first)


def _cells(angles: Floats) -> NDArray[np.int64]:
    return np.asarray(np.floor(angles * (CELLS / (2 * math.pi))), np.int64) % CELLS


@njit(cache=True, nogil=True)
def _wrapped(angle: float) -> float:
    """The same angle within -pi..pi."""
    return (angle + math.pi) % (2 * math.pi) - math.pi


@njit(cache=True, nogil=True)
def _edges(minutiae: Floats, most: int) -> tuple[Ints, Floats]:
    count = len(minutiae)
    neighbours = np.full((count, most), -1, np.int32)
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


@njit(cache=True, nogil=True)
def _agreement(a: Floats, b: Floats) -> float:
    """How alike two edges are, 0 (not at all) to 1."""
    slack = LENGTH_SLACK + LENGTH_SHARE * a[0]
    length = abs(a[0] - b[0]) / slack
    own = abs(_wrapped(a[1] - b[1])) / ANGLE_SLACK
    other = abs(_wrapped(a[2] - b[2])) / ANGLE_SLACK
    if length >= 1 or own >= 1 or other >= 1:
        return 0.0
    return float((1 - 0.6 * length) * (1 - 0.6 * own) * (1 - 0.6 * other))


@njit(cache=True, nogil=True)
def _match(
    probe: Floats,
    probe_neighbours: Ints,
    probe_measures: Floats,
    reference: Floats,
    reference_neighbours: Ints,
    reference_measures: Floats,
    starts: Ints,
    order: Ints,
    area: Mask,
) -> tuple[Work, Work]:
    """Returns (score, pairs, support, share) of the best tree, and the motions of the best trees."""
    best = np.zeros(4)
    motions = np.zeros((MOTIONS, 4))
    kept = 0
    if len(probe) < 2 or len(reference) < 2:
        return best, motions[:0]
    links, weights = _links(
        probe_neighbours, probe_measures, reference_neighbours, reference_measures, starts, order
    )
    first, votes, roots = _group(links, weights, len(probe) * len(reference))
    tree = np.empty((min(len(probe), len(reference)), 2), np.int32)
    motion = np.zeros(7)
    for _ in range(ROOTS):
        root = _best_root(roots, votes)
        if root < 0:
            break
        size, total, support = _grow(probe, reference, root, links, weights, first, tree, motion)
        for pair in tree[:size]:
            votes[pair[0] * len(reference) + pair[1]] = 0.0
        if size >= 2:
            share = size / max(_visible(probe, motion, area), size)
            alike = _same_kind(probe, reference, tree[:size])
            score = (total + 0.25 * support + 0.3 * size) * (0.5 + 0.5 * share) * (0.8 + 0.2 * alike)
            kept = _note(motions, kept, motion, score)
            if score > best[0]:
                best[0], best[1], best[2], best[3] = score, size, support, share
    return best, motions[:kept]


@njit(cache=True, nogil=True)
def _links(
    probe_neighbours: Ints,
    probe_measures: Floats,
    reference_neighbours: Ints,
    reference_measures: Floats,
    starts: Ints,
    order: Ints,
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
            for cell in _near_cells(edge[1], edge[2]):
                for q in range(starts[cell], starts[cell + 1]):
                    j, b = order[q] // width, order[q] % width
                    weight = _agreement(edge, reference_measures[j, b])
                    if weight > 0 and count < MOST_LINKS:
                        links[count, 0] = i * references + j
                        links[count, 1] = probe_neighbours[i, a] * references + reference_neighbours[j, b]
                        weights[count] = weight
                        count += 1
    return links[:count], weights[:count]


@njit(cache=True, nogil=True)
def _near_cells(own: float, other: float) -> Ints:
    """The cell of two angles and the eight around it."""
    out = np.empty(9, np.int32)
    a = math.floor(own * (CELLS / (2 * math.pi)))
    b = math.floor(other * (CELLS / (2 * math.pi)))
    for k in range(9):
        out[k] = (a + k // 3 - 1) % CELLS * CELLS + (b + k % 3 - 1) % CELLS
    return out


@njit(cache=True, nogil=True)
def _group(links: Ints, weights: Floats, pairs: int) -> tuple[Ints, Floats, Ints]:
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


@njit(cache=True, nogil=True)
def _best_root(roots: Ints, votes: Floats) -> int:
    best, most = -1, np.float32(LEAST_VOTE)
    for pair in roots:
        if votes[pair] > most:
            best, most = pair, votes[pair]
    return best


@njit(cache=True, nogil=True)
def _grow(
    probe: Floats,
    reference: Floats,
    root: int,
    links: Ints,
    weights: Floats,
    first: Ints,
    tree: Ints,
    motion: Work,
) -> tuple[int, float, float]:
    """Grow a tree from a pair along the most alike edges; returns its size, their sum, the support.

    Fills `tree` (rows probe, reference) and `motion` (middle of the probe's and of the reference's
    minutiae, turn, its cosine and sine). Support: edges that agree beside those of the tree.
    """
    references = len(reference)
    partner = np.full(len(probe), -1, np.int32)
    taken = np.zeros(references, np.bool_)
    frontier = np.empty(len(links), np.int32)
    open_, size, total, support = 0, 0, 0.0, 0.0
    link, pair = -1, root
    while pair >= 0:
        i, j = pair // references, pair % references
        partner[i], taken[j] = j, True
        tree[size, 0], tree[size, 1] = i, j
        size += 1
        total += weights[link] if link >= 0 else 0.0
        _fit(probe, reference, tree, size, motion)
        for q in range(first[pair], first[pair + 1]):
            frontier[open_] = q
            open_ += 1
        link, open_, agreed = _choose(
            probe, reference, links, weights, frontier, open_, partner, taken, motion
        )
        support += agreed
        pair = links[link, 1] if link >= 0 else -1
    return size, total, support


@njit(cache=True, nogil=True)
def _choose(
    probe: Floats,
    reference: Floats,
    links: Ints,
    weights: Floats,
    frontier: Ints,
    count: int,
    partner: Ints,
    taken: Mask,
    motion: Work,
) -> tuple[int, int, float]:
    """The most alike link that still may be taken; returns it (or -1), the links left, the support.

    Links whose minutiae are taken leave the frontier (as support if they are each other's), as do
    those that do not fit the motion.
    """
    references = len(reference)
    best, best_weight, support, left = -1, np.float32(0.0), 0.0, 0
    for k in range(count):
        link = frontier[k]
        i, j = links[link, 1] // references, links[link, 1] % references
        if partner[i] == j:
            support += weights[link]
        elif partner[i] < 0 and not taken[j]:
            if weights[link] <= best_weight:
                frontier[left] = link
                left += 1
            elif _fits(probe[i], reference[j], motion):
                frontier[left] = link
                left += 1
                best, best_weight = link, weights[link]
    return best, left, support


@njit(cache=True, nogil=True)
def _fits(a: Floats, b: Floats, motion: Work) -> bool:
    """Whether the motion carries minutia a near b."""
    dx, dy = a[0] - motion[0], a[1] - motion[1]
    x = motion[2] + motion[5] * dx - motion[6] * dy - b[0]
    y = motion[3] + motion[6] * dx + motion[5] * dy - b[1]
    slack = TREE_SLACK + TREE_SHARE * math.hypot(dx, dy)
    return bool(x * x + y * y <= slack * slack and abs(_wrapped(b[2] - a[2] - motion[4])) <= TREE_ANGLE)


@njit(cache=True, nogil=True)
def _fit(probe: Floats, reference: Floats, tree: Ints, size: int, motion: Work) -> None:
    """Least-squares rigid motion of the pairs; a direction weighs as much as a point 20 px away."""
    motion[:4] = 0.0
    for i, j in tree[:size]:
        motion[0] += probe[i, 0] / size
        motion[1] += probe[i, 1] / size
        motion[2] += reference[j, 0] / size
        motion[3] += reference[j, 1] / size
    cosine, sine = 0.0, 0.0
    for i, j in tree[:size]:
        ax, ay = probe[i, 0] - motion[0], probe[i, 1] - motion[1]
        bx, by = reference[j, 0] - motion[2], reference[j, 1] - motion[3]
        turn = reference[j, 2] - probe[i, 2]
        cosine += ax * bx + ay * by + 400 * math.cos(turn)
        sine += ax * by - ay * bx + 400 * math.sin(turn)
    motion[4] = math.atan2(sine, cosine)
    motion[5], motion[6] = math.cos(motion[4]), math.sin(motion[4])


@njit(cache=True, nogil=True)
def _visible(probe: Floats, motion: Work, area: Mask) -> int:
    """Probe minutiae that the motion carries onto known ground of the reference."""
    count = 0
    for minutia in probe:
        dx, dy = minutia[0] - motion[0], minutia[1] - motion[1]
        x = int(motion[2] + motion[5] * dx - motion[6] * dy) // 2
        y = int(motion[3] + motion[6] * dx + motion[5] * dy) // 2
        if 0 <= x < area.shape[1] and 0 <= y < area.shape[0] and area[y, x]:
            count += 1
    return count


@njit(cache=True, nogil=True)
def _same_kind(probe: Floats, reference: Floats, tree: Ints) -> float:
    same = 0
    for i, j in tree:
        same += probe[i, 3] == reference[j, 3]
    return same / len(tree)


@njit(cache=True, nogil=True)
def _note(motions: Work, kept: int, motion: Work, score: float) -> int:
    """Keep the best motions that differ (turn by 0.12 rad or the middle by 12 px); returns how many."""
    x = motion[2] - motion[5] * motion[0] + motion[6] * motion[1]
    y = motion[3] - motion[6] * motion[0] - motion[5] * motion[1]
    place = kept
    for k in range(kept):
        c, s = math.cos(motions[k, 0]) - motion[5], math.sin(motions[k, 0]) - motion[6]
        dx, dy = motions[k, 1] - x + (c - s) * MIDDLE, motions[k, 2] - y + (s + c) * MIDDLE
        if abs(_wrapped(motions[k, 0] - motion[4])) < 0.12 and abs(dx) < 12 and abs(dy) < 12:
            place = k
    if place == MOTIONS:
        place = int(np.argmin(motions[:, 3]))
    if place == kept or motions[place, 3] < score:
        motions[place, 0], motions[place, 1], motions[place, 2] = motion[4], x, y
        motions[place, 3] = score
    return max(kept, place + 1)
