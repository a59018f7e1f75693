"""A finger sensor of the R503/R305 family on a serial line.

It gives whole, verified images of touches, each touch once. Checks and recovery are in
`uart_finger_link`, finding the sensor in `uart_finger_setup`; this file knows fingers and lights.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import adafruit_fingerprint as library
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import (
    BadBytes,
    BadSample,
    CaptureCancelled,
    CaptureTimeout,
    DeviceLost,
    WrongDevice,
)
from hotspot_kiosk.kiosk.devices.port import FingerSensor, Light
from hotspot_kiosk.kiosk.devices.uart_finger_link import FingerLink
from hotspot_kiosk.kiosk.devices.uart_finger_setup import Options, connect
from hotspot_kiosk.terms import FingerPosition, FingerSample, SensorGrade

__all__ = ["Options", "UartFingerSensor", "build", "unpack"]

TOUCHES = 2
POLL_FINGER_S = 0.06
NO_IMAGE_YET = (library.OK, library.IMAGEFAIL, library.PACKETRECIEVEERR)

RED, BLUE, PURPLE = 1, 2, 3
BREATHE, FLASH, STEADY, DARK = 1, 2, 3, 4
# light -> colour, mode, speed, cycles (0 = until told otherwise)
AURA = {
    Light.OFF: (BLUE, DARK, 0, 0),
    Light.PLACE_FINGER: (BLUE, BREATHE, 0x60, 0),
    Light.READING: (PURPLE, STEADY, 0, 0),
    Light.DONE: (BLUE, STEADY, 0, 0),
    Light.AGAIN: (RED, FLASH, 0x20, 3),
}


class UartFingerSensor:
    """The port `FingerSensor` over a serial line."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._link: FingerLink | None = None
        self._grade: SensorGrade | None = None
        self._lit = True
        self._lifted = True
        self._lock = threading.Lock()
        self._capturing = False
        self._cancelled = threading.Event()

    def open(self) -> SensorGrade:
        """Find the sensor, agree on speed and packets, learn its geometry from one image's size.

        Raises DeviceLost if nothing answers, WrongDevice if the password, address or size is wrong.
        """
        self.close()
        self._link, self._grade = connect(self._options, self._cancelled.is_set)
        return self._grade

    def capture(
        self, position: FingerPosition, timeout_s: float, on_finger: Callable[[], None]
    ) -> FingerSample:
        """One touch, verified packet by packet and by its number of bytes.

        A finger that gave an image must be lifted before it can give another. `timeout_s` bounds
        the wait for a finger, not the transfer. Raises as the port says.
        """
        with self._lock:
            self._cancelled.clear()
            self._capturing = True
        try:
            return self._capture(position, time.monotonic() + timeout_s, on_finger)
        except BadBytes as error:
            raise DeviceLost(f"the finger sensor at {self._options.port} cannot be read: {error}") from error
        except DeviceLost:
            self._hang_up()
            raise
        finally:
            with self._lock:
                self._capturing = False
                self._cancelled.clear()

    def show(self, light: Light) -> None:
        """Set the ring of an R503; a sensor that refuses or ignores it is remembered as having none.

        Raises DeviceLost if the line is gone.
        """
        if not self._lit:
            return
        link = self._opened()
        color, mode, speed, cycles = AURA[light]
        try:
            self._lit = link.ask(lambda: link.set_led(color, mode, speed, cycles)) == library.OK
        except BadBytes:
            self._lit = False
        except DeviceLost:
            self._hang_up()
            raise

    def cancel(self) -> None:
        """End a running capture within 20 ms; without one this does nothing."""
        with self._lock:
            if self._capturing:
                self._cancelled.set()

    def close(self) -> None:
        """Give the serial port back; `open` may be called again."""
        self._hang_up()
        self._grade = None
        self._lit = True

    def _capture(
        self, position: FingerPosition, deadline: float, on_finger: Callable[[], None]
    ) -> FingerSample:
        link = self._opened()
        problem: BadBytes | None = None
        for touch in range(TOUCHES):
            self._await_finger(link, deadline)
            if touch == 0:
                on_finger()
            try:
                return self._sample(position, link)
            except BadBytes as error:
                problem = error
        raise BadBytes(f"every image came damaged, the last because {problem}") from problem

    def _sample(self, position: FingerPosition, link: FingerLink) -> FingerSample:
        grade = self._grade
        if grade is None:
            raise DeviceLost("the finger sensor is not open")
        image = link.image(grade.width * grade.height // 2)
        self._lifted = False
        return FingerSample(position, grade, unpack(image, grade.width, grade.height))

    def _await_finger(self, link: FingerLink, deadline: float) -> None:
        """Until a finger is imaged that was put down after the last one was lifted."""
        while True:
            code = link.ask(link.get_image)
            if code == library.NOFINGER:
                self._lifted = True
            elif code == library.PASSVERIFY:  # it lost its power meanwhile
                link.ask(link.verify_password)
            elif code == library.OK and self._lifted:
                return
            elif code not in NO_IMAGE_YET:
                raise BadBytes(f"it takes no image (code {code:02X})")
            if time.monotonic() >= deadline:
                raise CaptureTimeout("no finger was placed in time")
            if self._cancelled.wait(POLL_FINGER_S):
                raise CaptureCancelled("the capture was stopped on request")

    def _opened(self) -> FingerLink:
        """The link; after a loss, found again, if the sensor is the same as before."""
        if self._link:
            return self._link
        if self._grade is None:
            raise DeviceLost("the finger sensor is not open")
        self._link, grade = connect(self._options, self._cancelled.is_set)
        if grade != self._grade:
            self._hang_up()
            raise WrongDevice(f"the sensor at {self._options.port} is not the one it was; restart the kiosk")
        return self._link

    def _hang_up(self) -> None:
        if self._link:
            self._link.close()
        self._link = None


def unpack(image: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """Pixels uint8 (height, width) of 16 grey levels from two pixels a byte, the left one high.

    Raises BadSample if the bytes do not fit the size.
    """
    if len(image) * 2 != width * height:
        raise BadSample(f"{len(image)} bytes are no image of {width}x{height}")
    packed = np.frombuffer(image, np.uint8)
    pixels = np.empty(2 * len(packed), np.uint8)
    pixels[0::2], pixels[1::2] = packed >> 4, packed & 0x0F
    return (pixels * 17).reshape(height, width)


def build(options: Options) -> FingerSensor:
    """The sensor the options describe, unopened."""
    return UartFingerSensor(options)
