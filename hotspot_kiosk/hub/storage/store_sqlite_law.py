"""What the law asks of the embedded storage: records' keys in a file of their own, counts, anchors.

Keys lie apart so that they can be destroyed for good, and kept out of backups that outlive them. A
key that was taken away is gone from this file and its log once `sweep` has returned; what a disk's
own electronics keep of overwritten blocks is nothing that software can promise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from hotspot_kiosk.audit_chain import Anchor
from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.hub.storage import store_sqlite_care as care
from hotspot_kiosk.hub.storage import store_sqlite_register as register
from hotspot_kiosk.hub.storage.store import Noted, as_text
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.terms import Tcn

SCHEMA = """
CREATE TABLE IF NOT EXISTS data_key (tcn TEXT PRIMARY KEY, key BLOB, made TEXT NOT NULL, note TEXT) STRICT;
CREATE TABLE IF NOT EXISTS identity (only INTEGER PRIMARY KEY CHECK (only = 1), number TEXT NOT NULL) STRICT;
INSERT OR IGNORE INTO identity VALUES (1, lower(hex(randomblob(16))));
"""


def keys_beside(path: Path) -> Path:
    """Where the keys of a hub's file lie."""
    return path.with_name(f"{path.name}.keys")


def open_keys(database: Path) -> Keys:
    """The file of keys beside the hub's. Raises StorageFailed, also if it was there once and is gone."""
    path = keys_beside(database)
    mark = path.with_name(f"{path.name}.mark")
    care.check_there(path, mark)
    with care.remedy():
        file = SqliteFile(path, SCHEMA, "hub's record keys")
        care.check_same(file, path, mark)
        file.rows("PRAGMA secure_delete = ON")
        file.rows("PRAGMA temp_store = MEMORY")
    return Keys(file)


class Keys:
    """One key a record."""

    def __init__(self, file: SqliteFile) -> None:
        self.file = file

    def key(self, tcn: Tcn, fresh: bytes, now: datetime) -> bytes:
        """See the port."""
        query = "SELECT key FROM data_key WHERE tcn = ? AND key IS NOT NULL"
        rows = self.file.rows(query, (tcn,))
        if rows:
            return bytes(rows[0][0])
        with self.file.change() as db:
            db.execute(
                "INSERT INTO data_key VALUES (?, ?, ?, NULL) "
                "ON CONFLICT DO UPDATE SET key = coalesce(key, excluded.key)",
                (tcn, fresh, as_text(now)),
            )
            return bytes(db.execute(query, (tcn,)).fetchone()[0])

    def held(self) -> Sequence[tuple[Tcn, datetime]]:
        """See the port."""
        rows = self.file.rows("SELECT tcn, made FROM data_key WHERE key IS NOT NULL ORDER BY made, tcn")
        return [(Tcn(tcn), datetime.fromisoformat(made)) for tcn, made in rows]

    def destroy(self, tcn: Tcn, note: str) -> None:
        """See the port."""
        self.file.update("UPDATE data_key SET key = NULL, note = ? WHERE tcn = ?", (note, tcn))

    def sweep(self) -> None:
        """See the port. The file is written anew without the keys, the log cut to nothing."""
        self.file.rows("VACUUM")
        busy = self.file.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
        if busy:
            raise StorageFailed("destroyed keys are not swept out: another program reads them; purge again")

    def owed(self) -> Sequence[tuple[Tcn, str]]:
        """See the port."""
        rows = self.file.rows("SELECT tcn, note FROM data_key WHERE note IS NOT NULL ORDER BY tcn")
        return [(Tcn(tcn), note) for tcn, note in rows]

    def noted(self, tcn: Tcn) -> None:
        """See the port."""
        self.file.update("UPDATE data_key SET note = NULL WHERE tcn = ?", (tcn,))


class Tally:
    """Counts, and the end of a record."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def close(self, tcn: Tcn, event: tuple[str, bytes], counts: Mapping[str, int], now: datetime) -> bool:
        """See the port."""
        here, at = (tcn.device, tcn), as_text(now)
        with self._file.change() as db:
            first = db.execute("INSERT OR IGNORE INTO purged VALUES (?, ?)", (tcn, at)).rowcount == 1
            db.execute("UPDATE inbox SET envelope = x'' WHERE device = ? AND tcn = ?", here)
            db.execute("DELETE FROM owed WHERE device = ? AND tcn = ?", here)
            db.execute("DELETE FROM assembly WHERE device = ? AND tcn = ?", here)
            db.execute(
                "UPDATE answer SET envelope = NULL, acknowledged = coalesce(acknowledged, ?) WHERE tcn = ?",
                (at, tcn),
            )
            register.drop(db, tcn)
            db.execute("DELETE FROM case_event WHERE tcn = ?", (tcn,))
            db.execute("INSERT OR REPLACE INTO case_file VALUES (?, 1, NULL)", (tcn,))
            db.execute("INSERT INTO case_event VALUES (?, ?, 1, ?)", (tcn, *event))
            for name, times in counts.items() if first else ():
                db.execute(
                    "INSERT INTO tally VALUES (?, ?) ON CONFLICT DO UPDATE SET times = times + excluded.times",
                    (name, times),
                )
        return first

    def counts(self) -> Mapping[str, int]:
        """See the port."""
        return dict(self._file.rows("SELECT name, times FROM tally"))


class Anchors:
    """Kiosks' journals, as far as they were seen."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def note(self, anchor: Anchor, minors: int, now: datetime) -> Noted:
        """See the port."""
        place = (anchor.owner, anchor.number)
        with self._file.change() as db:
            held = db.execute("SELECT digest FROM anchor WHERE device = ? AND number = ?", place).fetchone()
            if held is not None:
                return Noted.KNOWN if held[0] == anchor.digest else Noted.OTHER
            last = db.execute("SELECT max(number) FROM anchor WHERE device = ?", place[:1]).fetchone()[0]
            if last is not None and anchor.number < last:
                return Noted.BACK
            db.execute(
                "INSERT INTO anchor VALUES (?, ?, ?, ?, ?)", (*place, anchor.digest, minors, as_text(now))
            )
        return Noted.NEW

    def anchors(self, device: int | None = None) -> Sequence[tuple[Anchor, int, datetime]]:
        """See the port."""
        rows = self._file.rows(
            "SELECT device, number, digest, minors, at FROM anchor WHERE ?1 IS NULL OR device = ?1 "
            "ORDER BY device, number",
            (device,),
        )
        return [(Anchor(*row[:3]), int(row[3]), datetime.fromisoformat(row[4])) for row in rows]
