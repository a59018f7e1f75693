"""Seal bytes for a public key so that the sealer cannot open them again; sign and verify.

HPKE (RFC 9180, base mode) with ML-KEM-768 + X25519, HKDF-SHA256, ChaCha20-Poly1305; Ed25519 (RFC
8032) over the whole envelope. The header, with the TCN, is bound in as HPKE `info`, so an envelope
cannot be passed off as another's. Keys are real or for training: that word is in every domain that is
signed or sealed under, and in the envelope's first bytes, so nothing made with keys of one realm verifies
or opens with keys of the other, even if their bytes were the same. Only files named seal... import `cryptography`.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.terms import TRAINING_DEVICES, Realm, Tcn, realm_of

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
HEADER = struct.Struct(">4s8sI15sB")
MAGICS = {Realm.REAL: b"HKE1", Realm.TRAINING: b"HKT1"}
ENVELOPE_DOMAIN = b"hotspot-kiosk envelope 1\0"
STATEMENT_DOMAIN = b"hotspot-kiosk statement 1\0"
SIGNATURE_SIZE = 64
MLKEM_PUBLIC_SIZE = 1184
SEED_SIZES = (32, 64, 32)
OVERHEAD = HEADER.size + 1136 + SIGNATURE_SIZE
TRAINED = b"hotspot-kiosk TRAINING\0"
CONTENTS = ("probe", "evidence", "answer", "finding", "self-test", "watchlist", "view", "pair", "grant")


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """One machine's public keys: `owner` is its device number, 0 for the hub.

    signing: Ed25519, 32 bytes. sealing: ML-KEM-768 (1184 bytes) then X25519 (32 bytes).
    """

    owner: int
    signing: bytes = field(repr=False)
    sealing: bytes = field(repr=False)
    realm: Realm = field(default=Realm.REAL, repr=False)

    def __post_init__(self) -> None:
        _check_number(self.owner, self.realm)
        if len(self.signing) != 32 or len(self.sealing) != MLKEM_PUBLIC_SIZE + 32:
            raise BadBytes("a public key has the wrong length")

    @property
    def key_id(self) -> bytes:
        """8 bytes that name this pair of keys."""
        return hashlib.sha256(in_realm(self.realm, self.signing + self.sealing)).digest()[:8]

    def check(self) -> None:
        """Raises BadBytes unless one can seal for these keys and verify with them."""
        _sealer(self)
        try:
            Ed25519PublicKey.from_public_bytes(self.signing)
        except ValueError:
            raise BadBytes("a public signing key is damaged") from None

    def verify(self, statement: bytes, signature: bytes) -> None:
        """Check a signed statement. Raises SealError if it was not signed with this key."""
        self._verify(STATEMENT_DOMAIN + statement, signature)

    def _verify(self, message: bytes, signature: bytes) -> None:
        try:
            key = Ed25519PublicKey.from_public_bytes(self.signing)
            key.verify(signature, in_realm(self.realm, message))
        except InvalidSignature:
            raise SealError("a signature does not verify") from None


@dataclass(frozen=True, slots=True)
class Ring:
    """Public keys of one owner, newest first: more than one while they are being changed."""

    keys: tuple[PublicKeys, ...]

    def __post_init__(self) -> None:
        if not self.keys or len({(keys.owner, keys.realm) for keys in self.keys}) != 1:
            raise ValueError("a ring holds the keys of one owner, all real or all for training")

    @property
    def newest(self) -> PublicKeys:
        """The keys to seal for."""
        return self.keys[0]

    @property
    def owner(self) -> int:
        """Whose they are."""
        return self.newest.owner

    @property
    def realm(self) -> Realm:
        """Real or for training."""
        return self.newest.realm

    def verify(self, statement: bytes, signature: bytes) -> None:
        """Check a signed statement. Raises SealError unless one of the keys signed it."""
        self._verify(STATEMENT_DOMAIN + statement, signature)

    def _verify(self, message: bytes, signature: bytes) -> None:
        for keys in self.keys[:-1]:
            try:
                return keys._verify(message, signature)
            except SealError:
                continue
        return self.keys[-1]._verify(message, signature)


Trusted = PublicKeys | Ring


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """One machine's private keys as seeds: Ed25519 (32), ML-KEM-768 (64), X25519 (32 bytes)."""

    owner: int
    signing_seed: bytes = field(repr=False)
    mlkem_seed: bytes = field(repr=False)
    x25519_seed: bytes = field(repr=False)
    realm: Realm = field(default=Realm.REAL, repr=False)

    def __post_init__(self) -> None:
        _check_number(self.owner, self.realm)
        if (len(self.signing_seed), len(self.mlkem_seed), len(self.x25519_seed)) != SEED_SIZES:
            raise BadBytes("a private key has the wrong length")

    @classmethod
    def make(cls, owner: int, entropy: bytes, realm: Realm = Realm.REAL) -> PrivateKeys:
        """New keys from 128 random bytes."""
        if len(entropy) != sum(SEED_SIZES):
            raise ValueError(f"keys need {sum(SEED_SIZES)} random bytes")
        return cls(owner, entropy[:32], entropy[32:96], entropy[96:], realm)

    def public(self) -> PublicKeys:
        """The public half."""
        mlkem = MLKEM768PrivateKey.from_seed_bytes(self.mlkem_seed).public_key().public_bytes_raw()
        x25519 = X25519PrivateKey.from_private_bytes(self.x25519_seed).public_key().public_bytes_raw()
        signing = Ed25519PrivateKey.from_private_bytes(self.signing_seed).public_key().public_bytes_raw()
        return PublicKeys(self.owner, signing, mlkem + x25519, self.realm)

    def sign(self, statement: bytes) -> bytes:
        """Signature (64 bytes) over a statement that is not an envelope."""
        return self._sign(STATEMENT_DOMAIN + statement)

    def _sign(self, message: bytes) -> bytes:
        key = Ed25519PrivateKey.from_private_bytes(self.signing_seed)
        return key.sign(in_realm(self.realm, message))

    def _opener(self) -> MLKEM768X25519PrivateKey:
        return MLKEM768X25519PrivateKey(
            MLKEM768PrivateKey.from_seed_bytes(self.mlkem_seed),
            X25519PrivateKey.from_private_bytes(self.x25519_seed),
        )


@dataclass(frozen=True, slots=True)
class Header:
    """What an envelope says in clear: for which keys, from whom, which TCN, which content; real or for training."""

    key_id: bytes
    sender: int
    tcn: Tcn
    content: str
    realm: Realm = Realm.REAL

    def packed(self) -> bytes:
        """32 bytes."""
        return HEADER.pack(
            MAGICS[self.realm], self.key_id, self.sender, self.tcn.encode(), CONTENTS.index(self.content) + 1
        )


def seal(plaintext: bytes, tcn: Tcn, content: str, to: PublicKeys, by: PrivateKeys) -> bytes:
    """Envelope for `to`, signed `by`: header, HPKE ciphertext, signature. `content` is one of CONTENTS.

    Raises SealError unless both are of one realm.
    """
    same_realm(to.realm, by.realm)
    header = Header(to.key_id, by.owner, tcn, content, by.realm).packed()
    box = SUITE.encrypt(plaintext, _sealer(to), info=in_realm(to.realm, ENVELOPE_DOMAIN + header))
    return header + box + by._sign(ENVELOPE_DOMAIN + header + box)


def peek(envelope: bytes) -> Header:
    """Read the clear header; proves nothing. Raises BadBytes if this is no envelope."""
    if len(envelope) < OVERHEAD:
        raise BadBytes("too short for a sealed envelope")
    magic, key_id, sender, tcn, content = HEADER.unpack_from(envelope)
    realm = next((each for each, word in MAGICS.items() if word == magic), None)
    if realm is None or not 1 <= content <= len(CONTENTS):
        raise BadBytes("not a sealed envelope of a known version")
    try:
        return Header(key_id, sender, Tcn(tcn.decode("ascii")), CONTENTS[content - 1], realm)
    except UnicodeDecodeError:
        raise BadBytes("an envelope's TCN is not text") from None


def verify_envelope(envelope: bytes, by: Trusted) -> Header:
    """Check who sealed it, without opening. Raises BadBytes or SealError."""
    header = peek(envelope)
    same_realm(header.realm, by.realm)
    if header.sender != by.owner:
        raise SealError("an envelope names another sender than the one it is checked against")
    by._verify(ENVELOPE_DOMAIN + envelope[:-SIGNATURE_SIZE], envelope[-SIGNATURE_SIZE:])
    return header


def open_envelope(envelope: bytes, by: Trusted, to: PrivateKeys) -> bytes:
    """Verify the sender, then open. Raises BadBytes or SealError; never returns unverified bytes."""
    header = verify_envelope(envelope, by)
    same_realm(header.realm, to.realm)
    if header.key_id != to.public().key_id:
        raise SealError("an envelope was sealed for other keys")
    try:
        return SUITE.decrypt(
            envelope[HEADER.size : -SIGNATURE_SIZE],
            to._opener(),
            info=in_realm(to.realm, ENVELOPE_DOMAIN + header.packed()),
        )
    except (InvalidTag, ValueError):
        raise SealError("an envelope does not open with these keys") from None


def in_realm(realm: Realm, words: bytes) -> bytes:
    """What is signed, sealed under or derived from, with its realm; no words of one realm are words of the other."""
    return TRAINED + words if realm is Realm.TRAINING else words


def same_realm(one: Realm, other: Realm) -> None:
    """Raises SealError where something real meets something for training."""
    if one is not other:
        raise SealError("this is for training and that is real: the two never meet")


def _check_number(owner: int, realm: Realm) -> None:
    """A training kiosk's number says so, and so do its TCNs. Raises BadBytes."""
    if owner and realm_of(owner) is not realm:
        least, most = TRAINING_DEVICES[0], TRAINING_DEVICES[-1]
        raise BadBytes(f"numbers {least} to {most} are for training, and training uses no others")


def _sealer(keys: PublicKeys) -> MLKEM768X25519PublicKey:
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(keys.sealing[:MLKEM_PUBLIC_SIZE]),
            X25519PublicKey.from_public_bytes(keys.sealing[MLKEM_PUBLIC_SIZE:]),
        )
    except ValueError:
        raise BadBytes("a public sealing key is damaged") from None
