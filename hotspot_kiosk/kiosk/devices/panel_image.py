"""A signed image of the panel's firmware: its header as the loader reads it (firmware/panel/image.h).

Reads and checks what can be checked without the key; whether it is genuine only the panel's loader says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hotspot_kiosk.errors import BadBytes

MAGIC = 0x4C4E5048
BOARD = 1
PAGE = 256
HEADER_BYTES = 256
SIGNED_BYTES, SIGNATURE_BYTES = 64, 64
MOST_CODE = 0x10000 - HEADER_BYTES
LAYOUT = "<6I40s"


@dataclass(frozen=True, slots=True)
class Header:
    """`size` of the code in bytes; `security` must not fall; `version` is major << 16 | minor << 8 | patch."""

    size: int
    version: int
    schema: int
    security: int
    board: int

    def encode(self) -> bytes:
        """The signed 64 bytes."""
        fields = (self.size, self.version, self.schema, self.security, self.board)
        return struct.pack(LAYOUT, MAGIC, *fields, b"\xff" * 40)


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it lies in its file."""

    header: Header
    data: bytes

    @classmethod
    def read(cls, data: bytes) -> Image:
        """Raises BadBytes if this is no image, or not for this board."""
        if len(data) <= HEADER_BYTES:
            raise BadBytes("this is no firmware for the panel: it is too short")
        magic, size, version, schema, security, board, _ = struct.unpack(LAYOUT, data[:SIGNED_BYTES])
        if magic != MAGIC or size != len(data) - HEADER_BYTES or not 0 < size <= MOST_CODE or size % 4:
            raise BadBytes("this is no firmware for the panel, or only a part of one; copy it again")
        if board != BOARD:
            raise BadBytes(f"this firmware is for board {board}, the panel is board {BOARD}")
        return cls(Header(size, version, schema, security, board), data)

    @property
    def head(self) -> bytes:
        """What UPDATE_BEGIN carries."""
        return self.data[: SIGNED_BYTES + SIGNATURE_BYTES]

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """The code in numbered pages, the last filled up."""
        code = self.data[HEADER_BYTES:]
        for number, at in enumerate(range(0, len(code), PAGE)):
            yield number, code[at : at + PAGE].ljust(PAGE, b"\xff")


def version_text(version: int) -> str:
    """As people write it."""
    return f"{version >> 16}.{version >> 8 & 0xFF}.{version & 0xFF}"
