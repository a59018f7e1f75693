"""Seal an answer under the key that came inside its request: 106 bytes around it instead of 1,232.

The kiosk derives a reply key from its device secret and the TCN, so it keeps nothing and a restart
loses nothing, and puts it inside the sealed probe. The hub, which has just opened the probe, seals
the answer with it. RFC 9180 (9.8) and RFC 9458 (4.4) export such a key from the HPKE context; the
one-shot HPKE in use here exports none, and a kiosk that restarts would have to keep what it exported.
As in RFC 9458, each answer has a key and nonce of its own, derived from the reply key and a salt.
The salt is itself a MAC over fresh randomness, request and answer: even where the randomness repeats,
two different answers never share a nonce, so any number of workers may answer the same probe.

What others can do. Who listens, now or with a quantum computer later, has to open the probe first:
ML-KEM-768 with X25519 stands before the reply key, nothing but symmetric ciphers after it. Another
kiosk derives other keys. Who stole a kiosk's secret opens its answers, as it could with HPKE, and no
probe. The TCN, the probe's digest and the direction are associated data, and the hub signs them with
the box: a replayed answer fits no other record and no second probe of the same number, an answer is
no request, and a probe's sender cannot forge one. Because the hub signs the digest of a probe that it
opened and holds, such an answer is the probe's receipt, too.
"""

from __future__ import annotations

import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hotspot_kiosk import seal
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.terms import Tcn

MAGIC = b"HKA1"
HEADER = struct.Struct(">4s6s")
KEY_SIZE = DIGEST_SIZE = ENTROPY_SIZE = 32
SALT_SIZE, TAG_SIZE, NONCE_SIZE = 16, 16, 12
OVERHEAD = HEADER.size + SALT_SIZE + TAG_SIZE + seal.SIGNATURE_SIZE
REPLY_KEY_DOMAIN = b"hotspot-kiosk reply key 1\0"
BOX_DOMAIN = b"hotspot-kiosk answer box 1, hub to kiosk\0"
SALT_DOMAIN = b"hotspot-kiosk answer salt 1\0"
STATEMENT = b"answer\0"


def reply_key(own: seal.PrivateKeys, tcn: Tcn) -> bytes:
    """The 32 bytes under which the answer to this TCN may come; the same ones every time."""
    words = seal.in_realm(own.realm, REPLY_KEY_DOMAIN + tcn.encode())
    return _derived(own.mlkem_seed + own.x25519_seed, None, words, KEY_SIZE)


def seal_answer(
    plaintext: bytes, tcn: Tcn, request: bytes, key: bytes, by: seal.PrivateKeys, entropy: bytes
) -> bytes:
    """Envelope of an answer: header, salt, box, the hub's signature.

    request: SHA-256 of the probe's envelope. key: the reply key inside it. entropy: 32 random bytes.
    """
    if (len(request), len(key), len(entropy)) != (DIGEST_SIZE, KEY_SIZE, ENTROPY_SIZE):
        raise ValueError("a digest, a reply key or randomness has the wrong length")
    header = _header(tcn)
    bound = header + request
    words = SALT_DOMAIN + entropy + bound + plaintext
    salt = hmac.digest(key, words, "sha256")[:SALT_SIZE]
    cipher, nonce = _box(key, salt)
    sealed = header + salt + cipher.encrypt(nonce, plaintext, BOX_DOMAIN + bound)
    return sealed + by.sign(_statement(request, sealed))


def is_sealed_answer(envelope: bytes) -> bool:
    """Whether an envelope is of this form and not HPKE; its first bytes say so."""
    return envelope.startswith(MAGIC)


def open_answer(envelope: bytes, tcn: Tcn, request: bytes, by: seal.Trusted, own: seal.PrivateKeys) -> bytes:
    """What the hub answers to this probe, whichever of the two forms it chose.

    request: SHA-256 of the probe's envelope. Raises BadBytes or SealError; never returns bytes that
    the hub did not sign for this very TCN (and, unless it is HPKE, this very probe).
    """
    if is_sealed_answer(envelope):
        return _open(envelope, tcn, request, by, own)
    header = seal.peek(envelope)
    if header.tcn != tcn or header.content != "answer":
        raise BadBytes("an answer belongs to another record")
    return seal.open_envelope(envelope, by, own)


def _open(envelope: bytes, tcn: Tcn, request: bytes, by: seal.Trusted, own: seal.PrivateKeys) -> bytes:
    if len(envelope) < OVERHEAD:
        raise BadBytes("too short for a sealed answer")
    if envelope[: HEADER.size] != _header(tcn):
        raise BadBytes("an answer belongs to another record")
    sealed, signature = envelope[: -seal.SIGNATURE_SIZE], envelope[-seal.SIGNATURE_SIZE :]
    by.verify(_statement(request, sealed), signature)
    salt, box = sealed[HEADER.size :][:SALT_SIZE], sealed[HEADER.size + SALT_SIZE :]
    cipher, nonce = _box(reply_key(own, tcn), salt)
    try:
        return cipher.decrypt(nonce, box, BOX_DOMAIN + envelope[: HEADER.size] + request)
    except InvalidTag:
        raise SealError("an answer does not open with this kiosk's keys") from None


def _header(tcn: Tcn) -> bytes:
    """Ten bytes: the TCN's digits as a number; its letter follows from them."""
    return HEADER.pack(MAGIC, int(tcn[:14]).to_bytes(6, "big"))


def _statement(request: bytes, sealed: bytes) -> bytes:
    return STATEMENT + request + sealed


def _box(key: bytes, salt: bytes) -> tuple[ChaCha20Poly1305, bytes]:
    """The cipher of one answer, and its nonce."""
    material = _derived(key, salt, BOX_DOMAIN, KEY_SIZE + NONCE_SIZE)
    return ChaCha20Poly1305(material[:KEY_SIZE]), material[KEY_SIZE:]


def _derived(secret: bytes, salt: bytes | None, info: bytes, size: int) -> bytes:
    return HKDF(SHA256(), size, salt, info).derive(secret)
