"""What kiosk and panel say to each other: made by firmware/panel/schema.py, do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from hotspot_kiosk.kiosk.devices.panel_record import Record

PROTOCOL = 1
SCHEMA = 0xC1F92C89
LONGEST_BODY = 264
ANSWER = 0x80
REFUSAL = 0xC0
EVENT = 0x40


class Message(IntEnum):
    """What the kiosk says."""

    HELLO = 0x01
    PING = 0x02
    BEAT = 0x03
    SHOW = 0x04
    LIGHT = 0x05
    SERVICE = 0x06
    CLEAR_TAMPER = 0x07
    POWER = 0x08
    UPDATE_BEGIN = 0x10
    UPDATE_PAGE = 0x11
    UPDATE_END = 0x12
    REBOOT = 0x13
    CONFIRM = 0x14


class Happening(IntEnum):
    """What the panel says."""

    BUTTON = 0x41
    TAMPER = 0x42
    SUPPLY = 0x43
    POWER_STEP = 0x44
    LAMP_HOT = 0x45


class Refusal(IntEnum):
    """Why the panel will not."""

    UNKNOWN = 1
    LENGTH = 2
    SCHEMA = 3
    VALUE = 4
    STATE = 5
    IMAGE_SIZE = 6
    IMAGE_BOARD = 7
    IMAGE_OLD = 8
    FLASH = 9
    LID_OPEN = 10
    BUSY = 11


class ResetCause(IntEnum):
    """Why the panel started."""

    POWER_ON = 1
    RUN_PIN = 2
    DEBUGGER = 3
    WATCHDOG = 4
    ASKED = 5
    TRIAL_OVER = 6


class Trust(IntEnum):
    """What the loader thinks of the image that runs."""

    CONFIRMED = 1
    ON_TRIAL = 2
    LAST_RESORT = 3


class Scene(IntEnum):
    """What ring and buzzer show."""

    OFF = 0
    READY = 1
    NOTICE = 2
    LOOK = 3
    FINGER = 4
    LIFT = 5
    BUSY = 6
    AGAIN = 7
    DONE = 8
    ATTENTION = 9
    FAULT = 10


class Button(IntEnum):
    """The buttons beside the screen."""

    START = 1
    LANGUAGE = 2
    HELP = 3


class Tamper(IntEnum):
    """How the box was opened."""

    LID = 1
    LIGHT = 2


class Supply(IntEnum):
    """How the supply is."""

    GOOD = 1
    LOW = 2
    FAILING = 3


class Power(IntEnum):
    """What the panel does about the computer's power."""

    ON = 1
    WATCHED = 2
    ASKED_TO_STOP = 3
    CUT = 4


class Reason(IntEnum):
    """Why the power's care took a step."""

    NONE = 0
    FIRST_BEAT = 1
    BEAT_LOST = 2
    SUPPLY_FAILING = 3
    WISHED = 4
    HALTED = 5
    WAITED_LONG = 6
    SUPPLY_BACK = 7
    PAUSE_OVER = 8


class Flag(IntEnum):
    """Bits of a beat's `flags`."""

    LID_OPEN = 1
    LIT = 2
    TAMPERED = 4
    SERVICE = 8
    LAMP_LIMITED = 16
    SUPPLY_LOW = 32
    ON_TRIAL = 64
    HALT_LINE = 128


@dataclass(frozen=True, slots=True)
class HelloRequest(Record):
    """Who are you? Always answered, forgets older sequence numbers."""

    LAYOUT: ClassVar[str] = "<HI"
    protocol: int
    schema: int


@dataclass(frozen=True, slots=True)
class HelloReply(Record):
    """The answer to HELLO."""

    LAYOUT: ClassVar[str] = "<HIIHHBBBBBBHHI"
    protocol: int
    schema: int
    version: int
    security: int
    least_security: int
    board: int
    reset_cause: int
    slot: int
    trust: int
    trials_left: int
    development_key: int
    tampered: int
    resets: int
    fault_note: int


@dataclass(frozen=True, slots=True)
class PingRequest(Record):
    """Says the same back."""

    LAYOUT: ClassVar[str] = "<"
    content: bytes


@dataclass(frozen=True, slots=True)
class PingReply(Record):
    """The answer to PING."""

    LAYOUT: ClassVar[str] = "<"
    content: bytes


@dataclass(frozen=True, slots=True)
class BeatRequest(Record):
    """The kiosk lives. From the first beat on the panel counts on the next within `limit_s`; 0 stops that."""

    LAYOUT: ClassVar[str] = "<H"
    limit_s: int


@dataclass(frozen=True, slots=True)
class BeatReply(Record):
    """The answer to BEAT."""

    LAYOUT: ClassVar[str] = "<IHhHHBHHHHB"
    uptime_s: int
    supply_mv: int
    lamp_c: int
    daylight: int
    flags: int
    power: int
    tampered: int
    cut_count: int
    bytes_lost: int
    frames_bad: int
    events_lost: int


@dataclass(frozen=True, slots=True)
class ShowRequest(Record):
    """What the ring shows and, once, what the buzzer plays."""

    LAYOUT: ClassVar[str] = "<B"
    scene: int


@dataclass(frozen=True, slots=True)
class ShowReply(Record):
    """The answer to SHOW."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class LightRequest(Record):
    """Light on the face, in percent; goes out by itself after `seconds` (at most 120)."""

    LAYOUT: ClassVar[str] = "<BBB"
    white: int
    infrared: int
    seconds: int


@dataclass(frozen=True, slots=True)
class LightReply(Record):
    """The answer to LIGHT."""

    LAYOUT: ClassVar[str] = "<BB"
    white: int
    infrared: int


@dataclass(frozen=True, slots=True)
class ServiceRequest(Record):
    """A maintainer opens the lid: for `minutes` (at most 60, 0 ends it) it is reported but not acted upon."""

    LAYOUT: ClassVar[str] = "<B"
    minutes: int


@dataclass(frozen=True, slots=True)
class ServiceReply(Record):
    """The answer to SERVICE."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class ClearTamperRequest(Record):
    """Lowers the zeroise line. Refused while the lid is open or the inside is lit. The count is never cleared."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class ClearTamperReply(Record):
    """The answer to CLEAR_TAMPER."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class PowerRequest(Record):
    """Off (1) or a power cycle (2), after an orderly shutdown by the computer."""

    LAYOUT: ClassVar[str] = "<B"
    wish: int


@dataclass(frozen=True, slots=True)
class PowerReply(Record):
    """The answer to POWER."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class UpdateBeginRequest(Record):
    """A signed image follows; `header` is its first 128 bytes. Erases the slot that is not running."""

    LAYOUT: ClassVar[str] = "<128s"
    header: bytes


@dataclass(frozen=True, slots=True)
class UpdateBeginReply(Record):
    """The answer to UPDATE_BEGIN."""

    LAYOUT: ClassVar[str] = "<B"
    slot: int


@dataclass(frozen=True, slots=True)
class UpdatePageRequest(Record):
    """256 bytes of the image (0xFF after its end), pages in order; refused if not the page expected."""

    LAYOUT: ClassVar[str] = "<H256s"
    page: int
    content: bytes


@dataclass(frozen=True, slots=True)
class UpdatePageReply(Record):
    """The answer to UPDATE_PAGE."""

    LAYOUT: ClassVar[str] = "<H"
    next: int


@dataclass(frozen=True, slots=True)
class UpdateEndRequest(Record):
    """All pages are there: writes the header, so that the loader tries the image at the next start."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class UpdateEndReply(Record):
    """The answer to UPDATE_END."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class RebootRequest(Record):
    """Start anew, through the loader."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class RebootReply(Record):
    """The answer to REBOOT."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class ConfirmRequest(Record):
    """The kiosk is content with the image on trial; from now on it is the one to start."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class ConfirmReply(Record):
    """The answer to CONFIRM."""

    LAYOUT: ClassVar[str] = "<"


@dataclass(frozen=True, slots=True)
class ButtonEvent(Record):
    """A button was pressed (its up is not told)."""

    LAYOUT: ClassVar[str] = "<B"
    button: int


@dataclass(frozen=True, slots=True)
class TamperEvent(Record):
    """The lid opened or the inside was lit; `count` is how often so far."""

    LAYOUT: ClassVar[str] = "<BH"
    cause: int
    count: int


@dataclass(frozen=True, slots=True)
class SupplyEvent(Record):
    """The supply crossed a threshold."""

    LAYOUT: ClassVar[str] = "<BH"
    grade: int
    millivolt: int


@dataclass(frozen=True, slots=True)
class PowerStepEvent(Record):
    """The panel's care for the computer's power took a step."""

    LAYOUT: ClassVar[str] = "<BB"
    power: int
    reason: int


@dataclass(frozen=True, slots=True)
class LampHotEvent(Record):
    """The face light was dimmed because its board is hot, or its sensor is broken."""

    LAYOUT: ClassVar[str] = "<hB"
    lamp_c: int
    most_percent: int
