"""A real Mosquitto on a loopback port, for one test run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from hotspot_kiosk.simulator.broker import free_port

CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence false
{more}
"""


def find() -> str | None:
    """Where Mosquitto is; Debian keeps it out of a plain user's PATH."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Mosquitto:
    """A broker that can be stopped and started again on the same port."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(CONFIG.format(port=self.port, more=more))
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [find() or "mosquitto", "-c", str(self._config)], stdout=log, stderr=log
            )
        ends = time.monotonic() + 60
        while self._process.poll() is None and time.monotonic() < ends:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"Mosquitto did not start: {self._log.read_text()}")

    def stop(self) -> None:
        """End the process that `start` started."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None
