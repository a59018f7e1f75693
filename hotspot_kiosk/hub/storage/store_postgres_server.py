"""One connection to the hub's PostgreSQL, its tables, and its errors as plain sentences.

A lost server raises StorageAway, and the next call connects anew; what was in the middle of a
transaction is not repeated here. The home of psycopg, with `store_postgres`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hotspot_kiosk.errors import ConfigError, StorageAway, StorageFailed

log = logging.getLogger(__name__)
SCHEMA: LiteralString = """
CREATE TABLE assembly (
    device INTEGER, tcn TEXT, part TEXT, size INTEGER NOT NULL, received BIGINT NOT NULL,
    PRIMARY KEY (device, tcn, part)
);
CREATE TABLE piece (
    device INTEGER, tcn TEXT, part TEXT, start INTEGER, stop INTEGER NOT NULL,
    data BYTEA NOT NULL, PRIMARY KEY (device, tcn, part, start),
    FOREIGN KEY (device, tcn, part) REFERENCES assembly ON DELETE CASCADE
);
CREATE TABLE inbox (
    device INTEGER, tcn TEXT, part TEXT, committed TEXT NOT NULL, digest BYTEA NOT NULL,
    envelope BYTEA NOT NULL, received BIGINT NOT NULL, PRIMARY KEY (device, tcn, part)
);
CREATE TABLE owed (
    device INTEGER, tcn TEXT, committed TEXT NOT NULL, PRIMARY KEY (device, tcn)
);
CREATE TABLE answer (
    device INTEGER, tcn TEXT, made TEXT NOT NULL, envelope BYTEA, acknowledged TEXT,
    PRIMARY KEY (device, tcn)
);
CREATE INDEX answer_waiting ON answer (device, tcn) WHERE acknowledged IS NULL;
CREATE TABLE gallery (
    reference TEXT PRIMARY KEY, enrolled TEXT NOT NULL, templates BYTEA NOT NULL
);
CREATE TABLE gallery_version (
    one INTEGER PRIMARY KEY CHECK (one = 1), version BIGINT NOT NULL
);
INSERT INTO gallery_version VALUES (1, 0);
CREATE FUNCTION add_piece(lock BIGINT, d INTEGER, t TEXT, p TEXT, z INTEGER, b INTEGER, c BYTEA)
RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(lock);
    DELETE FROM assembly WHERE device = d AND tcn = t AND part = p AND size != z;
    INSERT INTO assembly SELECT d, t, p, z, length(c)
        WHERE NOT EXISTS (SELECT FROM inbox WHERE device = d AND tcn = t AND part = p)
        ON CONFLICT (device, tcn, part) DO UPDATE SET received = assembly.received + excluded.received;
    IF FOUND THEN
        INSERT INTO piece VALUES (d, t, p, b, b + length(c), c) ON CONFLICT DO NOTHING;
    END IF;
END $$;
ALTER TABLE piece ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE inbox ALTER COLUMN envelope SET STORAGE EXTERNAL;
ALTER TABLE answer ALTER COLUMN envelope SET STORAGE EXTERNAL;
CREATE TABLE hub_schema (version INTEGER NOT NULL);
INSERT INTO hub_schema VALUES (1);
"""
# What each version's tables lack to be the next one's.
STEPS: dict[int, LiteralString] = {
    1: """
CREATE TABLE spoiled (
    device INTEGER, tcn TEXT, part TEXT, times INTEGER NOT NULL, PRIMARY KEY (device, tcn, part)
);
UPDATE hub_schema SET version = 2;
""",
    2: """
CREATE FUNCTION take_piece(lock BIGINT, d INTEGER, t TEXT, p TEXT, z INTEGER, b INTEGER, c BYTEA)
RETURNS INTEGER[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_piece(lock, d, t, p, z, b, c);
    IF EXISTS (SELECT FROM inbox WHERE device = d AND tcn = t AND part = p) THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT array_agg(ARRAY[start, stop] ORDER BY start) FROM piece
        WHERE device = d AND tcn = t AND part = p);
END $$;
CREATE FUNCTION keep_part(lock BIGINT, d INTEGER, t TEXT, p TEXT, at TEXT, sha BYTEA, whole BYTEA)
RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    outcome TEXT := 'new';
BEGIN
    PERFORM pg_advisory_xact_lock(lock);
    INSERT INTO inbox SELECT d, t, p, at, sha, whole, coalesce(
        (SELECT received FROM assembly WHERE device = d AND tcn = t AND part = p), length(whole)
    ) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT CASE WHEN digest = sha THEN 'again' ELSE 'conflict' END INTO outcome
            FROM inbox WHERE device = d AND tcn = t AND part = p;
    ELSIF p = 'probe' THEN
        INSERT INTO owed VALUES (d, t, at);
    END IF;
    DELETE FROM assembly WHERE device = d AND tcn = t AND part = p;
    DELETE FROM spoiled WHERE device = d AND tcn = t AND part = p;
    RETURN outcome;
END $$;
UPDATE hub_schema SET version = 3;
""",
    3: """
ALTER TABLE answer ADD COLUMN edition INTEGER NOT NULL DEFAULT 1;
CREATE TABLE case_file (tcn TEXT PRIMARY KEY, events INTEGER NOT NULL, due TEXT);
CREATE INDEX case_due ON case_file (due) WHERE due IS NOT NULL;
CREATE TABLE case_event (
    tcn TEXT, name TEXT, number INTEGER NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (tcn, name)
);
CREATE FUNCTION add_events(t TEXT, names TEXT[], bodies BYTEA[], d TEXT, a INTEGER)
RETURNS BOOLEAN[] LANGUAGE plpgsql AS $$
DECLARE
    before INTEGER;
    held INTEGER;
    fresh BOOLEAN[] := '{}';
BEGIN
    INSERT INTO case_file VALUES (t, 0, NULL) ON CONFLICT DO NOTHING;
    SELECT events INTO before FROM case_file WHERE tcn = t FOR UPDATE;
    held := before;
    FOR i IN 1 .. coalesce(array_length(names, 1), 0) LOOP
        INSERT INTO case_event VALUES (t, names[i], held + 1, bodies[i]) ON CONFLICT DO NOTHING;
        fresh := fresh || FOUND;
        IF FOUND THEN
            held := held + 1;
        END IF;
    END LOOP;
    UPDATE case_file SET events = held WHERE tcn = t;
    IF a = before OR (a IS NULL AND held > before) THEN
        UPDATE case_file SET due = d WHERE tcn = t;
    END IF;
    RETURN fresh;
END $$;
UPDATE hub_schema SET version = 4;
""",
    4: """
CREATE TABLE data_key (tcn TEXT PRIMARY KEY, key BYTEA, made TEXT NOT NULL, note TEXT);
CREATE TABLE purged (tcn TEXT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE tally (name TEXT PRIMARY KEY, times BIGINT NOT NULL);
CREATE TABLE anchor (
    device INTEGER, number BIGINT, digest TEXT NOT NULL, minors BIGINT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (device, number)
);
CREATE INDEX answer_tcn ON answer (tcn);
CREATE FUNCTION take_key(t TEXT, fresh BYTEA, at TEXT) RETURNS BYTEA LANGUAGE plpgsql AS $$
DECLARE
    found BYTEA;
BEGIN
    SELECT key INTO found FROM data_key WHERE tcn = t;
    IF found IS NULL THEN
        INSERT INTO data_key VALUES (t, fresh, at, NULL)
            ON CONFLICT (tcn) DO UPDATE SET key = coalesce(data_key.key, fresh) RETURNING key INTO found;
    END IF;
    RETURN found;
END $$;
UPDATE hub_schema SET version = 5;
""",
    5: """
CREATE TABLE errand (
    tcn TEXT, partner TEXT, since TEXT NOT NULL, done BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (tcn, partner)
);
CREATE INDEX errand_open ON errand (partner, since) WHERE NOT done;
UPDATE hub_schema SET version = 6;
""",
    6: """
CREATE TABLE enrolled (
    tcn TEXT PRIMARY KEY, gallery TEXT NOT NULL, identity TEXT NOT NULL, edition INTEGER NOT NULL,
    at TEXT NOT NULL, templates BYTEA NOT NULL, UNIQUE (gallery, identity, edition)
);
CREATE TABLE enrolled_version (one INTEGER PRIMARY KEY CHECK (one = 1), version BIGINT NOT NULL);
INSERT INTO enrolled_version VALUES (1, 0);
UPDATE hub_schema SET version = 7;
""",
    7: """
ALTER TABLE gallery ADD COLUMN source TEXT NOT NULL DEFAULT '';
UPDATE hub_schema SET version = 8;
""",
    8: """
CREATE TABLE portrait (reference TEXT PRIMARY KEY, picture BYTEA NOT NULL);
UPDATE hub_schema SET version = 9;
""",
    9: """
ALTER TABLE assembly ADD COLUMN since TEXT NOT NULL DEFAULT '';
UPDATE hub_schema SET version = 10;
""",
}
VERSION = 10
KEYED = 5  # from this version on, what is held of a record is locked with a key of its own
SCHEMA_LOCK = 0x485F5350
# Connection lost, server's resources, operator's hand, deadlock (SQLSTATE classes): all may pass.
PASSING = ("08", "40", "53", "57")
# A server that went away without a word is noticed in about 15 s.
PATIENCE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 15_000}


class Server:
    """One connection, made anew when it was lost; any thread may call, one at a time."""

    def __init__(self, dsn: str, connect_timeout_s: int, statement_timeout_s: int) -> None:
        self._timeout_ms = statement_timeout_s * 1000
        self._conninfo = _conninfo(dsn, connect_timeout_s)
        self._lock = threading.RLock()
        self._connection: psycopg.Connection | None = None

    def connect(self) -> psycopg.Connection:
        """The connection, tables made. Raises StorageAway or StorageFailed."""
        with self._lock:
            if self._connection is None:
                with _plainly():
                    self._connection = self._fresh()
            return self._connection

    def check(self) -> None:
        """The server checks each page that it reads, if its checksums are on; says so in the log if not."""
        if self.rows("SHOW data_checksums") != [("on",)]:
            log.warning(
                "the hub's database server runs without data checksums: damage on its disk would not be "
                "noticed; switch them on with pg_checksums --enable"
            )

    def close(self) -> None:
        """Give the connection back; another call would make a new one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def change(self) -> Iterator[psycopg.Cursor]:
        """A transaction: all of it or nothing, on the server's disk when the block ends."""
        with (
            self._lock,
            self._or_away() as connection,
            connection.transaction(),
            connection.cursor(binary=True) as cursor,
        ):
            yield cursor

    def outside(self, statement: LiteralString) -> None:
        """A statement that no transaction may hold, and that may be repeated."""
        with self._lock, self._or_away() as connection:
            connection.execute(statement)

    def rows(
        self, query: LiteralString, values: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of one statement that may be repeated: a connection that died is made anew once."""
        try:
            return self._rows(query, values)
        except StorageAway:
            return self._rows(query, values)

    def _rows(
        self, query: LiteralString, values: Sequence[object] | Mapping[str, object]
    ) -> list[tuple[Any, ...]]:
        with self._lock, self._or_away() as connection, connection.cursor(binary=True) as cursor:
            return cursor.execute(query, values).fetchall()

    @contextmanager
    def _or_away(self) -> Iterator[psycopg.Connection]:
        """The connection; one that failed is given up, whatever the reason."""
        connection = self.connect()
        try:
            with _plainly():
                yield connection
        except (StorageAway, StorageFailed):
            self._connection = None
            connection.close()
            raise

    def _fresh(self) -> psycopg.Connection:
        connection = psycopg.connect(self._conninfo, autocommit=True)
        try:
            self._set_up(connection)
        except (psycopg.Error, StorageFailed):
            connection.close()
            raise
        return connection

    def _set_up(self, connection: psycopg.Connection) -> None:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.execute("SELECT set_config(%s, %s, false)", (name, str(self._timeout_ms)))
        if _setting(connection, "fsync") != "on":
            raise StorageFailed(
                "the hub's database server runs with fsync off: a power cut there would lose "
                "records that kiosks have erased; turn it on"
            )
        if _setting(connection, "synchronous_commit") == "off":
            connection.execute("SET synchronous_commit = on")
        connection.execute("SET client_min_messages = warning")
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
            if connection.execute("SELECT to_regclass('hub_schema')").fetchone() == (None,):
                connection.execute(SCHEMA)
            _check_keys(connection)
            while (version := _version(connection)) in STEPS:
                connection.execute(STEPS[version])
            if version != VERSION:
                raise StorageFailed(
                    f"the hub's database was made by another version of this software: its tables are of version "
                    f"{version}, this software's of {VERSION}"
                )


def _check_keys(connection: psycopg.Connection) -> None:
    """Records that were kept before they had keys of their own would never open."""
    if not 0 < _version(connection) < KEYED:
        return
    if connection.execute("SELECT 1 FROM inbox LIMIT 1").fetchone() is not None:
        raise StorageFailed(
            "the hub's database holds records of the time before they had keys of their own: keep it for the "
            "software that made it, and name another database in [store] dsn: this hub begins with that"
        )


def _version(connection: psycopg.Connection) -> int:
    rows = connection.execute("SELECT version FROM hub_schema").fetchall()
    return int(rows[0][0]) if len(rows) == 1 else 0


def _setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""


def _conninfo(dsn: str, connect_timeout_s: int) -> str:
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.Error:
        raise ConfigError(
            "[store] dsn cannot be read; it looks like: host=/run/postgresql dbname=hub"
        ) from None
    wanted: dict[str, str | int] = {"connect_timeout": connect_timeout_s, "application_name": "hotspot-hub"}
    wanted |= PATIENCE
    return make_conninfo(dsn, **{name: value for name, value in wanted.items() if name not in given})


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        words = str(error).strip().splitlines()[:1] or [type(error).__name__]
        state = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError) else "")
        if state[:2] in PASSING:
            raise StorageAway(f"the hub's database server is away: {words[0]}") from None
        raise StorageFailed(f"the hub's database cannot be used: {words[0]}") from None
