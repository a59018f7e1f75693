"""Devices for tests: the ports of the camera and of the finger sensor, played from a script.

They keep the ports' promises: a cancel is heard only while a capture runs, and every wait ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from making import R503

from hotspot_kiosk.errors import CaptureCancelled, CaptureTimeout, DeviceLost
from hotspot_kiosk.kiosk.devices.port import Frame, Light
from hotspot_kiosk.terms import FaceSample, FingerPosition, FingerSample, SensorGrade

Scripted = FaceSample | Frame | FingerSample | Exception


def nothing() -> None:
    """What happens just before a capture, unless a test says otherwise."""


class ScriptedDevice:
    """Gives what `coming` holds, one item a capture: a sample, or an error to raise; else it waits.

    `refusals` are the errors of the next calls of `open`. `before_waiting` is called when a capture
    was asked for and does not hear a cancel yet.
    """

    def __init__(self, coming: Iterable[Scripted] = (), refusals: Iterable[Exception] = ()) -> None:
        self.coming = list(coming)
        self.refusals = list(refusals)
        self.before_waiting: Callable[[], None] = nothing
        self.opened = 0
        self.closed = 0
        self.waits = 0
        self._is_open = False
        self._changed = threading.Condition()
        self._waiting = False
        self._cancelled = False

    def give(self, item: Scripted) -> None:
        """Let this come; a capture that waits gets it."""
        with self._changed:
            self.coming.append(item)
            self._changed.notify_all()

    def await_capture(self, number: int = 1) -> None:
        """Until that capture, or a later one, is waiting."""
        with self._changed:
            waits = self._changed.wait_for(lambda: self._waiting and self.waits >= number, 60)
            assert waits, "nobody asked the device"

    def cancel(self) -> None:
        """As the ports say."""
        with self._changed:
            self._cancelled = self._waiting
            self._changed.notify_all()

    def close(self) -> None:
        """As the ports say."""
        self.closed += 1
        self._is_open = False

    def _open(self) -> None:
        self.opened += 1
        if self.refusals:
            raise self.refusals.pop(0)
        self._is_open = True

    def _next(self, timeout_s: float) -> FaceSample | Frame | FingerSample:
        if not self._is_open:
            raise DeviceLost("it is not open")
        self.before_waiting()
        ends = time.monotonic() + timeout_s
        with self._changed:
            self._waiting, self._cancelled = True, False
            self.waits += 1
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self.coming or self._cancelled, ends - time.monotonic())
            finally:
                self._waiting = False
            if self._cancelled:
                raise CaptureCancelled("stopped")
            if not self.coming:
                raise CaptureTimeout("nothing came")
            item = self.coming.pop(0)
        if isinstance(item, Exception):
            raise item
        return item


class ScriptedCamera(ScriptedDevice):
    """The port `Camera`; `checked` counts how often it was looked after, `trouble` is what that finds."""

    checked = 0
    trouble: Exception | None = None

    def open(self) -> str:
        """As the port says."""
        self._open()
        return "scripted"

    def check(self) -> None:
        """As the port says."""
        self.checked += 1
        if self.trouble:
            raise self.trouble

    def frame(self, timeout_s: float) -> Frame:
        """As the port says; a sample is its own small picture."""
        item = self._next(timeout_s)
        if isinstance(item, Frame):
            return item
        assert isinstance(item, FaceSample)
        return Frame(item.device, item.pixels, lambda: item.pixels)


class ScriptedSensor(ScriptedDevice):
    """The port `FingerSensor`; `lights` are those that were shown, `dark` the errors of the next."""

    def __init__(self, coming: Iterable[Scripted] = (), refusals: Iterable[Exception] = ()) -> None:
        super().__init__(coming, refusals)
        self.lights: list[Light] = []
        self.dark: list[Exception] = []
        self.asked: list[FingerPosition] = []
        self.passed = 0

    def open(self) -> SensorGrade:
        """As the port says."""
        self._open()
        return R503

    def capture(
        self, position: FingerPosition, timeout_s: float, on_finger: Callable[[], None]
    ) -> FingerSample:
        """As the port says; `on_finger` is called once a finger came."""
        self.asked.append(position)
        sample = self._next(timeout_s)
        assert isinstance(sample, FingerSample)
        on_finger()
        return sample

    def pass_over(self) -> None:
        """As the port says: what came so far was no touch."""
        self.passed += 1
        with self._changed:
            self.coming.clear()

    def show(self, light: Light) -> None:
        """As the port says."""
        if self.dark:
            raise self.dark.pop()
        self.lights.append(light)
