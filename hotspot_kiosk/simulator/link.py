"""A TCP link that can be cut and counts what passes: it stands between a kiosk and a broker.

It forwards bytes as they come; it neither delays nor changes them. Loopback only.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass

BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Passed:
    """Bytes that went through, TCP and IP headers not counted."""

    up: int
    down: int

    def since(self, before: Passed) -> Passed:
        """What passed after `before`."""
        return Passed(self.up - before.up, self.down - before.down)


class Link:
    """Listens on a loopback port and forwards to another."""

    def __init__(self, target: int, port: int = 0) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._up = self._down = 0
        self._cut = False
        self._cut_after: int | None = None
        self._stall_after: int | None = None
        self.stalled = threading.Event()
        self._moves = threading.Event()
        self._moves.set()
        self.was_cut = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="link", daemon=True)
        self._thread.start()

    @property
    def passed(self) -> Passed:
        """Bytes so far."""
        with self._lock:
            return Passed(self._up, self._down)

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        with self._lock:
            self._cut = True
            self._cut_after = self._stall_after = None
            self._moves.set()
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            _drop(*pair)
        self.was_cut.set()

    def mend_for(self, up_bytes: int) -> None:
        """Let connections through until so many bytes have gone up, then cut by itself: see `was_cut`."""
        with self._lock:
            self.was_cut.clear()
            self._cut_after = self._up + up_bytes
            self._cut = False

    def mend(self) -> None:
        """Let connections through again, for good: what `mend_for` was told counts no more."""
        with self._lock:
            self._cut = False
            self._cut_after = None

    def stall_after(self, up_bytes: int) -> None:
        """Let connections through; after so many bytes up nothing passes any more, but the link stands."""
        with self._lock:
            self._stall_after = self._up + up_bytes
            self._moves.clear()
            self.stalled.clear()
            self._cut = False

    def close(self) -> None:
        """Stop for good."""
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                kiosk, _ = self._listener.accept()
            except OSError:
                return
            self._join(kiosk)

    def _join(self, kiosk: socket.socket) -> None:
        try:
            broker = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            broker.settimeout(None)
        except OSError:
            kiosk.close()
            return
        for sock in (kiosk, broker):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (kiosk, broker)
        with self._lock:
            refused = self._cut
            if not refused:
                self._pairs.add(pair)
        if refused:
            _drop(*pair)
            return
        for source, sink, up in ((kiosk, broker, True), (broker, kiosk, False)):
            threading.Thread(target=self._forward, args=(source, sink, up), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                self._wait_if_stalled(up)
                sink.sendall(block)
                if self._count(len(block), up):
                    self.cut()
        _drop(source, sink)

    def _wait_if_stalled(self, up: bool) -> None:
        with self._lock:
            stalls = self._stall_after is not None and self._up >= self._stall_after
        if stalls and up:
            self.stalled.set()
            self._moves.wait()
            raise ConnectionResetError("the link was cut while it stalled")

    def _count(self, size: int, up: bool) -> bool:
        """Whether the link is to be cut now."""
        with self._lock:
            if not up:
                self._down += size
                return False
            self._up += size
            return self._cut_after is not None and self._up >= self._cut_after


def _drop(*socks: socket.socket) -> None:
    for sock in socks:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()
