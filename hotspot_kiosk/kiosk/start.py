"""Starts a kiosk, and waits with growing pauses, saying so at the desk, while its disk does not work.

What only somebody can put right, such as a wrong config, still ends the start at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hotspot_kiosk.errors import Refused, StorageFailed
from hotspot_kiosk.kiosk.desk import Ask, Desk, Told
from hotspot_kiosk.kiosk.storage.patience import Patience

log = logging.getLogger(__name__)


class Kiosk(Protocol):
    """What is started: a daemon."""

    def run(self) -> str:
        """Work until stopped; returns why it had to stop, empty if it was asked to."""

    def stop(self) -> None:
        """End `run` soon, or at once when it begins."""


class Start:
    """One kiosk from its first try to its end. `now_ms` counts milliseconds and never goes back."""

    def __init__(self, desk: Path, now_ms: Callable[[], int]) -> None:
        self._desk = Desk(desk, self._asked)
        self._now_ms = now_ms
        self._stop = threading.Event()
        self._kiosk: Kiosk | None = None
        self._why = ""

    def run(self, build: Callable[[], Kiosk]) -> str:
        """Build it as soon as the disk allows, and run it; returns why it had to stop.

        Raises whatever `build` raises but StorageFailed.
        """
        self._kiosk = self._built(build)
        if self._kiosk is None:
            return ""
        if self._stop.is_set():
            self._kiosk.stop()
        return self._kiosk.run()

    def stop(self) -> None:
        """End the waiting or the kiosk; any thread may call this."""
        self._stop.set()
        if self._kiosk is not None:
            self._kiosk.stop()

    def _built(self, build: Callable[[], Kiosk]) -> Kiosk | None:
        patience = Patience()
        try:
            while not self._stop.is_set():
                try:
                    return build()
                except StorageFailed as error:
                    self._say(str(error))
                    pause_ms = patience.failed(self._now_ms())
                    log.error("the kiosk starts when its disk works, next try in %d s", pause_ms // 1000)
                self._stop.wait(pause_ms / 1000)
        finally:
            self._desk.close()
        return None

    def _say(self, why: str) -> None:
        if why == self._why:
            return
        log.error("the kiosk cannot start: %s", why)
        first, self._why = not self._why, why  # known before anybody can ask
        if first:
            self._desk.start()
        self._desk.tell(self._stands())

    def _stands(self) -> Told:
        return Told(
            kind="status", state="fault", faults=("outbox",), note=f"the kiosk cannot start yet: {self._why}"
        )

    def _asked(self, ask: Ask) -> Told:
        if ask.do not in ("status", "watch"):
            raise Refused(f"the kiosk cannot start yet: {self._why}")
        return self._stands()
