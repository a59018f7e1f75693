"""The stage: keys and configs in one folder; broker, hub, sensor and kiosk as processes of their own.

Only what it started is ended, by the handle it kept. Everything listens on loopback.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotspot_kiosk.demo import texts
from hotspot_kiosk.errors import Temporary
from hotspot_kiosk.keyring import HUB, load_private, make_pair
from hotspot_kiosk.operation import draft, sign
from hotspot_kiosk.simulator.broker import free_port
from hotspot_kiosk.simulator.link import Link

DEVICE = 17
STOP_S = 10.0


class NotReady(Temporary):
    """A part of the demo did not come up in time."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where everything of the demo lies."""

    root: Path
    models: Path

    @property
    def kiosk_config(self) -> Path:
        """The kiosk's config file."""
        return self.root / "kiosk" / "kiosk.toml"

    @property
    def hub_config(self) -> Path:
        """The hub's config file."""
        return self.root / "hub" / "hub.toml"

    @property
    def desk(self) -> Path:
        """The kiosk's desk socket."""
        return self.root / "desk"

    @property
    def outbox(self) -> Path:
        """The kiosk's outbox file."""
        return self.root / "kiosk" / "outbox.db"

    @property
    def camera(self) -> Path:
        """The folder the camera looks at."""
        return self.root / "camera"

    @property
    def glass(self) -> Path:
        """The glass of the simulated sensor."""
        return self.root / "glass"

    @property
    def serial(self) -> Path:
        """Where the sensor's serial device appears."""
        return self.root / "serial"

    def log(self, name: str) -> Path:
        """A process's log file."""
        return self.root / f"{name}.log"


def prepare(folders: Folders, link_port: int, broker_port: int) -> None:
    """Make folders, keys and configs."""
    for folder in (folders.camera, folders.glass, folders.root / "kiosk", folders.root / "hub"):
        folder.mkdir(parents=True, exist_ok=True)
    _, hub_public = make_pair(folders.root / "hub", "hub", HUB, "Demo bureau", os.urandom(128))
    _, kiosk_public = make_pair(folders.root / "kiosk", "kiosk", DEVICE, "Demo post", os.urandom(128))
    for public, peers in (
        (hub_public, folders.root / "kiosk" / "peers"),
        (kiosk_public, folders.root / "hub" / "peers"),
    ):
        peers.mkdir()
        (peers / public.name).write_bytes(public.read_bytes())
    words = {
        "device": DEVICE,
        "link_port": link_port,
        "broker_port": broker_port,
        "models": folders.models,
        "root": folders.root,
    }
    folders.kiosk_config.write_text(texts.KIOSK.format(**words))
    folders.hub_config.write_text(texts.HUB.format(**words))
    now = datetime.now(UTC)
    begins, ends = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
    operation = draft(texts.OPERATION.format(device=DEVICE, begins=begins, ends=ends))
    signed = sign(operation, load_private(folders.root / "hub" / "hub.key"))
    (folders.root / "kiosk" / "operation.op").write_bytes(signed)
    (folders.root / "broker.toml").write_text(texts.BROKER.format(**words))


class Stage:
    """The running parts; a context manager that ends them all.

    broker_port, link_port: of a broker, and a way to it, that stand already; 0 for ones of its own.
    prepare: makes folders, keys and configs, told the port of the way and the broker's.
    """

    def __init__(
        self,
        folders: Folders,
        broker_port: int = 0,
        link_port: int = 0,
        prepare: Callable[[Folders, int, int], None] = prepare,
    ) -> None:
        self.folders, self._prepare = folders, prepare
        self._broker_port = broker_port or free_port()
        self.link = Link(self._broker_port)
        self._link_port = link_port or self.link.port
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Stage:
        self._prepare(self.folders, self._link_port, self._broker_port)
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(list(self._processes)):
            self._end(name)
        self.link.close()

    def start_broker(self) -> None:
        """Start the embedded MQTT 5 broker."""
        self._start("broker", ["-m", "iotcore", "--config", str(self.folders.root / "broker.toml")])
        self._await("broker", lambda: _listens(self._broker_port))

    def start_hub(self) -> None:
        """Start the hub."""
        self._hotspot("hub", "hub", "run", "-c", str(self.folders.hub_config))
        self._await("hub", lambda: "link up" in self.folders.log("hub").read_text())

    def start_sensor(self) -> None:
        """Start the simulated sensor."""
        place = self.folders
        self._hotspot(
            "sensor", "simulate", "sensor", "--link", str(place.serial), "--glass", str(place.glass)
        )
        self._await("sensor", place.serial.is_symlink)

    def start_kiosk(self) -> None:
        """Start the kiosk's daemon; it is ready when its desk answers."""
        self._hotspot("kiosk", "kiosk", "run", "-c", str(self.folders.kiosk_config))
        self._await("kiosk", lambda: _answers(self.folders.desk))

    def start_page(self, port: int) -> None:
        """Start the pages' process; its config's table [page] names this port."""
        self._hotspot("page", "kiosk", "page", "-c", str(self.folders.kiosk_config))
        self._await("page", lambda: _listens(port))

    def start_exchange(self) -> None:
        """Start the clerks of the hub's partners."""
        self._hotspot("exchange", "hub", "exchange", "serve", "-c", str(self.folders.hub_config))
        bells = self.folders.root / "hub" / "journal" / "bells"
        self._await("exchange", lambda: any(bells.glob("clerk-*")))

    def start_biohub(self, name: str, ready: Callable[[], bool], *words: str) -> None:
        """Start a partner's system, with the words of `hotspot simulate biohub`."""
        self._hotspot(name, "simulate", "biohub", *words)
        self._await(name, ready)

    def kill_kiosk(self) -> int:
        """SIGKILL to the daemon; returns its pid."""
        process = self._processes.pop("kiosk")
        process.send_signal(signal.SIGKILL)
        process.wait()
        return process.pid

    def pid(self, name: str) -> int:
        """The process id of a part."""
        return self._processes[name].pid

    def _hotspot(self, name: str, *words: str) -> None:
        self._start(name, ["-c", "from hotspot_kiosk.cli import main; main()", *words])

    def _start(self, name: str, arguments: list[str]) -> None:
        with self.folders.log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _await(self, name: str, ready: Callable[[], bool], timeout_s: float = 120.0) -> None:
        ends = time.monotonic() + timeout_s
        while not ready():
            code = self._processes[name].poll()
            if code is not None or time.monotonic() > ends:
                last = self.folders.log(name).read_text(errors="replace").strip().splitlines()[-1:]
                raise NotReady(f"the {name} did not start: {''.join(last) or f'exit code {code}'}")
            time.sleep(0.05)

    def _end(self, name: str) -> None:
        process = self._processes.pop(name)
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(str(path))
        except OSError:
            return False
    return True
