"""A transaction in plain words, for a person who opens a file, and as a structure for a program.

Neither ever contains image bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist.headers import read_header
from hotspot_kiosk.nist.model import Record, Subfield, Transaction, as_whole
from hotspot_kiosk.nist.names import (
    IMPRESSIONS,
    MISSING,
    RECORDS,
    TRANSACTIONS,
    name_of,
    path_of,
    position_words,
    words_of,
)

MOST = 160  # characters of a text that are shown


@dataclass(frozen=True, slots=True)
class Row:
    """One line about a file: which record, which field, what it says."""

    record: str
    field: str
    words: str


def describe(transaction: Transaction) -> list[Row]:
    """Every field, in the file's order, codes in words; no image."""
    rows = []
    for number, record in enumerate(transaction.records, start=1):
        name = f"{number} Type-{record.kind} {RECORDS.get(record.kind, 'unknown')}"
        rows += [
            Row(name, _title(record.kind, each.number), _words(record, each.number)) for each in record.fields
        ]
        if record.data:
            rows.append(Row(name, _title(record.kind, 999), _image(record)))
        if record.unread:
            rows.append(Row(name, "not read", ", ".join(record.unread)))
    return rows


def outline(transaction: Transaction) -> dict[str, object]:
    """Everything but the images as plain lists and strings, ready for JSON."""
    return {
        "tcn": transaction.head.text(9),
        "tcr": transaction.head.text(10) or None,
        "tot": transaction.tot,
        "records": [_outlined(each) for each in transaction.records],
    }


def _outlined(record: Record) -> dict[str, object]:
    return {
        "type": record.kind,
        "fields": {path_of(record.kind, each.number): each.subfields for each in record.fields},
        "image": _image(record) if record.data else None,
        "not_read": record.unread,
    }


def _title(kind: int, number: int) -> str:
    return f"{name_of(kind, number)} {words_of(kind, number)}".strip()


def _image(record: Record) -> str:
    size = f"{len(record.data)} bytes"
    try:
        header = read_header(record.data)
    except BadBytes:
        return f"{size} of a kind that is not known"
    return f"{header.code}, {header.width} x {header.height} pixels, {size}"


def _words(record: Record, number: int) -> str:
    parts = record.subfields(number)
    special = _SPECIAL.get((record.kind, number))
    if (record.kind, number) == (1, 3):
        return f"{parts[0][-1]} records: {', '.join(map(_entry, parts[1:]))}"[:MOST]
    return "; ".join((special or _plain)(part) for part in parts)[:MOST]


def _plain(part: Subfield) -> str:
    return ", ".join(item for item in part if item) or "(empty)"


def _from(table: dict[int, str]) -> Callable[[Subfield], str]:
    return lambda part: f"{part[0]}: {table.get(as_whole(part[0]) or 0, 'not known here')}"


def _position(part: Subfield) -> str:
    code = as_whole(part[0])
    return f"{part[0]}: {position_words(code)}" if code is not None else part[0]


def _missing(part: Subfield) -> str:
    return f"{_position(part)}, {MISSING.get((*part, '', '')[1], 'reason not known')}"


def _entry(part: Subfield) -> str:
    return f"Type-{part[0]} #{(*part, '')[1]}"


def _result(part: Subfield) -> str:
    number, verified, total, searched, found = (*part, "", "", "", "", "")[:5]
    if found == "N":
        return f"{searched}: no candidate"
    checked = "verified by a person" if verified == "true" else "not verified by a person"
    return f"{searched}: candidate {number} of {total}, {checked}" if found == "I" else _plain(part)


_SPECIAL: dict[tuple[int, int], Callable[[Subfield], str]] = {
    (1, 4): lambda part: f"{part[0]}: {TRANSACTIONS.get(part[0], 'not known here')}",
    (2, 64): _result,
    (2, 77): lambda part: ", ".join(map(_position, ((item,) for item in part))),
    (4, 3): _from(IMPRESSIONS),
    (4, 4): _position,
    (14, 3): _from(IMPRESSIONS),
    (14, 13): _position,
    (14, 18): _missing,
    (15, 3): _from(IMPRESSIONS),
    (15, 13): _position,
    (15, 18): _missing,
}
