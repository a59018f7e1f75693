"""A search transaction for INTERPOL as values: what ANSI/NIST-ITL records mean, not how they are encoded.

Every value checks the rules of the INT-I profile (v6) that concern it, so that no serializer can write
or read a transaction that breaks them. There is no word here for storing anybody at INTERPOL, none for a
person's name or nationality, and none for a quality or certificate the device did not earn.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist_images import MAX_SIDE, MIN_SIDE, jpeg_size, wsq_size
from hotspot_kiosk.terms import FingerPosition, RequestType, Tcn

DOMAIN = "INT-I"
FINGER_PPI = 500  # the only class that goes with WSQ (INT-I v6, Type-14)
LIVE_SCAN_PLAIN = 0
IMPRESSIONS = frozenset({0, 1, 8, 24, 25, 28, 29, 41, 42})  # 14.003 IMP
FAP_LEVELS = frozenset({10, 20, 30, 40, 45, 50, 60})  # 14.031 FAP
SAP_LEVELS = frozenset({30, 32, 40, 42, 50, 51, 52})  # 10.013 SAP
MAX_FILE = 8 * 1024 * 1024

_PLAIN = re.compile(r"[ -~]*")
_COUNTRY = re.compile(r"[A-Z]{3}")
_AGENCY = re.compile(r"[A-Z]{3}/[A-Z0-9-]{1,31}")


@dataclass(frozen=True, slots=True)
class Agency:
    """Who sends or gets a transaction: a country, ISO 3166-1 alpha-3 or an INTERPOL code, and a name."""

    country: str
    name: str

    def __post_init__(self) -> None:
        _fits("1.008 ORI", self.code, _AGENCY)

    @property
    def code(self) -> str:
        """As it stands in a file: `XPO/INTERPOL`."""
        return f"{self.country}/{self.name}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A business reference (2.011 ORN): country, ISO 3166-1 alpha-3 or an INTERPOL code, and a value."""

    country: str
    value: str

    def __post_init__(self) -> None:
        _fits("2.011 ORN country", self.country, _COUNTRY)
        _text("2.011 ORN", self.value, 1, 32)


@dataclass(frozen=True, slots=True)
class Context:
    """The Type-2 record: which check this is, never who the person is.

    references: at least one (2.011 ORN), here the operation and the TCN. reason: words for a
    non-criminal search (2.096 COT), empty for a criminal one.
    """

    idc: int
    references: tuple[Reference, ...]
    captured: date
    organisation: str
    post: str
    device: int
    reason: str

    def __post_init__(self) -> None:
        _number("2.002 IDC", self.idc, 0, 99)
        _number("2.011 ORN entries", len(self.references), 1, 10)
        _text("2.023 OBU organisation", self.organisation, 1, 64)
        _text("2.012 MN1 post", self.post, 1, 32)
        _number("2.013 MN2 device", self.device, 1, 99_999)
        _text("2.096 COT", self.reason, 0, 64)


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A Type-10 record: one face, JPEG baseline, sRGB.

    sap is None unless the portrait was made for that subject acquisition profile.
    """

    idc: int
    source: str
    captured: date
    width: int
    height: int
    device: str
    comment: str
    data: bytes = field(repr=False)
    sap: int | None = None

    def __post_init__(self) -> None:
        _image(self, "10")
        if self.sap is not None:
            _one_of("10.013 SAP", self.sap, SAP_LEVELS)
            if self.width < 480 or self.height < 600:
                raise BadBytes("10.013 SAP: a profile of 30 or more needs 480 x 600 pixels; claim none")
        if jpeg_size(self.data) != (self.width, self.height):
            raise BadBytes("10.006 HLL, 10.007 VLL: the JPEG has another size than the record states")


@dataclass(frozen=True, slots=True)
class FingerRecord:
    """A Type-14 record: one finger, WSQ, 500 ppi class.

    The comment carries what the fields cannot: the sensor's own resolution and grey levels. fap is None
    unless the device is certified for that level.
    """

    idc: int
    source: str
    captured: date
    fgp: FingerPosition
    width: int
    height: int
    device: str
    comment: str
    data: bytes = field(repr=False)
    ppi: int = FINGER_PPI
    impression: int = LIVE_SCAN_PLAIN
    fap: int | None = None

    def __post_init__(self) -> None:
        _image(self, "14")
        if self.ppi != FINGER_PPI:
            raise BadBytes(f"14.009 THPS: WSQ goes with {FINGER_PPI} pixels an inch, not {self.ppi}")
        _one_of("14.003 IMP", self.impression, IMPRESSIONS)
        if self.fap is not None:
            _one_of("14.031 FAP", self.fap, FAP_LEVELS)
        if wsq_size(self.data) != (self.width, self.height):
            raise BadBytes("14.006 HLL, 14.007 VLL: the WSQ image has another size than the record states")


Record = FaceRecord | FingerRecord


@dataclass(frozen=True, slots=True)
class Transaction:
    """One search: Type-1 and Type-2, at most one face and at most one image of each finger.

    sent is 1.014 GMT, UTC without a fraction of a second. version is 1.002 VER, domain_version the
    second item of 1.013 DOM. Raises BadBytes, as do its parts, naming the field whose rule is broken.
    """

    tcn: Tcn
    tot: RequestType
    date: date
    sent: datetime
    origin: str
    destination: str
    context: Context
    records: tuple[Record, ...]
    version: str = "0502"
    domain_version: str = "0600"

    def __post_init__(self) -> None:
        _one_of("1.002 VER", self.version, {"0400", "0500", "0501", "0502", "0600"})
        _one_of("1.013 DOM version", self.domain_version, {"0600", "06.00"})
        _fits("1.007 DAI", self.destination, _AGENCY)
        _fits("1.008 ORI", self.origin, _AGENCY)
        if self.sent.utcoffset() != timedelta() or self.sent.microsecond:
            raise BadBytes("1.014 GMT: expected UTC without a fraction of a second")
        if bool(self.context.reason) != (self.tot is RequestType.NPS):
            raise BadBytes("2.096 COT: a non-criminal search states its reason, a criminal one has none")
        self._check_records()

    def _check_records(self) -> None:
        if not self.records:
            raise BadBytes("1.003 CNT: there is neither a face nor a finger to search with")
        numbers = [self.context.idc, *(record.idc for record in self.records)]
        if len(set(numbers)) != len(numbers):
            raise BadBytes("1.003 CNT: two records have the same IDC")
        shown = [record.fgp if isinstance(record, FingerRecord) else "face" for record in self.records]
        if len(set(shown)) != len(shown):
            raise BadBytes("14.013 FGP: the same finger, or the face, is there twice")


def _image(record: Record, kind: str) -> None:
    """The rules Type-10 and Type-14 share."""
    _number(f"{kind}.002 IDC", record.idc, 0, 99)
    _fits(f"{kind}.004 SRC", record.source, _AGENCY)
    _number(f"{kind}.006 HLL", record.width, MIN_SIDE, MAX_SIDE)
    _number(f"{kind}.007 VLL", record.height, MIN_SIDE, MAX_SIDE)
    _text(f"{kind}.904 MMS", record.device, 1, 50)
    _text(f"{kind} COM", record.comment, 1, 126)
    if len(record.data) > MAX_FILE:
        raise BadBytes(f"{kind}.999 DATA: more than {MAX_FILE} bytes")


def _number(path: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadBytes(f"{path}: expected {low} to {high}, got {value}")


def _one_of(path: str, value: int | str, allowed: Collection[int | str]) -> None:
    if value not in allowed:
        raise BadBytes(f"{path}: expected one of {', '.join(map(str, sorted(allowed)))}")


def _text(path: str, value: str, least: int, most: int) -> None:
    if not least <= len(value) <= most or not _PLAIN.fullmatch(value) or value != value.strip():
        raise BadBytes(f"{path}: expected {least} to {most} plain ASCII characters")


def _fits(path: str, value: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        raise BadBytes(f"{path}: expected the form {pattern.pattern}")
