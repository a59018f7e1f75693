"""Fetches Monocypher's two files out of a pinned source archive, through pip; nothing of it is committed.

`python firmware/panel/fetch.py FOLDER`. Both the archive and the files are checked by their hashes; see
models/fetch.py for what "fetch" may do. Licence: BSD-2-Clause or CC0-1.0, at your choice.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hotspot_kiosk.errors import HotspotError
from hotspot_kiosk.inference.port import Origin, digest
from models.fetch import fetch, member

PINNED = {
    "monocypher.c": "57eb914fc88136119bd41655cccb8c250048bf54d470540625186f8ab16f64be",
    "monocypher.h": "c494da712122da7ff679fdcf318a5317e84972b6c950fe9d896212947797facd",
}


def origin(name: str) -> Origin:
    """Where a file comes from."""
    return Origin(
        package="pymonocypher==4.0.3.4",
        archive="pymonocypher-4.0.3.4.tar.gz",
        size=473_285,
        sha256="5e56e3d3eb770a53e0b9f6274146663c11a11f3d0de5cd48e3be0428d1b07a4a",
        member=f"pymonocypher-4.0.3.4/{name}",
        member_sha256=PINNED[name],
    )


def main(folder: Path) -> None:
    """Put the files there, unless they are."""
    for name, pinned in PINNED.items():
        path = folder / name
        if path.is_file() and digest(path.read_bytes()) == pinned:
            continue
        archive = fetch(origin(name), folder, lambda said: print(said, file=sys.stderr))  # noqa: T201
        path.write_bytes(member(origin(name), archive))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except HotspotError as error:
        sys.exit(f"{error}")
