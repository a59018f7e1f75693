"""Loads or compiles, beside a kiosk that is ready already, what reading the first finger would otherwise wait for.

A first touch that comes sooner waits for the same lock and nothing worse. It captures nothing and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from hotspot_kiosk import ridge_code
from hotspot_kiosk.compare import finger as comparing
from hotspot_kiosk.inference import finger as reading
from hotspot_kiosk.kiosk import memory
from hotspot_kiosk.kiosk.worker import worker


class Warmth:
    """A hand of the daemon's; the last to start."""

    def __init__(self, on_fault: Callable[[str], None]) -> None:
        self._thread = worker("warm-up", warm, on_fault)
        self._thread.daemon = True

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Nothing is given back, and nobody waits for a compiler: it ends with the process."""


def warm() -> None:
    """Everything that a touch needs, the commonest first; what making it left over goes."""
    reading.warm_up()
    ridge_code.warm_up()
    comparing.warm_up()
    memory.give_back()
