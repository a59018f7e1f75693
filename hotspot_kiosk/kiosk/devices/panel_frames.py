"""Frames of the line to the panel: bytes to verified frames and back, nothing else.

A frame is COBS(kind, sequence, body, CRC-16/CCITT-FALSE little-endian) and a zero byte. The reader
passes over noise, accepts no frame whose sum is wrong, keeps a bounded buffer and never blocks.
COBS: Cheshire and Baker, Consistent Overhead Byte Stuffing, IEEE/ACM Transactions on Networking 1999.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field

from hotspot_kiosk.kiosk.devices.panel_protocol import LONGEST_BODY

HEAD_BYTES, SUM_BYTES = 2, 2
LONGEST = HEAD_BYTES + LONGEST_BODY + SUM_BYTES
LONGEST_STUFFED = LONGEST + LONGEST // 254 + 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One verified frame."""

    kind: int
    sequence: int
    body: bytes = field(repr=False, default=b"")

    def encode(self) -> bytes:
        """Its bytes on the line, the closing zero included."""
        plain = bytes([self.kind, self.sequence]) + self.body
        return stuff(plain + _sum(plain)) + b"\0"


class FrameReader:
    """Finds frames in a stream of bytes; `rejected` counts what was no frame."""

    def __init__(self) -> None:
        self.rejected = 0
        self._buffer = bytearray()
        self._spoiled = False

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        frames = []
        *ended, rest = data.split(b"\0")
        for piece in ended:
            self._take(piece)
            frame = self._close()
            frames += [frame] if frame else []
        self._take(rest)
        return frames

    def _take(self, piece: bytes) -> None:
        self._spoiled = self._spoiled or len(self._buffer) + len(piece) > LONGEST_STUFFED
        if not self._spoiled:
            self._buffer += piece

    def _close(self) -> Frame | None:
        stuffed, spoiled = bytes(self._buffer), self._spoiled
        self._buffer.clear()
        self._spoiled = False
        plain = (None if spoiled else unstuff(stuffed)) or b""
        whole = HEAD_BYTES + SUM_BYTES <= len(plain) <= LONGEST
        if whole and _sum(plain[:-SUM_BYTES]) == plain[-SUM_BYTES:]:
            return Frame(plain[0], plain[1], plain[HEAD_BYTES:-SUM_BYTES])
        self.rejected += bool(stuffed or spoiled)
        return None


def stuff(plain: bytes) -> bytes:
    """COBS: no zero byte in it."""
    out = bytearray()
    for block in (plain + b"\0").split(b"\0")[:-1]:
        rest = block
        while len(rest) >= 254:
            out += b"\xff" + rest[:254]
            rest = rest[254:]
        out += bytes([len(rest) + 1]) + rest
    return bytes(out)


def unstuff(stuffed: bytes) -> bytes | None:
    """Undo COBS; None if it is none."""
    out = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        block = stuffed[at + 1 : at + code]
        if code == 0 or len(block) < code - 1 or 0 in block:
            return None
        out += block
        at += code
        if code < 255 and at < len(stuffed):
            out.append(0)
    return bytes(out)


def _sum(plain: bytes) -> bytes:
    return binascii.crc_hqx(plain, 0xFFFF).to_bytes(SUM_BYTES, "little")
