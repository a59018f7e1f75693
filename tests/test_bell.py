"""The bell between a hub's processes: heard at once by whoever listens, waited for by nobody."""

from __future__ import annotations

import socket
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.hub.bell import CLERK, HUB_WORKER, SUFFIX, Bell


def test_everybody_who_listens_hears_the_words(tmp_path: Path) -> None:
    """Several workers, each with its own ear; another's words are not for them."""
    bell, one, two, other = Bell(tmp_path), SimpleQueue[str](), SimpleQueue[str](), SimpleQueue[str]()
    with (
        bell.listening(HUB_WORKER, one.put),
        bell.listening(HUB_WORKER, two.put),
        bell.listening(CLERK, other.put),
    ):
        Bell(tmp_path).ring(HUB_WORKER, "word")
        assert one.get(timeout=60) == two.get(timeout=60) == "word"
        Bell(tmp_path).ring(CLERK)
        assert other.get(timeout=60) == ""


def test_nobody_is_rung_when_nobody_listens(tmp_path: Path) -> None:
    """What was rung before somebody listens is lost: they look by themselves when they begin."""
    bell, heard = Bell(tmp_path), SimpleQueue[str]()
    bell.ring(CLERK, "early")
    with bell.listening(CLERK, heard.put):
        bell.ring(CLERK, "late")
        assert heard.get(timeout=60) == "late"
    bell.ring(CLERK, "after")
    with pytest.raises(Empty):
        heard.get_nowait()
    assert list(tmp_path.iterdir()) == []


def test_the_socket_of_a_process_that_was_killed_is_taken_away(tmp_path: Path) -> None:
    """It would be tried at every ring, for ever."""
    left = tmp_path / f"{CLERK}-dead{SUFFIX}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(left))
    Bell(tmp_path).ring(CLERK)
    assert not left.exists()


def test_a_folder_with_a_very_long_name_is_as_good(tmp_path: Path) -> None:
    """A socket's own name may have 107 bytes at most."""
    folder, heard = tmp_path / ("x" * 120) / ("y" * 120), SimpleQueue[str]()
    bell = Bell(folder)
    with bell.listening(CLERK, heard.put):
        bell.ring(CLERK, "far away")
        assert heard.get(timeout=60) == "far away"


def test_an_ear_that_does_not_listen_holds_up_nobody(tmp_path: Path) -> None:
    """Its queue is full; more rings are dropped, because one is enough."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / f"{CLERK}-deaf{SUFFIX}"))
        for _ in range(2000):
            Bell(tmp_path).ring(CLERK)


def test_only_the_hub_may_enter_the_folder(tmp_path: Path) -> None:
    """Another user of the machine can neither ring nor listen."""
    Bell(tmp_path / "bells")
    assert (tmp_path / "bells").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """At the start, in a sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed):
        Bell(tmp_path / "file" / "bells")


def test_a_folder_that_is_gone_stops_nobody_who_rings(tmp_path: Path) -> None:
    """A ring is a favour: the work it asks for is found without it."""
    bell = Bell(tmp_path / "bells")
    (tmp_path / "bells").rmdir()
    bell.ring(CLERK)
