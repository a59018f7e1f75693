"""A real Mosquitto with the project's own configuration, on loopback ports, for bench and tests.

Makes its certificates, rewrites only paths, ports and the user of `systemd/mosquitto/hotspot.conf`,
and ends the process that it started. It stands for the bureau's broker, not for a kiosk's part.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import Temporary
from hotspot_kiosk.seal_certificates import Identity, Term

CONFIG = Path(__file__).resolve().parents[2] / "systemd" / "mosquitto"
INSTALLED = "/etc/mosquitto/hotspot"
START_S = 60.0


class NoBroker(Temporary):
    """Mosquitto is not installed or did not start."""


def find() -> str | None:
    """Where Mosquitto is; Debian keeps it out of a plain user's PATH."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Files:
    """Certificates of a trial in one folder, all made anew; `ca` is what a client trusts."""

    def __init__(self, folder: Path, now: datetime | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._now = now or datetime.now(UTC)
        self.server_ca = certificates.make_authority("broker-ca", self.term())
        self.device_ca = certificates.make_authority("device-ca", self.term())
        self.ca = self.write("broker-ca", self.server_ca)[0]
        self.write("device-ca", self.device_ca)
        self.broker(self.term())
        self.hub = self.write("hub", certificates.make_hub(self.device_ca, self.term()))
        self.revoke()

    def term(self, begins_in_days: float = 0, days: int = 30) -> Term:
        """A term that begins so many days from now."""
        return Term(self._now + timedelta(days=begins_in_days), days)

    def broker(self, term: Term) -> None:
        """Give the broker another certificate."""
        self.write("broker", certificates.make_broker(self.server_ca, ["localhost", "127.0.0.1"], term))

    def revoke(self, *serials: int) -> None:
        """Write the list of certificates that count no more."""
        (self.folder / "withdrawn.crl").write_bytes(certificates.revoked(self.device_ca, serials, self._now))

    def kiosk(
        self, device: int, term: Term | None = None, authority: Identity | None = None
    ) -> tuple[Path, Path]:
        """Certificate and key of a kiosk."""
        made = certificates.make_kiosk(authority or self.device_ca, device, term or self.term())
        return self.write(f"kiosk-{device}", made)

    def write(self, stem: str, identity: Identity) -> tuple[Path, Path]:
        """Both files of an identity."""
        pem, key = self.folder / f"{stem}.pem", self.folder / f"{stem}.key"
        pem.write_bytes(identity.certificate)
        key.touch(0o600)
        key.write_bytes(identity.key)
        return pem, key


class Broker:
    """Mosquitto as a bureau would run it; a context manager."""

    def __init__(self, files: Files, config: str = "hotspot.conf") -> None:
        """`config` is a file of systemd/mosquitto: `port` is its listener for kiosks."""
        self.files = files
        self._name = config
        self.port, self.hub_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What it said."""
        return (self.files.folder / "mosquitto.log").read_text(errors="replace")

    def start(self) -> None:
        """Start and wait until it listens. Raises NoBroker."""
        program = find()
        if program is None:
            raise NoBroker("Mosquitto is not installed: apt-get install mosquitto")
        folder = self.files.folder
        for name in ("acl", "acl-fleet", "acl-renewal"):
            shutil.copy(CONFIG / name, folder / name)
        (folder / self._name).write_text(self._config())
        environment = {**os.environ, "OPENSSL_CONF": str(CONFIG / "openssl.cnf")}
        with (folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(folder / self._name)], stdout=log, stderr=log, env=environment
            )
        ends = time.monotonic() + START_S
        while not (_listens(self.port) and _listens(self.hub_port)):
            if self._process.poll() is not None or time.monotonic() > ends:
                raise NoBroker(f"Mosquitto did not start: {self.log.strip().splitlines()[-1:]}")
            time.sleep(0.05)

    def reload(self) -> None:
        """Have it read its lists again, as `systemctl reload` does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End the process that `start` started."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def _config(self) -> str:
        text = (CONFIG / self._name).read_text().replace(INSTALLED, str(self.files.folder))
        hub, kiosks = f"listener {self.hub_port} 127.0.0.1", f"listener {self.port} 127.0.0.1"
        text = re.sub(r"^listener \d+ 127.0.0.1$", hub, text, flags=re.MULTILINE)
        text = re.sub(r"^listener \d+$", kiosks, text, flags=re.MULTILINE)
        return text + ("\nuser root\n" if os.geteuid() == 0 else "")


def free_port() -> int:
    """A port that nobody uses; below the range of outgoing connections, so that it stays free."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - any port will do
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
