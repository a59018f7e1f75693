"""What this hub's workers did not act on, and how often: one small file a worker, for `hotspot hub status`.

Counted since each worker's start; a worker that is gone takes its counts along. Words only, no names.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import StorageFailed

log = logging.getLogger(__name__)
PROCESSES = Path("/proc")


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's counts: kind ("ignored", ...) to reason to how often. `since`: ISO 8601."""

    worker: int
    since: str
    counts: dict[str, dict[str, int]]


class Counts:
    """Writes one worker's file, whenever something was counted. `worker` is its process number."""

    def __init__(
        self, folder: Path, worker: int, since: datetime, sources: Mapping[str, Mapping[str, int]]
    ) -> None:
        """`sources` are read anew at each `write`. Raises StorageFailed."""
        self._path = folder / f"{worker}.json"
        self._worker = worker
        self._since = since.isoformat(timespec="seconds")
        self._sources = sources
        self._written = b""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(f"{folder} cannot be made: {error.strerror}") from None
        for path in folder.glob("*.json"):
            if not _lives(path):
                path.unlink(missing_ok=True)

    def write(self) -> None:
        """Bring the file up to date. A disk that does not work is logged: counting stops no worker."""
        counts = {kind: dict(reasons) for kind, reasons in self._sources.items()}
        text = msgspec.json.encode(Counted(self._worker, self._since, counts))
        if text == self._written:
            return
        try:
            files.replace(self._path, text)
        except StorageFailed as error:
            log.warning("counts are not written: %s", error)
            return
        self._written = text


def read(folder: Path) -> Sequence[Counted]:
    """What the workers that run have counted. Raises StorageFailed."""
    found = []
    for path in sorted(folder.glob("*.json")):
        if _lives(path):
            try:
                found.append(msgspec.json.decode(files.read(path), type=Counted))
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise StorageFailed(f"{path} is damaged; remove it") from None
    return found


def _lives(path: Path) -> bool:
    return path.stem.isdigit() and (PROCESSES / path.stem).exists()
