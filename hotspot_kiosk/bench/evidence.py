"""The evidence part: time to pack and to read one, and what it adds to the image codecs' own work."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import nist
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.nist.compression import encode_jpeg, encode_wsq
from hotspot_kiosk.terms import (
    Capture,
    ClockStamp,
    FaceSample,
    FaceTemplate,
    FingerPosition,
    FingerSample,
    Quality,
    Request,
    RequestType,
    SensorGrade,
    Tcn,
)

TIMES = 15
HERE = nist.Agency("XYZ", "BENCH")


def run() -> Iterator[Figure]:
    """A face of 480 x 600 px and two fingers of 192 x 192 px."""
    request = example_request()
    data = nist.pack(request, HERE)
    pack = median_ms(lambda: nist.pack(request, HERE))
    codecs = median_ms(lambda: _encode(request))
    read = median_ms(lambda: nist.read(data))
    yield Figure("evidence", "pack", pack, "ms", 150, "lower", "goal", TIMES)
    yield Figure(
        "evidence", "pack over codecs", pack / codecs, "ratio", None, "lower", "WSQ and JPEG alone", TIMES
    )
    yield Figure("evidence", "read and check", read, "ms", None, "lower", "", TIMES)
    whole = nist.parse(data)
    rules = median_ms(lambda: nist.validate(whole))
    yield Figure("evidence", "rules alone", rules, "ms", None, "lower", "", TIMES)
    yield Figure("evidence", "size", len(data) / 1024, "KiB", None, "lower", "", 1)


def median_ms(work: Callable[[], object]) -> float:
    """The median of 15 runs, in milliseconds."""
    spans = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        spans.append(1000 * (time.perf_counter() - start))
    return statistics.median(spans)


def _encode(request: Request) -> None:
    for capture in request.captures:
        pixels = capture.sample.pixels
        _ = encode_jpeg(pixels) if isinstance(capture.sample, FaceSample) else encode_wsq(pixels)


def example_request() -> Request:
    """A face of 480 x 600 px with grain and two fingers of 192 x 192 px."""
    grade = SensorGrade("R503", 192, 192, 508, 16)
    samples = (
        FaceSample("camera", _face()),
        FingerSample(FingerPosition.RIGHT_INDEX, grade, _ridges(0)),
        FingerSample(FingerPosition.LEFT_INDEX, grade, _ridges(50)),
    )
    template = FaceTemplate("none", np.zeros(1, np.float32))
    stamp = ClockStamp("bench", 0, datetime(2026, 1, 1, tzinfo=UTC), trusted=True)
    captures = tuple(Capture(sample, Quality(()), template) for sample in samples)
    return Request(Tcn.mint(2026, 1, 1), RequestType.NPS, "bench", "bench", "", stamp, captures)


def _face() -> NDArray[np.uint8]:
    y, x = np.mgrid[0:600, 0:480]
    grain = np.random.default_rng(1).normal(0, 2, (600, 480))
    parts = [150 + 80 * np.sin((x + k * y) / 60) + grain for k in range(3)]
    pixels: NDArray[np.uint8] = np.clip(np.stack(parts, axis=2), 0, 255).astype(np.uint8)
    return pixels


def _ridges(shift: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:192, 0:192]
    wave = 127 + 120 * np.sin(np.hypot(y - 90, x - shift) * 2 * np.pi / 8)
    pixels: NDArray[np.uint8] = wave.astype(np.uint8) // 17 * 17
    return pixels
