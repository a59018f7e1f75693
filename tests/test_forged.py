"""Every kind of message, forged, foreign, replayed or late: nothing changes on either side, and it is counted."""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, keys, public_file, tcn
from test_uplink import Rig

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import PartKey, Store
from hotspot_kiosk.keyring import as_bytes
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.seal_answer import reply_key, seal_answer
from hotspot_kiosk.terms import Answer, AnswerType, Decision, Part
from hotspot_kiosk.wire import OrderKind

STRANGER = keys(DEVICE + 1)
OTHER_HUB = PrivateKeys.make(0, bytes(range(128)))
PROBE = seal.seal(b"probe", tcn(), Part.PROBE, HUB.public(), KIOSK)
OTHER_PROBE = seal.seal(b"another", tcn(), Part.PROBE, HUB.public(), KIOSK)
EVIDENCE = seal.seal(bytes(20_000), tcn(), Part.EVIDENCE, HUB.public(), KIOSK)
FORGED = seal.seal(b"probe", tcn(3), Part.PROBE, HUB.public(), keys(99))
RENAMED = seal.seal(b"probe", tcn(2), Part.PROBE, HUB.public(), KIOSK)


def whole(envelope: bytes, number: int = 1, part: Part = Part.PROBE) -> wire.Chunk:
    """A chunk that is a whole envelope."""
    return wire.Chunk(tcn(number), part, len(envelope), 0, envelope)


def digest(envelope: bytes) -> bytes:
    """As an offer names it."""
    return hashlib.sha256(envelope).digest()


class Bureau:
    """A hub that holds one probe, whose answer waits, half of its evidence, and an order for the kiosk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store: Store = store_sqlite.build(store_sqlite.Options(path=folder / "hub.db"))
        self.book = OrderBook(folder / "orders")
        self.inbox = Inbox(self.store, HUB, {DEVICE: public_file(KIOSK)}, lambda: NOW, book=self.book)
        self.inbox.take(DEVICE, whole(PROBE))
        self.store.answers.put(DEVICE, tcn(), b"sealed answer", NOW)
        self.inbox.take(DEVICE, self.piece(0))
        first = self.book.give(DEVICE, OrderKind.REVOKE, HUB, NOW)
        self.proof = wire.sign_done(DEVICE, first.number, KIOSK)
        self.inbox.take(DEVICE, self.proof)
        self.order = self.book.give(DEVICE, OrderKind.REVOKE, HUB, NOW)

    def piece(self, at: int) -> wire.Chunk:
        """Ten thousand bytes of the evidence."""
        return wire.Chunk(tcn(), Part.EVIDENCE, len(EVIDENCE), at, EVIDENCE[at : at + 10_000])

    def state(self) -> tuple[object, ...]:
        """Everything a message could change; how often a piece came is a count, not a change."""
        half = PartKey(DEVICE, tcn(), Part.EVIDENCE)
        return (
            self.store.inbox.entries(),
            self.store.chunks.missing(half, len(EVIDENCE)),
            self.store.answers.waiting(DEVICE),
            self.store.answers.waiting(DEVICE + 1),
            sorted((path.name, path.read_bytes()) for path in (self.folder / "orders").iterdir()),
        )

    def counted(self) -> int:
        """All counters together."""
        return sum((self.inbox.ignored + self.inbox.repeated + self.inbox.refused).values())


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """A bureau in the middle of its work."""
    made = Bureau(tmp_path)
    yield made
    made.store.close()


def say(message: wire.Up, device: int = DEVICE) -> Callable[[Bureau], object]:
    """That message comes up from that device."""
    return lambda bureau: bureau.inbox.take(device, message)


def acknowledged_again(bureau: Bureau) -> None:
    """The kiosk's own word twice: the second one finds nothing to do."""
    bureau.store.answers.put(DEVICE, tcn(2), b"another answer", NOW)
    bureau.inbox.take(DEVICE, wire.sign_got(tcn(2), b"another answer", KIOSK))
    bureau.inbox.take(DEVICE, wire.sign_got(tcn(2), b"another answer", KIOSK))


UP: dict[str, Callable[[Bureau], object]] = {
    "offer of a stranger": say(wire.Offer(tcn(1, DEVICE + 1), Part.PROBE, 99, b"d" * 32), DEVICE + 1),
    "offer for another kiosk": say(wire.Offer(tcn(1, DEVICE + 1), Part.PROBE, 99, b"d" * 32)),
    "offer of other bytes": say(wire.Offer(tcn(), Part.PROBE, 99, b"d" * 32)),
    "offer again": say(wire.Offer(tcn(), Part.PROBE, len(PROBE), digest(PROBE))),
    "chunk of a stranger": say(whole(PROBE), DEVICE + 1),
    "chunk for another kiosk": say(wire.Chunk(tcn(1, DEVICE + 1), Part.PROBE, 9, 0, b"x" * 9)),
    "chunk forged": say(whole(FORGED, 3)),
    "chunk under another number": say(whole(RENAMED, 3)),
    "chunk as another part": say(whole(PROBE, 1, Part.EVIDENCE)),
    "chunk of other bytes": say(whole(OTHER_PROBE)),
    "chunk again": say(whole(PROBE)),
    "got of a stranger": say(wire.sign_got(tcn(), b"sealed answer", STRANGER), DEVICE + 1),
    "got for another kiosk": say(wire.sign_got(tcn(1, DEVICE + 1), b"sealed answer", KIOSK)),
    "got forged": say(wire.sign_got(tcn(), b"sealed answer", STRANGER)),
    "got for another answer": say(wire.sign_got(tcn(), b"another answer", KIOSK)),
    "got of another number": say(wire.Got(tcn(), wire.sign_got(tcn(2), b"sealed answer", KIOSK).signature)),
    "got again": acknowledged_again,
    "got of nothing": say(wire.sign_got(tcn(7), b"", KIOSK)),
    "ask of a stranger": say(wire.Ask(), DEVICE + 1),
    "done of a stranger": say(wire.sign_done(DEVICE + 1, 1, STRANGER), DEVICE + 1),
    "done forged": lambda b: b.inbox.take(DEVICE, wire.sign_done(DEVICE, b.order.number, STRANGER)),
    "done of another kiosk": lambda b: b.inbox.take(DEVICE, wire.sign_done(DEVICE + 1, b.order.number, KIOSK)),
    "done of another order": lambda b: b.inbox.take(DEVICE, wire.Done(b.order.number, b.proof.signature)),
    "done again": lambda b: b.inbox.take(DEVICE, b.proof),
}  # fmt: skip


@pytest.mark.parametrize("case", UP)
def test_a_message_up_that_is_not_what_it_says_changes_nothing_and_is_counted(
    bureau: Bureau, case: str
) -> None:
    """Records, pieces, answers and orders are as they were; a counter is not."""
    before, counted = bureau.state(), bureau.counted()
    UP[case](bureau)
    assert bureau.state() == before
    assert bureau.counted() > counted


def test_every_kind_of_message_is_tried() -> None:
    """Whoever adds a kind adds its forgeries here."""
    ups = {kind.__name__.lower() for kind in (wire.Offer, wire.Chunk, wire.Got, wire.Ask, wire.Done)}
    downs = {
        kind.__name__.lower()
        for kind in (wire.Missing, wire.Receipt, wire.Answered, wire.Refusal, wire.Order, wire.Here)
    }
    assert set(wire.Up.__args__) | set(wire.Down.__args__) == set(wire.Message.__subclasses__())
    assert {case.split()[0] for case in UP} == ups
    assert {case.split()[0] for case in DOWN} == downs


def test_pieces_late_and_twice_make_the_same_envelope(bureau: Bureau) -> None:
    """Order does not matter below the whole: what is held is what was sealed."""
    pieces = [bureau.piece(at) for at in (10_000, 0, 10_000, 20_000, 0)]
    random.Random(1).shuffle(pieces)
    for piece in pieces:
        bureau.inbox.take(DEVICE, piece)
    assert bureau.store.inbox.envelope(PartKey(DEVICE, tcn(), Part.EVIDENCE)) == EVIDENCE


class Post(Rig):
    """A kiosk with one record answered, one that waits for a deaf hub, and a withdrawal obeyed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.put(1)
        self.until(self.all_held)
        self.until(lambda: not self.store.answers.waiting(DEVICE))
        self.hub.say(self.order(1000))
        self.until(lambda: bool(self.ordered))
        self.hub.deaf = True
        self.put(2)
        self.until(lambda: len(self.outbox.waiting()) < 2)

    def order(
        self, number: int, by: PrivateKeys = HUB, device: int = DEVICE, body: bytes = b""
    ) -> wire.Order:
        """An order to withdraw."""
        return wire.sign_order(device, number, OrderKind.REVOKE, body, by)

    def sealed_answer(self, by: PrivateKeys = HUB, to: PrivateKeys = KIOSK, number: int = 2) -> bytes:
        """A sealed answer to a record."""
        answer = Answer(tcn(number), AnswerType.SRE, Decision.POSSIBLE_MATCH, (), NOW)
        return seal.seal(contents.encode_answer(answer), tcn(number), "answer", to.public(), by)

    def answered_short(self, by: PrivateKeys = HUB, own: PrivateKeys = KIOSK, probe: bytes = b"") -> bytes:
        """An answer to the record that waits, sealed under the key inside its probe."""
        plain = contents.encode_answer(Answer(tcn(2), AnswerType.SRE, Decision.NO_HIT, (), NOW))
        digest, key = probe or self.digest(Part.PROBE), reply_key(own, tcn(2))
        return seal_answer(plain, tcn(2), digest, key, by, bytes(32))

    def here(self) -> wire.Here:
        """That the hub came, when it has just said so."""
        self.hub.say(wire.Here())
        self.until(lambda: self.uplink._courier._hub_came_ms > 0)
        return wire.Here()

    def digest(self, part: Part) -> bytes:
        """Of what waits."""
        return next(item.digest for item in self.outbox.unheld() if item.part is part)

    def state(self) -> tuple[object, ...]:
        """Everything a message could change; whether a part is on its way just now is no change."""
        known = [(e.tcn, e.answered, [(p, s in ("sealed", "sending"), r) for p, s, _, r in e.parts])
                 for e in self.outbox.entries()]  # fmt: skip
        peers = sorted((path.name, path.read_bytes()) for path in self.peers.iterdir())
        memory = self.uplink._downlink._orders.memory
        told = len(self.answers), len(self.ordered), len(self.quarantined), len(self.faults)
        return known, peers, memory, told, self.clock.stamp().trusted

    def counted(self) -> int:
        """All counters together."""
        return sum((self.uplink.ignored + self.uplink.repeated).values())


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """A post in the middle of its work."""
    made = Post(tmp_path)
    yield made
    made.close()


def order_to(kind: OrderKind, body: bytes, by: PrivateKeys = HUB) -> Callable[[Post], wire.Down]:
    """An order with a body."""
    return lambda _: wire.sign_order(DEVICE, 2000, kind, body, by)


DOWN: dict[str, Callable[[Post], wire.Down]] = {
    "missing of impossible bytes": lambda _: wire.Missing(tcn(2), Part.EVIDENCE, ((0, 1 << 40),)),
    "missing of a held part": lambda _: wire.Missing(tcn(1), Part.EVIDENCE, ((0, 10),)),
    "missing of another kiosk's part": lambda _: wire.Missing(tcn(2, 5), Part.EVIDENCE, ((0, 10),)),
    "receipt forged": lambda p: wire.sign_receipt(tcn(2), Part.PROBE, p.digest(Part.PROBE), OTHER_HUB),
    "receipt by the kiosk itself": lambda p: wire.sign_receipt(tcn(2), Part.PROBE, p.digest(Part.PROBE), KIOSK),
    "receipt over other bytes": lambda _: wire.sign_receipt(tcn(2), Part.PROBE, b"d" * 32, HUB),
    "receipt of the other part": lambda p: wire.sign_receipt(tcn(2), Part.EVIDENCE, p.digest(Part.PROBE), HUB),
    "receipt of an unknown record": lambda p: wire.sign_receipt(tcn(9), Part.PROBE, p.digest(Part.PROBE), HUB),
    "receipt with another's answer": lambda _: wire.sign_receipt(tcn(2), Part.PROBE, b"d" * 32, HUB, b"x" * 2000),
    "answered by another hub": lambda p: wire.Answered(tcn(2), p.sealed_answer(by=OTHER_HUB)),
    "answered to another kiosk": lambda p: wire.Answered(tcn(2), p.sealed_answer(to=STRANGER)),
    "answered under another number": lambda p: wire.Answered(tcn(2), p.sealed_answer(number=1)),
    "answered to an unknown record": lambda p: wire.Answered(tcn(9), p.sealed_answer(number=9)),
    "answered again, otherwise": lambda p: wire.Answered(tcn(1), p.sealed_answer(number=1)),
    "answered with a request": lambda _: wire.Answered(tcn(1), PROBE),
    "refusal forged": lambda p: wire.sign_refusal(tcn(2), Part.PROBE, p.digest(Part.PROBE), "no", OTHER_HUB),
    "refusal of other bytes": lambda _: wire.sign_refusal(tcn(2), Part.PROBE, b"d" * 32, "no", HUB),
    "refusal of what is held": lambda _: wire.sign_refusal(tcn(1), Part.PROBE, b"d" * 32, "no", HUB),
    "order forged": lambda p: p.order(2000, by=OTHER_HUB),
    "order to another kiosk": lambda p: p.order(2000, device=DEVICE + 1),
    "order with another number": lambda p: wire.Order(DEVICE, 2000, OrderKind.REVOKE, b"", p.order(1000).signature),
    "order of another kind": lambda p: wire.Order(DEVICE, 2000, OrderKind.ERASE, b"", p.order(2000).signature),
    "order again": lambda p: p.order(1000),
    "order late": lambda p: p.order(999),
    "order of an unasked time": order_to(OrderKind.TIME, wire.time_body(b"12345678", NOW)),
    "order of an old key": order_to(OrderKind.HUB_KEY, as_bytes(public_file(HUB))),
    "order of another's key": order_to(OrderKind.HUB_KEY, as_bytes(public_file(KIOSK))),
    "order of a forged key": order_to(OrderKind.HUB_KEY, as_bytes(public_file(OTHER_HUB)), OTHER_HUB),
    "here again": lambda p: p.here(),
    "answered under a stranger's key": lambda p: wire.Answered(tcn(2), p.answered_short(own=STRANGER)),
    "answered by the kiosk itself": lambda p: wire.Answered(tcn(2), p.answered_short(by=KIOSK)),
    "answered to another probe": lambda p: wire.Answered(tcn(2), p.answered_short(probe=b"d" * 32)),
}  # fmt: skip


@pytest.mark.parametrize("case", DOWN)
def test_a_message_down_that_is_not_what_it_says_changes_nothing_and_is_counted(
    post: Post, case: str
) -> None:
    """Nothing erased, believed, obeyed or shown; a counter moves."""
    message = DOWN[case](post)
    before, counted = post.state(), post.counted()
    post.hub.say(message)
    post.until(lambda: post.counted() > counted)
    assert post.state() == before


def test_messages_cut_short_are_counted(post: Post) -> None:
    """Whatever their kind."""
    chance = random.Random(5)
    samples: Sequence[bytes] = [wire.encode(make(post)) for make in DOWN.values()]
    before = post.state()
    for payload in samples:
        counted = post.counted()
        post.hub.say_bytes(payload[: chance.randrange(len(payload))])
        post.until(lambda counted=counted: post.counted() > counted)  # type: ignore[misc]
    assert post.state() == before
