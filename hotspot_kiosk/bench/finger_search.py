"""Searching many prints for one touch: time, memory, and what the quick look costs in accuracy.

Time and memory on synthetic ridges repeated to the size of the gallery: what a search takes does not depend on whose
prints they are. Accuracy needs real prints at `<repo root>/../shared/data` and is left out without them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.finger import SEED, SENSOR, SETS, ridges
from hotspot_kiosk.bench.prints import Print, pairs, read_set, template, window
from hotspot_kiosk.bench.rates import Trials, det
from hotspot_kiosk.compare.finger import NOTHING_TO_COMPARE, FingerComparator, warm_up
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, prepare, stow
from hotspot_kiosk.compare.finger_sketch import (
    EDGE_SHARE,
    LOOK_SHARE,
    Sketches,
    by_edges,
    by_looks,
    by_sketches,
    order,
    shortlist,
    sketches,
)

Floats = NDArray[np.float64]
SIZE, MOST = 10_000, 150
DRAWN, PROBES = 24, 3
GOAL_SEARCH_S, GOAL_LOST = 2.0, 0.5
FITTED_ON = "fvc2002_db1_b"
SHARES = (0.01, MOST / SIZE, 0.025, 0.05, 0.1)


def run() -> Iterator[Figure]:
    """Time and memory first, then accuracy where there are prints."""
    warm_up()
    yield from _search()
    data = Path(__file__).resolve().parents[3] / "shared" / "data" / "fingers"
    for name in SETS:
        if (data / name).is_dir():
            yield from _lost(name, read_set(data / name)[0])


def _figure(name: str, value: float, unit: str, goal: float | None, against: str, n: int) -> Figure:
    return Figure("finger_search", name, value, unit, goal, "lower", against, n)


def _search() -> Iterator[Figure]:
    drawn = [stow(template(ridges(seed, 388, 374))) for seed in range(DRAWN)]
    known = sketches([drawn[k % DRAWN] for k in range(SIZE)])
    comparator = FingerComparator()
    probes = [prepare(template(ridges(seed, 192, 192))) for seed in range(PROBES + 1)]
    looks, searches = [], []
    for probe in probes:
        began = time.thread_time()
        chosen = shortlist(probe, known, MOST)
        looked = time.thread_time()
        for k in chosen:
            comparator.score(probe, known.prints[k])
        looks.append(looked - began)
        searches.append(time.thread_time() - began)
    cpu = f"{MOST} compared wholly; processor seconds of one core"
    yield _figure(f"quick look through {SIZE} prints", float(np.median(looks[1:])), "s", None, cpu, PROBES)
    took = float(np.median(searches[1:]))
    yield _figure(f"search of {SIZE} prints", took, "s", GOAL_SEARCH_S, cpu, PROBES)
    each = float(np.mean([one.bytes for one in drawn]))
    sketched = known.bytes / SIZE
    for size in (SIZE, 10 * SIZE):
        words = f"{len(drawn)} prints of 388x374, scaled up"
        yield _figure(f"memory of {size} sketches", sketched * size / 1e6, "MB", None, words, DRAWN)
        yield _figure(f"memory of {size} stowed prints", each * size / 1e6, "MB", None, words, DRAWN)


def _lost(name: str, prints: Sequence[Print]) -> Iterator[Figure]:
    """EER of whole comparisons, and the points lost if only a share of the gallery is compared wholly."""
    known = sketches([stow(template(one.pixels)) for one in prints])
    probes = [prepare(template(window(one.pixels, SENSOR))) for one in prints]
    chosen = pairs(prints, np.random.default_rng(SEED))
    comparator = FingerComparator()
    scores = np.array([comparator.score(probes[a], known.prints[b]) for a, b in chosen])
    subjects = np.array([one.subject for one in prints])
    trials = Trials(scores, *subjects[np.array(chosen)].T)
    beaten = [needed(probe, known, k, subjects) for k, probe in enumerate(probes)]
    share = np.array([beaten[a][b] for a, b in chosen])
    about = f"{name}, where the quick look was fitted" if name == FITTED_ON else f"{name}, held out"
    whole = det(trials).eer
    for kept in SHARES:
        seen = np.where(share <= kept, scores, NOTHING_TO_COMPARE)
        lost = 100 * (det(Trials(seen, trials.probe, trials.reference)).eer - whole)
        missed = 100 * float((share[trials.mated] > kept).mean())
        words = f"{100 * kept:g} % of the gallery compared wholly, {about}"
        goal = GOAL_LOST if kept == MOST / SIZE else None
        yield _figure(f"mates not looked at, {words}", missed, "%", None, "", int(trials.mated.sum()))
        yield _figure(f"EER lost, {words}", lost, "%", goal, "all compared wholly", len(chosen))


def needed(probe: PreparedFinger, known: Sketches, number: int, subjects: NDArray[np.int64]) -> Floats:
    """For each print the least share of a gallery that must be compared wholly for it to come through every stage.

    A stage's rank counts among all prints, also those that an earlier stage took out: rather too much than too little.
    """
    everyone = np.arange(len(known.prints))
    sketched = by_sketches(probe, known)
    edges, motions = by_edges(probe, known, everyone)
    stages = {
        EDGE_SHARE: sketched,
        LOOK_SHARE: sketched + edges,
        1: sketched + edges + by_looks(probe, known, everyone, motions),
    }
    shares = [beaten_by(order(seen), number, subjects) / times for times, seen in stages.items()]
    return np.asarray(np.max(shares, axis=0))


def beaten_by(ranked: NDArray[np.int64], probe: int, subjects: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each print the share of OTHER fingers' prints that the quick look ranks before it."""
    other = subjects[ranked] != subjects[probe]
    before = np.cumsum(other) - other
    out = np.empty(len(ranked))
    out[ranked] = before / other.sum()
    return out
