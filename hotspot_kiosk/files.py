"""Small files that must survive a power cut: written whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from hotspot_kiosk.errors import StorageFailed, StorageFull


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file's content durably: a reader sees the old or the new, never half. Raises OSError."""
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def replace(path: Path, content: bytes) -> None:
    """`write_whole` for this process's own files, readable by nobody else. Raises StorageFailed."""
    try:
        write_whole(path, content, 0o600)
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}") from None


def give(path: Path, like: Path) -> None:
    """Hand a file or folder to whom another belongs, if root does this. Raises StorageFailed."""
    if os.geteuid() == 0:
        with plainly(str(path)):
            owner = like.stat()
            os.chown(path, owner.st_uid, owner.st_gid)


def read(path: Path) -> bytes:
    """What a file holds. Raises StorageFailed."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror}") from None


@contextmanager
def plainly(what: str) -> Iterator[None]:
    """Tell an OSError of the block as ours: StorageFull if the disk is full, else StorageFailed."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageFailed
        raise kind(f"{what} cannot be used: {error.strerror}") from None


@contextmanager
def for_now(folder: Path, begins: str, ends: str, content: bytes) -> Iterator[Path]:
    """A file of a new name that only this user may read, erased at the block's end, also when the process is told to stop.

    Raises StorageFailed or StorageFull. Only a kill that cannot be caught leaves it there: so the folder should lie in memory.
    """
    caught = (signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, _leave) for each in caught}
    try:
        with ExitStack() as until:
            with plainly(str(folder)):
                out = until.enter_context(tempfile.NamedTemporaryFile(dir=folder, prefix=begins, suffix=ends))
                out.write(content)
                out.flush()
            yield Path(out.name)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)
