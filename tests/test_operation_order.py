"""An operation ordered over the link or on a stick: checked, in its place before it is proven, never an older one."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from making import DEVICE, HUB, KIOSK, NOW, STAMP, keys, operation, public_file
from test_stick import Desk
from test_uplink import Rig

from hotspot_kiosk import wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli import door
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub.link.dispatch import Dispatch
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.keyring import PublicFile, Trust, load_peers, load_private
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.link import stick as carrier
from hotspot_kiosk.kiosk.link.ordered import installs
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.officers import sign as sign_roster
from hotspot_kiosk.operation import Operation, packed, sign, verify
from hotspot_kiosk.stick import Stick
from hotspot_kiosk.wire import OrderKind

ROOT = Path(__file__).resolve().parents[1]
OTHER = 18
KIOSKS = {DEVICE: public_file(KIOSK, "Green line 4"), OTHER: public_file(keys(OTHER), "Harbour")}
BOTH = operation(posts=("Green line 4", "Harbour"), devices=(DEVICE, OTHER))


class Post:
    """A kiosk with an uplink and a place for its operation, and a hub with a book of orders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rig = Rig(folder)
        self.book = OrderBook(folder / "orders")
        self.rig.hub.inbox._book = self.book
        self.file = folder / "operation.op"
        self.journal = Journal(folder / "journal", KIOSK, lambda: (NOW, True))
        self.trust = Trust(self.rig.peers)
        self.roll = Roll(folder / "roster", self.trust)
        self.installs = installs(self.roll, self.file, self.trust, DEVICE, self.journal)
        self.rig.installs.update(self.installs)

    def give(self, content: bytes, kind: OrderKind = OrderKind.OPERATION) -> wire.Order:
        """An order that waits at the hub."""
        return self.book.give(DEVICE, kind, HUB, datetime.now(UTC), content)

    def reconnect(self) -> None:
        """The kiosk asks again."""
        self.rig.board.cut(f"kiosk-{DEVICE}")
        self.rig.board.mend(f"kiosk-{DEVICE}")

    def refused(self, why: str) -> None:
        """Wait until something was refused in these words; a time that came late may be refused, too."""
        self.rig.until(lambda: any(why in each for each in list(self.rig.uplink.ignored)))

    def proven(self) -> None:
        """Wait until nothing is ordered any more."""
        self.rig.until(lambda: not self.book.waiting(DEVICE))

    def current(self) -> Operation | None:
        """What is installed."""
        return installed.current(self.file, HUB.public())

    def lines(self) -> list[str]:
        """What the journal says was installed."""
        files = sorted((self.folder / "journal").glob("*.jsonl"))
        return [line for file in files for line in file.read_text().splitlines() if Deed.INSTALLED in line]


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """Nothing is installed."""
    made = Post(tmp_path)
    yield made
    made.rig.close()


def test_an_ordered_operation_is_installed_and_proven(post: Post) -> None:
    """With one line in the journal; the proof lies beside where the order was."""
    post.give(sign(operation(), HUB))
    post.reconnect()
    post.proven()
    assert post.current() == operation()
    assert len(post.lines()) == 1
    assert len(list((post.folder / "orders").glob("*.installed"))) == 1
    assert not post.book.withdrawn(DEVICE)


def test_the_proof_goes_only_when_the_operation_lies_there(post: Post) -> None:
    """The hub that reads the proof may rely on the file."""
    seen: list[Operation | None] = []
    take = post.rig.hub.inbox.take

    def listen(device: int, message: wire.Up) -> object:
        if isinstance(message, wire.Done):
            seen.append(post.current())
        return take(device, message)

    post.rig.hub.inbox.take = listen  # type: ignore[method-assign, assignment]
    post.give(sign(operation(), HUB))
    post.reconnect()
    post.proven()
    assert seen[0] == operation()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (sign(operation(edition=3, devices=(OTHER,)), HUB), "not for kiosk"),
        (sign(operation(edition=1), HUB), "higher edition"),
        (sign(operation(edition=2, name="another"), HUB), "higher edition"),
        (sign(operation(edition=3), KIOSK), "does not verify"),
        (b"no operation", "no signed operation"),
    ],
)
def test_what_may_not_be_installed_is_not_proven(post: Post, content: bytes, said: str) -> None:
    """Another kiosk's, an older or equal edition, another's signature, garbage: the installed one stays."""
    installed.install(post.file, sign(operation(edition=2), HUB), HUB.public(), DEVICE)
    post.give(content)
    post.reconnect()
    post.refused(said)
    current = post.current()
    assert current is not None
    assert (current.edition, current.name) == (2, operation().name)
    assert post.book.waiting(DEVICE)
    assert post.lines() == []


def test_an_order_that_was_cut_off_after_the_installation_is_proven_later(post: Post) -> None:
    """It lies there already: nothing is written again, and the hub hears so."""
    installed.install(post.file, sign(operation(), HUB), HUB.public(), DEVICE)
    before = post.file.stat().st_mtime_ns
    post.give(packed(sign(operation(), HUB)))
    post.reconnect()
    post.proven()
    assert post.file.stat().st_mtime_ns == before
    assert post.lines() == []


def test_a_replayed_order_brings_no_older_operation_back(post: Post) -> None:
    """Not even where the newer one is gone: the order's own number is remembered."""
    old = post.give(sign(operation(edition=1), HUB))
    post.give(sign(operation(edition=2), HUB))
    post.reconnect()
    post.proven()
    post.file.unlink()
    post.rig.hub.say(old)
    ours = (
        post.rig.uplink
    )  # whether the kiosk had obeyed it before or was only ever given the newer one: not again
    post.rig.until(
        lambda: (
            any("older than one that was obeyed" in each for each in list(ours.ignored))
            or "an order that was obeyed" in ours.repeated
        )
    )
    assert post.current() is None


def test_a_place_that_cannot_be_written_stops_nothing_else(post: Post) -> None:
    """The order is refused, unproven; records go on, and the order comes again."""
    post.file.mkdir()
    post.give(sign(operation(), HUB))
    post.reconnect()
    post.refused("which edition it was cannot be read")
    post.rig.put()
    post.rig.until(post.rig.all_held)
    assert post.book.waiting(DEVICE)
    post.file.rmdir()
    post.reconnect()
    post.proven()
    assert post.current() == operation()


def test_a_stick_brings_an_operation_to_a_kiosk_that_stands_still(post: Post) -> None:
    """Roster and operation are in their place, their proofs on the stick, and the hub believes them."""
    post.rig.uplink.close()
    stick = post.folder / "stick"
    stick.mkdir()
    carrier.export(Stick(stick), post.rig.outbox, KIOSK, HUB.public().key_id, [])
    post.give(sign(operation(), HUB))
    post.give(sign_roster(Roster(edition=1, made=NOW), HUB), OrderKind.ROSTER)
    desk = Desk(post.rig.store, book=post.book)
    desk.take_in(stick)
    orders = Orders(post.folder / "orders.json", DEVICE)
    hands = carrier.Returned(
        post.rig.outbox, KIOSK, post.trust, orders, STAMP, lambda: None, installs=post.installs
    )
    tally = carrier.take_in(Stick(stick), KIOSK, hands.act, lambda: orders.memory.obeyed)
    assert tally.done["orders obeyed"] == 2
    assert post.current() == operation()
    assert post.roll.current() is not None
    desk.take_in(stick)
    assert post.book.waiting(DEVICE) == []


def test_a_stick_brings_no_older_operation(post: Post) -> None:
    """It is left aside with the reason, and not proven."""
    installed.install(post.file, sign(operation(edition=2), HUB), HUB.public(), DEVICE)
    orders = Orders(post.folder / "orders.json", DEVICE)
    hands = carrier.Returned(
        post.rig.outbox, KIOSK, post.trust, orders, STAMP, lambda: None, installs=post.installs
    )
    order = post.give(sign(operation(edition=1), HUB))
    with pytest.raises(Refused, match="higher edition"):
        hands.act(wire.encode(order))
    assert orders.memory.obeyed == ()


def dispatch(folder: Path, kiosks: dict[int, PublicFile] | None = None) -> Dispatch:
    """The hub's desk for operations."""
    return Dispatch(folder / "operations", OrderBook(folder / "orders"), HUB, HUB.public(), kiosks or KIOSKS)


def test_an_operation_waits_for_each_of_its_kiosks_and_the_hub_knows_it_first(tmp_path: Path) -> None:
    """What travels is the same operation in fewer bytes; sent again, it waits again, and only once."""
    content = sign(BOTH, HUB)
    for _ in range(2):
        sent = dispatch(tmp_path).send(content, NOW)
    assert sent.operation == BOTH
    assert Operations(tmp_path / "operations", HUB.public()).get("OP-1") == BOTH
    assert len(list((tmp_path / "operations").glob("*.op"))) == 1
    book = OrderBook(tmp_path / "orders")
    for device, number in sent.orders.items():
        (order,) = book.waiting(device)
        assert (order.number, order.kind) == (number, OrderKind.OPERATION)
        assert verify(order.body, HUB.public()) == BOTH
        assert len(order.body) < len(content)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"devices": (DEVICE, 19)}, "device 19 is not admitted"),
        ({"posts": ("Green line 4", "Harbor")}, "device 18 stands at 'Harbour'"),
        ({"posts": ("Green line 4", "Harbour", "Brigde")}, "names the post Brigde"),
        ({"begins": NOW - timedelta(days=9), "ends": NOW - timedelta(days=1)}, "is over"),
    ],
)
def test_what_no_kiosk_could_work_under_is_not_sent(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    """A post's id is what its key says; nothing waits, and the hub does not know it."""
    with pytest.raises(Refused, match=said):
        dispatch(tmp_path).send(sign(msgspec.structs.replace(BOTH, **changed), HUB), NOW)
    assert not (tmp_path / "orders").exists()
    assert not (tmp_path / "operations").exists()


@pytest.mark.parametrize("other", [{"edition": 1, "name": "changed"}, {"id": "OP-2", "edition": 1}])
def test_an_edition_that_no_kiosk_would_take_is_not_sent(tmp_path: Path, other: dict[str, object]) -> None:
    """Of this operation or another one that the kiosk belongs to."""
    dispatch(tmp_path).send(sign(BOTH, HUB), NOW)
    with pytest.raises(Refused, match="only a higher edition"):
        dispatch(tmp_path).send(sign(msgspec.structs.replace(BOTH, **other), HUB), NOW)
    higher = msgspec.structs.replace(BOTH, **{**other, "edition": 2})
    assert dispatch(tmp_path).send(sign(higher, HUB), NOW).operation == higher


@pytest.mark.parametrize(("content", "error"), [(b"{", BadBytes), (sign(BOTH, KIOSK), SealError)])
def test_only_what_the_hub_signed_is_sent(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    """Nothing waits for anybody."""
    with pytest.raises(error):
        dispatch(tmp_path).send(content, NOW)
    assert not (tmp_path / "orders").exists()


def test_the_command_orders_it_and_says_for_whom(tmp_path: Path) -> None:
    """Over the very files that a hub has; the hub's journal says which order it was."""
    folders = Folders(tmp_path / "d", ROOT / "models")
    prepare(folders, 1, 2)
    hub = folders.hub_config.parent
    config = folders.hub_config.read_text()
    folders.hub_config.write_text(config.replace("[hub]", '[hub]\noperations = "ops"', 1))
    own, post = load_private(hub / "hub.key"), load_peers(hub / "peers")[DEVICE].name
    now = datetime.now(UTC)
    signed = operation(posts=(post,), begins=now - timedelta(days=1), ends=now + timedelta(days=1))
    (tmp_path / "one.op").write_bytes(sign(signed, own))
    said = CliRunner().invoke(
        door, ["operation", "send", str(tmp_path / "one.op"), "-c", str(folders.hub_config)]
    )
    assert said.exit_code == 0, said.output
    assert f"waits for 1 kiosks: {DEVICE}" in said.output
    (order,) = OrderBook(hub / "orders").waiting(DEVICE)
    assert verify(order.body, own.public()) == signed
    lines = "".join(path.read_text() for path in sorted((hub / "journal").glob("*.jsonl")))
    assert f"order {order.number}" in lines
