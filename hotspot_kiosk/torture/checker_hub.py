"""What a hub's database holds, read past the hub, and its answers compared with the kiosk's.

A hub drops an answer once its kiosk has it; so a trigger in the database keeps a copy of every
answer that is ever made, in a table that the hub knows nothing of. All is locked there, each record
with its own key; a record whose key is gone counts as broken.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.torture.checker import Findings, Held, Rest
from hotspot_kiosk.torture.ledger import Ledger
from hotspot_kiosk.torture.opening import BROKEN, Opener, unlocked

WITNESS_SQLITE = """
CREATE TABLE IF NOT EXISTS witness (device INTEGER, tcn TEXT, envelope BLOB);
CREATE TRIGGER IF NOT EXISTS witnessed AFTER INSERT ON answer
BEGIN INSERT INTO witness VALUES (new.device, new.tcn, new.envelope); END;
"""
WITNESS_POSTGRES = (
    "CREATE TABLE witness (device INTEGER, tcn TEXT, envelope BYTEA)",
    "CREATE FUNCTION bear_witness() RETURNS TRIGGER LANGUAGE plpgsql AS "
    "'BEGIN INSERT INTO witness VALUES (new.device, new.tcn, new.envelope); RETURN new; END'",
    "CREATE TRIGGER witnessed AFTER INSERT ON answer FOR EACH ROW EXECUTE FUNCTION bear_witness()",
)
TABLE_MADE = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'answer'"


def watch_sqlite(path: Path) -> bool:
    """Put the trigger into a hub's file; False while the hub has not made its tables."""
    if not path.exists():
        return False
    with closing(sqlite3.connect(path, timeout=30)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'gallery_version'").fetchone():
            return False
        db.executescript(WITNESS_SQLITE)
    return True


def watch_postgres(server: Postgres) -> bool:
    """Put the trigger into a hub's database; False while no worker has made its tables."""
    if server.ask(TABLE_MADE) == [["0"]]:
        return False
    server.sql(*WITNESS_POSTGRES)
    return True


def read_sqlite(path: Path, device: int, opener: Opener) -> Held:
    """The hub's rows of one device."""
    with closing(sqlite3.connect(path, timeout=30)) as db:
        rows, answers, made = (
            db.execute(f"SELECT {columns} FROM {table} WHERE device = ?", (device,)).fetchall()
            for columns, table in (
                ("tcn, part, envelope", "inbox"),
                ("tcn, envelope", "answer"),
                ("tcn, envelope", "witness"),
            )
        )
    with closing(sqlite3.connect(path.with_name(f"{path.name}.keys"), timeout=30)) as db:
        keys = dict(db.execute("SELECT tcn, key FROM data_key WHERE key IS NOT NULL").fetchall())
    return _held(device, rows, answers, made, keys, opener)


def read_postgres(server: Postgres, device: int, opener: Opener) -> Held:
    """The same out of a server, by its own client."""
    rows = server.ask(f"SELECT tcn, part, encode(envelope, 'hex') FROM inbox WHERE device = {device}")
    answers, made = (
        server.ask(f"SELECT tcn, encode(envelope, 'hex') FROM {table} WHERE device = {device}")
        for table in ("answer", "witness")
    )
    keys = server.ask("SELECT tcn, encode(key, 'hex') FROM data_key WHERE key IS NOT NULL")
    return _held(
        device,
        [(tcn, part, bytes.fromhex(data)) for tcn, part, data in rows],
        [(tcn, bytes.fromhex(data) if data else None) for tcn, data in answers],
        [(tcn, bytes.fromhex(data)) for tcn, data in made],
        {tcn: bytes.fromhex(key) for tcn, key in keys},
        opener,
    )


def check_answers(ledger: Ledger, rest: Rest, held: Held, opener: Opener) -> Findings:
    """Each held probe has one answer: the hub's, the kiosk's and the officer's are the same, bit by bit."""
    found = Findings()
    made, waiting = dict(held.made), {tcn for tcn, envelope in held.answers if envelope is not None}
    for tcn in sorted({tcn for (tcn, part), _ in held.rows if part == "probe"}):
        kept = rest.answers.get(tcn)
        shown = ledger.shown.get(tcn, set())
        if kept is None:
            on_its_way = not shown and (tcn not in made or tcn in waiting)
            found.note("unanswered" if on_its_way else "answers_lost", tcn)
        elif kept != made.get(tcn) or not _is_whole(kept, tcn, shown, held, opener):
            found.note("answers_altered", tcn)
        else:
            found.note("answers", tcn)
    for counts in (Counter(tcn for tcn, _ in held.made), Counter(tcn for tcn, _ in held.answers)):
        found.answers_doubled += sum(number - 1 for number in counts.values())
    return found


def _is_whole(kept: bytes, tcn: str, shown: set[str], held: Held, opener: Opener) -> bool:
    """Whether a kept answer opens, and is the very one that the officer saw, if he saw one."""
    inside = opener.answer(kept, tcn, held.probes.get(tcn, b""))
    return inside != BROKEN and shown <= {inside}


def _held(
    device: int,
    rows: list[tuple[str, str, bytes]],
    answers: list[tuple[str, bytes | None]],
    made: list[tuple[str, bytes]],
    keys: Mapping[str, bytes],
    opener: Opener,
) -> Held:
    def opened(box: bytes, tcn: str, about: str) -> bytes:
        return unlocked(box, keys.get(tcn, b""), about)

    parts = [(tcn, part, opened(box, tcn, f"{device} {tcn} {part}")) for tcn, part, box in rows]
    about = f"answer {device}"
    return Held(
        [((tcn, part), opener.digest(data, tcn, part)) for tcn, part, data in parts],
        {tcn: hashlib.sha256(data).digest() for tcn, part, data in parts if part == "probe"},
        [(tcn, None if box is None else opened(box, tcn, about)) for tcn, box in answers],
        [(tcn, opened(box, tcn, about)) for tcn, box in made],
    )
