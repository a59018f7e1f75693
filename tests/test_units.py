"""The units: valid, hardened, and they call commands that exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from hotspot_kiosk.cli import door

SYSTEMD = Path(__file__).resolve().parents[1] / "systemd"
UNITS = sorted((SYSTEMD / "units").glob("*.service"))
MOST_EXPOSED = {
    "hotspot-kiosk.service": 2.0,
    "hotspot-page.service": 1.5,
    "hotspot-hub@.service": 2.0,
    "hotspot-exchange.service": 2.0,
    "hotspot-update.service": 2.0,
    "hotspot-self-test.service": 2.0,
    "hotspot-provision.service": 2.0,
    "hotspot-fleet.service": 2.0,
}
COMMAND = re.compile(r"^ExecStart(?:Pre|Post)?=\+?/opt/hotspot/bin/hotspot (.+)$", re.MULTILINE)


def analyze(*words: str) -> str:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine: apt-get install systemd")
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_calls_a_command_that_exists(unit: Path) -> None:
    """With the options that it has."""
    for line in COMMAND.findall(unit.read_text("utf-8")):
        words, command = line.split(" -- ")[0].split(), door
        context = click.Context(door)
        while isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            assert found is not None, line
            command = found
        known = {option for each in command.params for option in each.opts}
        assert [word for word in words if word.startswith("-") and word not in known] == []


@pytest.mark.parametrize("name", MOST_EXPOSED)
def test_a_unit_is_hardened(name: str) -> None:
    """As `systemd-analyze security` counts; lower is less exposed."""
    said = analyze("security", "--offline=true", "--no-pager", str(SYSTEMD / "units" / name))
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said)
    if found is None and "unrecognized option" in said:
        pytest.skip("this systemd-analyze is older than 250 and cannot look at a file")
    assert found is not None, said
    assert float(found[1]) <= MOST_EXPOSED[name]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    """No setting is misspelt or in the wrong section."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text("utf-8"), flags=re.MULTILINE)
    copy = tmp_path / unit.name.replace("@", "@1")
    copy.write_text(text.replace("%i", "1"), "utf-8")
    said = analyze("verify", "--man=no", "--recursive-errors=no", str(copy))
    if "unrecognized option" in said:
        pytest.skip("this systemd-analyze is older than 250")
    ours = [line for line in said.splitlines() if copy.name in line and "is not executable" not in line]
    assert ours == []


def test_users_and_folders_are_those_the_units_name() -> None:
    """Every User= is made by sysusers, every folder of the desk by tmpfiles; dynamic users make themselves."""
    users = set(
        re.findall(r"^u (\S+)", (SYSTEMD / "sysusers.d" / "hotspot.conf").read_text("utf-8"), re.MULTILINE)
    )
    for unit in UNITS:
        text = unit.read_text("utf-8")
        named = re.search(r"^User=(\S+)", text, re.MULTILINE)
        assert named is not None, unit.name
        assert "DynamicUser=yes" in text or named[1] in users


@pytest.mark.parametrize("script", ["install", "uninstall", "deb"])
def test_scripts_are_shell(script: str) -> None:
    """A plain POSIX shell reads them."""
    assert subprocess.run(["/bin/sh", "-n", str(SYSTEMD / script)], check=False).returncode == 0


def at(root: Path, script: str, *words: str) -> str:
    """Run install or uninstall for a scratch root; what it said."""
    done = subprocess.run(
        ["/bin/sh", str(SYSTEMD / script), *words],
        env={"DESTDIR": str(root), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def files_of(root: Path) -> set[Path]:
    """Every file and link below a root."""
    return {path.relative_to(root) for path in root.rglob("*") if path.is_symlink() or path.is_file()}


def test_what_is_installed_is_uninstalled_and_records_and_keys_stay(tmp_path: Path) -> None:
    """To the last file, and it says what it left."""
    if not (SYSTEMD.parent / "models" / "built" / "centerface.onnx").exists():
        pytest.skip("the models are not built: make models")
    kept = {Path("var/lib/hotspot/outbox.db"), Path("etc/hotspot/kiosk.toml"), Path("etc/hosts")}
    for file in kept:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("x")
    at(tmp_path, "install", "--files")
    installed = files_of(tmp_path)
    assert {Path("etc/systemd/system") / unit.name for unit in UNITS} < installed
    assert Path("usr/share/dbus-1/system.d/hotspot-update.conf") in installed
    said = at(tmp_path, "uninstall")
    assert files_of(tmp_path) == kept
    assert "/var/lib/hotspot" in said
    assert "still waits to be sent" in said


def test_the_pages_process_loads_nothing_that_compiles_as_it_runs() -> None:
    """Its unit forbids memory that is written and then run, and such a library ends at once under that."""
    unit = (SYSTEMD / "units/hotspot-page.service").read_text("utf-8")
    assert "MemoryDenyWriteExecute=yes" in unit
    assert COMMAND.findall(unit) == ["web page -c /etc/hotspot/kiosk.toml"]
    program = """
import sys
from importlib import import_module
import hotspot_kiosk.cli.web
import_module("hotspot_kiosk.kiosk.web.app")
print(sorted({"llvmlite", "numba"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
