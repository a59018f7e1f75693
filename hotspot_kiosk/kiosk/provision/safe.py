"""Where a kiosk's private bytes lie: on the disk as they are, or encrypted by systemd for this machine (its TPM, its host key).

`systemd-creds` does the encrypting; no key of ours is made for it. What each way is worth to a thief: `systemd/README.md`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from hotspot_kiosk import files
from hotspot_kiosk.errors import Refused, StorageFailed

TPM_DEVICE = Path("/dev/tpmrm0")
HOST_KEYS = Path("/var/lib/systemd")
MOUNTS = Path("/proc/self/mounts")
LIMIT_S = 120.0
PCRS = "7"  # systemd's own default; a board whose firmware measures nothing is not bound by it


class Kept(StrEnum):
    """How private bytes are kept."""

    TPM = "tpm2"
    HOST = "host"
    DISK = "disk"


class Safe(Protocol):
    """One way. Every method may raise StorageFailed or Refused."""

    @property
    def kept(self) -> Kept:
        """Which one."""

    def put(self, path: Path, name: str, content: bytes) -> None:
        """Keep it in this file, whole or not at all."""

    def get(self, path: Path, name: str) -> bytes:
        """What the file keeps."""


class Disk:
    """As it is, readable by its owner only."""

    kept = Kept.DISK

    def put(self, path: Path, name: str, content: bytes) -> None:
        """Keep it."""
        files.replace(path, content)

    def get(self, path: Path, name: str) -> bytes:
        """Read it."""
        return files.read(path)


@dataclass(frozen=True, slots=True)
class Creds:
    """As a credential that systemd hands to a unit with LoadCredentialEncrypted. device: another TPM than the board's."""

    kept: Kept
    device: str = ""

    def put(self, path: Path, name: str, content: bytes) -> None:
        """Encrypt it; the plain bytes never touch the disk."""
        tpm = [f"--tpm2-pcrs={PCRS}", *self._device()] if self.kept is Kept.TPM else []
        files.replace(path, _run("encrypt", f"--name={name}", f"--with-key={self.kept}", *tpm, given=content))

    def get(self, path: Path, name: str) -> bytes:
        """Decrypt it, on this machine only."""
        return _run("decrypt", f"--name={name}", *self._device(), given=files.read(path))

    def _device(self) -> list[str]:
        return [f"--tpm2-device={self.device}"] if self.device else []


def best(units: Path) -> Kept:
    """The best way that this machine has. units: where systemd's units are told to open a key; an image that is read-only keeps keys
    on a partition that is encrypted as a whole. A host key in memory would be gone with the next start.
    """
    if os.geteuid() != 0 or not os.access(units, os.W_OK):
        return Kept.DISK
    if TPM_DEVICE.exists():
        return Kept.TPM
    return Kept.HOST if HOST_KEYS.is_dir() and not _in_memory(HOST_KEYS) else Kept.DISK


def of(kept: Kept, device: str = "") -> Safe:
    """The way of this name."""
    return Disk() if kept is Kept.DISK else Creds(kept, device)


def _in_memory(folder: Path) -> bool:
    """Whether a folder's file system is one that a restart empties."""
    kinds = {Path(point): kind for _, point, kind, *_ in map(str.split, MOUNTS.read_text().splitlines())}
    under = next((place for place in (folder, *folder.parents) if place in kinds), None)
    return under is None or kinds[under] in ("tmpfs", "ramfs", "overlay")


def _run(verb: str, *words: str, given: bytes) -> bytes:
    """systemd-creds from pipe to pipe. Raises Refused if there is none, StorageFailed with its last words."""
    command = ["systemd-creds", verb, *words, "-", "-"]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=LIMIT_S, check=False)
    except FileNotFoundError:
        raise Refused("there is no systemd-creds here (systemd 250 or later); use --seal disk") from None
    except subprocess.TimeoutExpired:
        raise StorageFailed("systemd-creds does not come back; is the TPM well?") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise StorageFailed(
            f"systemd-creds {verb} failed: {''.join(said) or done.returncode}; run it as root, or use --seal disk"
        )
    return done.stdout
