"""Reads the databases with its own SQL and compares them, bit by bit after opening, with the ledger.

It shares nothing with the code under test but the format of an envelope: no outbox, no store.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from hotspot_kiosk import seal
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.torture.ledger import Key, Ledger

BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Keys:
    """What the checker opens with."""

    hub: seal.PrivateKeys = field(repr=False)
    kiosk: seal.PublicKeys

    def digest(self, envelope: bytes) -> str:
        """SHA-256 of what is inside, or BROKEN."""
        try:
            return hashlib.sha256(seal.open_envelope(envelope, self.kiosk, self.hub)).hexdigest()
        except (BadBytes, SealError):
            return BROKEN


@dataclass(slots=True)
class Findings:
    """Counts of parts; `lost`, `doubled` and `altered` must be 0."""

    captured: int = 0
    held: int = 0
    waiting: int = 0
    quarantined: int = 0
    lost: int = 0
    doubled: int = 0
    altered: int = 0
    more: int = 0
    unanswered: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Sum up."""
        for name in ("captured", "held", "waiting", "quarantined", "lost", "doubled", "altered", "more"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.unanswered += other.unanswered
        self.examples += other.examples


@dataclass(frozen=True, slots=True)
class Rest:
    """What an outbox file holds: each part's state and, where there is an envelope, what is in it."""

    states: Mapping[Key, str]
    inside: Mapping[Key, str]
    answered: frozenset[str]


def read_outbox(path: Path, keys: Keys, copy_to: Path | None = None) -> Rest:
    """An outbox file; with `copy_to`, a copy of it, so that its log stays as the power cut left it.

    A file that SQLite cannot read holds nothing.
    """
    if copy_to is not None:
        path = _copy(path, copy_to)
    try:
        with closing(sqlite3.connect(path, timeout=30)) as db:
            return _rest(db, keys)
    except sqlite3.DatabaseError:
        return Rest({}, {}, frozenset())


def unsettled(path: Path) -> tuple[int, int]:
    """How many parts of an outbox still wait, and how many held probes still lack their answer."""
    with closing(sqlite3.connect(path, timeout=30)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'part'").fetchone():
            return 0, 0
        waiting = "SELECT count(*) FROM part WHERE state IN ('sealed', 'sending')"
        unanswered = (
            "SELECT count(*) FROM part JOIN record USING (tcn) "
            "WHERE part = 'probe' AND state = 'held' AND answer IS NULL"
        )
        return int(db.execute(waiting).fetchone()[0]), int(db.execute(unanswered).fetchone()[0])


def check_rest(ledger: Ledger, rest: Rest) -> Findings:
    """An outbox alone: every acknowledged part is there and whole, or was being settled."""
    found = Findings(captured=len(ledger.acknowledged), doubled=ledger.given_twice)
    for key, digest in ledger.acknowledged.items():
        inside = rest.inside.get(key)
        if rest.states.get(key) == "held" and key in ledger.settling:
            found.held += 1
        elif inside is None:
            _note(found, "lost", key)
        elif inside != digest:
            _note(found, "altered", key)
        else:
            found.waiting += 1
    found.more = len(rest.states.keys() - ledger.acknowledged.keys())
    return found


def read_hub(path: Path, device: int, keys: Keys) -> tuple[list[tuple[Key, str]], Counter[str]]:
    """The hub's rows for a device with what is in them, and its answers by TCN."""
    with closing(sqlite3.connect(path, timeout=30)) as db:
        rows = db.execute("SELECT tcn, part, envelope FROM inbox WHERE device = ?", (device,)).fetchall()
        answers = db.execute("SELECT tcn FROM answer WHERE device = ?", (device,)).fetchall()
    return [((tcn, part), keys.digest(data)) for tcn, part, data in rows], Counter(tcn for (tcn,) in answers)


def check_path(
    ledger: Ledger, rest: Rest, rows: list[tuple[Key, str]], answers: Mapping[str, int]
) -> Findings:
    """Kiosk and hub: each acknowledged part is held once and unaltered, or waits where one can see it."""
    found = Findings(captured=len(ledger.acknowledged))
    held = dict(rows)
    for key, digest in ledger.acknowledged.items():
        if key in held:
            _note(found, "held" if held[key] == digest else "altered", key)
        elif rest.inside.get(key) == digest:
            _note(found, "quarantined" if rest.states[key] == "quarantined" else "waiting", key)
        else:
            _note(found, "lost", key)
    contents = Counter(digest for _, digest in rows)
    keys = Counter(key for key, _ in rows)
    found.doubled = ledger.given_twice + sum((contents - Counter(contents.keys())).values())
    found.doubled += sum((keys - Counter(keys.keys())).values()) + sum(n - 1 for n in answers.values())
    found.altered += contents[BROKEN]
    found.more = len(held.keys() - ledger.acknowledged.keys())
    found.unanswered = sum(1 for tcn, part in held if part == "probe" and tcn not in rest.answered)
    return found


def _rest(db: sqlite3.Connection, keys: Keys) -> Rest:
    states = {(tcn, part): state for tcn, part, state in db.execute("SELECT tcn, part, state FROM part")}
    sealed = db.execute("SELECT tcn, part, sealed FROM envelope")
    inside = {(tcn, part): keys.digest(data) for tcn, part, data in sealed}
    answered = db.execute("SELECT tcn FROM record WHERE answer IS NOT NULL")
    return Rest(states, inside, frozenset(tcn for (tcn,) in answered))


def _note(found: Findings, what: str, key: Key) -> None:
    setattr(found, what, getattr(found, what) + 1)
    if what in ("lost", "altered", "waiting") and len(found.examples) < 10:
        found.examples.append(f"{what}: {key[0]} {key[1]}")


def _copy(path: Path, to: Path) -> Path:
    for name in (path.name, f"{path.name}-wal"):
        (to / name).unlink(missing_ok=True)
        if (path.parent / name).exists():
            shutil.copyfile(path.parent / name, to / name)
    return to / path.name
