"""What only the PostgreSQL variant does: it starts many at once and outlives its server."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from making import DEVICE, NOW, tcn

from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.errors import ConfigError, StorageAway, StorageFailed
from hotspot_kiosk.hub.storage.store import Committed, PartKey, Store
from hotspot_kiosk.hub.storage.store_postgres import Options, build
from hotspot_kiosk.hub.storage.store_postgres_server import Server
from hotspot_kiosk.terms import Part

KEY = PartKey(DEVICE, tcn(), Part.PROBE)
HALF = """
import sys
from hotspot_kiosk.hub.storage.store_postgres_server import Server
with Server(sys.argv[1], 5, 30).change() as db:
    db.execute("INSERT INTO owed VALUES (1, 'half', 'now')")
    print("in the middle", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(schema: str) -> Iterator[Store]:
    """An empty store."""
    made = build(Options(dsn=schema))
    yield made
    made.close()


@pytest.fixture
def upright(postgres: Postgres) -> Iterator[Postgres]:
    """The server, to be ended by the test; it runs again afterwards."""
    yield postgres
    postgres.stop()
    postgres.start()


def test_many_workers_may_start_at_once_on_an_empty_database(schema: str) -> None:
    """The tables are made once."""
    with ThreadPoolExecutor(8) as threads:
        stores = list(threads.map(lambda _: build(Options(dsn=schema)), range(8)))
    assert [store.gallery.version() for store in stores] == [0] * 8
    for store in stores:
        store.close()


def test_a_store_outlives_a_restart_of_its_server(upright: Postgres, store: Store) -> None:
    """While it is away every call says so; afterwards the same store goes on."""
    assert store.inbox.commit(KEY, b"envelope", NOW) is Committed.NEW
    upright.stop()
    with pytest.raises(StorageAway, match="away"):
        store.inbox.commit(PartKey(DEVICE, tcn(2), Part.PROBE), b"envelope", NOW)
    with pytest.raises(StorageAway):
        store.inbox.digest(KEY)
    upright.start()
    assert store.inbox.envelope(KEY) == b"envelope"
    assert store.inbox.commit(KEY, b"envelope", NOW) is Committed.AGAIN


def test_a_crash_of_the_server_takes_nothing_that_was_committed(upright: Postgres, store: Store) -> None:
    """Every commit that returned is there after the server was ended without a chance to write."""
    for counter in range(1, 41):
        store.inbox.commit(PartKey(DEVICE, tcn(counter), Part.EVIDENCE), bytes(20_000), NOW)
    upright.crash()
    upright.start()
    assert len(store.inbox.entries()) == 40


def test_a_killed_workers_half_transaction_is_no_transaction(schema: str, store: Store) -> None:
    """And its locks do not hold up the others."""
    worker = subprocess.Popen(
        [sys.executable, "-c", HALF, schema],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert worker.stdout
    assert worker.stdin
    assert worker.stdout.readline() == b"in the middle\n"
    worker.kill()
    worker.wait()
    worker.stdin.close()
    worker.stdout.close()
    assert list(store.inbox.unanswered()) == []
    assert store.inbox.commit(KEY, b"envelope", NOW) is Committed.NEW


def test_a_server_that_does_not_sync_is_refused(upright: Postgres, schema: str) -> None:
    """A receipt must mean that a power cut cannot take the record."""
    upright.sql("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    try:
        ends = time.monotonic() + 60
        while upright.ask("SHOW fsync") != [["off"]]:
            assert time.monotonic() < ends, "the server did not read its settings anew"
        with pytest.raises(StorageFailed, match="fsync"):
            build(Options(dsn=schema))
    finally:
        upright.sql("ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()")


def test_tables_of_another_version_are_left_alone(store: Store, schema: str) -> None:
    """Neither read nor changed: an operator decides."""
    server = Server(schema, 5, 30)
    with server.change() as db:
        db.execute("UPDATE hub_schema SET version = 0")
    server.close()
    with pytest.raises(StorageFailed, match="version"):
        build(Options(dsn=schema))


def test_a_session_that_would_not_wait_for_the_disk_is_made_to_wait(schema: str) -> None:
    """Whatever the database's own default is."""
    server = Server(schema.replace("-c search_path", "-c synchronous_commit=off -c search_path"), 5, 30)
    assert server.rows("SHOW synchronous_commit") == [("on",)]
    server.close()


def test_no_server_and_no_sense_are_told_apart() -> None:
    """One may come back, the other needs a person; neither names what stands in the dsn."""
    with pytest.raises(StorageAway, match="away"):
        build(Options(dsn="host=127.0.0.1 port=1 password=secret connect_timeout=1"))
    with pytest.raises(ConfigError, match="dsn") as caught:
        build(Options(dsn="host==nonsense password=secret ="))
    assert "secret" not in str(caught.value)
