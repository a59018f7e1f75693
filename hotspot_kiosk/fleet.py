"""The words of an update: what the hub invites a kiosk to, what the kiosk reports, how it stands.

Four topics a kiosk, at a broker of its own (`systemd/mosquitto/fleet.conf`): `fi/N` the newest Invitation, retained,
signed by the hub; `fr/N` Reports, signed by the kiosk, until `fh/N` says Heard; `fs/N` its Status, retained, JSON,
with a last will. A Status proves nothing: it is shown and counted, and nobody decides by it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.terms import MAX_DEVICE

VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")
MANIFEST = re.compile(r"[0-9a-f]{64}")
SMALL = re.compile(r"[A-Za-z0-9._ -]{0,24}")
ALARM = re.compile(r"[a-z][a-z -]{0,39}")
LARGEST = 16 << 10
MOST_STATUS, MOST_ALARMS, MORE = 300, 16, "and more"
LONGEST_REASON = 400
MINUTES = 24 * 60
LARGEST_NUMBER = (1 << 53) - 1
REPORTS = "fr/+"
STATUSES = "fs/+"
M = TypeVar("M", bound=msgspec.Struct)


class Outcome(StrEnum):
    """What a report says of an invitation. The last five are final."""

    WAITING = "waiting"
    INSTALLING = "installing"
    INSTALLED = "installed"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    ROLLED_BACK = "rolled back"
    REFUSED = "refused"
    HELD = "held"


FINAL = frozenset({Outcome.CONFIRMED, Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.REFUSED, Outcome.HELD})
BAD = frozenset({Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.REFUSED})


class Invitation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="fleet-i"):
    """To one kiosk: install this version. `number` only rises; an older one is not followed.

    url: of the bundle, HTTPS or a file's path. manifest: SHA-256 of the bundle's manifest, hex: RAUC takes no other
    bundle. floor: from now on no version below it is installed. opens, closes: minutes of the day in `zone` (IANA);
    equal: at any time. until_ms: ms since 1970 after which it is not begun any more; 0: never. hold: install nothing.
    """

    device: int
    number: int
    rollout: str
    version: str
    url: str
    manifest: str
    floor: str = "0"
    opens: int = 0
    closes: int = 0
    zone: str = "UTC"
    until_ms: int = 0
    hold: bool = False
    signature: bytes = b""

    def __post_init__(self) -> None:
        _check_device(self.device)
        if not 1 <= self.number <= LARGEST_NUMBER or not 0 <= self.until_ms <= LARGEST_NUMBER:
            raise ValueError("an invitation names an impossible number or time")
        for version in (self.version, self.floor):
            parsed(version)
        if not MANIFEST.fullmatch(self.manifest):
            raise ValueError(
                "manifest must be the SHA-256 of the bundle's manifest: 64 small hexadecimal digits"
            )
        if newer(self.floor, self.version):
            raise ValueError("an invitation's floor must not be above its own version")
        if not (0 <= self.opens < MINUTES and 0 <= self.closes < MINUTES):
            raise ValueError("opens and closes are minutes of the day, 0 to 1439")
        _zone(self.zone)

    def is_open(self, now: datetime) -> bool:
        """Whether the window is open at this moment (aware)."""
        local = now.astimezone(_zone(self.zone))
        minute = local.hour * 60 + local.minute
        if self.opens == self.closes:
            return True
        if self.opens < self.closes:
            return self.opens <= minute < self.closes
        return minute >= self.opens or minute < self.closes

    def is_late(self, now: datetime) -> bool:
        """Whether it must not be begun any more."""
        return bool(self.until_ms) and now.timestamp() * 1000 >= self.until_ms


class Report(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="fleet-r"):
    """From one kiosk: what became of the invitation of this number.

    sequence: rises with every report of this kiosk's, so that each counts once. version: what runs now. at_ms: by the kiosk's clock.
    sealed: with CONFIRMED, the self-test's record, sealed for the hub: of its own kind, never a person's.
    """

    device: int
    sequence: int
    number: int
    outcome: Outcome
    version: str
    reason: str = ""
    at_ms: int = 0
    sealed: bytes = b""
    signature: bytes = b""

    def __post_init__(self) -> None:
        _check_device(self.device)
        if not 1 <= self.sequence <= LARGEST_NUMBER or not 0 <= self.number <= LARGEST_NUMBER:
            raise ValueError("a report names impossible numbers")
        if len(self.reason) > LONGEST_REASON:
            raise ValueError("a report's reason is too long")
        parsed(self.version)


class Heard(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="fleet-h"):
    """To one kiosk: its reports up to this sequence are kept. Signed by the hub."""

    device: int
    sequence: int
    signature: bytes = b""


class Status(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a kiosk stands, for people and monitoring. Retained JSON, unsigned; `here` false is the last will's.

    At most MOST_STATUS bytes. A hub that is older than its kiosks passes over fields that it does not know.

    version, slot: what runs and from where. phase: of the update. floor: the least version that is installed.
    waiting, quarantined: records of the outbox; None: the daemon did not say. alarms: what is out of order, in words
    of ours, never a person's. at_ms: when, ms since 1970, by the kiosk's clock; clock: whether that is trusted.
    oldest_s: how long the oldest record waits. heat_c: of the processor. ends_ms: when the link's certificate ends, 0 unknown.
    every_s: so often it says how it is, even if nothing changed.
    """

    device: int
    here: bool = True
    version: str = ""
    slot: str = ""
    phase: str = ""
    floor: str = ""
    waiting: int | None = None
    quarantined: int | None = None
    link: bool | None = None
    alarms: tuple[str, ...] = ()
    at_ms: int = 0
    clock: bool = False
    oldest_s: int | None = None
    heat_c: int | None = None
    ends_ms: int = 0
    every_s: int = 0

    def __post_init__(self) -> None:
        _check_device(self.device)
        for word in (self.version, self.slot, self.phase, self.floor):
            if not SMALL.fullmatch(word):
                raise ValueError("a status holds words that no kiosk says")
        if len(self.alarms) > MOST_ALARMS or not all(ALARM.fullmatch(each) for each in self.alarms):
            raise ValueError("a status holds alarms that no kiosk raises")


def parsed(version: str) -> tuple[int, ...]:
    """A version's numbers, without zeros at its end. Raises ValueError."""
    if not VERSION.fullmatch(version):
        raise ValueError("a version is one to four numbers with dots, as in 1.4.2")
    numbers = [int(each) for each in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def newer(left: str, right: str) -> bool:
    """Whether `left` is above `right`. Raises ValueError."""
    return parsed(left) > parsed(right)


def invitation_topic(device: int) -> str:
    """Where a kiosk's newest invitation is kept."""
    return f"fi/{device}"


def heard_topic(device: int) -> str:
    """Where a kiosk hears which of its reports are kept."""
    return f"fh/{device}"


def report_topic(device: int) -> str:
    """Where a kiosk reports."""
    return f"fr/{device}"


def status_topic(device: int) -> str:
    """Where a kiosk's status is kept."""
    return f"fs/{device}"


def signed(message: M, by: PrivateKeys) -> M:
    """The same Invitation, Report or Heard with its signature."""
    return msgspec.structs.replace(message, signature=by.sign(_words(message)))


def encode(message: Invitation | Report | Heard) -> bytes:
    """A signed message's bytes."""
    return msgspec.msgpack.encode(message)


def decode(payload: bytes, kind: type[M], by: Trusted) -> M:
    """A message of this kind that `by` signed. Raises BadBytes, or SealError if somebody else did."""
    if len(payload) > LARGEST:
        raise BadBytes("a message about an update is larger than any real one")
    try:
        message = msgspec.msgpack.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBytes(f"a message about an update cannot be read: {error}") from None
    by.verify(_words(message), message.signature)  # type: ignore[attr-defined]
    return message


def encode_status(status: Status) -> bytes:
    """A status as JSON, MOST_STATUS bytes at most: alarms at the end give way."""
    alarms = status.alarms[:MOST_ALARMS]
    while len(encoded := msgspec.json.encode(msgspec.structs.replace(status, alarms=alarms))) > MOST_STATUS:
        if not alarms:
            return encoded
        kept = alarms[:-1] if alarms[-1] != MORE else alarms[:-2]
        alarms = (*kept, MORE) if kept else ()
    return encoded


def alarm(fault: str) -> str:
    """What is out of order, as a status may say it."""
    return fault if ALARM.fullmatch(fault) else "something else"


def decode_status(payload: bytes) -> Status:
    """A status out of JSON. Raises BadBytes."""
    if len(payload) > LARGEST:
        raise BadBytes("a status is larger than any real one")
    try:
        return msgspec.json.decode(payload, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a status cannot be read") from None


def clipped(reason: str) -> str:
    """A reason on one line that fits a report."""
    return " ".join(reason.split())[:LONGEST_REASON]


def as_ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _words(message: msgspec.Struct) -> bytes:
    """What is signed: the message, with its kind, without its signature."""
    return b"fleet\0" + msgspec.msgpack.encode(msgspec.structs.replace(message, signature=b""))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"there is no time zone {name[:40]!r} on this machine; name one such as Europe/Athens, or UTC"
        ) from None


def _check_device(device: int) -> None:
    if not 1 <= device <= MAX_DEVICE:
        raise ValueError(f"a device's number is 1 to {MAX_DEVICE}")
