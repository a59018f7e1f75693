"""How a simulated RAUC fetches a bundle: over HTTPS, by ranges, only the blocks that its other slot lacks.

A bundle here is blocks, then a list of their digests, then the length of that list; the list's digest is the manifest's.
It stands for RAUC's verity bundle with an adaptive block index; it writes no disk.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hotspot_kiosk.simulator.rauc import Slots

BLOCK = 4096
DIGEST = 32
TAIL = 8
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's bytes, the SHA-256 (hex) of its list, and the digests of its blocks."""

    content: bytes
    manifest: str
    digests: frozenset[bytes]


def bundle(blocks: list[bytes]) -> Bundle:
    """A bundle of these blocks."""
    digests = [hashlib.sha256(block).digest() for block in blocks]
    listed = b"".join(digests)
    content = b"".join(blocks) + listed + len(listed).to_bytes(TAIL)
    return Bundle(content, hashlib.sha256(listed).hexdigest(), frozenset(digests))


def fetch(slots: Slots, url: str, manifest: str, ca: Path, held: frozenset[bytes]) -> str:
    """Fetch what is lacking, check it, and write the other slot; returns why not, or nothing. held: digests of blocks that are here."""
    try:
        with _Remote(url, ca) as remote:
            listed = remote.range(-TAIL)
            size = int.from_bytes(listed)
            end = remote.size - TAIL
            listed = remote.range(end - size, end)
            if hashlib.sha256(listed).hexdigest() != manifest:
                return "bundle manifest hash does not match the required one"
            wanted = [listed[at : at + DIGEST] for at in range(0, size, DIGEST)]
            for first, last in _runs([digest not in held for digest in wanted]):
                if why := _check(remote.range(first * BLOCK, last * BLOCK), wanted[first:last]):
                    return why
    except (OSError, http.client.HTTPException) as error:
        return f"bundle access failed: {type(error).__name__}"
    return slots.install(url, manifest)


def _check(content: bytes, wanted: list[bytes]) -> str:
    found = [hashlib.sha256(content[at : at + BLOCK]).digest() for at in range(0, len(content), BLOCK)]
    return "" if found == wanted else "a block of the bundle is damaged"


def _runs(lacking: list[bool]) -> list[tuple[int, int]]:
    """Blocks that lack, side by side in one range."""
    edges = [
        at
        for at in range(len(lacking) + 1)
        if (at and lacking[at - 1]) != (at < len(lacking) and lacking[at])
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


class _Remote:
    """A file on a server, by ranges over one connection."""

    def __init__(self, url: str, ca: Path) -> None:
        place = urlsplit(url)
        context = ssl.create_default_context(cafile=str(ca))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self._path = place.path
        self._connection = http.client.HTTPSConnection(
            place.hostname or "", place.port, timeout=PATIENCE_S, context=context
        )
        self.size = 0

    def __enter__(self) -> _Remote:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def range(self, first: int, end: int = 0) -> bytes:
        """Bytes first to end; a negative first: so many from the end of the file."""
        words = f"bytes={first}" if first < 0 else f"bytes={first}-{end - 1}"
        self._connection.request("GET", self._path, headers={"Range": words})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.PARTIAL_CONTENT:
            raise ConnectionError(f"status {answer.status}")
        self.size = int(answer.headers["Content-Range"].rpartition("/")[2])
        return content
