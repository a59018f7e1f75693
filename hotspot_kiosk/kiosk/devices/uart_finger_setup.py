"""Finding a UART finger sensor and agreeing with it: speed, packets, what it delivers.

It leaves the line open and known, or closed. It takes no finger image for use: the one it reads
to learn the sensor's geometry is dropped.
"""

from __future__ import annotations

import logging
import termios
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import adafruit_fingerprint as library
import msgspec
import serial

from hotspot_kiosk.errors import BadBytes, DeviceLost, HotspotError, WrongDevice
from hotspot_kiosk.kiosk.devices.uart_finger_image import ImageReader
from hotspot_kiosk.kiosk.devices.uart_finger_link import POLL_S, TRIES, FingerLink
from hotspot_kiosk.terms import SensorGrade

log = logging.getLogger(__name__)

Baud = Literal[9600, 19200, 38400, 57600, 115200]
BAUDS: tuple[Baud, ...] = (57600, 115200, 9600, 19200, 38400)  # the likeliest first
SAFE: Baud = 57600  # what every sensor of the family is sold with
BAUD_REGISTER, PACKET_REGISTER = 4, 6
LARGEST_PACKET = 3  # the code of 256 bytes
BAUD_UNIT = 9600
GREETING_S = 0.3
TRIAL_DAMAGE = 2  # transfers that may not go wrong while a speed is tried
GREY_LEVELS = 16

# bytes of image, two pixels a byte -> (width, height, pixels an inch)
GEOMETRY = {18_432: (192, 192, 508), 36_864: (256, 288, 500)}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sensor's part of the configuration.

    The sensor is looked for at every speed and moved to `fastest`, or to 57,600 if the line cannot
    bear it; it remembers that itself, through restarts and power cuts. ppi and name override what
    the image's size says. patience_s is how long a silent sensor is waited for.
    """

    port: Path
    fastest: Baud = 115200
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
        return f"Options(port={str(self.port)!r}, fastest={self.fastest})"


@dataclass(frozen=True, slots=True)
class Connection:
    """A sensor that was found: its line, its images, what it delivers."""

    link: FingerLink
    images: ImageReader
    grade: SensorGrade


OpenPort = Callable[[Path, int], serial.Serial]


def open_port(path: Path, baud: int, kind: type[serial.Serial] = serial.Serial) -> serial.Serial:
    """The serial port, for us alone. Raises DeviceLost or WrongDevice."""
    if not path.exists():
        raise DeviceLost(f"{path} does not exist; check the cable and the port's name")
    if not path.is_char_device():
        raise WrongDevice(f"{path} is not a serial port")
    try:
        return kind(str(path), baud, timeout=POLL_S, write_timeout=1.0, exclusive=True)
    except (OSError, termios.error) as error:
        raise DeviceLost(f"{path} cannot be opened: {getattr(error, 'strerror', None) or error}") from error


def connect(options: Options, stopped: Callable[[], bool], opened: OpenPort = open_port) -> Connection:
    """The sensor at whatever speed it was left, even in the middle of a transfer.

    Raises DeviceLost if nothing answers or the line is bad, WrongDevice if the password, the
    address or the size of the image is not the expected one.
    """
    address, password = options.address.to_bytes(4, "big"), options.password.to_bytes(4, "big")
    port = opened(options.port, options.fastest)
    link = FingerLink(port, address, password, options.patience_s, stopped)
    try:
        baud = _find(link, options)
        _agree_on_packets(link)
        return _agree_on_speed(link, options, baud)
    except BadBytes as error:
        link.close()
        raise DeviceLost(f"the finger sensor at {options.port} cannot be read: {error}") from error
    except HotspotError:
        link.close()
        raise


def _find(link: FingerLink, options: Options) -> Baud:
    # Twice at the likeliest speeds: a sensor that was just powered up does not hear the first.
    likely = tuple(dict.fromkeys((options.fastest, SAFE)))
    for baud in (*likely, *dict.fromkeys((*likely, *BAUDS))):
        if _greet(link, baud):
            return baud
    for address, times in link.foreign.items():
        if times > 1:  # once may be damage on the line
            raise WrongDevice(
                f"the sensor at {options.port} has address {address.hex()}; set it in the config"
            )
    if options.fastest > SAFE and _bring_back(link, options.fastest, tries=1):
        return SAFE
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


def _agree_on_packets(link: FingerLink) -> None:
    """The largest packets the sensor can make."""
    link.ask(link.read_sysparam)
    if link.data_packet_size != LARGEST_PACKET:
        _set(link, PACKET_REGISTER, LARGEST_PACKET)


def _agree_on_speed(link: FingerLink, options: Options, baud: Baud) -> Connection:
    """At `fastest` if an image comes through clean at it, else at the safe speed."""
    if baud != options.fastest:
        baud = _move(link, baud, options.fastest)
    images = ImageReader(link)
    try:
        grade = _learn(link, images, options)
    except (BadBytes, DeviceLost):
        if baud <= SAFE:
            raise
    else:
        if baud <= SAFE or images.damaged < TRIAL_DAMAGE:
            return Connection(link, images, grade)
    log.warning("the line to the finger sensor does not bear %d baud; going down to %d", baud, SAFE)
    if not _bring_back(link, baud):
        raise DeviceLost(f"the sensor at {link.name} was lost while changing its speed")
    images = ImageReader(link)
    return Connection(link, images, _learn(link, images, options))


def _move(link: FingerLink, old: Baud, new: Baud) -> Baud:
    """The speed the sensor is at after it was asked to go from one to another."""
    if not _set(link, BAUD_REGISTER, new // BAUD_UNIT):
        return old
    for baud in (new, old, new, old):
        if _greet(link, baud):
            return baud
    if new > SAFE and _bring_back(link, new):
        return SAFE
    raise DeviceLost(f"the sensor at {link.name} was lost while changing its speed")


def _bring_back(link: FingerLink, fast: Baud, tries: int = TRIES) -> bool:
    """Tell a sensor to go to the safe speed although its answers cannot be read; whether it is there."""
    for _ in range(tries):
        link.start_at(fast)
        _set(link, BAUD_REGISTER, SAFE // BAUD_UNIT)
        if _greet(link, SAFE):
            return True
    return False


def _set(link: FingerLink, register: int, value: int) -> bool:
    """Whether the sensor may have taken the value; it keeps it through a power cut."""
    try:
        link.set_sysparam(register, value)
    except DeviceLost:  # the answer may be lost, not the request
        return True
    except (RuntimeError, BadBytes):
        return False
    return True


def _learn(link: FingerLink, images: ImageReader, options: Options) -> SensorGrade:
    """What the sensor delivers, by the bytes of whatever its buffer holds."""
    sizes = set()
    for _ in range(TRIES):
        size = len(images.image())
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
