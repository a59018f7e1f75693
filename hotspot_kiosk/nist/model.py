"""A transaction of ANSI/NIST-ITL as values: records of fields of subfields of items, whatever the encoding.

Both serializers read into it and write from it; rules about what the values may be stand in `rules_*`.
Texts are as the traditional encoding spells them (dates YYYYMMDD, times YYYYMMDDHHMMSSZ); what a file spells
otherwise is kept as it stands, so that a rule can say so. Image bytes and texts never show in a repr.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.terms import Tcn

MAX_FILE = 8 * 1024 * 1024
MAX_RECORDS = 1000  # 1.003 CNT: at most 999 beside the Type-1
DOMAIN = "INT-I"
SEPARATORS = re.compile("[\x1c-\x1f]")

_AGENCY = re.compile(r"[A-Z]{3}/[A-Z0-9-]{1,31}")


@dataclass(frozen=True, slots=True)
class Agency:
    """Who sends or gets a transaction: a country, ISO 3166-1 alpha-3 or an INTERPOL code, and a name."""

    country: str
    name: str

    def __post_init__(self) -> None:
        if not _AGENCY.fullmatch(self.code):
            raise BadBytes(f"1.008 ORI: expected the form {_AGENCY.pattern}")

    @property
    def code(self) -> str:
        """As it stands in a file: `XPO/INTERPOL`."""
        return f"{self.country}/{self.name}"


Subfield = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number and its subfields, each of one item or more. Raises BadBytes for separators."""

    number: int
    subfields: tuple[Subfield, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not 2 <= self.number <= 998:
            raise BadBytes(f"a field cannot have the number {self.number}")
        if not self.subfields or not all(self.subfields):
            raise BadBytes(f"field {self.number} has nothing in it")
        if any(SEPARATORS.search(item) for part in self.subfields for item in part):
            raise BadBytes(f"field {self.number}: a text holds one of the format's separators")

    @property
    def text(self) -> str:
        """The first item of the first subfield, which is all there is in most fields."""
        return self.subfields[0][0]


def make_field(number: int, *subfields: Iterable[str]) -> Field:
    """A field; empty items at the end of a subfield are left out, for they say nothing."""
    return Field(number, tuple(_trimmed(tuple(part)) for part in subfields))


def _trimmed(items: Subfield) -> Subfield:
    end = len(items)
    while end > 1 and not items[end - 1]:
        end -= 1
    return items[:end]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its type, its fields in rising order, its image or other bytes (field 999).

    The length (001) is the encoding's business and not kept. `unread` names what an XML file said beside, in
    words this software has no field for. Raises BadBytes if a field is there twice.
    """

    kind: int
    fields: tuple[Field, ...]
    data: bytes = field(default=b"", repr=False)
    unread: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        numbers = [each.number for each in self.fields]
        if not 1 <= self.kind <= 99:
            raise BadBytes(f"there is no record of type {self.kind}")
        twice = [number for number in set(numbers) if numbers.count(number) > 1]
        if twice:
            raise BadBytes(f"{self.kind}.{min(twice):03d} is there twice in one record")
        if numbers != sorted(numbers):
            object.__setattr__(self, "fields", tuple(sorted(self.fields, key=lambda each: each.number)))

    @property
    def shows(self) -> bool:
        """Whether it holds an image this software knows: a face, a finger, a palm."""
        return self.kind in (4, 10, 14, 15) and bool(self.data)

    def find(self, number: int) -> Field | None:
        """The field of that number."""
        return next((each for each in self.fields if each.number == number), None)

    def text(self, number: int) -> str:
        """The first item of a field; nothing if it is not there."""
        found = self.find(number)
        return found.text if found else ""

    def subfields(self, number: int) -> tuple[Subfield, ...]:
        """The subfields of a field; none if it is not there."""
        found = self.find(number)
        return found.subfields if found else ()

    def items(self, number: int, count: int) -> Subfield:
        """The first `count` items of a field's first subfield; empty texts for those that are not there."""
        parts = self.subfields(number)
        return ((parts[0] if parts else ()) + ("",) * count)[:count]

    def whole(self, number: int) -> int | None:
        """A field as a whole number, leading zeros allowed; None if it is none or not there."""
        return as_whole(self.text(number))

    def changed(self, *fields: Field) -> Record:
        """With these fields in place of those of the same numbers."""
        numbers = {each.number for each in fields}
        return replace(self, fields=(*(f for f in self.fields if f.number not in numbers), *fields))

    def without(self, *numbers: int) -> Record:
        """Without these fields."""
        return replace(self, fields=tuple(f for f in self.fields if f.number not in numbers))


def as_whole(text: str) -> int | None:
    """A text of one to nine digits as a number."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text, re.ASCII) else None


@dataclass(frozen=True, slots=True)
class Transaction:
    """A file: a Type-1 record and what follows. Raises BadBytes if it does not begin with the only Type-1."""

    records: tuple[Record, ...]

    def __post_init__(self) -> None:
        kinds = [record.kind for record in self.records]
        if not kinds or kinds[0] != 1 or kinds.count(1) != 1:
            raise BadBytes("1.003 CNT: expected one Type-1 record, and it first")
        if len(kinds) > MAX_RECORDS:
            raise BadBytes(f"1.003 CNT: more than {MAX_RECORDS - 1} records follow the Type-1")

    @property
    def head(self) -> Record:
        """The Type-1 record."""
        return self.records[0]

    @property
    def described(self) -> Record:
        """The first Type-2 record; an empty one if there is none."""
        return next(self.of(2), Record(2, ()))

    @property
    def tot(self) -> str:
        """1.004, the type of transaction."""
        return self.head.text(4)

    @property
    def tcn(self) -> Tcn:
        """1.009, the control number. Raises BadBytes if it is none."""
        return Tcn(self.head.text(9))

    @property
    def images(self) -> tuple[Record, ...]:
        """The records that hold an image this software knows: faces, fingers, palms and Type-4."""
        return tuple(record for record in self.records if record.shows)

    def of(self, kind: int) -> Iterator[Record]:
        """The records of a type."""
        return (record for record in self.records if record.kind == kind)


def basic(moment: datetime) -> str:
    """A moment as the traditional encoding spells it, YYYYMMDDHHMMSSZ; its first eight characters are the day."""
    return re.sub("[-:T]", "", moment.astimezone(UTC).isoformat()[:19]) + "Z"


def content(records: Iterable[Record]) -> Field:
    """1.003 CNT for the records that follow a Type-1."""
    others = list(records)
    return make_field(3, ("1", str(len(others))), *((str(each.kind), each.text(2)) for each in others))


def counted(transaction: Transaction) -> Transaction:
    """With a true 1.003 CNT."""
    head, *others = transaction.records
    return Transaction((head.changed(content(others)), *others))
