"""Self-service that an officer opened: for how many adults, in whose name, until when. Lives in memory only.

The officer has seen and attested each of those people; the screen asks nobody to attest themselves. A restart, an
officer's word, or anybody's doubt closes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from hotspot_kiosk.errors import Refused

CLOSED = "an officer has to open self-service first; ask one"


class Handover:
    """What one kiosk may still be used for without an officer's touch. Any thread may call."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """`now_ms`: milliseconds that only go forward."""
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._officer, self._people, self._until_ms = "", 0, 0

    @property
    def left(self) -> int:
        """How many people may still begin."""
        with self._lock:
            return self._left()

    def open(self, officer: str, people: int, for_ms: int) -> None:
        """From now on, in place of whatever was open before."""
        with self._lock:
            self._officer, self._people, self._until_ms = officer, people, self._now_ms() + for_ms

    def take(self) -> str:
        """One person begins; returns who attested them. Raises Refused if nothing is open."""
        with self._lock:
            if not self._left():
                raise Refused(CLOSED)
            self._people -= 1
            return self._officer

    def give_back(self) -> None:
        """Whoever took could not begin after all."""
        with self._lock:
            if self._until_ms:
                self._people += 1

    def close(self) -> None:
        """Nobody begins by themselves any more."""
        with self._lock:
            self._officer, self._people, self._until_ms = "", 0, 0

    def _left(self) -> int:
        return self._people if self._now_ms() < self._until_ms else 0
