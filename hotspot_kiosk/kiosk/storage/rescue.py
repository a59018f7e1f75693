"""Opens the outbox's file; a damaged one is set aside and what can be read is poured into a new one.

Only a process that has the folder to itself looks for damage; the others wait or share. A marker
file makes a salvage that was itself cut off begin again at the next start.
"""

from __future__ import annotations

import fcntl
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk.errors import StorageDamaged, StorageFailed
from hotspot_kiosk.files import sync_folder, write_whole
from hotspot_kiosk.kiosk.storage.carve import has_hole
from hotspot_kiosk.kiosk.storage.numbers import Ceiling
from hotspot_kiosk.kiosk.storage.salvage import HELD, QUARANTINED, Damaged, Key, Outcome, Saved, log_of
from hotspot_kiosk.sqlite import SqliteFile

log = logging.getLogger(__name__)
MARGIN = 1000
BLIND_MARGIN = 100_000
# A record's small rows change one by one, each change writing its pages twice: over a record's life a
# quarter of the usual size writes 0.3 bytes a record byte less, and the device a sixth less.
PAGE_BYTES = 1024
UNREADABLE = "its sealed bytes could not be read from the damaged disk"


class Hold:
    """This process's hold on a folder, so that nobody salvages what another has open."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def alone(self) -> bool:
        """Take the folder for this process alone, if nobody else holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def share(self) -> None:
        """Hold it together with others; waits while somebody has it alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def close(self) -> None:
        """Let go; may be called twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Opened:
    """A sound file, the hold on its folder, and what was salvaged, if anything was."""

    file: SqliteFile
    hold: Hold
    outcome: Outcome | None


def open_safely(path: Path, schema: str, what: str, ceiling: Ceiling) -> Opened:
    """Raises StorageFailed if there is no using it; a damaged file is not such a case."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        hold = Hold(path.parent)
    except OSError as error:
        raise StorageFailed(f"the folder of the {what} {path.name} cannot be used: {error}") from None
    try:
        file, outcome = _open(Rescue(path, schema, what, ceiling), hold)
    except (StorageFailed, OSError) as error:
        hold.close()
        if isinstance(error, StorageFailed):
            raise
        raise StorageFailed(f"the {what} {path.name} cannot be used: {error}") from None
    if outcome is not None:
        log.error("%s", outcome)
    return Opened(file, hold, outcome)


def _open(rescue: Rescue, hold: Hold) -> tuple[SqliteFile, Outcome | None]:
    if hold.alone():
        opened = rescue.open()
        hold.share()
        return opened
    hold.share()
    return rescue.plain(), None


class Rescue:
    """One opening of one file."""

    def __init__(self, path: Path, schema: str, what: str, ceiling: Ceiling) -> None:
        self._path = path
        self._schema = schema
        self._what = what
        self._ceiling = ceiling
        self._marker = path.with_name(f"{path.name}.salvage")

    def plain(self) -> SqliteFile:
        """The file as it is."""
        return self._file(self._path)

    def _file(self, path: Path) -> SqliteFile:
        return SqliteFile(path, self._schema, self._what, PAGE_BYTES)

    def open(self) -> tuple[SqliteFile, Outcome | None]:
        """The file, checked, and salvaged if need be."""
        if aside := self._unfinished():
            return self._again(aside)
        if has_hole(_read(log_of(self._path))):
            return self._merge_log(self._mark())
        try:
            return self._checked(), None
        except StorageDamaged as error:
            log.error("%s", error)
            return self._rebuild(self._mark())

    def _unfinished(self) -> Path | None:
        """Where a salvage that did not end was setting things aside."""
        name = _read(self._marker).decode("ascii", "replace").strip()
        return self._path.with_name(name) if name.startswith(f"{self._path.name}.damaged-") else None

    def _again(self, aside: Path) -> tuple[SqliteFile, Outcome | None]:
        """A salvage was begun and not ended."""
        only_log = log_of(aside).exists() and not aside.exists() and self._path.exists()
        return self._merge_log(aside) if only_log else self._rebuild(aside)

    def _checked(self) -> SqliteFile:
        file = self.plain()
        try:
            file.check()
        except StorageFailed:
            file.close()
            raise
        return file

    def _mark(self) -> Path:
        """Choose the name to set aside under, and write it down."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        name = f"{self._path.name}.damaged-{stamp}"
        number = 0
        while (aside := self._path.with_name(f"{name}-{number}" if number else name)).exists():
            number += 1
        write_whole(self._marker, aside.name.encode("ascii"))
        return aside

    def _merge_log(self, aside: Path) -> tuple[SqliteFile, Outcome | None]:
        """Only the log is broken: SQLite uses it up to the break, what lies behind is added here."""
        kept = log_of(aside)
        if not kept.exists():
            write_whole(kept, _read(log_of(self._path)))
        try:
            file = self._checked()
        except StorageDamaged:
            return self._rebuild(aside)
        outcome = self._pour(Damaged(aside), file, margin=0)
        if not outcome.waiting + outcome.held + outcome.lost:
            kept.unlink()
            self._done()
            return file, None
        self._done()
        return file, outcome

    def _rebuild(self, aside: Path) -> tuple[SqliteFile, Outcome]:
        if not aside.exists():
            _rename(log_of(self._path), log_of(aside))
            self._path.with_name(f"{self._path.name}-shm").unlink(missing_ok=True)
            _rename(self._path, aside)
            sync_folder(self._path.parent)
        fresh = self._path.with_name(f"{self._path.name}.new")
        for leftover in (fresh, log_of(fresh), fresh.with_name(f"{fresh.name}-shm")):
            leftover.unlink(missing_ok=True)
        file = self._file(fresh)
        try:
            margin = MARGIN if self._ceiling.read() is not None else BLIND_MARGIN
            outcome = self._pour(Damaged(aside), file, margin)
        finally:
            file.close()
        fresh.replace(self._path)
        sync_folder(self._path.parent)
        opened = self.plain()
        self._done()
        return opened, outcome

    def _pour(self, damaged: Damaged, file: SqliteFile, margin: int) -> Outcome:
        """Add to `file` whatever it does not hold yet."""
        saved = damaged.read()
        fresh = _add_rows(saved, file)
        wanted = {key: saved.parts[key].digest for key in fresh if saved.parts[key].state != HELD}
        found = 0
        for key, data in damaged.envelopes(wanted):
            found += 1
            part = saved.parts[key]
            state = QUARANTINED if part.state == QUARANTINED and part.reason != UNREADABLE else "sealed"
            with file.change(lightly=True) as db:
                db.execute("INSERT INTO envelope VALUES (?, ?, ?)", (*key, data))
                why = part.reason if state == QUARANTINED else ""
                db.execute(
                    "UPDATE part SET state = ?, reason = ? WHERE tcn = ? AND part = ?", (state, why, *key)
                )
        self._raise_counters(saved, file, margin)
        file.fold()
        return Outcome(damaged.path, found, len(fresh) - len(wanted), len(wanted) - found)

    def _raise_counters(self, saved: Saved, file: SqliteFile, margin: int) -> None:
        last = dict(saved.counters)
        for year, number in [(int(tcn[:2]), tcn.counter) for tcn in saved.records]:
            last[year] = max(number, last.get(year, 0))
        for year, number in (self._ceiling.read() or {}).items():
            last[year] = max(number, last.get(year, 0))
        with file.change() as db:
            for year, number in last.items():
                db.execute(
                    "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
                    (year, number + margin),
                )

    def _done(self) -> None:
        self._marker.unlink(missing_ok=True)
        sync_folder(self._path.parent)


def _add_rows(saved: Saved, file: SqliteFile) -> list[Key]:
    known = {tuple(row) for row in file.rows("SELECT tcn, part FROM part")}
    records = {tcn for (tcn,) in file.rows("SELECT tcn FROM record")}
    fresh = [key for key in saved.parts if key not in known and key[0] in saved.records]
    with file.change() as db:
        for record in sorted(saved.records.values(), key=lambda r: r.sequence):
            if record.tcn not in records:
                db.execute(
                    "INSERT INTO record (tcn, captured, boot_id, monotonic_ms, answer, answered) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        record.tcn,
                        record.captured,
                        record.boot_id,
                        record.monotonic_ms,
                        record.answer,
                        record.answered,
                    ),
                )
        for key in fresh:
            part = saved.parts[key]
            state, why = (HELD, part.reason) if part.state == HELD else (QUARANTINED, UNREADABLE)
            db.execute(
                "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*key, state, part.size, part.digest, part.settled, why),
            )
    return fresh


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _rename(path: Path, to: Path) -> None:
    if path.exists() and not to.exists():
        path.rename(to)
