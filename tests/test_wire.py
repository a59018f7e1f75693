"""Messages: there and back, nonsense refused, signatures bound to every word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import HUB, KIOSK, tcn

from hotspot_kiosk import wire
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.terms import Part

UPS = [
    wire.Offer(tcn(), Part.EVIDENCE, 50_000, b"d" * 32),
    wire.Chunk(tcn(), Part.PROBE, 100, 10, b"x" * 90),
    wire.sign_got(tcn(), b"an answer", KIOSK),
    wire.Ask(),
]
DOWNS = [
    wire.Missing(tcn(), Part.PROBE, ((0, 10), (20, 30))),
    wire.sign_receipt(tcn(), Part.PROBE, b"d" * 32, HUB, b"answer"),
    wire.Answered(tcn(), b"envelope"),
    wire.sign_refusal(tcn(), Part.PROBE, b"d" * 32, "why", HUB),
    wire.Here(),
]


@pytest.mark.parametrize("message", UPS, ids=lambda m: type(m).__name__)
def test_up_messages_come_back_equal(message: wire.Up) -> None:
    """What a kiosk says is what the hub reads."""
    assert wire.decode_up(wire.encode(message)) == message


@pytest.mark.parametrize("message", DOWNS, ids=lambda m: type(m).__name__)
def test_down_messages_come_back_equal(message: wire.Down) -> None:
    """What the hub says is what a kiosk reads."""
    assert wire.decode_down(wire.encode(message)) == message


@given(st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    """Any payload on a topic either decodes or gives BadBytes."""
    for decode in (wire.decode_up, wire.decode_down):
        try:
            decode(noise)
        except BadBytes:
            continue


@given(st.data())
def test_changed_messages_are_refused_or_still_sane(data: st.DataObject) -> None:
    """A flipped byte never gets an impossible chunk past the door."""
    payload = bytearray(wire.encode(data.draw(st.sampled_from(UPS))))
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        message = wire.decode_up(bytes(payload))
    except BadBytes:
        return
    if isinstance(message, wire.Chunk):
        assert 0 <= message.offset < message.offset + len(message.data) <= message.size


@pytest.mark.parametrize(
    "message",
    [
        wire.Offer(tcn(), Part.PROBE, 0, b""),
        wire.Offer(tcn(), Part.PROBE, wire.LARGEST_ENVELOPE + 1, b""),
        wire.Chunk(tcn(), Part.PROBE, 10, -1, b"x"),
        wire.Chunk(tcn(), Part.PROBE, 10, 5, b"x" * 6),
        wire.Chunk(tcn(), Part.PROBE, 10, 0, b""),
        wire.Got("26000170000001X", b""),
    ],
)
def test_impossible_numbers_are_refused(message: wire.Up) -> None:
    """Sizes, offsets and TCNs that cannot be stop at the door."""
    with pytest.raises(BadBytes):
        wire.decode_up(wire.encode(message))


def test_a_giant_message_is_refused_unread() -> None:
    """Memory is not spent on what cannot be a real message."""
    with pytest.raises(BadBytes, match="larger"):
        wire.decode_up(b"\x00" * (wire.LARGEST_MESSAGE + 1))


@pytest.mark.parametrize("topic", ["u/", "u", "u/x", "u/0", "u/100000", "u/-1", "u/1/2", "u/٣"])
def test_topics_without_a_device_are_refused(topic: str) -> None:
    """Only u/1 to u/99999 name a kiosk."""
    with pytest.raises(BadBytes):
        wire.device_of(topic)


def test_a_topic_names_its_device() -> None:
    """The hub takes the sender from the topic, which the broker guards."""
    assert wire.device_of(wire.up_topic(17)) == 17


@pytest.mark.parametrize(
    "changed",
    [
        {"tcn": tcn(2)},
        {"part": Part.EVIDENCE},
        {"digest": b"e" * 32},
        {"signature": b"s" * 64},
        {"signature": b""},
    ],
)
def test_a_receipt_counts_only_as_signed(changed: dict[str, object]) -> None:
    """No word of a receipt can be changed: it allows erasing."""
    receipt = wire.sign_receipt(tcn(), Part.PROBE, b"d" * 32, HUB)
    wire.verify_receipt(receipt, HUB.public())
    fields = {name: getattr(receipt, name) for name in ("tcn", "part", "digest", "signature")}
    with pytest.raises(SealError):
        wire.verify_receipt(wire.Receipt(**{**fields, **changed}), HUB.public())


def test_only_the_hub_signs_receipts_and_refusals() -> None:
    """A kiosk's signature on either is worthless."""
    with pytest.raises(SealError):
        wire.verify_receipt(wire.sign_receipt(tcn(), Part.PROBE, b"d" * 32, KIOSK), HUB.public())
    with pytest.raises(SealError):
        wire.verify_refusal(wire.sign_refusal(tcn(), Part.PROBE, b"d" * 32, "no", KIOSK), HUB.public())


def test_a_receipt_is_no_refusal() -> None:
    """The kinds are part of what is signed."""
    receipt = wire.sign_receipt(tcn(), Part.PROBE, b"why", HUB)
    with pytest.raises(SealError):
        wire.verify_refusal(
            wire.Refusal(tcn(), Part.PROBE, b"d" * 32, "why", receipt.signature), HUB.public()
        )
