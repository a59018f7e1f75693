"""The hub's orders: obeyed once, only when signed, for this kiosk, and remembered; time on request."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, keys, public_file
from test_uplink import Rig

from hotspot_kiosk import wire
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.keyring import HUB as HUB_NUMBER
from hotspot_kiosk.keyring import PublicFile, Trust
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.officers import Officer, Role, Roster
from hotspot_kiosk.officers import sign as sign_roster
from hotspot_kiosk.wire import OrderKind

NONCE = b"12345678"


def order(number: int, kind: OrderKind = OrderKind.REVOKE, device: int = DEVICE) -> wire.Order:
    """An order of the hub."""
    return wire.sign_order(device, number, kind, b"", HUB)


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    """A kiosk that never got an order."""
    return Orders(tmp_path / "orders.json", DEVICE)


def told(book: OrderBook, *, anew: bool = False) -> list[int]:
    """The numbers of what kiosks are told now."""
    return [each.number for each in book.untold(anew)]


def test_an_order_is_told_when_it_is_given_and_when_the_link_is_new(tmp_path: Path) -> None:
    """A kiosk that has nothing to send asks for nothing; what is proven is told no more, a watchlist waits to be asked for."""
    book = OrderBook(tmp_path)
    book.give(DEVICE, OrderKind.WATCHLIST, HUB, NOW, b"part")
    assert told(book) == []
    given = book.give(DEVICE + 1, OrderKind.ERASE, HUB, NOW)
    assert told(book) == [given.number]
    assert told(book) == []
    assert told(book, anew=True) == [given.number]
    assert book.done(DEVICE + 1, wire.sign_done(DEVICE + 1, given.number, KIOSK), KIOSK.public())
    assert told(book, anew=True) == []


def test_a_kiosk_is_told_in_the_order_of_the_giving(tmp_path: Path) -> None:
    """A newer order that came before an older one would make that one void."""
    book = OrderBook(tmp_path)
    first = book.give(DEVICE, OrderKind.OPERATION, HUB, NOW, b"operation")
    assert told(book) == [first.number]
    second = book.give(DEVICE, OrderKind.ROSTER, HUB, NOW, b"roster")
    assert told(book) == [first.number, second.number]


def test_an_order_is_obeyed_once_even_across_a_restart(orders: Orders, tmp_path: Path) -> None:
    """A replayed or reordered one changes nothing."""
    assert orders.obey(order(5), HUB.public())
    assert not orders.obey(order(5), HUB.public())
    with pytest.raises(Refused, match="older"):
        orders.obey(order(4, OrderKind.ERASE), HUB.public())
    again = Orders(tmp_path / "orders.json", DEVICE)
    assert not again.obey(order(5), HUB.public())
    assert again.memory.revoked
    assert again.obey(order(6, OrderKind.ERASE), HUB.public())


@pytest.mark.parametrize(
    "forged",
    [
        wire.sign_order(DEVICE, 9, OrderKind.ERASE, b"", KIOSK),
        wire.sign_order(DEVICE, 9, OrderKind.ERASE, b"", keys(5)),
        wire.Order(DEVICE, 10, OrderKind.REVOKE, b"", order(9).signature),
        wire.Order(DEVICE, 9, OrderKind.ERASE, b"", order(9).signature),
        wire.Order(DEVICE, 9, OrderKind.REVOKE, b"x", order(9).signature),
    ],
)
def test_only_the_hubs_exact_words_count(orders: Orders, forged: wire.Order) -> None:
    """Not another's signature, not another number, kind or body."""
    with pytest.raises(SealError):
        orders.obey(forged, HUB.public())
    assert not orders.memory.revoked


def test_an_order_for_another_kiosk_is_refused(orders: Orders) -> None:
    """Even though the hub signed it."""
    with pytest.raises(Refused):
        orders.obey(order(9, device=DEVICE + 1), HUB.public())


def test_time_is_believed_only_by_who_asked(orders: Orders) -> None:
    """A recorded time cannot be played to a kiosk later."""
    told = wire.sign_order(DEVICE, 1, OrderKind.TIME, wire.time_body(NONCE, NOW), HUB)
    assert orders.time(told, HUB.public(), NONCE) == NOW
    for nonce in (b"", b"87654321"):
        with pytest.raises(Refused):
            orders.time(told, HUB.public(), nonce)


def test_an_impossible_time_is_refused(orders: Orders) -> None:
    """A year that no clock has does not stop the kiosk."""
    body = NONCE + b"\xff" * 8
    with pytest.raises(BadBytes):
        orders.time(wire.sign_order(DEVICE, 1, OrderKind.TIME, body, HUB), HUB.public(), NONCE)


def test_the_latest_hub_time_is_remembered(orders: Orders, tmp_path: Path) -> None:
    """It is a floor for the next start, and never falls."""
    for moment in (NOW, NOW - timedelta(days=1)):
        told = wire.sign_order(DEVICE, 1, OrderKind.TIME, wire.time_body(NONCE, moment), HUB)
        orders.time(told, HUB.public(), NONCE)
    assert Orders(tmp_path / "orders.json", DEVICE).memory.hub_ms == int(NOW.timestamp() * 1000)
    assert Orders(tmp_path / "orders.json", DEVICE).past() == NOW
    assert datetime.fromisoformat((tmp_path / "hub_time").read_text().strip()) == NOW


def test_a_damaged_memory_is_set_aside_and_the_kiosk_goes_on(tmp_path: Path) -> None:
    """A kiosk far away must not freeze because of one torn file."""
    path = tmp_path / "orders.json"
    path.write_bytes(b"torn")
    assert Orders(path, DEVICE).memory.last_order == 0
    assert (tmp_path / "orders.json.damaged").read_bytes() == b"torn"


@pytest.mark.parametrize(
    "spoil", [Path.unlink, lambda path: path.write_bytes(b"{"), lambda path: path.write_bytes(b"")]
)
@pytest.mark.parametrize("name", ["orders.json", "orders.again"])
def test_a_withdrawal_outlasts_a_damaged_file(
    tmp_path: Path, name: str, spoil: Callable[[Path], object]
) -> None:
    """A thief who spoils one of the two files does not get a kiosk that captures again."""
    book = OrderBook(tmp_path / "book")
    Orders(tmp_path / "orders.json", DEVICE).obey(book.give(DEVICE, OrderKind.REVOKE, HUB, NOW), HUB.public())
    spoil(tmp_path / name)
    memory = Orders(tmp_path / "orders.json", DEVICE).memory
    assert memory.revoked
    assert memory.last_order > 0


def test_a_book_keeps_orders_until_their_proof(tmp_path: Path) -> None:
    """The kiosk's signature, and no other, ends the waiting; the proof stays."""
    book = OrderBook(tmp_path / "orders")
    first = book.give(DEVICE, OrderKind.REVOKE, HUB, NOW)
    second = book.give(DEVICE, OrderKind.ERASE, HUB, NOW)
    assert second.number > first.number
    assert list(book.waiting(DEVICE)) == [first, second]
    assert list(book.waiting(DEVICE + 1)) == []
    with pytest.raises(SealError):
        book.done(DEVICE, wire.sign_done(DEVICE, first.number, keys(5)), KIOSK.public())
    assert book.done(DEVICE, wire.sign_done(DEVICE, first.number, KIOSK), KIOSK.public())
    assert not book.done(DEVICE, wire.sign_done(DEVICE, first.number, KIOSK), KIOSK.public())
    assert list(book.waiting(DEVICE)) == [second]
    third = book.give(DEVICE, OrderKind.REVOKE, HUB, NOW - timedelta(days=9))
    assert third.number > second.number


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A kiosk's uplink and a small hub."""
    made = Rig(tmp_path)
    yield made
    made.close()


def reconnect(rig: Rig) -> None:
    """Pull the cable and put it back: the kiosk asks again."""
    rig.board.cut(f"kiosk-{DEVICE}")
    rig.board.mend(f"kiosk-{DEVICE}")


def test_an_order_reaches_its_kiosk_and_its_proof_comes_back(rig: Rig, tmp_path: Path) -> None:
    """Given while the kiosk was away; obeyed and proven when it asks."""
    book = OrderBook(tmp_path / "orders")
    rig.hub.inbox._book = book
    book.give(DEVICE, OrderKind.REVOKE, HUB, datetime.now(UTC))
    reconnect(rig)
    rig.until(lambda: bool(rig.ordered))
    rig.until(lambda: not book.waiting(DEVICE))
    assert [each.kind for each in rig.ordered] == [OrderKind.REVOKE]
    assert list((tmp_path / "orders").glob("*.done"))


def test_a_kiosk_without_a_clock_learns_the_time(rig: Rig, tmp_path: Path) -> None:
    """Records that follow carry the hub's time and say that it can be trusted."""
    rig.clock = Clock(synchronised=tmp_path / "never", wall=lambda: datetime(1970, 1, 1, tzinfo=UTC))
    rig.uplink.close()
    rig.outbox.close()
    assert not rig.clock.stamp().trusted
    rig.start()
    rig.until(lambda: rig.clock.stamp().trusted)
    assert abs(rig.clock.stamp().wall - NOW) < timedelta(seconds=30)


def test_a_new_hub_key_reaches_the_kiosk_and_is_used(rig: Rig) -> None:
    """Signed with the key that the kiosk knows; both are accepted for a while."""
    new = keys(99)
    new = type(new)(HUB_NUMBER, new.signing_seed, new.mlkem_seed, new.x25519_seed)
    half = new.public()
    newest = PublicFile(HUB_NUMBER, "hub", half.signing, half.sealing, 2)
    inbox = rig.hub.inbox
    type(inbox).__init__(
        inbox, rig.store, new, {DEVICE: public_file(KIOSK)}, lambda: NOW, previous=[HUB], newest=newest
    )
    reconnect(rig)
    rig.until(lambda: rig.uplink._downlink._trust.ring.newest == half)
    assert [each.kind for each in rig.ordered] == [OrderKind.HUB_KEY]
    rig.put()
    rig.until(rig.all_held)
    assert len(list(rig.peers.iterdir())) == 2


def test_a_roster_comes_down_is_installed_and_then_proven(rig: Rig, tmp_path: Path) -> None:
    """Over the link, by an order: who is on it may sign in; one of an older edition changes nothing."""
    roll = Roll(tmp_path / "roster", Trust(rig.peers))
    rig.installs[OrderKind.ROSTER] = roll.receive
    book = OrderBook(tmp_path / "orders")
    rig.hub.inbox._book = book
    for edition in (2, 1):
        roster = Roster(edition=edition, made=NOW, officers=(Officer(id="k7", roles=(Role.OFFICER,)),))
        book.give(DEVICE, OrderKind.ROSTER, HUB, datetime.now(UTC), sign_roster(roster, HUB))
        reconnect(rig)
        rig.until(lambda: not book.waiting(DEVICE))
    installed = roll.current()
    assert installed is not None
    assert (installed.edition, installed.find("k7") is not None) == (2, True)


def test_a_roster_that_the_hub_did_not_sign_is_not_installed_and_not_proven(rig: Rig, tmp_path: Path) -> None:
    """The order around it is genuine, what is inside is not."""
    roll = Roll(tmp_path / "roster", Trust(rig.peers))
    rig.installs[OrderKind.ROSTER] = roll.receive
    book = OrderBook(tmp_path / "orders")
    rig.hub.inbox._book = book
    book.give(
        DEVICE, OrderKind.ROSTER, HUB, datetime.now(UTC), sign_roster(Roster(edition=1, made=NOW), KIOSK)
    )
    reconnect(rig)
    rig.until(lambda: sum(rig.uplink.ignored.values()) > 0)
    assert roll.current() is None
    assert len(book.waiting(DEVICE)) == 1
