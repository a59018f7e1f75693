"""How the outbox's tables look, and how those of earlier versions become these. No record is judged here."""

from __future__ import annotations

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.sqlite import SqliteFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (year INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY, tcn TEXT NOT NULL UNIQUE, captured TEXT NOT NULL,
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
"""
LAYOUT = 3


def bring_up_to_date(file: SqliteFile) -> None:
    """Raises StorageFailed for a file that is no outbox.

    Layout 1 kept the envelope in the part's row, so that each change of state wrote it again.
    Layout 2 had an index of states, which cost writing at every change and shortened no search.
    """
    columns = {row[1] for row in file.rows("PRAGMA table_info(part)")}
    if not columns >= {"tcn", "part", "state", "size", "digest", "settled", "reason"}:
        raise StorageFailed("the outbox's file holds tables of another program; name another path")
    if "envelope" in columns:
        with file.change() as db:
            db.execute("INSERT INTO envelope SELECT tcn, part, envelope FROM part WHERE envelope IS NOT NULL")
            db.execute("ALTER TABLE part DROP COLUMN envelope")
    if file.rows("SELECT 1 FROM sqlite_master WHERE name = 'part_state'"):
        file.update("DROP INDEX part_state", ())
