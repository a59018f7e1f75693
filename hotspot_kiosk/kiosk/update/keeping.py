"""What the update agent remembers: its state and its reports, in one file and one transaction.

So no cut can lie between a change and its report. A report stays until the hub's signed word that it was heard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.fleet import Report
from hotspot_kiosk.kiosk.update.update import Update
from hotspot_kiosk.sqlite import SqliteFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS state (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), words BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS report (sequence INTEGER PRIMARY KEY AUTOINCREMENT, words BLOB NOT NULL) STRICT;
"""


class UpdateKeeping:
    """The file. Every method may raise StorageFailed."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, SCHEMA, "update state")

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def state(self) -> Update:
        """The state as it was last recorded."""
        rows = self._file.rows("SELECT words FROM state")
        try:
            return msgspec.msgpack.decode(rows[0][0], type=Update) if rows else Update()
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StorageFailed(
                "the update's state is of another version; move update.db away and look at the kiosk"
            ) from None

    def record(self, state: Update, reports: Sequence[Callable[[int], Report]]) -> None:
        """Keep the state and its reports; each is made when its sequence number is known."""
        with self._file.change() as db:
            db.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", (msgspec.msgpack.encode(state),))
            for make in reports:
                sequence = db.execute("INSERT INTO report (words) VALUES (x'')").lastrowid
                words = msgspec.msgpack.encode(make(int(sequence or 0)))
                db.execute("UPDATE report SET words = ? WHERE sequence = ?", (words, sequence))

    def unheard(self) -> list[bytes]:
        """Reports that the hub is not known to have, oldest first, as they travel."""
        return [bytes(words) for (words,) in self._file.rows("SELECT words FROM report ORDER BY sequence")]

    def heard(self, sequence: int) -> None:
        """The hub has the reports up to this one."""
        self._file.update("DELETE FROM report WHERE sequence <= ?", (sequence,))
