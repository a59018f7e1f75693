"""A record's own key: what a hub holds of one record is locked with it, and gone once it is destroyed.

The envelope inside stays sealed for the hub; this is a second lock whose key can be destroyed for one
record alone. ChaCha20-Poly1305 (RFC 8439); the nonce is a MAC over what is locked, so no two different
texts share one. Pieces of an envelope that is not whole yet are locked with a key stream by their
offset: authentic or not is told by the envelope's signature once it is whole.
"""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from hotspot_kiosk.errors import SealError

KEY_SIZE, NONCE_SIZE, TAG_SIZE, BLOCK = 32, 12, 16, 64
OVERHEAD = NONCE_SIZE + TAG_SIZE
BOX_DOMAIN = b"hotspot-kiosk record box 1\0"
NONCE_DOMAIN = b"hotspot-kiosk record nonce 1\0"
STREAM_DOMAIN = b"hotspot-kiosk record stream 1\0"
NAME_DOMAIN = b"hotspot-kiosk record name 1\0"


def lock(text: bytes, key: bytes, about: bytes) -> bytes:
    """Nonce and box; `about` says what it is and must be the same at `unlock`. OVERHEAD bytes longer."""
    nonce = _derived(key, NONCE_DOMAIN, len(about).to_bytes(4, "big") + about + text)[:NONCE_SIZE]
    return nonce + ChaCha20Poly1305(_box_key(key)).encrypt(nonce, text, about)


def unlock(box: bytes, key: bytes, about: bytes) -> bytes:
    """The inverse of `lock`. Raises SealError for another key, another purpose, or damage."""
    try:
        return ChaCha20Poly1305(_box_key(key)).decrypt(box[:NONCE_SIZE], box[NONCE_SIZE:], about)
    except (InvalidTag, ValueError):
        raise SealError("what is held of a record does not open with its key") from None


def stream(data: bytes, key: bytes, about: bytes, offset: int) -> bytes:
    """`data`, which stands at `offset` of a whole, locked or unlocked: the same both ways.

    Its key is derived for `about`; an envelope of a record is sent in the same bytes until it is held.
    """
    skip = offset % BLOCK
    nonce = (offset // BLOCK).to_bytes(4, "little") + bytes(NONCE_SIZE)
    cipher = Cipher(ChaCha20(_derived(key, STREAM_DOMAIN, about), nonce), mode=None).encryptor()
    return cipher.update(bytes(skip) + data)[skip:]


def hidden_name(name: str, key: bytes) -> str:
    """The same 32 hexadecimal digits for the same name and key; they say nothing without the key."""
    return _derived(key, NAME_DOMAIN, name.encode())[:16].hex()


def _box_key(key: bytes) -> bytes:
    return _derived(key, BOX_DOMAIN, b"")


def _derived(key: bytes, domain: bytes, words: bytes) -> bytes:
    return hmac.digest(key, domain + words, "sha256")
