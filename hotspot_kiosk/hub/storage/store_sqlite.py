"""The hub's embedded storage: one SQLite file, for a hub of one process (`store_postgres` is for more)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from hotspot_kiosk.hub.storage import store_sqlite_care as care
from hotspot_kiosk.hub.storage import store_sqlite_law as law
from hotspot_kiosk.hub.storage import store_sqlite_pieces as pieces
from hotspot_kiosk.hub.storage import store_sqlite_register as register
from hotspot_kiosk.hub.storage import store_sqlite_versions as versions
from hotspot_kiosk.hub.storage.store import (
    Committed,
    GalleryEntry,
    InboxEntry,
    PartKey,
    Store,
    as_key,
    as_text,
)
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.terms import Part, Realm, Tcn

SCHEMA = """
CREATE TABLE IF NOT EXISTS assembly (
    device INTEGER, tcn TEXT, part TEXT, size INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0,
    since TEXT NOT NULL DEFAULT '', PRIMARY KEY (device, tcn, part)
) STRICT;
CREATE TABLE IF NOT EXISTS piece (
    device INTEGER, tcn TEXT, part TEXT, start INTEGER, stop INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (device, tcn, part, start),
    FOREIGN KEY (device, tcn, part) REFERENCES assembly (device, tcn, part) ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS spoiled (
    device INTEGER, tcn TEXT, part TEXT, times INTEGER NOT NULL, PRIMARY KEY (device, tcn, part)
) STRICT;
CREATE TABLE IF NOT EXISTS inbox (
    device INTEGER, tcn TEXT, part TEXT, committed TEXT NOT NULL, digest BLOB NOT NULL,
    envelope BLOB NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (device, tcn, part)
) STRICT;
CREATE TABLE IF NOT EXISTS owed (
    device INTEGER, tcn TEXT, committed TEXT NOT NULL, PRIMARY KEY (device, tcn)
) STRICT;
CREATE TABLE IF NOT EXISTS answer (
    device INTEGER, tcn TEXT, made TEXT NOT NULL, envelope BLOB, acknowledged TEXT,
    edition INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (device, tcn)
) STRICT;
CREATE TABLE IF NOT EXISTS gallery (
    reference TEXT PRIMARY KEY, enrolled TEXT NOT NULL, templates BLOB NOT NULL, source TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS portrait (reference TEXT PRIMARY KEY, picture BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS gallery_version (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER) STRICT;
INSERT OR IGNORE INTO gallery_version VALUES (1, 0);
CREATE TABLE IF NOT EXISTS case_file (tcn TEXT PRIMARY KEY, events INTEGER NOT NULL, due TEXT) STRICT;
CREATE TABLE IF NOT EXISTS case_event (
    tcn TEXT, name TEXT, number INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (tcn, name)
) STRICT;
CREATE INDEX IF NOT EXISTS answer_tcn ON answer (tcn);
CREATE TABLE IF NOT EXISTS purged (tcn TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, times INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS anchor (
    device INTEGER, number INTEGER, digest TEXT NOT NULL, minors INTEGER NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (device, number)
) STRICT;
CREATE TABLE IF NOT EXISTS errand (
    tcn TEXT, partner TEXT, since TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tcn, partner)
) STRICT;
CREATE INDEX IF NOT EXISTS errand_open ON errand (partner, since) WHERE done = 0;
CREATE TABLE IF NOT EXISTS identity (only INTEGER PRIMARY KEY CHECK (only = 1), number TEXT NOT NULL) STRICT;
INSERT OR IGNORE INTO identity VALUES (1, lower(hex(randomblob(16))));
"""
KEY = "device = ? AND tcn = ? AND part = ?"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The database file; real or for training, which the hub's own config says and not this table."""

    path: Path
    realm: Realm = Realm.REAL


def build(options: Options) -> Store:
    """Open the file and give each port its view of it. Raises StorageFailed.

    A file that was there once and is gone, empty or another one is not made anew: `store_sqlite_care` says why.
    """
    mark = options.path.with_name(f"{options.path.name}.mark")
    care.check_there(options.path, mark)
    with care.remedy():
        versions.check_version(options.path, options.realm)
        file = SqliteFile(options.path, SCHEMA + register.SCHEMA, "hub's database", realm=options.realm)
        care.check_same(file, options.path, mark)
        versions.bring_up_to_date(file)
        versions.check_keys(file, law.keys_beside(options.path))
    keys = law.open_keys(options.path)
    return Store(
        chunks=pieces.Chunks(file),
        inbox=Inbox(file),
        answers=Answers(file),
        gallery=Gallery(file),
        register=register.Register(file),
        cases=Cases(file),
        errands=Errands(file),
        keys=keys,
        tally=law.Tally(file),
        anchors=law.Anchors(file),
        close=lambda: _close(file, keys),
        check=lambda: _check(file, keys),
        backup=lambda to: _backup(file, keys, to),
        shared=False,
    )


def _close(file: SqliteFile, keys: law.Keys) -> None:
    file.close()
    keys.file.close()


def _check(file: SqliteFile, keys: law.Keys) -> None:
    care.check(file)
    care.check(keys.file)


def _backup(file: SqliteFile, keys: law.Keys, to: Path) -> None:
    """The keys last: whatever the copy holds, its key is there."""
    care.backup(file, to)
    care.backup(keys.file, law.keys_beside(to))


class Inbox:
    """Parts held."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def commit(self, key: PartKey, envelope: bytes, now: datetime, digest: bytes = b"") -> Committed:
        """See the port."""
        digest = digest or hashlib.sha256(envelope).digest()
        with self._file.change() as db:
            done = db.execute(
                "INSERT OR IGNORE INTO inbox SELECT ?, ?, ?, ?, ?, ?, "
                f"coalesce((SELECT received FROM assembly WHERE {KEY}), ?)",
                (*key, as_text(now), digest, envelope, *key, len(envelope)),
            ).rowcount
            held = db.execute(f"SELECT digest FROM inbox WHERE {KEY}", key).fetchone()[0]
            if done and key.part is Part.PROBE:
                db.execute("INSERT INTO owed VALUES (?, ?, ?)", (key.device, key.tcn, as_text(now)))
            db.execute(f"DELETE FROM assembly WHERE {KEY}", key)
            db.execute(f"DELETE FROM spoiled WHERE {KEY}", key)
        if done:
            return Committed.NEW
        return Committed.AGAIN if held == digest else Committed.CONFLICT

    def digest(self, key: PartKey) -> bytes | None:
        """See the port."""
        rows = self._file.rows(f"SELECT digest FROM inbox WHERE {KEY}", key)
        return rows[0][0] if rows else None

    def envelope(self, key: PartKey) -> bytes | None:
        """See the port."""
        rows = self._file.rows(f"SELECT envelope FROM inbox WHERE {KEY}", key)
        return rows[0][0] if rows else None

    def owes(self, key: PartKey) -> bool:
        """See the port."""
        rows = self._file.rows("SELECT 1 FROM owed WHERE device = ? AND tcn = ?", (key.device, key.tcn))
        return key.part is Part.PROBE and bool(rows)

    def unanswered(self) -> Sequence[PartKey]:
        """See the port."""
        rows = self._file.rows("SELECT device, tcn FROM owed ORDER BY device, substr(tcn, 8), tcn", ())
        return [as_key(device, tcn, Part.PROBE) for device, tcn in rows]

    def entries(self) -> Sequence[InboxEntry]:
        """See the port."""
        rows = self._file.rows(
            "SELECT device, tcn, part, committed, length(inbox.envelope), received, made "
            "FROM inbox LEFT JOIN answer USING (device, tcn) "
            "ORDER BY device, substr(tcn, 8) DESC, tcn, part DESC"
        )
        return [InboxEntry(as_key(*row[:3]), *row[3:]) for row in rows]


class Answers:
    """Answers on their way."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def put(self, device: int, tcn: Tcn, envelope: bytes, now: datetime, edition: int = 1) -> bool:
        """See the port."""
        with self._file.change() as db:
            done = db.execute(
                "INSERT INTO answer (device, tcn, made, envelope, edition) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET made = excluded.made, envelope = excluded.envelope, "
                "acknowledged = NULL, edition = excluded.edition WHERE edition < excluded.edition",
                (device, tcn, as_text(now), envelope, edition),
            ).rowcount
            db.execute("DELETE FROM owed WHERE device = ? AND tcn = ?", (device, tcn))
        return bool(done)

    def edition(self, device: int, tcn: Tcn) -> int:
        """See the port."""
        rows = self._file.rows("SELECT edition FROM answer WHERE device = ? AND tcn = ?", (device, tcn))
        return int(rows[0][0]) if rows else 0

    def get(self, device: int, tcn: Tcn) -> bytes | None:
        """See the port."""
        rows = self._file.rows("SELECT envelope FROM answer WHERE device = ? AND tcn = ?", (device, tcn))
        return rows[0][0] if rows else None

    def waiting(self, device: int) -> Sequence[tuple[Tcn, bytes]]:
        """See the port."""
        rows = self._file.rows(
            "SELECT tcn, envelope FROM answer WHERE device = ? AND acknowledged IS NULL "
            "ORDER BY substr(tcn, 8), tcn",
            (device,),
        )
        return [(Tcn(tcn), envelope) for tcn, envelope in rows]

    def acknowledge(self, device: int, tcn: Tcn, now: datetime, edition: int = 1) -> bool:
        """See the port."""
        statement = (
            "UPDATE answer SET acknowledged = ?, envelope = NULL "
            "WHERE device = ? AND tcn = ? AND acknowledged IS NULL AND edition <= ?"
        )
        return self._file.update(statement, (as_text(now), device, tcn, edition)) == 1


class Gallery:
    """References."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def put(self, entry: GalleryEntry) -> bool:
        """See the port."""
        with self._file.change() as db:
            row = (entry.reference, entry.enrolled, entry.templates, entry.source)
            done = db.execute("INSERT OR IGNORE INTO gallery VALUES (?, ?, ?, ?)", row).rowcount
            db.execute("UPDATE gallery_version SET version = version + ?", (done,))
            if done and entry.portrait:
                db.execute("INSERT INTO portrait VALUES (?, ?)", (entry.reference, entry.portrait))
        return bool(done)

    def erase(self, reference: str) -> bool:
        """See the port."""
        with self._file.change() as db:
            done = db.execute("DELETE FROM gallery WHERE reference = ?", (reference,)).rowcount
            db.execute("DELETE FROM portrait WHERE reference = ?", (reference,))
            db.execute("UPDATE gallery_version SET version = version + ?", (done,))
        return bool(done)

    def entries(self) -> Sequence[GalleryEntry]:
        """See the port."""
        rows = self._file.rows(
            "SELECT reference, enrolled, templates, source FROM gallery ORDER BY reference"
        )
        return [GalleryEntry(*row) for row in rows]

    def portrait(self, reference: str) -> bytes:
        """See the port."""
        rows = self._file.rows("SELECT picture FROM portrait WHERE reference = ?", (reference,))
        return bytes(rows[0][0]) if rows else b""

    def version(self) -> int:
        """See the port."""
        return int(self._file.rows("SELECT version FROM gallery_version")[0][0])


class Cases:
    """Events of cases."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(
        self,
        tcn: Tcn,
        events: Sequence[tuple[str, bytes]],
        due: datetime | None,
        after: int | None = None,
        *,
        lightly: bool = False,
    ) -> tuple[bool, ...]:
        """See the port."""
        with self._file.change(lightly) as db:
            db.execute("INSERT OR IGNORE INTO case_file VALUES (?, 0, NULL)", (tcn,))
            before = int(db.execute("SELECT events FROM case_file WHERE tcn = ?", (tcn,)).fetchone()[0])
            new: list[int] = []
            for name, body in events:
                row = (tcn, name, before + sum(new) + 1, body)
                new.append(db.execute("INSERT OR IGNORE INTO case_event VALUES (?, ?, ?, ?)", row).rowcount)
            db.execute("UPDATE case_file SET events = ? WHERE tcn = ?", (before + sum(new), tcn))
            if after == before or (after is None and any(new)):
                wanted = None if due is None else as_text(due)
                db.execute("UPDATE case_file SET due = ? WHERE tcn = ?", (wanted, tcn))
        return tuple(map(bool, new))

    def events(self, tcn: Tcn) -> Sequence[bytes]:
        """See the port."""
        rows = self._file.rows("SELECT body FROM case_event WHERE tcn = ? ORDER BY number", (tcn,))
        return [body for (body,) in rows]

    def cases(self) -> Sequence[Tcn]:
        """See the port."""
        rows = self._file.rows(
            "SELECT tcn FROM case_file ORDER BY substr(tcn, 3, 5), substr(tcn, 8) DESC, tcn"
        )
        return [Tcn(tcn) for (tcn,) in rows]

    def due(self, now: datetime) -> Sequence[Tcn]:
        """See the port."""
        rows = self._file.rows("SELECT tcn FROM case_file WHERE due <= ? ORDER BY due, tcn", (as_text(now),))
        return [Tcn(tcn) for (tcn,) in rows]


class Errands:
    """What is still to be sent to whom."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def put(self, tcn: Tcn, partner: str, now: datetime) -> bool:
        """See the port. Synced with the answer that is put next; until then the probe is owed one."""
        row = (tcn, partner, as_text(now))
        return bool(self._file.update("INSERT OR IGNORE INTO errand VALUES (?, ?, ?, 0)", row, lightly=True))

    def due(self, partner: str, most: int, *, newest: bool = False) -> Sequence[Tcn]:
        """See the port."""
        rows = self._file.rows(
            "SELECT errand.tcn FROM errand CROSS JOIN inbox ON device = CAST(substr(errand.tcn, 3, 5) AS INTEGER) "
            "AND inbox.tcn = errand.tcn AND part = 'evidence' WHERE partner = ? AND done = 0 "
            f"ORDER BY since {'DESC' if newest else ''}, errand.tcn LIMIT ?",
            (partner, most),
        )
        return [Tcn(tcn) for (tcn,) in rows]

    def named(self, beginning: str, most: int) -> Sequence[tuple[Tcn, str]]:
        """See the port."""
        rows = self._file.rows(
            "SELECT tcn, partner FROM errand WHERE partner >= ? AND partner < ? AND done = 0 ORDER BY since, tcn LIMIT ?",
            (beginning, f"{beginning}\U0010ffff", most),
        )
        return [(Tcn(tcn), name) for tcn, name in rows]

    def done(self, tcn: Tcn, partner: str) -> None:
        """See the port."""
        self._file.update("UPDATE errand SET done = 1 WHERE tcn = ? AND partner = ?", (tcn, partner))
