"""The second place where a device's counter is kept: how far its numbers may have been used.

Written ahead in blocks, so it costs one small file every thousand records; read only when the outbox
was damaged, so that a number is never given twice.
"""

from __future__ import annotations

from pathlib import Path

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.files import write_whole

BLOCK = 1000


class Ceiling:
    """A small text file: a line `year number` for each two-digit year."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[int, int] | None = None

    def read(self) -> dict[int, int] | None:
        """The ceiling of each year; None if the file is missing or cannot be read."""
        try:
            lines = self._path.read_text("ascii").splitlines()
            pairs = [(int(year), int(number)) for year, number in (line.split() for line in lines)]
        except (OSError, ValueError):
            return None
        return dict(pairs)

    def cover(self, year: int, number: int) -> None:
        """See that `number` lies below the ceiling before it is used. Raises StorageFailed."""
        if self._known is None:
            self._known = self.read() or {}
        if number >= self._known.get(year, 0):
            ahead = {**self._known, year: number + BLOCK}
            self._write(ahead)
            self._known = ahead

    def _write(self, ceilings: dict[int, int]) -> None:
        lines = "".join(f"{year} {number}\n" for year, number in ceilings.items())
        try:
            write_whole(self._path, lines.encode("ascii"))
        except OSError as error:
            raise StorageFailed(f"the file {self._path.name} cannot be written: {error.strerror}") from None
