"""What `bench session` counts with: the model of reactions, what is nobody's time, a screen without a browser."""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages_rig import Kiosk, Pages

from hotspot_kiosk.bench.session_lane import idle
from hotspot_kiosk.bench.session_screen import Screen
from hotspot_kiosk.kiosk.capture.turns import Limits, Wait
from hotspot_kiosk.simulator.reactions import ALONE, ATTENDED, Delay

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)


@pytest.fixture
def kiosk() -> Iterator[Kiosk]:
    """A kiosk that the test plays."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        played = Kiosk(Path(made))
        played.start()
        yield played
        played.close()


@pytest.fixture
def screen(kiosk: Kiosk, tmp_path: Path) -> Iterator[Screen]:
    """A screen at a real pages' process."""
    pages = Pages(tmp_path, kiosk.path)
    pages.start()
    opened = Screen(pages.port)
    opened.open()
    yield opened
    opened.close()
    pages.close()


def test_a_seed_is_a_person() -> None:
    """The same seed takes the same time, another one another."""
    once, again, other = (ALONE.button.draw(random.Random(seed)) for seed in (1, 1, 2))
    assert once == again != other


def test_a_delay_has_its_median_and_its_tail() -> None:
    """Half are slower than the median, one in ten takes 1.4 to 1.8 times as long."""
    chance = random.Random(3)
    drawn = sorted(Delay(2.0, 0.35).draw(chance) for _ in range(4000))
    assert statistics.median(drawn) == pytest.approx(2.0, rel=0.05)
    assert 1.4 < drawn[3600] / 2.0 < 1.8


def test_who_listens_needs_longer_than_who_reads() -> None:
    """Speech is slower than silent reading; an officer's three words are soon said."""
    said, read = (ALONE.takes_in(12, listens, random.Random(1), 1.0) for listens in (True, False))
    assert said > 1.5 * read
    assert ATTENDED.takes_in(12, True, random.Random(1), 1.0) < read


@pytest.mark.parametrize(
    ("busy", "left"),
    [
        ([], [(0.0, 10.0)]),
        ([(2.0, 5.0), (4.0, 6.0)], [(0.0, 2.0), (6.0, 10.0)]),
        ([(-1.0, 3.0), (8.0, 12.0)], [(3.0, 8.0)]),
        ([(0.0, 10.0)], []),
        ([(3.0, 4.0), (1.0, 9.0)], [(0.0, 1.0), (9.0, 10.0)]),
        ([(11.0, 12.0)], [(0.0, 10.0)]),
    ],
)
def test_machine_time_is_what_nobody_else_took(
    busy: list[tuple[float, float]], left: list[tuple[float, float]]
) -> None:
    """Overlaps count once, and nothing outside of the session."""
    assert idle(0.0, 10.0, busy) == left


def test_a_screen_sees_words_and_presses_buttons(kiosk: Kiosk, screen: Screen) -> None:
    """What the pages stream comes with scene, words and finger; a button reaches the pages."""
    first = screen.after(0)
    assert first.scene == "language"
    assert screen.touch("/language", code="en") == 204
    waits = screen.after(first.number)
    assert (waits.scene, waits.cue) == ("wait", "Please wait. An officer will start.")
    kiosk.show("place finger", "left ring")
    kiosk.go("fingers")
    asked = screen.after(waits.number)
    while asked.scene != "finger":
        asked = screen.after(asked.number)
    assert (asked.cue, asked.finger) == ("Put your left ring finger on the glass", 9)


def test_the_patience_begins_with_the_first_face() -> None:
    """An empty room ends the turn after `absent_s`; somebody in it after `patience_s` from then."""
    wait = Wait(Limits(wait_s=60, patience_s=4, absent_s=10, turns_s=2), now=100.0)
    assert wait.ends == 160
    assert not wait.tells(seen=False, now=101)
    assert wait.ends == 110
    assert wait.tells(seen=False, now=103)
    assert wait.tells(seen=True, now=105)
    assert wait.ends == 109
    assert wait.tells(seen=False, now=106)
    assert wait.ends == 109


def test_advice_stands_long_enough_to_be_read() -> None:
    """Pictures that differ one by one do not make the words flicker."""
    wait = Wait(Limits(wait_s=60, stands_s=1.0), now=100.0)
    said = [wait.steady(advice, 101 + 0.3 * k) for k, advice in enumerate(["closer", "still"] * 4)]
    assert said == ["closer", "closer", "closer", "closer", "closer", "still", "still", "still"]
