"""Which TLS records pass on a link, by their clear headers: type, size, when the last byte arrived.

For a budget byte by byte. It reads lengths, nothing inside; a stream that is no TLS has no records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HEADER = 5
TYPES = range(20, 24)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its direction, content type (22 handshake, 20 change of cipher, 23 the rest), bytes."""

    up: bool
    kind: int
    size: int
    at: float


class Splitter:
    """Cuts one direction of one connection."""

    def __init__(self, up: bool) -> None:
        self._up = up
        self._rest = b""
        self._lost = False

    def feed(self, block: bytes, at: float) -> Iterator[Record]:
        """The records that end in this block, which arrives at `at`."""
        self._rest += b"" if self._lost else block
        while len(self._rest) >= HEADER:
            kind, size = self._rest[0], HEADER + int.from_bytes(self._rest[3:HEADER], "big")
            if kind not in TYPES or self._rest[1] != 3:
                self._lost, self._rest = True, b""
            if self._lost or len(self._rest) < size:
                return
            self._rest = self._rest[size:]
            yield Record(self._up, kind, size, at)
