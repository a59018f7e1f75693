"""The firmware's pure parts, compiled for this machine with sanitizers; and that its build repeats itself."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from panel_rig import FIRMWARE, build

PARTS = re.findall(r"^    TEST\((\w+)\),", (FIRMWARE / "host" / "parts.c").read_text(), re.MULTILINE)
PREPARE = {"begin_power"}  # called by tests, none itself


def test_every_part_is_listed() -> None:
    """A test that is written but not listed would never run."""
    written = re.findall(r"^static void (\w+)\(void\) \{", (FIRMWARE / "host" / "parts.c").read_text(), re.M)
    assert len(PARTS) > 30
    assert set(written) - PREPARE == set(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_part(name: str) -> None:
    """One behaviour of one part; its name says which."""
    done = subprocess.run([build("build/parts") / "parts", name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_noise_and_frames_at_random() -> None:
    """A short run of `make -C firmware/panel fuzz`: nothing crashes, nothing wrong is accepted."""
    fuzzer = build("build/fuzzer") / "fuzzer"
    done = subprocess.run([fuzzer, "200000", "7"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, too: nothing of the place or the time is in the image."""
    first = build() / "panel.uf2"
    for name in ("monocypher.c", "monocypher.h"):
        shutil.copy(first.parent / name, tmp_path)
    command = [
        "make",
        "-C",
        str(FIRMWARE),
        f"PYTHON={sys.executable}",
        f"B={tmp_path}",
        f"{tmp_path}/panel.uf2",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "panel.uf2").read_bytes() == first.read_bytes()
