"""Finding a UART finger sensor and agreeing with it: speed, packets, what it delivers.

It leaves the line open and known, or closed. It takes no finger image for use: the one it reads
to learn the sensor's geometry is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import adafruit_fingerprint as library
import msgspec
import serial

from hotspot_kiosk.errors import BadBytes, DeviceLost, HotspotError, WrongDevice
from hotspot_kiosk.kiosk.devices.uart_finger_link import POLL_S, TRIES, FingerLink
from hotspot_kiosk.terms import SensorGrade

Baud = Literal[9600, 19200, 38400, 57600, 115200]
FASTEST: Baud = 115200
BAUD_REGISTER, PACKET_REGISTER = 4, 6
LARGEST_PACKET = 3  # the code of 256 bytes
BAUD_UNIT = 9600
GREETING_S = 0.3
GREY_LEVELS = 16

# bytes of image, two pixels a byte -> (width, height, pixels an inch)
GEOMETRY = {18_432: (192, 192, 508), 36_864: (256, 288, 500)}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sensor's part of the configuration.

    baud is where the sensor is looked for first; `fast` moves it to 115,200 for good. ppi and name
    override what the image's size says. patience_s is how long a silent sensor is waited for.
    """

    port: Path
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
        return f"Options(port={str(self.port)!r}, baud={self.baud}, fast={self.fast})"


def connect(options: Options, stopped: Callable[[], bool]) -> tuple[FingerLink, SensorGrade]:
    """The sensor at whatever speed it was left, even in the middle of a transfer.

    Raises DeviceLost if nothing answers or the line is bad, WrongDevice if the password, the
    address or the size of the image is not the expected one.
    """
    link = _open_link(options, stopped)
    try:
        _find(link, options)
        _agree(link, options.fast)
        return link, _learn(link, options)
    except BadBytes as error:
        link.close()
        raise DeviceLost(f"the finger sensor at {options.port} cannot be read: {error}") from error
    except HotspotError:
        link.close()
        raise


def _open_link(options: Options, stopped: Callable[[], bool]) -> FingerLink:
    port = _open_port(options.port, options.baud)
    address, password = options.address.to_bytes(4, "big"), options.password.to_bytes(4, "big")
    return FingerLink(port, address, password, options.patience_s, stopped)


def _open_port(path: Path, baud: int) -> serial.Serial:
    if not path.exists():
        raise DeviceLost(f"{path} does not exist; check the cable and the port's name")
    if not path.is_char_device():
        raise WrongDevice(f"{path} is not a serial port")
    try:
        return serial.Serial(str(path), baud, timeout=POLL_S, write_timeout=1.0, exclusive=True)
    except OSError as error:
        raise DeviceLost(f"{path} cannot be opened: {error.strerror or error}") from error


def _find(link: FingerLink, options: Options) -> None:
    # Twice at the configured speed: a sensor that was just powered up does not hear the first.
    for baud in (options.baud, *dict.fromkeys((options.baud, 57600, 115200, 9600, 19200, 38400))):
        if _greet(link, baud):
            return
    for address, times in link.foreign.items():
        if times > 1:  # once may be damage on the line
            raise WrongDevice(
                f"the sensor at {options.port} has address {address.hex()}; set it in the config"
            )
    raise DeviceLost(f"no finger sensor answers at {options.port}; check cable, power, port and address")


def _greet(link: FingerLink, baud: int) -> bool:
    """Whether the sensor answers at this speed. Raises WrongDevice if it refuses the password."""
    link.start_at(baud)
    patience, link.patience_s = link.patience_s, min(link.patience_s, GREETING_S)
    try:
        code = link.verify_password()
    except (BadBytes, DeviceLost):
        return False
    finally:
        link.patience_s = patience
    if code == library.PASSFAIL:
        raise WrongDevice(f"the sensor at {link.name} refuses the configured password")
    return bool(code == library.OK)


def _agree(link: FingerLink, fast: bool) -> None:
    """The largest packets, and the fastest speed if the configuration wants it."""
    link.ask(link.read_sysparam)
    if link.data_packet_size != LARGEST_PACKET:
        _set(link, PACKET_REGISTER, LARGEST_PACKET)
    if fast and link.baudrate != FASTEST // BAUD_UNIT:
        _speed_up(link, link.baudrate * BAUD_UNIT)


def _speed_up(link: FingerLink, slow: int) -> None:
    if not _set(link, BAUD_REGISTER, FASTEST // BAUD_UNIT):
        return
    if not any(_greet(link, baud) for baud in (FASTEST, slow)):
        raise DeviceLost(f"the sensor at {link.name} was lost while changing its speed")


def _set(link: FingerLink, register: int, value: int) -> bool:
    """Whether the sensor may have taken the value; it keeps it through a power cut."""
    try:
        link.set_sysparam(register, value)
    except DeviceLost:  # the answer may be lost, not the request
        return True
    except (RuntimeError, BadBytes):
        return False
    return True


def _learn(link: FingerLink, options: Options) -> SensorGrade:
    """What the sensor delivers, by the bytes of whatever its buffer holds."""
    sizes = set()
    for _ in range(TRIES):
        size = len(link.image())
        if size in GEOMETRY:
            return _grade(size, options)
        sizes.add(size)
    if len(sizes) > 1:
        raise BadBytes("it sends images of changing size")
    raise WrongDevice(f"the sensor at {link.name} sends images of {size} bytes, no known kind does")


def _grade(size: int, options: Options) -> SensorGrade:
    width, height, ppi = GEOMETRY[size]
    name = options.name or f"uart {width}x{height}"
    return SensorGrade(name, width, height, options.ppi or ppi, GREY_LEVELS)
