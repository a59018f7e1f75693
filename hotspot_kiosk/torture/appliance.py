"""A kiosk in a virtual board, and what it needs outside: broker, hub, sensor, a person to stand before it.

The kiosk is the image itself, set up by a stick as a real one is; the far ends of its wires are here:
the sensor's line ends at the simulated sensor, the camera's folder is filled with what the person shows.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from shlex import quote

import msgspec
import numpy as np

from hotspot_kiosk.demo.cast import Cast
from hotspot_kiosk.demo.stage import DEVICE, Folders, Stage
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.pictures import jpeg_within
from hotspot_kiosk.simulator.subject import Subject
from hotspot_kiosk.stick_update import LABEL
from hotspot_kiosk.torture.depot import Depot
from hotspot_kiosk.torture.machine import CANNOT, IMAGE_BUILD, Machine, MachineFailed

MODELS = Path(__file__).resolve().parents[2] / "models"
OUTSIDE = "10.0.2.2"  # QEMU's user network: the machine that it runs on
PICTURES = "/var/lib/hotspot/pictures"
SAID = "/run/check"
PATIENCE_S = 3600.0  # emulation on a busy machine takes minutes for what a board does in seconds
KIOSK = """\
[kiosk]
device = {device}
post = "Green line 4"
country = "XPO"
agency = "DEMO"
desk = "/run/hotspot-desk/desk"

[keys]
own = "/var/lib/hotspot/keys/kiosk.key"
peers = "peers"

[models]
manifest = "/opt/hotspot/models/manifest.toml"
folder = "/opt/hotspot/models"

[camera]
driver = "folder"
path = "{pictures}"

[finger]
driver = "uart_finger"
port = "/dev/hotspot-finger"
ppi = 500

[link]
driver = "mqtt"
host = "{outside}"
port = {port}
retry_most_s = 2.0

[outbox]
path = "/var/lib/hotspot/outbox.db"

[operation]
file = "/var/lib/hotspot/operation.op"

# Emulation is slow, and the person here has time.
[session]
subject_s = 900.0
answer_s = 600.0

[update]
state = "/var/lib/hotspot/update.db"
link = {{ port = {fleet_port} }}
ca = "bundles.pem"
quiet_s = 0.0
self_test_s = 600.0
status_s = 30.0
"""


class CannotStart(MachineFailed):
    """This machine cannot make the stick or start the board; the message says why."""


class Appliance:
    """One kiosk and its bureau; a context manager that cuts the one and ends the other."""

    def __init__(self, folder: Path, people: bool = True) -> None:
        """people: whether the hub's gallery holds the cast; where nobody is checked, that only takes time."""
        self.stage = Stage(Folders(folder / "outside", MODELS))
        self.cast = Cast(self.stage.folders)
        self._folder, self._people = folder, people
        self._shown: set[str] = set()
        self._depot: Depot | None = None
        self._machine: Machine | None = None

    def __enter__(self) -> Appliance:
        self.stage.__enter__()
        if self._people:
            self.cast.enrol()
        for start in (self.stage.start_broker, self.stage.start_hub, self.stage.start_sensor):
            start()
        hub = self.stage.folders.root / "hub"
        self._depot = Depot(self._folder / "depot", hub / "hub.key", hub / "peers", DEVICE, OUTSIDE)
        self._depot.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self._machine is not None:
            self._machine.cut()
        if self._depot is not None:
            self._depot.__exit__()
        self.stage.__exit__()

    @property
    def depot(self) -> Depot:
        """From where it is updated. Raises RuntimeError before `__enter__`."""
        if self._depot is None:
            raise RuntimeError("the bureau does not run yet")
        return self._depot

    @property
    def machine(self) -> Machine:
        """The virtual board; the same card at every start."""
        if self._machine is None:
            folder = self._folder / "machine"
            folder.mkdir()
            stick = "if=none,id=stick,format=raw,file=/mnt/machine/stick.img"
            line = f"serial,id=finger,path={self.stage.folders.serial.resolve()}"
            self._machine = Machine(
                folder,
                (
                    *("-chardev", line, "-device", "pci-serial,chardev=finger"),
                    *("-device", "qemu-xhci", "-drive", stick, "-device", "usb-storage,drive=stick"),
                ),
            )
        return self._machine

    def insert(self, image: Path, data_mib: int = 256) -> None:
        """A fresh card, and the stick that sets the kiosk up."""
        self.machine.insert(image, data_mib)
        self._write_stick(self._folder / "stick")
        self._make_stick(self._folder / "stick", "stick.img")

    def plug_update(self, folder: Path) -> None:
        """Somebody comes with a stick that holds the rollout under way."""
        self.depot.carry(folder)
        self._make_stick(folder, "update.img", LABEL)
        self.machine.plug("update.img")

    def _make_stick(self, folder: Path, name: str, *label: str) -> None:
        made = subprocess.run(
            [IMAGE_BUILD / "stick", folder, self.machine.folder / name, *label],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise CannotStart(
                f"the stick could not be made (code {made.returncode}, {CANNOT} means never): {made.stderr[-300:]}"
            )

    def await_ready(self, timeout_s: float = PATIENCE_S) -> float:
        """Wait until the daemon said that it is ready; returns when, in seconds since the kernel started."""
        self.machine.await_true("systemctl is-active hotspot-kiosk", timeout_s)
        said = self.machine.run(
            "systemctl show --value -p ActiveEnterTimestampMonotonic hotspot-kiosk"
        ).output
        return int(said) / 1e6

    def await_well(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until the boot loader was told that this start went well: all three tries are there again."""
        slot = self.slot()
        self.machine.await_true(f"[ $(fw_printenv -n BOOT_{slot}_LEFT) = 3 ]", timeout_s)

    def slot(self) -> str:
        """Which system runs: A or B."""
        said = self.machine.run("sed -n 's/.*rauc.slot=\\([AB]\\).*/\\1/p' /proc/cmdline").output.strip()
        if said not in ("A", "B"):
            raise MachineFailed(f"no system is named on the kernel's line: {said[-100:]}")
        return said

    def version(self) -> str:
        """Of the system that runs."""
        return self.machine.run("sed -n 's/^IMAGE_VERSION=//p' /etc/os-release").output.strip()

    def await_link(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until the daemon says that its link to the hub is up; to ask it costs much, so the connection is looked for first."""
        port = self.stage.link.port
        self.machine.await_true(f"ss -Htn state established dport = :{port} | grep -q .", timeout_s)
        self.machine.await_true(
            f"{_hotspot('kiosk', 'status', '--json')} | grep -q '\"link\":true'", timeout_s
        )

    def check(self, subject: Subject, seed: int, timeout_s: float = PATIENCE_S) -> list[Told]:
        """Check one person and wait for the answer; returns all that the kiosk said."""
        visit = self.cast.visit(subject, seed)
        command = _hotspot("kiosk", "watch", "--json")
        self.machine.run(
            f"mkdir -p {PICTURES}; chmod 0755 {PICTURES}; : >{SAID}; nohup {command} >>{SAID} 2>&1 &"
        )
        self.machine.await_true(f"grep -q status {SAID}")
        begin = _hotspot("kiosk", "check", "--adult", "--notice-read")
        self.machine.run(f"nohup {begin} >/dev/null 2>&1 &")
        heard: list[Told] = []
        ends = time.monotonic() + timeout_s
        while not any(told.kind == "answer" for told in heard):
            if time.monotonic() > ends:
                raise MachineFailed(f"there is no answer after {timeout_s:.0f} s; last: {heard[-5:]}")
            fresh = self._said()[len(heard) :]
            for told in fresh:
                heard.append(told)
                if told.kind == "show":
                    visit.hear(told.prompt, told.detail)
                    self._show()
            time.sleep(0.5)
        visit.leave()
        return heard

    def _said(self) -> list[Told]:
        lines = self.machine.run(f"cat {SAID}").output.splitlines()
        return [
            msgspec.json.decode(line, type=Told)
            for line in lines
            if line.startswith("{") and line.endswith("}")
        ]

    def _show(self) -> None:
        """What the person shows lies in the camera's folder of the machine, too; each picture goes there once, for it goes slowly."""
        for picture in sorted(self.stage.folders.camera.glob("*.png")):
            if picture.name in self._shown:
                continue
            name = f"{PICTURES}/{picture.name}"
            put = f"cat >{quote(name + '.tmp')} && mv {quote(name + '.tmp')} {quote(name)}"
            self.machine.run(f"{put} && chmod 0644 {quote(name)}", given=picture.read_bytes())
            self._shown.add(picture.name)

    def _write_stick(self, folder: Path) -> None:
        """As a bureau would, with the kiosk's key made outside so that the hub knows it already; its camera sees a wall."""
        outside = self.stage.folders.root / "kiosk"
        (folder / "lib/keys").mkdir(parents=True)
        (folder / "lib/pictures").mkdir()
        (folder / "lib/pictures/nobody.jpg").write_bytes(
            jpeg_within(np.full((480, 640, 3), 128, np.uint8), 1 << 16)
        )
        shutil.copytree(outside / "peers", folder / "etc/peers")
        shutil.copy(outside / "kiosk.key", folder / "lib/keys/kiosk.key")
        shutil.copy(outside / "operation.op", folder / "lib/operation.op")
        port = self.stage.link.port
        fleet_port, bundles_port = self.depot.ports
        shutil.copy(self.depot.authority, folder / "etc/bundles.pem")
        (folder / "etc/kiosk.toml").write_text(
            KIOSK.format(device=DEVICE, pictures=PICTURES, outside=OUTSIDE, port=port, fleet_port=fleet_port)
        )
        (folder / "etc/hub-addresses").write_text(f"{OUTSIDE}\n")
        (folder / "etc/firewall.nft").write_text(
            f"add element inet kiosk hub_ports {{ {port}, {fleet_port}, {bundles_port} }}\n"
        )


def memory_mib(machine: Machine) -> float:
    """Resident memory of the daemon in a machine."""
    pid = machine.run("systemctl show --value -p MainPID hotspot-kiosk").output.strip()
    said = machine.run(f"sed -n 's/^VmRSS: *//p' /proc/{pid}/status").output
    return int(said.split()[0]) / 1024


def _hotspot(*words: str) -> str:
    return " ".join(("/opt/hotspot/bin/hotspot", *words, "-c", "/etc/hotspot/kiosk.toml"))
