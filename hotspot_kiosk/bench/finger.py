"""Fingers: time to read a touch, comparisons a second, time of a whole comparison, error rates.

Speed is measured on synthetic ridges drawn here, one thread; the peer in the same run is OpenCV's own
filter bank. Error rates need real prints at `<repo root>/../shared/data` and are left out without them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.compare import finger as comparing
from hotspot_kiosk.compare.finger import FingerComparator, PreparedFinger, compare_edges, prepare
from hotspot_kiosk.inference import finger as reading
from hotspot_kiosk.terms import FingerPosition, FingerSample, FingerTemplate, SensorGrade

GOAL_EXTRACT_MS, GOAL_EDGES, GOAL_COMPARE_MS = 50.0, 10_000.0, 5.0
GOAL_EER, GOAL_FNMR = 2.0, 3.0
GALLERY = 24
FINGERS = IMPRESSIONS = 6
DATABASES = {"db1": "whose fingers the weights were fitted on", "db3": "nothing fitted on it"}
Pixels = NDArray[np.uint8]


def run() -> Iterator[Figure]:
    """Every figure, quickest first."""
    yield from _first_use()
    yield from _speed()
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "fingers"
    for database, note in DATABASES.items():
        if (folder / f"fvc2002_{database}_b").is_dir():
            yield from _errors(folder / f"fvc2002_{database}_b", f"{database.upper()}_B", note)


def _figure(name: str, value: float, unit: str, goal: float | None, against: str, n: int) -> Figure:
    return Figure("finger", name, value, unit, goal, "higher" if unit == "1/s" else "lower", against, n)


def _first_use() -> Iterator[Figure]:
    started = time.perf_counter()
    reading.warm_up()
    comparing.warm_up()
    yield _figure("first use in this process", time.perf_counter() - started, "s", None, "", 1)


def _speed() -> Iterator[Figure]:
    touches = [_ridges(seed, 192, 192) for seed in range(GALLERY)]
    wholes = [_ridges(seed, 388, 374) for seed in range(GALLERY)]
    small = _milliseconds(lambda k: _extract(touches[k]), GALLERY)
    yield _figure("read a touch of 192x192", small, "ms", GOAL_EXTRACT_MS, "", GALLERY)
    against = _milliseconds(lambda k: _opencv_bank(touches[k]), GALLERY)
    yield _figure(
        "read a touch of 192x192", small / against, "ratio", None, "OpenCV Gabor, 32 turns", GALLERY
    )
    large = _milliseconds(lambda k: _extract(wholes[k]), GALLERY)
    yield _figure("read a print of 388x374", large, "ms", None, "", GALLERY)
    probes = [prepare(_extract(pixels)) for pixels in touches]
    gallery = [prepare(_extract(pixels)) for pixels in wholes]
    edges = _milliseconds(lambda k: compare_edges(probes[k // GALLERY], gallery[k % GALLERY]), GALLERY**2)
    yield _figure("edge comparisons", 1000 / edges, "1/s", GOAL_EDGES, "", GALLERY**2)
    comparator = FingerComparator()
    for probe in probes:
        comparator.score(probe, gallery[0])
    whole = _milliseconds(lambda k: comparator.score(probes[k // 4], gallery[k % 4]), GALLERY * 4)
    yield _figure("whole comparison", whole, "ms", GOAL_COMPARE_MS, "", GALLERY * 4)


def _errors(folder: Path, database: str, note: str) -> Iterator[Figure]:
    """Rates on a part of the database, 192x192 windows with 16 grey levels against whole prints."""
    keys = [(100 + f, i) for f in range(1, FINGERS + 1) for i in range(1, IMPRESSIONS + 1)]
    pixels = {key: _read(folder / f"{key[0]}_{key[1]}.png") for key in keys}
    references = {key: prepare(_extract(picture)) for key, picture in pixels.items()}
    probes = {key: prepare(_extract(_window(picture, 192) // 16 * 17)) for key, picture in pixels.items()}
    mated, other = _scores(keys, probes, references)
    eer, fnmr = _rates(mated, other)
    name, n = f"192x192x4 against whole prints, part of FVC2002 {database} ({note})", len(mated) + len(other)
    yield _figure(f"EER, {name}", eer, "%", GOAL_EER, "", n)
    yield _figure(f"FNMR at FMR 0.1 %, {name}", fnmr, "%", GOAL_FNMR, "", n)


def _scores(
    keys: list[tuple[int, int]],
    probes: dict[tuple[int, int], PreparedFinger],
    references: dict[tuple[int, int], PreparedFinger],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of all mated pairs and of every pair of fingers' like impressions and one other."""
    comparator = FingerComparator()
    pairs = [(a, b) for a in keys for b in keys if a[0] == b[0] and a[1] != b[1]]
    strange = [(a, b) for a in keys for b in keys if a[0] != b[0] and (b[1] - a[1]) % IMPRESSIONS < 3]
    scores = [[comparator.score(probes[a], references[b]) for a, b in some] for some in (pairs, strange)]
    return np.sort(scores[0]), np.sort(scores[1])


def _rates(mated: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    """EER and FNMR at FMR <= 0.1 %, in percent; both sorted."""
    steps = np.unique(np.concatenate([mated, other, [other[-1] + 1e-9]]))
    fmr = 1 - np.searchsorted(other, steps) / len(other)
    fnmr = np.searchsorted(mated, steps) / len(mated)
    k = int(np.argmin(np.abs(fmr - fnmr)))
    return 50 * float(fmr[k] + fnmr[k]), 100 * float(fnmr[np.argmax(fmr <= 0.001)])


def _milliseconds(work: Callable[[int], object], times: int) -> float:
    """Median over calls, in ms."""
    taken = []
    for k in range(times):
        started = time.perf_counter()
        work(k)
        taken.append(time.perf_counter() - started)
    return float(np.median(taken) * 1000)


def _extract(pixels: Pixels) -> FingerTemplate:
    grade = SensorGrade("bench", pixels.shape[1], pixels.shape[0], 500, 16)
    return reading.extract(FingerSample(FingerPosition.RIGHT_INDEX, grade, np.ascontiguousarray(pixels)))


def _ridges(seed: int, width: int, height: int) -> Pixels:
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


def _read(path: Path) -> Pixels:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def _window(pixels: Pixels, side: int) -> Pixels:
    """A window about the middle of the textured part, kept inside the picture."""
    grey = pixels.astype(np.float64)
    mean = cv2.blur(grey, (15, 15), borderType=cv2.BORDER_REFLECT)
    variance = cv2.blur(grey * grey, (15, 15), borderType=cv2.BORDER_REFLECT) - mean * mean
    y, x = (int(axis.mean()) for axis in np.nonzero(variance > variance.max() * 0.1))
    top = min(max(y - side // 2, 0), max(pixels.shape[0] - side, 0))
    left = min(max(x - side // 2, 0), max(pixels.shape[1] - side, 0))
    return pixels[top : top + side, left : left + side]
