"""The screen where people begin by themselves: open only while an officer has opened it, and no word attests an age."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages_rig import Kiosk, Pages, until

from hotspot_kiosk.bench.session_screen import Screen

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)


@pytest.fixture(scope="module")
def kiosk() -> Iterator[Kiosk]:
    """A kiosk that the tests play."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        played = Kiosk(Path(made))
        played.start()
        yield played
        played.close()


@pytest.fixture(scope="module")
def port(kiosk: Kiosk) -> Iterator[int]:
    """The pages' process of a kiosk where people begin by themselves."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        pages = Pages(Path(made), kiosk.path, more='starts = "person"')
        pages.start()
        yield pages.port
        pages.close()


@pytest.fixture
def screen(kiosk: Kiosk, port: int) -> Iterator[Screen]:
    """Somebody chose English; nothing is open yet."""
    kiosk.handed = 0
    kiosk.go("done")
    kiosk.go("idle")
    kiosk.asked.clear()
    opened = Screen(port)
    opened.open()
    at(opened, "language")
    assert opened.touch("/language", code="en") == 204
    at(opened, "wait")
    yield opened
    opened.close()


def at(screen: Screen, scene: str) -> None:
    """Until that is on the screen."""
    until(lambda: bool(screen.seen) and screen.seen[-1].scene == scene, f"the screen never showed {scene}")


def hand_over(kiosk: Kiosk, people: int) -> None:
    """An officer opens self-service."""
    kiosk.handed = people
    kiosk.go("idle")


def test_nothing_can_be_begun_before(screen: Screen, kiosk: Kiosk) -> None:
    """The page says that an officer will start; a request that comes all the same is refused."""
    assert screen.touch("/begin", adult="yes") == 409
    assert kiosk.did("begin") == kiosk.did("begin alone") == []


def test_a_touch_begins_and_attests_nothing(screen: Screen, kiosk: Kiosk) -> None:
    """Yes to the question goes to the daemon without an attestation."""
    hand_over(kiosk, 2)
    at(screen, "begin")
    assert screen.touch("/begin", adult="yes") == 204
    assert [(ask.do, ask.adult, ask.officer) for ask in kiosk.did("begin alone")] == [
        ("begin alone", False, "")
    ]
    assert kiosk.did("begin") == []


def test_no_is_told_and_stays(screen: Screen, kiosk: Kiosk) -> None:
    """Who says to be under 18 is sent to an officer and does not begin by another answer."""
    hand_over(kiosk, 2)
    at(screen, "begin")
    assert screen.touch("/begin", adult="no") == 204
    assert len(kiosk.did("not adult")) == 1
    hand_over(kiosk, 0)
    until(lambda: screen.seen[-1].cue.startswith("Please speak with an officer"), "it says nothing")
    assert screen.touch("/begin", adult="yes") == 409
    assert kiosk.did("begin alone") == []


def test_what_ended_meanwhile_is_seen_at_once(screen: Screen, kiosk: Kiosk) -> None:
    """A touch that comes too late leads back to waiting."""
    hand_over(kiosk, 1)
    at(screen, "begin")
    kiosk.handed = 0
    assert screen.touch("/begin", adult="yes") == 409
    at(screen, "wait")
