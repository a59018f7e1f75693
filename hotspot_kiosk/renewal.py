"""How a kiosk asks for its next link certificate, as bytes: signed by its own keys, not by the old one.

So a kiosk whose certificate has ended is renewed on contact instead of freezing. Up (`r/<device>`)
goes a request, down (`n/<device>`) its answer; both over a listener that asks for no certificate,
so nothing here may be believed before its signature is checked.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.seal import PrivateKeys, Trusted

UP_FILTER = "r/+"
LARGEST = 4096
M = TypeVar("M", bound=msgspec.Struct)


class Ask(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkr1"):
    """`request` is a PEM signing request; the signature binds it to the device."""

    device: int
    request: bytes
    signature: bytes


class Issued(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hki1"):
    """`certificate` is PEM; the hub's signature binds it to the request."""

    certificate: bytes
    signature: bytes


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
    return _decode(payload, Ask)


def verify_ask(message: Ask, kiosk: Trusted) -> None:
    """Raises SealError unless this kiosk signed exactly this."""
    kiosk.verify(_asking(message.device, message.request), message.signature)


def issue(certificate: bytes, request: bytes, by: PrivateKeys) -> bytes:
    """The hub's message for a certificate that answers a request."""
    return msgspec.msgpack.encode(Issued(certificate, by.sign(_issuing(certificate, request))))


def read_issued(payload: bytes, request: bytes, hub: Trusted) -> bytes:
    """The certificate (PEM) that answers this request. Raises BadBytes or SealError."""
    message = _decode(payload, Issued)
    hub.verify(_issuing(message.certificate, request), message.signature)
    return message.certificate


def _asking(device: int, request: bytes) -> bytes:
    return b"renewal\0" + device.to_bytes(4) + request


def _issuing(certificate: bytes, request: bytes) -> bytes:
    return b"renewed\0" + hashlib.sha256(request).digest() + certificate


def _decode(payload: bytes, kind: type[M]) -> M:
    if len(payload) > LARGEST:
        raise BadBytes("a renewal is larger than any real one")
    try:
        return msgspec.msgpack.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a renewal cannot be read") from None
