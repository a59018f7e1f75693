"""The fault suite can fail: hubs and kiosks that break one promise each are found out by it."""

import math
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import pytest

from hotspot_kiosk.hub.storage.store import AnswerStore, Committed, InboxStore, PartKey, Store
from hotspot_kiosk.kiosk.storage.outbox import Item, Outbox
from hotspot_kiosk.terms import Tcn
from hotspot_kiosk.torture import actors, stage
from hotspot_kiosk.torture.actors import Role
from hotspot_kiosk.torture.kills import Battle, Kills, Plays

pytestmark = pytest.mark.skipif(not stage.broker_path(), reason="Mosquitto is not installed")
ENOUGH, LONGEST_S, QUIET_S, SPITE = 60, 120.0, 60.0, 0.03
STILL_S = 6.0  # with liars whose kiosks wait for ever for what was lost

# The hub's tables without the keys that keep a part from being held twice.
UNGUARDED = """
CREATE TABLE IF NOT EXISTS inbox (
    device INTEGER, tcn TEXT, part TEXT, committed TEXT, digest BLOB, envelope BLOB, received INTEGER
);
CREATE TABLE IF NOT EXISTS owed (device INTEGER, tcn TEXT, committed TEXT);
"""


class Over:
    """A store's port with some of its methods replaced by lies."""

    def __init__(self, real: InboxStore | AnswerStore) -> None:
        self._real = real

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


class KeepsNotAll(Over):
    """Says of one part in five that it is on disk, and keeps nothing."""

    def commit(self, key: PartKey, envelope: bytes, now: datetime, digest: bytes) -> Committed:
        """See the port."""
        if digest[0] % 5 == 0:
            return Committed.NEW
        return self._real.commit(key, envelope, now, digest)  # type: ignore[union-attr]


class KnowsNothing(Over):
    """Never knows that a part came before; see UNGUARDED."""

    def digest(self, _key: PartKey) -> None:
        """See the port."""


class KeepsOther(Over):
    """Keeps what it verified with one bit turned."""

    def commit(self, key: PartKey, envelope: bytes, now: datetime, digest: bytes) -> Committed:
        """See the port."""
        spoiled = bytearray(envelope)
        spoiled[500] ^= 1
        self._real.commit(key, bytes(spoiled), now, digest)  # type: ignore[union-attr]
        return Committed.NEW


class ForgetsAnswers(Over):
    """Drops an answer as soon as it is made, before its kiosk has it."""

    def put(self, device: int, tcn: Tcn, envelope: bytes, now: datetime, edition: int = 1) -> bool:
        """See the port."""
        done = self._real.put(device, tcn, envelope, now, edition)  # type: ignore[union-attr,call-arg]
        self._real.acknowledge(device, tcn, now, edition)  # type: ignore[union-attr]
        return bool(done)


class Erases(Outbox):
    """Erases what is sent, without waiting for the hub's receipt."""

    def sending(self, item: Item) -> bool:
        """See the outbox."""
        done = super().sending(item)
        self.receipt(item.tcn, item.part, item.digest, datetime.now(UTC))
        return done


def receipt_before_commit(role: Role, pipe: Connection) -> None:
    """A hub whose receipt does not mean that it holds the part."""
    actors.run_hub(role, pipe, lambda store: with_inbox(store, KeepsNotAll))


def no_dedupe(role: Role, pipe: Connection) -> None:
    """A hub that takes whatever comes, as often as it comes."""
    role.folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(role.hub_file, timeout=30)) as db:
        db.executescript(UNGUARDED)
    actors.run_hub(role, pipe, lambda store: with_inbox(store, KnowsNothing))


def bit_rot(role: Role, pipe: Connection) -> None:
    """A hub that does not hold what it was sent."""
    actors.run_hub(role, pipe, lambda store: with_inbox(store, KeepsOther))


def answers_forgotten(role: Role, pipe: Connection) -> None:
    """A hub without an outbox for answers."""
    answers = lambda store: store._replace(answers=ForgetsAnswers(store.answers))  # noqa: E731
    actors.run_hub(role, pipe, answers)


def erase_before_receipt(role: Role, pipe: Connection) -> None:
    """A kiosk that trusts its link."""
    actors.run_kiosk(role, pipe, lambda role: Erases(role.outbox, most_records=200, free_bytes=4 << 20))


def with_inbox(store: Store, lie: type[Over]) -> Store:
    """The store with that inbox."""
    return store._replace(inbox=lie(store.inbox))  # type: ignore[arg-type]


CASTS = {
    "honest": Plays(),
    "receipt before commit": Plays(hub=receipt_before_commit),
    "no dedupe": Plays(hub=no_dedupe),
    "bit rot": Plays(hub=bit_rot),
    "answers forgotten": Plays(hub=answers_forgotten),
    "erase before receipt": Plays(kiosk=erase_before_receipt),
}

SPITES = {"no dedupe": 0.1}  # so that surely something comes twice
ENDLESS = {"receipt before commit", "answers forgotten", "erase before receipt"}


@pytest.fixture(scope="module")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kills]]:
    """A short battle with each cast, all at once: they mostly wait."""
    folders = {name: tmp_path_factory.mktemp("battle") for name in CASTS}

    def fight(name: str) -> Kills:
        battle = Battle(
            folders[name], list(CASTS).index(name), None, plays=CASTS[name], spite=SPITES.get(name, SPITE)
        )
        try:
            battle.start()
            ends = time.monotonic() + LONGEST_S
            while battle.delivered < ENOUGH and time.monotonic() < ends:
                battle.rage(1.0, lambda _line: None)
            battle.make_peace(lambda _line: None, QUIET_S, STILL_S if name in ENDLESS else math.inf)
        finally:
            battle.close()
        return battle.result

    with ThreadPoolExecutor(len(CASTS)) as threads:
        yield dict(zip(CASTS, threads.map(fight, CASTS), strict=True))


def test_the_honest_are_acquitted(fought: dict[str, Kills]) -> None:
    """The same battle with nobody lying, and all that may befall messages and clocks befell them."""
    found, fates = fought["honest"].found, fought["honest"].fates
    assert found.captured > 0
    assert found.answers > 0
    assert not found.bad, found.examples
    assert fates["clock_jumps"] > 0
    assert sum(fates[fate] for fate in ("corrupted", "duplicated", "reordered", "withheld")) > 0


@pytest.mark.parametrize(
    ("lie", "count"),
    [
        ("receipt before commit", "lost"),
        ("no dedupe", "doubled"),
        ("bit rot", "altered"),
        ("answers forgotten", "answers_lost"),
        ("erase before receipt", "lost"),
    ],
)
def test_a_lie_is_found_out(fought: dict[str, Kills], lie: str, count: str) -> None:
    """Each by the very count that it should move."""
    found = fought[lie].found
    assert getattr(found, count) > 0
    assert found.bad
