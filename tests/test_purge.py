"""The hub's retention: at its deadline a record's key is destroyed, and nothing of it opens any more."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW, operation, tcn

from hotspot_kiosk import seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Entry, read
from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.errors import SealError, StorageFailed
from hotspot_kiosk.hub.cases import case, case_events
from hotspot_kiosk.hub.law.retention import Purge, rule_for, shortest
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import Committed, PartKey, Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.operation import Retention, sign
from hotspot_kiosk.policy import Ended, Finding
from hotspot_kiosk.terms import Decision, Part, RequestType, Tcn

SECRET = b"a template that nobody may read again, over and over " * 4
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Bureau:
    """A store, its journal and its purge, at a time that the test sets."""

    def __init__(self, raw: Store, folder: Path) -> None:
        self.now = NOW
        self.raw = raw
        self.store = guard(raw, lambda: self.now)
        self.folder = folder
        (folder / "operations").mkdir(parents=True, exist_ok=True)
        self.operations = Operations(folder / "operations", HUB.public())
        self.journal = Journal(folder / "journal", HUB, lambda: (self.now, True))
        self.purge = self.purge_of(self.store)

    def purge_of(self, store: Store) -> Purge:
        """A purge over another view of the store."""
        lock = self.folder / "journal" / "purging"
        return Purge(store, self.operations, self.journal, lock, lambda: self.now)

    def hold(self, number: Tcn, decision: Decision = Decision.NO_HIT, name: str = "OP-1") -> bytes:
        """A record as a hub holds one: both parts, its case, its answer; returns the probe's envelope."""
        envelopes = {part: seal.seal(SECRET, number, part, HUB.public(), KIOSK) for part in Part}
        for part, envelope in envelopes.items():
            key = PartKey(DEVICE, number, part)
            self.store.chunks.add(key, len(envelope), 0, envelope[:900])
            self.store.inbox.commit(key, envelope, self.now)
        opened = case_events.Opened(
            self.now, DEVICE, "Green line 4", name, RequestType.NPS, self.now, True, 1
        )
        found = (case_events.Found("CASE-77", 1, 9.0),) if decision is not Decision.NO_HIT else ()
        events: list[case_events.Known] = [opened, case_events.Searched(self.now, decision, found)]
        if found:
            events.append(case_events.Voted(self.now, "CASE-77", "officer-k7", Finding.CONFIRM, "the scar"))
        self.store.cases.add(number, [(each.name, case_events.encode(each)) for each in events], None)
        self.store.answers.put(DEVICE, number, b"sealed answer " * 9, self.now)
        return envelopes[Part.PROBE]

    def lines(self) -> list[tuple[str, str, str]]:
        """What the journal says: about what, which deed, on what ground."""
        found = [
            line
            for path in sorted((self.folder / "journal").glob("*.jsonl"))
            for line in path.read_bytes().splitlines()
        ]
        entries = [each for each in map(read, found) if isinstance(each, Entry)]
        return [(each.about, str(each.what), each.ground) for each in entries]


@pytest.fixture(params=["sqlite", "postgres"])
def bureau(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bureau]:
    """An empty bureau on each variant."""
    raw = (
        store_postgres.build(store_postgres.Options(dsn=request.getfixturevalue("schema")))
        if request.param == "postgres"
        else store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    )
    yield Bureau(raw, tmp_path)
    raw.close()


def test_each_state_goes_at_its_own_deadline(bureau: Bureau) -> None:
    """No hit after hours, a hit after its days; not a moment before."""
    (bureau.folder / "operations" / "op.op").write_bytes(
        sign(operation(retention=Retention(no_hit_hours=6, hit_days=60)), HUB)
    )
    bureau.hold(tcn(1))
    bureau.hold(tcn(2), Decision.POSSIBLE_MATCH)
    bureau.now = NOW + 6 * HOUR - timedelta(seconds=1)
    assert bureau.purge.run() == 0
    bureau.now = NOW + 6 * HOUR
    assert [each.tcn for each, _ in bureau.purge.due()] == [tcn(1)]
    assert bureau.purge.run() == 1
    bureau.now = NOW + 60 * DAY - HOUR
    assert bureau.purge.run() == 0
    bureau.now = NOW + 60 * DAY
    assert bureau.purge.run() == 1


def test_the_receipt_says_record_state_and_deadline_only(bureau: Bureau) -> None:
    """And stands in the journal once."""
    bureau.hold(tcn(1), Decision.POSSIBLE_MATCH)
    bureau.now = NOW + 31 * DAY
    bureau.purge.run()
    bureau.purge.run()
    assert bureau.lines() == [(tcn(1), "purged", "hit, due 2026-12-23T12:00Z")]


def test_nothing_of_a_purged_record_comes_out(bureau: Bureau) -> None:
    """Envelopes, answer and case are gone; one event says that it was purged."""
    bureau.hold(tcn(1), Decision.POSSIBLE_MATCH)
    bureau.now = NOW + 31 * DAY
    bureau.purge.run()
    for part in Part:
        assert not bureau.store.inbox.envelope(PartKey(DEVICE, tcn(1), part))
    assert bureau.store.answers.get(DEVICE, tcn(1)) is None
    assert bureau.store.answers.waiting(DEVICE) == []
    (event,) = map(case_events.decode, bureau.store.cases.events(tcn(1)))
    assert isinstance(event, case_events.Purged)
    assert event.ended is Ended.HIT
    assert bureau.raw.keys.held() == []


def test_what_comes_again_after_its_purge_is_held_once(bureau: Bureau) -> None:
    """The digest stays: the same bytes are known, others are refused, and nothing is owed for them."""
    envelope = bureau.hold(tcn(1))
    bureau.now = NOW + 2 * DAY
    bureau.purge.run()
    key = PartKey(DEVICE, tcn(1), Part.PROBE)
    assert bureau.store.inbox.commit(key, envelope, bureau.now) is Committed.AGAIN
    assert bureau.store.inbox.commit(key, b"another", bureau.now) is Committed.CONFLICT
    assert not bureau.store.inbox.envelope(key)
    assert not bureau.store.inbox.owes(key)
    assert bureau.store.inbox.unanswered() == []


def test_a_part_that_comes_after_the_end_goes_at_the_next_run(bureau: Bureau) -> None:
    """Evidence of a record that was purged meanwhile: receipted, counted no second time, purged again."""
    number = tcn(1)
    probe = seal.seal(SECRET, number, Part.PROBE, HUB.public(), KIOSK)
    bureau.store.inbox.commit(PartKey(DEVICE, number, Part.PROBE), probe, NOW)
    bureau.now = NOW + 31 * DAY
    assert bureau.purge.run() == 1
    late = PartKey(DEVICE, number, Part.EVIDENCE)
    fresh = guard(bureau.raw, lambda: bureau.now)
    assert fresh.inbox.commit(late, b"evidence", bureau.now) is Committed.NEW
    assert fresh.inbox.envelope(late) == b"evidence"
    assert bureau.purge_of(fresh).run() == 1
    assert not fresh.inbox.envelope(late)
    assert bureau.raw.keys.held() == []


def test_what_a_worker_adds_under_a_remembered_key_is_as_gone_as_the_record(bureau: Bureau) -> None:
    """Another process purged it: the case stays readable, keeps who ordered its end, and the next run takes the rest."""
    number = tcn(1)
    bureau.hold(number)
    record = case.fold(number, map(case_events.decode, bureau.store.cases.events(number)))
    other = guard(bureau.raw, lambda: bureau.now)
    bureau.purge_of(other).erase(record, b"the slip's mark", b"by k8")
    late = case_events.Told(bureau.now, DEVICE, 2, b"view")
    bureau.store.cases.add(number, [(late.name, case_events.encode(late))], None)
    for _ in range(2):
        fresh = guard(bureau.raw, lambda: bureau.now)
        (event,) = map(case_events.decode, fresh.cases.events(number))
        assert isinstance(event, case_events.Purged)
        assert (event.slip, event.signed) == (b"the slip's mark", b"by k8")
        bureau.purge_of(fresh).run()
    assert bureau.raw.keys.held() == []
    assert len(bureau.raw.cases.events(number)) == 1


def test_an_event_that_does_not_open_is_damage_where_nothing_was_purged(bureau: Bureau) -> None:
    """It is told, not passed over."""
    number = tcn(1)
    bureau.hold(number)
    bureau.raw.cases.add(number, [("odd", b"\1" + bytes(60))], None)
    with pytest.raises(SealError, match="does not open"):
        bureau.store.cases.events(number)


class Cut(Exception):
    """The power went."""


@pytest.mark.parametrize("step", ["destroy", "sweep", "noted"])
def test_a_crash_between_two_steps_loses_nothing(bureau: Bureau, step: str) -> None:
    """The next run does what is left: key gone, journal told, counted once."""
    bureau.hold(tcn(1))
    bureau.now = NOW + 2 * DAY
    keys = bureau.store.keys

    class Dying:
        """The port, up to the step at which the power goes."""

        def __getattr__(self, name: str) -> Callable[..., object]:
            def die(*_: object) -> None:
                raise Cut

            found: Callable[..., object] = die if name == step else getattr(keys, name)
            return found

    with pytest.raises(Cut):
        bureau.purge_of(bureau.store._replace(keys=Dying())).run()
    bureau.purge.run()
    assert bureau.raw.keys.held() == []
    assert bureau.raw.keys.owed() == []
    assert set(bureau.lines()) == {(tcn(1), "purged", "no hit, due 2026-11-24T12:00Z")}
    assert len(bureau.lines()) == (2 if step == "noted" else 1)
    assert sorted(bureau.store.tally.counts().values()) == [1, 1, 1]


def test_an_unknown_operation_has_the_shortest_retention(bureau: Bureau) -> None:
    """The least of what is known and of what is usual, state by state."""
    (bureau.folder / "operations" / "op.op").write_bytes(
        sign(operation(retention=Retention(no_hit_hours=48, hit_days=3)), HUB)
    )
    assert rule_for("OP-1", bureau.operations).no_hit_hours == 48
    unknown = rule_for("OP-9", bureau.operations)
    assert (unknown.no_hit_hours, unknown.hit_days) == (24, 3)
    assert shortest([]) == Retention()


def test_an_operation_that_the_hub_did_not_sign_counts_for_nothing(bureau: Bureau) -> None:
    """Who drops a file into the folder does not make records stay."""
    path = bureau.folder / "operations" / "op.op"
    path.write_bytes(sign(operation(retention=Retention(no_hit_hours=700)), KIOSK))
    assert rule_for("OP-1", bureau.operations) == Retention()


def files_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file and what is in it."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def holding(folder: Path, needles: Sequence[bytes]) -> set[str]:
    """Names of files in which one of these stands."""
    return {
        path.name for path, content in files_below(folder) if any(needle in content for needle in needles)
    }


def test_no_key_is_left_in_the_files(tmp_path: Path) -> None:
    """SQLite's file, its free pages, its log: three hundred keys, two thirds of them destroyed at random places."""
    raw = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    bureau = Bureau(raw, tmp_path)
    keys = {tcn(n): bytes(bureau.raw.keys.key(tcn(n), _key(n), NOW)) for n in range(1, 301)}
    probes = {}
    for number in range(1, 13):
        probes[tcn(number)] = bureau.hold(tcn(number))
    gone = [number for number in keys if number.counter % 3]
    assert holding(tmp_path, [keys[number] for number in gone])
    for number in gone:
        raw.tally.close(number, ("purged", b"\0x"), {}, NOW)
        raw.keys.destroy(number, "no hit")
    raw.keys.sweep()
    assert holding(tmp_path, [keys[number] for number in gone]) == set()
    stay = [keys[number] for number in keys if not number.counter % 3]
    assert all(holding(tmp_path, [key]) == {"hub.db.keys"} for key in stay)
    everywhere = [*(probe[40:72] for probe in probes.values()), SECRET[:20], b"CASE-77", b"officer-k7"]
    assert holding(tmp_path, everywhere) == set()
    raw.close()
    assert holding(tmp_path, [keys[number] for number in gone]) == set()


def _key(number: int) -> bytes:
    return bytes(range(number % 200, number % 200 + 28)) + number.to_bytes(4, "big")


def test_what_the_table_holds_does_not_open_with_the_hubs_key_alone(tmp_path: Path) -> None:
    """Not before the purge either: the file alone never gives an envelope."""
    raw = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    bureau = Bureau(raw, tmp_path)
    envelope = bureau.hold(tcn(1))
    key = PartKey(DEVICE, tcn(1), Part.PROBE)
    assert seal.open_envelope(bureau.store.inbox.envelope(key) or b"", KIOSK.public(), HUB) == SECRET
    kept = raw.inbox.envelope(key) or b""
    assert len(kept) > len(envelope)
    for start in range(len(kept) - len(envelope) + 1):
        with pytest.raises((seal.BadBytes, seal.SealError)):
            seal.open_envelope(kept[start : start + len(envelope)], KIOSK.public(), HUB)
    raw.close()


def test_lost_keys_are_not_silently_begun_anew(tmp_path: Path) -> None:
    """A hub without its file of keys refuses to start: nothing that it holds would open."""
    path = tmp_path / "hub.db"
    store_sqlite.build(store_sqlite.Options(path=path)).close()
    (tmp_path / "hub.db.keys").unlink()
    with pytest.raises(StorageFailed, match="gone or empty"):
        store_sqlite.build(store_sqlite.Options(path=path))


def test_a_backup_has_its_keys_beside_it(tmp_path: Path) -> None:
    """Both together open; the copy alone does not."""
    raw = store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    bureau = Bureau(raw, tmp_path)
    envelope = bureau.hold(tcn(1))
    raw.backup(tmp_path / "copy.db")
    copy = guard(store_sqlite.build(store_sqlite.Options(path=tmp_path / "copy.db")), lambda: NOW)
    assert copy.inbox.envelope(PartKey(DEVICE, tcn(1), Part.PROBE)) == envelope
    copy.close()
    raw.close()


def test_only_one_purges_at_a_time(bureau: Bureau) -> None:
    """A second one on the machine leaves it to the first."""
    bureau.hold(tcn(1))
    bureau.now = NOW + 2 * DAY
    with bureau.purge._alone() as mine:
        assert mine
        assert bureau.purge.run() == 0
    assert bureau.purge.run() == 1


def test_no_key_is_left_in_a_servers_tables(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    """PostgreSQL: the tables' files are free of destroyed keys; its log keeps them until it is overwritten."""
    raw = store_postgres.build(store_postgres.Options(dsn=schema))
    bureau = Bureau(raw, tmp_path)
    probe = bureau.hold(tcn(1))
    secret = random.Random(7).randbytes(32)
    raw.keys.key(tcn(2), secret, NOW)
    postgres.sql("CHECKPOINT")
    assert holding(postgres.folder / "data" / "base", [secret])
    raw.keys.destroy(tcn(2), "no hit")
    raw.keys.sweep()
    postgres.sql("CHECKPOINT")
    assert not holding(postgres.folder / "data" / "base", [secret])
    assert not holding(postgres.folder / "data", [probe[40:72], b"CASE-77"])
    raw.close()
