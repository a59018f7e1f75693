"""The far end of a serial line: a pseudo-terminal that behaves like a wire.

It sends at the baud rate (10 bits a byte), garbles what is said at another speed than the host's
port is set to, and cannot hear while it sends. It knows nothing of sensors or frames.
"""

from __future__ import annotations

import os
import select
import termios
import threading
import time
import tty
from pathlib import Path

BITS_PER_BYTE = 10
FULL_S = 1.0  # what the kernel's buffer holds, 12 KB, at 115,200 baud
SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (9600, 19200, 38400, 57600, 115200, 230400)}


class PtyLine:
    """A pseudo-terminal with `link` pointing at the host's end.

    `speed` runs the wire that many times faster than `baud`, for tests. What the host leaves unread
    beyond the kernel's buffer is lost, as on a real UART; a faster wire waits for it first as long as
    the buffer lasts at the real speed, or a busy machine would lose what life does not. A line that
    `follows` takes the host's speed for its own and garbles nothing.
    """

    def __init__(self, link: Path, baud: int, speed: float = 1.0, follows: bool = False) -> None:
        self.baud, self._follows = baud, follows
        self._speed = speed
        self._full_s = FULL_S if speed > 1 else 0.0
        self._full_since: float | None = None
        self._link = link
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        _point(link, os.ttyname(self._far))

    def read(self, timeout_s: float) -> bytes:
        """What the host said within the time, garbled if it speaks at another speed; else nothing."""
        ready, _, _ = select.select([self._near], [], [], timeout_s)
        heard = self._heard() if ready else b""
        time.sleep(len(heard) / self._rate())  # the pseudo-terminal itself takes no time
        return self._as_heard(heard)

    def write(self, data: bytes, stop: threading.Event) -> None:
        """Send at the line's speed; what the host says meanwhile is not heard."""
        data = self._as_heard(data)
        rate = self._rate()
        start, sent = time.monotonic(), 0
        while sent < len(data) and not stop.is_set():
            time.sleep(max(0.0005, min(16, len(data) - sent) / rate))
            now = time.monotonic()
            due = min(len(data), int((now - start) * rate))
            self._heard()
            passed = self._put(data[sent:due], now)
            if sent + passed < due:
                start = now - (sent + passed) / rate
            sent += passed

    def deaf(self, seconds: float, stop: threading.Event) -> None:
        """Hear nothing for a while."""
        stop.wait(seconds)
        self._heard()

    def close(self) -> None:
        """Pull the plug: the host's port reports a hang-up. Call from the thread that writes, or after it."""
        self._link.unlink(missing_ok=True)
        os.close(self._far)
        os.close(self._near)

    def _rate(self) -> float:
        return self.baud * self._speed / BITS_PER_BYTE

    def _heard(self) -> bytes:
        try:
            return os.read(self._near, 4096)
        except BlockingIOError:
            return b""

    def _put(self, data: bytes, now: float) -> int:
        """How many bytes are done with: taken by the kernel, or lost since its buffer was full for too long."""
        taken = self._taken(data)
        if taken == len(data):
            self._full_since = None
            return taken
        self._full_since = now if taken or self._full_since is None else self._full_since
        return taken if now - self._full_since < self._full_s else len(data)

    def _taken(self, data: bytes) -> int:
        try:
            return os.write(self._near, data)
        except BlockingIOError:
            return 0

    def _host_baud(self) -> int:
        return SPEEDS.get(termios.tcgetattr(self._far)[5], 0)

    def _as_heard(self, data: bytes) -> bytes:
        baud = self._host_baud()
        if self._follows:
            self.baud = baud
        if baud == self.baud:
            return data
        return bytes((byte * 5 + 0x6B ^ byte >> 3) & 0xFE for byte in data)


def _point(link: Path, target: str) -> None:
    fresh = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
