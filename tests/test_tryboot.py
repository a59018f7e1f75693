"""RAUC's boot backend for the Pi's firmware, on a folder that stands for the board."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

BOOT = Path(__file__).resolve().parents[1] / "firmware" / "boot"


@dataclass
class Board:
    """autoboot.txt, a device tree, and what systemd gives to the firmware at the next restart."""

    folder: Path

    def say(self, *words: str, fails: bool = False) -> str:
        """What the script says."""
        done = subprocess.run(
            ["/bin/sh", str(BOOT / "rauc-tryboot"), *words],
            env={
                "PATH": "/usr/bin:/bin",
                "HOTSPOT_AUTOBOOT": str(self.folder / "autoboot.txt"),
                "HOTSPOT_DEVICE_TREE": str(self.folder),
                "HOTSPOT_REBOOT_ARGUMENT": str(self.folder / "argument"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        return (done.stderr if fails else done.stdout).strip()

    def restart(self) -> str:
        """As the firmware: the tried partition once, if asked for, else the used one. Returns the slot."""
        argument = self.folder / "argument"
        section = "[tryboot]" if argument.exists() and argument.read_text() == "0 tryboot\n" else "[all]"
        argument.unlink(missing_ok=True)
        after = (self.folder / "autoboot.txt").read_text().split(section)[1]
        number = int(after.split("boot_partition=")[1].split()[0])
        chosen = self.folder / "chosen" / "bootloader"
        chosen.mkdir(parents=True, exist_ok=True)
        (chosen / "partition").write_bytes(number.to_bytes(4, "big"))
        return self.say("get-current")


@pytest.fixture
def board(tmp_path: Path) -> Board:
    shutil.copy(BOOT / "autoboot.txt", tmp_path / "autoboot.txt")
    return Board(tmp_path)


def test_a_fresh_card_starts_from_a(board: Board) -> None:
    """Which is good, and B is not."""
    assert board.restart() == "A"
    assert [board.say("get-primary"), board.say("get-state", "A"), board.say("get-state", "B")] == [
        "A",
        "good",
        "bad",
    ]


def test_a_written_slot_is_tried_once(board: Board) -> None:
    """Whatever ends that start, the next is from the good slot."""
    board.say("set-primary", "B")
    assert board.say("get-primary") == "B"
    assert [board.restart(), board.restart()] == ["B", "A"]


def test_a_good_slot_stays(board: Board) -> None:
    """And the way back is the one before."""
    board.say("set-primary", "B")
    board.restart()
    board.say("set-state", "B", "good")
    assert [board.restart(), board.restart()] == ["B", "B"]
    board.say("set-primary", "A")
    assert [board.restart(), board.restart()] == ["A", "B"]


def test_a_bad_slot_is_left(board: Board) -> None:
    """As before an update that was called off."""
    board.say("set-primary", "B")
    board.say("set-state", "B", "bad")
    assert board.restart() == "A"
    board.say("set-state", "A", "bad")
    assert board.restart() == "A"


def test_an_update_that_is_called_off_is_not_tried(board: Board) -> None:
    """The running slot is made the primary one again."""
    board.say("set-primary", "B")
    board.say("set-primary", "A")
    assert board.restart() == "A"


@pytest.mark.parametrize("words", [(), ("set-primary", "C"), ("set-state", "A", "fine"), ("get-state", "")])
def test_nonsense_is_refused(board: Board, words: tuple[str, ...]) -> None:
    """And changes nothing."""
    before = (board.folder / "autoboot.txt").read_text()
    assert "rauc-tryboot:" in board.say(*words, fails=True)
    assert (board.folder / "autoboot.txt").read_text() == before


def test_a_board_that_does_not_say_where_it_started_from_is_refused(board: Board) -> None:
    """With what to look at."""
    assert "EEPROM" in board.say("get-current", fails=True)
