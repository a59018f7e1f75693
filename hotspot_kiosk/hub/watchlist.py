"""The hub's watchlists for kiosks: made of the gallery's faces, sealed at once, so that none lies here in clear.

A folder with one note an edition, without cases, and one sealed list a kiosk. Editions rise with the time, so that a folder
that was lost does not bring an edition twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from hotspot_kiosk import files, watchlist
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.contents import decode_templates
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, StorageFailed
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.storage.store import GalleryEntry
from hotspot_kiosk.keyring import PublicFile
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.terms import FaceTemplate
from hotspot_kiosk.watchlist import Watchlist
from hotspot_kiosk.wire import OrderKind

FLOORS = "floors"  # kiosk -> the highest edition that it was told to forget


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hotspot-watchlist-note-1"):
    """What may be known of a list without opening it: no case, no face. devices: with the SHA-256 of each sealed list."""

    edition: int
    operation: str
    law: str
    made: datetime
    expires: datetime
    cases: int
    faces: int
    fpir: float
    least: float
    measured: bool
    devices: dict[int, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. least: a score that the bureau measured for this FPIR, or None: then it follows from `line`."""

    operation: Operation
    law: str
    days: int
    fpir: float
    least: float | None = None


class Lists:
    """The folder of lists. Every method may raise StorageFailed."""

    def __init__(self, folder: Path | None, own: PrivateKeys) -> None:
        if folder is None:
            raise ConfigError(
                "[hub] watchlists is missing: name a folder in which sealed watchlists are kept"
            )
        self._folder = folder
        self._own = own

    def build(
        self,
        wish: Wish,
        people: Sequence[tuple[str, Sequence[FaceTemplate]]],
        line: Calibration,
        kiosks: Mapping[int, PublicFile],
        now: datetime,
    ) -> Note:
        """Seal a new edition for every kiosk of the operation.

        Raises Refused with what to do: an operation that permits none, a kiosk that is not admitted, nobody to look for.
        """
        to = _kiosks(wish.operation, kiosks)
        known = self._list(wish, people, line, now)
        sealed = {device: watchlist.seal_for(known, file.keys(), self._own) for device, file in to.items()}
        note = Note(
            edition=known.edition,
            operation=known.operation,
            law=known.law,
            made=known.made,
            expires=known.expires,
            cases=len(known.cases),
            faces=len(known.owners),
            fpir=known.fpir,
            least=known.least,
            measured=wish.least is not None,
            devices={device: hashlib.sha256(each).hexdigest() for device, each in sealed.items()},
        )
        for device, envelope in sealed.items():
            files.replace(self.path(note.edition, device), envelope)
        files.replace(self._folder / f"{note.edition}.json", msgspec.json.encode(note))
        return note

    def path(self, edition: int, device: int) -> Path:
        """Where the sealed list of a kiosk lies."""
        return self._folder / f"{edition}-{device}.sealed"

    def notes(self) -> Iterator[Note]:
        """All editions, newest first. Raises BadBytes for a note that cannot be read."""
        for path in sorted(self._folder.glob("*.json"), key=lambda path: -int(path.stem)):
            try:
                yield msgspec.json.decode(files.read(path), type=Note)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise BadBytes(f"{path} is no note of a watchlist; remove it and make a new list") from None

    def send(self, book: OrderBook, now: datetime) -> Note:
        """Order the kiosks to take the newest list, in parts; those of older ones wait no more. Raises Refused."""
        note = next(self.notes(), None)
        if note is None or note.expires <= now:
            raise Refused("there is no watchlist that is not over; make one with: hotspot watchlist build")
        for device in note.devices:
            self._check_not_forgotten(device, note)
        for device in note.devices:
            envelope = files.read(self.path(note.edition, device))
            first = 0
            for body in watchlist.pieces(envelope, note.edition):
                order = book.give(device, OrderKind.WATCHLIST, self._own, now, body)
                first = first or order.number
            book.take_back(device, OrderKind.WATCHLIST, first)
        return note

    def forget(self, book: OrderBook, device: int, now: datetime) -> int:
        """Order a kiosk to destroy its list, and to take none that was sealed before now; returns the order's number.

        What still waits for it is taken back.
        """
        floor = max(self._newest(), watchlist.edition_at(now))
        files.replace(self._folder / FLOORS, msgspec.json.encode({**self._floors(), device: floor}))
        order = book.give(device, OrderKind.FORGET, self._own, now, watchlist.floor_body(floor))
        book.take_back(device, OrderKind.WATCHLIST, order.number)
        return order.number

    def sweep(self, now: datetime) -> int:
        """Erase the sealed lists whose time is over; their notes stay. Returns how many."""
        over = [note for note in self.notes() if note.expires <= now]
        paths = [self.path(note.edition, device) for note in over for device in note.devices]
        gone = [path for path in paths if path.exists()]
        for path in gone:
            path.unlink()
        return len(gone)

    def _list(
        self,
        wish: Wish,
        people: Sequence[tuple[str, Sequence[FaceTemplate]]],
        line: Calibration,
        now: datetime,
    ) -> Watchlist:
        owners, vectors = watchlist.stacked([faces for _, faces in people])
        least = watchlist.least_score(line, len(owners), wish.fpir) if wish.least is None else wish.least
        made = now.astimezone(UTC).replace(microsecond=0)
        try:
            return Watchlist(
                edition=self._next(now),
                operation=wish.operation.id,
                law=wish.law,
                made=made,
                expires=min(made + timedelta(days=wish.days), wish.operation.ends),
                model=people[0][1][0].model,
                fpir=wish.fpir,
                least=least,
                cases=tuple(case for case, _ in people),
                owners=owners,
                vectors=vectors,
            )
        except ValueError as error:
            raise Refused(f"this watchlist cannot be made: {error}") from None

    def _next(self, now: datetime) -> int:
        return max(self._newest() + 1, watchlist.edition_at(now))

    def _newest(self) -> int:
        """The highest edition that was made, or that a kiosk was told to forget."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(f"{self._folder} cannot be used: {error.strerror}") from None
        return max((*(note.edition for note in self.notes()), *self._floors().values()), default=0)

    def _floors(self) -> dict[int, int]:
        path = self._folder / FLOORS
        try:
            return msgspec.json.decode(files.read(path), type=dict[int, int]) if path.exists() else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadBytes(
                f"{path} is damaged; give every kiosk the order to forget again, then remove this file"
            ) from None

    def _check_not_forgotten(self, device: int, note: Note) -> None:
        """A kiosk takes no edition that was sealed before it was told to forget."""
        if note.edition <= self._floors().get(device, 0):
            raise Refused(
                f"device {device} was told to destroy edition {note.edition}; make a newer list: hotspot watchlist build"
            )


def chosen(entries: Sequence[GalleryEntry], cases: Collection[str]) -> list[tuple[str, list[FaceTemplate]]]:
    """The faces of these cases. Raises Refused naming one that the gallery does not hold, or of which it has no face."""
    known = {entry.reference: entry for entry in entries}
    found = []
    for case in sorted(set(cases)):
        if case not in known:
            raise Refused(f"the gallery holds no reference {case}")
        faces = [t for t in decode_templates(known[case].templates) if isinstance(t, FaceTemplate)]
        if not faces:
            raise Refused(f"reference {case} has no face; only faces can be on a watchlist")
        found.append((case, faces))
    if not found:
        raise Refused("name at least one case")
    return found


def _kiosks(operation: Operation, kiosks: Mapping[int, PublicFile]) -> dict[int, PublicFile]:
    if operation.kind is not Kind.HOTSPOT or not operation.watchlist:
        raise Refused(f"operation {operation.id} permits no watchlist; sign one that says watchlist = true")
    missing = [device for device in operation.devices if device not in kiosks]
    if missing:
        raise Refused(f"device {missing[0]} is not admitted: its .pub file is not among the peers")
    return {device: kiosks[device] for device in operation.devices}
