"""Trees of paired minutiae, grown along alike edges and kept to one rigid motion: numeric kernels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kernels import kernel

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Work = NDArray[np.float64]

TREE_SLACK, TREE_SHARE, TREE_ANGLE = 10.0, 0.06, 0.45
ROOTS, MOTIONS = 40, 10
LEAST_VOTE = 0.15
MIDDLE = 96.0
ALIKE_TURN, ALIKE_SHIFT = 0.12, 12.0


@kernel(
    "f4[:,::1], f4[:,::1], i4[:,::1], f4[::1], i4[::1], f4[::1]!, i4[::1], u1[:,::1] -> f8[::1], f8[:,::1]"
)
def best_trees(
    probe: Floats,
    reference: Floats,
    links: Ints,
    weights: Floats,
    first: Ints,
    votes: Floats,
    roots: Ints,
    area: Bytes,
) -> tuple[Work, Work]:
    """Grow trees from the pairs with most votes; links as `finger_links` gives them, votes are used up.

    Returns (score, pairs, support, share) of the best tree, and the motions of the best trees.
    """
    best = np.zeros(4)
    motions = np.zeros((MOTIONS, 4))
    kept = 0
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


@kernel()
def _best_root(roots: Ints, votes: Floats) -> int:
    best, most = -1, np.float32(LEAST_VOTE)
    for pair in roots:
        if votes[pair] > most:
            best, most = pair, votes[pair]
    return best


@kernel()
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


@kernel()
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


@kernel()
def _fits(a: Floats, b: Floats, motion: Work) -> bool:
    """Whether the motion carries minutia a near b."""
    dx, dy = a[0] - motion[0], a[1] - motion[1]
    x = motion[2] + motion[5] * dx - motion[6] * dy - b[0]
    y = motion[3] + motion[6] * dx + motion[5] * dy - b[1]
    slack = TREE_SLACK + TREE_SHARE * math.hypot(dx, dy)
    return bool(x * x + y * y <= slack * slack and math.cos(b[2] - a[2] - motion[4]) >= math.cos(TREE_ANGLE))


@kernel()
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


@kernel()
def _visible(probe: Floats, motion: Work, area: Bytes) -> int:
    """Probe minutiae that the motion carries onto known ground of the reference (packed, the lowest bit first)."""
    count = 0
    for minutia in probe:
        dx, dy = minutia[0] - motion[0], minutia[1] - motion[1]
        x = int(motion[2] + motion[5] * dx - motion[6] * dy) // 2
        y = int(motion[3] + motion[6] * dx + motion[5] * dy) // 2
        if 0 <= x < 8 * area.shape[1] and 0 <= y < area.shape[0] and (area[y, x >> 3] >> (x & 7)) & 1:
            count += 1
    return count


@kernel()
def _same_kind(probe: Floats, reference: Floats, tree: Ints) -> float:
    same = 0
    for i, j in tree:
        same += probe[i, 3] == reference[j, 3]
    return same / len(tree)


@kernel()
def _note(motions: Work, kept: int, motion: Work, score: float) -> int:
    """Keep the best motions that differ in turn or in where they put the middle; returns how many."""
    x = motion[2] - motion[5] * motion[0] + motion[6] * motion[1]
    y = motion[3] - motion[6] * motion[0] - motion[5] * motion[1]
    place = kept
    for k in range(kept):
        c, s = math.cos(motions[k, 0]) - motion[5], math.sin(motions[k, 0]) - motion[6]
        dx, dy = motions[k, 1] - x + (c - s) * MIDDLE, motions[k, 2] - y + (s + c) * MIDDLE
        if (
            math.cos(motions[k, 0] - motion[4]) > math.cos(ALIKE_TURN)
            and abs(dx) < ALIKE_SHIFT
            and abs(dy) < ALIKE_SHIFT
        ):
            place = k
    if place == MOTIONS:
        place = int(np.argmin(motions[:, 3]))
    if place == kept or motions[place, 3] < score:
        motions[place, 0], motions[place, 1], motions[place, 2] = motion[4], x, y
        motions[place, 3] = score
    return max(kept, place + 1)
