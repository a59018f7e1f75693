"""A small ext4 file system in a file, on a loop device, whose power can be cut. Needs root.

The cut is ext4's own (EXT4_IOC_SHUTDOWN, NOLOGFLUSH): from that instant nothing reaches the disk,
and what was not synced before is gone at the next mount.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

from hotspot_kiosk.errors import StorageFailed

SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
PATIENCE_S = 60.0


def missing() -> str:
    """Why there can be no such disk here; empty if there can."""
    if os.geteuid() != 0:
        return "mounting a disk needs root"
    if not Path("/dev/loop-control").exists():
        return "there are no loop devices"
    tools = [tool for tool in ("mkfs.ext4", "mount", "umount") if not _tool(tool)]
    return f"{', '.join(tools)} is missing" if tools else ""


class Disk:
    """A mounted disk; a context manager that unmounts it."""

    def __init__(self, folder: Path, mib: int = 64) -> None:
        self._image = folder / "disk.img"
        self.root = folder / "disk"
        self._mib = mib

    def __enter__(self) -> Disk:
        self.root.mkdir()
        with self._image.open("wb") as file:
            file.truncate(self._mib << 20)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        self.mount()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.unmount()
        except StorageFailed:
            _run("umount", "-l", str(self.root))
            raise
        finally:
            self._image.unlink()

    def mount(self) -> None:
        """Mount it; a journal left by a cut is replayed.

        A process in a mount namespace of its own that began meanwhile keeps the dead disk alive, and
        the kernel would hand out that one again: then a copy of the disk takes its place.
        """
        _run("mount", "-o", "loop", str(self._image), str(self.root))
        if self._is_dead():
            self.unmount()
            fresh = self._image.with_name(f"{self._image.name}.{time.monotonic_ns()}")
            shutil.copyfile(self._image, fresh)
            self._image.unlink()
            self._image = fresh
            _run("mount", "-o", "loop", str(self._image), str(self.root))

    def unmount(self) -> None:
        """Unmount it; waits for whoever was killed to let go."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            if subprocess.run([_tool("umount"), self.root], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.02)
        raise StorageFailed(f"{self.root} cannot be unmounted")

    def cut(self) -> None:
        """Cut the power: nothing reaches the disk any more."""
        descriptor = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def _is_dead(self) -> bool:
        try:
            os.close(os.open(self.root, os.O_TMPFILE | os.O_RDWR, 0o600))
        except OSError as error:
            return error.errno == errno.EIO
        return False

    def turn_read_only(self) -> None:
        """What ext4 does when its disk fails: from now on it can only be read, until it is mounted anew."""
        _run("mount", "-o", "remount,abort", str(self.root))

    def fill(self, leave: int = 0) -> Path:
        """Fill it up but for `leave` bytes; returns the file to delete afterwards."""
        filler = self.root / "filler"
        with filler.open("wb") as file:
            for size in (1 << 20, 1 << 12):
                while shutil.disk_usage(self.root).free > leave + size and _allocate(file.fileno(), size):
                    pass
        return filler


def _allocate(descriptor: int, size: int) -> bool:
    try:
        os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, size)
    except OSError:
        return False
    return True


def _tool(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


def _run(tool: str, *words: str) -> None:
    done = subprocess.run([_tool(tool), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StorageFailed(f"{tool} failed: {done.stderr.strip()}")
