"""When a kiosk asks for its next link certificate, how often, and what people are told meanwhile."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, public_file
from test_renewal import AUTHORITY, NOW, admitted, pair

from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.link.renewal import Desk, Issuer, Register
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.link.renewal import Renewal
from hotspot_kiosk.kiosk.link.upkeep import Pauses, Upkeep
from hotspot_kiosk.terms import EARLIEST, ClockStamp
from hotspot_kiosk.transports.loopback import Loopback, Switchboard
from hotspot_kiosk.wire import OrderKind

QUICK = Pauses(look=0.05, answer=0.2, least=0.05, most_ended=0.2, most_held=0.2, blind=0.4, doubtful=0.2)


class Counting(Loopback):
    """A transport that counts how often it was opened."""

    opened = 0

    def open(self, *args: object) -> None:
        """As the port says."""
        self.opened += 1
        super().open(*args)  # type: ignore[arg-type]


class Scene:
    """A kiosk's upkeep, and a hub's desk that may or may not be there."""

    def __init__(
        self,
        folder: Path,
        days: int,
        stamp: ClockStamp,
        up: bool,
        pauses: Pauses = QUICK,
        past: datetime = EARLIEST,
    ) -> None:
        self.board = Switchboard()
        self.path = pair(folder, days)
        self.before = self.path.read_bytes()
        self.book = OrderBook(folder / "orders")
        (folder / "peers").mkdir()
        save_public(folder / "peers" / "hub.pub", public_file(HUB))
        self.orders: list[bytes] = []
        self.faults: list[str] = []
        self.way = Counting(self.board)
        self.kiosk = Upkeep(
            renewal=Renewal(self.path, DEVICE, KIOSK),
            transport=self.way,
            trust=Trust(folder / "peers"),
            stamp=lambda: stamp,
            past=lambda: past,
            link_up=lambda: up,
            on_order=self.orders.append,
            on_fault=self.faults.append,
            pauses=pauses,
        )
        register = Register(folder / "register")
        issuer = Issuer(AUTHORITY, HUB, admitted, register, lambda: NOW, book=self.book)
        self.desk = Desk(issuer, Loopback(self.board), "desk")

    def renewed(self) -> bool:
        """Whether there is another certificate."""
        return self.path.read_bytes() != self.before


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Scenes, ended when the test is over."""
    made: list[Scene] = []

    def scene(days: int, **more: object) -> Scene:
        clock = {"wall": NOW, "trusted": True, **more}
        stamp = ClockStamp("boot", 0, clock["wall"], clock["trusted"])  # type: ignore[arg-type]
        made.append(Scene(tmp_path, days, stamp, bool(more.get("up")), past=more.get("past", EARLIEST)))  # type: ignore[arg-type]
        return made[-1]

    yield scene
    for each in made:
        each.kiosk.close()
        if each.desk._thread.is_alive():
            each.desk.close()
        assert not each.faults


def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.01)


def test_a_certificate_in_its_last_third_is_renewed_while_the_link_stands(
    build: Callable[..., Scene],
) -> None:
    """Nobody notices."""
    scene = build(days=140, up=True)
    scene.desk.open()
    scene.kiosk.start()
    until(scene.renewed)
    assert not scene.kiosk.note


def test_a_fresh_certificate_is_left_alone(build: Callable[..., Scene]) -> None:
    """Not one connection."""
    scene = build(days=365)
    scene.kiosk.start()
    time.sleep(0.3)
    assert scene.way.opened == 0


def test_an_ended_one_is_asked_for_until_the_hub_is_there_and_people_are_told(
    build: Callable[..., Scene],
) -> None:
    """With pauses; the words go when the certificate has come."""
    scene = build(days=50)
    scene.kiosk.start()
    until(lambda: "records are kept" in scene.kiosk.note)
    until(lambda: scene.way.opened >= 2)
    scene.desk.open()
    until(scene.renewed)
    until(lambda: not scene.kiosk.note)


@pytest.mark.parametrize("shown", [1970, 2090])
@pytest.mark.parametrize("up", [False, True])
def test_a_kiosk_that_knows_no_time_asks_once_it_was_without_a_link_for_long(
    build: Callable[..., Scene], up: bool, shown: int
) -> None:
    """Whatever a clock shows that nobody set; as long as the link stands nothing is asked."""
    scene = build(days=140, wall=datetime(shown, 1, 1, tzinfo=UTC), trusted=False, up=up)
    scene.desk.open()
    scene.kiosk.start()
    if up:
        time.sleep(1.0)
        assert scene.way.opened == 0
    else:
        until(scene.renewed)


def test_an_ended_certificate_is_known_by_a_time_that_is_surely_past(build: Callable[..., Scene]) -> None:
    """The clock may show 1970; the hub's last word was later than that certificate's end."""
    scene = build(days=50, wall=datetime(1970, 1, 1, tzinfo=UTC), trusted=False, up=True, past=NOW)
    scene.desk.open()
    scene.kiosk.start()
    until(scene.renewed)


def test_a_withdrawn_kiosk_is_told_why_and_hears_its_order(build: Callable[..., Scene]) -> None:
    """And goes on trying, ever less often: the bureau may think otherwise."""
    scene = build(days=50)
    scene.book.give(DEVICE, OrderKind.ERASE, HUB, NOW)
    scene.desk.open()
    scene.kiosk.start()
    until(lambda: "withdrawn" in scene.kiosk.note)
    until(lambda: len(scene.orders) >= 2)
    assert not scene.renewed()


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"torn")])
def test_a_pair_that_is_lost_or_damaged_is_asked_for_anew(
    build: Callable[..., Scene], spoil: Callable[[Path], object]
) -> None:
    """The device key is what proves the kiosk, not its last certificate."""
    scene = build(days=365)
    spoil(scene.path)
    scene.desk.open()
    scene.kiosk.start()
    until(lambda: scene.path.exists() and b"BEGIN CERTIFICATE" in scene.path.read_bytes())
    until(lambda: not scene.kiosk.note)


def test_closing_ends_a_try_under_way(tmp_path: Path) -> None:
    """A daemon that is told to stop does not wait for an answer."""
    scene = Scene(tmp_path, 50, ClockStamp("boot", 0, NOW, True), False, Pauses(answer=3600.0))
    scene.kiosk.start()
    until(lambda: scene.way.opened == 1)
    scene.kiosk.close()
    assert not scene.renewed()
