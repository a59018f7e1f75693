"""The hub's ports to storage, one small port per concern; variants stand beside this file.

A variant (`store_sqlite`, named by the config's `driver`) holds `Options` and `build(options)`,
which returns a `Store`. Whatever a method returned from is on disk. Every method may raise
StorageFailed, or StorageAway while a database server does not answer: then nothing is known to be
kept. Several processes may share a store whose variant says so. Order is a device's own: its numbers
(`Tcn.counter`) only rise, while clocks, the hub's too, may jump; times are kept for people only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from hotspot_kiosk.audit_chain import Anchor
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.terms import Part, Tcn
from hotspot_kiosk.wire import MOST_RANGES, Range


class PartKey(NamedTuple):
    """What a part is known by; `device` is the kiosk that sent it."""

    device: int
    tcn: Tcn
    part: Part


class Committed(StrEnum):
    """What became of a commit."""

    NEW = "new"
    AGAIN = "again"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A part that the hub holds; `received` counts its chunk bytes as they came, repeats included."""

    key: PartKey
    committed: str
    size: int
    received: int
    answered: str | None


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """A reference in the gallery: a case number, never a name. source: the country that placed it, "" if not told.

    portrait: a small JPEG file for people who compare, if one is kept; what is listed carries none.
    """

    reference: str
    enrolled: str
    templates: bytes = field(repr=False)
    source: str = ""
    portrait: bytes = field(default=b"", repr=False)


class ChunkStore(Protocol):
    """Envelopes still in pieces."""

    def add(self, key: PartKey, size: int, offset: int, data: bytes) -> tuple[Range, ...] | None:
        """Keep a piece; returns what is missing now. A piece that is here already is counted and dropped.

        Pieces of an envelope of another size are forgotten first: the sender began anew. Nothing
        is kept of a part that the inbox holds: then None.
        """

    def missing(self, key: PartKey, size: int) -> tuple[Range, ...]:
        """Which ranges are not here yet; empty when it is whole."""

    def whole(self, key: PartKey) -> bytes:
        """The envelope, put together; empty if nothing is here. Raises BadBytes if a piece is missing."""

    def forget(self, key: PartKey) -> None:
        """Drop all pieces."""

    def bound(self, key: PartKey, most: int) -> int:
        """Keep a device's pieces below so many bytes, repeats counted; returns how many parts were forgotten for it.

        This part stays if it alone is below that: it is the one that is being sent.
        """

    def outdated(self, now: datetime, age: timedelta) -> int:
        """Forget parts that stood here unfinished at a look so long ago, and still do; how many. Looks are to be made often."""

    def spoiled(self, key: PartKey) -> int:
        """Count that this part came and did not verify; returns how often by now, whoever counted."""


class InboxStore(Protocol):
    """Parts that the hub holds, each once."""

    def commit(self, key: PartKey, envelope: bytes, now: datetime, digest: bytes = b"") -> Committed:
        """Keep an envelope and drop its pieces, in one transaction.

        digest: by which it is known, if that is not the SHA-256 of these very bytes (`vault`).
        """

    def digest(self, key: PartKey) -> bytes | None:
        """SHA-256 of the envelope held, if any."""

    def envelope(self, key: PartKey) -> bytes | None:
        """The envelope held, if any; empty once the record was purged."""

    def owes(self, key: PartKey) -> bool:
        """Whether this part is a probe, held, that was never answered."""

    def unanswered(self) -> Sequence[PartKey]:
        """Probes that have no answer yet, by device, each device's oldest first."""

    def entries(self) -> Sequence[InboxEntry]:
        """All parts held, by device, each device's newest first."""


class AnswerStore(Protocol):
    """Sealed answers until their kiosk has them."""

    def put(self, device: int, tcn: Tcn, envelope: bytes, now: datetime, edition: int = 1) -> bool:
        """Keep an answer in place of an older edition; False if there is this one already, or a newer.

        device: the kiosk that it goes to, which need not be the one that asked.
        """

    def edition(self, device: int, tcn: Tcn) -> int:
        """The newest edition that was kept, acknowledged or not; 0 if there is none."""

    def get(self, device: int, tcn: Tcn) -> bytes | None:
        """The answer to a TCN that its kiosk has not acknowledged, if any."""

    def waiting(self, device: int) -> Sequence[tuple[Tcn, bytes]]:
        """All that a kiosk has not acknowledged, oldest first."""

    def acknowledge(self, device: int, tcn: Tcn, now: datetime, edition: int = 1) -> bool:
        """The kiosk has this edition, or a newer one; the sealed bytes are dropped unless they are newer still."""


class GalleryStore(Protocol):
    """The references that probes are compared with."""

    def put(self, entry: GalleryEntry) -> bool:
        """Add a reference; False if there is one of that name already."""

    def erase(self, reference: str) -> bool:
        """Remove a reference; False if there is none."""

    def entries(self) -> Sequence[GalleryEntry]:
        """All references."""

    def portrait(self, reference: str) -> bytes:
        """The picture kept of a reference; empty if there is none."""

    def version(self) -> int:
        """A number that changes whenever the gallery does."""


class Held(NamedTuple):
    """Samples that stand in a national gallery: of which encounter, whose (the identity's first), which edition."""

    tcn: Tcn
    gallery: str
    identity: Tcn
    edition: int
    enrolled: str


class RegisterStore(Protocol):
    """The national galleries, by name. Nothing here is compared with a check, nothing of `gallery` is here."""

    def put(
        self, tcn: Tcn, gallery: str, identity: Tcn, templates: bytes, now: datetime, seen: int | None = None
    ) -> Held | None:
        """Keep an encounter's samples as the next edition of an identity, once; what stands there already stays.

        seen: only if the version is still this one: else nothing is kept, and None.
        """

    def find(self, tcn: Tcn) -> Held | None:
        """What stands there of an encounter."""

    def held(self, gallery: str) -> Sequence[Held]:
        """All of a gallery, without templates."""

    def templates(self, tcn: Tcn) -> bytes | None:
        """An encounter's samples."""

    def galleries(self) -> Sequence[str]:
        """The names of those that hold anything."""

    def version(self) -> int:
        """A number that rises whenever any of them changes."""


class CaseStore(Protocol):
    """Events of cases; what an event says is not looked into here (`case`)."""

    def add(
        self,
        tcn: Tcn,
        events: Sequence[tuple[str, bytes]],
        due: datetime | None,
        after: int | None = None,
        *,
        lightly: bool = False,
    ) -> tuple[bool, ...]:
        """Keep events, each name once a case, in one transaction; for each whether it is new.

        due: when the case must be looked at again, None for never. It is set if any event is new; with
        `after`, only if the case had so many events before: else somebody added what is not looked at yet.
        lightly: a power cut may take them, unless something else is kept after them; they would be made again.
        """

    def events(self, tcn: Tcn) -> Sequence[bytes]:
        """All events of a case, in the order in which they were kept."""

    def cases(self) -> Sequence[Tcn]:
        """All cases, by device, each device's newest first."""

    def due(self, now: datetime) -> Sequence[Tcn]:
        """Cases that must be looked at by now, the longest due first."""


class ErrandStore(Protocol):
    """Which checks are still to be sent to which partner, and what else is still to be done for one, by name."""

    def put(self, tcn: Tcn, partner: str, now: datetime) -> bool:
        """Note one; False if it was noted before, done or not."""

    def due(self, partner: str, most: int, *, newest: bool = False) -> Sequence[Tcn]:
        """Those not done whose evidence the inbox holds, oldest (or newest) first."""

    def named(self, beginning: str, most: int) -> Sequence[tuple[Tcn, str]]:
        """Those not done whose name begins so, oldest first; whatever the inbox holds."""

    def done(self, tcn: Tcn, partner: str) -> None:
        """It went, or never will."""


class KeyStore(Protocol):
    """One key a record, kept apart from what it locks, and destroyed for good."""

    def key(self, tcn: Tcn, fresh: bytes, now: datetime) -> bytes:
        """The record's key, on disk; `fresh` becomes it if there is none, or it was destroyed."""

    def held(self) -> Sequence[tuple[Tcn, datetime]]:
        """Records whose key is there, and since when."""

    def destroy(self, tcn: Tcn, note: str) -> None:
        """Take the key away; the note is owed to the journal until `noted`."""

    def sweep(self) -> None:
        """Make what was destroyed unreadable in the storage's own files. Raises StorageFailed if it cannot now."""

    def owed(self) -> Sequence[tuple[Tcn, str]]:
        """Notes about destroyed keys that the journal has not yet."""

    def noted(self, tcn: Tcn) -> None:
        """The journal has it."""


class TallyStore(Protocol):
    """Counts that outlive the records they were counted from; nothing in them says which those were."""

    def close(self, tcn: Tcn, event: tuple[str, bytes], counts: Mapping[str, int], now: datetime) -> bool:
        """Drop all that is held of a record but its digests, in one transaction, and add to the counts.

        What stands of it in a national gallery goes in the same transaction.

        Of its case only `event` stays. False, and nothing is counted, if it was closed before.
        """

    def counts(self) -> Mapping[str, int]:
        """All counts of closed records."""


class Noted(StrEnum):
    """What a hub finds of a kiosk's word about its journal."""

    NEW = "new"
    KNOWN = "known"
    BACK = "the journal went backwards"
    OTHER = "an entry of the journal was changed"


class AnchorStore(Protocol):
    """How far kiosks' journals reached, as they signed it."""

    def note(self, anchor: Anchor, minors: int, now: datetime) -> Noted:
        """Keep an anchor if it is new; each entry's first digest stays. `minors`: refused so far for their age."""

    def anchors(self, device: int | None = None) -> Sequence[tuple[Anchor, int, datetime]]:
        """What was kept, of one kiosk or of all, each kiosk's in order."""


class Store(NamedTuple):
    """All of a hub's storage; `shared` if several processes may use it at once. `close` ends its use.

    check: read all of it once; raises StorageDamaged with what to do. backup: write a whole copy of
    it to a new file while the hub goes on; raises StorageFailed, or Refused if its server does that.
    """

    chunks: ChunkStore
    inbox: InboxStore
    answers: AnswerStore
    gallery: GalleryStore
    register: RegisterStore
    cases: CaseStore
    keys: KeyStore
    tally: TallyStore
    anchors: AnchorStore
    errands: ErrandStore
    close: Callable[[], None]
    check: Callable[[], None]
    backup: Callable[[Path], None]
    shared: bool


def gaps(pieces: Iterable[tuple[int, int]], size: int) -> tuple[Range, ...]:
    """What pieces [start, stop), in order of their start, leave open of `size` bytes; at most MOST_RANGES."""
    found, at = [], 0
    for start, stop in pieces:
        if start > at:
            found.append((at, start))
        at = max(at, stop)
    if at < size:
        found.append((at, size))
    return tuple(found[:MOST_RANGES])


def join(pieces: Iterable[tuple[int, bytes]]) -> bytes:
    """Pieces in order of their start as one; they may overlap. Raises BadBytes if there is a gap."""
    whole = bytearray()
    for start, data in pieces:
        if start > len(whole):
            raise BadBytes("an envelope is not whole yet")
        whole[start : start + len(data)] = data
    return bytes(whole)


def as_text(moment: datetime) -> str:
    """A moment as the stores write it: ISO 8601 in UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def as_key(device: int, tcn: str, part: str) -> PartKey:
    """A key out of a row."""
    return PartKey(device, Tcn(tcn), Part(part))
