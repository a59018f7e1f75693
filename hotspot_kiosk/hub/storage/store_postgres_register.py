"""National galleries in PostgreSQL: which encounter's samples stand where; two workers never enrol one person twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from hotspot_kiosk.hub.storage.store import Held, as_text
from hotspot_kiosk.hub.storage.store_postgres_server import Server
from hotspot_kiosk.terms import Tcn

ROW: LiteralString = "SELECT tcn, gallery, identity, edition, at FROM enrolled"
ENDING: tuple[LiteralString, ...] = (
    "UPDATE enrolled_version SET version = version + 1 "
    "WHERE EXISTS (SELECT FROM enrolled WHERE tcn = %(tcn)s)",
    "DELETE FROM enrolled WHERE tcn = %(tcn)s",
)
"""What takes an encounter's samples away, within the caller's transaction."""


class Register:
    """The galleries. Whoever changes one holds the version's row until the change is on disk."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def put(
        self, tcn: Tcn, gallery: str, identity: Tcn, templates: bytes, now: datetime, seen: int | None = None
    ) -> Held | None:
        """See the port."""
        with self._server.change() as db:
            version = db.execute("SELECT version FROM enrolled_version FOR UPDATE").fetchone()
            row = db.execute(f"{ROW} WHERE tcn = %s", (tcn,)).fetchone()
            if row is not None:
                return _held(row)
            if seen is not None and version != (seen,):
                return None
            last = db.execute(
                "SELECT coalesce(max(edition), 0) FROM enrolled WHERE gallery = %s AND identity = %s",
                (gallery, identity),
            ).fetchone()
            fresh = (tcn, gallery, identity, (last[0] if last else 0) + 1, as_text(now))
            db.execute("INSERT INTO enrolled VALUES (%s, %s, %s, %s, %s, %s)", (*fresh, templates))
            db.execute("UPDATE enrolled_version SET version = version + 1")
        return _held(fresh)

    def find(self, tcn: Tcn) -> Held | None:
        """See the port."""
        rows = self._server.rows(f"{ROW} WHERE tcn = %s", (tcn,))
        return _held(rows[0]) if rows else None

    def held(self, gallery: str) -> Sequence[Held]:
        """See the port."""
        rows = self._server.rows(f"{ROW} WHERE gallery = %s ORDER BY identity, edition", (gallery,))
        return [_held(row) for row in rows]

    def templates(self, tcn: Tcn) -> bytes | None:
        """See the port."""
        rows = self._server.rows("SELECT templates FROM enrolled WHERE tcn = %s", (tcn,))
        return bytes(rows[0][0]) if rows else None

    def galleries(self) -> Sequence[str]:
        """See the port."""
        rows = self._server.rows("SELECT DISTINCT gallery FROM enrolled ORDER BY gallery")
        return [name for (name,) in rows]

    def version(self) -> int:
        """See the port."""
        return int(self._server.rows("SELECT version FROM enrolled_version")[0][0])


def _held(row: Sequence[object]) -> Held:
    tcn, gallery, identity, edition, at = row
    return Held(Tcn(str(tcn)), str(gallery), Tcn(str(identity)), int(str(edition)), str(at))
