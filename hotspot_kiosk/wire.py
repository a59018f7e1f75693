"""The messages between kiosk and hub, as bytes and as values (MessagePack, arrays, tagged).

Training has topics of its own (`tu/`, `td/`). Up (`u/<device>`): Offer, Chunk, Got, Ask, Done, Reached, Said, View. Down (`d/<device>`): Missing, Receipt,
Answered, Refusal, Order, Witness, Noted, Viewed; to all kiosks at once (`d/0`): Here. A single chunk that holds the whole envelope
needs no offer. Decoding proves nothing: whatever makes somebody keep, erase or obey carries a
signature, and whoever acts on it checks that first. `systemd/mosquitto/README.md` says what a forged, replayed or reordered message can do.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.terms import MAX_DEVICE, Part, Realm, Tcn, as_plain, realm_of

LARGEST_ENVELOPE = 16 << 20
LARGEST_MESSAGE = 256 << 10
CHUNK_OVERHEAD = 64
MOST_RANGES = 256
LARGEST_NUMBER = (1 << 53) - 1
TIME_BYTES = 8
NONCE_BYTES = 8
M = TypeVar("M")
Range = tuple[int, int]


class Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=True):
    """Base of all messages; the tag is the class's name."""


class Offer(Message, frozen=True, tag="o"):
    """Up: I hold this part, so many bytes, with this SHA-256. What of it is missing there?

    live, here and in Chunk: its person probably still stands there; the hub goes first through these.
    """

    tcn: str
    part: Part
    size: int
    digest: bytes
    live: bool = False


class Chunk(Message, frozen=True, tag="c"):
    """Up: `data` belongs at `offset` of an envelope of `size` bytes."""

    tcn: str
    part: Part
    size: int
    offset: int
    data: bytes
    live: bool = False


class Got(Message, frozen=True, tag="g"):
    """Up: this edition of the answer to this TCN is stored here; you need not keep it for me. Signed, with its digest.

    An alert is acknowledged in the same way, under the number of the kiosk that asked.
    """

    tcn: str
    signature: bytes
    edition: int = 1


class Ask(Message, frozen=True, tag="a"):
    """Up: I am here again; send what waits for me.

    nonce: send the time, too, signed over these bytes. key_id: the newest hub key that I know.
    """

    nonce: bytes = b""
    key_id: bytes = b""


class Done(Message, frozen=True, tag="e"):
    """Up: the order of this number is carried out here; signed by the kiosk, as proof."""

    number: int
    signature: bytes


class Missing(Message, frozen=True, tag="m"):
    """Down: these byte ranges [start, end) of the part are not here yet."""

    tcn: str
    part: Part
    ranges: tuple[Range, ...]


class Receipt(Message, frozen=True, tag="r"):
    """Down: the part with this SHA-256 is committed here; signed. May bring the answer along."""

    tcn: str
    part: Part
    digest: bytes
    signature: bytes
    answer: bytes = b""


class Answered(Message, frozen=True, tag="n"):
    """Down: the sealed answer to this TCN, or an alert about another kiosk's, until `Got` comes up."""

    tcn: str
    envelope: bytes


ANOTHER = "the hub holds another record of this number"  # a refusal's reason that kiosks know


class Refusal(Message, frozen=True, tag="x"):
    """Down: the part with this SHA-256 will never be taken, and why; signed."""

    tcn: str
    part: Part
    digest: bytes
    reason: str
    signature: bytes


class OrderKind(StrEnum):
    """What the hub may order."""

    TIME = "time"
    HUB_KEY = "hub key"
    REVOKE = "revoke"
    ERASE = "erase"
    ROSTER = "roster"
    WATCHLIST = "watchlist"
    FORGET = "forget the watchlist"
    OPERATION = "operation"


class Order(Message, frozen=True, tag="y"):
    """Down: a signed command to one kiosk. `number` only ever rises; an older one is not obeyed."""

    device: int
    number: int
    kind: OrderKind
    body: bytes
    signature: bytes


class Here(Message, frozen=True, tag="h"):
    """Down, to all: a worker of the hub has come onto the link; what it was told before may be lost.

    Signed by nobody: it only makes kiosks ask sooner about what they would have asked about anyway.
    """


class Reached(Message, frozen=True, tag="j"):
    """Up: my journal's entry of this number has this SHA-256; so many minors were referred. Signed."""

    number: int
    digest: bytes
    minors: int
    signature: bytes


class Said(Message, frozen=True, tag="s"):
    """Up: what an officer here found about a candidate of this check, sealed for the hub and signed."""

    tcn: str
    envelope: bytes


class Noted(Message, frozen=True, tag="z"):
    """Down: the finding with this SHA-256 counts, or, with a word why, does not; signed."""

    tcn: str
    digest: bytes
    refused: str
    signature: bytes


class View(Message, frozen=True, tag="v"):
    """Up: an officer here is about to compare a candidate of this check; sealed for the hub and signed."""

    tcn: str
    envelope: bytes


class Viewed(Message, frozen=True, tag="p"):
    """Down: the two faces, or why not; sealed for this kiosk and signed. Sent again if it is asked again."""

    tcn: str
    envelope: bytes


class Witness(Message, frozen=True, tag="w"):
    """Down: your word about that entry is kept here; my own journal reaches so far. Signed."""

    number: int
    hub_number: int
    hub_digest: bytes
    signature: bytes


Up = Offer | Chunk | Got | Ask | Done | Reached | Said | View
Down = Missing | Receipt | Answered | Refusal | Order | Here | Witness | Noted | Viewed
_encoder = msgspec.msgpack.Encoder(enc_hook=as_plain)
_up: msgspec.msgpack.Decoder[Up] = msgspec.msgpack.Decoder(Up)
_down: msgspec.msgpack.Decoder[Down] = msgspec.msgpack.Decoder(Down)


def encode(message: Up | Down) -> bytes:
    """The message's bytes."""
    return _encoder.encode(message)


def decode_up(payload: bytes) -> Up:
    """A message from a kiosk. Raises BadBytes, also for numbers that cannot be."""
    message = _decode(_up, payload)
    if isinstance(message, Offer | Chunk) and not 1 <= message.size <= LARGEST_ENVELOPE:
        raise BadBytes("a message names an impossible size")
    if isinstance(message, Reached) and not _is_plausible(message):
        raise BadBytes("a word about a journal names impossible numbers")
    if isinstance(message, Chunk) and not _fits(message):
        raise BadBytes("a chunk does not fit the envelope that it names")
    return message


def decode_down(payload: bytes) -> Down:
    """A message from the hub. Raises BadBytes."""
    return _decode(_down, payload)


def up_topic(device: int) -> str:
    """Where a kiosk speaks. A training kiosk, whose number says so, speaks where no real hub listens."""
    return f"{TOPICS[realm_of(device)]}u/{device}"


def down_topic(device: int) -> str:
    """Where a kiosk listens."""
    return f"{TOPICS[realm_of(device)]}d/{device}"


def up_filter(realm: Realm) -> str:
    """Where a hub listens."""
    return f"{TOPICS[realm]}u/+"


def all_topic(realm: Realm) -> str:
    """Where all kiosks of a hub listen."""
    return f"{TOPICS[realm]}d/0"


TOPICS = {Realm.REAL: "", Realm.TRAINING: "t"}
UP_FILTER = up_filter(Realm.REAL)
ALL_TOPIC = all_topic(Realm.REAL)


def device_of(topic: str) -> int:
    """The kiosk's number in a topic. Raises BadBytes."""
    tail = topic.partition("/")[2]
    if not (tail.isascii() and tail.isdigit() and len(tail) <= 5 and 1 <= int(tail) <= MAX_DEVICE):
        raise BadBytes("a topic names no device")
    return int(tail)


def sign_receipt(tcn: Tcn, part: Part, digest: bytes, by: PrivateKeys, answer: bytes = b"") -> Receipt:
    """A receipt; the answer has a signature of its own."""
    return Receipt(tcn, part, digest, by.sign(_receipt_words(tcn, part, digest)), answer)


def verify_receipt(receipt: Receipt, hub: Trusted) -> None:
    """Raises SealError unless the hub signed exactly this."""
    hub.verify(_receipt_words(receipt.tcn, receipt.part, receipt.digest), receipt.signature)


def sign_refusal(tcn: Tcn, part: Part, digest: bytes, reason: str, by: PrivateKeys) -> Refusal:
    """A refusal of these very bytes: it says nothing about others of the same number."""
    return Refusal(tcn, part, digest, reason, by.sign(_refusal_words(tcn, part, digest, reason)))


def verify_refusal(refusal: Refusal, hub: Trusted) -> None:
    """Raises SealError unless the hub signed exactly this."""
    hub.verify(_refusal_words(refusal.tcn, refusal.part, refusal.digest, refusal.reason), refusal.signature)


def sign_got(tcn: Tcn, answer: bytes, by: PrivateKeys, edition: int = 1) -> Got:
    """A kiosk's word that it holds these very bytes of an answer, which are of this edition."""
    return Got(tcn, by.sign(_got_words(tcn, answer)), edition)


def verify_got(got: Got, answer: bytes, kiosk: Trusted) -> None:
    """Raises SealError unless that kiosk signed exactly this."""
    kiosk.verify(_got_words(got.tcn, answer), got.signature)


def sign_order(device: int, number: int, kind: OrderKind, body: bytes, by: PrivateKeys) -> Order:
    """An order to one kiosk."""
    return Order(device, number, kind, body, by.sign(_order_words(device, number, kind, body)))


def verify_order(order: Order, hub: Trusted) -> None:
    """Raises SealError unless the hub signed exactly this."""
    hub.verify(_order_words(order.device, order.number, order.kind, order.body), order.signature)


def sign_done(device: int, number: int, by: PrivateKeys) -> Done:
    """A kiosk's proof that it carried an order out."""
    return Done(number, by.sign(_done_words(device, number)))


def verify_done(done: Done, device: int, kiosk: Trusted) -> None:
    """Raises SealError unless that kiosk signed exactly this."""
    kiosk.verify(_done_words(device, done.number), done.signature)


def sign_reached(device: int, number: int, digest: bytes, minors: int, by: PrivateKeys) -> Reached:
    """A kiosk's word about its journal."""
    return Reached(number, digest, minors, by.sign(_reached_words(device, number, digest, minors)))


def verify_reached(reached: Reached, device: int, kiosk: Trusted) -> None:
    """Raises SealError unless that kiosk signed exactly this."""
    words = _reached_words(device, reached.number, reached.digest, reached.minors)
    kiosk.verify(words, reached.signature)


def sign_witness(device: int, number: int, hub_number: int, hub_digest: bytes, by: PrivateKeys) -> Witness:
    """The hub's word about both journals."""
    words = _witness_words(device, number, hub_number, hub_digest)
    return Witness(number, hub_number, hub_digest, by.sign(words))


def verify_witness(witness: Witness, device: int, hub: Trusted) -> None:
    """Raises SealError unless the hub signed exactly this, for this kiosk."""
    words = _witness_words(device, witness.number, witness.hub_number, witness.hub_digest)
    hub.verify(words, witness.signature)


def sign_noted(tcn: Tcn, digest: bytes, refused: str, by: PrivateKeys) -> Noted:
    """The hub's word about a finding."""
    return Noted(tcn, digest, refused, by.sign(_noted_words(tcn, digest, refused)))


def verify_noted(noted: Noted, hub: Trusted) -> None:
    """Raises SealError unless the hub signed exactly this."""
    hub.verify(_noted_words(noted.tcn, noted.digest, noted.refused), noted.signature)


def time_body(nonce: bytes, now: datetime) -> bytes:
    """What an order of kind TIME says: the nonce it answers, then milliseconds since 1970."""
    return nonce + int(now.timestamp() * 1000).to_bytes(TIME_BYTES, "big")


def read_time(body: bytes) -> tuple[bytes, datetime]:
    """The inverse of `time_body`. Raises BadBytes."""
    try:
        moment = datetime.fromtimestamp(int.from_bytes(body[-TIME_BYTES:], "big") / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadBytes("the hub told an impossible time") from None
    return body[:-TIME_BYTES], moment


def _order_words(device: int, number: int, kind: OrderKind, body: bytes) -> bytes:
    return f"order\0{device}\0{number}\0{kind}\0".encode() + body


def _done_words(device: int, number: int) -> bytes:
    return f"done\0{device}\0{number}".encode()


def _reached_words(device: int, number: int, digest: bytes, minors: int) -> bytes:
    return f"reached\0{device}\0{number}\0{minors}\0".encode() + digest


def _witness_words(device: int, number: int, hub_number: int, hub_digest: bytes) -> bytes:
    return f"witness\0{device}\0{number}\0{hub_number}\0".encode() + hub_digest


def _noted_words(tcn: str, digest: bytes, refused: str) -> bytes:
    return f"noted\0{tcn}\0{refused}\0".encode() + digest


def _got_words(tcn: str, answer: bytes) -> bytes:
    return b"got\0" + f"{tcn}\0".encode() + hashlib.sha256(answer).digest()


def _receipt_words(tcn: str, part: Part, digest: bytes) -> bytes:
    return b"receipt\0" + f"{tcn}\0{part}\0".encode() + digest


def _refusal_words(tcn: str, part: Part, digest: bytes, reason: str) -> bytes:
    return b"refusal\0" + f"{tcn}\0{part}\0{reason}\0".encode() + digest


def _is_plausible(reached: Reached) -> bool:
    return (
        0 < reached.number <= LARGEST_NUMBER
        and 0 <= reached.minors <= LARGEST_NUMBER
        and len(reached.digest) == hashlib.sha256().digest_size
    )


def _fits(chunk: Chunk) -> bool:
    return chunk.offset >= 0 and len(chunk.data) > 0 and chunk.offset + len(chunk.data) <= chunk.size


def _decode(decoder: msgspec.msgpack.Decoder[M], payload: bytes) -> M:
    if len(payload) > LARGEST_MESSAGE:
        raise BadBytes("a message is larger than any real one")
    try:
        message = decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a message cannot be read") from None
    tcn = getattr(message, "tcn", None)
    if tcn is not None:
        Tcn(tcn)
    return message
