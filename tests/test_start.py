"""A kiosk whose disk does not work at the start: it waits, says so at the desk, and begins by itself."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hotspot_kiosk.errors import ConfigError, Refused, StorageFailed
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.start import Start

WHY = "the outbox outbox.db cannot be used: the disk can only be read; check the card"


class Running:
    """A kiosk that runs until it is stopped."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self._stop = threading.Event()

    def run(self) -> str:
        """Until `stop`."""
        self.began.set()
        self._stop.wait()
        return "it was stopped"

    def stop(self) -> None:
        """End `run`."""
        self._stop.set()


class Trial:
    """A start in a thread of its own, whose disk fails as long as `fails` is set."""

    def __init__(self, folder: Path) -> None:
        self.desk = folder / "desk"
        self.fails = threading.Event()
        self.fails.set()
        self.tries = 0
        self.kiosk = Running()
        self.start = Start(self.desk, Clock().now_ms)
        self.ended: list[str] = []
        self._thread = threading.Thread(target=lambda: self.ended.append(self.start.run(self._build)))

    def begin(self) -> None:
        """Start."""
        self._thread.start()

    def join(self) -> None:
        """Until it ends."""
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _build(self) -> Running:
        self.tries += 1
        if self.fails.is_set():
            raise StorageFailed(WHY)
        return self.kiosk


def until(done: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    ends = time.monotonic() + 60
    while not done():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A start that has not begun."""
    return Trial(tmp_path)


def test_it_says_at_the_desk_why_it_waits(trial: Trial) -> None:
    """The officer sees the sentence, and a capture is refused with it."""
    trial.begin()
    until(trial.desk.exists)
    told = desk.ask(trial.desk, desk.Ask("status"))
    assert (told.state, told.faults) == ("fault", ("outbox",))
    assert WHY in told.note
    with pytest.raises(Refused, match="the disk can only be read"):
        desk.ask(trial.desk, desk.Ask("begin", adult=True))
    trial.start.stop()
    trial.join()
    assert trial.ended == [""]


def test_it_begins_by_itself_when_the_disk_is_back(trial: Trial) -> None:
    """After a few tries, without a restart; its own desk takes the socket over."""
    trial.begin()
    until(lambda: trial.tries > 1)
    trial.fails.clear()
    until(trial.kiosk.began.is_set)
    assert not trial.desk.exists()
    trial.start.stop()
    trial.join()
    assert trial.ended == ["it was stopped"]


def test_a_kiosk_whose_disk_works_has_no_desk_before_its_own(trial: Trial) -> None:
    """Nothing stands in for it."""
    trial.fails.clear()
    trial.begin()
    until(trial.kiosk.began.is_set)
    assert (trial.tries, trial.desk.exists()) == (1, False)
    trial.start.stop()
    trial.join()


def test_what_only_a_person_can_put_right_ends_the_start(trial: Trial) -> None:
    """A wrong config does not become right by waiting."""

    def build() -> Running:
        raise ConfigError("no such camera")

    with pytest.raises(ConfigError, match="no such camera"):
        trial.start.run(build)
