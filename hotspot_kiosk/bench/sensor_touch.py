"""A touch as the person feels it: how early one may lift the finger, how fast a stop is.

The sensor is the simulated one at the line's real speed; the driver is the real one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.errors import CaptureCancelled, CaptureTimeout
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES
from hotspot_kiosk.simulator.uart_sensor import UartSensor
from hotspot_kiosk.terms import FingerPosition

TOUCHES = 3
STOPS = 10
THUMB = FingerPosition.RIGHT_THUMB


def run() -> Iterator[Figure]:
    """For an R503 at 115,200 baud."""
    kind = PERSONALITIES["r503"]
    glass: list[NDArray[np.uint8]] = []
    finger = np.random.default_rng(1).integers(0, 256, (kind.height, kind.width), np.uint8)
    with UartSensor(kind, lambda: glass[0] if glass else None) as simulated:
        driver = UartFingerSensor(Options(port=simulated.link))
        driver.open()
        told, whole = zip(*(_touch(driver, glass, finger) for _ in range(TOUCHES)), strict=True)
        stops = [_stop(driver, 0.05 + 0.05 * at) for at in range(STOPS)]
        for at in range(TOUCHES):
            _lift(driver, glass)
            glass.append(finger)
            stops.append(_stop(driver, 0.3 + 0.4 * at))
        driver.close()
    share = float(np.median([1 - t / w for t, w in zip(told, whole, strict=True)]))
    against = f"the whole touch, {np.median(whole):.2f} s"
    yield Figure(
        "sensor_touch",
        "the person is free to lift for this share",
        share,
        "ratio",
        0.8,
        "higher",
        against,
        TOUCHES,
    )
    slowest = max(stops)
    yield Figure(
        "sensor_touch",
        "slowest stop",
        slowest,
        "s",
        0.1,
        "lower",
        "waiting and in the middle of a transfer",
        len(stops),
    )


def _touch(
    driver: UartFingerSensor, glass: list[NDArray[np.uint8]], finger: NDArray[np.uint8]
) -> tuple[float, float]:
    """Seconds from the finger on the glass to the word to lift, and to the whole image."""
    _lift(driver, glass)
    told: list[float] = []
    glass.append(finger)
    start = time.perf_counter()
    driver.capture(THUMB, 5, lambda: told.append(time.perf_counter()))
    whole = time.perf_counter() - start
    glass.clear()
    return told[0] - start, whole


def _lift(driver: UartFingerSensor, glass: list[NDArray[np.uint8]]) -> None:
    glass.clear()
    try:
        driver.capture(THUMB, 0, lambda: None)
    except CaptureTimeout:
        return


def _stop(driver: UartFingerSensor, after_s: float) -> float:
    """Seconds from a cancel to its effect, while the driver waits for a finger or for its image."""
    asked: list[float] = []

    def cancel() -> None:
        asked.append(time.perf_counter())
        driver.cancel()

    timer = threading.Timer(after_s, cancel)
    timer.start()
    try:
        driver.capture(THUMB, 30, lambda: None)
    except CaptureCancelled:
        return time.perf_counter() - asked[0]
    finally:
        timer.join()
    raise AssertionError("nobody touched it, and yet there was an image")
