"""The roster: who may sign in at kiosks and hub, as what, by which key; signed by the hub like an operation.

Ids, never names of people. Only public halves of keys, and PINs as argon2id hashes. Who is not on the newest
roster, or revoked there, may do nothing. Says nothing about how somebody proves who they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from hotspot_kiosk.config import plain, within
from hotspot_kiosk.errors import BadBytes, ConfigError
from hotspot_kiosk.operation import OFFICER
from hotspot_kiosk.seal import PrivateKeys, Trusted

DOMAIN = b"roster\0"
LARGEST = 200 << 10
MOST_OFFICERS = 1000


class Role(StrEnum):
    """What somebody may be signed in as."""

    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    LEGAL = "legal"
    MAINTAINER = "maintainer"


class SecurityKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A FIDO2 key's public half. rp: the name of the page that it was made for (localhost at every kiosk).

    credential: attested credential data (WebAuthn Level 2, 6.5.1): AAGUID, credential id, COSE public key.
    """

    rp: str
    credential: bytes


class Officer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person, by an id. signing: Ed25519 public key for statements at the hub, or empty.

    pin: an argon2id hash (PHC string), or empty. revoked: since when this person may do nothing any more.
    """

    id: str
    roles: tuple[Role, ...]
    keys: tuple[SecurityKey, ...] = ()
    pin: str = ""
    signing: bytes = b""
    revoked: datetime | None = None

    def __post_init__(self) -> None:
        if not OFFICER.fullmatch(self.id):
            raise ValueError("an id is 1 to 40 letters, digits, dots and hyphens, never a person's name")
        if not self.roles:
            raise ValueError(f"{self.id} needs a role: {', '.join(Role)}")
        if self.pin and not self.pin.startswith("$argon2id$"):
            raise ValueError(f"the PIN of {self.id} must be an argon2id hash; make one with hotspot officer")
        if len(self.signing) not in (0, 32):
            raise ValueError(f"the signing key of {self.id} must have 32 bytes")
        if self.revoked is not None and self.revoked.tzinfo is None:
            raise ValueError("revoked needs a time zone, as in 2026-11-01T00:00:00Z")

    def __repr__(self) -> str:
        return f"Officer({self.id}, {', '.join(self.roles)})"


class Former(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that somebody gave up, and until when it was theirs: what it signed before stays theirs, and it is nobody else's ever.

    One of both: signing, as in `Officer`; credential: the SHA-256 of a security key's.
    """

    id: str
    until: datetime
    signing: bytes = b""
    credential: bytes = b""


class Roster(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everybody. edition: counts what the hub signs; a kiosk takes only a higher one.

    A key, also one that was given up, is one person's: two people are told apart by nothing else.
    """

    edition: int
    made: datetime
    officers: tuple[Officer, ...] = ()
    former: tuple[Former, ...] = ()

    def __post_init__(self) -> None:
        within("edition", self.edition, 1, 999_999_999)
        within("officers", len(self.officers), 0, MOST_OFFICERS)
        if self.made.tzinfo is None:
            raise ValueError("made needs a time zone, as in 2026-11-01T00:00:00Z")
        ids = [officer.id for officer in self.officers]
        if len(set(ids)) < len(ids):
            raise ValueError("an id stands twice on the roster")
        self._check_keys()

    def _check_keys(self) -> None:
        owners: dict[bytes, str] = {}
        known = [(each.id, key) for each in self.officers for key in _keys(each)]
        known += [(each.id, each.signing or each.credential) for each in self.former]
        for name, key in known:
            if owners.setdefault(key, name) != name:
                raise ValueError(f"one key stands there for {owners[key]} and for {name}")

    def find(self, name: str) -> Officer | None:
        """The officer of that id who is not revoked.

        A revocation counts at once, whatever its date says: a kiosk's clock may be behind.
        """
        return next((each for each in self.officers if each.id == name and each.revoked is None), None)

    def owner(self, signing: bytes) -> Officer | None:
        """Who signs with this key, unless revoked."""
        known = (each for each in self.officers if each.signing and each.signing == signing)
        return next((each for each in known if each.revoked is None), None)

    def held(self, name: str, signing: bytes, at: datetime) -> bool:
        """Whether this key was that person's own at that time, as far as the roster tells."""
        now = next((each for each in self.officers if each.id == name and each.signing == signing), None)
        if now is not None and (now.revoked is None or at < now.revoked):
            return True
        return any((each.id, each.signing) == (name, signing) and at < each.until for each in self.former)

    def with_officer(self, officer: Officer, made: datetime) -> Roster:
        """The next edition, with this officer put in or replaced; keys that they have no more are kept as former ones."""
        rest = tuple(each for each in self.officers if each.id != officer.id)
        gone = [
            each for old in self.officers if old.id == officer.id for each in _given_up(old, officer, made)
        ]
        former = (*self.former, *gone)
        return Roster(edition=self.edition + 1, made=made, officers=(*rest, officer), former=former)


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hotspot-roster-1"):
    """The file that is handed out: the roster, which key signed it (8 bytes, hex), the signature."""

    roster: Roster
    key: str
    signature: bytes


def sign(roster: Roster, by: PrivateKeys) -> bytes:
    """The signed file's content. Raises BadBytes if it would be larger than a message may be."""
    signed = Signed(roster, by.public().key_id.hex(), by.sign(_words(roster)))
    content = msgspec.json.encode(signed) + b"\n"
    if len(content) > LARGEST:
        raise BadBytes("the roster is too large; take those out who left")
    return content


def verify(content: bytes, hub: Trusted) -> Roster:
    """The roster out of a signed file. Raises BadBytes, ConfigError, or SealError if the hub did not sign it."""
    if len(content) > LARGEST:
        raise BadBytes("it is larger than any roster")
    try:
        signed = msgspec.json.decode(content, type=Signed)
    except msgspec.ValidationError as error:
        raise ConfigError(plain(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("it is no signed roster") from None
    hub.verify(_words(signed.roster), signed.signature)
    return signed.roster


def _keys(officer: Officer) -> Iterator[bytes]:
    """By which this person is known, whatever they are called."""
    if officer.signing:
        yield officer.signing
    yield from (hashlib.sha256(each.credential).digest() for each in officer.keys)


def _given_up(old: Officer, new: Officer, made: datetime) -> Iterator[Former]:
    """Also from one who was revoked: their keys ended then."""
    until, kept = min(made, old.revoked or made), set(_keys(new)) if old.revoked is None else set()
    if old.signing and old.signing not in kept:
        yield Former(id=old.id, until=until, signing=old.signing)
    for key in set(_keys(old)) - {old.signing} - kept:
        yield Former(id=old.id, until=until, credential=key)


def _words(roster: Roster) -> bytes:
    return DOMAIN + msgspec.json.encode(roster, order="deterministic")
