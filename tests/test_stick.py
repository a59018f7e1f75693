"""Records and answers on a stick: the whole circle, mixed with the radio, and every bad stick."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from making import DEVICE, HUB, KIOSK, NOW, STAMP, keys, public_file, request, tcn
from test_cli import hotspot
from test_uplink import Rig

from hotspot_kiosk import contents, nist, seal, wire
from hotspot_kiosk.cli import outbox as outbox_commands
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.errors import BadBytes, Refused, SealError, StorageFailed
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.link.stick import Import
from hotspot_kiosk.hub.storage.store import PartKey, Store
from hotspot_kiosk.keyring import PublicFile, Trust, load_private, load_public
from hotspot_kiosk.kiosk.link import stick as carrier
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.seal_answer import is_sealed_answer, reply_key
from hotspot_kiosk.stick import NOTE, ORDER, PROOF, TOP, Note, Stick, Tally, number_of, read_note, sign_note
from hotspot_kiosk.terms import Answer, AnswerType, ClockStamp, Decision, Late, Part
from hotspot_kiosk.wire import OrderKind

MODELS = Path(__file__).resolve().parents[1] / "models"
CLIENT = f"kiosk-{DEVICE}"
OTHER_HUB = PrivateKeys.make(0, bytes(range(128)))


class Desk:
    """The hub's desk where sticks come in: its own inbox over the same store, as a second process has."""

    def __init__(self, store: Store, own: PrivateKeys = HUB, book: OrderBook | None = None) -> None:
        self.store, self._own = store, own
        self.inbox = Inbox(store, own, {DEVICE: public_file(KIOSK)}, lambda: NOW, book=book)

    def take(self, device: int, message: wire.Up) -> Sequence[wire.Down]:
        """What the hub's service does, with `no hit` for everybody."""
        outcome = self.inbox.take(device, message)
        if outcome.delivered is None:
            return outcome.replies
        key = outcome.delivered.key
        if key.part is Part.PROBE:
            answer = contents.encode_answer(Answer(key.tcn, AnswerType.SRE, Decision.NO_HIT, (), NOW))
            sealed = seal.seal(answer, key.tcn, "answer", KIOSK.public(), self._own)
            self.store.answers.put(device, key.tcn, sealed, NOW)
        return (self.inbox.receipt(key, outcome.delivered.digest), *outcome.replies)

    def take_in(self, folder: Path) -> tuple[Tally, str]:
        """`hotspot hub import`."""
        made = Import(
            Stick(folder), self.take, self.inbox.holds, {DEVICE: public_file(KIOSK)}, self.inbox.ignored
        )
        return made.tally, made.run()


class Circle(Rig):
    """A kiosk with its radio cut, a hub, and a stick between them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.stick = folder / "stick"
        self.stick.mkdir()
        self.book = OrderBook(folder / "orders")
        self.desk = Desk(self.store, book=self.book)
        self.running = True
        self.erased: list[bool] = []
        self.until(lambda: self.links == [True])
        self.board.cut(CLIENT)
        self.until(lambda: self.links[-1:] == [False])

    def export(self) -> Tally:
        """At the kiosk."""
        obeyed = self.orders().memory.obeyed
        return carrier.export(Stick(self.stick), self.outbox, KIOSK, HUB.public().key_id, obeyed)

    def orders(self) -> Orders:
        """What another process reads of the orders obeyed."""
        return Orders(self.path.with_name("orders.json"), DEVICE)

    def at_hub(self) -> Tally:
        """At the hub."""
        tally, unwritten = self.desk.take_in(self.stick)
        assert not unwritten
        return tally

    def back(self) -> Tally:
        """At the kiosk again."""
        act = self.uplink.carry if self.running else self.returned().act
        return carrier.take_in(Stick(self.stick), KIOSK, act, lambda: self.orders().memory.obeyed)

    def returned(self, stamp: ClockStamp = STAMP) -> carrier.Returned:
        """The hands of a kiosk that does not run."""
        erased = lambda: self.erased.append(True)  # noqa: E731
        return carrier.Returned(self.outbox, KIOSK, Trust(self.peers), self.orders(), stamp, erased)

    def radio(self) -> None:
        """The link comes back for as long as it is needed."""
        self.board.mend(CLIENT)
        self.until(lambda: self.links[-1:] == [True])
        self.until(self.all_held, 60)
        self.until(lambda: not self.store.answers.waiting(DEVICE))
        self.board.cut(CLIENT)
        self.until(lambda: self.links[-1:] == [False])

    def envelope(self, part: Part) -> bytes:
        """The first waiting envelope of a part."""
        found = self.outbox.envelope(next(item for item in self.outbox.waiting() if item.part is part))
        assert found
        return found

    def home(self) -> Path:
        """This kiosk's folder on the stick."""
        return self.stick / TOP / f"{DEVICE:05d}"

    def sealed(self) -> list[Path]:
        """The envelopes on the stick."""
        return sorted(self.home().glob("*.sealed"))

    def state(self) -> tuple[object, ...]:
        """Everything both sides hold."""
        return list(self.outbox.entries()), self.store.inbox.entries(), self.store.answers.waiting(DEVICE)


@pytest.fixture
def circle(tmp_path: Path) -> Iterator[Circle]:
    """No link, an empty stick; the running kiosk takes in what comes back by itself."""
    made = Circle(tmp_path)
    yield made
    made.close()


STEPS: dict[str, Callable[[Circle], object]] = {
    "export": Circle.export,
    "hub": Circle.at_hub,
    "back": Circle.back,
    "radio": Circle.radio,
}


def reframe(path: Path, payload: bytes) -> None:
    """Put other bytes into a file, with a frame that fits them."""
    path.unlink(missing_ok=True)
    Stick(path.parents[2]).write(int(path.parent.name), path.name, payload)


def payload(path: Path) -> bytes:
    """What a file holds."""
    return Stick(path.parents[2]).read(int(path.parent.name), path.name)


def test_records_go_up_and_answers_come_down_without_any_link(circle: Circle) -> None:
    """Both parts held, the answer in the outbox, and no envelope left there."""
    number = circle.put()
    assert circle.export().done["parts written"] == 2
    assert circle.at_hub().done == {"parts taken in": 2, "receipts written": 2, "answers written": 1}
    assert circle.back().done == {"parts held by the hub": 2, "answers": 1}
    assert circle.all_held()
    sealed = circle.outbox.sealed_answer(number)
    assert sealed
    answer = contents.decode_answer(seal.open_envelope(sealed, HUB.public(), KIOSK))
    assert (answer.tcr, answer.decision) == (number, Decision.NO_HIT)


def test_a_wrong_clock_does_not_end_the_retention_of_what_came_by_stick(circle: Circle) -> None:
    """A kiosk whose clock nobody set, years behind: the days begin once a clock is trusted."""
    circle.running = False
    circle.put()
    circle.export()
    circle.at_hub()
    behind = replace(STAMP, wall=NOW - timedelta(days=400), trusted=False)
    act = circle.returned(behind).act
    carrier.take_in(Stick(circle.stick), KIOSK, act, lambda: ())
    assert circle.all_held()
    assert circle.outbox.outdated(NOW, timedelta(days=7)) == ()


def test_a_kiosk_that_stopped_meanwhile_has_taken_nothing_in(tmp_path: Path) -> None:
    """But an order that it obeyed may have been what ended it."""
    receipt = wire.sign_receipt(tcn(), Part.PROBE, bytes(32), HUB)
    order = wire.sign_order(DEVICE, 1, OrderKind.ERASE, b"", HUB)
    with pytest.raises(Refused, match="import the stick again"):
        outbox_commands._handed(tmp_path / "desk", wire.encode(receipt))
    assert outbox_commands._handed(tmp_path / "desk", wire.encode(order))


RUNNING = pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])


@RUNNING
def test_what_comes_back_is_believed_alike_by_a_kiosk_that_runs_and_by_a_command(
    circle: Circle, running: bool
) -> None:
    """Answers, receipts, and the same once more; forged ones by neither."""
    circle.running = running
    number = circle.put()
    circle.export()
    circle.at_hub()
    for name, tampered in [(path, payload(path)) for path in circle.home().glob("*.answer")]:
        reframe(name, tampered[:-1] + bytes([tampered[-1] ^ 1]))
        assert sum(circle.back().aside.values()) == 1
        assert circle.outbox.sealed_answer(number) is None
        reframe(name, tampered)
    again = circle.back()
    assert (again.done["answers"], again.aside) == (1, {})
    assert circle.all_held()
    assert circle.back().done["answers known already"] == 1
    assert [answer.tcr for answer in circle.answers] == ([number] if running else [])


@RUNNING
def test_orders_go_out_on_a_stick_and_their_proofs_come_back(circle: Circle, running: bool) -> None:
    """Where there is never a link a kiosk must be stopped, too; obeyed once, proven on the same stick."""
    circle.running = running
    circle.export()
    revoke = circle.book.give(DEVICE, OrderKind.REVOKE, HUB, NOW)
    erase = circle.book.give(DEVICE, OrderKind.ERASE, HUB, NOW)
    assert circle.at_hub().done["orders written"] == 2
    assert circle.back().done["orders obeyed"] == 2
    assert circle.orders().memory.obeyed == (revoke.number, erase.number)
    assert circle.orders().memory.revoked
    if running:
        assert [order.kind for order in circle.ordered] == [OrderKind.REVOKE, OrderKind.ERASE]
    else:
        assert circle.erased == [True]
    circle.at_hub()
    assert not circle.book.waiting(DEVICE)
    assert circle.back().done["orders known already"] == 2
    assert len(circle.erased) <= 1


@RUNNING
def test_forged_and_foreign_orders_on_a_stick_are_left_aside(circle: Circle, running: bool) -> None:
    """And a proof that the kiosk did not sign ends no waiting at the hub."""
    circle.running = running
    circle.export()
    before = circle.orders().memory
    true = circle.book.give(DEVICE, OrderKind.REVOKE, HUB, NOW)
    stick = Stick(circle.stick)
    for number, forged in enumerate((
        wire.sign_order(DEVICE, 9, OrderKind.ERASE, b"", OTHER_HUB),
        wire.sign_order(DEVICE + 1, 9, OrderKind.ERASE, b"", HUB),
        wire.sign_order(DEVICE, 9, OrderKind.TIME, wire.time_body(bytes(8), NOW), HUB),
    )):  # fmt: skip
        stick.write(DEVICE, number_of(number, ORDER), wire.encode(forged))
    stick.write(
        DEVICE, number_of(true.number, PROOF), wire.encode(wire.sign_done(DEVICE, true.number, keys(18)))
    )
    assert sum(circle.back().aside.values()) == 3
    assert circle.orders().memory == before
    assert sum(circle.at_hub().aside.values()) == 1
    assert list(circle.book.waiting(DEVICE)) == [true]


@RUNNING
def test_a_new_hub_key_travels_on_a_stick(circle: Circle, running: bool) -> None:
    """The note says which key the kiosk knows; what the new key signed is believed on the same journey."""
    circle.running = running
    newest = public_file(OTHER_HUB)
    newest = PublicFile(newest.owner, "hub", newest.signing, newest.sealing, 2)
    inbox = circle.desk.inbox
    type(inbox).__init__(
        inbox,
        circle.store,
        OTHER_HUB,
        {DEVICE: public_file(KIOSK)},
        lambda: NOW,
        previous=[HUB],
        newest=newest,
    )
    circle.desk._own = OTHER_HUB
    circle.put()
    circle.export()
    assert circle.at_hub().done["new keys written"] == 1
    back = circle.back()
    assert (back.done["new keys of the hub"], back.done["answers"], back.aside) == (1, 1, {})
    assert Trust(circle.peers).ring.newest == OTHER_HUB.public()


def test_exporting_while_the_kiosk_sends_harms_neither(circle: Circle) -> None:
    """Again and again, in the middle of transfers that are cut: whatever is whole on the stick is true."""
    numbers = {circle.put(counter, size=120_000) for counter in range(1, 5)}
    sealed = {(i.tcn, i.part): circle.outbox.envelope(i) for i in circle.outbox.unheld()}
    elsewhere = Outbox(circle.path)
    circle.board.mend(CLIENT)
    for turn in range(40):
        carrier.export(Stick(circle.stick), elsewhere, KIOSK, HUB.public().key_id, ())
        if turn in (5, 15):
            circle.board.cut(CLIENT)
            circle.board.mend(CLIENT)
        if circle.all_held():
            break
    elsewhere.close()
    for path in circle.sealed():
        header = seal.peek(payload(path))
        assert payload(path) == sealed[header.tcn, Part(header.content)]
    circle.at_hub()
    circle.until(circle.all_held, 60)
    circle.until(lambda: {entry.tcn for entry in circle.outbox.entries() if entry.answered} == numbers)
    assert len(circle.store.inbox.entries()) == 8


def test_a_stick_that_comes_in_the_middle_of_a_radio_transfer_ends_it(circle: Circle) -> None:
    """The other half comes by radio afterwards: the hub says that it holds it, and holds it once."""
    number = circle.put(size=400_000)
    circle.export()
    evidence = circle.envelope(Part.EVIDENCE)
    half = wire.Chunk(number, Part.EVIDENCE, len(evidence), 0, evidence[:200_000])
    rest = wire.Chunk(number, Part.EVIDENCE, len(evidence), 200_000, evidence[200_000:])
    circle.desk.take(DEVICE, half)
    circle.at_hub()
    entries = circle.store.inbox.entries()
    late = circle.desk.take(DEVICE, rest)
    assert [type(reply) for reply in late] == [wire.Receipt]
    circle.radio()
    assert circle.store.inbox.entries() == entries
    assert len(entries) == 2


def test_what_is_held_is_what_was_sealed_bit_by_bit(circle: Circle) -> None:
    """Nothing is opened or sealed anew on the way."""
    circle.put()
    sealed = {item.part: circle.outbox.envelope(item) for item in circle.outbox.waiting()}
    circle.export()
    circle.at_hub()
    entries = circle.store.inbox.entries()
    assert {e.key.part: circle.store.inbox.envelope(e.key) for e in entries} == sealed


def test_an_export_changes_nothing_in_the_outbox(circle: Circle) -> None:
    """A stick may get lost: everything still waits."""
    circle.put()
    before, waiting = list(circle.outbox.entries()), circle.outbox.waiting()
    circle.export()
    assert (list(circle.outbox.entries()), circle.outbox.waiting()) == (before, waiting)
    circle.radio()
    assert len(circle.store.inbox.entries()) == 2


@pytest.mark.parametrize(
    "order",
    [
        "export hub back radio",
        "export radio hub back",
        "export hub radio back",
        "radio export hub back",
        "export export hub hub back back",
        "export hub export hub back",
        "export hub back export hub back",
    ],
)
def test_radio_and_stick_in_any_order_hold_everything_once(circle: Circle, order: str) -> None:
    """And whatever is done once more changes nothing."""
    numbers = {circle.put(1), circle.put(2, size=300_000)}
    for step in order.split():
        STEPS[step](circle)
    assert circle.all_held()
    assert len(circle.store.inbox.entries()) == 4
    assert {entry.tcn for entry in circle.outbox.entries() if entry.answered} == numbers
    entries = circle.state()[:2]
    for step in order.split():
        STEPS[step](circle)
    assert circle.state()[:2] == entries


def test_pieces_that_came_by_radio_are_completed_by_the_stick(circle: Circle) -> None:
    """The hub's missing ranges count here, too."""
    number = circle.put(size=400_000)
    circle.export()
    evidence = circle.envelope(Part.EVIDENCE)
    size = len(evidence)
    for at in (0, 100_000):
        circle.desk.take(DEVICE, wire.Chunk(number, Part.EVIDENCE, size, at, evidence[at : at + 8_000]))
    assert circle.at_hub().done["parts taken in"] == 2
    held = {entry.key.part: entry for entry in circle.store.inbox.entries()}[Part.EVIDENCE]
    assert (held.size, held.received) == (size, size)


@pytest.mark.parametrize("crashed", [False, True], ids=["spoiled", "complete but not committed"])
def test_pieces_that_came_by_radio_in_a_bad_state_do_no_harm(circle: Circle, crashed: bool) -> None:
    """Pieces that do not verify are forgotten; pieces of a hub that died before its commit count."""
    number = circle.put()
    circle.export()
    evidence = circle.envelope(Part.EVIDENCE)
    half = bytes(1000) if not crashed else evidence
    circle.store.chunks.add(PartKey(DEVICE, number, Part.EVIDENCE), len(evidence), 0, half)
    done = circle.at_hub().done
    assert done["parts taken in"] + done["parts known already"] == 2
    assert circle.back().done["parts held by the hub"] == 2


def test_the_hub_forgets_an_answer_when_the_kiosks_note_says_it_is_stored(circle: Circle) -> None:
    """Until then it is written again onto every stick."""
    circle.put()
    for _ in range(2):
        circle.export()
        circle.at_hub()
        assert circle.store.answers.waiting(DEVICE)
    circle.back()
    circle.export()
    circle.at_hub()
    assert not circle.store.answers.waiting(DEVICE)


def test_a_stick_with_nothing_but_a_note_brings_back_what_waits(circle: Circle) -> None:
    """A record went up by radio, its answer did not come down."""
    circle.put()
    for item in circle.outbox.waiting():
        envelope = circle.outbox.envelope(item) or b""
        circle.desk.take(DEVICE, wire.Chunk(item.tcn, item.part, len(envelope), 0, envelope))
        circle.outbox.receipt(item.tcn, item.part, item.digest, NOW)
    circle.export()
    assert not circle.sealed()
    assert circle.at_hub().done["answers written"] == 1
    assert circle.back().done["answers"] == 1


@pytest.mark.parametrize("length", [0, 5, 8, 30, 44, 45, 1000])
def test_a_half_written_file_is_left_aside_and_the_rest_goes_on(circle: Circle, length: int) -> None:
    """A stick pulled too early."""
    circle.put(1)
    circle.put(2)
    circle.export()
    victim = circle.sealed()[0]
    victim.write_bytes(victim.read_bytes()[:length])
    tally = circle.at_hub()
    assert (tally.aside, tally.done["parts taken in"]) == ({"only half written": 1}, 3)
    circle.back()
    circle.export()
    assert circle.at_hub().done["parts taken in"] == 1


def test_the_rest_of_a_broken_write_is_named_and_the_next_export_replaces_it(circle: Circle) -> None:
    """A file is whole under its name, or it has another one."""
    circle.put()
    circle.export()
    victim = circle.sealed()[0]
    victim.rename(victim.with_name(victim.name + ".unfinished"))
    assert circle.at_hub().aside == {"only half written": 1}
    circle.export()
    assert (circle.at_hub().aside, len(circle.store.inbox.entries())) == ({}, 2)


def test_a_flipped_bit_is_damage_not_a_refusal(circle: Circle) -> None:
    """The kiosk keeps the part and may export it again."""
    circle.put()
    circle.export()
    victim = circle.sealed()[0]
    raw = bytearray(victim.read_bytes())
    raw[-1] ^= 1
    victim.write_bytes(raw)
    assert circle.at_hub().aside == {"damaged on the stick": 1}
    assert circle.export().done == {"parts written": 1, "parts on the stick already": 1}


def test_a_forged_envelope_changes_nothing_however_often_it_comes(circle: Circle) -> None:
    """No refusal is to be had for it, which would quarantine the true part."""
    number = circle.put()
    circle.export()
    victim = next(path for path in circle.sealed() if "evidence" in path.name)
    raw = bytearray(payload(victim))
    raw[-100] ^= 1
    reframe(victim, bytes(raw))
    for _ in range(5):
        tally = circle.at_hub()
        assert tally.aside == {"a signature does not verify": 1}
    assert not list(circle.home().glob("*.refusal"))
    circle.back()
    circle.export()
    circle.at_hub()
    circle.back()
    assert circle.all_held()
    assert circle.outbox.knows(number)


def test_a_file_under_another_records_name_is_left_aside(circle: Circle) -> None:
    """One file a part: nobody makes the hub look at the same thing a thousand times."""
    circle.put()
    circle.export()
    shutil.copy(circle.sealed()[0], circle.home() / f"{tcn(7)}-probe.sealed")
    tally = circle.at_hub()
    assert tally.aside == {"another record than the file's name says": 1}
    assert tally.done["parts taken in"] == 2


def test_another_hub_takes_nothing_and_says_why(circle: Circle, tmp_path: Path) -> None:
    """Sealed for others: it cannot open it and gives no receipt."""
    circle.put()
    circle.export()
    tally, _ = Desk(circle.store, OTHER_HUB).take_in(circle.stick)
    (why,) = tally.aside
    assert "not taken by this hub: " in why
    assert not circle.store.inbox.entries()
    assert not list(circle.home().glob("*.receipt"))


def test_another_hubs_receipts_and_answers_are_not_believed(circle: Circle) -> None:
    """Nothing is erased at the kiosk but by its own hub's signature."""
    number = circle.put()
    digest = hashlib.sha256(circle.envelope(Part.PROBE)).digest()
    stick = Stick(circle.stick)
    answer = contents.encode_answer(Answer(number, AnswerType.SRE, Decision.NO_HIT, (), NOW))
    envelope = seal.seal(answer, number, "answer", KIOSK.public(), OTHER_HUB)
    for name, message in (
        (f"{number}-probe.receipt", wire.sign_receipt(number, Part.PROBE, digest, OTHER_HUB)),
        (f"{number}-evidence.refusal", wire.sign_refusal(number, Part.EVIDENCE, b"d" * 32, "no", OTHER_HUB)),
        (f"{number}.answer", wire.Answered(number, envelope)),
    ):
        stick.write(DEVICE, name, wire.encode(message))
    before = list(circle.outbox.entries())
    tally = circle.back()
    assert (sum(tally.aside.values()), sum(tally.done.values())) == (3, 0)
    assert list(circle.outbox.entries()) == before


def test_a_receipt_over_other_bytes_erases_nothing(circle: Circle) -> None:
    """The digest must be the one of what is kept here."""
    number = circle.put()
    wrong = wire.sign_receipt(number, Part.PROBE, b"d" * 32, HUB)
    Stick(circle.stick).write(DEVICE, f"{number}-probe.receipt", wire.encode(wrong))
    circle.back()
    assert len(circle.outbox.waiting()) == 2


def test_a_signed_refusal_quarantines_as_by_radio(circle: Circle) -> None:
    """The hub holds another record of this number: the operator sees it."""
    circle.put()
    other = seal.seal(b"another", tcn(), "probe", HUB.public(), KIOSK)
    circle.desk.take(DEVICE, wire.Chunk(tcn(), Part.PROBE, len(other), 0, other))
    circle.export()
    assert circle.at_hub().done["refusals written"] == 1
    assert circle.back().done["parts refused by the hub"] == 1
    assert next(circle.outbox.entries()).state == "quarantined"
    assert circle.back().done["refusals known already"] == 1


def test_files_of_a_kiosk_that_is_not_admitted_are_counted(circle: Circle) -> None:
    """Whatever stands in its folder."""
    circle.put()
    circle.export()
    circle.home().rename(circle.home().with_name("00018"))
    tally = circle.at_hub()
    assert tally.aside == {"of device 18, whose .pub file is not among the peers": 3}
    assert not circle.store.inbox.entries()


def test_another_kiosks_files_in_our_folder_are_left_aside(circle: Circle) -> None:
    """Neither hub nor kiosk takes them for ours."""
    circle.put()
    circle.export()
    stick, stranger = Stick(circle.stick), tcn(1, 18)
    envelope = seal.seal(b"probe", stranger, "probe", HUB.public(), keys(18))
    stick.write(DEVICE, f"{stranger}-probe.sealed", envelope)
    receipt = wire.encode(wire.sign_receipt(stranger, Part.PROBE, b"d" * 32, HUB))
    stick.write(DEVICE, f"{stranger}-probe.receipt", receipt)
    (why,) = circle.at_hub().aside
    assert "another sender" in why
    (why,) = circle.back().aside
    assert "does not know" in why


def test_a_note_counts_only_with_the_kiosks_signature() -> None:
    """Or a stranger could make the hub drop answers."""
    note = {tcn(): bytes(32), tcn(2): b"\1" * 32}
    assert read_note(sign_note(DEVICE, note, b"key", KIOSK), KIOSK.public()) == (note, b"key")
    with pytest.raises(SealError):
        read_note(sign_note(DEVICE, {tcn(): bytes(32)}, b"", keys(18)), KIOSK.public())
    with pytest.raises(BadBytes):
        read_note(sign_note(18, {tcn(): bytes(32)}, b"", keys(18)), KIOSK.public())
    with pytest.raises(BadBytes):
        read_note(b"\xc1", KIOSK.public())


def test_a_note_whose_digests_were_changed_is_not_believed() -> None:
    """Otherwise the hub could be told that another edition is here."""
    note = msgspec.msgpack.decode(sign_note(DEVICE, {tcn(): bytes(32)}, b"", KIOSK), type=Note)
    for digests, error in (((b"\1" * 32,), SealError), ((), SealError), ((b"", b""), BadBytes)):
        changed = msgspec.msgpack.encode(msgspec.structs.replace(note, digests=digests))
        with pytest.raises(error):
            read_note(changed, KIOSK.public())


def test_a_note_of_earlier_software_still_counts_for_first_editions(circle: Circle) -> None:
    """It names answers without their digests."""
    number = circle.put()
    circle.export()
    circle.at_hub()
    words = b"stick note\0" + f"{DEVICE}\0\0{number}".encode()
    earlier = ["note", DEVICE, [str(number)], b"", KIOSK.sign(words)]
    reframe(circle.home() / NOTE, msgspec.msgpack.encode(earlier))
    assert circle.at_hub().aside == {}
    assert circle.store.answers.waiting(DEVICE) == []


@RUNNING
def test_a_later_edition_goes_by_stick_too_and_is_acknowledged(circle: Circle, running: bool) -> None:
    """Only the edition that the kiosk holds: a third one that came meanwhile waits on."""
    number = circle.put()
    circle.export()
    circle.at_hub()
    circle.running = running
    circle.back()

    def better(edition: int) -> None:
        answer = Answer(number, AnswerType.SRE, Decision.UNDECIDED, (), NOW, edition=edition)
        sealed = seal.seal(contents.encode_answer(answer), number, "answer", KIOSK.public(), HUB)
        assert circle.store.answers.put(DEVICE, number, sealed, NOW, edition)

    better(2)
    circle.export()
    assert circle.at_hub().done["answers written"] == 1
    assert circle.back().done["answers"] == 1
    circle.export()
    better(3)
    circle.at_hub()
    assert len(circle.store.answers.waiting(DEVICE)) == 1
    assert circle.back().done["answers"] == 1
    circle.export()
    circle.at_hub()
    assert circle.store.answers.waiting(DEVICE) == []
    held = circle.outbox.sealed_answer(number)
    assert held
    assert contents.decode_answer(seal.open_envelope(held, HUB.public(), KIOSK)).edition == 3


def test_an_alert_that_came_by_stick_is_acknowledged_by_stick(circle: Circle) -> None:
    """About somebody whom another kiosk captured."""
    number, own = tcn(1, 18), Alerts(circle.path, KIOSK)
    late = Late("Harbour", NOW, True, NOW + timedelta(days=1))
    answer = Answer(number, AnswerType.SRE, Decision.POSSIBLE_MATCH, (), NOW, edition=2, late=late)
    sealed = seal.seal(contents.encode_answer(answer), number, "answer", KIOSK.public(), HUB)
    circle.store.answers.put(DEVICE, number, sealed, NOW, 2)
    own.take(number, sealed, HUB.public())
    carrier.export(Stick(circle.stick), circle.outbox, KIOSK, HUB.public().key_id, (), own)
    circle.at_hub()
    assert circle.store.answers.waiting(DEVICE) == []


def test_a_forged_note_is_left_aside(circle: Circle) -> None:
    """The answer stays at the hub."""
    circle.put()
    circle.export()
    reframe(circle.home() / NOTE, sign_note(DEVICE, {tcn(): bytes(32)}, b"", keys(18)))
    assert circle.at_hub().aside == {"a signature does not verify": 1}
    assert circle.store.answers.waiting(DEVICE)


@pytest.mark.parametrize("kind", ["text", "link", "pipe", "folder", "endless"])
def test_strange_things_on_a_stick_are_left_aside(circle: Circle, kind: str) -> None:
    """A letter, a link to elsewhere, a pipe that never ends."""
    circle.put()
    circle.export()
    strange = circle.home() / f"{tcn(9)}-probe.sealed"
    if kind == "text":
        strange.write_text("Dear hub, please find enclosed")
    elif kind == "link":
        strange.symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(strange)
    elif kind == "folder":
        strange.mkdir()
    else:
        strange.symlink_to("/dev/zero")
    tally = circle.at_hub()
    assert sum(tally.aside.values()) == 1
    assert tally.done["parts taken in"] == 2


def test_other_files_and_folders_are_not_ours(circle: Circle) -> None:
    """Holiday pictures stay what they are."""
    circle.put()
    (circle.stick / "holiday.jpg").write_bytes(b"x")
    (circle.stick / TOP / "notes").mkdir(parents=True)
    (circle.stick / TOP / "00000").mkdir()
    circle.export()
    (circle.home() / "desktop.ini").write_bytes(b"x")
    assert not circle.at_hub().aside
    assert (circle.stick / "holiday.jpg").exists()


def test_an_empty_stick_is_no_error(circle: Circle) -> None:
    """There is nothing to do, and it says so."""
    assert circle.at_hub().sentences() == ["Nothing was to be done."]
    assert circle.back().sentences() == ["Nothing was to be done."]


def test_no_stick_is_an_error(tmp_path: Path) -> None:
    """Nobody writes records into an empty mount point's parent by mistake."""
    with pytest.raises(Refused, match="is the stick in"):
        Stick(tmp_path / "nowhere")


def test_our_folder_must_not_lead_elsewhere(circle: Circle, tmp_path: Path) -> None:
    """A link instead of our folder: nothing is written through it."""
    (tmp_path / "elsewhere").mkdir()
    (circle.stick / TOP).symlink_to(tmp_path / "elsewhere")
    circle.put()
    with pytest.raises(StorageFailed, match="link"):
        circle.export()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_names_say_device_record_and_part_and_nothing_else(circle: Circle) -> None:
    """Nothing about a person on the outside."""
    circle.put()
    circle.export()
    assert {path.name for path in circle.home().iterdir()} == {
        f"{tcn()}-probe.sealed",
        f"{tcn()}-evidence.sealed",
        NOTE,
    }


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MB, mounted."""
    if os.geteuid() or not shutil.which("mkfs.ext4"):
        pytest.skip("needs root and mkfs.ext4 to make a small stick")
    image, folder = tmp_path / "image", tmp_path / "small"
    image.write_bytes(bytes(1 << 20))
    folder.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", str(image)], check=True)
    if subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=False).returncode:
        pytest.skip("no loop devices here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_stick_says_how_much_is_on_it_and_what_is_on_it_counts(circle: Circle, small: Path) -> None:
    """All probes first; the rest goes onto the next stick."""
    for counter in range(1, 7):
        circle.put(counter, size=200_000)
    circle.stick = small
    with pytest.raises(StorageFailed, match=r"the stick is full; \d+ of 12 parts"):
        circle.export()
    assert not list(circle.home().glob("*.unfinished"))
    tally, unwritten = circle.desk.take_in(small)
    assert not tally.aside
    assert tally.done["parts taken in"] >= 8
    assert len([e for e in circle.store.inbox.entries() if e.key.part is Part.PROBE]) == 6
    assert unwritten in ("", "the stick is full")


def test_a_locked_stick_is_read_and_the_answers_wait(circle: Circle, small: Path) -> None:
    """The hub takes in what it brought and says that nothing could be written back."""
    circle.put()
    circle.stick = small
    circle.export()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    tally, unwritten = circle.desk.take_in(small)
    assert tally.done["parts taken in"] == 2
    assert "cannot be written: Read-only file system" in unwritten
    circle.put(2)
    with pytest.raises(StorageFailed, match="Read-only file system; 1 of 4 parts"):
        circle.export()
    circle.radio()


@pytest.mark.parametrize("keyed", [True, False], ids=["answered under its key", "of an older kiosk"])
def test_the_commands_carry_a_record_and_its_answer(tmp_path: Path, keyed: bool) -> None:
    """Three commands, as an operator types them; each a second time, which changes nothing."""
    folders, stick = Folders(tmp_path / "d", MODELS), tmp_path / "usb"
    prepare(folders, 1, 2)
    stick.mkdir()
    own = load_private(folders.root / "kiosk" / "kiosk.key")
    hub = load_public(folders.root / "kiosk" / "peers" / "hub.pub").keys()
    outbox = Outbox(folders.outbox)
    probe = contents.encode(request(), reply_key(own, tcn()) if keyed else b"")
    outbox.put(
        tcn(),
        STAMP,
        [
            (Part.PROBE, seal.seal(probe, tcn(), "probe", hub, own)),
            (
                Part.EVIDENCE,
                seal.seal(nist.pack(request(), nist.Agency("XPO", "DEMO")), tcn(), "evidence", hub, own),
            ),
        ],
    )
    for words in (("2 parts written.",), ("2 parts on the stick already.",)):
        assert hotspot("outbox", "export", "--to", stick, "-c", folders.kiosk_config).strip() in words
    first = hotspot("hub", "import", stick, "-c", folders.hub_config)
    assert first == "2 parts taken in, 2 receipts written, 1 answers written.\n"
    assert hotspot("hub", "import", stick, "-c", folders.hub_config) == "2 parts known already.\n"
    back = hotspot("outbox", "import", stick, "-c", folders.kiosk_config)
    assert back == "2 parts held by the hub, 1 answers.\n"
    assert "known already" in hotspot("outbox", "import", stick, "-c", folders.kiosk_config)
    assert is_sealed_answer(outbox.sealed_answer(tcn()) or b"") is keyed
    assert "no hit" in hotspot("outbox", "show", tcn(), "-c", folders.kiosk_config)
    assert "is the stick in" in hotspot(
        "outbox", "export", "--to", tmp_path / "no", "-c", folders.kiosk_config, ok=False
    )
