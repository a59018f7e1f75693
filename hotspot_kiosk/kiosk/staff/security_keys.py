"""FIDO2 security keys: a challenge for the page, and whether the answer proves the key. The only home of fido2.

Works without a network (WebAuthn Level 2, 7.2). The key must have checked its holder itself (user verification).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.officers import SecurityKey

NAME = "HOTSPOT kiosk"
WRONG_KEY = "this security key was not accepted; take the one that is registered for you"
REQUIRED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Used:
    """Which key answered, and how often it has signed, as it says itself; 0 if it does not count."""

    credential: bytes = field(repr=False)
    count: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a key must sign. origin: the page that asks. officer: whose key it is, or will be.

    credentials: by which one of them is answered; where a new key is made, those of everybody, which it may not be.
    """

    officer: str
    origin: str
    rp: str
    challenge: bytes = field(repr=False)
    credentials: tuple[str, ...] = ()

    @property
    def _state(self) -> dict[str, Any]:
        return {"challenge": websafe_encode(self.challenge), "user_verification": REQUIRED}


def ask(officer: str, keys: Sequence[SecurityKey], origin: str, challenge: bytes) -> Challenge:
    """A challenge of 32 random bytes for this officer's keys at this page. Raises Refused if there are none."""
    rp = rp_of(origin)
    known = tuple(websafe_encode(_data(key).credential_id) for key in keys if key.rp == rp)
    if not known:
        raise Refused("no security key is registered for you at this page; use your PIN")
    return Challenge(officer, origin, rp, challenge, known)


def ask_new(officer: str, everybody: Sequence[SecurityKey], origin: str, challenge: bytes) -> Challenge:
    """A challenge for a key that is not registered yet, for anybody: one key is one person (WebAuthn Level 2, 5.4.3)."""
    rp = rp_of(origin)
    known = tuple(websafe_encode(_data(key).credential_id) for key in everybody if key.rp == rp)
    return Challenge(officer, origin, rp, challenge, known)


def check(asked: Challenge, keys: Sequence[SecurityKey], response: Mapping[str, Any]) -> Used:
    """Raises Refused unless one of the keys answered this very challenge, on that page, for its holder."""
    known = [_data(key) for key in keys if key.rp == asked.rp]
    try:
        key = _server(asked).authenticate_complete(asked._state, known, response)
        told = AuthenticationResponse.from_dict(response).response.authenticator_data
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise Refused(WRONG_KEY) from None
    return Used(key.credential_id, told.counter)


def make(asked: Challenge, response: Mapping[str, Any]) -> SecurityKey:
    """The public half of a key that was made at this page. Raises Refused if the answer does not fit."""
    try:
        made = _server(asked).register_complete(asked._state, response)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise Refused("this security key could not be registered; try it once more") from None
    if made.credential_data is None:
        raise Refused("this security key told no public key; take another one")
    if websafe_encode(made.credential_data.credential_id) in asked.credentials:
        raise Refused("this security key is registered already; every person has one of their own")
    return SecurityKey(rp=asked.rp, credential=bytes(made.credential_data))


def options(asked: Challenge) -> dict[str, Any]:
    """What the page hands to the browser to make a key, in its own JSON form (`parseCreationOptionsFromJSON`)."""
    user = PublicKeyCredentialUserEntity(
        name=asked.officer, id=asked.officer.encode(), display_name=asked.officer
    )
    others = [
        PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=websafe_decode(each))
        for each in asked.credentials
    ]
    made, _ = _server(asked).register_begin(
        user, others, user_verification=REQUIRED, challenge=asked.challenge
    )
    return dict(made.public_key)


def word(asked: Challenge) -> str:
    """The challenge as a page hands it to the browser (base64url)."""
    return websafe_encode(asked.challenge)


def rp_of(origin: str) -> str:
    """The name by which keys know a page: its host, without scheme and port."""
    host = origin.partition("://")[2]
    return host.rpartition(":")[0] if ":" in host else host


def packed(key: SecurityKey) -> str:
    """A public half as one word, to be carried to the bureau."""
    return f"{key.rp}:{websafe_encode(key.credential)}"


def unpacked(word: str) -> SecurityKey:
    """The inverse of `packed`. Raises Refused."""
    rp, _, rest = word.strip().rpartition(":")
    try:
        key = SecurityKey(rp=rp, credential=websafe_decode(rest))
        _data(key)
    except (ValueError, TypeError):
        raise Refused("this is no public half of a security key; copy it whole") from None
    return key


def _server(asked: Challenge) -> Fido2Server:
    rp = PublicKeyCredentialRpEntity(id=asked.rp, name=NAME)
    return Fido2Server(rp, verify_origin=lambda origin: origin == asked.origin)


def _data(key: SecurityKey) -> AttestedCredentialData:
    try:
        return AttestedCredentialData(key.credential)
    except (ValueError, TypeError, IndexError):
        raise Refused(
            "a security key on the roster is damaged; ask the bureau to register it again"
        ) from None
