"""A person's own signing key (Ed25519): made once, kept by that person under a passphrase, never by a machine.

PKCS #8 in PEM, encrypted (RFC 5958, RFC 8018); the public half as SubjectPublicKeyInfo (RFC 8410).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hotspot_kiosk.errors import ConfigError, SealError

SHORTEST_PASSPHRASE = 8


@dataclass(frozen=True, slots=True)
class PersonKey:
    """An opened key. public: 32 bytes."""

    public: bytes
    _key: Ed25519PrivateKey = field(repr=False)

    def sign(self, words: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(words)


def make(passphrase: str) -> tuple[bytes, bytes]:
    """A new key and its public half, both PEM. Raises ConfigError for a passphrase that is too short."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise ConfigError(f"a passphrase has {SHORTEST_PASSPHRASE} characters or more")
    key = Ed25519PrivateKey.generate()
    closed = form.BestAvailableEncryption(passphrase.encode())
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, closed)
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    return private, public


def unlock(pem: bytes, passphrase: str) -> PersonKey:
    """The key out of its file. Raises ConfigError if it is none, or the passphrase is not its own."""
    try:
        key = form.load_pem_private_key(pem, passphrase.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError("this is no person's key, or the passphrase is not the right one") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError("this is no person's key; make one with: hotspot officer key")
    return PersonKey(key.public_key().public_bytes_raw(), key)


def read_public(pem: bytes) -> bytes:
    """The 32 bytes of a public half. Raises ConfigError."""
    try:
        key = form.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError("this is no public half of a person's key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError("this is no public half of a person's key; make one with: hotspot officer key")
    return key.public_bytes_raw()


def verify(public: bytes, words: bytes, signature: bytes) -> None:
    """Raises SealError unless this key signed these words."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, words)
    except (InvalidSignature, ValueError):
        raise SealError("this is not signed by that person's key") from None
