"""What a process tells the service manager about itself: ready, alive, stopping (sd_notify(3)).

Without systemd every word goes nowhere. A word that cannot be sent is dropped: the manager's watchdog
then decides, as it should.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

PER_TERM = 3  # how often within the watchdog's time a sign of life is given


class Pulse:
    """Speaks to the manager named in `environment` (os.environ); `now_s` is a clock that never goes back."""

    def __init__(self, environment: Mapping[str, str], now_s: Callable[[], float]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._now_s = now_s
        self._pause_s = _microseconds(environment.get("WATCHDOG_USEC", "")) / 1e6 / PER_TERM
        self._next_s = now_s()

    def ready(self, status: str) -> None:
        """The process does its work from now on."""
        self._send(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """It was asked to end, and is about to."""
        self._send("STOPPING=1")

    def beat(self, alive: Callable[[], bool]) -> None:
        """A sign of life, if one is due and `alive` says so; it is asked no more often than that."""
        now_s = self._now_s()
        if not self._pause_s or now_s < self._next_s:
            return
        self._next_s = now_s + self._pause_s
        if alive():
            self._send("WATCHDOG=1")

    def _send(self, words: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
            way.setblocking(False)
            try:
                way.sendto(words.encode(), address)
            except OSError:
                return


def _microseconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
