"""Processes that can be killed and started again: forked from a server that has everything loaded.

Only what was started here is killed, by the handle that was kept.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from hotspot_kiosk.errors import Temporary
from hotspot_kiosk.simulator.broker import free_port
from hotspot_kiosk.torture import actors
from hotspot_kiosk.torture.actors import Role

CONTEXT = multiprocessing.get_context("forkserver")
Play = Callable[[Role, Connection], None]
START_S = 60.0
BROKER = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence false
max_queued_messages 10000
"""


class NotReady(Temporary):
    """A process did not start in time."""


class Actor:
    """One process at a time, with a pipe on which it speaks."""

    def __init__(self, play: Play) -> None:
        CONTEXT.set_forkserver_preload([actors.__name__])
        self._play = play
        self._process: BaseProcess | None = None
        self.pipe: Connection | None = None

    @property
    def runs(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.exitcode is None

    def start(self, role: Role) -> None:
        """Fork it."""
        self.pipe, theirs = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=self._play, args=(role, theirs), daemon=True)
        process.start()
        self._process = process
        theirs.close()

    def kill(self) -> bool:
        """SIGKILL; returns whether it was alive. What it said can still be read."""
        if self._process is None:
            return False
        lived = self.runs
        self._process.kill()
        self._process.join()
        self._process = None
        return lived

    def hang_up(self) -> None:
        """Give the pipe back."""
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None


class Broker:
    """A real Mosquitto without persistence: every start has forgotten everything."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(BROKER.format(port=self.port))
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([broker_path(), "-c", self._config], stdout=log, stderr=log)
        ends = time.monotonic() + START_S
        while time.monotonic() < ends:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise NotReady("Mosquitto did not start")

    def kill(self) -> bool:
        """SIGKILL; returns whether it was alive."""
        if self._process is None:
            return False
        lived = self._process.poll() is None
        self._process.kill()
        self._process.wait()
        self._process = None
        return lived


def broker_path() -> str:
    """Where Mosquitto is, empty if it is not; Debian keeps it out of a plain user's PATH."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
