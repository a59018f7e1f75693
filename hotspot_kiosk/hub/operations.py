"""The signed operations that the hub knows: files in one folder, believed by the hub's own signature only.

A copy of every file that `hotspot operation sign` made belongs there. Of one id the highest edition counts, and once it was
here no lower one: while its file is damaged or away the operation is unknown, and nothing goes anywhere under it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import BadBytes, ConfigError, SealError, StorageFailed
from hotspot_kiosk.operation import LARGEST, Operation, verify
from hotspot_kiosk.seal import Trusted

log = logging.getLogger(__name__)
SUFFIX = ".op"
EDITIONS = ".editions"  # in the same folder: operation -> the highest edition that was ever there
CLAIMED = re.compile(rb'"id"\s*:\s*"([!-~]{1,60}?)"')
Look = tuple[tuple[str, int, int], ...]


class Operations:
    """The folder, read again whenever a file of it changes. One thread at a time."""

    def __init__(self, folder: Path | None, hub: Trusted) -> None:
        self._folder = folder
        self._hub = hub
        self._seen: Look | None = None
        self._known: dict[str, Operation] = {}
        self._editions: dict[str, int] = {}
        self._readable: dict[str, Operation] = {}

    def get(self, name: str) -> Operation | None:
        """The operation of this id; None if the hub does not know it: then nothing goes anywhere but back."""
        return self.all().get(name)

    def all(self) -> Mapping[str, Operation]:
        """All that the hub knows, by id."""
        look = self._look()
        if look != self._seen:
            self._known, self._seen = self._read(look), look
        return self._known

    def for_retention(self) -> Mapping[str, Operation]:
        """Those that are closed, too, as far as they can be read: what was captured is kept as long as they say."""
        self.all()
        return self._readable

    def _look(self) -> Look:
        if self._folder is None or not self._folder.is_dir():
            return ()
        stats = ((path.name, path.stat()) for path in sorted(self._folder.glob(f"*{SUFFIX}")))
        return tuple((name, each.st_mtime_ns, each.st_size) for name, each in stats)

    def _read(self, look: Look) -> dict[str, Operation]:
        known: dict[str, Operation] = {}
        spoilt: list[bytes] = []
        for name, _, _ in look:
            found = self._file(name)
            if isinstance(found, bytes):
                spoilt.append(found)
            elif found.id not in known or found.edition > known[found.id].edition:
                known[found.id] = found
        newer = {
            name: each
            for name, each in known.items()
            if name not in self._readable or each.edition >= self._readable[name].edition
        }
        self._readable = {**self._readable, **newer}
        return self._newest(_without(known, spoilt))

    def _newest(self, known: dict[str, Operation]) -> dict[str, Operation]:
        """Those of which no higher edition was here before; the others are told and closed."""
        before = self._remembered()
        if before is None:
            return {}
        past = {name for name, each in known.items() if each.edition < before.get(name, 0)}
        for name in sorted(past):
            log.error(
                "operation %s is closed: edition %d was here and is away or damaged; put its file back, or sign a higher one",
                name,
                before[name],
            )
        now = {name: max(each.edition, before.get(name, 0)) for name, each in known.items()}
        self._remember({**before, **now}, before)
        return {name: each for name, each in known.items() if name not in past}

    def _remembered(self) -> dict[str, int] | None:
        """None if it is damaged and nothing was read before: nobody knows then what is the newest."""
        path = (self._folder or Path()) / EDITIONS
        try:
            kept = msgspec.json.decode(files.read(path), type=dict[str, int]) if path.exists() else {}
        except (msgspec.DecodeError, UnicodeDecodeError, StorageFailed):
            log.error(
                "%s is damaged, so every operation is closed; look that the newest files are there, then remove it",
                path,
            )
            return self._editions or None
        return {
            name: max(kept.get(name, 0), self._editions.get(name, 0)) for name in {*kept, *self._editions}
        }

    def _remember(self, editions: dict[str, int], before: dict[str, int]) -> None:
        self._editions = editions
        if self._folder is None or editions == before:
            return
        try:
            files.replace(self._folder / EDITIONS, msgspec.json.encode(editions))
        except StorageFailed as error:
            log.error("%s; which editions were here is known to this process only", error)

    def _file(self, name: str) -> Operation | bytes:
        """The operation, or the bytes of what is none."""
        content = b""
        try:
            content = ((self._folder or Path()) / name).read_bytes()
            return verify(content, self._hub)
        except (BadBytes, ConfigError, SealError, OSError) as error:
            log.error("operation %s is not used: %s; sign it again", name, error)
            return content[:LARGEST]


def _without(known: dict[str, Operation], spoilt: list[bytes]) -> dict[str, Operation]:
    """Without what a file that cannot be believed may replace: the operation that it says it is, or all if it does not say."""
    claimed = [CLAIMED.search(content) for content in spoilt]
    names = {found[1].decode() for found in claimed if found is not None}
    closed = set(known) if None in claimed else names & set(known)
    for name in sorted(closed):
        log.error(
            "operation %s is closed: a file that cannot be believed may be its newest edition; put that right, or remove it",
            name,
        )
    return {name: each for name, each in known.items() if name not in closed}
