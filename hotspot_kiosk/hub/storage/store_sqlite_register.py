"""National galleries in the embedded storage: which encounter's samples stand where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hotspot_kiosk.hub.storage.store import Held, as_text
from hotspot_kiosk.sqlite import Database, SqliteFile
from hotspot_kiosk.terms import Tcn

SCHEMA = """
CREATE TABLE IF NOT EXISTS enrolled (
    tcn TEXT PRIMARY KEY, gallery TEXT NOT NULL, identity TEXT NOT NULL, edition INTEGER NOT NULL,
    at TEXT NOT NULL, templates BLOB NOT NULL, UNIQUE (gallery, identity, edition)
) STRICT;
CREATE TABLE IF NOT EXISTS enrolled_version (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER) STRICT;
INSERT OR IGNORE INTO enrolled_version VALUES (1, 0);
"""
ROW = "SELECT tcn, gallery, identity, edition, at FROM enrolled"


class Register:
    """The galleries."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def put(
        self, tcn: Tcn, gallery: str, identity: Tcn, templates: bytes, now: datetime, seen: int | None = None
    ) -> Held | None:
        """See the port."""
        with self._file.change() as db:
            rows = db.execute(f"{ROW} WHERE tcn = ?", (tcn,)).fetchall()
            if rows:
                return _held(rows[0])
            if seen is not None and seen != _version(db):
                return None
            last = db.execute(
                "SELECT coalesce(max(edition), 0) FROM enrolled WHERE gallery = ? AND identity = ?",
                (gallery, identity),
            ).fetchone()[0]
            row = (tcn, gallery, identity, last + 1, as_text(now))
            db.execute("INSERT INTO enrolled VALUES (?, ?, ?, ?, ?, ?)", (*row, templates))
            db.execute("UPDATE enrolled_version SET version = version + 1")
        return _held(row)

    def find(self, tcn: Tcn) -> Held | None:
        """See the port."""
        rows = self._file.rows(f"{ROW} WHERE tcn = ?", (tcn,))
        return _held(rows[0]) if rows else None

    def held(self, gallery: str) -> Sequence[Held]:
        """See the port."""
        query = f"{ROW} WHERE gallery = ? ORDER BY identity, edition"
        return [_held(row) for row in self._file.rows(query, (gallery,))]

    def templates(self, tcn: Tcn) -> bytes | None:
        """See the port."""
        rows = self._file.rows("SELECT templates FROM enrolled WHERE tcn = ?", (tcn,))
        return bytes(rows[0][0]) if rows else None

    def galleries(self) -> Sequence[str]:
        """See the port."""
        return [name for (name,) in self._file.rows("SELECT DISTINCT gallery FROM enrolled ORDER BY gallery")]

    def version(self) -> int:
        """See the port."""
        return int(self._file.rows("SELECT version FROM enrolled_version")[0][0])


def drop(db: Database, tcn: Tcn) -> None:
    """Take an encounter's samples away, within the caller's transaction."""
    done = db.execute("DELETE FROM enrolled WHERE tcn = ?", (tcn,)).rowcount
    db.execute("UPDATE enrolled_version SET version = version + ?", (done,))


def _version(db: Database) -> int:
    return int(db.execute("SELECT version FROM enrolled_version").fetchone()[0])


def _held(row: Sequence[object]) -> Held:
    tcn, gallery, identity, edition, at = row
    return Held(Tcn(str(tcn)), str(gallery), Tcn(str(identity)), int(str(edition)), str(at))
