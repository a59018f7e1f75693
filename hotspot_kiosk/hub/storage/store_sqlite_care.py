"""Care for the hub's one file: damage is told with its remedy, a lost file is not silently replaced.

A hub that began anew with nothing would hold nothing of what its kiosks have erased, and nobody
would know. So the file has a number, and a mark beside it that says which file was worked with.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotspot_kiosk import files
from hotspot_kiosk.errors import StorageDamaged, StorageFailed
from hotspot_kiosk.sqlite import SqliteFile

GUIDE = "systemd/README.md, Backup and restore"


def check_there(path: Path, mark: Path) -> None:
    """Refuse to begin where a file was. Raises StorageFailed."""
    if mark.exists() and not (path.exists() and path.stat().st_size):
        raise StorageFailed(
            f"the hub's database {path} is gone or empty, though this hub has worked with one: put it back, or "
            f"restore a backup of it ({GUIDE}); only if this hub is to begin anew, with nothing, delete {mark.name}"
        )


def check_same(file: SqliteFile, path: Path, mark: Path) -> None:
    """Refuse another file than the one that was worked with; remember it at first. Raises StorageFailed."""
    number = str(file.rows("SELECT number FROM identity")[0][0])
    if not mark.exists():
        files.replace(mark, f"{number}\n".encode())
    elif mark.read_text("ascii", "replace").strip() != number:
        file.close()
        raise StorageFailed(
            f"{path} is another hub's database, or was made anew: put the right one back ({GUIDE}); "
            f"only if this one is to stay, delete {mark.name}"
        )


def check(file: SqliteFile) -> None:
    """Read every page once. Raises StorageDamaged with what to do."""
    with remedy():
        file.check()


@contextmanager
def remedy() -> Iterator[None]:
    """Tell with any damage what to do about it."""
    try:
        yield
    except StorageDamaged as error:
        raise StorageDamaged(
            f"{error}. Keep the file, restore the newest backup and check the disk: {GUIDE}"
        ) from None


def backup(file: SqliteFile, to: Path) -> None:
    """A whole and checked copy under its name, or nothing. Raises StorageFailed."""
    if to.exists():
        raise StorageFailed(f"{to} exists already; name another file")
    half = to.with_name(f".{to.name}.half")
    try:
        half.unlink(missing_ok=True)
        half.touch(0o600)
        file.rows("VACUUM INTO ?", (str(half),))
        copy = SqliteFile(half, "", "backup", realm=file.realm)
        copy.check()
        copy.fold()
        copy.close()
        with half.open("rb") as whole:
            os.fsync(whole.fileno())
        half.replace(to)
        files.sync_folder(to.parent)
    except OSError as error:
        raise StorageFailed(f"the backup cannot be written to {to}: {error}") from None
    finally:
        for name in (half.name, f"{half.name}-wal", f"{half.name}-shm"):
            half.with_name(name).unlink(missing_ok=True)
