"""Pieces of envelopes that are not whole yet, in the hub's SQLite file."""

from __future__ import annotations

from datetime import datetime, timedelta

from hotspot_kiosk.hub.storage.store import PartKey, as_text, gaps, join
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.wire import Range

KEY = "device = ? AND tcn = ? AND part = ?"


class Chunks:
    """Pieces of envelopes."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, key: PartKey, size: int, offset: int, data: bytes) -> tuple[Range, ...] | None:
        """See the port. A power cut may take pieces; they are then missing, and asked for."""
        with self._file.change(lightly=True) as db:
            db.execute(f"DELETE FROM assembly WHERE {KEY} AND size != ?", (*key, size))
            open_here = db.execute(
                f"INSERT INTO assembly (device, tcn, part, size, received) SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE {KEY}) "
                "ON CONFLICT DO UPDATE SET received = received + excluded.received",
                (*key, size, len(data), *key),
            ).rowcount
            if open_here:
                db.execute(
                    "INSERT OR IGNORE INTO piece VALUES (?, ?, ?, ?, ?, ?)",
                    (*key, offset, offset + len(data), data),
                )
        return self.missing(key, size) if open_here else None

    def missing(self, key: PartKey, size: int) -> tuple[Range, ...]:
        """See the port."""
        pieces = self._file.rows(
            f"SELECT start, stop FROM piece JOIN assembly USING (device, tcn, part) "
            f"WHERE {KEY} AND size = ? ORDER BY start",
            (*key, size),
        )
        return gaps(pieces, size)

    def whole(self, key: PartKey) -> bytes:
        """See the port."""
        return join(self._file.rows(f"SELECT start, data FROM piece WHERE {KEY} ORDER BY start", key))

    def forget(self, key: PartKey) -> None:
        """See the port."""
        self._file.update(f"DELETE FROM assembly WHERE {KEY}", key)

    def bound(self, key: PartKey, most: int) -> int:
        """See the port."""
        total = "(SELECT coalesce(sum(received), 0) FROM assembly WHERE device = ?1) > ?4"
        this = "(tcn = ?2 AND part = ?3)"
        statement = f"DELETE FROM assembly WHERE device = ?1 AND {total} AND (NOT {this} OR received > ?4)"
        return self._file.update(statement, (key.device, key.tcn, key.part, most), lightly=True)

    def outdated(self, now: datetime, age: timedelta) -> int:
        """See the port."""
        with self._file.change(lightly=True) as db:
            done = db.execute(
                "DELETE FROM assembly WHERE since != '' AND since < ?", (as_text(now - age),)
            ).rowcount
            db.execute("UPDATE assembly SET since = ? WHERE since = ''", (as_text(now),))
        return int(done)

    def spoiled(self, key: PartKey) -> int:
        """See the port."""
        with self._file.change() as db:
            db.execute(
                "INSERT INTO spoiled VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1", key
            )
            return int(db.execute(f"SELECT times FROM spoiled WHERE {KEY}", key).fetchone()[0])
