"""Hub databases of earlier and later versions of this software: brought up to date, or left alone with a reason."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from making import DEVICE, NOW, tcn

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import GalleryEntry, PartKey, Store
from hotspot_kiosk.hub.storage.store_postgres_server import SCHEMA, STEPS
from hotspot_kiosk.terms import Part

KEY = PartKey(DEVICE, tcn(), Part.PROBE)
# The tables of the first hubs, as they made them: one answer a record, no source, no keys.
FIRST_TABLES = """
CREATE TABLE inbox (
    device INTEGER, tcn TEXT, part TEXT, committed TEXT NOT NULL, digest BLOB NOT NULL,
    envelope BLOB NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (device, tcn, part)
) STRICT;
CREATE TABLE answer (
    device INTEGER, tcn TEXT, made TEXT NOT NULL, envelope BLOB, acknowledged TEXT, PRIMARY KEY (device, tcn)
) STRICT;
CREATE TABLE gallery (
    reference TEXT PRIMARY KEY, enrolled TEXT NOT NULL, templates BLOB NOT NULL
) STRICT;
CREATE TABLE gallery_version (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER) STRICT;
INSERT INTO gallery_version VALUES (1, 7);
INSERT INTO gallery VALUES ('CASE-1', '2026', x'0102');
"""
OLD_ENTRY = GalleryEntry("CASE-1", "2026", b"\1\2")
NEW_ENTRY = GalleryEntry("CASE-2", "2026", b"\3", "SYR")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of the first version, with one reference."""
    with sqlite3.connect(tmp_path / "hub.db") as file:
        file.executescript(FIRST_TABLES)
    file.close()
    return tmp_path / "hub.db"


def opened(path: Path) -> Store:
    """The store in a file."""
    return store_sqlite.build(store_sqlite.Options(path=path))


def check_goes_on(build: Callable[[], Store]) -> None:
    """What is there stays, what is new is kept, and it opens once more."""
    for _ in range(2):
        store = build()
        store.gallery.put(NEW_ENTRY)
        assert list(store.gallery.entries()) == [OLD_ENTRY, NEW_ENTRY]
        store.answers.put(DEVICE, tcn(), b"answer", NOW, edition=2)
        assert store.answers.edition(DEVICE, tcn()) == 2
        store.close()


def test_a_file_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    """References without a source have none; answers have editions from now on."""
    check_goes_on(lambda: opened(path))


def test_a_file_that_holds_records_without_keys_is_left_alone(path: Path) -> None:
    """None of them would open: the sentence says what to do, and no keys are made."""
    with sqlite3.connect(path) as file:
        row = (*KEY, "then", b"digest", b"envelope", 8)
        file.execute("INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    file.close()
    for _ in range(2):
        with pytest.raises(
            StorageFailed, match=r"hub\.db\.keys beside it is missing: restore.*name another file"
        ):
            opened(path)
    assert not path.with_name("hub.db.keys").exists()


def test_a_copy_restored_without_its_keys_is_left_alone(tmp_path: Path) -> None:
    """New keys would hide what the copy holds from everybody for good."""
    store = opened(tmp_path / "hub.db")
    store.inbox.commit(KEY, b"envelope", NOW)
    store.backup(tmp_path / "copy.db")
    store.close()
    (tmp_path / "copy.db.keys").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageFailed, match="newest copy"):
        opened(tmp_path / "copy.db")
    (tmp_path / "elsewhere").rename(tmp_path / "copy.db.keys")
    store = opened(tmp_path / "copy.db")
    assert store.inbox.envelope(KEY) == b"envelope"
    store.close()


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    """What it holds may mean something else by then."""
    opened(tmp_path / "hub.db").close()
    with sqlite3.connect(tmp_path / "hub.db") as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(StorageFailed, match="later version"):
        opened(tmp_path / "hub.db")


@pytest.mark.parametrize("version", [1, 3, 5, 7])
def test_tables_of_every_version_are_brought_up_to_date(schema: str, version: int) -> None:
    """PostgreSQL's, step by step; what they hold stays."""
    with psycopg.connect(schema) as first:
        first.execute(SCHEMA)
        for step in range(1, version):
            first.execute(STEPS[step])
        first.execute("INSERT INTO gallery VALUES ('CASE-1', '2026', '\\x0102')")
    check_goes_on(lambda: store_postgres.build(store_postgres.Options(dsn=schema)))


@pytest.mark.parametrize("version", [1, 4])
def test_tables_that_hold_records_without_keys_are_left_alone(schema: str, version: int) -> None:
    """Nothing of them is changed: the software that made them reads them still."""
    with psycopg.connect(schema) as first:
        first.execute(SCHEMA)
        for step in range(1, version):
            first.execute(STEPS[step])
        row = (*KEY, "then", b"digest", b"envelope", 8)
        first.execute("INSERT INTO inbox VALUES (%s, %s, %s, %s, %s, %s, %s)", row)
    with pytest.raises(StorageFailed, match=r"keys of their own: keep it.*another database"):
        store_postgres.build(store_postgres.Options(dsn=schema))
    with psycopg.connect(schema) as first:
        assert first.execute("SELECT version FROM hub_schema").fetchone() == (version,)
