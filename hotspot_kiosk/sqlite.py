"""One SQLite file, opened so that a commit survives a power cut. The only home of sqlite_utils.

WAL with synchronous=FULL (measured: no acknowledged row lost in 120 power cuts); secure_delete is
off, because what is deleted is ciphertext. One connection, one lock: any thread may call.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlite_utils

from hotspot_kiosk.errors import StorageDamaged, StorageFailed, StorageFull
from hotspot_kiosk.terms import Realm

# The write-ahead log is folded back at 4 MiB and cut to that size afterwards: large enough that a
# fold's two syncs are shared by some twenty records, small enough that a full disk's reserve (8 MiB)
# still holds a log. Freed pages are used again rather than given back, which costs no writing;
# `give_back` shortens the file when the disk is short of room.
LOG_BYTES = 4 << 20
PAGE_BYTES = 4096
TRAINING_ID = 0x484B5452  # in the file's own header (application_id): it is one for training
PRAGMAS = (
    "auto_vacuum = INCREMENTAL",
    "journal_mode = WAL",
    "synchronous = FULL",
    f"journal_size_limit = {LOG_BYTES}",
    "secure_delete = OFF",
    "foreign_keys = ON",
)
Database = sqlite_utils.Database
SYSTEM_CODES = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EIO: sqlite3.SQLITE_IOERR,
}
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
WORDS = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked; end that program, or wait until it is done",
    sqlite3.SQLITE_READONLY: "the disk can only be read; check the card and its file system",
    sqlite3.SQLITE_IOERR: "the disk does not work as it should; check or replace the card",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the folder, its owner and whether the disk is writable",
}


class SqliteFile:
    """A database file with a schema. Every method may raise StorageFailed with a plain sentence.

    StorageFull and StorageDamaged are two of its kinds that a caller can do something about. A new
    file gets pages of `page_bytes`; smaller ones cost less where small rows change by ones.
    """

    def __init__(
        self, path: Path, schema: str, what: str, page_bytes: int = PAGE_BYTES, realm: Realm = Realm.REAL
    ) -> None:
        """realm: a file of the other one is not opened, and one that holds something never becomes another."""
        self._what = f"{what} {path.name}"
        self.realm = realm
        self._lock = threading.RLock()
        self._db: Database | None = None
        self._closed = f"the {self._what} is closed"
        with self._plainly():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)
            connection = sqlite3.connect(path, check_same_thread=False, timeout=10.0, isolation_level=None)
        try:
            with self._plainly():
                self._check_realm(connection, realm)
                for pragma in (f"page_size = {page_bytes}", *PRAGMAS):
                    connection.execute(f"PRAGMA {pragma}")
                (size,) = connection.execute("PRAGMA page_size").fetchone()
                connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_BYTES // size}")
                connection.executescript(schema)
                if realm is Realm.TRAINING:
                    connection.execute(f"PRAGMA application_id = {TRAINING_ID}")
        except StorageFailed:
            connection.close()
            raise
        self._db = Database(connection)

    @contextmanager
    def change(self, lightly: bool = False) -> Iterator[Database]:
        """A transaction: all of it or nothing, on disk when the block ends.

        `lightly`: a kill cannot undo it, a power cut can, back to where it was before; for what
        would only be done again. It costs no sync of its own.
        """
        with self._lock, self._plainly():
            db = self._open()
            if lightly:
                db.execute("PRAGMA synchronous = NORMAL")
            try:
                yield from self._transaction(db)
            finally:
                if lightly:
                    db.execute("PRAGMA synchronous = FULL")

    def rows(self, query: str, values: Sequence[object] | dict[str, object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._plainly():
            return list(self._open().execute(query, values).fetchall())

    def update(self, statement: str, values: Sequence[object], lightly: bool = False) -> int:
        """One statement in a transaction of its own; returns how many rows it changed."""
        with self.change(lightly) as db:
            return int(db.execute(statement, values).rowcount)

    def check(self) -> None:
        """Read every page once. Raises StorageDamaged if the file's structure does not hold."""
        for (finding,) in self.rows("PRAGMA quick_check(1)"):
            if finding != "ok":
                raise StorageDamaged(f"the {self._what} is damaged")

    def fold(self) -> None:
        """Write the log back into the file and cut it to nothing."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def give_back(self, pages: int) -> int:
        """Shorten the file by up to so many free pages; returns how many are still free."""
        self.rows(f"PRAGMA incremental_vacuum({int(pages)})")
        return int(self.rows("PRAGMA freelist_count")[0][0])

    def close(self, why: str = "") -> None:
        """Give the file back; nothing can be done with it afterwards, and `why` is what is said then."""
        with self._lock:
            self._closed = why or self._closed
            db, self._db = self._db, None
            if db is not None:
                db.close()

    def _check_realm(self, connection: sqlite3.Connection, realm: Realm) -> None:
        (told,) = connection.execute("PRAGMA application_id").fetchone()
        (full,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if realm is Realm.REAL and told == TRAINING_ID:
            raise StorageFailed(f"the {self._what} is one for training; what is real is never kept in it")
        if realm is Realm.TRAINING and full and told != TRAINING_ID:
            raise StorageFailed(f"the {self._what} is a real one; training never opens it")

    def _open(self) -> Database:
        if self._db is None:
            raise StorageFailed(self._closed)
        return self._db

    def _transaction(self, db: Database) -> Iterator[Database]:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        finally:
            # Not after a commit, and not where a full or failing disk has undone it all already.
            if db.conn.in_transaction:
                db.execute("ROLLBACK")

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except StorageFailed:
            raise
        except sqlite3.Error as error:
            raise self._plain(getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error)) from None
        except OSError as error:
            raise self._plain(SYSTEM_CODES.get(error.errno or 0, 0), str(error)) from None

    def _plain(self, code: int, text: str) -> StorageFailed:
        if code == sqlite3.SQLITE_FULL:
            return StorageFull(f"the {self._what} cannot grow: the disk is full; free some space")
        if code in DAMAGED:
            return StorageDamaged(f"the {self._what} is damaged: {text}")
        return StorageFailed(f"the {self._what} cannot be used: {WORDS.get(code, text)}")
