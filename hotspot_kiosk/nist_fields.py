"""The fields of one record of an ANSI/NIST file, taken one by one as what they must be.

It knows forms (a number, a date, items), not rules: those stand in `nist_model`. What nobody takes is
refused at the end, so nothing is ever dropped in silence.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from hotspot_kiosk.errors import BadBytes

GS, RS, US = b"\x1d", "\x1e", "\x1f"


class FieldReader:
    """The fields of one record, taken one by one; what is left over is refused."""

    def __init__(self, record: Any) -> None:
        self.kind = int(record.type)
        image = record[999]
        self.data = bytes(image.value) if image else b""
        text = bytes(record.NIST)[: -len(image.NIST) - 2 if image else -1]
        self._left: dict[int, str] = {}
        for part in text.split(GS):
            head, _, value = part.partition(b":")
            self._left[int(head.partition(b".")[2])] = value.decode("latin-1")
        del self._left[1]

    def path(self, tag: int) -> str:
        """As people write it: `14.006`."""
        return f"{self.kind}.{tag:03d}"

    def has(self, tag: int) -> bool:
        """Whether the field is there and was not taken yet."""
        return tag in self._left

    def text(self, tag: int) -> str:
        """A field as it stands, its separators included."""
        if tag not in self._left:
            raise BadBytes(f"{self.path(tag)} is missing")
        return self._left.pop(tag)

    def number(self, tag: int) -> int:
        """A whole number without leading zeros."""
        return as_number(self.path(tag), self.text(tag))

    def day(self, tag: int) -> date:
        """A date, YYYYMMDD."""
        value = self.text(tag)
        try:
            return date.fromisoformat(value if re.fullmatch("[0-9]{8}", value) else "")
        except ValueError as error:
            raise BadBytes(f"{self.path(tag)}: expected a date as YYYYMMDD") from error

    def moment(self, tag: int) -> datetime:
        """A time in UTC, YYYYMMDDHHMMSSZ."""
        value = self.text(tag)
        try:
            moment = datetime.strptime(value if re.fullmatch("[0-9]{14}Z", value) else "", "%Y%m%d%H%M%SZ")
        except ValueError as error:
            raise BadBytes(f"{self.path(tag)}: expected a time as YYYYMMDDHHMMSSZ") from error
        return moment.replace(tzinfo=UTC)

    def items(self, tag: int, count: int) -> list[str]:
        """The items of the only subfield."""
        values = self.text(tag).split(US)
        if len(values) != count:
            raise BadBytes(f"{self.path(tag)}: expected {count} items")
        return values

    def same(self, fixed: dict[int, str]) -> None:
        """Fields that have one value only."""
        for tag, value in fixed.items():
            if self.text(tag) != value:
                raise BadBytes(f"{self.path(tag)}: expected {value}")

    def done(self) -> None:
        """Refuse what nobody took."""
        if self._left:
            raise BadBytes(f"{self.path(min(self._left))} has no place in this kind of file")


def as_number(path: str, value: str) -> int:
    """A whole number without leading zeros, of at most nine digits. Raises BadBytes."""
    if not re.fullmatch("0|[1-9][0-9]{0,8}", value):
        raise BadBytes(f"{path}: expected a number")
    return int(value)
