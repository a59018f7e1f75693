"""Reads the rows that can still be read out of a damaged SQLite file, page by page, without SQLite.

Pure: bytes in, rows out, in no order and possibly stale or repeated; whoever uses them checks them.
File format: https://sqlite.org/fileformat2.html, sections 1.6, 2.1 and 4.1.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

LEAF = 0x0D
FILE_HEADER = 100
LOG_HEADER = struct.Struct(">8I")
FRAME_HEADER = struct.Struct(">6I")
LOG_MAGICS = (0x377F0682, 0x377F0683)
PAGE_SIZES = tuple(1 << power for power in range(9, 17))
LIKELY_PAGES = (1024, 4096)  # of outboxes, where the header is gone that says it
LARGEST_ROW = 20 << 20
INTEGER_SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
Raw = bytes | mmap.mmap
Value = int | bytes | str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands on its page; an INTEGER PRIMARY KEY reads as None, its value is `rowid`."""

    rowid: int
    values: tuple[Value, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """A page in a write-ahead log; `whole` if its checksum holds, `commit` if it ends a transaction."""

    page: int
    whole: bool
    commit: bool
    data: bytes = field(repr=False)


def rows(file: Raw, log: bytes = b"") -> Iterator[Row]:
    """All rows of the file with its log laid over it, then those of the file alone."""
    for size in _page_sizes(file, log):
        over = {frame.page: frame.data for frame in frames(log, size) if frame.whole}
        for pages in (
            (_Pages(file, size, over), _Pages(file, size, {})) if over else (_Pages(file, size, {}),)
        ):
            for number in pages.numbers():
                yield from _leaf_rows(pages, number)


def has_hole(log: bytes) -> bool:
    """Whether a whole committed page stands behind a broken one, where SQLite does not look."""
    sizes = (LIKELY_PAGES[0],) if _header_holds(log) else LIKELY_PAGES
    return any(_has_hole(log, size) for size in sizes)


def frames(log: bytes, page_size: int) -> Iterator[Frame]:
    """The log's frames of its present round; each is checked by itself, so one broken hides no other.

    `page_size` counts only where the log's header, which says it, is broken.
    """
    holds = _header_holds(log)
    header = LOG_HEADER.unpack_from(log) if holds else None
    size = header[2] if header else page_size
    order = ">" if header and header[0] & 1 else "<"
    step = FRAME_HEADER.size + size
    salts = header[4:6] if header else log[LOG_HEADER.size + 8 : LOG_HEADER.size + 16]
    wanted = struct.pack(">2I", *salts) if header else bytes(salts)
    before = header[6:8] if header else (0, 0)
    for at in range(LOG_HEADER.size, len(log) - step + 1, step):
        page, commit, _, _, *stated = FRAME_HEADER.unpack_from(log, at)
        data = log[at + FRAME_HEADER.size : at + step]
        if page and log[at + 8 : at + 16] == wanted:
            whole = _checksum(log[at : at + 8] + data, order, (before[0], before[1])) == tuple(stated)
            yield Frame(page, whole, commit > 0, data)
        before = (stated[0], stated[1])


def _has_hole(log: bytes, page_size: int) -> bool:
    broken = not _header_holds(log)
    for frame in frames(log, page_size):
        broken = broken or not frame.whole
        if broken and frame.whole and frame.commit:
            return True
    return False


class _Pages:
    """A database's pages by number, counted from 1."""

    def __init__(self, file: Raw, size: int, over: dict[int, bytes]) -> None:
        self._file = file
        self._over = over
        self.size = size

    def numbers(self) -> Iterator[int]:
        count = -(-len(self._file) // self.size)
        yield from range(1, max(count, *self._over, 0) + 1)

    def page(self, number: int) -> bytes:
        if number in self._over:
            return self._over[number]
        return bytes(self._file[(number - 1) * self.size : number * self.size])


def _leaf_rows(pages: _Pages, number: int) -> Iterator[Row]:
    page = pages.page(number)
    start = FILE_HEADER if number == 1 else 0
    if len(page) <= start + 8 or page[start] != LEAF:
        return
    (count,) = struct.unpack_from(">H", page, start + 3)
    for index in range(min(count, (len(page) - start - 8) // 2)):
        (at,) = struct.unpack_from(">H", page, start + 8 + 2 * index)
        row = _row(pages, page, at)
        if row is not None:
            yield row


def _row(pages: _Pages, page: bytes, at: int) -> Row | None:
    """The row of the cell at `at`, or None if its bytes make no sense."""
    try:
        length, at = _varint(page, at)
        rowid, at = _varint(page, at)
        payload = _payload(pages, page, at, length)
        return None if payload is None else Row(rowid, tuple(_values(payload)))
    except (IndexError, ValueError, struct.error):
        return None


def _payload(pages: _Pages, page: bytes, at: int, length: int) -> bytes | None:
    usable = pages.size
    most, least = usable - 35, (usable - 12) * 32 // 255 - 23
    if not 0 < length <= LARGEST_ROW:
        return None
    if length <= most:
        return page[at : at + length]
    local = least + (length - least) % (usable - 4)
    local = local if local <= most else least
    payload = bytearray(page[at : at + local])
    (following,) = struct.unpack_from(">I", page, at + local)
    while len(payload) < length:
        more = pages.page(following) if following else b""
        if len(more) < 5:
            return None
        (following,) = struct.unpack_from(">I", more)
        payload += more[4 : 4 + length - len(payload)]
    return bytes(payload)


def _values(payload: bytes) -> Iterator[Value]:
    end, at = _varint(payload, 0)
    body = end
    while at < end:
        kind, at = _varint(payload, at)
        value, body = _value(payload, kind, body)
        yield value


def _value(payload: bytes, kind: int, at: int) -> tuple[Value, int]:
    """The value of that serial type at `at`, and where the next begins. Floats are none of ours."""
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], at
    size = INTEGER_SIZES.get(kind, (kind - 12) // 2)
    piece = payload[at : at + size]
    if size < 0 or len(piece) != size or kind in (7, 10, 11):
        raise ValueError("a value does not fit its row")
    if kind in INTEGER_SIZES:
        return int.from_bytes(piece, "big", signed=True), at + size
    return (piece.decode() if kind % 2 else piece), at + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for index in range(8):
        byte = data[at + index]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + index + 1
    return number << 8 | data[at + 8], at + 9


def _page_sizes(file: Raw, log: bytes) -> tuple[int, ...]:
    """What the file's header says, or else the log's; where both are broken, whatever is likely."""
    size = int.from_bytes(file[16:18], "big")
    size = 1 << 16 if size == 1 else size
    if size in PAGE_SIZES:
        return (size,)
    return (LOG_HEADER.unpack_from(log)[2],) if _header_holds(log) else LIKELY_PAGES


def _header_holds(log: bytes) -> bool:
    if len(log) < LOG_HEADER.size:
        return False
    magic, _, size, _, _, _, *stated = LOG_HEADER.unpack_from(log)
    if magic not in LOG_MAGICS or size not in PAGE_SIZES:
        return False
    return _checksum(log[:24], ">" if magic & 1 else "<", (0, 0)) == tuple(stated)


def _checksum(data: bytes, order: str, before: tuple[int, int]) -> tuple[int, int]:
    """The log's running checksum (file format, section 4.2)."""
    first, second = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for index in range(0, len(words), 2):
        first = (first + words[index] + second) & 0xFFFFFFFF
        second = (second + words[index + 1] + first) & 0xFFFFFFFF
    return first, second
