"""The hub's inbox: put together, verify, keep once, receipt; everything hostile changes nothing."""

import hashlib
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, keys, public_file, tcn

from hotspot_kiosk import seal, wire
from hotspot_kiosk.hub.link.inbox import LOOK_EVERY, MOST_PIECES, Inbox, Outcome
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.terms import Part

ENVELOPE = seal.seal(b"content", tcn(), "probe", HUB.public(), KIOSK)
KEY = PartKey(DEVICE, tcn(), Part.PROBE)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """An inbox that admits one kiosk."""
    store = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    return Inbox(store, HUB, {DEVICE: public_file(KIOSK)}, lambda: NOW)


def whole(envelope: bytes = ENVELOPE, counter: int = 1, part: Part = Part.PROBE) -> wire.Chunk:
    """An envelope in one chunk."""
    return wire.Chunk(tcn(counter), part, len(envelope), 0, envelope)


def send(inbox: Inbox, message: wire.Up, device: int = DEVICE) -> Outcome:
    """Take one message; a delivered part is receipted as the hub's service does."""
    outcome = inbox.take(device, message)
    if outcome.delivered is None:
        return outcome
    receipt = inbox.receipt(outcome.delivered.key, outcome.delivered.digest)
    return Outcome((*outcome.replies, receipt), outcome.delivered)


def held(inbox: Inbox) -> int:
    """How many parts the hub holds."""
    return len(inbox._store.inbox.entries())


def test_a_whole_envelope_is_held_and_receipted(inbox: Inbox) -> None:
    """The receipt names the envelope's own digest and verifies."""
    outcome = send(inbox, whole())
    assert outcome.delivered
    assert outcome.delivered.content == b"content"
    receipt = outcome.replies[0]
    assert isinstance(receipt, wire.Receipt)
    assert receipt.digest == hashlib.sha256(ENVELOPE).digest()
    wire.verify_receipt(receipt, HUB.public())


def test_an_offer_is_answered_with_what_is_missing(inbox: Inbox) -> None:
    """First all, then the rest, then a receipt."""
    offer = wire.Offer(tcn(), Part.PROBE, len(ENVELOPE), hashlib.sha256(ENVELOPE).digest())
    size = len(ENVELOPE)
    assert send(inbox, offer).replies == (wire.Missing(tcn(), Part.PROBE, ((0, size),)),)
    send(inbox, wire.Chunk(tcn(), Part.PROBE, size, 100, ENVELOPE[100:200]))
    assert send(inbox, offer).replies == (wire.Missing(tcn(), Part.PROBE, ((0, 100), (200, size))),)
    send(inbox, wire.Chunk(tcn(), Part.PROBE, size, 200, ENVELOPE[200:]))
    assert send(inbox, wire.Chunk(tcn(), Part.PROBE, size, 0, ENVELOPE[:100])).delivered
    assert isinstance(send(inbox, offer).replies[0], wire.Receipt)


def test_the_same_part_again_is_receipted_again_but_held_once(inbox: Inbox) -> None:
    """A lost receipt costs a repeat, never a double."""
    send(inbox, whole())
    again = send(inbox, whole())
    assert again.delivered is None
    assert isinstance(again.replies[0], wire.Receipt)
    assert held(inbox) == 1


def test_another_record_of_the_same_number_is_refused(inbox: Inbox) -> None:
    """The first stays; the second is refused by a signed word, offered or sent whole."""
    send(inbox, whole())
    other = seal.seal(b"other", tcn(), "probe", HUB.public(), KIOSK)
    offer = wire.Offer(tcn(), Part.PROBE, len(other), hashlib.sha256(other).digest())
    for message in (whole(other), offer):
        refusal = send(inbox, message).replies[0]
        assert isinstance(refusal, wire.Refusal)
        wire.verify_refusal(refusal, HUB.public())
    assert held(inbox) == 1


def test_a_device_that_is_not_admitted_gets_no_word(inbox: Inbox) -> None:
    """Unknown devices are counted, not answered."""
    stranger = keys(DEVICE + 1)
    number = tcn(1, DEVICE + 1)
    envelope = seal.seal(b"x", number, "probe", HUB.public(), stranger)
    chunk = wire.Chunk(number, Part.PROBE, len(envelope), 0, envelope)
    assert send(inbox, chunk, DEVICE + 1) == Outcome()
    assert sum(inbox.ignored.values()) == 1
    assert held(inbox) == 0


def test_a_device_cannot_send_under_anothers_number(inbox: Inbox) -> None:
    """The TCN carries the device, and the topic does too."""
    assert send(inbox, wire.Offer(tcn(1, 99), Part.PROBE, 10, b"")) == Outcome()
    assert sum(inbox.ignored.values()) == 1


def spoiled() -> list[tuple[str, bytes]]:
    """Envelopes that must never be held."""
    flipped = bytearray(ENVELOPE)
    flipped[100] ^= 1
    stranger = seal.seal(b"x", tcn(), "probe", HUB.public(), keys(DEVICE + 1))
    forged = seal.seal(b"x", tcn(), "probe", HUB.public(), seal.PrivateKeys.make(DEVICE, bytes(128)))
    return [
        ("flipped", bytes(flipped)),
        ("stranger", stranger),
        ("forged", forged),
        ("other number", seal.seal(b"x", tcn(2), "probe", HUB.public(), KIOSK)),
        ("other part", seal.seal(b"x", tcn(), "evidence", HUB.public(), KIOSK)),
        ("other hub", seal.seal(b"x", tcn(), "probe", KIOSK.public(), KIOSK)),
        ("noise", b"\x00" * 5000),
    ]


@pytest.mark.parametrize(("what", "envelope"), spoiled(), ids=lambda v: v if isinstance(v, str) else "")
def test_what_does_not_verify_is_asked_for_again_and_then_refused(
    inbox: Inbox, what: str, envelope: bytes
) -> None:
    """A damaged chunk may have been an accident; three times is none. Nothing is ever held."""
    replies = [send(inbox, whole(envelope)).replies[0] for _ in range(3)]
    assert [type(reply) for reply in replies] == [wire.Missing, wire.Missing, wire.Refusal], what
    assert held(inbox) == 0
    assert sum(inbox.ignored.values()) == 3


def test_a_part_is_tried_as_often_with_two_workers_as_with_one(inbox: Inbox) -> None:
    """What is spoiled is counted in the store; put back by an operator, it is tried as often again."""
    other = Inbox(inbox._store, HUB, {DEVICE: public_file(KIOSK)}, lambda: NOW)
    bad = whole(spoiled()[0][1])
    kinds = [type(send(worker, bad).replies[0]) for worker in (inbox, other, inbox, other, inbox, other)]
    assert kinds == [wire.Missing, wire.Missing, wire.Refusal] * 2


def test_after_a_damaged_try_the_right_bytes_are_held(inbox: Inbox) -> None:
    """A poisoned assembly does not stand in the way of the real envelope."""
    send(inbox, whole(spoiled()[0][1]))
    assert send(inbox, whole()).delivered
    assert held(inbox) == 1


def test_a_waiting_answer_comes_with_the_receipt(inbox: Inbox) -> None:
    """One message instead of two on a thin link."""
    send(inbox, whole())
    inbox._store.answers.put(DEVICE, tcn(), b"sealed answer", NOW)
    receipt = send(inbox, whole()).replies[0]
    assert isinstance(receipt, wire.Receipt)
    assert receipt.answer == b"sealed answer"


def test_answers_wait_until_they_are_acknowledged(inbox: Inbox) -> None:
    """Asked for as often as needed, gone after Got."""
    inbox._store.answers.put(DEVICE, tcn(), b"sealed answer", NOW)
    assert send(inbox, wire.Ask()).replies == (wire.Answered(tcn(), b"sealed answer"),)
    assert send(inbox, wire.Ask()).replies
    send(inbox, wire.sign_got(tcn(), b"sealed answer", KIOSK))
    assert send(inbox, wire.Ask()).replies == ()


def test_pieces_that_are_all_here_are_taken_when_they_are_offered(inbox: Inbox) -> None:
    """A worker that died between the last piece and the commit leaves no part that can never be held."""
    size = len(ENVELOPE)
    inbox._store.chunks.add(KEY, size, 0, ENVELOPE)
    offer = wire.Offer(tcn(), Part.PROBE, size, hashlib.sha256(ENVELOPE).digest())
    outcome = send(inbox, offer)
    assert outcome.delivered
    assert [type(reply) for reply in outcome.replies] == [wire.Receipt]
    assert held(inbox) == 1


def test_a_kiosk_that_finishes_nothing_fills_no_disk(inbox: Inbox) -> None:
    """Overlapping pieces of one part, without end: they are forgotten, counted, and it can still be sent whole."""
    data = bytes(200_000)
    sent = 0
    while not inbox.ignored:
        send(inbox, wire.Chunk(tcn(), Part.PROBE, 1 << 20, sent % 1000, data))
        sent += 1
        assert sent * len(data) <= MOST_PIECES + LOOK_EVERY
    (why,) = inbox.ignored
    assert "too much unfinished" in why
    missing = inbox._store.chunks.missing(KEY, 1 << 20)
    assert missing == ((0, 1 << 20),)
    assert send(inbox, whole()).delivered
