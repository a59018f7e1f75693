"""`hotspot finger mosaic`: touches of one finger become one picture; strangers and bad files are named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from prints import touch

from hotspot_kiosk.cli.finger import command
from hotspot_kiosk.errors import BadSample, Refused
from hotspot_kiosk.simulator.finger_touch import FULL

LEFT, RIGHT, SIDE = 20, 70, 192


@pytest.fixture
def touches(tmp_path: Path) -> list[Path]:
    """Two windows of one impression 50 px apart, and another finger's."""
    whole, stranger = touch(1, 0, FULL), touch(2, 0, FULL)
    top = (whole.shape[0] - SIDE) // 2
    cut = [whole[top : top + SIDE, at : at + SIDE] for at in (LEFT, RIGHT)]
    made = []
    for name, pixels in zip(
        ("a", "b", "c"), (*cut, stranger[top : top + SIDE, LEFT : LEFT + SIDE]), strict=True
    ):
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
        made.append(tmp_path / f"{name}.png")
    return made


def run(out: Path, touches: list[Path]) -> str:
    """What the command says."""
    done = CliRunner().invoke(
        command, ["mosaic", *map(str, touches), "--out", str(out)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_two_touches_become_one_wider_picture(touches: list[Path], tmp_path: Path) -> None:
    """Its ridges are those of the impression both were cut from; a stranger's touch is left out by name."""
    out = tmp_path / "one.png"
    said = run(out, touches)
    assert "2 of 3 touches" in said
    assert f"left out: {touches[2]}" in said
    seen = cv2.imread(str(out), cv2.IMREAD_GRAYSCALE)
    assert abs(seen.shape[1] - (SIDE + RIGHT - LEFT)) <= 4
    assert abs(seen.shape[0] - SIDE) <= 4
    assert out.stat().st_mode & 0o077 == 0
    whole = touch(1, 0, FULL)
    top = (whole.shape[0] - SIDE) // 2
    inner = seen[8 : SIDE - 8, 8 : SIDE + RIGHT - LEFT - 8]
    best = cv2.matchTemplate(
        whole[top - 6 : top + SIDE + 6, LEFT - 6 : RIGHT + SIDE + 6], inner, cv2.TM_CCOEFF_NORMED
    )
    assert best.max() > 0.8


def test_what_is_there_is_not_overwritten(touches: list[Path], tmp_path: Path) -> None:
    """The file keeps what it holds."""
    out = tmp_path / "kept.png"
    out.write_bytes(b"kept")
    with pytest.raises(Refused, match="exists already"):
        run(out, touches)
    assert out.read_bytes() == b"kept"


@pytest.mark.parametrize("bad", ["empty", "white", "tiny"])
def test_a_bad_file_is_named(touches: list[Path], tmp_path: Path, bad: str) -> None:
    """And nothing is written, or it is left out."""
    file = tmp_path / "bad.png"
    if bad == "empty":
        file.write_bytes(b"")
    else:
        cv2.imwrite(str(file), np.full((16, 16) if bad == "tiny" else (192, 192), 255, np.uint8))
    out = tmp_path / "none.png"
    if bad == "white":
        assert f"left out: {file}" in run(out, [touches[0], file])
        return
    with pytest.raises(BadSample, match=r"bad\.png"):
        run(out, [touches[0], file])
    assert not out.exists()
