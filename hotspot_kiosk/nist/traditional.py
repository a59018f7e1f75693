"""The traditional encoding of ANSI/NIST-ITL (1-2011, annex B): a Transaction to bytes and back.

nistitl splits and joins fields, subfields and items; it checks syntax only. The walk over the records by their
lengths, and every bound, stand here. Type-4 is taken apart by its fixed columns; the other binary types (3 and
5 to 8) are kept as they are.
"""

from __future__ import annotations

import re
import struct
from typing import Any

import nistitl

from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.nist.model import MAX_FILE, MAX_RECORDS, Field, Record, Transaction, as_whole, make_field

MAX_TEXT = 256 * 1024  # bytes of fields before an image
BINARY = frozenset({3, 4, 5, 6, 7, 8})

_FS = b"\x1c"
_HEAD = re.compile(rb"0?([1-9][0-9]?)\.0{0,2}1:([0-9]{1,8})(?=[\x1c\x1d])")
_TAG = re.compile(r"0?([1-9][0-9]?)\.([0-9]{1,3}):", re.ASCII)
_FRAME = struct.Struct(">IB")  # length, IDC
_TYPE_4 = struct.Struct(">B6sBHHB")  # IMP FGP ISR HLL VLL CGA
_NO_FINGER = 255
_SIGNS = {
    b"\xff\xd8\xff": "a JPEG image",
    b"\xff\xa0\xff": "a WSQ image",
    b"\x89PNG": "a PNG image",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"{": "JSON",
    b"1.0": "a damaged one: its first record does not begin as it should",
}


def write(transaction: Transaction) -> bytes:
    """The transaction as a file. Raises BadSample if it is larger than 8 MiB, BadBytes if it cannot be written."""
    data = b"".join(_written(record) for record in transaction.records)
    if len(data) > MAX_FILE:
        raise BadSample(f"the file would be larger than {MAX_FILE} bytes; crop the face")
    return data


def _written(record: Record) -> bytes:
    if record.kind in BINARY:
        return _binary_out(record)
    made = nistitl.AsciiRecord(record.kind, autocreate=False)
    made += nistitl.Field(record.kind, 1, "0", alias="f1")  # LEN: nistitl fills in the first field
    for each in record.fields:
        made += nistitl.Field(record.kind, each.number, _value(each), alias=f"f{each.number}")
    if record.data:
        made += nistitl.BinaryField(record.kind, 999, record.data, alias="f999")
    return bytes(made.NIST)


def _value(each: Field) -> str | list[list[str]]:
    """As nistitl wants it: it encodes texts as latin-1, so what is UTF-8 goes through it byte by byte."""
    parts = [[_as_bytes(item) for item in part] for part in each.subfields]
    return parts[0][0] if len(parts) == 1 and len(parts[0]) == 1 else parts


def _as_bytes(item: str) -> str:
    try:
        return item.encode().decode("latin-1")
    except UnicodeEncodeError as error:
        raise BadBytes("a text holds half a character and cannot be written") from error


def read(data: bytes) -> Transaction:
    """The transaction in a file; only its outline is checked. Raises BadBytes, with what to do."""
    if len(data) > MAX_FILE:
        raise BadBytes(f"not an ANSI/NIST file for this software: more than {MAX_FILE} bytes")
    if not data:
        raise _foreign(data)
    records: list[Record] = []
    at = 0
    while at < len(data):
        if len(records) == MAX_RECORDS:
            raise BadBytes(f"1.003 CNT: more than {MAX_RECORDS - 1} records follow the Type-1")
        record, at = _next(data, at, records)
        records.append(record)
    return Transaction(tuple(records))


def _next(data: bytes, at: int, before: list[Record]) -> tuple[Record, int]:
    """The record that begins at `at`, and where the next one begins."""
    head = _HEAD.match(data, at)
    if head is None:
        return _binary_in(data, at, before)
    end = at + int(head[2])
    if end > len(data) or end <= head.end() or data[end - 1 : end] != _FS:
        raise _damaged(before)
    return _text_record(int(head[1]), data[head.end() + 1 : end - 1]), end


def _damaged(before: list[Record]) -> BadBytes:
    return BadBytes(f"record {len(before) + 1} of the file is cut off or damaged; get the file again")


def _text_record(kind: int, body: bytes) -> Record:
    image = re.search(rb"(?:^|\x1d)0?%d\.999:" % kind, body)
    text = body[: image.start()] if image else body
    if len(text) > MAX_TEXT:
        raise BadBytes(f"a record of type {kind} holds more than {MAX_TEXT} bytes of text")
    collect = _Collector(kind)
    if text:
        collect.parse(text)
    return Record(kind, tuple(collect.fields), body[image.end() :] if image else b"")


class _Collector:
    """Takes what nistitl's parser finds in one record."""

    def __init__(self, kind: int) -> None:
        self.fields: list[Field] = []
        self._kind = kind
        self._subfields: list[list[str]] = []
        self._items: list[str] = []

    def parse(self, text: bytes) -> None:
        if _FS in text:
            raise BadBytes(f"a record of type {self._kind} ends before its length says; get the file again")
        try:
            nistitl.parse_record(text, lambda: None, self._field, self._subfield, self._item)
        except nistitl.NistException as error:
            raise BadBytes(f"a field of a record of type {self._kind} has no number") from error

    def _item(self, item: bytes) -> None:
        self._items.append(_text(item))

    def _subfield(self, item: bytes | None) -> None:
        self._subfields.append(self._items if item is None else [_text(item)])
        self._items = []

    def _field(self, tag: str, item: bytes | None) -> None:
        match = _TAG.fullmatch(tag)
        if not match or int(match[1]) != self._kind:
            raise BadBytes(f"a record of type {self._kind} holds a field {tag!r} of another type")
        parts = self._subfields if item is None else [[_text(item)]]
        self.fields.append(make_field(int(match[2]), *parts))
        self._subfields = []


def _text(item: bytes) -> str:
    """UTF-8, the only set of INT-I beside ASCII; what is not UTF-8 is taken for latin-1 and a rule says so."""
    try:
        return item.decode()
    except UnicodeDecodeError:
        return item.decode("latin-1")


def _binary_in(data: bytes, at: int, before: list[Record]) -> tuple[Record, int]:
    """A record without tags; its type stands in 1.003 CNT only."""
    if len(data) - at < _FRAME.size or not before:
        raise _damaged(before) if before else _foreign(data)
    length, idc = _FRAME.unpack_from(data, at)
    entries = before[0].subfields(3)
    kind = as_whole(entries[len(before)][0]) if len(before) < len(entries) else None
    if kind not in BINARY or length < _FRAME.size or at + length > len(data):
        raise _damaged(before)
    body = data[at + _FRAME.size : at + length]
    made = _type_4(idc, body) if kind == 4 else Record(kind or 0, (make_field(2, (str(idc),)),), body)
    return made, at + length


def _foreign(data: bytes) -> BadBytes:
    """What the file is instead, as far as its first bytes say, and what to do."""
    if not data.strip(b"\x00 \r\n\t"):
        return BadBytes("the file is empty; get it again")
    kind = next((words for start, words in _SIGNS.items() if data.startswith(start)), "something else")
    return BadBytes(
        f"not an ANSI/NIST file but {kind}; ask for the file itself (often .nist, .an2, .eft or .xml)"
    )


def _type_4(idc: int, body: bytes) -> Record:
    if len(body) < _TYPE_4.size:
        raise BadBytes("a Type-4 record is too short for its columns; get the file again")
    impression, fingers, scale, width, height, packing = _TYPE_4.unpack_from(body)
    positions = [(str(each),) for each in fingers if each != _NO_FINGER] or [("0",)]
    numbers = {2: idc, 3: impression, 5: scale, 6: width, 7: height, 8: packing}
    fields = [make_field(number, (str(value),)) for number, value in numbers.items()]
    return Record(4, (*fields, make_field(4, *positions)), body[_TYPE_4.size :])


def _binary_out(record: Record) -> bytes:
    try:
        body = _columns(record) + record.data if record.kind == 4 else record.data
        made: Any = nistitl.BinaryRecord(record.kind)
        made.IDC, made.value = _column(record, 2), body
        return bytes(made.NIST)
    except struct.error as error:
        raise BadBytes(f"a record of type {record.kind} does not fit its columns") from error


def _columns(record: Record) -> bytes:
    positions = [as_whole(part[0]) for part in record.subfields(4)]
    fingers = bytes(each for each in positions if each is not None and each < _NO_FINGER)
    if len(fingers) != len(positions) or not 1 <= len(fingers) <= 6:
        raise BadBytes("4.004 FGP: expected one to six positions of a finger")
    numbers = [_column(record, number) for number in (3, 5, 6, 7, 8)]
    return _TYPE_4.pack(numbers[0], fingers.ljust(6, b"\xff"), *numbers[1:])


def _column(record: Record, number: int) -> int:
    value = record.whole(number)
    if value is None:
        raise BadBytes(f"{record.kind}.{number:03d}: expected a number")
    return value
