"""A fixed record of little-endian numbers and byte strings, as the panel's messages are made of.

A field beyond the layout takes what is left of the body. Bytes of another length are refused.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar

from hotspot_kiosk.errors import BadBytes

R = TypeVar("R", bound="Record")


@dataclass(frozen=True, slots=True)
class Record:
    """The base of every message; `LAYOUT` is in the words of `struct`."""

    LAYOUT: ClassVar[str] = "<"

    def encode(self) -> bytes:
        """Its bytes on the line."""
        values = [getattr(self, field.name) for field in fields(self)]
        fixed = _count(self.LAYOUT)
        return struct.pack(self.LAYOUT, *values[:fixed]) + b"".join(values[fixed:])

    @classmethod
    def decode(cls: type[R], body: bytes) -> R:
        """Raises BadBytes if the body has another length."""
        size, takes_rest = struct.calcsize(cls.LAYOUT), len(fields(cls)) > _count(cls.LAYOUT)
        if len(body) < size or (len(body) > size and not takes_rest):
            raise BadBytes(f"the panel's {cls.__name__} has {len(body)} bytes, not {size}")
        values = list(struct.unpack(cls.LAYOUT, body[:size]))
        make: Callable[..., R] = cls
        return make(*values, body[size:]) if takes_rest else make(*values)


def _count(layout: str) -> int:
    return len(struct.unpack(layout, bytes(struct.calcsize(layout))))
