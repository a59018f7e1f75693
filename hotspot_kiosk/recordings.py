"""Recordings of a UART finger sensor's session: the file's format, and pictures to stand in for fingers.

A recording has what host and sensor said and when, but no place for pixels, templates or passwords:
of an image it keeps how its packets came. One JSON object a line: a `Header`, then `Exchange`s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from hotspot_kiosk.errors import BadBytes

T = TypeVar("T")
FORMAT = 1
MOST_BYTES = 4 << 20
MOST_PACKETS = 4096
WIDTHS = {18_432: 192, 36_864: 256}  # bytes of image -> pixels a row


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was recorded. `words` are the person's own about the device."""

    format: int
    sensor: str
    words: str = ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="answer"):
    """A whole, sound frame in hexadecimal digits, after a pause of so many seconds."""

    pause: float
    frame: str


class Packets(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="packets"):
    """So many data packets (kind 2, or 8 for the last) of one size in a row, `sound` if their sums were right."""

    pause: float
    kind: int
    size: int
    count: int
    sound: bool = True

    def __post_init__(self) -> None:
        if not (self.kind in (2, 8) and 1 <= self.size <= 256 and 1 <= self.count <= MOST_PACKETS):
            raise ValueError("packets must be of kind 2 or 8, 1 to 256 bytes, at most 4096 in a row")


class Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="noise"):
    """So many bytes that were no frame, or none that may be kept."""

    pause: float
    count: int


Piece = Answer | Packets | Noise


class Exchange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command at a moment and a speed, and what came until the next one.

    `asked` is the command's frame; nothing was asked if it is empty.
    """

    at: float
    baud: int
    asked: str
    came: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole session."""

    header: Header
    exchanges: tuple[Exchange, ...]


def encode(recording: Recording) -> bytes:
    """The file."""
    lines = [msgspec.json.encode(recording.header), *map(msgspec.json.encode, recording.exchanges)]
    return b"\n".join(lines) + b"\n"


def load(path: Path) -> Recording:
    """The recording in a file. Raises BadBytes, naming file and line, if it is none."""
    return parse(path.read_bytes(), path.name)


def parse(data: bytes, name: str) -> Recording:
    """The recording in a file's bytes. Raises BadBytes, naming file and line, if they are none."""
    lines = data.splitlines()
    if not lines or len(data) > MOST_BYTES:
        raise BadBytes(f"{name} is no recording: it is empty or larger than {MOST_BYTES >> 20} MiB")
    header = _decoded(lines[0], Header, f"{name}, line 1")
    if header.format != FORMAT:
        raise BadBytes(f"{name} has format {header.format}; this software reads {FORMAT}")
    exchanges = (
        _decoded(line, Exchange, f"{name}, line {number}") for number, line in enumerate(lines[1:], start=2)
    )
    return Recording(header, tuple(exchanges))


def stand_in(size: int) -> bytes:
    """A picture of `size` bytes, two pixels of 16 levels a byte: rings, from which nobody is recognised."""
    width = WIDTHS.get(size, 256)
    rows = -(-2 * size // width)
    y, x = np.mgrid[0:rows, 0:width]
    distance = np.hypot(y - rows * 0.47, x - width * 0.53)
    levels = np.round(7.5 + 7.5 * np.sin(distance * (2 * np.pi / 9))).astype(np.uint8).reshape(-1)
    return bytes(levels[0::2] << 4 | levels[1::2])[:size]


def image_bytes(pieces: Iterable[Piece]) -> int:
    """How many bytes of image the pieces carry."""
    return sum(piece.size * piece.count for piece in pieces if isinstance(piece, Packets))


def _decoded(line: bytes, kind: type[T], where: str) -> T:
    try:
        value = msgspec.json.decode(line, type=kind)
        if isinstance(value, Exchange):
            _check_digits(value)
    except (msgspec.DecodeError, ValueError) as error:
        raise BadBytes(f"{where}: {error}") from error
    return value


def _check_digits(exchange: Exchange) -> None:
    """Raises ValueError if a frame's digits are none."""
    bytes.fromhex(exchange.asked)
    for piece in exchange.came:
        if isinstance(piece, Answer):
            bytes.fromhex(piece.frame)
