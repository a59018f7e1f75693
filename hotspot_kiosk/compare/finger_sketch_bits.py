"""How alike two prints' sketches are: numeric kernels over a whole gallery, a few microseconds a print.

They know numbers only. A sketch describes what surrounds each minutia in its own frame, so that no shift or turn
changes it: four words of ridge flow and the word of its known points, four words of ridges and four of known ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger_bits import count_ones
from hotspot_kiosk.kernels import kernel

Floats = NDArray[np.float32]
Work = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

LEAST_FLOW, LEAST_RIDGES = 20, 100
LEAST_ALIKE = 0.25
MOST_PAIRS, COUNTED = 12, 4
NEAR, OWN_TURN, THEIR_TURN = 8.0, 0.35, 0.4
STEEP = 15.0


@kernel("f4[:,::1], u8[:,:,::1], f4[:,::1], u8[:,::1], i8[::1] -> f8[::1]")
def alike(
    places: Floats,
    words: Words,
    gallery_places: Floats,
    gallery_words: Words,
    starts: Ints,
) -> Work:
    """Per print of the gallery: the root of the sum of its best pairs' worth, 0 for none.

    places: (n, 3) x, y, direction. words: (n, versions, 13) of the probe, each version moved across its ridges by
    another share of a ridge; gallery_words (m, 13). starts: where each print's minutiae begin, and the end.
    """
    out = np.zeros(len(starts) - 1)
    longest = 0
    for g in range(len(out)):
        longest = max(longest, starts[g + 1] - starts[g])
    likeness = np.empty((len(places), longest))
    pairs = np.empty((MOST_PAIRS, 2), np.int64)
    worth = np.empty(MOST_PAIRS)
    for g in range(len(out)):
        begin, end = starts[g], starts[g + 1]
        for i in range(len(places)):
            for j in range(begin, end):
                likeness[i, j - begin] = _likeness(words, i, gallery_words, j)
        count = _best_pairs(likeness[:, : end - begin], pairs, worth)
        out[g] = math.sqrt(_supported(places, gallery_places[begin:end], pairs[:count], worth[:count]))
    return out


@kernel()
def _likeness(words: Words, i: int, others: Words, j: int) -> float:
    """Of the surroundings of two minutiae: 2 the same, 0 chance, -1 too little known or another flow."""
    known = words[i, 0, 4] & others[j, 4]
    seen = count_ones(known)
    if seen < LEAST_FLOW:
        return -1.0
    apart = np.uint64(0)
    for k in range(4):
        apart += count_ones((words[i, 0, k] ^ others[j, k]) & known)
    flow = 1 - 2 * apart / (4 * seen)
    if flow < LEAST_ALIKE:
        return -1.0
    ridges = -1.0
    for version in range(words.shape[1]):
        common, differ = np.uint64(0), np.uint64(0)
        for k in range(5, 9):
            both = words[i, version, k + 4] & others[j, k + 4]
            common += count_ones(both)
            differ += count_ones((words[i, version, k] ^ others[j, k]) & both)
        if common >= LEAST_RIDGES:
            ridges = max(ridges, 1 - 2 * differ / common)
    return flow + ridges if ridges > -1 else -1.0


@kernel()
def _best_pairs(likeness: Work, pairs: Ints, worth: Work) -> int:
    """The most alike pairs, each minutia in one only; returns how many."""
    rows, columns = likeness.shape
    free_row, free_column = np.ones(rows, np.bool_), np.ones(columns, np.bool_)
    best = np.empty(rows, np.int64)
    for i in range(rows if columns else 0):
        best[i] = np.argmax(likeness[i])
    count = 0
    while columns and count < MOST_PAIRS:
        row = -1
        for i in range(rows):
            if free_row[i] and (row < 0 or likeness[i, best[i]] > likeness[row, best[row]]):
                row = i
        if row < 0 or likeness[row, best[row]] <= 0:
            break
        if free_column[best[row]]:
            pairs[count, 0], pairs[count, 1] = row, best[row]
            worth[count] = likeness[row, best[row]]
            free_row[row] = free_column[best[row]] = False
            count += 1
        else:
            likeness[row, best[row]] = -1.0
            best[row] = np.argmax(likeness[row])
    return count


@kernel()
def _supported(places: Floats, others: Floats, pairs: Ints, worth: Work) -> float:
    """Sum of the best pairs' worth, each times what the other pairs say that lie alike around it."""
    count = len(pairs)
    said = np.zeros(max(count, COUNTED))
    for k in range(count):
        for other in range(count):
            if other != k:
                i, j, m, n = pairs[k, 0], pairs[k, 1], pairs[other, 0], pairs[other, 1]
                said[k] += worth[other] * _agree(places, i, m, others, j, n)
        said[k] *= worth[k]
    return float(np.sort(said)[-COUNTED:].sum())


@kernel()
def _agree(places: Floats, i: int, m: int, others: Floats, j: int, n: int) -> float:
    """Whether minutia m lies to i as n lies to j in the other print, 0 to 1: distance and two angles."""
    theirs = abs(_wrapped(places[m, 2] - places[i, 2] - others[n, 2] + others[j, 2]))
    ax, ay = places[m, 0] - places[i, 0], places[m, 1] - places[i, 1]
    cx, cy = others[n, 0] - others[j, 0], others[n, 1] - others[j, 1]
    length = abs(math.sqrt(ax * ax + ay * ay) - math.sqrt(cx * cx + cy * cy))
    if length > 2 * NEAR or theirs > 2 * THEIR_TURN:
        return 0.0
    own = abs(_wrapped(math.atan2(ay, ax) - places[i, 2] - math.atan2(cy, cx) + others[j, 2]))
    far = (1 + math.exp(length - NEAR)) * (1 + math.exp(STEEP * (own - OWN_TURN)))
    return 1 / (far * (1 + math.exp(STEEP * (theirs - THEIR_TURN))))


@kernel()
def _wrapped(angle: float) -> float:
    """The same angle within -pi..pi."""
    return angle - 2 * math.pi * math.floor(angle / (2 * math.pi) + 0.5)
