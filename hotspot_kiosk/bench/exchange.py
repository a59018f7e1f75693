"""What an exchange with a partner costs: packing, telling an answer, and the whole way at 1 Mbit/s.

The whole way is measured in one piece (`exchange_story`), routing through the real hub (`exchange_routing`).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from hotspot_kiosk import nist, seal
from hotspot_kiosk.bench.evidence import HERE, TIMES, example_request, median_ms
from hotspot_kiosk.bench.exchange_routing import routing
from hotspot_kiosk.bench.exchange_story import story
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.simulator.broker import NoBroker
from hotspot_kiosk.terms import FingerSample, Request, SensorGrade

PACK_GOAL_MS = 150
FAP_45 = SensorGrade("FAP 45 reader", 800, 750, 500, 256, 45)


def run() -> Iterator[Figure]:
    """Packing two fingers of 192 x 192 px and a face; then two of FAP 45 (800 x 750 px) and a face."""
    request = example_request()
    own, hub = (seal.PrivateKeys.make(owner, bytes([owner]) * 128) for owner in (1, 0))
    for encoding in nist.Encoding:
        spent = median_ms(partial(_sealed, request, encoding, hub.public(), own))
        name = f"pack, validate and seal, {encoding}"
        yield Figure("exchange", name, spent, "ms", PACK_GOAL_MS, "lower", "goal", TIMES)
    certified = _certified(request)
    spent = median_ms(partial(_sealed, certified, nist.Encoding.TRADITIONAL, hub.public(), own))
    yield Figure(
        "exchange", "the same with fingers of FAP 45", spent, "ms", PACK_GOAL_MS, "lower", "goal", TIMES
    )
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as temporary:
        try:
            yield from routing(Path(temporary) / "routing")
            yield from story(Path(temporary) / "story")
        except NoBroker as error:
            print(f"bench exchange: {error}", file=sys.stderr)  # noqa: T201


def _sealed(request: Request, encoding: nist.Encoding, hub: seal.PublicKeys, own: seal.PrivateKeys) -> bytes:
    data = nist.pack(request, HERE, encoding=encoding)
    return seal.seal(data, request.tcn, "evidence", hub, own)


def _certified(request: Request) -> Request:
    """The same person at a reader that INTERPOL's profile recommends."""
    y, x = np.mgrid[0 : FAP_45.height, 0 : FAP_45.width]
    captures = []
    for capture in request.captures:
        sample = capture.sample
        if isinstance(sample, FingerSample):
            wave = 127 + 120 * np.sin(np.hypot(y - 300, x - 40 * sample.position) * 2 * np.pi / 9)
            sample = FingerSample(sample.position, FAP_45, wave.astype(np.uint8))
        captures.append(replace(capture, sample=sample))
    return replace(request, captures=tuple(captures))
