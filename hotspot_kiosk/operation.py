"""The operation under which people are checked: a signed object, boxed in time, place and purpose.

The bureau writes one as TOML and signs it with the hub's key; kiosk and hub act on nothing that is
unsigned. Its kind decides the lane: a check (`hotspot`) may be searched at INTERPOL and enrols
nobody; a `reception` enrols into the national gallery and reaches no partner. There is no third kind.
Signed with a training hub's key it is an operation for training: the file says so, no real kiosk or hub takes
it, a training one takes no other, and it reaches no partner.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

import msgspec

from hotspot_kiosk.config import exact, plain, within
from hotspot_kiosk.errors import BadBytes, ConfigError, SealError
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.terms import MAX_DEVICE, FingerPosition, Realm, RequestType

OFFICER = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}")
DOMAIN = b"operation\0"
LARGEST = 64 << 10
MOST_WORDS = 160  # of a line on a slip


class Kind(StrEnum):
    """What an operation is for."""

    HOTSPOT = "hotspot"
    RECEPTION = "reception"


class Lane(StrEnum):
    """Where a record may go. No operation has both of the last two."""

    LOCAL = "local"
    INTERPOL = "interpol"
    NATIONAL = "national"


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the hub keeps what it opened, by how the check ended. After that its key is destroyed.

    superseded_days: how long an enrolment stays once the same person was enrolled anew, if it does not end before.
    """

    no_hit_hours: int = 24
    unanswered_days: int = 30
    hit_days: int = 30
    enrolled_days: int = 365
    superseded_days: int = 1825

    def __post_init__(self) -> None:
        within("retention.no_hit_hours", self.no_hit_hours, 0, 720)
        within("retention.unanswered_days", self.unanswered_days, 1, 365)
        within("retention.hit_days", self.hit_days, 1, 1825)
        within("retention.enrolled_days", self.enrolled_days, 1, 1825)
        within("retention.superseded_days", self.superseded_days, 0, 1825)


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many different people must confirm a possible match; one alone only under a law that is named.

    both_places: one of them at a kiosk and one at the hub, with their own key. pictures: the law that lets the two faces be shown side by side at a post; without one they stay at the hub.
    """

    people: int = 2
    law: str = ""
    pictures: str = ""
    both_places: bool = False

    def __post_init__(self) -> None:
        within("confirmation.people", self.people, 1, 4)
        if self.people == 1 and not self.law.strip():
            raise ValueError(
                "confirmation.people = 1 needs confirmation.law: the law that allows one person to decide"
            )
        if self.both_places and self.people < 2:
            raise ValueError("confirmation.both_places needs two people: one at a kiosk and one at the hub")


class Rights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people are told who ask what is held about them (Directive (EU) 2016/680, art. 13 to 16).

    controller: who holds the data; ask_at: where to ask; authority: who supervises them. withhold: the law under which
    it need not be told whether anything was found, empty if everything is told; say_withheld: whether that law
    lets it be said that something is withheld (art. 15 (3)).
    """

    controller: str = ""
    ask_at: str = ""
    authority: str = ""
    withhold: str = ""
    say_withheld: bool = True

    def __post_init__(self) -> None:
        for name in ("controller", "ask_at", "authority", "withhold"):
            if len(getattr(self, name)) > MOST_WORDS or not getattr(self, name).isprintable():
                raise ValueError(f"rights.{name} is one line of at most {MOST_WORDS} characters")
        if not self.say_withheld and not self.withhold.strip():
            raise ValueError("rights.say_withheld = false needs rights.withhold: the law that allows it")


class Operation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done, why, on what ground, when, where and by whom.

    edition: counts what the bureau signs, over all its operations; a kiosk takes only a higher one.
    tot: the kind of search (NPS: anything but a criminal offence). fingers: which are asked for, in
    this order; none means the face alone. least_fap: the sensor grade below which fingers stay in the local lane (INT-I v6
    recommends FAP 45). age_of_majority: nobody below it is captured, and an officer is asked to look again at a face
    that may be. datasets: names of the hub's partners that may be asked. gallery: the national gallery into which a
    reception enrols and in which alone it looks for duplicates; checks have none. route: for each post
    the posts that hear a late hit next. officers: none named means any who may sign in. watchlist:
    whether kiosks without a link may compare faces with a list that the hub signed for this operation.
    """

    id: str
    edition: int
    name: str
    kind: Kind
    purpose: str
    legal_basis: str
    notice: str
    begins: datetime
    ends: datetime
    posts: tuple[str, ...]
    devices: tuple[int, ...]
    tot: RequestType = RequestType.NPS
    fingers: tuple[FingerPosition, ...] = (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)
    officers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    datasets: tuple[str, ...] = ()
    gallery: str = ""
    least_fap: int = 45
    age_of_majority: int = 18
    late_hit_hours: int = 72
    statistics_floor: int = 5
    watchlist: bool = False
    retention: Retention = msgspec.field(default_factory=Retention)
    confirmation: Confirmation = msgspec.field(default_factory=Confirmation)
    rights: Rights = msgspec.field(default_factory=Rights)
    route: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        exact("id", self.id)
        within("edition", self.edition, 1, 999_999_999)
        for key in ("name", "purpose", "legal_basis", "notice"):
            if not getattr(self, key).strip():
                raise ValueError(f"{key} must say something: nobody is captured without it")
        self._check_time()
        self._check_place()
        self._check_people()
        self._check_lane()

    @property
    def lanes(self) -> frozenset[Lane]:
        """Where records of this operation may go."""
        if self.kind is Kind.RECEPTION:
            return frozenset({Lane.LOCAL, Lane.NATIONAL})
        return frozenset({Lane.LOCAL, Lane.INTERPOL}) if self.datasets else frozenset({Lane.LOCAL})

    def _check_time(self) -> None:
        if self.begins.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("begins and ends need a time zone, as in 2026-11-01T00:00:00Z")
        if self.ends <= self.begins:
            raise ValueError("ends must lie after begins")
        if self.ends - self.begins > timedelta(days=366):
            raise ValueError("an operation lasts at most a year; sign a new one after that")

    def _check_place(self) -> None:
        if not self.posts or not self.devices:
            raise ValueError("posts and devices must name at least one each")
        for post in self.posts:
            exact("posts", post)
        for device in self.devices:
            within("devices", device, 1, MAX_DEVICE)
        strangers = {*self.route, *(p for row in self.route.values() for p in row)} - set(self.posts)
        if strangers:
            raise ValueError(f"route names {', '.join(sorted(strangers))}, which is not among posts")

    def _check_people(self) -> None:
        if len(set(self.fingers)) < len(self.fingers):
            raise ValueError("fingers must be different position codes, 1 (right thumb) to 10 (left little)")
        if not all(OFFICER.fullmatch(officer) for officer in self.officers):
            raise ValueError("officers are ids of letters, digits, dots, hyphens, never names of people")
        if not self.languages or not all(LANGUAGE.fullmatch(each) for each in self.languages):
            raise ValueError("languages are codes such as ar, fa, prs, en")

    def _check_lane(self) -> None:
        if self.kind is Kind.RECEPTION and self.datasets:
            raise ValueError(
                "a reception operation enrols into the national gallery and asks no partner: take datasets "
                "out, and make an operation of kind hotspot for checks"
            )
        if self.kind is Kind.RECEPTION and self.watchlist:
            raise ValueError("a reception enrols people and searches for nobody: take watchlist out")
        if (self.kind is Kind.RECEPTION) != bool(self.gallery):
            raise ValueError(
                "gallery names the national gallery of a reception operation, which needs one; an operation of "
                "kind hotspot enrols nobody and has none"
            )
        if self.gallery:
            exact("gallery", self.gallery)
        for name in self.datasets:
            exact("datasets", name)
        within("least_fap", self.least_fap, 10, 60)
        within("age_of_majority", self.age_of_majority, 18, 21)
        within("late_hit_hours", self.late_hit_hours, 1, 720)
        within("statistics_floor", self.statistics_floor, 2, 100)


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hotspot-operation-1"):
    """The file that is installed: the operation, which key signed it (8 bytes, hex), the signature."""

    realm: ClassVar[Realm] = Realm.REAL
    operation: Operation
    key: str
    signature: bytes


class TrainingSigned(Signed, frozen=True, tag="hotspot-training-operation-1"):
    """The same, signed by a training hub."""

    realm: ClassVar[Realm] = Realm.TRAINING


def draft(text: str) -> Operation:
    """An operation out of the bureau's TOML. Raises ConfigError naming the key and the remedy."""
    try:
        return msgspec.convert(tomllib.loads(text), Operation)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"it cannot be read as TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(plain(str(error))) from None


def sign(operation: Operation, by: PrivateKeys) -> bytes:
    """The signed file's content. Raises ConfigError for a training operation that names partners."""
    if by.realm is Realm.TRAINING and operation.datasets:
        raise ConfigError("a training operation asks no partner: take datasets out")
    kind = TrainingSigned if by.realm is Realm.TRAINING else Signed
    signed = kind(operation, by.public().key_id.hex(), by.sign(_words(operation)))
    return msgspec.json.format(msgspec.json.encode(signed)) + b"\n"


def packed(content: bytes) -> bytes:
    """The same file without its line breaks, for a thin link. Raises BadBytes."""
    try:
        return msgspec.json.format(content, indent=-1)
    except msgspec.DecodeError:
        raise BadBytes("it is no signed operation") from None


def verify(content: bytes, hub: Trusted) -> Operation:
    """The operation out of a signed file. Raises BadBytes, ConfigError, or SealError if the hub did not sign it."""
    if len(content) > LARGEST:
        raise BadBytes("it is larger than any operation")
    try:
        signed: Signed = msgspec.json.decode(content, type=Signed | TrainingSigned)
    except msgspec.ValidationError as error:
        raise ConfigError(plain(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("it is no signed operation") from None
    if signed.realm is not hub.realm:
        raise SealError(f"it is a {signed.realm} operation, and here everything is {hub.realm}")
    hub.verify(_words(signed.operation), signed.signature)
    return signed.operation


def _words(operation: Operation) -> bytes:
    return DOMAIN + msgspec.json.encode(operation, order="deterministic")
