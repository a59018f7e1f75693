"""The signed operations that the hub knows: files in one folder, believed by the hub's own signature only.

A copy of every file that `hotspot operation sign` made belongs there. Of one id the highest edition counts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from hotspot_kiosk.errors import BadBytes, ConfigError, SealError
from hotspot_kiosk.operation import LARGEST, Operation, verify
from hotspot_kiosk.seal import Trusted

log = logging.getLogger(__name__)
SUFFIX = ".op"
Look = tuple[tuple[str, int, int], ...]


class Operations:
    """The folder, read again whenever a file of it changes. One thread at a time."""

    def __init__(self, folder: Path | None, hub: Trusted) -> None:
        self._folder = folder
        self._hub = hub
        self._seen: Look | None = None
        self._known: dict[str, Operation] = {}

    def get(self, name: str) -> Operation | None:
        """The operation of this id; None if the hub does not know it: then nothing goes anywhere but back."""
        return self.all().get(name)

    def all(self) -> Mapping[str, Operation]:
        """All that the hub knows, by id."""
        look = self._look()
        if look != self._seen:
            self._known, self._seen = self._read(look), look
        return self._known

    def _look(self) -> Look:
        if self._folder is None or not self._folder.is_dir():
            return ()
        stats = ((path.name, path.stat()) for path in sorted(self._folder.glob(f"*{SUFFIX}")))
        return tuple((name, each.st_mtime_ns, each.st_size) for name, each in stats)

    def _read(self, look: Look) -> dict[str, Operation]:
        known: dict[str, Operation] = {}
        for name, _, size in look:
            found = self._file(name) if size <= LARGEST else None
            if found is not None and (found.id not in known or found.edition > known[found.id].edition):
                known[found.id] = found
        return known

    def _file(self, name: str) -> Operation | None:
        if self._folder is None:
            return None
        try:
            return verify((self._folder / name).read_bytes(), self._hub)
        except (BadBytes, ConfigError, SealError, OSError) as error:
            log.error("operation %s is not used: %s; sign it again", name, error)
            return None
