"""The hub's file is never silently empty or damaged, and what was backed up can be restored."""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from making import DEVICE, NOW, tcn

from hotspot_kiosk.cli import door
from hotspot_kiosk.demo.bureau import Bureau
from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.errors import Refused, StorageDamaged, StorageFailed
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import Committed, PartKey, Store
from hotspot_kiosk.terms import Part

MODELS = Path(__file__).resolve().parents[1] / "models"
RECORDS = 40


def key(counter: int) -> PartKey:
    """A part's key."""
    return PartKey(DEVICE, tcn(counter), Part.EVIDENCE)


def opened(path: Path) -> Store:
    """The store in a file."""
    return store_sqlite.build(store_sqlite.Options(path=path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A hub's file with some records, closed."""
    store = opened(tmp_path / "hub.db")
    for counter in range(1, RECORDS + 1):
        store.inbox.commit(key(counter), bytes([counter]) * 5000, NOW)
    store.close()
    return tmp_path / "hub.db"


def test_a_file_that_is_gone_is_not_made_anew(path: Path) -> None:
    """The sentence says what to do; nothing is made."""
    path.unlink()
    with pytest.raises(StorageFailed, match="restore a backup"):
        opened(path)
    assert not path.exists()


def test_a_file_cut_to_nothing_is_not_an_empty_database(path: Path) -> None:
    """SQLite itself would take it for a new one."""
    path.write_bytes(b"")
    with pytest.raises(StorageFailed, match="gone or empty"):
        opened(path)


def test_another_hubs_file_is_not_taken_for_ones_own(path: Path, tmp_path: Path) -> None:
    """Nor one that was made anew by hand."""
    (tmp_path / "other").mkdir()
    opened(tmp_path / "other" / "hub.db").close()
    shutil.copyfile(tmp_path / "other" / "hub.db", path)
    with pytest.raises(StorageFailed, match="another hub's"):
        opened(path)


def test_a_new_hub_begins_with_nothing(path: Path) -> None:
    """Once an operator has said so, by deleting the mark."""
    path.unlink()
    path.with_name("hub.db.mark").unlink()
    assert not opened(path).inbox.entries()


@pytest.mark.parametrize("at", [0, 4096, 40_000])
def test_damage_is_found_and_told_with_its_remedy(path: Path, at: int) -> None:
    """At the beginning, in the tables' list, in the middle."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(bytes(4096))

    def start() -> None:
        store = opened(path)
        try:
            store.check()
        finally:
            store.close()

    with pytest.raises(StorageDamaged, match="restore the newest backup"):
        start()


def test_a_damaged_hub_does_not_start(tmp_path: Path) -> None:
    """The command ends with the sentence."""
    bureau = Bureau(tmp_path / "hub", MODELS, 1, [DEVICE])
    store = bureau.open_store()
    for counter in range(1, RECORDS + 1):
        store.inbox.commit(key(counter), bytes(5000), NOW)
    store.close()
    with (bureau.folder / "hub.db").open("r+b") as file:
        file.seek(40_000)
        file.write(bytes(8192))
    done = CliRunner().invoke(door, ["hub", "run", "-c", str(bureau.config)])
    assert isinstance(done.exception, StorageDamaged)
    assert "restore the newest backup" in str(done.exception)


def test_a_backup_is_whole_while_the_hub_works_and_can_be_restored(path: Path, tmp_path: Path) -> None:
    """By the very steps of systemd/README.md."""
    store = opened(path)
    copy = tmp_path / "backup.db"
    store.backup(copy)
    assert (copy.stat().st_mode & 0o777) == 0o600
    assert sorted(p.name for p in tmp_path.glob("*backup*")) == ["backup.db", "backup.db.keys"]
    store.inbox.commit(key(99), b"later", NOW)
    store.close()
    for name in ("hub.db", "hub.db-wal", "hub.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    shutil.copyfile(copy, path)
    restored = opened(path)
    restored.check()
    assert len(restored.inbox.entries()) == RECORDS
    assert restored.inbox.envelope(key(7)) == bytes([7]) * 5000
    assert restored.inbox.commit(key(7), bytes([7]) * 5000, NOW) is Committed.AGAIN
    restored.close()


def test_a_backup_overwrites_nothing(path: Path, tmp_path: Path) -> None:
    """Nor leaves half a file behind where none can be written."""
    store = opened(path)
    with pytest.raises(StorageFailed, match="exists already"):
        store.backup(path)
    with pytest.raises(StorageFailed, match="cannot be written"):
        store.backup(tmp_path / "nowhere" / "backup.db")
    store.close()


def test_the_command_writes_a_backup(tmp_path: Path) -> None:
    """And says what it holds."""
    bureau = Bureau(tmp_path / "hub", MODELS, 1, [DEVICE])
    done = CliRunner().invoke(door, ["hub", "backup", "-c", str(bureau.config), str(tmp_path / "copy.db")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "copy.db").exists()


def test_postgres_is_backed_up_by_its_own_tools(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    """pg_dump and pg_restore, as systemd/README.md says; the store says so, too."""
    store = store_postgres.build(store_postgres.Options(dsn=schema))
    for counter in range(1, RECORDS + 1):
        store.inbox.commit(key(counter), bytes([counter]) * 5000, NOW)
    store.check()
    with pytest.raises(Refused, match="pg_dump"):
        store.backup(tmp_path / "copy")
    store.close()
    name = schema.rpartition("=")[2].strip("'")
    dump = tmp_path / "dump"
    tools, whole = postgres.tools, postgres.dsn()
    subprocess.run([tools / "pg_dump", "-Fc", "-n", name, "-f", dump, whole], check=True)
    postgres.sql(f"DROP SCHEMA {name} CASCADE")
    subprocess.run([tools / "pg_restore", "-d", whole, dump], check=True)
    again = store_postgres.build(store_postgres.Options(dsn=schema))
    assert len(again.inbox.entries()) == RECORDS
    assert again.inbox.envelope(key(7)) == bytes([7]) * 5000
    again.chunks.add(key(99), 4, 0, b"abcd")
    assert again.chunks.missing(key(99), 4) == ()
    again.close()
