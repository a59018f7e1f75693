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


def test_what_is_uninstalled_leaves_records_and_keys(tmp_path: Path) -> None:
    """And says so."""
    kept = [tmp_path / "var/lib/hotspot/outbox.db", tmp_path / "etc/hotspot/kiosk.toml"]
    gone = [tmp_path / "opt/hotspot/bin/hotspot", tmp_path / "etc/systemd/system/hotspot-kiosk.service"]
    for file in (*kept, *gone):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    script = str(SYSTEMD / "uninstall")
    done = subprocess.run(
        ["/bin/sh", script],
        env={"DESTDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(file.exists() for file in kept)
    assert not any(file.exists() for file in gone)
    assert "/var/lib/hotspot" in done.stderr
    assert "still waits to be sent" in done.stderr


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
