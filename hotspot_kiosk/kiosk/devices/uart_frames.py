"""Frames of the R503/R305 serial protocol: bytes to verified frames and back, nothing else.

A frame is EF 01, address (4 bytes), kind, length of the rest (2), payload, sum (2) of kind, length
and payload. The reader passes over noise, accepts no frame whose sum is wrong and never blocks.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from enum import IntEnum

START = b"\xef\x01"
HEADER_BYTES = 9
SUM_BYTES = 2


class Kind(IntEnum):
    """What a frame is for."""

    COMMAND = 0x01
    DATA = 0x02
    ACK = 0x07
    END = 0x08


# Payload sizes a sensor sends. Only the last data packet may have another size than the four
# powers of two, so that no single flipped bit of a length gives another size that is allowed.
SENSOR_PAYLOADS: dict[int, Container[int]] = {
    Kind.DATA: frozenset((32, 64, 128, 256)),
    Kind.END: range(1, 257),
    Kind.ACK: range(1, 34),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One verified frame."""

    kind: Kind
    address: bytes
    payload: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Its bytes on the line."""
        size = len(self.payload) + SUM_BYTES
        body = bytes([self.kind]) + size.to_bytes(2, "big") + self.payload
        return START + self.address + body + (sum(body) & 0xFFFF).to_bytes(SUM_BYTES, "big")


class FrameReader:
    """Finds a sensor's frames in a stream of bytes.

    `rejected` counts frames that looked right but had a wrong sum.
    """

    def __init__(self) -> None:
        self.rejected = 0
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more bytes from the line."""
        self._buffer += data

    def take(self) -> Frame | None:
        """The next frame that is complete and verified, from any address; None if more is needed."""
        while self.missing == 0:
            frame = bytes(self._buffer[: self._size()])
            if sum(frame[6:-SUM_BYTES]) & 0xFFFF == int.from_bytes(frame[-SUM_BYTES:], "big"):
                del self._buffer[: len(frame)]
                return Frame(Kind(frame[6]), frame[2:6], frame[HEADER_BYTES:-SUM_BYTES])
            self.rejected += 1
            del self._buffer[0]
        return None

    @property
    def missing(self) -> int:
        """How many more bytes the frame now begun needs; 0 if it is complete."""
        self._seek()
        if len(self._buffer) < HEADER_BYTES:
            return HEADER_BYTES - len(self._buffer)
        return max(0, self._size() - len(self._buffer))

    def gap(self) -> None:
        """The line has been quiet: what was begun and never finished was no frame."""
        if self._buffer and self.missing:
            del self._buffer[0]

    def clear(self) -> None:
        """Forget every byte taken so far."""
        self._buffer.clear()

    def _seek(self) -> None:
        """Drop bytes until the buffer starts with a header, or with what may become one."""
        while True:
            start = self._buffer.find(START)
            del self._buffer[: start if start >= 0 else self._tail()]
            if len(self._buffer) < HEADER_BYTES or self._plausible():
                return
            del self._buffer[0]

    def _tail(self) -> int:
        return len(self._buffer) - self._buffer.endswith(START[:1])

    def _size(self) -> int:
        return HEADER_BYTES + int.from_bytes(self._buffer[7:9], "big")

    def _plausible(self) -> bool:
        sizes = SENSOR_PAYLOADS.get(self._buffer[6], ())
        return self._size() - HEADER_BYTES - SUM_BYTES in sizes
