"""How a kiosk asks for its next link certificate, as bytes: signed by its own keys, not by the old one.

So a kiosk whose certificate has ended is renewed on contact instead of freezing. Up (`r/<device>`)
goes a request, down (`n/<device>`) its answer; both over a listener that asks for no certificate,
so nothing here may be believed before its signature is checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.seal import PrivateKeys, Trusted

UP_FILTER = "r/+"
LARGEST = 4096
M = TypeVar("M")


class Ask(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkr1"):
    """`request` is a PEM signing request; the signature binds it to the device."""

    device: int
    request: bytes
    signature: bytes


class Issued(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hki1"):
    """`certificate` is PEM; the hub's signature binds it to the request."""

    certificate: bytes
    signature: bytes


class Denied(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkd1"):
    """No certificate, and why, for people; `orders` are the hub's signed orders that wait for the kiosk.

    The hub's signature binds reason and request; each order carries its own.
    """

    reason: str
    orders: tuple[bytes, ...]
    signature: bytes


_asks: msgspec.msgpack.Decoder[Ask] = msgspec.msgpack.Decoder(Ask)
_answers: msgspec.msgpack.Decoder[Issued | Denied] = msgspec.msgpack.Decoder(Issued | Denied)


def up_topic(device: int) -> str:
    """Where a kiosk asks."""
    return f"r/{device}"


def down_topic(device: int) -> str:
    """Where it hears the answer."""
    return f"n/{device}"


def ask(device: int, request: bytes, by: PrivateKeys) -> bytes:
    """A kiosk's message for a signing request."""
    return msgspec.msgpack.encode(Ask(device, request, by.sign(_asking(device, request))))


def read_ask(payload: bytes) -> Ask:
    """A message from a kiosk, unverified. Raises BadBytes."""
    return _decode(payload, _asks)


def verify_ask(message: Ask, kiosk: Trusted) -> None:
    """Raises SealError unless this kiosk signed exactly this."""
    kiosk.verify(_asking(message.device, message.request), message.signature)


def issue(certificate: bytes, request: bytes, by: PrivateKeys) -> bytes:
    """The hub's message for a certificate that answers a request."""
    return msgspec.msgpack.encode(Issued(certificate, by.sign(_issuing(certificate, request))))


def deny(reason: str, orders: Sequence[bytes], request: bytes, by: PrivateKeys) -> bytes:
    """The hub's message for a request that it does not follow."""
    return msgspec.msgpack.encode(Denied(reason, tuple(orders), by.sign(_denying(reason, request))))


def read_answer(payload: bytes, request: bytes, hub: Trusted) -> bytes | Denied:
    """The certificate (PEM) that answers this request, or that there is none. Raises BadBytes or SealError."""
    message = _decode(payload, _answers)
    if isinstance(message, Denied):
        hub.verify(_denying(message.reason, request), message.signature)
        return message
    hub.verify(_issuing(message.certificate, request), message.signature)
    return message.certificate


def _asking(device: int, request: bytes) -> bytes:
    return b"renewal\0" + device.to_bytes(4) + request


def _issuing(certificate: bytes, request: bytes) -> bytes:
    return b"renewed\0" + hashlib.sha256(request).digest() + certificate


def _denying(reason: str, request: bytes) -> bytes:
    return b"denied\0" + hashlib.sha256(request).digest() + reason.encode()


def _decode(payload: bytes, decoder: msgspec.msgpack.Decoder[M]) -> M:
    if len(payload) > LARGEST:
        raise BadBytes("a renewal is larger than any real one")
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a renewal cannot be read") from None
