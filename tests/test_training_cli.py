"""The terminal's form of the lessons: every line is marked, and a training's folder is the only one that goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspot_kiosk import realm
from hotspot_kiosk.cli import door
from hotspot_kiosk.cli.training import _fresh, lines
from hotspot_kiosk.errors import ConfigError, LinkDown
from hotspot_kiosk.kiosk.web.coach import Stand, Step
from hotspot_kiosk.terms import Realm
from hotspot_kiosk.training.lessons import ALL


def test_the_lessons_are_listed_in_words() -> None:
    """One line each, with what is staged."""
    shown = CliRunner().invoke(door, ["training", "list"]).output.splitlines()
    assert [line.split()[0] for line in shown] == list(ALL)
    assert all(":" in line for line in shown)


@pytest.mark.parametrize("learned", [True, False])
def test_each_line_of_a_lesson_is_marked(learned: bool) -> None:
    """Steps with what is done, what may be said, what was done otherwise; what was learned only at the end."""
    steps = tuple(Step(number, learned or number == 1) for number in range(1, 5))
    stand = Stand(lesson="wet-finger", steps=steps, says=("dry",), aside=("overruled",), learned=learned)
    out = lines(stand)
    assert all(line.startswith("TRAINING | ") for line in out)
    assert sum(" x " in line for line in out) == (4 if learned else 1)
    assert any("A dry finger takes seconds" in line for line in out) is learned
    assert all(line.startswith("TRAINING | ") for line in lines(Stand()))


@pytest.mark.parametrize("words", [["status"], ["stop"], ["begin", "hit"], ["say", "dry"]])
def test_without_a_training_it_says_how_to_start_one(words: list[str], tmp_path: Path) -> None:
    """In a sentence."""
    outcome = CliRunner().invoke(door, ["training", *words, "--folder", str(tmp_path)])
    assert isinstance(outcome.exception, LinkDown)
    assert "hotspot training run" in str(outcome.exception)


def test_a_training_takes_its_folder_away(tmp_path: Path) -> None:
    """Also what an earlier one left; a folder that is no training's, or in which one runs, is left alone."""
    place, other = tmp_path / "training", tmp_path / "other"
    for _ in range(2):
        with _fresh(place) as root:
            assert realm.of_folder(root) is Realm.TRAINING
            assert root.stat().st_mode & 0o077 == 0
        assert not place.exists()
    realm.mark(place)
    (place / "left").touch()
    with _fresh(place) as root:
        assert not (root / "left").exists()
    other.mkdir()
    (other / "precious").touch()
    with pytest.raises(ConfigError, match="is not a training's"), _fresh(other):
        pass
    assert (other / "precious").exists()
    realm.mark(place)
    (place / "desk").touch()
    with pytest.raises(ConfigError, match="a training runs in"), _fresh(place):
        pass
