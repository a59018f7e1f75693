"""What a person decides at the hub about a check, signed with that person's own key.

The signature binds who, what, about which candidate of which check, why, when, and at which hub; nothing of it
can be used for anything else. Whether that person may decide so is the roster's and the case's business.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.officers import Officer, Role, Roster
from hotspot_kiosk.operation import OFFICER
from hotspot_kiosk.seal_person import PersonKey, verify
from hotspot_kiosk.terms import Tcn

DOMAIN = b"decision\0"
FRESH = timedelta(minutes=10)
MOST_REASON = 500


class What(StrEnum):
    """What can be decided."""

    CONFIRM = "confirm"
    REFUTE = "refute"
    RELEASE = "release"
    WITHHOLD = "withhold"
    LEFT = "left"
    TELL = "tell a data subject"
    ERASE = "erase for a data subject"
    LOOK = "look at pictures"
    LOOK_SEALED = "look at what is sealed"
    SAME = "enrolled already"
    OTHER = "nobody of those found"
    WITHDRAW = "erase an enrolment"


MAY: dict[What, frozenset[Role]] = {
    What.CONFIRM: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.REFUTE: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.LEFT: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.TELL: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.ERASE: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.LOOK: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.SAME: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.OTHER: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.WITHDRAW: frozenset({Role.OFFICER, Role.SUPERVISOR}),
    What.LOOK_SEALED: frozenset({Role.LEGAL}),
    What.RELEASE: frozenset({Role.LEGAL}),
    What.WITHHOLD: frozenset({Role.LEGAL}),
}


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """candidate: its reference, empty where none is meant. hub: the hub's key id (8 bytes, hex)."""

    officer: str
    what: What
    tcn: str
    candidate: str
    reason: str
    at: datetime
    hub: str

    def __post_init__(self) -> None:
        if not OFFICER.fullmatch(self.officer) or len(self.reason) > MOST_REASON or self.at.tzinfo is None:
            raise ValueError(
                "a decision names its officer by an id, gives a short reason and a time with its zone"
            )
        Tcn(self.tcn)

    def __repr__(self) -> str:
        return f"Decision({self.what}, {self.tcn})"


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hotspot-decision-1"):
    """A decision, the public key that signed it, the signature."""

    decision: Decision
    key: bytes
    signature: bytes


def sign(decision: Decision, by: PersonKey) -> bytes:
    """The signed decision, as a case keeps it."""
    return msgspec.json.encode(Signed(decision, by.public, by.sign(_words(decision))))


def read(content: bytes) -> Signed:
    """A signed decision as it stands; nothing is verified. Raises BadBytes."""
    try:
        return msgspec.json.decode(content, type=Signed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadBytes):
        raise BadBytes("it is no signed decision") from None


def authenticate(content: bytes, roster: Roster, hub: str, now: datetime) -> tuple[Decision, Officer]:
    """The decision, and who it is by the key that signed it.

    Raises BadBytes, SealError, or Refused: for somebody who is not on the roster, is revoked, or has another key or role there,
    for another hub's decision, and for one that was not signed just now.
    """
    signed = read(content)
    decision = signed.decision
    officer = roster.find(decision.officer)
    if officer is None or not officer.signing or officer.signing != signed.key:
        raise Refused("the roster does not know this key under this id; ask the bureau: hotspot officer list")
    verify(signed.key, _words(decision), signed.signature)
    if decision.hub != hub:
        raise Refused("this was signed for another hub")
    if abs(now - decision.at) > FRESH:
        raise Refused("this was not signed just now; look at the clocks, and sign it again")
    return decision, entitled(roster, officer.id, decision.what)


def signer(
    content: bytes, officer: str, what: What, tcn: Tcn, candidate: str, reason: str, at: datetime
) -> bytes:
    """The public key that signed exactly this, just before that time; empty if none did. Whose it is, the roster says.

    For which hub was asked when the decision was taken.
    """
    try:
        signed = read(content)
        said = signed.decision
        verify(signed.key, _words(said), signed.signature)
    except (BadBytes, SealError):
        return b""
    meant = (said.officer, said.what, said.tcn, said.candidate, said.reason)
    same = meant == (officer, what, tcn, candidate, reason) and abs(at - said.at) <= FRESH
    return signed.key if same else b""


def entitled(roster: Roster, name: str, what: What) -> Officer:
    """The officer of that id, who may decide so. Raises Refused. Says nothing about who it really was."""
    officer = roster.find(name)
    if officer is None:
        raise Refused("the bureau's roster does not name this officer, or they are revoked; ask there")
    if not MAY[what].intersection(officer.roles):
        raise Refused(f"'{what}' is not for somebody whose role is {', '.join(officer.roles)}")
    return officer


def _words(decision: Decision) -> bytes:
    plain = msgspec.structs.replace(decision, at=decision.at.astimezone(UTC))
    return DOMAIN + msgspec.json.encode(plain, order="deterministic")
