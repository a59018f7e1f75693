"""What a kiosk destroys when the hub orders it or when its box is opened: keys first, and proven.

Without its keys nothing that is left speaks for this kiosk or reads an answer; records are sealed for
the hub and need none of them. A key's bytes are overwritten and synced before its name goes. On flash
memory old copies may outlive that (wear levelling): keep the keys on an encrypted partition, whose own
key dies with the zeroise line or the TPM.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.files import sync_folder

log = logging.getLogger(__name__)
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Remains:
    """What there is to destroy, in this order; each file with everything whose name begins like it."""

    keys: tuple[Path, ...] = ()
    records: tuple[Path, ...] = ()


def destroy(remains: Remains) -> None:
    """Keys, then records. Raises StorageFailed naming what is still there; the rest is gone then."""
    try:
        destroy_keys(remains)
    finally:
        records = list(_files(remains.records))
        _remove(records)
    _prove(remains.records, records)
    log.warning("erased: %s", _names(remains.records))


def destroy_keys(remains: Remains) -> None:
    """Overwrite every key, then remove them; one that cannot be destroyed does not save the others.

    Raises StorageFailed naming what is still there.
    """
    overwrite(remains.keys)
    log.warning("keys destroyed: %s", _names(remains.keys))


def overwrite(paths: tuple[Path, ...]) -> None:
    """Overwrite and remove these files and all whose names begin like theirs.

    Raises StorageFailed naming what is still there.
    """
    found = list(_files(paths))
    for file in found:
        _overwrite(file)
    _remove(found)
    _prove(paths, found)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file, and where a link points, that before the link."""
    for path in paths:
        for file in sorted(path.parent.glob(f"{path.name}*")):
            if file.is_symlink() and file.exists():
                yield file.resolve()
            yield file


def _overwrite(key: Path) -> None:
    try:
        with key.open("r+b", buffering=0) as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                left -= file.write(bytes(min(left, CHUNK)))
            os.fsync(file.fileno())
            file.truncate(0)
            os.fsync(file.fileno())
    except OSError as error:
        log.error("%s could not be overwritten: %s", key.name, error.strerror)


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        try:
            file.unlink(missing_ok=True)
            sync_folder(file.parent)
        except OSError as error:
            log.error("%s could not be removed: %s", file.name, error.strerror)


def _prove(paths: tuple[Path, ...], files: Iterable[Path]) -> None:
    """Look again: under the names, and at each of `files`, where links pointed, too."""
    left = {file for path in paths for file in path.parent.glob(f"{path.name}*")}
    left |= {file for file in files if os.path.lexists(file)}
    if left:
        raise StorageFailed(
            f"still there: {', '.join(sorted(file.name for file in left))}; take the storage out of the box and destroy it by hand"
        )


def _names(paths: tuple[Path, ...]) -> str:
    return ", ".join(path.name for path in paths)
