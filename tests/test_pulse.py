"""Signs of life: sent to a real datagram socket, never more often than needed, never by a process that hangs."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot_kiosk.pulse import Pulse


class Manager:
    """The far end: what systemd would hear."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"}

    def heard(self) -> list[str]:
        """Everything since the last time."""
        words = []
        while True:
            try:
                words.append(self.socket.recv(1000).decode())
            except BlockingIOError:
                return words


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    address = str(tmp_path / "notify") if request.param == "file" else f"@hotspot-{tmp_path.name}"
    made = Manager(address)
    yield made
    made.socket.close()


def test_ready_and_stopping_are_told(manager: Manager) -> None:
    """With a status for people."""
    pulse = Pulse(manager.environment, lambda: 0.0)
    pulse.ready("kiosk 17")
    pulse.stopping()
    assert manager.heard() == ["READY=1\nSTATUS=kiosk 17", "STOPPING=1"]


def test_signs_of_life_come_three_times_a_term(manager: Manager) -> None:
    """Not at every turn of a loop, and the question is not asked in between."""
    now, asked = [0.0], []

    def alive() -> bool:
        asked.append(now[0])
        return True

    pulse = Pulse(manager.environment, lambda: now[0])
    for step in range(61):
        now[0] = step / 2
        pulse.beat(alive)
    assert manager.heard() == ["WATCHDOG=1"] * 4
    assert asked == [0, 10, 20, 30]


def test_what_does_not_work_gives_no_sign(manager: Manager) -> None:
    """The manager then starts it anew."""
    pulse = Pulse(manager.environment, lambda: 0.0)
    pulse.beat(lambda: False)
    assert manager.heard() == []


@pytest.mark.parametrize(
    "environment",
    [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}, {"NOTIFY_SOCKET": "x" * 200}, {"WATCHDOG_USEC": "soon"}],
)
def test_without_a_manager_nothing_happens(environment: dict[str, str]) -> None:
    """On a laptop, or when the manager is gone."""
    pulse = Pulse(environment, lambda: 0.0)
    pulse.ready("x")
    pulse.beat(lambda: True)
    pulse.stopping()
