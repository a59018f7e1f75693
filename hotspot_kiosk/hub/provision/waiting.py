"""New kiosks that asked, and what a person decided about each: a file a request, named by its code.

A request that is here is never replaced, so a repeated or foreign one changes nothing. A number is given once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from hotspot_kiosk import files, provisioning
from hotspot_kiosk.errors import Refused, StorageFailed
from hotspot_kiosk.provisioning import Asked

MOST_WAITING = 500
FORGOTTEN_MS = 14 * 86_400_000  # a request that nobody decided about
ENDS = ".json"
LEAST_TYPED = 4


class State(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Newcomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request. payload: as it came; asked_ms: when first. device, answer: once it was accepted. reason: of a refusal."""

    payload: bytes
    asked_ms: int
    state: State = State.WAITING
    device: int = 0
    post: str = ""
    answer: bytes = b""
    serial: str = ""
    reason: str = ""

    @property
    def asked(self) -> Asked:
        """What it asks. Raises BadBytes or SealError if the file was tampered with."""
        return provisioning.read_ask(self.payload)


class WaitingRoom:
    """The folder. Every method may raise StorageFailed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with files.plainly(f"the folder of new kiosks {folder}"):
            folder.mkdir(parents=True, exist_ok=True)

    def take(self, code: str, payload: bytes, now_ms: int) -> Newcomer:
        """The request under its code; a new one is kept. Raises Refused when too many wait."""
        known = self.of(code)
        if known is not None:
            return known
        with self.alone():
            if (known := self.of(code)) is not None:
                return known
            self._make_room(now_ms)
            fresh = Newcomer(payload, now_ms)
            self.keep(code, fresh)
            return fresh

    def of(self, code: str) -> Newcomer | None:
        """What is known of a code."""
        path = self._path(code)
        return _read(path) if path.exists() else None

    def keep(self, code: str, newcomer: Newcomer) -> None:
        """Write it down."""
        files.replace(self._path(code), msgspec.json.encode(newcomer))

    def all(self) -> Iterator[tuple[str, Newcomer]]:
        """Everything, those who wait first, the oldest first."""
        found = [(path.stem, _read(path)) for path in self._folder.glob(f"*{ENDS}")]
        yield from sorted(found, key=lambda pair: (pair[1].state is not State.WAITING, pair[1].asked_ms))

    def named(self, device: int) -> tuple[str, Newcomer] | None:
        """Who was given this number."""
        return next(((code, each) for code, each in self.all() if each.device == device), None)

    def find(self, words: str) -> tuple[str, Newcomer]:
        """By a whole code or its beginning. Raises Refused."""
        begins = "".join(each for each in words.upper() if each.isalnum())
        if len(begins) < LEAST_TYPED:
            raise Refused(f"type at least {LEAST_TYPED} signs of the code")
        found = [(code, each) for code, each in self.all() if code.startswith(begins)]
        if len(found) != 1:
            raise Refused(
                f"{len(found) or 'no'} requests have a code that begins so; see: hotspot hub provision list"
            )
        return found[0]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else decides meanwhile."""
        with files.plainly(str(self._folder)):
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_room(self, now_ms: int) -> None:
        """Strangers may ask, too: what nobody decided about for long is dropped; what is more than a bureau sets up waits outside."""
        waiting = [(code, each) for code, each in self.all() if each.state is State.WAITING]
        old = [code for code, each in waiting if now_ms - each.asked_ms > FORGOTTEN_MS]
        for code in old:
            self._path(code).unlink(missing_ok=True)
        if len(waiting) - len(old) >= MOST_WAITING:
            raise Refused("too many new kiosks wait; refuse some: hotspot hub provision refuse --waiting")

    def _path(self, code: str) -> Path:
        return self._folder / f"{provisioning.typed(code)}{ENDS}"


def _read(path: Path) -> Newcomer:
    try:
        return msgspec.json.decode(files.read(path), type=Newcomer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageFailed(f"{path} is damaged: {error}; move it away, the kiosk asks again") from None
