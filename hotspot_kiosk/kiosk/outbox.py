"""Sealed records at rest, from the capture to the hub's signed receipt. SQLite, WAL, synced.

A row per record and a row per part; every change of state is one UPDATE guarded by the expected
state. The envelopes cannot be opened here: this file holds no key. Safe to use from any thread.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from hotspot_kiosk.errors import OutboxRefused, Refused
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.terms import ClockStamp, Part, Tcn

SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (year INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, tcn TEXT NOT NULL UNIQUE, captured TEXT NOT NULL,
    boot_id TEXT NOT NULL, monotonic_ms INTEGER NOT NULL, answer BLOB, answered TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS part (
    tcn TEXT NOT NULL REFERENCES record (tcn) ON DELETE CASCADE, part TEXT NOT NULL, state TEXT NOT NULL,
    size INTEGER NOT NULL, digest BLOB NOT NULL, envelope BLOB, settled TEXT, reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tcn, part)
) STRICT;
CREATE INDEX IF NOT EXISTS part_state ON part (state) WHERE state != 'held';
"""
LARGEST_COUNTER = 9_999_999


class PartState(StrEnum):
    """Where one part of a record is in its life."""

    SEALED = "sealed"
    SENDING = "sending"
    HELD = "held"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Item:
    """One part that still has to travel; captured_ms counts within boot_id."""

    tcn: Tcn
    part: Part
    sequence: int
    size: int
    digest: bytes = field(repr=False)
    boot_id: str = ""
    captured_ms: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as people see it. `state` is derived: answered, or the least advanced part's state."""

    tcn: Tcn
    captured: str
    answered: str | None
    parts: tuple[tuple[Part, PartState, int, str], ...]

    @property
    def state(self) -> str:
        """One word."""
        states = {state for _, state, _, _ in self.parts}
        for state in (PartState.QUARANTINED, PartState.SENDING, PartState.SEALED):
            if state in states:
                return state
        return "answered" if self.answered else PartState.HELD


class Outbox:
    """The outbox in one SQLite file. Every method may raise StorageFailed."""

    def __init__(self, path: Path, most_records: int = 5000, free_bytes: int = 64 << 20) -> None:
        self._path = path
        self._most = most_records
        self._free = free_bytes
        self._file = SqliteFile(path, SCHEMA, "outbox")

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def check_room(self) -> None:
        """Raises OutboxRefused before a capture begins if its record might not fit."""
        waiting = self._file.rows("SELECT count(DISTINCT tcn) FROM part WHERE state != 'held'")[0][0]
        if waiting >= self._most:
            raise OutboxRefused(
                f"the outbox is full: {waiting} records wait for a link; restore the link first"
            )
        if shutil.disk_usage(self._path.parent).free < self._free:
            raise OutboxRefused("the disk is almost full; free some space before capturing anybody")

    def mint(self, year: int, device: int) -> Tcn:
        """The next TCN of this device, stored as used before it is returned."""
        with self._file.change() as db:
            db.execute("INSERT OR IGNORE INTO counter VALUES (?, 0)", (year % 100,))
            db.execute("UPDATE counter SET last = last + 1 WHERE year = ?", (year % 100,))
            counter = db.execute("SELECT last FROM counter WHERE year = ?", (year % 100,)).fetchone()[0]
        if counter > LARGEST_COUNTER:
            raise OutboxRefused("this device has used up its numbers for the year")
        return Tcn.mint(year, device, counter)

    def put(self, tcn: Tcn, stamp: ClockStamp, envelopes: Sequence[tuple[Part, bytes]]) -> None:
        """Make a record durable: when this returns, a power cut cannot take it."""
        with self._file.change() as db:
            db.execute(
                "INSERT INTO record (tcn, captured, boot_id, monotonic_ms) VALUES (?, ?, ?, ?)",
                (tcn, _text(stamp.wall), stamp.boot_id, stamp.monotonic_ms),
            )
            for part, data in envelopes:
                db.execute(
                    "INSERT INTO part (tcn, part, state, size, digest, envelope) VALUES (?, ?, ?, ?, ?, ?)",
                    (tcn, part, PartState.SEALED, len(data), hashlib.sha256(data).digest(), data),
                )

    def waiting(self) -> tuple[Item, ...]:
        """Every part that is sealed and not yet on its way, oldest first."""
        rows = self._file.rows(
            "SELECT tcn, part, sequence, size, digest, boot_id, monotonic_ms FROM part JOIN record USING (tcn) "
            "WHERE state = 'sealed' ORDER BY sequence"
        )
        return tuple(Item(Tcn(r[0]), Part(r[1]), *r[2:]) for r in rows)

    def envelope(self, item: Item) -> bytes | None:
        """The sealed bytes, or None if they were erased meanwhile."""
        rows = self._file.rows("SELECT envelope FROM part WHERE tcn = ? AND part = ?", (item.tcn, item.part))
        return rows[0][0] if rows else None

    def sending(self, item: Item) -> bool:
        """SEALED to SENDING."""
        return self._move(item.tcn, item.part, (PartState.SEALED,), PartState.SENDING)

    def stalled(self, item: Item) -> bool:
        """SENDING back to SEALED: overdue."""
        return self._move(item.tcn, item.part, (PartState.SENDING,), PartState.SEALED)

    def unsend_all(self) -> None:
        """Every SENDING back to SEALED: after a start or a lost link."""
        self._file.update("UPDATE part SET state = 'sealed' WHERE state = ?", (PartState.SENDING,))

    def receipt(self, tcn: Tcn, part: Part, digest: bytes, now: datetime) -> bool:
        """To HELD; the envelope is erased. Only for a verified receipt over this very digest."""
        done = self._file.update(
            "UPDATE part SET state = 'held', envelope = NULL, settled = ?, reason = '' "
            "WHERE tcn = ? AND part = ? AND digest = ? AND state != 'held'",
            (_text(now), tcn, part, digest),
        )
        return done == 1

    def answer(self, tcn: Tcn, envelope: bytes, now: datetime) -> bool:
        """Keep a sealed answer; the first one stays. False if this TCN is unknown or answered."""
        done = self._file.update(
            "UPDATE record SET answer = ?, answered = ? WHERE tcn = ? AND answer IS NULL",
            (envelope, _text(now), tcn),
        )
        return done == 1

    def sealed_answer(self, tcn: Tcn) -> bytes | None:
        """The sealed answer, if there is one."""
        rows = self._file.rows("SELECT answer FROM record WHERE tcn = ?", (tcn,))
        return rows[0][0] if rows else None

    def knows(self, tcn: Tcn) -> bool:
        """Whether this outbox holds or held the record."""
        return bool(self._file.rows("SELECT 1 FROM record WHERE tcn = ?", (tcn,)))

    def quarantine(self, tcn: Tcn, part: Part, reason: str) -> bool:
        """SEALED or SENDING to QUARANTINED: kept, visible, in nobody's way."""
        return self._move(tcn, part, (PartState.SEALED, PartState.SENDING), PartState.QUARANTINED, reason)

    def requeue(self, tcn: Tcn) -> int:
        """QUARANTINED back to SEALED, by an operator; returns how many parts."""
        return sum(self._move(tcn, part, (PartState.QUARANTINED,), PartState.SEALED) for part in Part)

    def erase(self, tcn: Tcn) -> None:
        """Remove a record. Refused while a part still waits to be sent."""
        rows = self._file.rows("SELECT state FROM part WHERE tcn = ?", (tcn,))
        if not rows:
            raise Refused(f"there is no record {tcn}")
        if any(state in (PartState.SEALED, PartState.SENDING) for (state,) in rows):
            raise Refused(f"record {tcn} still waits to be sent; only held or quarantined records are erased")
        self._file.update("DELETE FROM record WHERE tcn = ?", (tcn,))

    def entries(self) -> Iterator[Entry]:
        """All records, newest first."""
        records = self._file.rows("SELECT tcn, captured, answered FROM record ORDER BY sequence DESC")
        parts: dict[str, list[tuple[Part, PartState, int, str]]] = {}
        for tcn, *row in self._file.rows(
            "SELECT tcn, part, state, size, reason FROM part ORDER BY part DESC"
        ):
            parts.setdefault(tcn, []).append((Part(row[0]), PartState(row[1]), row[2], row[3]))
        for tcn, captured, answered in records:
            yield Entry(Tcn(tcn), captured, answered, tuple(parts.get(tcn, ())))

    def _move(
        self, tcn: Tcn, part: Part, expected: tuple[PartState, ...], to: PartState, reason: str = ""
    ) -> bool:
        marks = ", ".join("?" * len(expected))
        done = self._file.update(
            f"UPDATE part SET state = ?, reason = ? WHERE tcn = ? AND part = ? AND state IN ({marks})",
            (to, reason, tcn, part, *expected),
        )
        return done == 1


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
