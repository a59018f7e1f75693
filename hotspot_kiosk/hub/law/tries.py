"""Wrong encounter numbers, counted on disk: who guesses is stopped, whoever asks and however often it is started.

A try counts before it is judged. One file beside the hub's journal; several commands may run at once.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.files import plainly
from hotspot_kiosk.terms import Tcn

TRIES = "encounter-tries.json"  # beside the journal
WINDOW = timedelta(hours=1)
MOST_OF_ONE, MOST_OF_ALL = 5, 30
WAIT = "too many tries with wrong encounter numbers; wait an hour, then read the number again, group by group"


class Try(msgspec.Struct, frozen=True, array_like=True):
    """One that was not right, or is not judged yet. An expected guess is one of 2^80 (`slip`)."""

    at: datetime
    tcn: str


_decoder = msgspec.json.Decoder(tuple[Try, ...])


class Tries:
    """The tries of the last hour. Any process may use the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, tcn: Tcn, now: datetime) -> None:
        """A try begins; on disk when this returns. Raises Refused after too many, StorageFailed."""
        with self._alone() as known:
            recent = tuple(each for each in known if abs(now - each.at) < WINDOW)
            if len(recent) >= MOST_OF_ALL or sum(each.tcn == tcn for each in recent) >= MOST_OF_ONE:
                raise Refused(WAIT)
            self._keep((*recent, Try(now.astimezone(UTC), str(tcn))))

    def right(self, tcn: Tcn) -> None:
        """The number was right: tries at this record count no more."""
        with self._alone() as recent:
            self._keep(tuple(each for each in recent if each.tcn != tcn))

    @contextmanager
    def _alone(self) -> Iterator[tuple[Try, ...]]:
        lock = self._path.with_name(f"{self._path.name}.lock")
        with plainly(str(lock)), lock.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield self._read()

    def _read(self) -> tuple[Try, ...]:
        """A damaged file counts as full until its hour is over: its own time says when that is."""
        try:
            return _decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            return ()
        except (msgspec.DecodeError, UnicodeDecodeError):
            damaged = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
            return (Try(damaged, ""),) * MOST_OF_ALL

    def _keep(self, tries: tuple[Try, ...]) -> None:
        files.replace(self._path, msgspec.json.encode(tries))
