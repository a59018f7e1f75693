"""The number by which a person asks what is held about them: on their slip, to be scanned or read out. Pure.

A TCN can be guessed, so a secret of 80 bits stands after it. The kiosk derives it from the record's
reply key, which the hub finds inside the sealed probe: neither keeps anything more, a slip can be
written again, and who has a slip learns nothing of the key. Two check characters tell a slip of the tongue.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.terms import Tcn

DOMAIN = b"hotspot-kiosk slip 1\0"
KEPT = b"hotspot-kiosk slip kept 1\0"
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MEANT = str.maketrans("ILO", "110")
SECRET_BYTES, SECRET_LETTERS, CHECKS = 10, 16, 2
MODULUS, RADIX = 1271, 36  # ISO/IEC 7064 MOD 1271-36
TCN_LENGTH = 15
BETWEEN = re.compile(r"[\s.-]+")
WRONG = "this is no encounter number: read it again from the slip, all of its groups"
NOTHING = "nothing is held under this number"
ENCOUNTER = re.compile(r"[0-9]{14}[A-Z][0-9A-HJKMNP-TV-Z]{16}[0-9A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Encounter:
    """What a slip's number says: which record, and the secret that proves that the slip was there."""

    tcn: Tcn
    secret: bytes = field(repr=False)

    @property
    def number(self) -> str:
        """In groups, as the slip shows it."""
        plain = self.tcn + _letters(self.secret)
        plain += check_characters(plain)
        rest = plain[TCN_LENGTH:]
        return "-".join([plain[:5], plain[5:10], plain[10:15], *(rest[at : at + 6] for at in (0, 6, 12))])

    @property
    def kept(self) -> bytes:
        """By which it is known again when all else of the record is gone; tells nothing about the secret."""
        return hmac.digest(self.secret, KEPT + self.tcn.encode(), "sha256")


class Paper(msgspec.Struct, frozen=True):
    """What stands on a slip beside the words of its language. No biometrics, no name, no result.

    days: how long anything is kept at most, however the check ends. ask_at, authority: may be empty.
    """

    number: str
    controller: str
    days: int
    ask_at: str = ""
    authority: str = ""

    def __repr__(self) -> str:
        return "Paper(...)"


def encounter(tcn: Tcn, reply_key: bytes) -> Encounter:
    """The encounter of a record; the same one every time."""
    return Encounter(tcn, hmac.digest(reply_key, DOMAIN + tcn.encode(), sha256)[:SECRET_BYTES])


def read(words: str) -> Encounter:
    """An encounter as it was scanned, typed or read out. Raises BadBytes if it was misheard or is cut off.

    Spaces, hyphens and small letters do not matter; I and L mean 1, O means 0 in its secret.
    """
    plain = BETWEEN.sub("", words[:200]).upper()
    plain = plain[:TCN_LENGTH] + plain[TCN_LENGTH:-CHECKS].translate(MEANT) + plain[-CHECKS:]
    if not ENCOUNTER.fullmatch(plain) or check_characters(plain[:-CHECKS]) != plain[-CHECKS:]:
        raise BadBytes(WRONG)
    try:
        tcn = Tcn(plain[:TCN_LENGTH])
    except BadBytes:
        raise BadBytes(WRONG) from None
    value = 0
    for letter in plain[TCN_LENGTH:-CHECKS]:
        value = value * len(LETTERS) + LETTERS.index(letter)
    return Encounter(tcn, value.to_bytes(SECRET_BYTES, "big"))


def prove(shown: Encounter, reply_key: bytes) -> None:
    """Raises Refused unless the slip belongs to the record whose probe holds this reply key."""
    right = encounter(shown.tcn, reply_key)
    if not reply_key or not hmac.compare_digest(shown.secret, right.secret):
        raise Refused(NOTHING)


def prove_kept(shown: Encounter, kept: bytes) -> None:
    """The same for a record that was erased, of which `Encounter.kept` alone stayed."""
    if not hmac.compare_digest(shown.kept, kept):
        raise Refused(NOTHING)


def check_characters(plain: str) -> str:
    """The two check characters after digits and capital letters (ISO/IEC 7064:2003, MOD 1271-36)."""
    value = 0
    for character in plain:
        value = (value * RADIX + CHARACTERS.index(character)) % MODULUS
    check = (1 - value * RADIX * RADIX) % MODULUS
    return CHARACTERS[check // RADIX] + CHARACTERS[check % RADIX]


def _letters(secret: bytes) -> str:
    value = int.from_bytes(secret, "big")
    return "".join(LETTERS[value >> 5 * place & 31] for place in reversed(range(SECRET_LETTERS)))
