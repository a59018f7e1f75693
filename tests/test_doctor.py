"""The examination of a machine: made of files here, of silicon there. Each finding can be good, bad and absent."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fake_picamera2 import World
from PIL import Image

from hotspot_kiosk import fleet
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.errors import CaptureTimeout
from hotspot_kiosk.kiosk.care import checkup_board as at
from hotspot_kiosk.kiosk.care import checkup_kiosk
from hotspot_kiosk.kiosk.care.checkup import Finding, Machine, Verdict
from hotspot_kiosk.kiosk.care.checkup_camera import Trial, examine, findings
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.devices.picamera import Options, PiCamera

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
OK, WARN, FAIL, NOT_HERE = Verdict
HEALTHY = {
    "/proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "/proc/meminfo": "MemTotal: 4000000 kB\nCmaTotal:         262144 kB\nCmaFree: 1 kB",
    "/proc/sys/kernel/random/boot_id": "b",
    "/run/systemd/timesync/synchronized": "",
    "/sys/class/thermal/thermal_zone0/temp": "51234\n",
    "/sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "/sys/class/watchdog/watchdog0/identity": "Broadcom BCM2835 Watchdog timer",
    "/sys/class/watchdog/watchdog0/state": "active",
    "/sys/class/watchdog/watchdog0/timeout": "15",
    "/sys/class/rtc/rtc0/since_epoch": str(int(NOW.timestamp()) + 1),
    "/sys/class/rtc/rtc0/battery_voltage": "3002000",
    "/sys/block/mmcblk0/device/name": "SD64G",
    "/sys/block/mmcblk0/device/date": "05/2025",
    "/sys/fs/ext4/mmcblk0p2/errors_count": "0",
    "/sys/fs/ext4/features/lazy_itable_init": "supported",
    "/dev/dma_heap/linux,cma": "",
    "/dev/video0": "",
}


class Bench:
    """A machine made of files."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        self.root = root
        self.answers: dict[str, str] = {"systemctl": "15s"}
        self.refused: set[str] = set()
        for name, text in files.items():
            self.put(name, text)

    def put(self, name: str, text: str) -> None:
        """A file."""
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def drop(self, name: str) -> None:
        """A file or a folder that is not there."""
        path = self.root / name.lstrip("/")
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def said(self, command: Sequence[str]) -> str | None:
        """What a command says."""
        return self.answers.get(command[0])

    def machine(self) -> Machine:
        """For the examination."""
        return Machine(self.root, self.said, lambda path: path.name not in self.refused)

    def finding(self, name: str) -> Finding:
        """The board's finding of that name."""
        (found,) = (finding for finding in at.board(self.machine(), NOW) if finding.name == name)
        return found


@pytest.fixture
def pi(tmp_path: Path) -> Bench:
    """A Raspberry Pi 5 on which all is well."""
    return Bench(tmp_path, HEALTHY)


def test_a_healthy_board_has_nothing_to_remedy(pi: Bench) -> None:
    """Everything is looked at, everything is well, nothing is to be done."""
    found = list(at.board(pi.machine(), NOW))
    assert [(finding.name, finding.verdict) for finding in found if finding.verdict is not OK] == []
    assert len(found) == 11
    assert not any(finding.remedy for finding in found)


def test_a_machine_that_is_no_pi_is_told_so(tmp_path: Path) -> None:
    """On anything else what is missing is neither good nor bad, and nothing fails."""
    found = list(at.board(Bench(tmp_path, {"/proc/meminfo": "MemTotal: 1 kB"}).machine(), NOW))
    assert {finding.verdict for finding in found if finding.name != "clock trust"} == {NOT_HERE}


@pytest.mark.parametrize(
    ("name", "file", "text", "verdict", "measured"),
    [
        ("board", "/proc/device-tree/model", "Raspberry Pi 3 Model B", WARN, "Pi 3"),
        ("board", "/proc/device-tree/model", "Raspberry Pi Compute Module 4 Rev 1.1", OK, "Module 4"),
        ("temperature", "/sys/class/thermal/thermal_zone0/temp", "70000", WARN, "70.0 C"),
        ("temperature", "/sys/class/thermal/thermal_zone0/temp", "81500", FAIL, "81.5 C"),
        ("temperature", "/sys/class/thermal/thermal_zone0/temp", "nonsense", NOT_HERE, ""),
        (
            "throttling",
            "/sys/devices/platform/soc/soc:firmware/get_throttled",
            "50000",
            WARN,
            "since the start",
        ),
        (
            "throttling",
            "/sys/devices/platform/soc/soc:firmware/get_throttled",
            "0x50005",
            FAIL,
            "now under-voltage, th",
        ),
        ("throttling", "/sys/devices/platform/soc/soc:firmware/get_throttled", "?", NOT_HERE, ""),
        ("watchdog", "/sys/class/watchdog/watchdog0/state", "inactive", WARN, "inactive, 15 s"),
        ("real time clock", "/sys/class/rtc/rtc0/since_epoch", "1700000000", WARN, "s apart"),
        ("real time clock", "/sys/class/rtc/rtc0/battery_voltage", "1900000", WARN, "cell 1.9 V"),
        ("card", "/sys/block/mmcblk0/device/life_time", "0x02 0x01", OK, "at most 20 % used"),
        ("card", "/sys/block/mmcblk0/device/life_time", "0x01 0x09", WARN, "at most 90 % used"),
        ("card", "/sys/block/mmcblk0/device/life_time", "0x0b 0x01", FAIL, "at most 110 % used"),
        ("file systems", "/sys/fs/ext4/mmcblk0p2/errors_count", "3", FAIL, "mmcblk0p2: 3"),
        ("camera memory", "/proc/meminfo", "CmaTotal:  65536 kB", WARN, "64 MiB"),
    ],
)
def test_each_trouble_is_seen(
    name: str, file: str, text: str, verdict: Verdict, measured: str, pi: Bench
) -> None:
    """One file says otherwise: its finding, and no other, changes; what is not well has a remedy."""
    pi.put(file, text)
    found = pi.finding(name)
    assert (found.verdict, measured in found.measured) == (verdict, True), found
    assert bool(found.remedy) == (verdict in (WARN, FAIL))
    others = [each for each in at.board(pi.machine(), NOW) if each.name != name]
    assert {each.verdict for each in others} == {OK}


@pytest.mark.parametrize(
    ("name", "gone", "verdict"),
    [
        ("watchdog", "/sys/class/watchdog", FAIL),
        ("real time clock", "/sys/class/rtc", FAIL),
        ("temperature", "/sys/class/thermal", NOT_HERE),
        ("card", "/sys/block", NOT_HERE),
        ("clock trust", "/run/systemd/timesync/synchronized", WARN),
        ("camera permissions", "/dev", NOT_HERE),
    ],
)
def test_what_a_pi_lacks(name: str, gone: str, verdict: Verdict, pi: Bench) -> None:
    """What a kiosk cannot do without is a failure on a Pi; what it can is not here."""
    pi.drop(gone)
    assert pi.finding(name).verdict is verdict


def test_the_firmware_tool_is_believed_first(pi: Bench) -> None:
    """Where vcgencmd answers, its word counts; where it fails, the kernel's."""
    pi.answers["vcgencmd"] = "throttled=0x80008"
    assert pi.finding("throttling").measured == "now too hot; since the start too hot"
    pi.answers["vcgencmd"] = "VCHI initialization failed"
    assert pi.finding("throttling").verdict is OK


@pytest.mark.parametrize("said", ["0", "infinity", ""])
def test_a_watchdog_that_nobody_feeds(said: str, pi: Bench) -> None:
    """A watchdog is of use only if systemd feeds it."""
    pi.answers["systemctl"] = said
    assert pi.finding("watchdog fed").verdict is FAIL


def test_devices_that_may_not_be_used_name_the_group(pi: Bench) -> None:
    """Refused devices are listed, with the group to join."""
    pi.refused = {"linux,cma"}
    found = pi.finding("camera permissions")
    assert (found.verdict, "/dev/dma_heap/linux,cma" in found.measured) == (FAIL, True)
    assert "usermod -aG video" in found.remedy


@pytest.mark.parametrize(
    ("target", "refused", "verdict", "remedy"),
    [
        ("ttyAMA0", False, OK, ""),
        ("ttyAMA10", False, FAIL, "debug port"),
        ("ttyAMA0", True, FAIL, "dialout"),
        ("", False, WARN, "udev rule"),
        ("gone", False, FAIL, "wiring"),
    ],
    ids=["udev", "debug", "permission", "plain", "missing"],
)
def test_the_sensors_port(target: str, refused: bool, verdict: Verdict, remedy: str, pi: Bench) -> None:
    """A udev name to a port that may be used; never the Pi 5's debug port."""
    for name in ("ttyAMA0", "ttyAMA10"):
        pi.put(f"/dev/{name}", "")
    port = pi.root / "dev" / "finger"
    if target:
        port.symlink_to(target)
    else:
        port.write_text("")
    pi.refused = {"finger"} if refused else set()
    found = at.serial_port(pi.machine(), Path("/dev/finger"))
    assert found.verdict is verdict
    assert remedy in found.remedy


GOOD = Trial(settled_s=1.2, seconds=2.0, ages_ms=(40.0, 50.0, 45.0), frames=60, mean=120, blur=0.4)


@pytest.mark.parametrize(
    ("name", "change", "verdict"),
    [
        ("exposure", {"settled_s": None}, FAIL),
        ("exposure", {"settled_s": 5.0}, WARN),
        ("brightness", {"mean": 12.0}, WARN),
        ("brightness", {"mean": 250.0}, WARN),
        ("preview rate", {"frames": 12}, WARN),
        ("preview age", {"ages_ms": (20.0, 300.0, 290.0)}, WARN),
        ("preview age", {"ages_ms": ()}, NOT_HERE),
        ("focus", {"blur": 0.7}, WARN),
    ],
)
def test_what_a_camera_shows(name: str, change: dict[str, object], verdict: Verdict) -> None:
    """Each measurement has its own limit and remedy."""
    assert {finding.verdict for finding in findings(GOOD)} == {OK}
    (found,) = (finding for finding in findings(replace(GOOD, **change)) if finding.verdict is not OK)
    assert (found.name, found.verdict) == (name, verdict)


def test_a_camera_is_measured_through_its_port() -> None:
    """Exposure, rate and age are measured with the driver itself; a plain wall is not sharp; it is closed after."""
    world = World()
    world.lux = 1000
    found = {each.name: each for each in examine(PiCamera(Options(lens_position=1.4), world.library()))}
    assert found["camera"].verdict is OK
    assert found["exposure"].measured.startswith("found and locked after")
    assert found["preview rate"].verdict is OK
    assert re.fullmatch(r"\d+ ms \(median\)", found["preview age"].measured)
    assert (found["focus"].verdict, "lens_position" in found["focus"].remedy) == (WARN, True)
    assert (world.opened, world.out) == (0, 0)


def test_a_camera_that_does_not_work_says_why() -> None:
    """The driver's own sentence is the remedy."""
    world = World()
    world.cameras.clear()
    (found,) = examine(PiCamera(Options(lens_position=1.4), world.library()))
    assert (found.verdict, "ribbon cable" in found.remedy) == (FAIL, True)


class Blind:
    """A camera that opens and never gives a picture."""

    def open(self) -> str:
        return "blind"

    def frame(self, timeout_s: float) -> object:
        raise CaptureTimeout("nothing came")

    def cancel(self) -> None: ...

    def close(self) -> None: ...


def test_a_camera_without_pictures_ends() -> None:
    """The examination does not wait for ever."""
    moments = iter(range(1000))
    (found,) = examine(Blind(), lambda: float(next(moments)))
    assert found.measured == "blind gave no picture"


@pytest.fixture
def post(tmp_path: Path) -> tuple[Path, KioskConfig]:
    """A kiosk's configuration as the demo makes it; nothing runs."""
    folders = Folders(tmp_path / "d", ROOT / "models")
    prepare(folders, 1, 2)
    return folders.kiosk_config, load(folders.kiosk_config, KioskConfig)


def by_name(config: KioskConfig, folder: Path) -> dict[str, Finding]:
    """The kiosk's findings; its folder camera sees one picture."""
    Image.new("RGB", (640, 480), (120, 120, 120)).save(folder / str(config.camera["path"]) / "wall.png")
    return {each.name: each for each in checkup_kiosk.kiosk(Machine(), config, folder, None)}


def test_a_kiosks_own_things(post: tuple[Path, KioskConfig], models_built: Path) -> None:
    """Keys, room and models are well; what needs the running kiosk is not here; nothing says a key or the post."""
    file, config = post
    found = by_name(config, file.parent)
    assert {found[name].verdict for name in ("keys", "disk room", "models")} == {OK}
    assert {found[name].verdict for name in ("link", "records")} == {NOT_HERE}
    assert found["finger sensor's port"].verdict is FAIL
    assert found["camera"].measured == "folder"
    said = " ".join(f"{each.measured} {each.remedy}" for each in found.values())
    secrets = json.loads(config.keys.own.read_text())
    assert not [name for name in ("signing_seed", "mlkem_seed", "x25519_seed") if secrets[name] in said]
    assert config.kiosk.post not in said


def test_missing_keys_and_altered_models_are_seen(post: tuple[Path, KioskConfig], tmp_path: Path) -> None:
    """A key of another device, no key, a model that is not there."""
    _, config = post
    other = replace_struct(config, kiosk=replace_struct(config.kiosk, device=4711))
    assert checkup_kiosk.keys(other).verdict is FAIL
    config.keys.own.unlink()
    assert "keys make" in checkup_kiosk.keys(config).remedy
    nothing = replace_struct(config.models, folder=tmp_path / "none")
    found = checkup_kiosk.models(nothing)
    assert (found.verdict, "centerface" in found.measured) == (FAIL, True)


def replace_struct(struct: object, **changes: object) -> object:
    """A configuration with other values."""
    return msgspec.structs.replace(struct, **changes)


@pytest.mark.parametrize(("up", "verdict"), [(True, OK), (False, WARN)])
def test_the_link_is_the_running_kiosks(up: bool, verdict: Verdict) -> None:
    """Its own word for it; with records that need a look, and devices out of order."""
    told = Told(kind="status", state="idle", link=up, waiting=3, quarantined=1, faults=("camera",))
    assert checkup_kiosk.link(told).verdict is verdict
    assert checkup_kiosk.records(told).measured == "3 wait; 1 need a look; out of order: camera"


def test_a_watchlist_that_refers_nobody_is_a_warning_and_an_alarm_of_the_fleet() -> None:
    """With its reason; a kiosk that has none, or one that fits, has nothing to say."""
    well, ill = Told(kind="status"), Told(kind="status", watchlist="edition 2 holds faces of another model")
    assert checkup_kiosk.watchlist(well).verdict is Verdict.OK
    found = checkup_kiosk.watchlist(ill)
    assert (found.verdict, found.measured) == (Verdict.WARN, ill.watchlist)
    assert checkup_kiosk.watchlist(None).verdict not in (Verdict.WARN, Verdict.FAIL)
    assert fleet.alarm(found.name) == "watchlist"


def test_the_command_speaks_json(tmp_path: Path) -> None:
    """One object a finding; a failure is its exit status; a configuration that cannot be used is a finding."""
    bench = Bench(tmp_path / "pi", HEALTHY)
    bench.put("/sys/class/thermal/thermal_zone0/temp", "99000")
    code = "from hotspot_kiosk.cli import main; main()"
    words = ["doctor", "--json", "--root", bench.root, "-c", tmp_path / "none.toml"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *words],
        capture_output=True,
        text=True,
        env=os.environ,
        check=False,
    )
    found = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert found["temperature"]["verdict"] == "fail"
    assert found["configuration"]["remedy"].startswith("there is no configuration file")
    assert set(found["board"]) == {"name", "verdict", "measured", "expected", "remedy"}
