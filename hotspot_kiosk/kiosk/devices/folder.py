"""A camera that is a folder: its frames are the picture files that appear in it.

It takes what `pictures` lets in, names a file that it refuses, and never writes, moves or deletes
one.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import msgspec

from hotspot_kiosk import pictures
from hotspot_kiosk.errors import BadSample, CaptureCancelled, CaptureTimeout, DeviceLost, WrongDevice
from hotspot_kiosk.kiosk.devices.port import SMALL_SIDE, Camera, Frame

SUFFIXES = (".jpg", ".jpeg", ".png")
POLL_S = 0.05

FileKey = tuple[int, str, int]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The camera's part of the configuration."""

    path: Path
    name: str = "folder"


class FolderCamera:
    """The port `Camera` over a folder.

    A file counts as new if its name, time or size was not seen before, so a file that was read
    half-written is read again when it is whole. Names that begin with a dot or end in .tmp, and
    names that are no picture's, are passed over.
    """

    def __init__(self, options: Options) -> None:
        self._folder = options.path
        self._name = options.name
        self._opened = False
        self._seen: set[FileKey] = set()
        self._lock = threading.Lock()
        self._waiting = False
        self._cancelled = threading.Event()

    def open(self) -> str:
        """The camera's name. Raises DeviceLost if the folder is missing, WrongDevice if it is no folder."""
        self._files()
        self._opened = True
        return self._name

    def check(self) -> None:
        """Whether the folder can be read."""
        if not self._opened:
            raise DeviceLost("the folder camera is not open")
        self._files()

    def frame(self, timeout_s: float) -> Frame:
        """The newest file not returned before; waits for one.

        Raises as the port says, and BadSample, naming file and reason, once for a file that
        cannot be used.
        """
        with self._lock:
            self._cancelled.clear()
            self._waiting = True
        try:
            return self._read(self._await_file(time.monotonic() + timeout_s))
        finally:
            with self._lock:
                self._waiting = False

    def cancel(self) -> None:
        """End a running `frame` at once; without one this does nothing."""
        with self._lock:
            if self._waiting:
                self._cancelled.set()

    def close(self) -> None:
        """Stop looking; `open` may be called again. What was returned stays returned."""
        self._opened = False

    def _await_file(self, deadline: float) -> Path:
        while True:
            if not self._opened:
                raise DeviceLost("the folder camera is not open")
            files = self._files()
            self._seen.intersection_update(files)
            fresh = [key for key in files if key not in self._seen]
            if fresh:
                self._seen.add(max(fresh))
                return self._folder / max(fresh)[1]
            left = deadline - time.monotonic()
            if left <= 0:
                raise CaptureTimeout(f"no new picture came into {self._folder} in time")
            if self._cancelled.wait(min(POLL_S, left)):
                raise CaptureCancelled("the capture was stopped on request")

    def _files(self) -> list[FileKey]:
        try:
            with os.scandir(self._folder) as entries:
                return [key for entry in entries if (key := _key(entry))]
        except NotADirectoryError as error:
            raise WrongDevice(f"{self._folder} is a file, not a folder of pictures") from error
        except OSError as error:
            raise DeviceLost(f"the folder {self._folder} cannot be read: {error.strerror}") from error

    def _read(self, file: Path) -> Frame:
        try:
            pixels = pictures.decode(pictures.read(file))
        except BadSample as error:
            raise BadSample(f"{file.name}: {error}") from error
        return Frame(self._name, pictures.shrunk(pixels, SMALL_SIDE), lambda: pixels)


def build(options: Options) -> Camera:
    """The camera the options describe, unopened."""
    return FolderCamera(options)


def _key(entry: os.DirEntry[str]) -> FileKey | None:
    name = entry.name
    if name.startswith(".") or name.endswith(".tmp") or not name.lower().endswith(SUFFIXES):
        return None
    try:
        facts = entry.stat()
    except FileNotFoundError:
        return None
    return (facts.st_mtime_ns, name, facts.st_size) if entry.is_file() else None
