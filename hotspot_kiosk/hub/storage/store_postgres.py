"""The hub's storage in PostgreSQL: any number of hub workers share it.

One port call is one transaction; when it returns, the server has it on disk. A part's pieces and
its commit are serialised by an advisory lock, so that two workers which see its last piece at once
hold it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import msgspec

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.storage import store_postgres_law as law
from hotspot_kiosk.hub.storage import store_postgres_register as register
from hotspot_kiosk.hub.storage.store import (
    Committed,
    GalleryEntry,
    InboxEntry,
    PartKey,
    Store,
    as_key,
    as_text,
    gaps,
    join,
)
from hotspot_kiosk.hub.storage.store_postgres_server import Server
from hotspot_kiosk.terms import Part, Tcn
from hotspot_kiosk.wire import Range

KEY: LiteralString = "device = %s AND tcn = %s AND part = %s"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`dsn` as libpq takes it (`host=/run/postgresql dbname=hub`); keep its password in a .pgpass file."""

    dsn: str
    connect_timeout_s: int = 5
    statement_timeout_s: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.connect_timeout_s <= 300 or not 1 <= self.statement_timeout_s <= 3600:
            raise ValueError("connect_timeout_s must be 1 to 300, statement_timeout_s 1 to 3600")


def build(options: Options) -> Store:
    """Connect, make the tables if need be. Raises ConfigError, StorageAway or StorageFailed."""
    server = Server(options.dsn, options.connect_timeout_s, options.statement_timeout_s)
    server.connect()
    return Store(
        chunks=Chunks(server),
        inbox=Inbox(server),
        answers=Answers(server),
        gallery=Gallery(server),
        register=register.Register(server),
        cases=Cases(server),
        keys=law.Keys(server),
        tally=law.Tally(server),
        anchors=law.Anchors(server),
        errands=Errands(server),
        close=server.close,
        check=server.check,
        backup=_refuse_backup,
        shared=True,
    )


def _refuse_backup(_to: Path) -> None:
    raise Refused("a PostgreSQL server backs up itself: use pg_dump (systemd/README.md, Backup and restore)")


class Chunks:
    """Pieces of envelopes."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def add(self, key: PartKey, size: int, offset: int, data: bytes) -> tuple[Range, ...] | None:
        """See the port. A crash of the server may take pieces; they are then missing, and asked for."""
        values = (_lock(key), *key, size, offset, data)
        pieces = self._server.rows("SELECT take_piece(%s, %s, %s, %s, %s, %s, %s)", values)[0][0]
        return None if pieces is None else gaps(((start, stop) for start, stop in pieces), size)

    def missing(self, key: PartKey, size: int) -> tuple[Range, ...]:
        """See the port."""
        pieces = self._server.rows(
            "SELECT start, stop FROM piece JOIN assembly USING (device, tcn, part) "
            f"WHERE {KEY} AND size = %s ORDER BY start",
            (*key, size),
        )
        return gaps(((start, stop) for start, stop in pieces), size)

    def whole(self, key: PartKey) -> bytes:
        """See the port."""
        pieces = self._server.rows(f"SELECT start, data FROM piece WHERE {KEY} ORDER BY start", key)
        return join((start, data) for start, data in pieces)

    def forget(self, key: PartKey) -> None:
        """See the port."""
        with self._server.change() as db:
            db.execute(f"DELETE FROM assembly WHERE {KEY}", key)

    def bound(self, key: PartKey, most: int) -> int:
        """See the port."""
        values = {"device": key.device, "tcn": key.tcn, "part": key.part, "most": most}
        with self._server.change() as db:
            db.execute(
                "DELETE FROM assembly WHERE device = %(device)s "
                "AND (SELECT sum(received) FROM assembly WHERE device = %(device)s) > %(most)s "
                "AND (tcn != %(tcn)s OR part != %(part)s OR received > %(most)s)",
                values,
            )
            return int(db.rowcount)

    def outdated(self, now: datetime, age: timedelta) -> int:
        """See the port."""
        with self._server.change() as db:
            db.execute("DELETE FROM assembly WHERE since != '' AND since < %s", (as_text(now - age),))
            done = int(db.rowcount)
            db.execute("UPDATE assembly SET since = %s WHERE since = ''", (as_text(now),))
        return done

    def spoiled(self, key: PartKey) -> int:
        """See the port."""
        with self._server.change() as db:
            row = db.execute(
                "INSERT INTO spoiled VALUES (%s, %s, %s, 1) "
                "ON CONFLICT (device, tcn, part) DO UPDATE SET times = spoiled.times + 1 RETURNING times",
                key,
            ).fetchone()
        return int(row[0]) if row else 1


class Inbox:
    """Parts held."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def commit(self, key: PartKey, envelope: bytes, now: datetime, digest: bytes = b"") -> Committed:
        """See the port."""
        digest = digest or hashlib.sha256(envelope).digest()
        values = (_lock(key), *key, as_text(now), digest, envelope)
        done = self._server.rows("SELECT keep_part(%s, %s, %s, %s, %s, %s, %s)", values)
        return Committed(done[0][0])

    def digest(self, key: PartKey) -> bytes | None:
        """See the port."""
        return _only(self._server.rows(f"SELECT digest FROM inbox WHERE {KEY}", key))

    def envelope(self, key: PartKey) -> bytes | None:
        """See the port."""
        return _only(self._server.rows(f"SELECT envelope FROM inbox WHERE {KEY}", key))

    def owes(self, key: PartKey) -> bool:
        """See the port."""
        rows = self._server.rows("SELECT 1 FROM owed WHERE device = %s AND tcn = %s", (key.device, key.tcn))
        return key.part is Part.PROBE and bool(rows)

    def unanswered(self) -> Sequence[PartKey]:
        """See the port."""
        rows = self._server.rows("SELECT device, tcn FROM owed ORDER BY device, substr(tcn, 8), tcn", ())
        return [as_key(device, tcn, Part.PROBE) for device, tcn in rows]

    def entries(self) -> Sequence[InboxEntry]:
        """See the port."""
        rows = self._server.rows(
            "SELECT device, tcn, part, committed, length(inbox.envelope), received, made "
            "FROM inbox LEFT JOIN answer USING (device, tcn) "
            "ORDER BY device, substr(tcn, 8) DESC, tcn, part DESC"
        )
        return [InboxEntry(as_key(*row[:3]), *row[3:]) for row in rows]


class Answers:
    """Answers on their way."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def put(self, device: int, tcn: Tcn, envelope: bytes, now: datetime, edition: int = 1) -> bool:
        """See the port."""
        with self._server.change() as db:
            db.execute(
                "INSERT INTO answer (device, tcn, made, envelope, edition) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT (device, tcn) DO UPDATE SET made = excluded.made, envelope = excluded.envelope, "
                "acknowledged = NULL, edition = excluded.edition WHERE answer.edition < excluded.edition",
                (device, tcn, as_text(now), envelope, edition),
            )
            done = db.rowcount == 1
            db.execute("DELETE FROM owed WHERE device = %s AND tcn = %s", (device, tcn))
        return done

    def edition(self, device: int, tcn: Tcn) -> int:
        """See the port."""
        query: LiteralString = "SELECT edition FROM answer WHERE device = %s AND tcn = %s"
        rows = self._server.rows(query, (device, tcn))
        return int(rows[0][0]) if rows else 0

    def get(self, device: int, tcn: Tcn) -> bytes | None:
        """See the port."""
        query: LiteralString = "SELECT envelope FROM answer WHERE device = %s AND tcn = %s"
        return _only(self._server.rows(query, (device, tcn)))

    def waiting(self, device: int) -> Sequence[tuple[Tcn, bytes]]:
        """See the port."""
        rows = self._server.rows(
            "SELECT tcn, envelope FROM answer WHERE device = %s AND acknowledged IS NULL "
            "ORDER BY substr(tcn, 8), tcn",
            (device,),
        )
        return [(Tcn(tcn), envelope) for tcn, envelope in rows]

    def acknowledge(self, device: int, tcn: Tcn, now: datetime, edition: int = 1) -> bool:
        """See the port."""
        with self._server.change() as db:
            db.execute(
                "UPDATE answer SET acknowledged = %s, envelope = NULL "
                "WHERE device = %s AND tcn = %s AND acknowledged IS NULL AND edition <= %s",
                (as_text(now), device, tcn, edition),
            )
            return db.rowcount == 1


class Gallery:
    """References."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def put(self, entry: GalleryEntry) -> bool:
        """See the port."""
        row = (entry.reference, entry.enrolled, entry.templates, entry.source)
        with self._server.change() as db:
            done = db.execute(
                "INSERT INTO gallery VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", row
            ).rowcount
            if done:
                db.execute("UPDATE gallery_version SET version = version + 1")
            if done and entry.portrait:
                db.execute("INSERT INTO portrait VALUES (%s, %s)", (entry.reference, entry.portrait))
        return bool(done)

    def erase(self, reference: str) -> bool:
        """See the port."""
        with self._server.change() as db:
            done = db.execute("DELETE FROM gallery WHERE reference = %s", (reference,)).rowcount
            db.execute("DELETE FROM portrait WHERE reference = %s", (reference,))
            if done:
                db.execute("UPDATE gallery_version SET version = version + 1")
        return bool(done)

    def entries(self) -> Sequence[GalleryEntry]:
        """See the port."""
        rows = self._server.rows(
            "SELECT reference, enrolled, templates, source FROM gallery ORDER BY reference"
        )
        return [GalleryEntry(*row) for row in rows]

    def portrait(self, reference: str) -> bytes:
        """See the port."""
        rows = self._server.rows("SELECT picture FROM portrait WHERE reference = %s", (reference,))
        return bytes(rows[0][0]) if rows else b""

    def version(self) -> int:
        """See the port."""
        return int(self._server.rows("SELECT version FROM gallery_version")[0][0])


class Cases:
    """Events of cases; one round trip to add any number."""

    def __init__(self, server: Server) -> None:
        self._server = server

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
        names, bodies = [name for name, _ in events], [body for _, body in events]
        values = (tcn, names, bodies, None if due is None else as_text(due), after)
        query: LiteralString = "SELECT add_events(%s, %s::TEXT[], %s::BYTEA[], %s, %s::INTEGER)"
        with self._server.change() as db:
            if lightly:
                db.execute("SET LOCAL synchronous_commit = off")
            row = db.execute(query, values).fetchone()
        return tuple(row[0]) if row else ()

    def events(self, tcn: Tcn) -> Sequence[bytes]:
        """See the port."""
        rows = self._server.rows("SELECT body FROM case_event WHERE tcn = %s ORDER BY number", (tcn,))
        return [body for (body,) in rows]

    def cases(self) -> Sequence[Tcn]:
        """See the port."""
        rows = self._server.rows(
            "SELECT tcn FROM case_file ORDER BY substr(tcn, 3, 5), substr(tcn, 8) DESC, tcn"
        )
        return [Tcn(tcn) for (tcn,) in rows]

    def due(self, now: datetime) -> Sequence[Tcn]:
        """See the port."""
        rows = self._server.rows(
            "SELECT tcn FROM case_file WHERE due <= %s ORDER BY due, tcn", (as_text(now),)
        )
        return [Tcn(tcn) for (tcn,) in rows]


class Errands:
    """What is still to be sent to whom."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def put(self, tcn: Tcn, partner: str, now: datetime) -> bool:
        """See the port."""
        with self._server.change() as db:
            db.execute(
                "INSERT INTO errand VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (tcn, partner, as_text(now))
            )
            return db.rowcount == 1

    def due(self, partner: str, most: int, *, newest: bool = False) -> Sequence[Tcn]:
        """See the port."""
        order: LiteralString = "DESC" if newest else "ASC"
        rows = self._server.rows(
            "SELECT errand.tcn FROM errand JOIN inbox ON device = substr(errand.tcn, 3, 5)::INTEGER "
            "AND inbox.tcn = errand.tcn AND part = 'evidence' WHERE partner = %s AND NOT done "
            f"ORDER BY since {order}, errand.tcn LIMIT %s",
            (partner, most),
        )
        return [Tcn(tcn) for (tcn,) in rows]

    def named(self, beginning: str, most: int) -> Sequence[tuple[Tcn, str]]:
        """See the port."""
        rows = self._server.rows(
            "SELECT tcn, partner FROM errand WHERE NOT done AND starts_with(partner, %s) "
            "ORDER BY since, tcn LIMIT %s",
            (beginning, most),
        )
        return [(Tcn(tcn), name) for tcn, name in rows]

    def done(self, tcn: Tcn, partner: str) -> None:
        """See the port."""
        with self._server.change() as db:
            db.execute("UPDATE errand SET done = TRUE WHERE tcn = %s AND partner = %s", (tcn, partner))


def _lock(key: PartKey) -> int:
    """The number of the advisory lock under which a part is changed: one worker at a time."""
    name = f"{key.device} {key.tcn} {key.part}".encode()
    return int.from_bytes(hashlib.sha256(name).digest()[:8], signed=True)


def _only(rows: list[tuple[Any, ...]]) -> bytes | None:
    return rows[0][0] if rows else None
