"""Reading a SQLite file without SQLite: the same rows from a sound one, no surprise from a broken one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot_kiosk.kiosk.storage import carve

ROWS = [
    (1, "short", b"blob", 7),
    (2, None, b"\x00" * 100_000, -1),
    (3, "long " * 2000, b"", 0),
    (4, "ends at a page", bytes(range(256)) * 16, 1),
    *(
        (number, f"text {number}", bytes([number % 256]) * (number * 17), number << 33)
        for number in range(5, 300)
    ),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A database file and its log, taken while it is open; most rows are in the log only."""
    path = tmp_path_factory.mktemp("carve") / "a.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT, blob BLOB, number INTEGER)")
        for row in ROWS:
            db.execute("INSERT INTO a VALUES (?, ?, ?, ?)", row)
            if row[0] == 100:
                db.commit()
                db.execute("PRAGMA wal_checkpoint(RESTART)")
            db.commit()
        return path.read_bytes(), path.with_name("a.db-wal").read_bytes()


def table(rows: object) -> set[tuple[carve.Value, ...]]:
    """The rows of table `a`, with their keys."""
    return {
        (row.rowid, *row.values[1:])
        for row in rows  # type: ignore[attr-defined]
        if len(row.values) == 4 and row.values[0] is None
    }


def test_all_rows_of_a_file_and_its_log_are_read(files: tuple[bytes, bytes]) -> None:
    """Whatever their size, and wherever their latest version stands."""
    assert table(carve.rows(*files)) == set(ROWS)


def test_the_file_alone_holds_what_was_folded_back(files: tuple[bytes, bytes]) -> None:
    """The log is needed for the rest."""
    assert table(carve.rows(files[0])) == set(ROWS[:100])


def test_a_page_size_other_than_usual_is_read(tmp_path: Path) -> None:
    """It stands in the file's header."""
    path = tmp_path / "b.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA page_size = 1024")
        db.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT, blob BLOB, number INTEGER)")
        db.executemany("INSERT INTO a VALUES (?, ?, ?, ?)", ROWS)
        db.commit()
    assert table(carve.rows(path.read_bytes())) == set(ROWS)


@pytest.mark.parametrize("size", carve.LIKELY_PAGES)
def test_a_likely_page_size_is_found_without_the_header(tmp_path: Path, size: int) -> None:
    """The first hundred bytes are gone, and with them what says it."""
    path = tmp_path / "c.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA page_size = {size}")
        db.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT, blob BLOB, number INTEGER)")
        db.executemany("INSERT INTO a VALUES (?, ?, ?, ?)", ROWS)
        db.commit()
    assert table(carve.rows(bytes(100) + path.read_bytes()[100:])) >= set(ROWS)


def test_every_frame_of_a_sound_log_is_whole(files: tuple[bytes, bytes]) -> None:
    """The checksums are SQLite's own."""
    frames = list(carve.frames(files[1], 4096))
    assert len(frames) > 200
    assert all(frame.whole for frame in frames)
    assert not carve.has_hole(files[1])


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_changed_byte_breaks_one_frame_and_hides_no_other(
    files: tuple[bytes, bytes], data: st.DataObject
) -> None:
    """A broken frame's own rows may be missing, the others are not, and none is made up."""
    log = bytearray(files[1])
    count = (len(log) - 32) // 4120
    frame = data.draw(st.integers(0, count - 60))
    log[32 + frame * 4120 + 24 + data.draw(st.integers(0, 4095))] ^= data.draw(st.integers(1, 255))
    broken = [index for index, each in enumerate(carve.frames(bytes(log), 4096)) if not each.whole]
    assert broken == [frame]
    assert carve.has_hole(bytes(log))


@given(st.binary(max_size=20_000), st.binary(max_size=20_000))
@settings(max_examples=80, deadline=None)
def test_any_bytes_at_all_are_read_without_a_word(file: bytes, log: bytes) -> None:
    """Rows or no rows, but an end."""
    list(carve.rows(file, log))
    carve.has_hole(log)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_file_overwritten_anywhere_is_read_without_a_word(
    files: tuple[bytes, bytes], data: st.DataObject
) -> None:
    """Pages that look like pages but are not."""
    file = bytearray(files[0])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(file) - 1))
        piece = data.draw(st.binary(min_size=1, max_size=64))
        file[at : at + len(piece)] = piece
    list(carve.rows(bytes(file)))
