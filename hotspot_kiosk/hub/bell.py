"""A bell between processes of one hub: whoever changes a case rings, whoever must act on it looks at once.

Sockets in one folder that only the hub may enter. A ring may be lost: it says "look now" and nothing else,
and whoever listens looks every few seconds anyway. Workers on other machines hear nothing and do just that.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.files import plainly

log = logging.getLogger(__name__)
LONGEST = 64  # bytes of a ring
SUFFIX = ".bell"
MARK = b"!"  # an empty datagram would look like the end
HUB_WORKER, CLERK = "hub", "clerk"


class Bell:
    """The folder of sockets. Any thread may ring. Raises StorageFailed if the folder cannot be made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with plainly(str(folder)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def ring(self, whom: str, words: str = "") -> None:
        """Everybody who listens as `whom` looks now; nobody is waited for."""
        try:
            with self._place() as place, _open() as ours:
                for path in Path(place).glob(f"{whom}-*{SUFFIX}"):
                    _send(ours, path, MARK + words.encode()[:LONGEST])
        except StorageFailed as error:
            log.warning("nobody can be rung: %s", error)

    @contextmanager
    def listening(self, whom: str, on_ring: Callable[[str], object]) -> Iterator[None]:
        """Call `on_ring` with the words of every ring, in a thread of its own, until this ends."""
        name = f"{whom}-{secrets.token_hex(6)}{SUFFIX}"
        with _open(blocking=True) as ours:
            with self._place() as place, plainly(str(self._folder)):
                ours.bind(f"{place}/{name}")
            hearing = threading.Thread(target=_hear, args=(ours, on_ring), name=f"{whom}'s bell")
            hearing.start()
            try:
                yield
            finally:
                (self._folder / name).unlink(missing_ok=True)
                ours.shutdown(socket.SHUT_RD)
                hearing.join()

    @contextmanager
    def _place(self) -> Iterator[str]:
        """The folder under a name that is always short enough for a socket (108 bytes, unix(7))."""
        with plainly(str(self._folder)):
            descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)


def _send(ours: socket.socket, path: Path, ring: bytes) -> None:
    try:
        ours.sendto(ring, str(path))
    except ConnectionRefusedError:  # whoever listened there was ended in the middle
        with contextlib.suppress(OSError):
            path.unlink()
    except OSError as error:
        log.info("a bell was not heard (%s); it is looked for anyway", error.strerror)


def _open(*, blocking: bool = False) -> socket.socket:
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    ours.setblocking(blocking)
    return ours


def _hear(ours: socket.socket, on_ring: Callable[[str], object]) -> None:
    while ring := ours.recv(LONGEST + len(MARK)):
        on_ring(ring.removeprefix(MARK).decode("ascii", "replace"))
