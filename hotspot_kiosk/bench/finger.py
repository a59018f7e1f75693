"""Fingers: time to read a touch, comparisons a second, time of a whole comparison, error rates.

Speed is measured on synthetic ridges drawn here, one thread, in the processor's time; the peer in the same run is OpenCV's own
filter bank. Error rates need real prints at `<repo root>/../shared/data` and are left out without them: there
the rates of each set come from weights fitted on the other one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.finger_report import figures, write_report
from hotspot_kiosk.bench.finger_set import Compare, Condition, Way, conditions, ours, quality_and_scores
from hotspot_kiosk.bench.fitting import Weights, fit
from hotspot_kiosk.bench.peers import nbis, pipe
from hotspot_kiosk.bench.prints import Geometry, Pixels, Print, pairs, read_set, template, window
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.compare import finger as comparing
from hotspot_kiosk.compare.finger import FingerComparator, compare_edges
from hotspot_kiosk.compare.finger_fusion import CALIBRATION, MEASURES
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, prepare
from hotspot_kiosk.errors import ConfigError, ModelError
from hotspot_kiosk.inference import finger as reading
from hotspot_kiosk.inference.finger_utility import NAME, FingerUtility
from hotspot_kiosk.inference.port import ModelShelf

GOAL_EXTRACT_MS, GOAL_EDGES, GOAL_COMPARE_MS = 50.0, 10_000.0, 5.0
GALLERY = 24
SEED = 4
SENSOR = Geometry(192, 192, 4)
SETS = ("fvc2002_db1_b", "fvc2002_db3_b")
TOUCHES = 3
CPU = "processor's time, one core"


def run() -> Iterator[Figure]:
    """Every figure, quickest first."""
    yield from _first_use()
    yield from _speed()
    data = Path(__file__).resolve().parents[3] / "shared" / "data" / "fingers"
    if all((data / name).is_dir() for name in SETS):
        yield from _crosswise({name: read_set(data / name)[0] for name in SETS})


def run_set(options: SetOptions, say: Callable[[str], None]) -> Iterator[Figure]:
    """Every rate on a folder of prints, as shipped; `say` tells what is not a figure."""
    geometry = Geometry.read(options.geometry)
    prints, out = read_set(options.folder)
    for reason in out:
        say(f"left out: {reason}")
    if options.folder.name in CALIBRATION.source:
        say(
            "the weights that ship were fitted on this very set: these rates flatter; `make bench` has fair ones"
        )
    found: list[Condition] = []
    shown: list[Figure] = []
    told = conditions(prints, geometry, options.touches, SEED, ours())
    for condition in chain(told, _peer(prints, geometry, options.touches, options.peers, say)):
        found.append(condition)
        for figure in figures(condition, _subjects(prints), ""):
            shown.append(figure)
            yield figure
    if options.report is not None:
        quality = quality_and_scores(prints, geometry, found[0], SEED, _utility(say))
        say(f"written: {write_report(options.report, options, prints, found, shown, quality)}")


def _utility(say: Callable[[str], None]) -> FingerUtility | None:
    """The utility model, if it was built."""
    root = Path(__file__).resolve().parents[2]
    try:
        return FingerUtility(
            ModelShelf(root / "models" / "manifest.toml", root / "models" / "built", 1).open(NAME)
        )
    except (ModelError, ConfigError) as error:
        say(f"without the utility model: {error}")
        return None


def _subjects(prints: list[Print]) -> int:
    return len({one.subject for one in prints})


def _crosswise(sets: dict[str, list[Print]]) -> Iterator[Figure]:
    """Each set with weights fitted on the other one."""
    weights = {name: _fitted(prints) for name, prints in sets.items()}
    for name, prints in sets.items():
        other = next(key for key in sets if key != name)
        for condition in conditions(prints, SENSOR, TOUCHES, SEED, ours(_comparing(weights[other]))):
            yield from figures(condition, _subjects(prints), f"{name}, fitted on {other} only")
        for condition in _peer(prints, SENSOR, TOUCHES, pipe.cache(), _aside):
            yield from figures(condition, _subjects(prints), name)


def _aside(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 (a bench's word beside its figures)


def _peer(
    prints: Sequence[Print], geometry: Geometry, touches: int, folder: Path | None, say: Callable[[str], None]
) -> Iterator[Condition]:
    """The same conditions as a peer does them; nothing, and a word why, where it cannot be had."""
    if folder is None:
        return
    try:
        child = nbis.start(folder)
    except ModelError as error:
        say(str(error))
        return
    with child:
        peer = nbis.Nbis(child)
        for one in conditions(prints, geometry, touches, SEED, Way(peer.template, peer.compare)):
            yield replace(one, peer=nbis.NAME, goal_eer=None, goal_fnmr=None)


def _fitted(prints: list[Print]) -> Weights:
    """Weights from one touch of every print."""
    references = [prepare(template(one.pixels)) for one in prints]
    probes = [prepare(template(window(one.pixels, SENSOR))) for one in prints]
    chosen = pairs(prints, np.random.default_rng(SEED))
    rows = [comparing.compare(probes[a], references[b]) or (0.0,) * len(MEASURES) for a, b in chosen]
    return fit(np.array(rows), np.array([prints[a].subject == prints[b].subject for a, b in chosen]))


def _comparing(weights: Weights) -> Compare:
    """The comparator with other weights."""

    def compare(probe: PreparedFinger, reference: PreparedFinger) -> float:
        if min(len(probe.minutiae), len(reference.minutiae)) < comparing.LEAST_MINUTIAE:
            return comparing.NOTHING_TO_COMPARE
        values = comparing.compare(probe, reference)
        return comparing.NOTHING_TO_COMPARE if values is None else float(weights.score(np.array(values)))

    return compare


def _figure(name: str, value: float, unit: str, goal: float | None, against: str, n: int) -> Figure:
    return Figure("finger", name, value, unit, goal, "higher" if unit == "1/s" else "lower", against, n)


def _first_use() -> Iterator[Figure]:
    started = time.perf_counter()
    reading.warm_up()
    comparing.warm_up()
    yield _figure("first use in this process", time.perf_counter() - started, "s", None, "", 1)


def _speed() -> Iterator[Figure]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield from _times()
    finally:
        cv2.setNumThreads(before)


def _times() -> Iterator[Figure]:
    touches = [ridges(seed, 192, 192) for seed in range(GALLERY)]
    wholes = [ridges(seed, 388, 374) for seed in range(GALLERY)]
    small = _milliseconds(lambda k: template(touches[k]), GALLERY)
    yield _figure("read a touch of 192x192", small, "ms", GOAL_EXTRACT_MS, CPU, GALLERY)
    against = _milliseconds(lambda k: _opencv_bank(touches[k]), GALLERY)
    yield _figure(
        "read a touch of 192x192", small / against, "ratio", None, "OpenCV Gabor, 32 turns", GALLERY
    )
    large = _milliseconds(lambda k: template(wholes[k]), GALLERY)
    yield _figure("read a print of 388x374", large, "ms", None, CPU, GALLERY)
    probes = [prepare(template(pixels)) for pixels in touches]
    gallery = [prepare(template(pixels)) for pixels in wholes]
    edges = _milliseconds(lambda k: compare_edges(probes[k // GALLERY], gallery[k % GALLERY]), GALLERY**2)
    yield _figure("edge comparisons", 1000 / edges, "1/s", GOAL_EDGES, CPU, GALLERY**2)
    comparator = FingerComparator()
    for probe in probes:
        comparator.score(probe, gallery[0])
    whole = _milliseconds(lambda k: comparator.score(probes[k // 4], gallery[k % 4]), GALLERY * 4)
    yield _figure("whole comparison", whole, "ms", GOAL_COMPARE_MS, CPU, GALLERY * 4)


def _milliseconds(work: Callable[[int], object], times: int) -> float:
    """Median over calls, in ms of the processor's time, which others on it hardly change."""
    taken = []
    for k in range(times):
        started = time.process_time()
        work(k)
        taken.append(time.process_time() - started)
    return float(np.median(taken) * 1000)


def ridges(seed: int, width: int, height: int) -> Pixels:
    """Ridges 9 px apart with about as many minutiae to the area as skin has: spiral phases on a curved flow."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(float)
    phase = 2 * np.pi / 9 * np.hypot(x - width / 2, 1.2 * (y - height * 0.6))
    for _ in range(width * height // 2600):
        x0, y0, sign = rng.uniform(0, width), rng.uniform(0, height), rng.choice((-1, 1))
        phase += sign * np.arctan2(y - y0, x - x0)
    noise = cv2.GaussianBlur(rng.normal(size=(height, width)), (0, 0), 1.5) * 150
    return np.asarray(np.clip(127 - 100 * np.cos(phase) + noise, 0, 255), np.uint8) // 16 * 17


def _opencv_bank(pixels: Pixels) -> None:
    """What the usual recipe costs: 32 Gabor filters over the whole picture, one period."""
    picture = pixels.astype(np.float32)
    for turn in np.arange(32) * np.pi / 32:
        cv2.filter2D(picture, cv2.CV_32F, cv2.getGaborKernel((21, 21), 4.5, turn, 9, 1.0, 0))
