"""A bureau on this machine: keys of many kiosks in one folder, hub workers as processes of their own.

For tests and benches. Workers may be killed and started again at will; only what it started is ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk.config import HubConfig, build_variant, load
from hotspot_kiosk.errors import Temporary
from hotspot_kiosk.hub.storage.store import Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.keyring import HUB, load_private, make_pair
from hotspot_kiosk.seal import PrivateKeys, PublicKeys

MAIN = "from hotspot_kiosk.cli import main; main()"
CONFIG = """\
[hub]
name = "Bureau"
share = "{share}"

[keys]
own = "hub.key"
peers = "peers"

[models]
manifest = "{models}/manifest.toml"
folder = "{models}/built"

[link]
driver = "mqtt"
host = "127.0.0.1"
port = {port}
retry_most_s = 1.0
{tls}

[store]
{store}
"""
SQLITE = 'driver = "store_sqlite"\npath = "hub.db"'
POSTGRES = 'driver = "store_postgres"\ndsn = "{dsn}"'


class NoWorker(Temporary):
    """A hub worker did not start; the message is its last word."""


class Bureau:
    """Config, keys and workers; a context manager that ends the workers. `tls`: more lines for [link]."""

    def __init__(
        self,
        folder: Path,
        models: Path,
        port: int,
        devices: Iterable[int],
        dsn: str = "",
        share: str = "",
        tls: str = "",
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "peers").mkdir()
        self.folder = folder
        self.config = folder / "hub.toml"
        store = POSTGRES.format(dsn=dsn) if dsn else SQLITE
        self.config.write_text(CONFIG.format(share=share, models=models, port=port, tls=tls, store=store))
        make_pair(folder, "hub", HUB, "Bureau", os.urandom(128))
        self.own = load_private(folder / "hub.key")
        self.kiosks = {device: self._kiosk(device) for device in devices}
        self._workers: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Bureau:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._workers):
            self.kill(name)

    @property
    def public(self) -> PublicKeys:
        """The hub's public keys."""
        return self.own.public()

    def open_store(self) -> Store:
        """The store, for whoever wants to look; close it."""
        section = load(self.config, HubConfig).store
        store = build_variant("hotspot_kiosk.hub.storage", "store", section, self.folder)
        return guard(store, lambda: datetime.now(UTC))

    def start(self, *names: str) -> None:
        """Start workers, all at once, and wait until each has its link."""
        self.call(*names)
        for name in names:
            self._await(name)

    def call(self, *names: str) -> None:
        """Start workers and do not wait."""
        for name in names:
            self._log(name).unlink(missing_ok=True)
            with self._log(name).open("wb") as log:
                self._workers[name] = subprocess.Popen(
                    [sys.executable, "-c", MAIN, "hub", "run", "-c", str(self.config)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )

    def ready(self, name: str) -> bool:
        """Whether a worker has its link."""
        return "link up" in self.said(name)

    def said(self, name: str) -> str:
        """A worker's log since its last start."""
        return self._log(name).read_text(errors="replace")

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye."""
        process = self._workers.pop(name)
        process.kill()
        process.wait()

    def _kiosk(self, device: int) -> PrivateKeys:
        private, public = make_pair(self.folder, f"k{device}", device, f"Post {device}", os.urandom(128))
        public.rename(self.folder / "peers" / public.name)
        return load_private(private)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _await(self, name: str) -> None:
        ends = time.monotonic() + 120
        while not self.ready(name):
            if self._workers[name].poll() is not None or time.monotonic() > ends:
                raise NoWorker(f"{name} did not start: {self.said(name).strip()[-500:]}")
            time.sleep(0.05)
