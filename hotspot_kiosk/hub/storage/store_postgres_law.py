"""What the law asks of storage in PostgreSQL: records' keys in a table of their own, counts, anchors.

A key that was taken away is gone from the server's tables once `sweep` has returned: the table is
written anew. The server's own log, its archive, replicas and base backups keep it until they are
overwritten; whoever runs the server keeps those no longer than the shortest retention (systemd/README.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString

from hotspot_kiosk.audit_chain import Anchor
from hotspot_kiosk.hub.storage import store_postgres_register as register
from hotspot_kiosk.hub.storage.store import Noted, as_text
from hotspot_kiosk.hub.storage.store_postgres_server import Server
from hotspot_kiosk.terms import Tcn

ANCHOR_LOCK = 0x485F414E
ENDING: tuple[LiteralString, ...] = (
    "UPDATE inbox SET envelope = '' WHERE device = %(device)s AND tcn = %(tcn)s",
    "DELETE FROM owed WHERE device = %(device)s AND tcn = %(tcn)s",
    "DELETE FROM assembly WHERE device = %(device)s AND tcn = %(tcn)s",
    "UPDATE answer SET envelope = NULL, acknowledged = coalesce(acknowledged, %(at)s) WHERE tcn = %(tcn)s",
    "DELETE FROM case_event WHERE tcn = %(tcn)s",
    "INSERT INTO case_file VALUES (%(tcn)s, 1, NULL) ON CONFLICT (tcn) DO UPDATE SET events = 1, due = NULL",
    "INSERT INTO case_event VALUES (%(tcn)s, %(name)s, 1, %(body)s)",
)


class Keys:
    """One key a record."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def key(self, tcn: Tcn, fresh: bytes, now: datetime) -> bytes:
        """See the port."""
        rows = self._server.rows("SELECT take_key(%s, %s, %s)", (tcn, fresh, as_text(now)))
        return bytes(rows[0][0])

    def held(self) -> Sequence[tuple[Tcn, datetime]]:
        """See the port."""
        rows = self._server.rows("SELECT tcn, made FROM data_key WHERE key IS NOT NULL ORDER BY made, tcn")
        return [(Tcn(tcn), datetime.fromisoformat(made)) for tcn, made in rows]

    def destroy(self, tcn: Tcn, note: str) -> None:
        """See the port."""
        with self._server.change() as db:
            db.execute("UPDATE data_key SET key = NULL, note = %s WHERE tcn = %s", (note, tcn))

    def sweep(self) -> None:
        """See the port."""
        self._server.outside("VACUUM FULL data_key")

    def owed(self) -> Sequence[tuple[Tcn, str]]:
        """See the port."""
        rows = self._server.rows("SELECT tcn, note FROM data_key WHERE note IS NOT NULL ORDER BY tcn")
        return [(Tcn(tcn), note) for tcn, note in rows]

    def noted(self, tcn: Tcn) -> None:
        """See the port."""
        with self._server.change() as db:
            db.execute("UPDATE data_key SET note = NULL WHERE tcn = %s", (tcn,))


class Tally:
    """Counts, and the end of a record."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def close(self, tcn: Tcn, event: tuple[str, bytes], counts: Mapping[str, int], now: datetime) -> bool:
        """See the port."""
        name, body = event
        values = {"device": tcn.device, "tcn": tcn, "at": as_text(now), "name": name, "body": body}
        with self._server.change() as db:
            once: LiteralString = "INSERT INTO purged VALUES (%(tcn)s, %(at)s) ON CONFLICT DO NOTHING"
            first = db.execute(once, values).rowcount == 1
            for statement in (*ENDING, *register.ENDING):
                db.execute(statement, values)
            for each, times in sorted(counts.items()) if first else ():
                db.execute(
                    "INSERT INTO tally VALUES (%s, %s) "
                    "ON CONFLICT (name) DO UPDATE SET times = tally.times + excluded.times",
                    (each, times),
                )
        return first

    def counts(self) -> Mapping[str, int]:
        """See the port."""
        return {name: int(times) for name, times in self._server.rows("SELECT name, times FROM tally")}


class Anchors:
    """Kiosks' journals, as far as they were seen."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def note(self, anchor: Anchor, minors: int, now: datetime) -> Noted:
        """See the port."""
        place = (anchor.owner, anchor.number)
        with self._server.change() as db:
            db.execute("SELECT pg_advisory_xact_lock(%s, %s)", (ANCHOR_LOCK, anchor.owner))
            held = db.execute("SELECT digest FROM anchor WHERE device = %s AND number = %s", place).fetchone()
            if held is not None:
                return Noted.KNOWN if held[0] == anchor.digest else Noted.OTHER
            last = db.execute("SELECT max(number) FROM anchor WHERE device = %s", place[:1]).fetchone()
            if last is not None and last[0] is not None and anchor.number < last[0]:
                return Noted.BACK
            values = (*place, anchor.digest, minors, as_text(now))
            db.execute("INSERT INTO anchor VALUES (%s, %s, %s, %s, %s)", values)
        return Noted.NEW

    def anchors(self, device: int | None = None) -> Sequence[tuple[Anchor, int, datetime]]:
        """See the port."""
        rows = self._server.rows(
            "SELECT device, number, digest, minors, at FROM anchor "
            "WHERE %(device)s::INTEGER IS NULL OR device = %(device)s ORDER BY device, number",
            {"device": device},
        )
        return [(Anchor(*row[:3]), int(row[3]), datetime.fromisoformat(row[4])) for row in rows]
