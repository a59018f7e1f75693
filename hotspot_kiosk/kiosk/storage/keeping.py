"""The outbox's file on a disk that may be full, read-only, failing or gone for a while.

Every use is watched: what the disk refuses stands in `trouble`, in words, until it works again. May
not decide what becomes of a record; a damaged file is `rescue`'s.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hotspot_kiosk.errors import OutboxRefused, StorageDamaged, StorageFailed, StorageFull
from hotspot_kiosk.kiosk.storage.layout import LAYOUT, SCHEMA, bring_up_to_date
from hotspot_kiosk.kiosk.storage.numbers import Ceiling
from hotspot_kiosk.kiosk.storage.rescue import Opened, open_safely
from hotspot_kiosk.kiosk.storage.reserve import Reserve
from hotspot_kiosk.sqlite import SqliteFile

log = logging.getLogger(__name__)
T = TypeVar("T")
STEP_PAGES = 256
NEXT_TO_NOTHING = 4 << 20
WHAT = "outbox"


class Keeping:
    """One outbox file and its reserve. Every method may raise StorageFailed; any thread may call.

    `salvaged` says what a damaged file led to when it was opened; `trouble` is why the disk does not
    work now and what to do, empty if it does.
    """

    def __init__(self, path: Path, free_bytes: int, reserve_bytes: int, ceiling: Ceiling) -> None:
        self._path = path
        self._free = free_bytes
        self._ceiling = ceiling
        self._reserve = Reserve(path.with_name(f"{path.name}.reserve"), reserve_bytes)
        opened = self._open()
        self._file, self._hold, self.salvaged = opened.file, opened.hold, opened.outcome
        self.trouble = ""
        try:
            bring_up_to_date(self._file)
        except StorageFailed:
            self.close()
            raise
        self._reserve.make(self._free)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
        self._hold.close()

    def rows(self, query: str, values: Sequence[object] | dict[str, object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query. That reading works does not say that writing does."""
        try:
            return self._file.rows(query, values)
        except StorageFailed as error:
            raise self._noted(error) from None

    def change(self, work: Callable[[SqliteFile], T], small: bool = False) -> T:
        """Carry a change out. `small`: it frees space or needs next to none, so the reserve pays for it."""
        try:
            done = self._with_reserve(work) if small else work(self._file)
        except StorageFailed as error:
            raise self._noted(error) from None
        self.trouble = ""
        return done

    def small(self, statement: str, values: Sequence[object], lightly: bool = True) -> int:
        """One small statement in a transaction of its own; returns how many rows it changed."""
        return self.change(lambda file: file.update(statement, values, lightly), small=True)

    def check_room(self) -> None:
        """Raises OutboxRefused if a record might not fit, or if the disk does not take a write."""
        try:
            self._try_to_write()
        except StorageFailed as error:
            raise OutboxRefused(f"nothing can be stored now: {error}") from None
        if not self._has_room():
            raise OutboxRefused("the disk is almost full; free some space before capturing anybody")
        if not self._reserve.make(self._free):
            raise OutboxRefused(
                "the disk was full and its reserve is used; free some space before capturing anybody"
            )

    def revive(self) -> None:
        """See whether the disk works again, after it did not. Raises StorageFailed as long as it does not.

        The file is opened anew, for the disk may have been mounted anew; where that cannot be done it
        stays closed until the next try, so that the disk can be unmounted.
        """
        try:
            self._try_to_write()
        except (StorageFull, StorageDamaged):
            raise
        except StorageFailed as error:
            self._let_go(str(error))
            self._open_again()
            self._try_to_write()

    def _noted(self, error: StorageFailed) -> StorageFailed:
        """After a disk's error SQLite takes for damage what it only cannot read: a file opened anew tells."""
        if self.trouble and isinstance(error, StorageDamaged):
            return StorageFailed(self.trouble)
        self.trouble = str(error)
        return error

    def _try_to_write(self) -> None:
        """A write that changes nothing."""
        self.change(lambda file: file.update(f"PRAGMA user_version = {LAYOUT}", (), lightly=True))

    def _let_go(self, why: str) -> None:
        self._file.close(why)
        self._hold.close()

    def _open_again(self) -> None:
        """Never makes a new file: the folder may be what lies below a disk that is not mounted."""
        try:
            if not os.path.lexists(self._path):
                raise StorageFailed(f"the outbox {self._path.name} is not there; is its disk mounted?")
            opened = self._open()
        except StorageFailed as error:
            self.trouble = str(error)
            self._file.close(self.trouble)
            raise
        self._file, self._hold = opened.file, opened.hold
        self.salvaged = opened.outcome or self.salvaged

    def _open(self) -> Opened:
        """On a full disk not even a log can be begun: the reserve is for that, too."""
        try:
            return open_safely(self._path, SCHEMA, WHAT, self._ceiling)
        except StorageFailed:
            if not self._reserve.stands or self._free_now() > NEXT_TO_NOTHING:
                raise
            self._reserve.give_up()
        return open_safely(self._path, SCHEMA, WHAT, self._ceiling)

    def _with_reserve(self, work: Callable[[SqliteFile], T]) -> T:
        try:
            return work(self._file)
        except StorageFull:
            if not self._reserve.give_up():
                raise
        log.error("the disk is full; the outbox's reserve is given up until there is room again")
        done = work(self._file)
        with contextlib.suppress(StorageFull):
            self._file.fold()
        return done

    def _free_now(self) -> int:
        try:
            return shutil.disk_usage(self._path.parent).free
        except OSError as error:
            raise StorageFailed(
                f"the disk of the outbox {self._path.name} does not answer: {error.strerror}; check the card"
            ) from None

    def _has_room(self) -> bool:
        """Whether the disk has room; the file's own free pages are given back to it if that helps."""
        while self._free_now() < self._free:
            free = int(self._file.rows("PRAGMA freelist_count")[0][0])
            if not free or self._file.give_back(STEP_PAGES) >= free:
                return False
            self._file.fold()
        return True
