"""The lines of a journal: who did what, when, about which record and on what ground; chained and signed.

Each line names the SHA-256 of the one before it and is signed by the machine that wrote it, so that
altering, dropping or reordering lines shows. A cut-off end shows by the end line of an export, or by
an anchor kept elsewhere. A journal of training says so in every line. Never biometrics, never a person's
name. Pure: no files here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.terms import Realm

BEGINNING = "0" * 64
MOST_GROUND = 300
LONGEST_LINE = 2048
WHO = re.compile(
    r"(machine|hub|partner|(subject|officer|legal|maintainer)(:[A-Za-z0-9._-]{1,40})?)", re.ASCII
)
ABOUT = re.compile(r"[A-Za-z0-9._:/-]{0,64}", re.ASCII)


class Deed(StrEnum):
    """What a journal tells of. A word here, once written, keeps its meaning."""

    STARTED = "started"
    STOPPED = "stopped"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    SIGN_IN_FAILED = "sign-in failed"
    CHECK_BEGUN = "check begun"
    HANDED_OVER = "self-service opened, adults attested"
    TAKEN_BACK = "self-service closed"
    CHECK_REFUSED = "check refused"
    NOTIFIED = "notice shown to its end"
    PRESSED = "button pressed"
    CHECK_ENDED = "check ended without a record"
    LOOK_AGAIN = "officer asked to look again"
    LOOKED_AGAIN = "officer looked again, attests an adult"
    STORED = "record stored"
    OVERRULED = "quality overruled"
    QUARANTINED = "record quarantined"
    REQUEUED = "record sent again"
    ERASED = "record erased"
    HELD = "record held"
    SEARCHED = "searched"
    ANSWERED = "answer given"
    SHOWN = "answer shown"
    SEALED = "answer sealed to the legal officer"
    LEGAL_LOOKED = "sealed answers shown to the legal officer"
    RELEASED = "answer released by the legal officer"
    WITHHELD = "answer withheld by the legal officer"
    LEFT = "person left the post"
    REFERRED = "person referred to an officer by a watchlist"
    RECHECKED = "referral checked again by the hub"
    WATCHLIST = "watchlist made"
    CONFIRMED = "match confirmed"
    REFUTED = "match refuted"
    EXCHANGED = "sent to a partner"
    KEPT_FROM = "kept from a partner"
    REPLIED = "partner answered"
    REPORTED = "outcome told to a partner"
    SET_ASIDE = "partner's file set aside"
    LANE_STOPPED = "lane to a partner stopped"
    LANE_OPENED = "lane to a partner opened"
    ENROLMENT_ASKED = "enrolment asked"
    ENROLMENT_TURNED = "enrolment turned away"
    DUPLICATE = "possible duplicate to look at"
    COMPARED = "pictures shown to compare"
    SAME_PERSON = "same person found"
    OTHER_PERSON = "another person found"
    ENROLLED = "enrolled"
    PURGED = "purged"
    TOLD = "data subject answered"
    SLIP = "slip asked for again"
    ROSTER = "roster of officers changed"
    ORDERED = "order given"
    OBEYED = "order obeyed"
    ADMITTED = "kiosk admitted"
    NOT_ADMITTED = "kiosk not admitted"
    WITHDRAWN = "kiosk withdrawn"
    INSTALLED = "operation installed"
    ANCHORED = "journal of a kiosk anchored"
    TAMPERED = "journal of a kiosk does not fit"
    MENDED = "journal mended"
    OPENED = "box opened"
    VIEWED = "pictures shown side by side"
    SUPPORTED = "support bundle made"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="entry", tag_field="line"):
    """One line. `at`: UTC; `clock`: whether it is trusted; `key`: which key signed, 8 bytes in hex."""

    realm: ClassVar[Realm] = Realm.REAL
    owner: int
    number: int
    at: datetime
    clock: bool
    who: str
    what: Deed
    about: str
    ground: str
    previous: str
    key: str
    signature: bytes = b""

    def __post_init__(self) -> None:
        if not WHO.fullmatch(self.who):
            raise ValueError("who must be a role, or a role and an id, as in officer:k7")
        if not ABOUT.fullmatch(self.about):
            raise ValueError("about must be the id of a record, an operation or a machine")
        if len(self.ground) > MOST_GROUND or not self.ground.isprintable():
            raise ValueError(f"a ground is at most {MOST_GROUND} printable characters")


class TrainingEntry(Entry, frozen=True, tag="training entry"):
    """One line of a training kiosk's or hub's journal."""

    realm: ClassVar[Realm] = Realm.TRAINING


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="end", tag_field="line"):
    """The last line of an export: the journal reached this far when it was written out."""

    realm: ClassVar[Realm] = Realm.REAL
    owner: int
    number: int
    digest: str
    at: datetime
    key: str
    signature: bytes = b""


class TrainingEnd(End, frozen=True, tag="training end"):
    """The same of a journal of training."""

    realm: ClassVar[Realm] = Realm.TRAINING


Line = Entry | TrainingEntry | End | TrainingEnd
ENTRIES: Mapping[Realm, type[Entry]] = {Realm.REAL: Entry, Realm.TRAINING: TrainingEntry}
ENDS: Mapping[Realm, type[End]] = {Realm.REAL: End, Realm.TRAINING: TrainingEnd}
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far a journal reached: entry `number` had this SHA-256. Kept where its owner cannot reach."""

    owner: int
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a verified journal holds."""

    owner: int
    first: int
    last: int
    deeds: Mapping[Deed, int]
    anchors_met: int


def digest(line: bytes) -> str:
    """SHA-256 of a line without its newline, in hex."""
    return hashlib.sha256(line).hexdigest()


def write(entry: Entry, by: PrivateKeys) -> bytes:
    """The entry as a signed line, without a newline."""
    return _signed(entry, by)


def write_end(after: Anchor, now: datetime, by: PrivateKeys) -> bytes:
    """The end line of an export."""
    kind = ENDS[by.realm]
    return _signed(kind(after.owner, after.number, after.digest, now, by.public().key_id.hex()), by)


def read(line: bytes) -> Line:
    """A line, unverified. Raises BadBytes, also for one that is written in another way than ours."""
    try:
        found = _decoder.decode(line) if len(line) <= LONGEST_LINE else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    if found is None or msgspec.json.encode(found) != line:
        raise BadBytes("it is no line of a journal")
    return found


def verify(
    lines: Iterable[bytes], keys: Trusted, anchors: Iterable[Anchor] = (), *, ended: bool = True
) -> Account:
    """Check a whole journal. Raises BadBytes naming the first line that does not fit, and why.

    `ended`: it must close with an end line, as exports do. `anchors`: all of this owner's must be met.
    """
    wanted = {anchor.number: anchor.digest for anchor in anchors if anchor.owner == keys.owner}
    chain = _Chain(keys, dict(wanted))
    for place, line in enumerate(lines, start=1):
        try:
            chain.take(line)
        except (BadBytes, SealError) as error:
            raise BadBytes(f"line {place}: {error}") from None
    return chain.close(ended, len(wanted))


class _Chain:
    """What is known while a journal is read, line by line."""

    def __init__(self, keys: Trusted, wanted: dict[int, str]) -> None:
        self._keys = keys
        self._wanted = wanted
        self._first = 0
        self._last = 0
        self._digest = ""
        self._ended = False
        self._deeds: dict[Deed, int] = {}

    def take(self, text: bytes) -> None:
        """One more line. Raises BadBytes or SealError."""
        if self._ended:
            raise BadBytes("something follows the end line")
        line = read(text)
        if line.owner != self._keys.owner:
            raise BadBytes("it was written by another machine")
        if line.realm is not self._keys.realm:
            raise BadBytes(f"it is a line of a {line.realm} journal")
        self._keys.verify(_words(line), line.signature)
        if isinstance(line, End):
            self._end(line)
        else:
            self._entry(line, digest(text))

    def _entry(self, entry: Entry, found: str) -> None:
        if self._last and entry.number != self._last + 1:
            raise BadBytes(f"entry {entry.number} stands where {self._last + 1} belongs")
        if self._last and entry.previous != self._digest:
            raise BadBytes(f"entry {entry.number} does not follow the one before it")
        if self._wanted.pop(entry.number, found) != found:
            raise BadBytes(f"entry {entry.number} is not the one that was anchored")
        self._first = self._first or entry.number
        self._last, self._digest = entry.number, found
        self._deeds[entry.what] = self._deeds.get(entry.what, 0) + 1

    def _end(self, end: End) -> None:
        if (end.number, end.digest) != (self._last, self._digest):
            raise BadBytes(
                f"the journal ends with entry {end.number}, but {self._last} stands before the end line"
            )
        self._ended = True

    def close(self, ended: bool, anchors: int) -> Account:
        """Nothing more comes. Raises BadBytes if something should have."""
        if not self._last:
            raise BadBytes("it holds no entry")
        if ended and not self._ended:
            raise BadBytes(f"it is cut off after entry {self._last}: the end line is missing")
        ahead = [number for number in self._wanted if number > self._last]
        if ahead:
            raise BadBytes(
                f"it is cut off after entry {self._last}: entry {max(ahead)} was anchored elsewhere"
            )
        met = anchors - len(self._wanted)
        return Account(self._keys.owner, self._first, self._last, self._deeds, met)


def printable(ground: str) -> str:
    """A ground as a line takes it."""
    return "".join(letter if letter.isprintable() else " " for letter in ground)[:MOST_GROUND]


def utc(moment: datetime) -> datetime:
    """A moment as a line says it: UTC, whole milliseconds."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def _signed(line: Line, by: PrivateKeys) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(line, signature=by.sign(_words(line))))


def _words(line: Line) -> bytes:
    return b"journal\0" + msgspec.json.encode(msgspec.structs.replace(line, signature=b""))
