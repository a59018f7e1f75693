"""What one partner's lane keeps on disk beside the store: files set aside, and whether it is stopped.

Whatever stands here waits for a person; nothing is deleted or let go on by itself.
"""

from __future__ import annotations

import re
from pathlib import Path

from hotspot_kiosk.files import plainly, write_whole
from hotspot_kiosk.hub.exchange.port import Incoming

_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
_WHY = ".why"


def plain_name(name: str) -> str:
    """A partner's name of a file, fit for a path and a journal: at most 60 plain characters."""
    return _STRANGE.sub("_", name)[-60:].lstrip(".") or "unnamed"


class Shelf:
    """One partner's folder. Every call may raise StorageFailed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._aside = folder / "aside"
        self._stop = folder / "stopped"
        with plainly(str(folder)):
            self._aside.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def stopped(self) -> str:
        """Why nothing is sent; empty if the lane is open."""
        with plainly(str(self.folder)):
            return self._stop.read_text("utf-8") if self._stop.exists() else ""

    def stop(self, why: str) -> None:
        """Send nothing until somebody opens the lane again; a restart changes nothing."""
        with plainly(str(self.folder)):
            write_whole(self._stop, why.encode(), 0o600)

    def open(self) -> None:
        """Let the lane go on."""
        with plainly(str(self.folder)):
            self._stop.unlink(missing_ok=True)

    def put_aside(self, incoming: Incoming, why: str) -> None:
        """Keep a file and the reason; the same file again is kept once."""
        path = self._aside / plain_name(incoming.name)
        number = 1
        with plainly(str(self._aside)):
            while path.exists() and path.read_bytes() != incoming.content:
                number += 1
                path = path.with_name(f"{number}-{plain_name(incoming.name)}")
            write_whole(path, incoming.content, 0o600)
            write_whole(path.with_name(path.name + _WHY), why.encode() + b"\n", 0o600)

    def aside(self) -> list[tuple[str, str]]:
        """Names of what was set aside, and why."""
        with plainly(str(self._aside)):
            files = sorted(path for path in self._aside.iterdir() if path.suffix == _WHY)
            return [(path.stem, path.read_text("utf-8").strip()) for path in files]
