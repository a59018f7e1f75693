"""What becomes of a damaged outbox: set aside, never deleted, and what can be read is saved from it.

Here are the rows and their meaning: which of the carved rows are ours, and what a record's state
was. A part is believed only with an envelope that has its stored digest; `held` is believed over
any other state, because an envelope is erased for a signed receipt only.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hotspot_kiosk.errors import BadBytes, StorageFailed
from hotspot_kiosk.kiosk.storage.carve import Row, rows
from hotspot_kiosk.terms import Part, Tcn

HELD = "held"
QUARANTINED = "quarantined"
STATES = ("sealed", "sending", HELD, QUARANTINED)
Key = tuple[Tcn, Part]


@dataclass(frozen=True, slots=True)
class SavedRecord:
    """A record's own row."""

    sequence: int
    tcn: Tcn
    captured: str
    boot_id: str
    monotonic_ms: int
    answer: bytes | None = field(repr=False)
    answered: str | None


@dataclass(frozen=True, slots=True)
class SavedPart:
    """A part's row."""

    key: Key
    state: str
    size: int
    digest: bytes = field(repr=False)
    settled: str | None
    reason: str


@dataclass(slots=True)
class Saved:
    """All that could be read; envelopes are named by digest and fetched one by one."""

    records: dict[Tcn, SavedRecord] = field(default_factory=dict)
    parts: dict[Key, SavedPart] = field(default_factory=dict)
    counters: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a salvage led to; counts parts, two a record."""

    aside: Path
    waiting: int
    held: int
    lost: int

    def __str__(self) -> str:
        saved = f"{self.waiting} parts that wait and {self.held} that the hub holds were saved"
        if not self.waiting + self.held:
            saved = "nothing in it could be read"
        lost = f"; {self.lost} parts are named in it but cannot be read" if self.lost else ""
        return f"the outbox was damaged: {saved}{lost}; the damaged file is kept as {self.aside.name}"


class Damaged:
    """A damaged database file and its log, as they were set aside."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Saved:
        """Every row of ours, the best version of each."""
        saved = Saved()
        for row in self._rows():
            _sort(row, saved)
        return saved

    def envelopes(self, wanted: dict[Key, bytes]) -> Iterator[tuple[Key, bytes]]:
        """Each wanted envelope whose SHA-256 is the stated one, once."""
        left = dict(wanted)
        for row in self._rows():
            found = _envelope(row)
            if found and hashlib.sha256(found[1]).digest() == left.get(found[0]):
                del left[found[0]]
                yield found

    def _rows(self) -> Iterator[Row]:
        try:
            log = log_of(self.path)
            with _mapped(self.path) as file:
                yield from rows(file, log.read_bytes() if log.exists() else b"")
        except OSError as error:
            raise StorageFailed(f"the damaged outbox {self.path.name} cannot be read: {error}") from None


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log of a database file."""
    return path.with_name(f"{path.name}-wal")


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[bytes | mmap.mmap]:
    if not path.exists() or not path.stat().st_size:
        yield b""
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


def _sort(row: Row, saved: Saved) -> None:
    """Put a row where it belongs; anything that is not ours is passed over."""
    match row.values:
        case (None, int(last)) if 0 <= row.rowid < 100:
            saved.counters[row.rowid] = max(last, saved.counters.get(row.rowid, 0))
        case (
            None,
            str(tcn),
            str(captured),
            str(boot),
            int(ms),
            bytes() | None as answer,
            str() | None as at,
        ):
            record = _checked(tcn)
            if record and (answer is not None or record not in saved.records):
                saved.records[record] = SavedRecord(row.rowid, record, captured, boot, ms, answer, at)
        case (str(tcn), str(part), str(state), int(size), bytes(digest), str() | None as settled, str(why)):
            key = _key(tcn, part)
            if key and state in STATES and len(digest) == hashlib.sha256().digest_size:
                _better(saved.parts, SavedPart(key, state, size, digest, settled, why))


def _better(parts: dict[Key, SavedPart], part: SavedPart) -> None:
    before = parts.get(part.key)
    if before is None or (STATES.index(part.state) in (2, 3) and before.state != HELD):
        parts[part.key] = part


def _envelope(row: Row) -> tuple[Key, bytes] | None:
    match row.values:
        case (str(tcn), str(part), bytes(data)):
            key = _key(tcn, part)
            return (key, data) if key else None
    return None


def _key(tcn: str, part: str) -> Key | None:
    record = _checked(tcn)
    return (record, Part(part)) if record and part in set(Part) else None


def _checked(tcn: str) -> Tcn | None:
    try:
        return Tcn(tcn)
    except BadBytes:
        return None
