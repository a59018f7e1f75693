"""The store with a lock on every record: what a variant is given to keep, it cannot read.

Envelopes, their pieces, answers and case events are locked with the record's own key (`seal_record`);
once that key is destroyed nothing of the record opens again, not even with the hub's private key. A
record's number, its parts' digests and sizes stay: what comes again is still held once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from hotspot_kiosk import seal_record as lock
from hotspot_kiosk.errors import SealError
from hotspot_kiosk.hub.storage.store import (
    AnswerStore,
    CaseStore,
    ChunkStore,
    Committed,
    Held,
    InboxEntry,
    InboxStore,
    KeyStore,
    PartKey,
    RegisterStore,
    Store,
)
from hotspot_kiosk.terms import Tcn
from hotspot_kiosk.wire import Range

log = logging.getLogger(__name__)
REMEMBERED = 256
REMEMBERED_S = 30.0  # for so long a process may lock with a key that another destroyed: see Cases.events
OPEN = b"\0"  # before an event that says nothing of a person: the one that stays
SHUT = b"\1"
ENROLLED = b"enrolled"


def guard(store: Store, now: Callable[[], datetime]) -> Store:
    """The same store, locked record by record."""
    ring = KeyCache(store.keys, now)
    return store._replace(
        chunks=Chunks(store.chunks, ring),
        inbox=Inbox(store.inbox, ring),
        register=Register(store.register, ring),
        answers=Answers(store.answers, ring),
        cases=Cases(store.cases, ring),
    )


class KeyCache:
    """Records' keys, the last ones remembered for their next part. Any thread may call."""

    def __init__(self, keys: KeyStore, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now
        self._known: OrderedDict[Tcn, tuple[float, bytes]] = OrderedDict()
        self._guard = threading.Lock()

    def of(self, tcn: Tcn) -> bytes:
        """The record's key; made if there is none."""
        with self._guard:
            since, known = self._known.get(tcn, (0.0, b""))
            if known and time.monotonic() - since < REMEMBERED_S:
                return known
        key = self._keys.key(tcn, os.urandom(lock.KEY_SIZE), self._now())
        with self._guard:
            self._known[tcn] = (time.monotonic(), key)
            self._known.move_to_end(tcn)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return key


class Chunks:
    """Pieces, each locked by its place in the whole."""

    def __init__(self, inner: ChunkStore, ring: KeyCache) -> None:
        self._inner = inner
        self._ring = ring
        self.missing = inner.missing
        self.forget = inner.forget
        self.bound = inner.bound
        self.outdated = inner.outdated
        self.spoiled = inner.spoiled

    def add(self, key: PartKey, size: int, offset: int, data: bytes) -> tuple[Range, ...] | None:
        """See the port."""
        return self._inner.add(key, size, offset, self._stream(key, data, offset))

    def whole(self, key: PartKey) -> bytes:
        """See the port."""
        return self._stream(key, self._inner.whole(key), 0)

    def _stream(self, key: PartKey, data: bytes, offset: int) -> bytes:
        return lock.stream(data, self._ring.of(key.tcn), _about(key), offset) if data else data


class Inbox:
    """Parts held; known by the digest of what came, kept locked."""

    def __init__(self, inner: InboxStore, ring: KeyCache) -> None:
        self._inner = inner
        self._ring = ring
        self.digest = inner.digest
        self.owes = inner.owes
        self.unanswered = inner.unanswered

    def commit(self, key: PartKey, envelope: bytes, now: datetime, digest: bytes = b"") -> Committed:
        """See the port."""
        digest = digest or hashlib.sha256(envelope).digest()
        if not envelope:  # of an erased record: known by its digest only, and no key is made for it
            return self._inner.commit(key, envelope, now, digest)
        box = lock.lock(envelope, self._ring.of(key.tcn), _about(key))
        return self._inner.commit(key, box, now, digest)

    def envelope(self, key: PartKey) -> bytes | None:
        """See the port."""
        box = self._inner.envelope(key)
        return lock.unlock(box, self._ring.of(key.tcn), _about(key)) if box else box

    def entries(self) -> Sequence[InboxEntry]:
        """See the port; sizes are those of the envelopes."""
        return [replace(entry, size=max(0, entry.size - lock.OVERHEAD)) for entry in self._inner.entries()]


class Answers:
    """Answers, whichever kiosk they go to, under the key of the record they answer."""

    def __init__(self, inner: AnswerStore, ring: KeyCache) -> None:
        self._inner = inner
        self._ring = ring
        self.edition = inner.edition
        self.acknowledge = inner.acknowledge

    def put(self, device: int, tcn: Tcn, envelope: bytes, now: datetime, edition: int = 1) -> bool:
        """See the port."""
        box = lock.lock(envelope, self._ring.of(tcn), _answer(device))
        return self._inner.put(device, tcn, box, now, edition)

    def get(self, device: int, tcn: Tcn) -> bytes | None:
        """See the port."""
        return self._opened(device, tcn, self._inner.get(device, tcn))

    def waiting(self, device: int) -> Sequence[tuple[Tcn, bytes]]:
        """See the port; one that does not open is told in the log and holds up no other."""
        found = [(tcn, self._opened(device, tcn, box)) for tcn, box in self._inner.waiting(device)]
        return [(tcn, envelope) for tcn, envelope in found if envelope is not None]

    def _opened(self, device: int, tcn: Tcn, box: bytes | None) -> bytes | None:
        try:
            return lock.unlock(box, self._ring.of(tcn), _answer(device)) if box else None
        except SealError as error:
            log.error("the answer to %s: %s", tcn, error)
            return None


class Register:
    """Samples of enrolled people, each under the key of the record that brought them."""

    def __init__(self, inner: RegisterStore, ring: KeyCache) -> None:
        self._inner = inner
        self._ring = ring
        self.find = inner.find
        self.held = inner.held
        self.galleries = inner.galleries
        self.version = inner.version

    def put(
        self, tcn: Tcn, gallery: str, identity: Tcn, templates: bytes, now: datetime, seen: int | None = None
    ) -> Held | None:
        """See the port."""
        box = lock.lock(templates, self._ring.of(tcn), ENROLLED)
        return self._inner.put(tcn, gallery, identity, box, now, seen)

    def templates(self, tcn: Tcn) -> bytes | None:
        """See the port. Raises SealError if the record's key is gone."""
        box = self._inner.templates(tcn)
        return lock.unlock(box, self._ring.of(tcn), ENROLLED) if box else box


class Cases:
    """Events; their names are hidden, too, for they name references and officers."""

    def __init__(self, inner: CaseStore, ring: KeyCache) -> None:
        self._inner = inner
        self._ring = ring
        self.cases = inner.cases
        self.due = inner.due

    def add(
        self,
        tcn: Tcn,
        events: Sequence[tuple[str, bytes]],
        due: datetime | None,
        after: int | None = None,
        *,
        lightly: bool = False,
    ) -> tuple[bool, ...]:
        """See the port."""
        key = self._ring.of(tcn)
        shut = [(lock.hidden_name(name, key), SHUT + lock.lock(body, key, b"event")) for name, body in events]
        return self._inner.add(tcn, shut, due, after, lightly=lightly)

    def events(self, tcn: Tcn) -> Sequence[bytes]:
        """See the port. Raises SealError for what does not open, but for what came after the record's key was destroyed.

        Another process may lock with a key that it remembers: that is as gone as what went, and the next purge takes it.
        """
        bodies = self._inner.events(tcn)
        gone = any(body[:1] == OPEN for body in bodies)
        found = [self._opened(tcn, body, gone) for body in bodies]
        return [body for body in found if body is not None]

    def _opened(self, tcn: Tcn, body: bytes, gone: bool) -> bytes | None:
        if body[:1] == OPEN:
            return body[1:]
        try:
            return lock.unlock(body[1:], self._ring.of(tcn), b"event")
        except SealError:
            if gone:
                return None
            raise


def left_open(name: str, body: bytes) -> tuple[str, bytes]:
    """An event as it stays when the record's key is gone."""
    return name, OPEN + body


def _about(key: PartKey) -> bytes:
    return f"{key.device} {key.tcn} {key.part}".encode()


def _answer(device: int) -> bytes:
    return f"answer {device}".encode()
