"""The folder on a stick that carries an update to kiosks that cannot stream it: bundles, and the hub's invitation to each. Opens nothing.

`hotspot-update-1/` holds `VERSION.raucb` and `DEVICE.invitation`, the very bytes that would come over the link. Nothing is
believed for lying there: the agent checks the invitation's signature, RAUC the bundle's.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from hotspot_kiosk import files
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.fleet import LARGEST
from hotspot_kiosk.terms import MAX_DEVICE

LABEL = "HOTSPOT-UPD"  # by which a kiosk's image knows the stick
MOUNTED = Path("/run/stick")  # where it mounts it, read-only
TOP = "hotspot-update-1"
SAFE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class UpdateStick:
    """The folder that people name, with our own folder in it; it may come and go. Writing may raise StorageFailed."""

    def __init__(self, folder: Path = MOUNTED) -> None:
        self._folder = folder
        self._top = folder / TOP

    def invitation(self, device: int) -> bytes:
        """What lies here for this kiosk; nothing if there is none, or none that can be read. A byte more than any real one at most."""
        try:
            descriptor = os.open(self._invitation(device), SAFE)
        except OSError:
            return b""
        with os.fdopen(descriptor, "rb") as file:
            try:
                plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
                return file.read(LARGEST + 1) if plain else b""
            except OSError:  # it was pulled meanwhile
                return b""

    def invite(self, device: int, invitation: bytes) -> None:
        """Put one kiosk's invitation there, whole and synced."""
        self._look_for_stick()
        with files.plainly("the stick"):
            self._top.mkdir(exist_ok=True)
            files.write_whole(self._invitation(device), invitation)

    def bring(self, bundle: Path, version: str) -> None:
        """Put a bundle there, whole and synced."""
        place = self._top / f"{version}.raucb"
        beside = place.with_name(f"{place.name}.new")
        self._look_for_stick()
        with files.plainly("the stick, or the bundle,"):
            self._top.mkdir(exist_ok=True)
            with bundle.open("rb") as source, beside.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
            beside.replace(place)
            files.sync_folder(self._top)

    def _invitation(self, device: int) -> Path:
        if not 1 <= device <= MAX_DEVICE:
            raise ValueError(f"a device's number is 1 to {MAX_DEVICE}")
        return self._top / f"{device:05d}.invitation"

    def _look_for_stick(self) -> None:
        if not self._folder.is_dir():
            raise Refused(f"there is no folder {self._folder}; is the stick in and mounted?")


def url(version: str) -> str:
    """Where a kiosk finds the bundle of a version while the stick is in."""
    return str(MOUNTED / TOP / f"{version}.raucb")
