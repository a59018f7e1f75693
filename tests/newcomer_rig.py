"""A bureau that takes in new kiosks, and machines that want to become one: configs in a folder, commands as people type them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from hotspot_kiosk.cli import door
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.hub.provision import assembly
from hotspot_kiosk.hub.provision.assembly import Newcomers
from hotspot_kiosk.keyring import HUB, Peers, load_private, make_pair
from hotspot_kiosk.simulator.broker import Files

MODELS = Path(__file__).resolve().parents[1] / "models"
POST = "Green line 4"
HUB_TOML = """\
[hub]
name = "Test bureau"
orders = "orders"

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
ca = "{pki}/broker-ca.pem"
certificate = "{pki}/hub.pem"
key = "{pki}/hub.key"

[store]
driver = "store_sqlite"
path = "hub.db"

[renewal]
authority = "{pki}/device-ca.pem"
authority_key = "{pki}/device-ca.key"
register = "register"
link = {{ port = {renewal_port} }}

[provision]
folder = "newcomers"
country = "XPO"
agency = "DEMO"
settings = "kiosks.toml"
broker = "broker"
"""
KIOSKS_TOML = """\
[link]
driver = "mqtt"
host = "127.0.0.1"
port = {port}
retry_most_s = 2.0

[renewal]
port = {renewal_port}

[session]
touches = 2
"""
BOARD = """\
[models]
manifest = "{models}/manifest.toml"
folder = "{models}/built"

[camera]
driver = "folder"
path = "{folder}/camera"

[finger]
driver = "uart_finger"
port = "{folder}/serial"
"""


@dataclass(frozen=True)
class Bureau:
    """The hub's folder. port, renewal_port: of the brokers' listeners for the hub; kiosk_port, new_port: for kiosks."""

    folder: Path
    files: Files
    port: int = 1
    renewal_port: int = 1
    kiosk_port: int = 1
    new_port: int = 1

    def __post_init__(self) -> None:
        (self.folder / "peers").mkdir(parents=True)
        make_pair(self.folder, "hub", HUB, "Test bureau", os.urandom(128))
        words = {
            "models": MODELS,
            "pki": self.files.folder,
            "port": self.port,
            "renewal_port": self.renewal_port,
        }
        self.config.write_text(HUB_TOML.format(**words))
        kiosks = KIOSKS_TOML.format(port=self.kiosk_port, renewal_port=self.new_port)
        (self.folder / "kiosks.toml").write_text(kiosks)
        self.known.mkdir()
        (self.known / "hub.pub").write_bytes((self.folder / "hub.pub").read_bytes())
        (self.known / "broker-ca.pem").write_bytes(self.files.ca.read_bytes())
        link = f'[link]\ndriver = "mqtt"\nhost = "127.0.0.1"\nport = {self.new_port}\nretry_most_s = 0.5\n'
        (self.known / "bureau.toml").write_text(link)

    @property
    def config(self) -> Path:
        """The hub's file."""
        return self.folder / "hub.toml"

    @property
    def known(self) -> Path:
        """What new machines know of it."""
        return self.folder / "bureau"

    def newcomers(self) -> Newcomers:
        """As a worker holds it."""
        tables = load(self.config, HubConfig)
        return assembly.build(tables, load_private(tables.keys.own), Peers(tables.keys.peers))

    def run(self, *words: str) -> Result:
        """A command of the hub."""
        return CliRunner().invoke(door, ["hub", *words[:1], *words[1:2], "-c", str(self.config), *words[2:]])

    def withdraw(self, *words: str) -> Result:
        """`hotspot hub withdraw`, as one who means it."""
        return CliRunner().invoke(
            door, ["hub", "withdraw", "-c", str(self.config), "--yes", "--reason", "test", *words]
        )


@dataclass(frozen=True)
class Machine:
    """A new machine's disk."""

    folder: Path
    known: Path
    seal: str = "disk"
    tpm: str = ""

    def __post_init__(self) -> None:
        for name in ("camera", "glass", "state"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "board.toml").write_text(BOARD.format(models=MODELS, folder=self.folder))

    @property
    def config(self) -> Path:
        """What makes it a kiosk."""
        return self.folder / "etc" / "kiosk.toml"

    @property
    def state(self) -> Path:
        """The daemon's own folder."""
        return self.folder / "state"

    def words(self, *more: str) -> list[str]:
        """`hotspot kiosk provision` for this disk."""
        places = {
            "config": self.config,
            "state": self.state,
            "desk": self.folder / "desk",
            "units": self.folder / "units",
            "bureau": self.known,
            "board": self.folder / "board.toml",
            "seal": self.seal,
            "tpm": self.tpm,
        }
        given = [word for name, value in places.items() for word in (f"--{name}", str(value)) if str(value)]
        return ["kiosk", "provision", *given, *more]

    def run(self, *more: str) -> Result:
        """Run it."""
        return CliRunner().invoke(door, self.words(*more))

    def code(self) -> str:
        """Make its keys, if it has none yet, and read the code from its screen."""
        done = self.run("--step", "keys")
        assert done.exit_code == 0, (done.output, done.exception)
        found = re.search(r"Code of this kiosk: +([0-9A-Z-]{19})", done.output)
        assert found is not None, done.output
        return found[1]
