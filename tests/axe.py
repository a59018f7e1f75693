"""axe-core (MPL-2.0), which looks for barriers in a page: fetched with npm when a test needs it, held against its hash."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

PACKAGE = "axe-core@4.14.1"
ARCHIVE = "axe-core-4.14.1.tgz"
SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
MEMBER = "package/axe.min.js"
FOLDER = Path(__file__).resolve().parents[1] / "build" / "axe"
RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


class NoAxe(Exception):
    """It cannot be had here."""


def source() -> str:
    """The script. Raises NoAxe if it cannot be fetched; a wrong archive is an error of the test."""
    archive = FOLDER / ARCHIVE
    if not archive.is_file():
        _fetch()
    data = archive.read_bytes()
    assert sha256(data).hexdigest() == SHA256, f"{ARCHIVE} is not the pinned one"
    with tarfile.open(archive) as packed:
        file = packed.extractfile(MEMBER)
        assert file is not None
        return file.read().decode("utf-8")


def serious(page: Any, script: str) -> list[str]:
    """What axe finds serious or critical in a page as it stands."""
    page.evaluate(script)
    found = page.evaluate(RUN)
    return [
        f"{each['id']}: {each['nodes'][0]['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def _fetch() -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoAxe("npm is not installed, which fetches axe-core")
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", str(FOLDER)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        raise NoAxe("axe-core cannot be fetched: no answer") from None
    if done.returncode:
        raise NoAxe(f"axe-core cannot be fetched: {done.stderr.decode().strip()[-200:]}")
