"""A finger sensor of the R503/R305 family on a serial line.

It gives whole, verified images of touches, each touch once. Framing, checks and recovery are in
`uart_finger_link`; this file knows geometry, fingers on and off the glass, and the light.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import adafruit_fingerprint as library
import msgspec
import numpy as np
import serial
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadBytes, BadSample, CaptureTimeout, DeviceLost, WrongDevice
from hotspot_kiosk.kiosk.devices.port import FingerSensor, Light
from hotspot_kiosk.kiosk.devices.uart_finger_link import POLL_S, FingerLink
from hotspot_kiosk.terms import FingerPosition, FingerSample, SensorGrade

Baud = Literal[9600, 19200, 38400, 57600, 115200]
FASTEST: Baud = 115200
BAUD_REGISTER, PACKET_REGISTER = 4, 6
LARGEST_PACKET = 3  # the code of 256 bytes
BAUD_UNIT = 9600
TRIES = 3
TOUCHES = 2
GREY_LEVELS = 16
POLL_FINGER_S = 0.06
GREETING_S = 0.3

# bytes of image, two pixels a byte -> (width, height, pixels an inch)
GEOMETRY = {18_432: (192, 192, 508), 36_864: (256, 288, 500)}

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


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sensor's part of the configuration.

    baud is where the sensor is looked for first; `fast` moves it to 115,200 for good. ppi and name
    override what the image's size says. patience_s is how long a silent sensor is waited for.
    """

    port: str
    baud: Baud = 57600
    fast: bool = False
    password: int = 0
    address: int = 0xFFFF_FFFF
    ppi: int | None = None
    name: str = ""
    patience_s: float = 1.0

    def __post_init__(self) -> None:
        for key in ("password", "address"):
            if not 0 <= getattr(self, key) <= 0xFFFF_FFFF:
                raise ValueError(f"{key} of the finger sensor must be 0 to 0xFFFFFFFF")
        if not 0.05 <= self.patience_s <= 30:
            raise ValueError("patience_s of the finger sensor must be 0.05 to 30 seconds")
        if self.ppi is not None and not 100 <= self.ppi <= 2000:
            raise ValueError("ppi of the finger sensor must be 100 to 2000")

    def __repr__(self) -> str:
        return f"Options(port={self.port!r}, baud={self.baud}, fast={self.fast})"


class UartFingerSensor:
    """The port `FingerSensor` over a serial line."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._link: FingerLink | None = None
        self._serial: serial.Serial | None = None
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
        try:
            self._link = self._find()
            self._agree(self._link)
            self._grade = self._grade_of(len(self._upload(self._link, None)))
        except (DeviceLost, WrongDevice):
            self.close()
            raise
        except BadBytes as error:
            self.close()
            raise DeviceLost(f"the finger sensor at {self._options.port} cannot be read: {error}") from error
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
        except DeviceLost:
            self._hang_up()
            raise
        finally:
            with self._lock:
                self._capturing = False
                self._cancelled.clear()

    def show(self, light: Light) -> None:
        """Set the ring of an R503; a sensor that refuses is remembered as having none.

        Raises DeviceLost if the line is gone.
        """
        if not self._lit:
            return
        link = self._opened()
        color, mode, speed, cycles = AURA[light]
        self._lit = self._ask(link, lambda: link.set_led(color, mode, speed, cycles)) == library.OK

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
                return self._sample(position, self._upload(link, self._grade))
            except BadBytes as error:
                problem = error
        raise DeviceLost(f"the line at {self._options.port} damages every image: {problem}") from problem

    def _sample(self, position: FingerPosition, image: bytes) -> FingerSample:
        if self._grade is None:
            raise DeviceLost("the finger sensor is not open")
        self._lifted = False
        return FingerSample(position, self._grade, unpack(image, self._grade.width, self._grade.height))

    def _await_finger(self, link: FingerLink, deadline: float) -> None:
        """Until a finger is imaged that was put down after the last one was lifted."""
        while True:
            code = self._ask(link, link.get_image)
            if code == library.NOFINGER:
                self._lifted = True
            elif code == library.OK and self._lifted:
                return
            if time.monotonic() >= deadline:
                raise CaptureTimeout("no finger was placed in time")
            self._cancelled.wait(POLL_FINGER_S)

    def _upload(self, link: FingerLink, grade: SensorGrade | None) -> bytes:
        """The image in the sensor's buffer, asked for again as long as it comes damaged."""
        problem: BadBytes | DeviceLost | None = None
        for _ in range(TRIES):
            link.synchronise()
            try:
                image = link.upload_image()
            except (BadBytes, DeviceLost) as error:
                problem = error
                continue
            if grade is None or len(image) * 2 == grade.width * grade.height:
                return image
            problem = BadBytes(f"{len(image)} bytes of image came, not {grade.width * grade.height // 2}")
        raise BadBytes(str(problem)) from problem

    def _ask(self, link: FingerLink, command: Callable[[], int]) -> int:
        """A command's confirmation code; a damaged or missing answer is asked for again."""
        problem: Exception | None = None
        for _ in range(TRIES):
            link.synchronise()
            try:
                return command()
            except (BadBytes, DeviceLost) as error:
                problem = error
        raise DeviceLost(f"the finger sensor at {self._options.port} gives no clear answer") from problem

    def _opened(self) -> FingerLink:
        """The link; after a loss, found again, if the sensor is the same as before."""
        if self._link:
            return self._link
        before = self._grade
        if before is None:
            raise DeviceLost("the finger sensor is not open")
        if self.open() != before:
            self.close()
            raise WrongDevice(f"the sensor at {self._options.port} is not the one it was; restart the kiosk")
        return self._opened()

    def _hang_up(self) -> None:
        if self._serial:
            self._serial.close()
        self._serial = self._link = None

    def _find(self) -> FingerLink:
        """The sensor at whatever speed it was left, even in the middle of a transfer."""
        options = self._options
        self._serial = port = _open_port(options.port, options.baud)
        secret, address = options.password.to_bytes(4, "big"), options.address.to_bytes(4, "big")
        link = FingerLink(port, address, secret, GREETING_S, self._cancelled.is_set)
        for baud in dict.fromkeys((options.baud, options.baud, 57600, 115200, 9600, 19200, 38400)):
            port.baudrate = baud
            if self._greet(link):
                link.patience_s = options.patience_s
                return link
        if link.foreign:
            raise WrongDevice(
                f"the sensor at {options.port} has address {link.foreign.hex()}; set it in the config"
            )
        raise DeviceLost(f"no finger sensor answers at {options.port}; check cable, power and port")

    def _greet(self, link: FingerLink) -> bool:
        link.forget()
        try:
            code = link.verify_password()
        except (BadBytes, DeviceLost):
            return False
        if code == library.PASSFAIL:
            raise WrongDevice(f"the sensor at {self._options.port} refuses the configured password")
        return bool(code == library.OK)

    def _agree(self, link: FingerLink) -> None:
        """The largest packets, and the fastest speed if the configuration wants it."""
        self._ask(link, link.read_sysparam)
        if link.data_packet_size != LARGEST_PACKET:
            self._set(link, PACKET_REGISTER, LARGEST_PACKET)
        if self._options.fast and link.baudrate != FASTEST // BAUD_UNIT:
            self._speed_up(link)

    def _speed_up(self, link: FingerLink) -> None:
        port = self._serial
        if port is None or not self._set(link, BAUD_REGISTER, FASTEST // BAUD_UNIT):
            return
        slow, port.baudrate = port.baudrate, FASTEST
        if not self._greet(link):
            port.baudrate = slow
            if not self._greet(link):
                raise DeviceLost(f"the sensor at {self._options.port} was lost while changing its speed")

    def _set(self, link: FingerLink, register: int, value: int) -> bool:
        """Whether the sensor took the value. It keeps it through a power cut, so it is set once only."""
        try:
            link.set_sysparam(register, value)
        except (RuntimeError, BadBytes):
            return False
        return True

    def _grade_of(self, size: int) -> SensorGrade:
        if size not in GEOMETRY:
            raise WrongDevice(
                f"the sensor at {self._options.port} sends images of {size} bytes, which is no known kind"
            )
        width, height, ppi = GEOMETRY[size]
        name = self._options.name or f"uart {width}x{height}"
        return SensorGrade(name, width, height, self._options.ppi or ppi, GREY_LEVELS)


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


def _open_port(path: str, baud: int) -> serial.Serial:
    if not Path(path).exists():
        raise DeviceLost(f"{path} does not exist; check the cable and the port's name")
    if not Path(path).is_char_device():
        raise WrongDevice(f"{path} is not a serial port")
    try:
        return serial.Serial(path, baud, timeout=POLL_S, write_timeout=1.0, exclusive=True)
    except OSError as error:
        raise DeviceLost(f"{path} cannot be opened: {error.strerror or error}") from error
