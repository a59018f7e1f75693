"""Kiosk's uplink against the hub's inbox over a link that is cut, loses and repeats."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest
from making import DEVICE, HUB, KIOSK, NOW, STAMP, keys, public_file, tcn

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import Store
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.courier import LIVE_MS, urgency
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.link.pace import LARGEST_CHUNK, MOST_WINDOW
from hotspot_kiosk.kiosk.link.uplink import LOOK_EVERY, Uplink
from hotspot_kiosk.kiosk.storage.outbox import Item, Outbox
from hotspot_kiosk.terms import Answer, AnswerType, AnyAnswer, ClockStamp, Decision, Part, Tcn
from hotspot_kiosk.transports.loopback import Loopback, Switchboard
from hotspot_kiosk.transports.port import Arrived, LinkEvent

Meddle = Callable[[Arrived], list[Arrived]]


def honest(event: Arrived) -> list[Arrived]:
    """Deliver as it came."""
    return [event]


class SmallHub:
    """The hub's inbox and store behind a loopback, answering every probe with `no hit`."""

    def __init__(self, board: Switchboard, store: Store, meddle: Meddle = honest) -> None:
        self.store = store
        self.inbox = Inbox(store, HUB, {DEVICE: public_file(KIOSK)}, lambda: NOW)
        self.heard: list[wire.Up] = []
        self.deaf = False
        self._meddle = meddle
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()
        self._transport = Loopback(board)
        self._transport.open("hub", [wire.UP_FILTER], self._events.put)
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._transport.close()
        self._events.put(None)
        self._thread.join()

    def say(self, message: wire.Down) -> None:
        """Something of the test's own."""
        self._transport.publish(wire.down_topic(DEVICE), wire.encode(message))

    def say_bytes(self, payload: bytes) -> None:
        """Anything at all."""
        self._transport.publish(wire.down_topic(DEVICE), payload)

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            if isinstance(event, Arrived) and not self.deaf:
                for each in self._meddle(event):
                    self._take(each)

    def _take(self, event: Arrived) -> None:
        try:
            message = wire.decode_up(event.payload)
        except BadBytes:
            return
        self.heard.append(message)
        outcome = self.inbox.take(DEVICE, message)
        replies = list(outcome.replies)
        if outcome.delivered:
            key = outcome.delivered.key
            if key.part is Part.PROBE:
                answer = Answer(key.tcn, AnswerType.SRE, Decision.NO_HIT, (), NOW)
                sealed = seal.seal(contents.encode_answer(answer), key.tcn, "answer", KIOSK.public(), HUB)
                self.store.answers.put(DEVICE, key.tcn, sealed, NOW)
            replies.append(self.inbox.receipt(key, outcome.delivered.digest))
        for reply in replies:
            self.say(reply)


class Rig:
    """A kiosk's outbox and uplink, and a small hub, on one switchboard."""

    def __init__(
        self,
        folder: Path,
        meddle: Meddle = honest,
        outbox: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.board = Switchboard()
        self.store = store_sqlite.build(store_sqlite.Options(path=folder / "hub.db"))
        self.hub = SmallHub(self.board, self.store, meddle)
        self.path = outbox or folder / "outbox.db"
        self.peers = folder / "peers"
        self.peers.mkdir()
        save_public(self.peers / "hub.pub", public_file(HUB))
        self.ordered: list[wire.Order] = []
        self.quarantined: list[tuple[Tcn, str]] = []
        self.clock = clock or Clock()
        self.answers: list[Answer] = []
        self.all_held_at: dict[Tcn, bool] = {}
        self.links: list[bool] = []
        self.faults: list[str] = []
        self.troubles: list[str] = []
        self.installs: dict[wire.OrderKind, Callable[[bytes], None]] = {}
        self.start()

    def start(self) -> None:
        """Start the kiosk's side."""
        self.outbox = self.open_outbox()
        self.uplink = Uplink(
            device=DEVICE,
            outbox=self.outbox,
            transport=Loopback(self.board),
            own=KIOSK,
            trust=Trust(self.peers),
            orders=Orders(self.path.with_name("orders.json"), DEVICE),
            clock=self.clock,
            on_answer=self.answered,
            on_link=self.links.append,
            on_order=self.ordered.append,
            on_quarantine=lambda number, why: self.quarantined.append((number, why)),
            on_fault=self.faults.append,
            on_trouble=self.troubles.append,
            installs=self.installs,
        )
        self.uplink.start()

    def open_outbox(self) -> Outbox:
        """The kiosk's outbox."""
        return Outbox(self.path)

    def answered(self, answer: AnyAnswer) -> None:
        """As the officer would see it; and whether nothing else waited any more at that moment."""
        assert isinstance(answer, Answer)
        self.all_held_at[answer.tcr] = self.all_held()
        self.answers.append(answer)

    def put(self, counter: int = 1, size: int = 60_000) -> Tcn:
        """A sealed record of a small probe and evidence of `size` bytes."""
        noise = random.Random(counter).randbytes(size)
        parts = [
            (part, seal.seal(content, tcn(counter), part, HUB.public(), KIOSK))
            for part, content in ((Part.PROBE, b"probe"), (Part.EVIDENCE, noise))
        ]
        self.outbox.put(tcn(counter), STAMP, parts)
        self.uplink.wake()
        return tcn(counter)

    def until(self, done: Callable[[], bool], timeout_s: float = 60) -> None:
        """Wait for something to become true."""
        ends = time.monotonic() + timeout_s
        while not done():
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.01)

    def all_held(self) -> bool:
        """Whether nothing waits any more."""
        return all(entry.state in ("held", "answered") for entry in self.outbox.entries())

    def chunks(self, part: Part) -> int:
        """How many chunk bytes of a part the hub heard."""
        return sum(len(m.data) for m in self.hub.heard if isinstance(m, wire.Chunk) and m.part is part)

    def close(self) -> None:
        """End everything."""
        self.uplink.close()
        self.hub.close()
        self.outbox.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig with an honest link."""
    made = Rig(tmp_path)
    yield made
    made.close()


def test_a_record_goes_up_and_its_answer_comes_down(rig: Rig) -> None:
    """Both parts are held once, the answer is kept and acknowledged."""
    number = rig.put()
    rig.until(rig.all_held)
    rig.until(lambda: not rig.store.answers.waiting(DEVICE))
    assert [answer.tcr for answer in rig.answers] == [number]
    assert len(rig.store.inbox.entries()) == 2
    assert rig.outbox.sealed_answer(number)


def test_a_small_probe_needs_no_offer_and_goes_first(rig: Rig) -> None:
    """One message up, one down: that is all a thin link has to carry for an answer."""
    rig.put()
    rig.until(rig.all_held)
    parts = [m for m in rig.hub.heard if isinstance(m, wire.Offer | wire.Chunk)]
    assert isinstance(parts[0], wire.Chunk)
    assert parts[0].part is Part.PROBE
    assert not [m for m in parts if isinstance(m, wire.Offer) and m.part is Part.PROBE]


def test_a_probe_that_waits_for_a_link_brings_its_answer_down_once(rig: Rig) -> None:
    """The question for what else waits comes behind the receipt, not beside the probe."""
    rig.board.cut(f"kiosk-{DEVICE}")
    rig.until(lambda: rig.links == [True, False])
    rig.hub.heard.clear()
    rig.put()
    rig.board.mend(f"kiosk-{DEVICE}")
    rig.until(rig.all_held)
    rig.until(lambda: any(isinstance(message, wire.Ask) for message in rig.hub.heard))
    kinds = [type(message) for message in rig.hub.heard]
    assert kinds.index(wire.Chunk) < kinds.index(wire.Got) < kinds.index(wire.Ask)
    assert kinds.count(wire.Got) == 1


def test_after_a_cut_only_what_is_missing_goes_again(tmp_path: Path) -> None:
    """The hub says what it has; at most the window is sent twice."""
    heard = itertools.count(1)

    def cut_once(event: Arrived) -> list[Arrived]:
        if next(heard) == 15:
            frail.board.cut(f"kiosk-{DEVICE}")
        return [event]

    frail = Rig(tmp_path, cut_once)
    try:
        frail.until(lambda: frail.links == [True])
        frail.put(size=2_000_000)
        frail.until(lambda: frail.links == [True, False])
        assert not frail.all_held()
        frail.board.mend(f"kiosk-{DEVICE}")
        frail.until(frail.all_held)
        assert frail.chunks(Part.EVIDENCE) < 2_000_000 + 2_000 + MOST_WINDOW * LARGEST_CHUNK
        frail.until(lambda: frail.links == [True, False, True])
    finally:
        frail.close()


def test_a_kiosk_that_starts_again_goes_on(rig: Rig) -> None:
    """What was SENDING when it stopped is sent after the start."""
    rig.hub.deaf = True
    rig.put()
    rig.until(lambda: len(rig.outbox.waiting()) < 2)
    rig.uplink.close()
    rig.outbox.close()
    rig.hub.deaf = False
    rig.start()
    rig.until(rig.all_held)
    assert len(rig.store.inbox.entries()) == 2


class Standing(Clock):
    """A clock that stands still on demand: however slow this machine is, no patience runs out meanwhile."""

    at_ms: int | None = None

    def now_ms(self) -> int:
        return super().now_ms() if self.at_ms is None else self.at_ms


def test_nothing_is_asked_while_a_probe_waits_for_the_reply_that_brings_its_answer(tmp_path: Path) -> None:
    """On a thin link that takes long; asked before, the hub would send the answer twice."""
    clock = Standing()
    rig = Rig(tmp_path, clock=clock)
    try:
        asked_early(rig, clock)
    finally:
        rig.close()


def asked_early(rig: Rig, clock: Standing) -> None:
    """The hub is deaf while the clock stands, and hears again when it goes on."""
    heard: list[LinkEvent] = []
    listener = Loopback(rig.board)
    rig.until(lambda: any(isinstance(message, wire.Ask) for message in rig.hub.heard))
    rig.board.cut(f"kiosk-{DEVICE}")
    rig.hub.deaf = True
    clock.at_ms = clock.now_ms()
    rig.put(1, size=100)
    listener.open("listener", [wire.UP_FILTER], heard.append)
    rig.board.mend(f"kiosk-{DEVICE}")
    rig.until(lambda: rig.uplink._ticks >= 2 * LOOK_EVERY)
    said = [wire.decode_up(event.payload) for event in heard if isinstance(event, Arrived)]
    assert any(isinstance(message, wire.Chunk) for message in said)
    assert not any(isinstance(message, wire.Ask) for message in said)
    rig.hub.deaf = False
    clock.at_ms = None
    rig.until(lambda: any(isinstance(message, wire.Ask) for message in rig.hub.heard[1:]))
    listener.close()


def test_an_answer_that_was_missed_is_asked_for(rig: Rig) -> None:
    """Whatever waits at the hub comes down after the link is up again."""
    number = rig.put()
    rig.until(rig.all_held)
    other = rig.put(2)
    rig.until(rig.all_held)
    rig.board.cut(f"kiosk-{DEVICE}")
    sealed = seal.seal(
        contents.encode_answer(Answer(tcn(3), AnswerType.SRE, Decision.NO_HIT, (), NOW)),
        tcn(3),
        "answer",
        KIOSK.public(),
        HUB,
    )
    rig.outbox.put(tcn(3), STAMP, [])
    rig.store.answers.put(DEVICE, tcn(3), sealed, NOW)
    rig.board.mend(f"kiosk-{DEVICE}")
    rig.until(lambda: len(rig.answers) == 3)
    assert {answer.tcr for answer in rig.answers} == {number, other, tcn(3)}


@pytest.mark.parametrize("seed", range(4))
def test_a_link_that_repeats_swaps_and_spoils_loses_nothing(tmp_path: Path, seed: int) -> None:
    """Chunks twice, late and broken: every record is held once, bit by bit."""
    chance = random.Random(seed)
    late: list[Arrived] = []

    def meddle(event: Arrived) -> list[Arrived]:
        out = [event] * chance.choice((1, 1, 1, 2))
        if chance.random() < 0.15:
            late.append(out.pop())
        if late and chance.random() < 0.3:
            out.append(late.pop(0))
        if out and chance.random() < 0.04:
            broken = bytearray(out[0].payload)
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
            out.append(Arrived(event.topic, bytes(broken)))
        return out

    rig = Rig(tmp_path, meddle)
    try:
        for counter in range(1, 4):
            rig.put(counter, size=30_000)
        rig.until(rig.all_held)
        held = {(e.key.tcn, e.key.part): e for e in rig.store.inbox.entries()}
        assert len(held) == 6
        for number, part in held:
            key = held[number, part].key
            envelope = rig.store.inbox.envelope(key)
            assert envelope
            content = seal.open_envelope(envelope, KIOSK.public(), HUB)
            expected = random.Random(number.counter).randbytes(30_000)
            assert content == (b"probe" if part is Part.PROBE else expected)
    finally:
        rig.close()


def test_a_refused_part_is_quarantined_and_the_rest_goes_on(rig: Rig) -> None:
    """By a signed word of the hub only."""
    rig.hub.deaf = True
    first = rig.put(1)
    digest = next(i.digest for i in rig.outbox.unheld() if i.part is Part.PROBE)
    rig.until(lambda: len(rig.outbox.waiting()) < 2)
    rig.hub.say(wire.sign_refusal(first, Part.PROBE, digest, "no", KIOSK))
    rig.hub.say(wire.sign_refusal(first, Part.PROBE, b"other bytes", "the reason", HUB))
    rig.hub.say(wire.sign_refusal(first, Part.PROBE, digest, "the reason", HUB))
    rig.until(lambda: next(rig.outbox.entries()).state == "quarantined")
    assert sum(rig.uplink.ignored.values()) == 2
    assert [number for number, _ in rig.quarantined] == [first]
    rig.hub.deaf = False
    second = rig.put(2)
    rig.until(lambda: {e.key.tcn for e in rig.store.inbox.entries()} >= {second})


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff" * 50,
        wire.encode(wire.sign_got(tcn(), b"", KIOSK)),
        wire.encode(wire.Missing(tcn(), Part.EVIDENCE, ((0, 1 << 40),))),
        wire.encode(wire.Missing(tcn(), Part.EVIDENCE, ((10, 5),))),
        wire.encode(wire.Receipt(tcn(), Part.EVIDENCE, b"d" * 32, b"s" * 64)),
        wire.encode(wire.sign_receipt(tcn(), Part.EVIDENCE, b"d" * 32, HUB)),
        wire.encode(wire.sign_receipt(tcn(), Part.EVIDENCE, b"d" * 32, keys(5))),
        wire.encode(wire.Answered(tcn(), b"nonsense")),
        wire.encode(wire.Answered(tcn(), seal.seal(b"forged", tcn(), "answer", KIOSK.public(), keys(5)))),
        wire.encode(wire.Answered(tcn(), seal.seal(b"x", tcn(2), "answer", KIOSK.public(), HUB))),
        wire.encode(wire.Answered(tcn(), seal.seal(b"not an answer", tcn(), "answer", KIOSK.public(), HUB))),
    ],
)
def test_forged_and_foreign_messages_change_nothing(rig: Rig, payload: bytes) -> None:
    """Nothing is erased, nothing believed, the uplink goes on."""
    rig.hub.deaf = True
    number = rig.put()
    rig.until(lambda: len(rig.outbox.waiting()) < 2)
    rig.hub.say_bytes(payload)
    time.sleep(0.1)
    assert not rig.answers
    assert rig.outbox.sealed_answer(number) is None
    assert next(rig.outbox.entries()).state in ("sending", "sealed")
    rig.hub.deaf = False
    rig.board.cut(f"kiosk-{DEVICE}")
    rig.board.mend(f"kiosk-{DEVICE}")
    rig.until(rig.all_held)
    assert not rig.faults


def test_urgency_puts_people_who_wait_first() -> None:
    """Live probe, live evidence, old probe, old evidence; newest live, oldest backlog."""
    now = 10_000_000

    def item(sequence: int, part: Part, age_ms: int, boot: str = "b") -> Item:
        return Item(tcn(sequence), part, sequence, 1, b"", boot, now - age_ms)

    wanted = [
        item(9, Part.PROBE, 100),
        item(8, Part.PROBE, 2000),
        item(9, Part.EVIDENCE, 100),
        item(8, Part.EVIDENCE, 2000),
        item(1, Part.PROBE, 100, boot="an earlier boot"),
        item(2, Part.PROBE, LIVE_MS + 1),
        item(1, Part.EVIDENCE, 100, boot="an earlier boot"),
        item(2, Part.EVIDENCE, LIVE_MS + 1),
    ]
    shuffled = wanted[:]
    random.Random(1).shuffle(shuffled)
    assert sorted(shuffled, key=lambda i: urgency(i, "b", now)) == wanted


def test_a_person_who_waits_passes_the_backlog(rig: Rig) -> None:
    """A live probe that comes behind a large backlog is answered before the backlog is through."""
    rig.board.cut(f"kiosk-{DEVICE}")
    for counter in range(1, 15):
        rig.put(counter, size=80_000)
    stamp = Clock().stamp()
    live = ClockStamp(stamp.boot_id, stamp.monotonic_ms, stamp.wall, True)
    probe = seal.seal(b"probe", tcn(99), "probe", HUB.public(), KIOSK)
    rig.outbox.put(tcn(99), live, [(Part.PROBE, probe)])
    rig.uplink.wake()
    rig.board.mend(f"kiosk-{DEVICE}")
    rig.until(lambda: tcn(99) in rig.all_held_at)
    assert not rig.all_held_at[tcn(99)]
    rig.until(rig.all_held)


def test_a_record_that_is_requeued_elsewhere_is_sent(rig: Rig) -> None:
    """An operator's command is another process; the uplink looks for itself."""
    rig.hub.deaf = True
    number = rig.put()
    rig.until(lambda: len(rig.outbox.waiting()) < 2)
    for item in rig.outbox.unheld():
        rig.hub.say(wire.sign_refusal(number, item.part, item.digest, "by mistake", HUB))
    rig.until(lambda: len(rig.quarantined) == 2)
    rig.hub.deaf = False
    elsewhere = Outbox(rig.path)
    elsewhere.requeue(number)
    elsewhere.close()
    rig.until(rig.all_held)
