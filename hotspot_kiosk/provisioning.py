"""How a new kiosk comes to its number: what it asks, what the hub answers, and the code that people compare. As bytes.

Up (`p/<code>`) goes the kiosk's request with its public keys, down (`q/<code>`) the hub's answer, over a listener that
asks for no certificate; or both on a stick. Nothing here makes anybody a kiosk: a person at the hub does, by the code.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.seal import PrivateKeys, PublicKeys, Trusted, open_envelope, seal, verify_envelope
from hotspot_kiosk.terms import MAX_COUNTER, MAX_DEVICE, Tcn

UP_FILTER = "p/+"
LARGEST = 20_000  # as the broker's max_packet_size
MOST_ABOUT = 120
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
CODE_BYTES = (
    10  # 80 bits: finding keys with a code that is shown takes 2^80 tries; 16 signs can still be read out
)
CODE_LENGTH = CODE_BYTES * 8 // 5
CONTENT = "grant"
GRANTABLE = frozenset(
    {"link", "renewal", "session", "page", "outbox", "tamper", "update"}
)  # tables a hub decides
M = TypeVar("M")


class Asked(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkp1"):
    """A new kiosk's public keys and its signing request (PEM) for the link; signed with the key that it names.

    hub: the id of the hub's key that it trusts. about: the board and how its keys are kept, for people.
    """

    signing: bytes
    sealing: bytes
    request: bytes
    hub: bytes
    about: str
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.about) > MOST_ABOUT or not self.about.isprintable():
            raise ValueError(f"about is at most {MOST_ABOUT} printable characters")

    def keys(self, device: int) -> PublicKeys:
        """The kiosk's public keys under a number."""
        return PublicKeys(device, self.signing, self.sealing)


class Granted(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkg1"):
    """A Grant, sealed for the kiosk that asked and signed by the hub."""

    envelope: bytes


class Told(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkw1"):
    """No grant. refused: why, for people; empty: the request is here and waits for a person. Signed by the hub."""

    code: str
    refused: str
    signature: bytes


class Grant(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkn1"):
    """What makes a kiosk: its number, its post, its link certificate (PEM).

    settings: TOML, tables that the bureau decides. operation: the signed file, or nothing; a later one comes by order.
    """

    code: str
    device: int
    post: str
    country: str
    agency: str
    certificate: bytes
    settings: str
    operation: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.device <= MAX_DEVICE:
            raise ValueError(f"a kiosk's number is 1 to {MAX_DEVICE}")


_asks: msgspec.msgpack.Decoder[Asked] = msgspec.msgpack.Decoder(Asked)
_answers: msgspec.msgpack.Decoder[Granted | Told] = msgspec.msgpack.Decoder(Granted | Told)
_grants: msgspec.msgpack.Decoder[Grant] = msgspec.msgpack.Decoder(Grant)


def up_topic(code: str) -> str:
    """Where the kiosk of this code asks."""
    return f"p/{code}"


def down_topic(code: str) -> str:
    """Where it hears the answer."""
    return f"q/{code}"


def ask(own: PrivateKeys, request: bytes, hub: PublicKeys, about: str) -> bytes:
    """A new kiosk's request. `own` names no number yet: its owner counts for nothing."""
    half = own.public()
    message = Asked(half.signing, half.sealing, request, hub.key_id, about, b"")
    return msgspec.msgpack.encode(msgspec.structs.replace(message, signature=own.sign(_asking(message))))


def read_ask(payload: bytes) -> Asked:
    """A request that whoever holds its keys signed. Raises BadBytes or SealError."""
    message = _decode(payload, _asks)
    keys = message.keys(1)
    keys.check()
    keys.verify(_asking(message), message.signature)
    return message


def code_of(message: Asked) -> str:
    """The code of a request: a digest of all that it says, so that nothing in it can be exchanged."""
    number = int.from_bytes(hashlib.sha256(_asking(message)).digest()[:CODE_BYTES])
    return "".join(ALPHABET[number >> shift & 31] for shift in range(CODE_BYTES * 8 - 5, -1, -5))


def shown(code: str) -> str:
    """As people read it: four groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def typed(words: str) -> str:
    """A code as somebody typed it; O is 0, I and L are 1. Raises ValueError."""
    plain = words.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    if len(plain) != CODE_LENGTH or not set(plain) <= set(ALPHABET):
        raise ValueError(
            f"a code has {CODE_LENGTH} letters and digits, as in {shown(ALPHABET[:CODE_LENGTH])}"
        )
    return plain


def grant(what: Grant, to: Asked, by: PrivateKeys, year: int) -> bytes:
    """The hub's answer that makes a kiosk; of use only to who holds the request's keys."""
    number = Tcn.mint(year, what.device, MAX_COUNTER)
    return msgspec.msgpack.encode(
        Granted(seal(msgspec.msgpack.encode(what), number, CONTENT, to.keys(what.device), by))
    )


def tell(code: str, refused: str, by: PrivateKeys) -> bytes:
    """The hub's answer that grants nothing (yet)."""
    return msgspec.msgpack.encode(Told(code, refused, by.sign(_telling(code, refused))))


def read_answer(payload: bytes, code: str, hub: Trusted) -> Granted | Told:
    """An answer that the hub signed; a grant is not opened here. Raises BadBytes or SealError."""
    message = _decode(payload, _answers)
    if isinstance(message, Granted):
        if verify_envelope(message.envelope, hub).content != CONTENT:
            raise BadBytes("an envelope of the hub holds something else than a grant")
        return message
    hub.verify(_telling(message.code, message.refused), message.signature)
    if message.code != code:
        raise BadBytes("an answer is for another kiosk's request")
    return message


def open_grant(message: Granted, code: str, hub: Trusted, own: PrivateKeys) -> Grant:
    """What the hub grants to this very request. Raises BadBytes or SealError."""
    found = _decode(open_envelope(message.envelope, hub, own), _grants)
    if found.code != code:
        raise BadBytes("a grant is for another request")
    return found


def _asking(message: Asked) -> bytes:
    return b"provisioning\0" + msgspec.msgpack.encode(msgspec.structs.replace(message, signature=b""))


def _telling(code: str, refused: str) -> bytes:
    return b"provisioning told\0" + code.encode() + b"\0" + refused.encode()


def _decode(payload: bytes, decoder: msgspec.msgpack.Decoder[M]) -> M:
    if len(payload) > LARGEST:
        raise BadBytes("a message about a new kiosk is larger than any real one")
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a message about a new kiosk cannot be read") from None
