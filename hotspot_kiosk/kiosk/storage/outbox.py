"""Sealed records at rest, from the capture to the hub's signed receipt. SQLite, WAL, synced.

A row per record, per part and per envelope; every change of state is one UPDATE guarded by the
expected state. The envelopes cannot be opened here: this file holds no key. Any thread may call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from hotspot_kiosk.errors import OutboxRefused, Refused, StorageFailed, StorageFull
from hotspot_kiosk.kiosk.storage.keeping import Keeping
from hotspot_kiosk.kiosk.storage.numbers import Ceiling
from hotspot_kiosk.kiosk.storage.rescue import UNREADABLE
from hotspot_kiosk.kiosk.storage.reserve import RESERVE
from hotspot_kiosk.kiosk.storage.salvage import Outcome
from hotspot_kiosk.sqlite import Database, SqliteFile
from hotspot_kiosk.terms import ClockStamp, Part, Tcn

UNANSWERED = 4
MOST_OUTDATED = 50
LARGEST_COUNTER = 9_999_999
DAMAGED = "its sealed bytes were damaged on the disk"
GIVEN_UP = "the hub, though it answered others, did not take it; see its log"


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


def remedy(reason: str) -> str:
    """What to do about a part quarantined for this reason."""
    if reason in (DAMAGED, UNREADABLE):
        return "it cannot be sent any more: check the card, tell the bureau its number, then: hotspot outbox erase"
    if reason == GIVEN_UP:
        return "when the hub is in order again: hotspot outbox requeue"
    return "ask the bureau; put right: hotspot outbox requeue, otherwise: hotspot outbox erase"


class Outbox:
    """The outbox in one SQLite file. Every method may raise StorageFailed."""

    def __init__(
        self,
        path: Path,
        most_records: int = 5000,
        free_bytes: int = 64 << 20,
        most_bytes: int = 2 << 30,
        reserve_bytes: int = RESERVE,
    ) -> None:
        self._most = most_records
        self._most_bytes = most_bytes
        self._ceiling = Ceiling(path.with_name(f"{path.name}.numbers"))
        self._keeping = Keeping(path, free_bytes, reserve_bytes, self._ceiling)

    @property
    def trouble(self) -> str:
        """Why the disk does not work now and what to do; empty if it works."""
        return self._keeping.trouble

    @property
    def salvaged(self) -> Outcome | None:
        """What a damaged file led to, if it was damaged."""
        return self._keeping.salvaged

    def close(self) -> None:
        """Give the file back."""
        self._keeping.close()

    def revive(self) -> None:
        """See whether the disk works again; StorageFailed as long as it does not."""
        self._keeping.revive()

    def check_room(self) -> None:
        """Raises OutboxRefused before a capture begins if its record might not fit."""
        self._keeping.check_room()
        records, size = self._keeping.rows(
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

    def mint(self, year: int, device: int) -> Tcn:
        """The next TCN of this device, stored as used before it is returned.

        The counter runs on across years: whatever the clock shows, a later record has a higher one.

        Not synced by itself: `put`, without which nobody has seen the number, syncs it, too.
        """
        counter = self._keeping.change(lambda file: self._next_number(file, year % 100))
        if counter > LARGEST_COUNTER:
            raise OutboxRefused("this device has used up its numbers")
        return Tcn.mint(year, device, counter)

    def put(self, tcn: Tcn, stamp: ClockStamp, envelopes: Sequence[tuple[Part, bytes]]) -> None:
        """Make a record durable: when this returns, a power cut cannot take it.

        Raises OutboxRefused on a full disk; the reserve is not for new records.
        """
        try:
            self._keeping.change(lambda file: _insert(file, tcn, stamp, envelopes))
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
        rows = self._keeping.rows(
            "SELECT state, sealed FROM part LEFT JOIN envelope USING (tcn, part) WHERE tcn = ? AND part = ?",
            (item.tcn, item.part),
        )
        state, sealed = rows[0] if rows else (PartState.HELD, None)
        if state == PartState.HELD:
            return None
        if sealed is None or hashlib.sha256(sealed).digest() != item.digest:
            self.quarantine(item.tcn, item.part, DAMAGED)
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
        self._keeping.small("UPDATE part SET state = 'sealed' WHERE state = ?", (PartState.SENDING,))

    def receipt(self, tcn: Tcn, part: Part, digest: bytes, now: datetime | None) -> bool:
        """To HELD; the envelope is erased. Only for a verified receipt over this very digest.

        `now` is None while the clock is not trusted: retention begins when it is.
        Not synced by itself: after a power cut the hub would only give its receipt again.
        """
        return self._keeping.change(lambda file: _hold_part(file, tcn, part, digest, now), small=True)

    def answer(self, tcn: Tcn, envelope: bytes, now: datetime, probe: bytes = b"") -> bool:
        """Keep a sealed answer; the first one stays. False if this TCN is unknown or answered.

        `probe`: the digest of the probe that this answer proves to be held, which is noted with it.
        """
        return self._keeping.change(lambda file: _keep_answer(file, tcn, envelope, now, probe), small=True)

    def supersede(self, tcn: Tcn, before: bytes, envelope: bytes, now: datetime) -> bool:
        """Put a later answer in the place of these very bytes; False if something else is there by now."""
        statement = "UPDATE record SET answer = ?, answered = ? WHERE tcn = ? AND answer = ?"
        return self._keeping.small(statement, (envelope, _text(now), tcn, before), lightly=False) == 1

    def sealed_answer(self, tcn: Tcn) -> bytes | None:
        """The sealed answer, if there is one."""
        rows = self._keeping.rows("SELECT answer FROM record WHERE tcn = ?", (tcn,))
        return rows[0][0] if rows else None

    def owed(self) -> bool:
        """Whether the hub holds a probe of ours whose answer has not come."""
        query = (
            "SELECT 1 FROM record JOIN part USING (tcn) "
            "WHERE answer IS NULL AND part = 'probe' AND state = 'held' LIMIT 1"
        )
        return bool(self._keeping.rows(query))

    def knows(self, tcn: Tcn) -> bool:
        """Whether this outbox holds or held the record."""
        return bool(self._keeping.rows("SELECT 1 FROM record WHERE tcn = ?", (tcn,)))

    def waits(self, tcn: Tcn, part: Part, digest: bytes) -> bool:
        """Whether these very bytes are here and not yet held by the hub."""
        query = "SELECT 1 FROM part WHERE tcn = ? AND part = ? AND digest = ? AND state != 'held'"
        return bool(self._keeping.rows(query, (tcn, part, digest)))

    def digest(self, tcn: Tcn, part: Part) -> bytes:
        """SHA-256 of a part's envelope, also once that is erased; empty if the part is unknown."""
        rows = self._keeping.rows("SELECT digest FROM part WHERE tcn = ? AND part = ?", (tcn, part))
        return bytes(rows[0][0]) if rows else b""

    def quarantine(self, tcn: Tcn, part: Part, reason: str) -> bool:
        """SEALED or SENDING to QUARANTINED: kept, visible, in nobody's way."""
        return self._move(tcn, part, (PartState.SEALED, PartState.SENDING), PartState.QUARANTINED, reason)

    def quarantined(self) -> dict[tuple[Tcn, Part], str]:
        """Every quarantined part and why."""
        rows = self._keeping.rows("SELECT tcn, part, reason FROM part WHERE state = 'quarantined'")
        return {(Tcn(tcn), Part(part)): reason for tcn, part, reason in rows}

    def requeue(self, tcn: Tcn) -> int:
        """QUARANTINED back to SEALED, by an operator; returns how many parts."""
        return sum(self._move(tcn, part, (PartState.QUARANTINED,), PartState.SEALED) for part in Part)

    def erase(self, tcn: Tcn) -> None:
        """Remove a record. Refused while a part still waits to be sent."""
        rows = self._keeping.rows("SELECT state FROM part WHERE tcn = ?", (tcn,))
        if not rows:
            raise Refused(f"there is no record {tcn}")
        if any(state in (PartState.SEALED, PartState.SENDING) for (state,) in rows):
            raise Refused(f"record {tcn} still waits to be sent; only held or quarantined records are erased")
        self._keeping.small("DELETE FROM record WHERE tcn = ?", (tcn,), lightly=False)

    def outdated(self, now: datetime, keep: timedelta) -> tuple[Tcn, ...]:
        """Records that the hub holds and whose retention is over, some at a time; `now` must be trusted.

        It counts from the last receipt, or the answer if that came later. A record whose answer is
        still owed stays UNANSWERED times as long, for an answer is taken only to a record known here.
        """
        self._keeping.small(
            "UPDATE part SET settled = ? WHERE state = 'held' AND settled IS NULL", (_text(now),)
        )
        rows = self._keeping.rows(
            "SELECT tcn FROM record JOIN part USING (tcn) GROUP BY sequence "
            "HAVING min(state = 'held') AND max(settled) < :kept "
            "AND (answered IS NULL OR answered < :kept OR answered > :now) "
            "AND (answer IS NOT NULL OR max(settled) < :unanswered) ORDER BY sequence LIMIT :most",
            {
                "now": _text(now),
                "kept": _text(now - keep),
                "unanswered": _text(now - UNANSWERED * keep),
                "most": MOST_OUTDATED,
            },
        )
        return tuple(Tcn(tcn) for (tcn,) in rows)

    def entries(self) -> Iterator[Entry]:
        """All records, newest first."""
        records = self._keeping.rows("SELECT tcn, captured, answered FROM record ORDER BY sequence DESC")
        parts: dict[str, list[tuple[Part, PartState, int, str]]] = {}
        rows = self._keeping.rows("SELECT tcn, part, state, size, reason FROM part ORDER BY part DESC")
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
        rows = self._keeping.rows(
            "SELECT tcn, part, sequence, size, digest, boot_id, monotonic_ms "
            "FROM part CROSS JOIN record USING (tcn) "
            "WHERE state IN (?, ?) ORDER BY sequence",
            states,
        )
        return tuple(Item(Tcn(r[0]), Part(r[1]), *r[2:]) for r in rows)

    def _next_number(self, file: SqliteFile, year: int) -> int:
        with file.change(lightly=True) as db:
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

    def _move(
        self, tcn: Tcn, part: Part, expected: tuple[PartState, ...], to: PartState, reason: str = ""
    ) -> bool:
        marks = ", ".join("?" * len(expected))
        done = self._keeping.small(
            f"UPDATE part SET state = ?, reason = ? WHERE tcn = ? AND part = ? AND state IN ({marks})",
            (to, reason, tcn, part, *expected),
        )
        return done == 1


def _insert(file: SqliteFile, tcn: Tcn, stamp: ClockStamp, envelopes: Sequence[tuple[Part, bytes]]) -> None:
    with file.change() as db:
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


def _hold_part(file: SqliteFile, tcn: Tcn, part: Part, digest: bytes, now: datetime | None) -> bool:
    with file.change(lightly=True) as db:
        return _settle(db, tcn, part, digest, now)


def _keep_answer(file: SqliteFile, tcn: Tcn, envelope: bytes, now: datetime, probe: bytes) -> bool:
    with file.change() as db:
        done = db.execute(
            "UPDATE record SET answer = ?, answered = ? WHERE tcn = ? AND answer IS NULL",
            (envelope, _text(now), tcn),
        ).rowcount
        if probe:
            _settle(db, tcn, Part.PROBE, probe, None)
    return bool(done)


def _settle(db: Database, tcn: Tcn, part: Part, digest: bytes, now: datetime | None) -> bool:
    done = db.execute(
        "UPDATE part SET state = 'held', settled = ?, reason = '' "
        "WHERE tcn = ? AND part = ? AND digest = ? AND state != 'held'",
        (None if now is None else _text(now), tcn, part, digest),
    ).rowcount
    if done:
        db.execute("DELETE FROM envelope WHERE tcn = ? AND part = ?", (tcn, part))
    return bool(done)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
