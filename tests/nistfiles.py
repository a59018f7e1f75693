"""ANSI/NIST files for tests: small captures, a packed request, and single fields of it changed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.nist import Agency, Encoding, pack, parse, write
from hotspot_kiosk.nist.compression import encode_jpeg, encode_wsq
from hotspot_kiosk.nist.model import Record, Transaction, counted, make_field
from hotspot_kiosk.terms import (
    Capture,
    ClockStamp,
    FaceSample,
    FaceTemplate,
    FingerPosition,
    FingerSample,
    Quality,
    QualityComponent,
    Request,
    RequestType,
    SensorGrade,
    Tcn,
)

FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
HERE = Agency("XYZ", "BORDER")
R503 = SensorGrade("R503", 192, 192, 508, 16)
NO_TEMPLATE = FaceTemplate("none", np.zeros(1, np.float32))


def ridges(width: int = 64, height: int = 72, shift: int = 0) -> NDArray[np.uint8]:
    """Curved stripes about eight pixels apart."""
    y, x = np.mgrid[0:height, 0:width]
    return (127 + 120 * np.sin(np.hypot(y - 40, x + 30 + shift) * 2 * np.pi / 8)).astype(np.uint8)


def picture(width: int = 60, height: int = 75) -> NDArray[np.uint8]:
    """A smooth coloured picture."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 4 % 256, y * 3 % 256, (x + y) % 256], axis=2).astype(np.uint8)


def of_finger(position: int, score: int = 70, shift: int = 0, grade: SensorGrade = R503) -> Capture:
    """One touch."""
    sample = FingerSample(FingerPosition(position), grade, ridges(shift=shift))
    return Capture(sample, Quality((QualityComponent("area", score),)), NO_TEMPLATE)


def of_face(score: int = 60, device: str = "camera module 3") -> Capture:
    """One frame."""
    return Capture(FaceSample(device, picture()), Quality((QualityComponent("light", score),)), NO_TEMPLATE)


def request(*captures: Capture, trusted: bool = True, tot: RequestType = RequestType.NPS) -> Request:
    """A check of a face and both index fingers, unless others are given."""
    return Request(
        tcn=Tcn.mint(2026, 17, 4),
        tot=tot,
        post="north gate",
        operation="autumn-26",
        notice="en-3",
        stamp=ClockStamp("boot", 5, datetime(2026, 11, 23, 14, 5, 6, 789, tzinfo=UTC), trusted),
        captures=captures or (of_face(), of_finger(2), of_finger(7)),
    )


@cache
def sample_file() -> bytes:
    """The packed request."""
    return pack(request(), HERE)


@cache
def sample_xml() -> bytes:
    """The same in XML."""
    return write(sample(), Encoding.XML)


def sample() -> Transaction:
    """The transaction in it."""
    return parse(sample_file())


def changed(number: int, *fields: tuple[int, str], without: tuple[int, ...] = ()) -> Transaction:
    """The sample with simple fields of its record `number` (from 0) set or taken out."""
    records = list(sample().records)
    made = [make_field(field, (text,)) for field, text in fields]
    records[number] = records[number].changed(*made).without(*without)
    return Transaction(tuple(records))


def with_records(*records: Record) -> Transaction:
    """The sample's Type-1 and Type-2 with these records after them, counted."""
    return counted(Transaction((*sample().records[:2], *records)))


def finger(*fields: tuple[int, str], idc: int = 1, data: bytes | None = None) -> Record:
    """A whole Type-14 record of a right index, with fields changed."""
    record = sample().records[3].changed(make_field(2, (str(idc),)))
    record = record.changed(*(make_field(number, (text,)) for number, text in dict(fields).items()))
    return Record(14, record.fields, record.data if data is None else data)


@cache
def jpeg() -> bytes:
    """A small portrait."""
    return encode_jpeg(picture())


@cache
def wsq() -> bytes:
    """A small finger."""
    return encode_wsq(ridges())


@cache
def jp2(*, lossless: bool = False) -> bytes:
    """A finger in JPEG 2000."""
    buffer = io.BytesIO()
    Image.fromarray(ridges()).save(buffer, "JPEG2000", irreversible=not lossless)
    return buffer.getvalue()


def records_of(data: bytes) -> list[bytes]:
    """The records of a file, cut by their stated lengths."""
    records, at = [], 0
    while at < len(data):
        length = int(data[at:].split(b":", 1)[1].split(GS, 1)[0])
        records.append(data[at : at + length])
        at += length
    return records


def with_length(record: bytes) -> bytes:
    """The record with its stated length made true."""
    kind, rest = record.split(b".001:", 1)
    rest = rest[rest.index(GS) :]
    for digits in range(2, 8):
        length = len(kind) + 5 + digits + len(rest)
        if len(str(length)) == digits:
            return kind + b".001:" + str(length).encode() + rest
    raise AssertionError


def edited(number: int, field: bytes, change: Callable[[bytes], bytes | None]) -> bytes:
    """The sample file with one field of its record `number` changed, or left out; lengths stay true."""
    records = records_of(sample_file())
    head, image, data = records[number].partition(GS + field.split(b".")[0] + b".999:")
    parts = head.removesuffix(FS).split(GS)
    at = next(i for i, part in enumerate(parts) if part.startswith(field + b":"))
    new = change(parts[at].partition(b":")[2])
    parts[at : at + 1] = [] if new is None else [field + b":" + new]
    records[number] = with_length(GS.join(parts) + (image + data if image else FS))
    return b"".join(records)


def to(value: bytes) -> Callable[[bytes], bytes]:
    """A change to that value."""
    return lambda _: value
