"""A machine's journal on disk: files of signed lines, each chained to the one before it.

An entry is on disk when `write` returns. Several processes may write one journal: a lock file orders
them. What a power cut tore off was never acknowledged; it is cut away and the journal says so.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from hotspot_kiosk import audit_chain as chain
from hotspot_kiosk.audit_chain import BEGINNING, Anchor, Deed
from hotspot_kiosk.errors import BadBytes, StorageFailed
from hotspot_kiosk.files import plainly, sync_folder
from hotspot_kiosk.seal import PrivateKeys

LARGEST_FILE = 8 << 20
Written = tuple[Deed, str, str, str]  # what, who, about, ground
PATTERN = "[0-9]" * 8 + ".jsonl"


class Journal:
    """The journal of the owner of `keys`, in `folder`. Any thread may call; every call may raise StorageFailed.

    now: the time, and whether the clock that tells it is trusted. largest: bytes after which a new file begins.
    """

    def __init__(
        self,
        folder: Path,
        keys: PrivateKeys,
        now: Callable[[], tuple[datetime, bool]],
        largest: int = LARGEST_FILE,
    ) -> None:
        self._folder = folder
        self._keys = keys
        self._key_id = keys.public().key_id.hex()
        self._now = now
        self._largest = largest
        self._guard = threading.Lock()
        with self._alone():
            self._mend()

    def write(self, what: Deed, who: str = "machine", about: str = "", ground: str = "") -> Anchor:
        """Add an entry; returns how far the journal reaches now. Raises ValueError for words that do not fit."""
        return self.write_all([(what, who, about, ground)])

    def write_all(self, deeds: Sequence[Written]) -> Anchor:
        """Add entries at the price of one: all are on disk when this returns. Raises ValueError for words that do not fit."""
        with self._alone():
            return self._append(self._head(), deeds)

    def head(self) -> Anchor:
        """How far it reaches; entry 0 if nothing was written yet."""
        with self._alone():
            return self._head()

    def export(self, to: Path) -> Anchor:
        """Write the whole journal and its end line into one new file. Raises StorageFailed."""
        if to.exists():
            raise StorageFailed(f"{to} exists already; name a new file")
        with self._alone(), plainly(str(to)), to.open("xb") as out:
            for line in self._lines():
                out.write(line + b"\n")
            head = self._head()
            out.write(chain.write_end(head, chain.utc(self._now()[0]), self._keys) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        return head

    def _append(self, head: Anchor, deeds: Sequence[Written]) -> Anchor:
        lines, first = [], head.number + 1
        for deed in deeds:
            lines.append(self._line(head, *deed))
            head = Anchor(head.owner, head.number + 1, chain.digest(lines[-1]))
        if lines:
            self._put(first, b"".join(line + b"\n" for line in lines))
        return head

    def _line(self, head: Anchor, what: Deed, who: str, about: str, ground: str) -> bytes:
        moment, trusted = self._now()
        entry = chain.ENTRIES[self._keys.realm](
            owner=self._keys.owner,
            number=head.number + 1,
            at=chain.utc(moment),
            clock=trusted,
            who=who,
            what=what,
            about=str(about),
            ground=ground,
            previous=head.digest,
            key=self._key_id,
        )
        return chain.write(entry, self._keys)

    def _put(self, number: int, lines: bytes) -> None:
        files = self._files()
        fresh = not files or files[-1].stat().st_size >= self._largest
        path = self._folder / f"{number:08d}.jsonl" if fresh else files[-1]
        before = 0 if fresh else path.stat().st_size
        try:
            with path.open("ab") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            if path.exists():
                os.truncate(path, before)
            raise
        if fresh:
            sync_folder(self._folder)

    def _head(self) -> Anchor:
        for path in reversed(self._files()):
            line = _last_line(path)
            if line:
                found = chain.read(line)
                return Anchor(self._keys.owner, found.number, chain.digest(line))
        return Anchor(self._keys.owner, 0, BEGINNING)

    def _mend(self) -> None:
        files = self._files()
        if not files:
            return
        torn = _cut_torn(files[-1])
        try:
            head = self._head()
        except BadBytes:
            head = self._set_aside(files[-1])
            self._append(
                head, [(Deed.MENDED, "machine", "", "the last file cannot be read and was set aside")]
            )
        else:
            if torn:
                self._append(
                    head, [(Deed.MENDED, "machine", "", f"{torn} bytes of an unfinished line were cut away")]
                )

    def _set_aside(self, path: Path) -> Anchor:
        """A file whose last line is damaged: what stands before it stays readable, and the gap shows."""
        numbers = [found.number for found in map(_try, path.read_bytes().split(b"\n")) if found is not None]
        last = max(numbers, default=int(path.stem) - 1)
        digest = chain.digest(path.read_bytes())
        path.replace(path.with_suffix(".damaged"))
        return Anchor(self._keys.owner, last, digest)

    def _lines(self) -> Iterator[bytes]:
        for path in self._files():
            with path.open("rb") as file:
                yield from (line.rstrip(b"\n") for line in file)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(PATTERN))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._guard, plainly(f"the journal in {self._folder}"):
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / "lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield


def _try(line: bytes) -> chain.Line | None:
    try:
        return chain.read(line)
    except BadBytes:
        return None


def _last_line(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2 * chain.LONGEST_LINE))
        return file.read().rstrip(b"\n").rpartition(b"\n")[2]


def _cut_torn(path: Path) -> int:
    text = path.read_bytes()
    whole = text.rfind(b"\n") + 1
    if whole < len(text):
        os.truncate(path, whole)
    return len(text) - whole
