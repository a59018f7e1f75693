"""Alerts from other posts of the operation, sealed to this kiosk, until they expire.

A person who was checked elsewhere has left there, and may come by here. At rest there is ciphertext only;
the file's name begins like the outbox's, so that an erasure destroys both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk import seal
from hotspot_kiosk.contents import decode_answer
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.kiosk.link.replies import Kept
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.terms import Answer, Tcn

SUFFIX = ".alerts"
SCHEMA = """
CREATE TABLE IF NOT EXISTS alert (
    tcn TEXT PRIMARY KEY, edition INTEGER NOT NULL, envelope BLOB NOT NULL, expires TEXT NOT NULL
) STRICT;
"""


class Alerts:
    """The alerts of one kiosk. Any thread may call; every method may raise StorageFailed."""

    def __init__(self, path: Path, own: seal.PrivateKeys) -> None:
        """`path`: the outbox's file; the alerts lie beside it."""
        self._file = SqliteFile(path.with_name(path.name + SUFFIX), SCHEMA, "kiosk's alerts", 1024)
        self._own = own

    def take(self, tcn: Tcn, envelope: bytes, hub: seal.Trusted) -> Kept:
        """Keep an alert unless this edition, or a newer one, is here. Raises BadBytes or SealError."""
        alert = self.open(tcn, envelope, hub)
        if alert.late is None:
            raise BadBytes("an answer to another kiosk is no alert")
        expires = _text(alert.late.expires)
        done = self._file.update(
            "INSERT INTO alert VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET edition = excluded.edition, "
            "envelope = excluded.envelope, expires = excluded.expires WHERE edition < excluded.edition",
            (tcn, alert.edition, envelope, expires),
        )
        edition, held = self._file.rows("SELECT edition, envelope FROM alert WHERE tcn = ?", (tcn,))[0]
        return Kept(alert, bool(done), bytes(held), edition)

    def held(self) -> dict[Tcn, bytes]:
        """The sealed alerts, as they were taken."""
        return {Tcn(tcn): bytes(held) for tcn, held in self._file.rows("SELECT tcn, envelope FROM alert")}

    def open(self, tcn: Tcn, envelope: bytes, hub: seal.Trusted) -> Answer:
        """What an alert says. Raises BadBytes or SealError."""
        header = seal.peek(envelope)
        if header.tcn != tcn or header.content != "answer":
            raise BadBytes("an alert is about another record")
        alert = decode_answer(seal.open_envelope(envelope, hub, self._own))
        if alert.tcr != tcn:
            raise BadBytes("an alert is about another record")
        return alert

    def current(self, now: datetime, hub: seal.Trusted) -> Iterator[Answer]:
        """All that count now, those first that expire first; one that does not open is left out."""
        query = "SELECT tcn, envelope FROM alert WHERE expires > ? ORDER BY expires, tcn"
        for tcn, envelope in self._file.rows(query, (_text(now),)):
            try:
                yield self.open(Tcn(tcn), envelope, hub)
            except (BadBytes, SealError):
                continue

    def expire(self, now: datetime) -> int:
        """Erase what counts no more; `now` must be trusted. Returns how many."""
        return self._file.update("DELETE FROM alert WHERE expires <= ?", (_text(now),))

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
