"""The checker's own way into an envelope and past a hub's lock, from the formats' description, not from `seal`.

If sealing and opening shared a mistake, a checker that opened with the same code would not see it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BROKEN = "broken"
# magic 4, key id 8, sender 4, TCN 15, content 1; then the HPKE box; then the signature
HEADER_BYTES, SIGNATURE_BYTES, SENDER_AT, TCN_AT, CONTENT_AT = 32, 64, 12, 16, 31
DOMAIN = b"hotspot-kiosk envelope 1\0"
# an answer under its probe's key: magic 4, TCN's digits 6, salt 16; the box; the signature
ANSWER_MAGIC, ANSWER_HEADER_BYTES, SALT_END = b"HKA1", 10, 26
ANSWER_STATEMENT = b"hotspot-kiosk statement 1\0answer\0"
ANSWER_DOMAIN, KEY_DOMAIN = b"hotspot-kiosk answer box 1, hub to kiosk\0", b"hotspot-kiosk reply key 1\0"
# a hub's lock on what it holds of a record: nonce 12; the box, under a key made of the record's own
NONCE_BYTES, LOCK_DOMAIN = 12, b"hotspot-kiosk record box 1\0"
CONTENTS = {1: "probe", 2: "evidence", 3: "answer"}


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens what `sender` (device number, Ed25519 public key) sealed for the holder of these seeds."""

    sender: int
    signing: bytes = field(repr=False)
    mlkem_seed: bytes = field(repr=False)
    x25519_seed: bytes = field(repr=False)

    @classmethod
    def of(cls, sender: int, sender_entropy: bytes, own_entropy: bytes) -> Opener:
        """Out of the 128 random bytes from which each side's keys are made: 32 + 64 + 32."""
        signing = Ed25519PrivateKey.from_private_bytes(sender_entropy[:32]).public_key()
        return cls(sender, signing.public_bytes_raw(), own_entropy[32:96], own_entropy[96:])

    def digest(self, envelope: bytes, tcn: str, content: str) -> str:
        """SHA-256 (hex) of what is inside; BROKEN unless it is whole and what it is said to be."""
        header, end = envelope[:HEADER_BYTES], len(envelope) - SIGNATURE_BYTES
        if end <= HEADER_BYTES or not self._is(header, tcn, content):
            return BROKEN
        suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
        key = MLKEM768X25519PrivateKey(
            MLKEM768PrivateKey.from_seed_bytes(self.mlkem_seed),
            X25519PrivateKey.from_private_bytes(self.x25519_seed),
        )
        try:
            signer = Ed25519PublicKey.from_public_bytes(self.signing)
            signer.verify(envelope[end:], DOMAIN + envelope[:end])
            plain = suite.decrypt(envelope[HEADER_BYTES:end], key, info=DOMAIN + header)
        except (InvalidSignature, InvalidTag, ValueError):
            return BROKEN
        return hashlib.sha256(plain).hexdigest()

    def answer(self, envelope: bytes, tcn: str, probe: bytes) -> str:
        """The same for an answer to the probe whose envelope has that SHA-256."""
        if not envelope.startswith(ANSWER_MAGIC):
            return self.digest(envelope, tcn, "answer")
        end = len(envelope) - SIGNATURE_BYTES
        header, salt, box = envelope[:ANSWER_HEADER_BYTES], envelope[10:SALT_END], envelope[SALT_END:end]
        if header[4:] != int(tcn[:14]).to_bytes(6, "big"):
            return BROKEN
        key = _derived(self.mlkem_seed + self.x25519_seed, None, KEY_DOMAIN + tcn.encode(), 32)
        keys = _derived(key, salt, ANSWER_DOMAIN, 44)
        try:
            signer = Ed25519PublicKey.from_public_bytes(self.signing)
            signer.verify(envelope[end:], ANSWER_STATEMENT + probe + envelope[:end])
            plain = ChaCha20Poly1305(keys[:32]).decrypt(keys[32:], box, ANSWER_DOMAIN + header + probe)
        except (InvalidSignature, InvalidTag, ValueError):
            return BROKEN
        return hashlib.sha256(plain).hexdigest()

    def _is(self, header: bytes, tcn: str, content: str) -> bool:
        sender = int.from_bytes(header[SENDER_AT:TCN_AT], "big")
        said = CONTENTS.get(header[CONTENT_AT])
        return (sender, header[TCN_AT:CONTENT_AT], said) == (self.sender, tcn.encode("ascii"), content)


def unlocked(box: bytes, key: bytes, about: str) -> bytes:
    """What a hub locked with a record's key; nothing, which no opener takes for whole, if it is not that."""
    lock = ChaCha20Poly1305(hmac.digest(key, LOCK_DOMAIN, "sha256"))
    try:
        return lock.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], about.encode("ascii"))
    except (InvalidTag, ValueError):
        return b""


def _derived(secret: bytes, salt: bytes | None, info: bytes, size: int) -> bytes:
    return HKDF(SHA256(), size, salt, info).derive(secret)
