"""The folder on a stick that carries new kiosks' requests to the hub and its answers back. Opens nothing.

`hotspot-new-1/` holds `CODE.request`, `CODE.answer`, and in `bureau/` what a new machine needs to know of its bureau,
all public. Nothing is believed for lying there: whoever acts on a file checks the signature inside.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hotspot_kiosk.errors import BadBytes, Refused, StorageFailed
from hotspot_kiosk.files import write_whole
from hotspot_kiosk.provisioning import ALPHABET, CODE_LENGTH, LARGEST

TOP = "hotspot-new-1"
REQUEST, ANSWER = ".request", ".answer"
SAFE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class NewKiosks:
    """The folder that people name, with our own folder in it. Writing may raise StorageFailed."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise Refused(f"there is no folder {folder}; is the stick in and mounted?")
        self._top = folder / TOP

    @property
    def bureau(self) -> Path:
        """Where what is known of the bureau lies."""
        return self._top / "bureau"

    def codes(self) -> list[str]:
        """Of all requests that lie here."""
        names = [path.stem for path in self._top.glob(f"*{REQUEST}")] if self._top.is_dir() else []
        return sorted(name for name in names if len(name) == CODE_LENGTH and set(name) <= set(ALPHABET))

    def read(self, code: str, kind: str) -> bytes | None:
        """A file; None if it is not here. Raises BadBytes if it cannot be read or is no plain file."""
        path = self._top / f"{code}{kind}"
        try:
            descriptor = os.open(path, os.O_RDONLY | SAFE)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadBytes(f"{path.name} cannot be read: {error.strerror}") from None
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadBytes(f"{path.name} is no plain file")
            return file.read(LARGEST + 1)

    def write(self, code: str, kind: str, content: bytes) -> None:
        """Put a file there, whole and synced."""
        self._write(self._top / f"{code}{kind}", content)

    def write_bureau(self, name: str, content: bytes) -> None:
        """Put a file of the bureau there."""
        self._write(self.bureau / name, content)

    def _write(self, path: Path, content: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise StorageFailed(f"the stick cannot be written: {error.strerror}") from None
