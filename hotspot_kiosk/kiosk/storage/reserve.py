"""Disk space kept back for the day the disk is full: a file of zeros that can be given up.

On a full disk even a deletion fails, because it is first written to the log. The reserve is given
up for that, and for nothing else; nobody new is captured until it stands again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

RESERVE = 8 << 20


class Reserve:
    """A preallocated file beside the outbox. No method raises: a missing reserve is a state."""

    def __init__(self, path: Path, size: int = RESERVE) -> None:
        self._path = path
        self._size = size

    @property
    def stands(self) -> bool:
        """Whether all of it is there."""
        try:
            return self._path.stat().st_blocks * 512 >= self._size
        except OSError:
            return False

    def make(self, spare: int = 0) -> bool:
        """Make it if it does not stand and if `spare` bytes would be left; returns whether it stands."""
        if self.stands:
            return True
        try:
            if shutil.disk_usage(self._path.parent).free < self._size + spare:
                return False
            self._allocate()
        except OSError:
            self.give_up()
        return self.stands

    def give_up(self) -> bool:
        """Free its space; returns whether there was anything to free."""
        stood = self._path.exists()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        return stood and not self._path.exists()

    def _allocate(self) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
