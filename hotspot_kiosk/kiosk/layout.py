"""How the outbox's tables look, and how those of earlier versions become these. No record is judged here."""

from __future__ import annotations

from hotspot_kiosk.sqlite import SqliteFile

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
LAYOUT = 2


def bring_up_to_date(file: SqliteFile) -> None:
    """Layout 1 kept the envelope in the part's row, so that each change of state wrote it again."""
    columns = {row[1] for row in file.rows("PRAGMA table_info(part)")}
    if "envelope" in columns:
        with file.change() as db:
            db.execute("INSERT INTO envelope SELECT tcn, part, envelope FROM part WHERE envelope IS NOT NULL")
            db.execute("ALTER TABLE part DROP COLUMN envelope")
