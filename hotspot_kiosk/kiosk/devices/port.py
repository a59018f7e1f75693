"""What the kiosk expects of a camera and of a finger sensor.

A variant is one file in this folder, named by the config's `driver`. It holds `Options` (a frozen
msgspec Struct, unknown keys forbidden) and `build(options)`, which returns the device unopened.
One thread owns one device and makes every call but `cancel`, which any thread may make.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from hotspot_kiosk.terms import FaceSample, FingerPosition, FingerSample, SensorGrade


class Light(StrEnum):
    """What a sensor's own light says to the person before it."""

    OFF = "off"
    PLACE_FINGER = "place finger"
    READING = "reading"
    DONE = "done"
    AGAIN = "again"


class FingerSensor(Protocol):
    """A fingerprint sensor that gives one image a touch."""

    def open(self) -> SensorGrade:
        """Find the sensor and say what it really delivers.

        Raises DeviceLost if nothing answers, WrongDevice if something else does.
        """

    def capture(
        self, position: FingerPosition, timeout_s: float, on_finger: Callable[[], None]
    ) -> FingerSample:
        """Wait for a finger, call `on_finger` once it is seen, return the whole image.

        Never returns an image it could not verify byte by byte. Raises CaptureTimeout,
        CaptureCancelled, DeviceLost. After any of them the next call works if the device does.
        """

    def show(self, light: Light) -> None:
        """Set the sensor's own light; does nothing on a sensor without one."""

    def cancel(self) -> None:
        """End a running `capture` at once; it raises CaptureCancelled. Any thread may call this."""

    def close(self) -> None:
        """Give the device back. May be called twice."""


class Camera(Protocol):
    """A camera that gives the newest frame."""

    def open(self) -> str:
        """Start the camera and return its name. Raises DeviceLost or WrongDevice."""

    def frame(self, timeout_s: float) -> FaceSample:
        """The next frame that was not returned before. Raises CaptureTimeout, CaptureCancelled, DeviceLost."""

    def cancel(self) -> None:
        """End a running `frame` at once; it raises CaptureCancelled. Any thread may call this."""

    def close(self) -> None:
        """Give the device back. May be called twice."""
