"""The watchlist of one kiosk: sealed on the disk, opened only while an operation that permits it needs it, gone at its end.

A face that resembles one on it means "refer to an officer", no more. Its files' names begin like the outbox's, so that an
erasure destroys them; without the kiosk's keys they are ciphertext. Edition and time never go back, whatever the clock says.
Up to which edition all are past is known in three places: its memory, a file of one number, and what the hub ordered.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from hotspot_kiosk import files, policy, seal, watchlist
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.contents import MOST_REFERRED
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.keyring import Trust
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Memory as Ordered
from hotspot_kiosk.kiosk.zeroise import overwrite
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.terms import Capture, ClockStamp, FaceTemplate, Tcn
from hotspot_kiosk.watchlist import MOST_EDITION, Watchlist

log = logging.getLogger(__name__)
SUFFIX = ".watchlist"
LIST, MEMORY, PARTS = f"{SUFFIX}-list", f"{SUFFIX}-memory", f"{SUFFIX}-part-"
FLOOR = "watchlist_floor"  # beside the outbox; an erasure leaves it, and it says no more than a number
WITHDRAWN = "this kiosk was withdrawn and takes no watchlist"
TURNED = f"{SUFFIX}-turned"
RAW = Calibration(1.0, 0.0, 0.0, "none: raw scores")
MOST_OPEN = 1000
WRITTEN_EVERY_MS = 600_000
UNUSABLE = "the watchlist cannot be used: {}; ask the bureau to send it again"
UNLIKE = (
    "watchlist edition {} holds faces of the model {}, this kiosk compares those of {}: it refers nobody; "
    "ask the bureau to enrol these people anew, or this kiosk's software to be updated, and then for a new list"
)


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What outlasts the list. edition: the highest that was ever here; seen_ms: a time that is surely past, ms since 1970.

    operation, made_ms, expires_ms: of that edition, so that nobody needs to open it to know its end.
    referred: checks whose person was referred and that the hub has not answered. floor: the highest that is to be forgotten.
    """

    edition: int = 0
    seen_ms: int = 0
    operation: str = ""
    made_ms: int = 0
    expires_ms: int = 0
    referred: tuple[str, ...] = ()
    floor: int = 0


class Turned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest edition that was turned away, and why; model: whose faces this kiosk compared then."""

    edition: int = 0
    why: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Referral:
    """Why an officer is asked to look: the list's edition, and the cases whose faces are alike, likeliest first."""

    edition: int
    cases: tuple[str, ...]


NOBODY = Referral(0, ())


class Watchlists:
    """The list that is here, if any. Any thread may call; every method may raise StorageFailed."""

    def __init__(
        self,
        path: Path,
        own: seal.PrivateKeys,
        trust: Trust,
        clock: Clock,
        ordered: Callable[[], Ordered],
        model: str,
    ) -> None:
        """`path`: the outbox's file. ordered: what is remembered of the hub's orders. model: of this kiosk's faces.

        Of a list whose memory is lost nobody knows the end: it is destroyed, and none that was sealed before comes back.
        """
        self._path = path
        self._list, self._floor_file = path.with_name(path.name + LIST), path.with_name(FLOOR)
        self._turned = path.with_name(path.name + TURNED)
        self._model, self._looked = model, ((0, 0), "")
        self._own, self._trust, self._clock, self._ordered = own, trust, clock, ordered
        self._lock = threading.RLock()
        self._since_ms = clock.now_ms()
        self._open: tuple[tuple[int, int], Watchlist] | None = None
        self._cases: dict[str, tuple[str, ...]] = {}
        memory = _read(path.with_name(path.name + MEMORY))
        self._memory = memory or Memory()
        if memory is None:
            self._destroy()

    def take(self, body: bytes) -> bool:
        """A part that the hub ordered; with the last one the list is installed, and True is returned.

        Of a list that was here nothing is left to do. Raises BadBytes, SealError or Refused; then what had come of it is gone.
        One that was turned away is, whichever of its parts comes again: no part of it is proven any more.
        """
        piece = watchlist.read_piece(body)
        with self._lock:
            self._look_up()
            self._check_not_withdrawn()
            if piece.edition <= self._floor():
                return False
            turned = _turned(self._turned)
            if (turned.edition, turned.model) == (piece.edition, self._model):
                raise Refused(turned.why)
            self._forget_parts(but=piece.edition)
            files.replace(self._part(piece), body)
            paths = self._parts(piece.edition)
            if len(paths) < piece.count:
                return False
            self._put_together([files.read(path) for path in paths], piece.edition)
            return True

    def install(self, envelope: bytes) -> Watchlist:
        """Keep a sealed list; the one before is replaced.

        Raises BadBytes or SealError for what the hub did not seal for this kiosk, Refused for one that is over, not newer
        than any that was here, sealed before the hub ordered to forget, or of faces that cannot be compared here.
        """
        with self._lock:
            self._look_up()
            self._check_not_withdrawn()
            fresh = watchlist.open_sealed(envelope, self._own, self._trust.ring)
            floor = self._floor()
            if fresh.edition <= floor:
                raise Refused(
                    f"watchlist edition {floor} was here already, or is to be forgotten; a newer one has a higher edition"
                )
            stamp = self._clock.stamp()
            if max(self._surely(fresh), stamp.wall if stamp.trusted else fresh.made) >= fresh.expires:
                raise Refused("this watchlist is over; ask the bureau for a newer one")
            if fresh.model != self._model:
                raise Refused(self._unlike(fresh))
            self._remember(
                edition=fresh.edition,
                operation=fresh.operation,
                made_ms=int(fresh.made.timestamp() * 1000),
                expires_ms=int(fresh.expires.timestamp() * 1000),
            )
            self._raise_floor(fresh.edition)
            self._close()
            files.replace(self._list, envelope)
            self._forget_parts()
            return fresh

    def look(
        self, captures: Sequence[Capture], operation: Operation, person: policy.Shielded, stamp: ClockStamp
    ) -> Referral:
        """Whom the faces resemble; nobody without a list, or where policy says that none may be used.

        Raises Refused if there is one that cannot be used.
        """
        with self._lock:
            known = self._usable(operation, person, stamp)
            return NOBODY if known is None else _alike(captures, known)

    def trouble(self, operation: Operation | None) -> str:
        """Why this kiosk refers nobody though the operation says it should, and what to do; empty if it does, or should not.

        A list that came and was turned away is told, too, until a newer one is here. Nothing stays opened for this.
        """
        with self._lock:
            self._look_up()
            turned = _turned(self._turned)
            if turned.edition > self._floor() and turned.model == self._model:
                return turned.why
            needed = operation is not None and operation.watchlist and operation.id == self._memory.operation
            return self._examined() if needed and self._list.exists() else ""

    def _examined(self) -> str:
        """What is wrong with the list that lies there; each is opened once to know."""
        about = self._list.stat()
        key = about.st_mtime_ns, about.st_ino
        if self._looked[0] != key:
            was_open = self._open is not None and self._open[0] == key
            try:
                why = self._unlike(self._current())
            except (BadBytes, SealError) as error:
                why = UNUSABLE.format(error)
            if not was_open:
                self._close()
            self._looked = key, why
        return self._looked[1]

    def _unlike(self, known: Watchlist) -> str:
        fits = known.model == self._model
        return "" if fits else UNLIKE.format(known.edition, known.model, self._model)

    def rest(self, operation: Operation | None, stamp: ClockStamp) -> bool:
        """To be called now and then: erases a list that is over, closes one that the operation does not need.

        Returns whether one was erased.
        """
        with self._lock:
            self._look_up()
            self._note_time(stamp)
            if operation is None or not operation.watchlist or operation.id != self._memory.operation:
                self._close()
            ended = self._past_ms() >= self._memory.expires_ms or self._forgotten() or self._ordered().revoked
            over = self._list.exists() and ended
            if over:
                self._destroy()
            return over

    def forget(self, floor: int) -> None:
        """No list of an edition up to `floor` is here when this returns, nor parts of one; none of them comes back."""
        with self._lock:
            self._look_up()
            self._raise_floor(floor)
            if floor > self._memory.floor:
                self._remember(floor=floor)
            if self._memory.edition <= floor:
                self._close()
                overwrite((self._list,))
            self._forget_parts(after=floor)

    def destroy(self) -> None:
        """Destroy the list and what came of a newer one. What was here does not come back."""
        with self._lock:
            self._destroy()

    def refer(self, tcn: Tcn, cases: tuple[str, ...]) -> None:
        """This check's person was referred: the hub's answer is waited for. The cases stay in memory only."""
        with self._lock:
            self._cases[tcn] = cases
            self._remember(referred=(*self._memory.referred, str(tcn))[-MOST_OPEN:])

    def referred(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Checks whose person was referred and that the hub has not answered, newest first; cases only since this start."""
        with self._lock:
            return tuple((tcn, self._cases.get(tcn, ())) for tcn in reversed(self._memory.referred))

    def answered(self, tcn: Tcn) -> bool:
        """The hub answered this check; True if its person had been referred, once."""
        with self._lock:
            if tcn not in self._memory.referred:
                return False
            self._cases.pop(tcn, None)
            self._remember(referred=tuple(each for each in self._memory.referred if each != tcn))
            return True

    def _usable(self, operation: Operation, person: policy.Shielded, stamp: ClockStamp) -> Watchlist | None:
        """Whether it may be used is known before it is opened."""
        self._look_up()
        if not operation.watchlist or not self._list.exists() or self._forgotten() or self._ordered().revoked:
            return None
        try:
            policy.may_look(operation, self._memory.operation, person)
        except Refused:
            return None
        try:
            known = self._current()
        except (BadBytes, SealError) as error:
            raise Refused(UNUSABLE.format(error)) from None
        if why := self._unlike(known):
            self._close()
            raise Refused(why)
        if known.operation != operation.id or max(stamp.wall, self._surely(known)) >= known.expires:
            raise Refused("the watchlist is over; ask the bureau for a newer one")
        return known

    def _current(self) -> Watchlist:
        """The list as it lies there, opened once. Raises BadBytes or SealError."""
        about = self._list.stat()
        key = about.st_mtime_ns, about.st_ino
        if self._open is None or self._open[0] != key:
            self._close()
            known = watchlist.open_sealed(files.read(self._list), self._own, self._trust.ring)
            if known.edition < self._memory.edition:
                raise BadBytes("it is older than one that was here")
            self._open = key, known
        return self._open[1]

    def _close(self) -> None:
        """Out of memory: the vectors are overwritten."""
        if self._open is not None:
            self._open[1].vectors.fill(0)
            self._open = None

    def _destroy(self) -> None:
        self._close()
        overwrite((self._list, self._path.with_name(self._path.name + PARTS)))

    def _check_not_withdrawn(self) -> None:
        if self._ordered().revoked:
            raise Refused(WITHDRAWN)

    def _forgotten(self) -> bool:
        """Whether the hub ordered to forget the list that is here, though it may have been put back since."""
        return self._memory.edition <= max(self._ordered().forgotten, self._memory.floor)

    def _floor(self) -> int:
        """The highest edition that is past for certain: it was here, or is to be forgotten."""
        told = self._ordered().forgotten
        return max(told, self._memory.edition, self._memory.floor, _number(self._floor_file))

    def _raise_floor(self, floor: int) -> None:
        if floor > _number(self._floor_file):
            files.replace(self._floor_file, msgspec.json.encode(floor))

    def _surely(self, known: Watchlist) -> datetime:
        """A moment that is not after now, whatever was done to the clock: the latest that was ever known, counted on."""
        return max(known.made, self._past())

    def _past(self) -> datetime:
        return datetime.fromtimestamp(self._past_ms() / 1000, UTC)

    def _past_ms(self) -> int:
        passed = self._clock.now_ms() - self._since_ms
        return max(max(self._memory.seen_ms, self._memory.made_ms) + passed, self._ordered().hub_ms)

    def _note_time(self, stamp: ClockStamp) -> None:
        """Written down now and then, so that a restart with a clock set back gains minutes, not days."""
        latest = max(self._past_ms(), int(stamp.wall.timestamp() * 1000) if stamp.trusted else 0)
        if self._list.exists() and latest - self._memory.seen_ms >= WRITTEN_EVERY_MS:
            self._remember(seen_ms=latest)
            self._since_ms = self._clock.now_ms()

    def _look_up(self) -> None:
        """A list may have been installed by hand meanwhile, by another process."""
        found = _read(self._path.with_name(self._path.name + MEMORY)) or self._memory
        floor = max(found.floor, self._memory.floor)
        if found.edition > self._memory.edition:
            self._memory = msgspec.structs.replace(
                found, seen_ms=self._memory.seen_ms, referred=self._memory.referred
            )
        self._memory = msgspec.structs.replace(self._memory, floor=floor)

    def _remember(self, **changed: object) -> None:
        self._look_up()
        memory = msgspec.structs.replace(self._memory, **changed)
        files.replace(self._path.with_name(self._path.name + MEMORY), msgspec.json.encode(memory))
        self._memory = memory

    def _put_together(self, bodies: Sequence[bytes], edition: int) -> None:
        parts = [watchlist.read_piece(body) for body in bodies]
        envelope = b"".join(part.data for part in sorted(parts, key=lambda part: part.index))
        try:
            digest = hashlib.sha256(envelope).digest()
            if {part.digest for part in parts} != {digest} or edition != watchlist.edition_of(
                envelope, self._own.owner
            ):
                raise BadBytes("the parts of a watchlist do not fit each other")
            self.install(envelope)
        except Refused as refused:
            files.replace(self._turned, msgspec.json.encode(Turned(edition, str(refused), self._model)))
            raise
        finally:
            self._forget_parts()

    def _part(self, piece: watchlist.Piece) -> Path:
        return self._path.with_name(f"{self._path.name}{PARTS}{piece.edition:07d}-{piece.index:03d}")

    def _parts(self, edition: int | None = None) -> list[Path]:
        about = "*" if edition is None else f"{edition:07d}-[0-9][0-9][0-9]"
        return sorted(self._path.parent.glob(f"{self._path.name}{PARTS}{about}"))

    def _forget_parts(self, but: int | None = None, after: int | None = None) -> None:
        """All parts that lie here, but those of one edition, or of those after one."""
        kept = [] if but is None else self._parts(but)
        newer = f"{self._path.name}{PARTS}{MOST_EDITION if after is None else after:07d}~"
        for path in self._parts():
            if path not in kept and path.name < newer:
                path.unlink(missing_ok=True)


def _alike(captures: Sequence[Capture], known: Watchlist) -> Referral:
    """Every face against all: the best of each case, those that reach the list's score. Raises Incomparable."""
    best = np.full(len(known.cases), -np.inf, np.float32)
    for face in (each.template for each in captures if isinstance(each.template, FaceTemplate)):
        if face.model == known.model:
            np.maximum.at(best, known.owners, FaceComparator(RAW).scores(face.vector, known.vectors))
    order = np.argsort(-best, kind="stable")[:MOST_REFERRED]
    return Referral(known.edition, tuple(known.cases[k] for k in order if best[k] >= known.least))


def _number(path: Path) -> int:
    """The edition in the file of one number; 0 if there is none, or it is damaged."""
    try:
        return msgspec.json.decode(files.read(path), type=int) if path.exists() else 0
    except (msgspec.DecodeError, UnicodeDecodeError):
        log.error("%s is damaged; what is remembered elsewhere counts, and it is written again", path)
        return 0


def _turned(path: Path) -> Turned:
    """What was turned away last; nothing if that cannot be read: then it comes once more."""
    try:
        return msgspec.json.decode(files.read(path), type=Turned) if path.exists() else Turned()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Turned()


def _read(path: Path) -> Memory | None:
    """What is remembered; None if it is damaged, and set aside."""
    try:
        return msgspec.json.decode(files.read(path), type=Memory) if path.exists() else Memory()
    except (msgspec.DecodeError, UnicodeDecodeError):
        log.error("%s is damaged and set aside; the watchlist goes, ask the bureau for a newer one", path)
        path.replace(path.with_name(f"{path.name}.damaged"))
        return None
