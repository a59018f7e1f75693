"""A finger sensor of the R503/R305 family on a serial line.

It gives whole, verified images of touches, each touch once. Checks and recovery are in
`uart_finger_link` and `uart_finger_image`, finding the sensor in `uart_finger_setup`, dirt on the
glass in `uart_finger_glass`; this file knows fingers and lights.
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
    GlassDirty,
    WrongDevice,
)
from hotspot_kiosk.kiosk.devices.port import FingerSensor, Light
from hotspot_kiosk.kiosk.devices.uart_finger_glass import DIRTY, LYING_S, Glass
from hotspot_kiosk.kiosk.devices.uart_finger_link import FingerLink
from hotspot_kiosk.kiosk.devices.uart_finger_setup import Connection, OpenPort, Options, connect, open_port
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

    def __init__(self, options: Options, opened: OpenPort = open_port, lying_s: float = LYING_S) -> None:
        self._options = options
        self._open_port, self._lying_s = opened, lying_s
        self._connection: Connection | None = None
        self._grade: SensorGrade | None = None
        self._lit = True
        self._wary = False  # the line was lost or bad since it was last opened
        self._glass = Glass(lying_s)
        self._lock = threading.Lock()
        self._capturing = False
        self._cancelled = threading.Event()

    def open(self) -> SensorGrade:
        """Find the sensor, agree on speed and packets, learn its geometry from one image's size.

        What lies on the glass now is no touch. Raises DeviceLost if nothing answers, WrongDevice if
        the password, address or size is wrong.
        """
        self.close()
        connection = self._connect()
        self._grade, self._glass = connection.grade, Glass(self._lying_s)
        try:
            if connection.link.ask(connection.link.get_image) == library.OK:
                self._glass.touched(self._image(connection))
        except (BadBytes, DeviceLost) as error:
            self.close()
            raise self._unreadable(error) from error
        return self._grade

    def capture(
        self, position: FingerPosition, timeout_s: float, on_finger: Callable[[], None]
    ) -> FingerSample:
        """One touch, verified packet by packet and by its number of bytes.

        A finger that gave an image must be lifted before it can give another. Where the glass was not seen free,
        because a finger took the place of another while an image travelled, their pictures tell them apart. `timeout_s`
        bounds the wait for a finger, not the transfer. `on_finger` is called as soon as it is known that there is
        one, and may call `show`. Raises as the port says; BadSample if what lies on the glass does not go away.
        """
        with self._lock:
            self._cancelled.clear()
            self._capturing = True
        try:
            return self._capture(position, time.monotonic() + timeout_s, on_finger)
        except BadBytes as error:
            raise self._unreadable(error) from error
        except DeviceLost:
            self._lose()
            raise
        finally:
            with self._lock:
                self._capturing = False
                self._cancelled.clear()

    def show(self, light: Light) -> None:
        """Set the ring of an R503; a sensor that refuses or ignores it is remembered as having none.

        When the light is put out nobody is asked for a finger: whether the glass is free is looked up.
        Raises DeviceLost if the sensor does not answer, whether it has a ring or not.
        """
        link = self._connected().link
        try:
            self._set_ring(link, light)
            if light is Light.OFF and link.ask(link.get_image) == library.NOFINGER:
                self._glass.seen_free()
        except BadBytes as error:
            raise self._unreadable(error) from error
        except DeviceLost:
            self._lose()
            raise

    def pass_over(self) -> None:
        """As the port says: one look at the glass."""
        link = self._connected().link
        try:
            seen = link.ask(link.get_image)
        except BadBytes as error:
            raise self._unreadable(error) from error
        except DeviceLost:
            self._lose()
            raise
        if seen == library.NOFINGER:
            self._glass.seen_free()
        elif seen == library.OK:
            self._glass.passed_over()

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

    def _set_ring(self, link: FingerLink, light: Light) -> None:
        if not self._lit:
            link.ask(link.verify_password)
            return
        color, mode, speed, cycles = AURA[light]
        try:
            self._lit = link.ask(lambda: link.set_led(color, mode, speed, cycles)) == library.OK
        except BadBytes:  # it is there, but does not know the command
            self._lit = False

    def _capture(
        self, position: FingerPosition, deadline: float, on_finger: Callable[[], None]
    ) -> FingerSample:
        connection = self._connected()
        problem: BadBytes | None = None
        for touch in range(TOUCHES):
            pixels = self._await_finger(connection, deadline)
            if touch == 0:
                on_finger()
            try:
                return self._sample(position, connection, pixels)
            except BadBytes as error:
                problem = error
        raise BadBytes(f"every image came damaged, the last because {problem}") from problem

    def _sample(
        self, position: FingerPosition, connection: Connection, pixels: NDArray[np.uint8] | None
    ) -> FingerSample:
        if pixels is None:
            pixels = self._image(connection)
        if pixels.min() == pixels.max():  # it lost its power, and the image with it
            raise BadBytes("the sensor sent a blank image")
        if self._glass.is_dirt(pixels):
            raise GlassDirty(DIRTY)
        self._glass.touched(pixels)
        return FingerSample(position, connection.grade, pixels)

    def _image(self, connection: Connection) -> NDArray[np.uint8]:
        grade = connection.grade
        packed = connection.images.image(grade.width * grade.height // 2)
        return unpack(packed, grade.width, grade.height)

    def _await_finger(self, connection: Connection, deadline: float) -> NDArray[np.uint8] | None:
        """Until a finger is imaged that was put down after the last one was lifted; its picture, if it had to be looked at."""
        while True:
            if self._look(connection):
                if self._glass.lifted:
                    return None
                if self._glass.worth_a_look(time.monotonic()):
                    pixels = self._image(connection)
                    if self._glass.is_another(pixels, time.monotonic()):
                        return pixels
            if time.monotonic() >= deadline:
                raise CaptureTimeout("no finger was placed in time")
            if self._cancelled.wait(POLL_FINGER_S):
                raise CaptureCancelled("the capture was stopped on request")

    def _look(self, connection: Connection) -> bool:
        """Whether something lies on the glass; the sensor has imaged it then."""
        link = connection.link
        code = link.ask(link.get_image)
        if code == library.NOFINGER:
            self._glass.seen_free()
        elif code == library.PASSVERIFY:  # it lost its power meanwhile
            link.ask(link.verify_password)
        elif code not in NO_IMAGE_YET:
            raise BadBytes(f"it takes no image (code {code:02X})")
        return bool(code == library.OK)

    def _connected(self) -> Connection:
        """The line; after a loss, found again, if the sensor is the same as before."""
        if self._connection:
            return self._connection
        if self._grade is None:
            raise DeviceLost("the finger sensor is not open")
        connection = self._connect()
        if connection.grade != self._grade:
            self._hang_up()
            raise WrongDevice(f"the sensor at {self._options.port} is not the one it was; restart the kiosk")
        return connection

    def _connect(self) -> Connection:
        connection = self._connection = connect(self._options, self._cancelled.is_set, self._open_port)
        if self._wary:
            connection.images.watch()
        self._wary = False
        return connection

    def _unreadable(self, error: BadBytes | DeviceLost) -> DeviceLost:
        self._wary = True
        return DeviceLost(f"the finger sensor at {self._options.port} cannot be read: {error}")

    def _lose(self) -> None:
        self._wary = True
        self._hang_up()

    def _hang_up(self) -> None:
        if self._connection:
            self._connection.link.close()
        self._connection = None


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
