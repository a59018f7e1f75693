"""Reads the databases with its own SQL and compares them, bit by bit after opening, with the ledger.

It shares nothing with the code under test, not even how an envelope is opened: no outbox, no
store, no seal.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path

from hotspot_kiosk.torture.ledger import Key, Ledger
from hotspot_kiosk.torture.opening import BROKEN, Opener

MOST_EXAMPLES = 10


@dataclass(slots=True)
class Findings:
    """Counts of parts and answers; those that `bad` looks at must be 0.

    more: held, though a power cut came before anybody was told. unanswered: held probes whose
    answer is still on its way.
    """

    captured: int = 0
    held: int = 0
    waiting: int = 0
    quarantined: int = 0
    lost: int = 0
    doubled: int = 0
    altered: int = 0
    more: int = 0
    answers: int = 0
    answers_lost: int = 0
    answers_doubled: int = 0
    answers_altered: int = 0
    unanswered: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Sum up."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def note(self, what: str, name: str) -> None:
        """One more of `what`; the first few that should not be are named."""
        setattr(self, what, getattr(self, what) + 1)
        if what not in ("held", "quarantined", "answers") and len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{what}: {name}")

    @property
    def bad(self) -> bool:
        """Whether anything was lost, doubled or altered."""
        parts = self.lost or self.doubled or self.altered
        return bool(parts or self.answers_lost or self.answers_doubled or self.answers_altered)


@dataclass(frozen=True, slots=True)
class Rest:
    """What an outbox file holds: each part's state, what its envelope holds, sealed answers by TCN."""

    states: Mapping[Key, str]
    inside: Mapping[Key, str]
    answers: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Held:
    """What a hub holds of one kiosk.

    rows: each part with what is in it. probes: SHA-256 of each probe's envelope, by TCN. answers: each answer's row, by TCN, None inside once its
    kiosk has it. made: every answer that was ever kept there, as a trigger in the database saw it.
    """

    rows: list[tuple[Key, str]]
    probes: Mapping[str, bytes] = field(default_factory=dict)
    answers: list[tuple[str, bytes | None]] = field(default_factory=list)
    made: list[tuple[str, bytes]] = field(default_factory=list)


def read_outbox(path: Path, opener: Opener, copy_to: Path | None = None) -> Rest:
    """An outbox file; with `copy_to`, a copy of it, so that its log stays as the power cut left it.

    A file that SQLite cannot read holds nothing.
    """
    if copy_to is not None:
        path = _copy(path, copy_to)
    try:
        with closing(sqlite3.connect(path, timeout=30)) as db:
            return _rest(db, opener)
    except sqlite3.DatabaseError:
        return Rest({}, {}, {})


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
            found.note("held", " ".join(key))
        elif inside is None:
            found.note("lost", " ".join(key))
        elif inside != digest:
            found.note("altered", " ".join(key))
        else:
            found.waiting += 1
    found.more = len(rest.states.keys() - ledger.acknowledged.keys())
    return found


def check_path(ledger: Ledger, rest: Rest, rows: list[tuple[Key, str]]) -> Findings:
    """Kiosk and hub: each acknowledged part is held once and unaltered, or waits where one can see it."""
    found = Findings(captured=len(ledger.acknowledged))
    held = dict(rows)
    for key, digest in ledger.acknowledged.items():
        if key in held:
            found.note("held" if held[key] == digest else "altered", " ".join(key))
        elif rest.inside.get(key) == digest:
            found.note("quarantined" if rest.states[key] == "quarantined" else "waiting", " ".join(key))
        else:
            found.note("lost", " ".join(key))
    contents = Counter(digest for _, digest in rows)
    keys = Counter(key for key, _ in rows)
    found.doubled = ledger.given_twice + _repeats(contents - Counter({BROKEN: contents[BROKEN]}))
    found.doubled += _repeats(keys)
    found.altered += sum(1 for key, digest in rows if digest == BROKEN and key not in ledger.acknowledged)
    found.more = len(held.keys() - ledger.acknowledged.keys())
    return found


def _repeats(counts: Counter[str] | Counter[Key]) -> int:
    return sum(number - 1 for number in counts.values())


def _rest(db: sqlite3.Connection, opener: Opener) -> Rest:
    states = {(tcn, part): state for tcn, part, state in db.execute("SELECT tcn, part, state FROM part")}
    sealed = db.execute("SELECT tcn, part, sealed FROM envelope")
    inside = {(tcn, part): opener.digest(data, tcn, part) for tcn, part, data in sealed}
    answers = db.execute("SELECT tcn, answer FROM record WHERE answer IS NOT NULL")
    return Rest(states, inside, dict(answers.fetchall()))


def _copy(path: Path, to: Path) -> Path:
    for name in (path.name, f"{path.name}-wal"):
        (to / name).unlink(missing_ok=True)
        if (path.parent / name).exists():
            shutil.copyfile(path.parent / name, to / name)
    return to / path.name
