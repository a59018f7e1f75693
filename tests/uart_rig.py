"""A simulated UART finger sensor, its glass, and the real driver on its line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from hotspot_kiosk.errors import CaptureTimeout
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor
from hotspot_kiosk.kiosk.devices.uart_frames import Frame, Kind
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES, Personality
from hotspot_kiosk.simulator.uart_sensor import UartSensor
from hotspot_kiosk.terms import FingerPosition, FingerSample

INDEX = FingerPosition.RIGHT_INDEX
GEN_IMAGE, UP_IMAGE, SET_PARAMETER, READ_PARAMETERS, COUNT_TEMPLATES, AURA = (
    0x01,
    0x0A,
    0x0E,
    0x0F,
    0x1D,
    0x35,
)
FRESH_R503, R305 = PERSONALITIES["r503"], PERSONALITIES["r305"]
R503 = replace(FRESH_R503, packet=256, baud=115_200)  # as an earlier start of the driver left it
VERIFY_PASSWORD = Frame(Kind.COMMAND, b"\xff" * 4, bytes([0x13, 0, 0, 0, 0])).encode()
SPEED = 30.0  # times the real one; at more the kernel's buffer may overflow on a busy machine
Pixels = NDArray[np.uint8]


def finger(personality: Personality, seed: int) -> Pixels:
    """A picture that fits the sensor, in the 16 levels it can show."""
    levels = np.random.default_rng(seed).integers(0, 16, (personality.height, personality.width), np.uint8)
    return levels * np.uint8(17)


def faded(pixels: Pixels) -> Pixels:
    """What a finger leaves behind on the glass: a third of its contrast, still in 16 levels."""
    levels = 8 + np.round((pixels / 17 - 7.5) / 3)
    return levels.astype(np.uint8) * np.uint8(17)


class Bench:
    """A simulated sensor, its glass, and a driver on its line."""

    def __init__(
        self, personality: Personality, speed: float = SPEED, lying_s: float = 60, **options: object
    ) -> None:
        self.on_glass: Pixels | None = None
        self.looked = threading.Event()
        self.sensor = UartSensor(personality, self._look, speed=speed)
        self.options = Options(port=self.sensor.link, **{"patience_s": 0.25, **options})  # type: ignore[arg-type]
        self.driver = UartFingerSensor(self.options, lying_s=lying_s)

    def _look(self) -> Pixels | None:
        self.looked.set()
        return self.on_glass

    def touch(self, seed: int, timeout_s: float = 60) -> FingerSample:
        """Lift the finger, put another down as soon as the driver has seen the glass free, capture."""
        self.lift()
        self.on_glass = finger(self.sensor.personality, seed)
        return self.capture(timeout_s)

    def lift(self) -> None:
        """Take the finger off and let the driver see it."""
        self.on_glass = None
        with pytest.raises(CaptureTimeout):
            self.capture(0)

    def capture(self, timeout_s: float = 60, on_finger: Callable[[], None] = lambda: None) -> FingerSample:
        """One capture."""
        return self.driver.capture(INDEX, timeout_s, on_finger)

    def asked(self, command: int) -> int:
        """How often the sensor was given a command."""
        return self.sensor.heard.count(command)


@contextmanager
def bench(personality: Personality = R503, speed: float = SPEED, **options: object) -> Iterator[Bench]:
    """A bench whose sensor is plugged in and whose driver is open."""
    it = Bench(personality, speed, **options)  # type: ignore[arg-type]
    with it.sensor:
        it.driver.open()
        try:
            yield it
        finally:
            it.driver.close()
