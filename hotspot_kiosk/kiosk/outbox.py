"""Sealed records at rest, from the capture to the hub's signed receipt. SQLite, WAL, synced.

A row per record, per part and per envelope; every change of state is one UPDATE guarded by the
expected state. The envelopes cannot be opened here: this file holds no key. Any thread may call.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from hotspot_kiosk.errors import OutboxRefused, Refused, StorageFailed, StorageFull
from hotspot_kiosk.kiosk.numbers import Ceiling
from hotspot_kiosk.kiosk.rescue import Opened, open_safely
from hotspot_kiosk.kiosk.reserve import RESERVE, Reserve
from hotspot_kiosk.terms import ClockStamp, Part, Tcn

log = logging.getLogger(__name__)
T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (year INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, tcn TEXT NOT NULL UNIQUE, captured TEXT NOT NULL,
    boot_id TEXT NOT NULL, monotonic_ms INTEGER NOT NULL, answer BLOB, answered TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS part (
    tcn TEXT NOT NULL REFERENCES record (tcn) ON DELETE CASCADE, part TEXT NOT NULL, state TEXT NOT NULL,
    size INTEGER NOT NULL, digest BLOB NOT NULL, settled TEXT, reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tcn, part)
) STRICT;
CREATE TABLE IF NOT EXISTS envelope (
    tcn TEXT NOT NULL, part TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (tcn, part),
    FOREIGN KEY (tcn, part) REFERENCES part (tcn, part) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS part_state ON part (state) WHERE state != 'held';
"""
LARGEST_COUNTER = 9_999_999
LAYOUT = 2
STEP_PAGES = 256
NEXT_TO_NOTHING = 4 << 20


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
    """The outbox in one SQLite file. Every method may raise StorageFailed.

    `salvaged` says what a damaged file led to at the start; `trouble` is why the disk does not work
    now, empty if it does.
    """

    def __init__(
        self,
        path: Path,
        most_records: int = 5000,
        free_bytes: int = 64 << 20,
        most_bytes: int = 2 << 30,
        reserve_bytes: int = RESERVE,
    ) -> None:
        self._path = path
        self._most = most_records
        self._most_bytes = most_bytes
        self._free = free_bytes
        self._reserve = Reserve(path.with_name(f"{path.name}.reserve"), reserve_bytes)
        self._ceiling = Ceiling(path.with_name(f"{path.name}.numbers"))
        opened = self._open()
        self._file, self._hold, self.salvaged = opened.file, opened.hold, opened.outcome
        self.trouble = ""
        self._bring_up_to_date()
        self._reserve.make(self._free)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
        self._hold.close()

    def check_room(self) -> None:
        """Raises OutboxRefused before a capture begins if its record might not fit."""
        if self.trouble:
            self._try_again()
        records, size = self._file.rows(
            "SELECT count(DISTINCT tcn), coalesce(sum(size), 0) FROM part WHERE state != 'held'"
        )[0]
        if records >= self._most:
            raise OutboxRefused(
                f"the outbox is full: {records} records wait for a link; restore the link first"
            )
        if size >= self._most_bytes:
            raise OutboxRefused(
                f"the outbox is full: {size >> 20} MiB wait for a link; restore the link first"
            )
        if not self._has_room():
            raise OutboxRefused("the disk is almost full; free some space before capturing anybody")
        if not self._reserve.make(self._free):
            raise OutboxRefused(
                "the disk was full and its reserve is used; free some space before capturing anybody"
            )

    def mint(self, year: int, device: int) -> Tcn:
        """The next TCN of this device, stored as used before it is returned.

        The counter runs on across years: whatever the clock shows, a later record has a higher one.

        Not synced by itself: `put`, without which nobody has seen the number, syncs it, too.
        """
        counter = self._watched(lambda: self._next_number(year % 100))
        if counter > LARGEST_COUNTER:
            raise OutboxRefused("this device has used up its numbers")
        return Tcn.mint(year, device, counter)

    def put(self, tcn: Tcn, stamp: ClockStamp, envelopes: Sequence[tuple[Part, bytes]]) -> None:
        """Make a record durable: when this returns, a power cut cannot take it.

        Raises OutboxRefused on a full disk; the reserve is not for new records.
        """
        try:
            self._watched(lambda: self._insert(tcn, stamp, envelopes))
        except StorageFull:
            raise OutboxRefused("the disk is full; the record was not stored: free some space") from None

    def waiting(self) -> tuple[Item, ...]:
        """Every part that is sealed and not yet on its way, oldest first."""
        return self._items(PartState.SEALED, PartState.SEALED)

    def unheld(self) -> tuple[Item, ...]:
        """Every part that the hub is not known to hold, on its way or not, oldest first."""
        return self._items(PartState.SEALED, PartState.SENDING)

    def envelope(self, item: Item) -> bytes | None:
        """The sealed bytes, or None if there are none to send any more.

        Bytes that have changed on the disk are never sent: the part is quarantined.
        """
        rows = self._file.rows(
            "SELECT state, sealed FROM part LEFT JOIN envelope USING (tcn, part) WHERE tcn = ? AND part = ?",
            (item.tcn, item.part),
        )
        state, sealed = rows[0] if rows else (PartState.HELD, None)
        if state == PartState.HELD:
            return None
        if sealed is None or hashlib.sha256(sealed).digest() != item.digest:
            self.quarantine(item.tcn, item.part, "its sealed bytes were damaged on the disk")
            return None
        return bytes(sealed)

    def sending(self, item: Item) -> bool:
        """SEALED to SENDING."""
        return self._move(item.tcn, item.part, (PartState.SEALED,), PartState.SENDING)

    def stalled(self, item: Item) -> bool:
        """SENDING back to SEALED: overdue."""
        return self._move(item.tcn, item.part, (PartState.SENDING,), PartState.SEALED)

    def unsend_all(self) -> None:
        """Every SENDING back to SEALED: after a start or a lost link."""
        self._small("UPDATE part SET state = 'sealed' WHERE state = ?", (PartState.SENDING,))

    def receipt(self, tcn: Tcn, part: Part, digest: bytes, now: datetime) -> bool:
        """To HELD; the envelope is erased. Only for a verified receipt over this very digest.

        Not synced by itself: after a power cut the hub would only give its receipt again.
        """
        return self._watched(lambda: self._hold_part(tcn, part, digest, now), small=True)

    def answer(self, tcn: Tcn, envelope: bytes, now: datetime) -> bool:
        """Keep a sealed answer; the first one stays. False if this TCN is unknown or answered."""
        done = self._small(
            "UPDATE record SET answer = ?, answered = ? WHERE tcn = ? AND answer IS NULL",
            (envelope, _text(now), tcn),
            lightly=False,
        )
        return done == 1

    def sealed_answer(self, tcn: Tcn) -> bytes | None:
        """The sealed answer, if there is one."""
        rows = self._file.rows("SELECT answer FROM record WHERE tcn = ?", (tcn,))
        return rows[0][0] if rows else None

    def owed(self) -> bool:
        """Whether the hub holds a probe of ours whose answer has not come."""
        query = (
            "SELECT 1 FROM record JOIN part USING (tcn) "
            "WHERE answer IS NULL AND part = 'probe' AND state = 'held' LIMIT 1"
        )
        return bool(self._file.rows(query))

    def knows(self, tcn: Tcn) -> bool:
        """Whether this outbox holds or held the record."""
        return bool(self._file.rows("SELECT 1 FROM record WHERE tcn = ?", (tcn,)))

    def waits(self, tcn: Tcn, part: Part, digest: bytes) -> bool:
        """Whether these very bytes are here and not yet held by the hub."""
        query = "SELECT 1 FROM part WHERE tcn = ? AND part = ? AND digest = ? AND state != 'held'"
        return bool(self._file.rows(query, (tcn, part, digest)))

    def digest(self, tcn: Tcn, part: Part) -> bytes:
        """SHA-256 of a part's envelope, also once that is erased; empty if the part is unknown."""
        rows = self._file.rows("SELECT digest FROM part WHERE tcn = ? AND part = ?", (tcn, part))
        return bytes(rows[0][0]) if rows else b""

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
        self._small("DELETE FROM record WHERE tcn = ?", (tcn,), lightly=False)

    def entries(self) -> Iterator[Entry]:
        """All records, newest first."""
        records = self._file.rows("SELECT tcn, captured, answered FROM record ORDER BY sequence DESC")
        parts: dict[str, list[tuple[Part, PartState, int, str]]] = {}
        rows = self._file.rows("SELECT tcn, part, state, size, reason FROM part ORDER BY part DESC")
        try:
            for tcn, *row in rows:
                parts.setdefault(tcn, []).append((Part(row[0]), PartState(row[1]), row[2], row[3]))
            for tcn, captured, answered in records:
                yield Entry(Tcn(tcn), captured, answered, tuple(parts.get(tcn, ())))
        except ValueError:
            raise StorageFailed(
                "the outbox holds a row that cannot be; stop the kiosk and look at it"
            ) from None

    def _items(self, *states: PartState) -> tuple[Item, ...]:
        rows = self._file.rows(
            "SELECT tcn, part, sequence, size, digest, boot_id, monotonic_ms FROM part JOIN record USING (tcn) "
            "WHERE state IN (?, ?) ORDER BY sequence",
            states,
        )
        return tuple(Item(Tcn(r[0]), Part(r[1]), *r[2:]) for r in rows)

    def _open(self) -> Opened:
        """On a full disk not even a log can be begun: the reserve is for that, too."""
        try:
            return open_safely(self._path, SCHEMA, "outbox", self._ceiling)
        except StorageFailed:
            if not self._reserve.stands or shutil.disk_usage(self._path.parent).free > NEXT_TO_NOTHING:
                raise
            self._reserve.give_up()
        return open_safely(self._path, SCHEMA, "outbox", self._ceiling)

    def _next_number(self, year: int) -> int:
        with self._file.change(lightly=True) as db:
            # This file knows no number, but the other does: the outbox was lost or replaced.
            start = max((self._ceiling.read() or {}).values(), default=0)
            db.execute(
                "INSERT OR IGNORE INTO counter SELECT ?, coalesce(max(last), ?) FROM counter", (year, start)
            )
            db.execute(
                "UPDATE counter SET last = (SELECT max(last) FROM counter) + 1 WHERE year = ?", (year,)
            )
            number = int(db.execute("SELECT last FROM counter WHERE year = ?", (year,)).fetchone()[0])
            self._ceiling.cover(year, number)
        return number

    def _insert(self, tcn: Tcn, stamp: ClockStamp, envelopes: Sequence[tuple[Part, bytes]]) -> None:
        with self._file.change() as db:
            db.execute(
                "INSERT INTO record (tcn, captured, boot_id, monotonic_ms) VALUES (?, ?, ?, ?)",
                (tcn, _text(stamp.wall), stamp.boot_id, stamp.monotonic_ms),
            )
            for part, data in envelopes:
                db.execute(
                    "INSERT INTO part (tcn, part, state, size, digest) VALUES (?, ?, ?, ?, ?)",
                    (tcn, part, PartState.SEALED, len(data), hashlib.sha256(data).digest()),
                )
                db.execute("INSERT INTO envelope VALUES (?, ?, ?)", (tcn, part, data))

    def _hold_part(self, tcn: Tcn, part: Part, digest: bytes, now: datetime) -> bool:
        with self._file.change(lightly=True) as db:
            done = db.execute(
                "UPDATE part SET state = 'held', settled = ?, reason = '' "
                "WHERE tcn = ? AND part = ? AND digest = ? AND state != 'held'",
                (_text(now), tcn, part, digest),
            ).rowcount
            if done:
                db.execute("DELETE FROM envelope WHERE tcn = ? AND part = ?", (tcn, part))
        return bool(done)

    def _move(
        self, tcn: Tcn, part: Part, expected: tuple[PartState, ...], to: PartState, reason: str = ""
    ) -> bool:
        marks = ", ".join("?" * len(expected))
        done = self._small(
            f"UPDATE part SET state = ?, reason = ? WHERE tcn = ? AND part = ? AND state IN ({marks})",
            (to, reason, tcn, part, *expected),
        )
        return done == 1

    def _small(self, statement: str, values: Sequence[object], lightly: bool = True) -> int:
        """A change that frees space or needs next to none: on a full disk the reserve pays for it."""
        return self._watched(lambda: self._file.update(statement, values, lightly), small=True)

    def _watched(self, change: Callable[[], T], small: bool = False) -> T:
        """Carry a change out and note in `trouble` whether the disk took it."""
        try:
            done = self._with_reserve(change) if small else change()
        except StorageFailed as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return done

    def _with_reserve(self, change: Callable[[], T]) -> T:
        try:
            return change()
        except StorageFull:
            if not self._reserve.give_up():
                raise
        log.error("the disk is full; the outbox's reserve is given up until there is room again")
        done = change()
        with contextlib.suppress(StorageFull):
            self._file.fold()
        return done

    def _try_again(self) -> None:
        """A write that changes nothing, to see whether the disk works again."""
        try:
            self._watched(lambda: self._file.update(f"PRAGMA user_version = {LAYOUT}", (), lightly=True))
        except StorageFailed as error:
            raise OutboxRefused(f"nothing can be stored now: {error}") from None

    def _has_room(self) -> bool:
        """Whether the disk has room; the file's own free pages are given back to it if that helps."""
        while shutil.disk_usage(self._path.parent).free < self._free:
            free = int(self._file.rows("PRAGMA freelist_count")[0][0])
            if not free or self._file.give_back(STEP_PAGES) >= free:
                return False
            self._file.fold()
        return True

    def _bring_up_to_date(self) -> None:
        """Layout 1 kept the envelope in the part's row, so that each change of state wrote it again."""
        columns = {row[1] for row in self._file.rows("PRAGMA table_info(part)")}
        if "envelope" in columns:
            with self._file.change() as db:
                db.execute(
                    "INSERT INTO envelope SELECT tcn, part, envelope FROM part WHERE envelope IS NOT NULL"
                )
                db.execute("ALTER TABLE part DROP COLUMN envelope")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
