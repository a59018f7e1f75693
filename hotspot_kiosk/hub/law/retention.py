"""What the hub holds of a record goes at its deadline: its key is destroyed, and the journal says so.

In this order: what is held is dropped and counted (one transaction), the key is destroyed, the storage
is swept, the journal gets its line. Whatever a crash leaves undone, the next run does; at worst a line
of the journal stands there twice. What comes of a record after its end goes at the next run.
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotspot_kiosk import policy
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, Refused, SealError, StorageAway, StorageFailed
from hotspot_kiosk.hub.cases import case, case_events
from hotspot_kiosk.hub.cases.case import Case
from hotspot_kiosk.hub.law import statistics
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.reception.enrolment_case import wish
from hotspot_kiosk.hub.storage.store import Store
from hotspot_kiosk.hub.storage.vault import left_open
from hotspot_kiosk.operation import Kind, Retention
from hotspot_kiosk.policy import Ended
from hotspot_kiosk.terms import Decision, Tcn

log = logging.getLogger(__name__)
EVERY_S = 3600.0
UNFINISHED = timedelta(days=14)  # so long the pieces of a part wait for the rest
PURGING = "purging"  # the lock, beside the journal
AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """A record, how its check stands, and when what is held of it must be gone."""

    tcn: Tcn
    ended: Ended
    due: datetime

    @property
    def note(self) -> str:
        """What the journal says."""
        return f"{self.ended}, due {self.due.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def rule_for(name: str, operations: Operations) -> Retention:
    """The operation's; of one that is not known here the shortest of all that are, and of the usual one."""
    every = operations.for_retention()
    known = every.get(name)
    return known.retention if known is not None else shortest(each.retention for each in every.values())


def shortest(rules: Iterable[Retention]) -> Retention:
    """The least time for each state."""
    all_rules = [Retention(), *rules]
    return Retention(
        **{name: min(getattr(rule, name) for rule in all_rules) for name in Retention.__struct_fields__}
    )


def deadline(record: Case, held_since: datetime, rule: Retention, now: datetime) -> Deadline:
    """When this record's time is over; counted from when its check came to stand as it does.

    Never later than its person's slip says, whatever comes late.
    """
    if record.purged is not None:
        return Deadline(record.tcn, record.purged.ended, record.purged.due or record.purged.at)
    kind = Kind.RECEPTION if record.enrolling else Kind.HOTSPOT
    latest = (began(record) or held_since) + policy.kept_at_most(rule, kind)
    if record.enrolling:
        ended, due = wish(record).ends(rule, held_since)
    else:
        ended = record.ended(now, timedelta(0))
        due = policy.purge_at(rule, ended, _stands_since(record, ended) or held_since)
    return Deadline(record.tcn, ended, min(due, latest))


def began(record: Case) -> datetime | None:
    """When the hub came to know of it; None if it does not yet."""
    first = record.opened or wish(record).requested
    return first.at if first is not None else None


def _stands_since(record: Case, ended: Ended) -> datetime | None:
    """A hit from the first candidate on: further ones, and repeats, keep nothing longer."""
    replies = [reply.at for reply in record.replies if reply.sequence or ended is not Ended.HIT]
    if ended is Ended.HIT:
        own = record.searched is not None and record.searched.decision is not Decision.NO_HIT
        return min([record.searched.at] if own and record.searched is not None else replies)
    events = (record.opened, record.searched, *record.failures)
    return max((*(event.at for event in events if event is not None), *replies), default=None)


class Purge:
    """Looks through all records whose key is there. One run at a time on a machine."""

    def __init__(
        self, store: Store, operations: Operations, journal: Journal, lock: Path, now: Callable[[], datetime]
    ) -> None:
        """`lock`: a file that says that somebody purges."""
        self._store = store
        self._operations = operations
        self._journal = journal
        self._lock = lock
        self._now = now

    def due(self) -> list[tuple[Deadline, Case]]:
        """Records whose time is over, the longest ago first."""
        now = self._now()
        found = [self._look(tcn, since, now) for tcn, since in self._store.keys.held()]
        return sorted((pair for pair in found if pair[0].due <= now), key=lambda pair: pair[0].due)

    def run(self) -> int:
        """Purge what is due; returns how many lines the journal got. Raises StorageFailed or StorageAway.

        Nothing, if another run is under way.
        """
        with self._alone() as mine:
            if not mine:
                return 0
            for each, record in self.due():
                self._end(each, record)
            if forgotten := self._store.chunks.outdated(self._now(), UNFINISHED):
                log.warning(
                    "%d parts that nobody finished in %d days were forgotten", forgotten, UNFINISHED.days
                )
            return self._tell()

    def erase(self, record: Case, slip: bytes, signed: bytes) -> None:
        """Destroy a record now, because its person asked for it; `slip`, `signed`: see `case_events.Purged`.

        Raises Refused while another run is under way, StorageFailed or StorageAway.
        """
        with self._alone() as mine:
            if not mine:
                raise Refused("records are being purged at this moment; ask again in a minute")
            now = self._now()
            self._close(Deadline(record.tcn, Ended.ERASED, now), record, slip, signed)
            self._tell()

    def _look(self, tcn: Tcn, since: datetime, now: datetime) -> tuple[Deadline, Case]:
        record = self._case(tcn)
        asked = record.opened or wish(record).requested
        name = asked.operation if asked is not None else ""
        return deadline(record, since, rule_for(name, self._operations), now), record

    def _case(self, tcn: Tcn) -> Case:
        """What is known of it; what does not open any more counts from when it came."""
        try:
            found = case.fold(tcn, map(case_events.decode, self._store.cases.events(tcn)))
            wish(found)
            return found
        except (BadBytes, SealError) as error:
            log.error("%s: %s; it goes when an unanswered one does", tcn, error)
            return Case(tcn)

    def _end(self, each: Deadline, record: Case) -> None:
        before = record.purged
        slip, signed = (before.slip, before.signed) if before is not None else (b"", _order(record))
        self._close(each, record, slip, signed)

    def _close(self, each: Deadline, record: Case, slip: bytes, signed: bytes) -> None:
        event = case_events.Purged(self._now(), each.ended, each.due, slip, signed)
        body = left_open(event.name, case_events.encode(event))
        self._store.tally.close(each.tcn, body, statistics.count(record), self._now())
        self._store.keys.destroy(each.tcn, each.note)

    def _tell(self) -> int:
        owed = self._store.keys.owed()
        if owed:
            self._store.keys.sweep()
        for tcn, note in owed:
            self._journal.write(Deed.PURGED, "hub", tcn, note)
            self._store.keys.noted(tcn)
        return len(owed)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        try:
            file = self._lock.open("ab")
        except OSError as error:
            raise StorageFailed(f"{self._lock} cannot be written: {error.strerror}") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True


def _order(record: Case) -> bytes:
    """What somebody signed who ordered that an enrolment goes; nothing of what goes at its time."""
    withdrawn = wish(record).withdrawn
    return withdrawn.signed if withdrawn is not None else b""


class Hourly:
    """Purges in a thread of its own, from `start` to `close`: at once, then every hour."""

    def __init__(self, purge: Purge) -> None:
        self._purge = purge
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="purge")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a run that is under way is waited for."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pause_s = 0.0
        while not self._stop.wait(pause_s):
            pause_s = self._once()

    def _once(self) -> float:
        try:
            done = self._purge.run()
        except (StorageFailed, StorageAway) as error:
            log.error("the purge waits: %s", error)
            return AGAIN_S
        if done:
            log.info("%d records purged", done)
        return EVERY_S
