"""A kiosk's health without a kiosk: a machine made of files, a configuration, the daemon's word as a test sets it."""

from __future__ import annotations

from pathlib import Path

from making import NOW
from pages_rig import CONFIG

from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.kiosk.care.checkup import Machine
from hotspot_kiosk.kiosk.care.health import Health
from hotspot_kiosk.kiosk.care.loglines import Recent
from hotspot_kiosk.kiosk.desk import Told

MORE = """[update]
state = "update.db"
run = "{folder}/run"
[panel]
driver = "panel"
port = "/dev/hotspot-panel"
"""
TOLD = Told(kind="status", state="idle", link=True, waiting=2, quarantined=0, oldest_s=90, supply_mv=12_100)


class Setup:
    """Builds it; a test changes what lies there and what the daemon says."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told, self.recent = folder, TOLD, Recent()
        self.root = folder / "root"
        self.file = folder / "kiosk.toml"
        (folder / "run").mkdir(parents=True)
        self.put("/sys/class/thermal/thermal_zone0/temp", "51000")
        self.put("/sys/fs/ext4/mmcblk0p2/errors_count", "0")
        self.put("/etc/os-release", 'ID=debian\nIMAGE_VERSION="1.4.2"')
        words = {"desk": folder / "desk", "port": 8080, "subject_s": 45.0}
        self.file.write_text(CONFIG.format(**words, more=MORE.format(folder=folder)))
        self.config = load(self.file, KioskConfig)
        self.machine = Machine(self.root, lambda _command: None)
        self.health = Health(self.machine, self.config, folder, self.recent, lambda: self.told, lambda: NOW)

    def put(self, name: str, text: str) -> None:
        """A file of the machine."""
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
