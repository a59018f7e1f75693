"""A hub's SQLite file of an earlier version of this software: brought up to date, or left alone with a reason."""

from __future__ import annotations

from pathlib import Path

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.terms import Realm

VERSION = 2  # of a file that no later software has changed; 0: of the time before files said so
# Columns that tables of earlier versions may lack.
ADDED = {
    "assembly": "since TEXT NOT NULL DEFAULT ''",
    "answer": "edition INTEGER NOT NULL DEFAULT 1",
    "gallery": "source TEXT NOT NULL DEFAULT ''",
}


def check_version(path: Path, realm: Realm = Realm.REAL) -> None:
    """Leave the file of a later version alone. Raises StorageFailed."""
    if not path.exists() or not path.stat().st_size:
        return
    file = SqliteFile(path, "", "hub's database", realm=realm)
    version = _version(file)
    file.close()
    if version > VERSION:
        raise StorageFailed(
            f"the hub's database {path} was made by a later version of this software: its tables are of version "
            f"{version}, this software's of {VERSION}; install the later version again"
        )


def bring_up_to_date(file: SqliteFile) -> None:
    """Add what older tables lack, once; what they hold stays."""
    if _version(file) == VERSION:
        return
    with file.change() as db:
        for table, column in ADDED.items():
            known = {row[1] for row in db.execute(f"PRAGMA table_info({table})").fetchall()}
            if column.partition(" ")[0] not in known:
                db.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
        db.execute(f"PRAGMA user_version = {VERSION}")


def check_keys(file: SqliteFile, keys: Path) -> None:
    """Make no new keys where records are held already: none would open. Raises StorageFailed.

    So it is with a file of the time before records had keys of their own, and one restored without its keys.
    """
    mark = keys.with_name(f"{keys.name}.mark")
    if keys.exists() or mark.exists() or not file.rows("SELECT 1 FROM inbox WHERE envelope != x'' LIMIT 1"):
        return
    file.close()
    raise StorageFailed(
        f"the hub's database holds records, but {keys.name} beside it is missing: restore its newest copy. If this "
        "database is of the time before records had keys of their own, keep it for the software that made it, "
        "and name another file in [store] path: this hub begins with that"
    )


def _version(file: SqliteFile) -> int:
    return int(file.rows("PRAGMA user_version")[0][0])
