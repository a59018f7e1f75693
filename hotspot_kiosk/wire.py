"""The messages between kiosk and hub, as bytes and as values (MessagePack, arrays, tagged).

Up (`u/<device>`): Offer, Chunk, Got, Ask. Down (`d/<device>`): Missing, Receipt, Answered, Refusal.
A single chunk that holds the whole envelope needs no offer. Decoding proves nothing: envelopes,
receipts and refusals carry signatures, and whoever acts on them checks those first.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.seal import PrivateKeys, PublicKeys
from hotspot_kiosk.terms import MAX_DEVICE, Part, Tcn, as_plain

LARGEST_ENVELOPE = 16 << 20
LARGEST_MESSAGE = 256 << 10
CHUNK_OVERHEAD = 64
MOST_RANGES = 256
M = TypeVar("M")
Range = tuple[int, int]


class Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag=True):
    """Base of all messages; the tag is the class's name."""


class Offer(Message, frozen=True, tag="o"):
    """Up: I hold this part, so many bytes, with this SHA-256. What of it is missing there?"""

    tcn: str
    part: Part
    size: int
    digest: bytes


class Chunk(Message, frozen=True, tag="c"):
    """Up: `data` belongs at `offset` of an envelope of `size` bytes."""

    tcn: str
    part: Part
    size: int
    offset: int
    data: bytes


class Got(Message, frozen=True, tag="g"):
    """Up: the answer to this TCN is stored here; you need not keep it for me."""

    tcn: str


class Ask(Message, frozen=True, tag="a"):
    """Up: I am here again; send what waits for me."""


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
    """Down: the sealed answer to this TCN, until `Got` comes up."""

    tcn: str
    envelope: bytes


class Refusal(Message, frozen=True, tag="x"):
    """Down: this part will never be taken, and why; signed."""

    tcn: str
    part: Part
    reason: str
    signature: bytes


Up = Offer | Chunk | Got | Ask
Down = Missing | Receipt | Answered | Refusal
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
    if isinstance(message, Chunk) and not _fits(message):
        raise BadBytes("a chunk does not fit the envelope that it names")
    return message


def decode_down(payload: bytes) -> Down:
    """A message from the hub. Raises BadBytes."""
    return _decode(_down, payload)


def up_topic(device: int) -> str:
    """Where a kiosk speaks."""
    return f"u/{device}"


def down_topic(device: int) -> str:
    """Where a kiosk listens."""
    return f"d/{device}"


UP_FILTER = "u/+"


def device_of(topic: str) -> int:
    """The kiosk's number in a topic. Raises BadBytes."""
    tail = topic.partition("/")[2]
    if not (tail.isascii() and tail.isdigit() and len(tail) <= 5 and 1 <= int(tail) <= MAX_DEVICE):
        raise BadBytes("a topic names no device")
    return int(tail)


def sign_receipt(tcn: Tcn, part: Part, digest: bytes, by: PrivateKeys, answer: bytes = b"") -> Receipt:
    """A receipt; the answer has a signature of its own."""
    return Receipt(tcn, part, digest, by.sign(_receipt_words(tcn, part, digest)), answer)


def verify_receipt(receipt: Receipt, hub: PublicKeys) -> None:
    """Raises SealError unless the hub signed exactly this."""
    hub.verify(_receipt_words(receipt.tcn, receipt.part, receipt.digest), receipt.signature)


def sign_refusal(tcn: Tcn, part: Part, reason: str, by: PrivateKeys) -> Refusal:
    """A refusal."""
    return Refusal(tcn, part, reason, by.sign(_refusal_words(tcn, part, reason)))


def verify_refusal(refusal: Refusal, hub: PublicKeys) -> None:
    """Raises SealError unless the hub signed exactly this."""
    hub.verify(_refusal_words(refusal.tcn, refusal.part, refusal.reason), refusal.signature)


def _receipt_words(tcn: str, part: Part, digest: bytes) -> bytes:
    return b"receipt\0" + f"{tcn}\0{part}\0".encode() + digest


def _refusal_words(tcn: str, part: Part, reason: str) -> bytes:
    return b"refusal\0" + f"{tcn}\0{part}\0{reason}".encode()


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
