"""PINs as argon2id hashes (RFC 9106, second recommended option: 64 MiB, three passes). The only home of argon2.

A PIN is digits, because kiosks have no keyboard. It is never kept or logged, only its hash.
"""

from __future__ import annotations

import re

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from hotspot_kiosk.errors import ConfigError

PIN = re.compile(r"[0-9]{6,12}", re.ASCII)
HASHER = PasswordHasher(
    time_cost=3, memory_cost=64 << 10, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
EASY = ("0123456789012", "9876543210987")


def make(pin: str) -> str:
    """A PIN's hash. Raises ConfigError for one that is too short or too easy to guess."""
    if not PIN.fullmatch(pin):
        raise ConfigError("a PIN is 6 to 12 digits")
    if len(set(pin)) < 3 or any(pin in row for row in EASY):
        raise ConfigError("this PIN is easy to guess; take digits that do not repeat or follow each other")
    return HASHER.hash(pin)


def fits(pin: str, kept: str) -> bool:
    """Whether this is the PIN; takes as long for any. Raises ConfigError if what is kept is no hash."""
    try:
        extract_parameters(kept)
    except InvalidHashError:
        raise ConfigError("a PIN's hash on the roster cannot be read; sign the roster again") from None
    try:
        return HASHER.verify(kept, pin)
    except VerificationError:
        return False
