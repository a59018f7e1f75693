"""The outbox on a full, read-only or damaged disk: a clear state, and nothing stored is lost."""

import hashlib
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from making import DEVICE, NOW, STAMP, tcn

from hotspot_kiosk.errors import OutboxRefused, StorageFailed
from hotspot_kiosk.kiosk.storage.outbox import Outbox, PartState
from hotspot_kiosk.kiosk.storage.rescue import PAGE_BYTES
from hotspot_kiosk.terms import Part, Tcn
from hotspot_kiosk.torture import disk

needs_disk = pytest.mark.skipif(bool(disk.missing()), reason=disk.missing() or "a disk can be made")
SMALL = 2 << 20
RESERVE = 8 << 20


def body(counter: int, part: Part = Part.EVIDENCE, size: int = 20_000) -> bytes:
    """The sealed bytes of that record."""
    return random.Random(f"{counter} {part}").randbytes(size)


def put(outbox: Outbox, counter: int) -> Tcn:
    """A record of two parts."""
    outbox.put(tcn(counter), STAMP, [(part, body(counter, part)) for part in Part])
    return tcn(counter)


def put_many(outbox: Outbox, counters: range) -> None:
    """One record after the other, as long as it is allowed to."""
    for counter in counters:
        if counter % 10 == 0 and counters.start == 1:
            outbox.check_room()
        put(outbox, counter)


def hold(outbox: Outbox, counter: int) -> None:
    """The hub's receipt for both parts."""
    for item in outbox.waiting():
        if item.tcn == tcn(counter):
            assert outbox.receipt(item.tcn, item.part, item.digest, NOW)


def whole(outbox: Outbox) -> set[int]:
    """The counters of all parts that wait with the very bytes that were put."""
    return {
        item.tcn.counter
        for item in outbox.waiting()
        if outbox.envelope(item) == body(item.tcn.counter, item.part)
    }


def filled(path: Path, records: int = 20) -> Outbox:
    """An outbox with minted records in it."""
    outbox = Outbox(path)
    for _ in range(records):
        put(outbox, outbox.mint(2026, DEVICE).counter)
    return outbox


def killed(path: Path, records: int = 12) -> None:
    """The same in a process that is killed, so that all is still in the log."""
    program = (
        "import os, sys; sys.path[:0] = ['tests', '.'];"
        "from pathlib import Path; from test_outbox_disk import filled;"
        "box = filled(Path(sys.argv[1]), int(sys.argv[2])); os.kill(os.getpid(), 9)"
    )
    words = [sys.executable, "-c", program, str(path), str(records)]
    assert subprocess.run(words, cwd=Path(__file__).parents[1], check=False).returncode == -9


def overwrite(path: Path, at: int, data: bytes) -> None:
    """Damage a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[disk.Disk]:
    """A disk of 48 MiB."""
    with disk.Disk(tmp_path, 48) as made:
        yield made


def small_outbox(place: disk.Disk) -> Outbox:
    """An outbox that asks for little room."""
    return Outbox(place.root / "outbox.db", free_bytes=SMALL, reserve_bytes=RESERVE)


def test_the_reserve_is_really_there(tmp_path: Path) -> None:
    """It takes its place on the disk, not only a name."""
    Outbox(tmp_path / "outbox.db")
    assert (tmp_path / "outbox.db.reserve").stat().st_blocks * 512 >= 8 << 20


def test_capture_is_refused_when_too_many_bytes_wait(tmp_path: Path) -> None:
    """The quota counts what has not reached the hub, not what has."""
    outbox = Outbox(tmp_path / "outbox.db", most_bytes=60_000)
    put(outbox, 1)
    outbox.check_room()
    put(outbox, 2)
    with pytest.raises(OutboxRefused, match="restore the link"):
        outbox.check_room()
    hold(outbox, 1)
    outbox.check_room()


def test_no_capture_without_a_reserve(tmp_path: Path) -> None:
    """A disk that cannot give the reserve is full, whatever else it says."""
    outbox = Outbox(tmp_path / "outbox.db", reserve_bytes=1 << 60)
    with pytest.raises(OutboxRefused, match="reserve"):
        outbox.check_room()


@needs_disk
def test_a_full_disk_takes_no_record_but_lets_go_of_held_ones(small_disk: disk.Disk) -> None:
    """Receipts still empty the outbox; capture is refused until there is room again."""
    outbox = small_outbox(small_disk)
    for counter in range(1, 21):
        put(outbox, counter)
    filler = small_disk.fill()
    with pytest.raises(OutboxRefused, match="disk"):
        outbox.check_room()
    with pytest.raises(OutboxRefused, match="disk is full"):
        put_many(outbox, range(21, 1000))
    assert (small_disk.root / "outbox.db.reserve").exists()
    stored = {entry.tcn.counter for entry in outbox.entries()}
    small_disk.fill()
    for counter in sorted(stored):
        hold(outbox, counter)
    assert not outbox.waiting()
    assert len(list(outbox.entries())) == len(stored) >= 20
    filler.unlink()
    outbox.check_room()
    assert (small_disk.root / "outbox.db.reserve").exists()
    assert outbox.trouble == ""
    outbox.close()


@needs_disk
def test_an_outbox_on_a_full_disk_opens_and_is_emptied(small_disk: disk.Disk) -> None:
    """A start after a crash on a full disk: the reserve pays for the log."""
    outbox = small_outbox(small_disk)
    for counter in range(1, 11):
        put(outbox, counter)
    outbox.close()
    small_disk.fill()
    again = small_outbox(small_disk)
    assert whole(again) == set(range(1, 11))
    with pytest.raises(OutboxRefused):
        again.check_room()
    for counter in range(1, 11):
        hold(again, counter)
    assert not again.waiting()
    again.close()


@needs_disk
def test_room_comes_back_from_the_outbox_itself(small_disk: disk.Disk) -> None:
    """An outbox that once filled the disk and was emptied gives the space back."""
    outbox = small_outbox(small_disk)
    with pytest.raises(OutboxRefused):
        put_many(outbox, range(1, 2000))
    for entry in list(outbox.entries()):
        hold(outbox, entry.tcn.counter)
    outbox.check_room()
    outbox.close()


@needs_disk
def test_a_disk_gone_read_only_is_said_in_words(small_disk: disk.Disk) -> None:
    """Reading goes on; after the disk was put right nothing is missing."""
    outbox = small_outbox(small_disk)
    put(outbox, 1)
    small_disk.turn_read_only()
    with pytest.raises(StorageFailed, match=r"the disk (can only be read|does not work)"):
        put(outbox, 2)
    assert "the disk" in outbox.trouble
    with pytest.raises(OutboxRefused, match=r"the disk (can only be read|does not work)"):
        outbox.check_room()
    assert whole(outbox) == {1}
    outbox.close()
    with pytest.raises(StorageFailed):
        small_outbox(small_disk)
    small_disk.unmount()
    small_disk.mount()
    again = small_outbox(small_disk)
    again.check_room()
    put(again, 2)
    assert whole(again) == {1, 2}
    again.close()


@needs_disk
def test_a_dead_disk_is_a_sentence(small_disk: disk.Disk) -> None:
    """Every operation fails in words; nothing else is raised."""
    outbox = small_outbox(small_disk)
    put(outbox, 1)
    small_disk.cut()
    with pytest.raises(StorageFailed):
        put(outbox, 2)
    assert outbox.trouble
    with pytest.raises((OutboxRefused, StorageFailed)):
        outbox.check_room()
    outbox.close()


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_holds_nothing_is_set_aside(tmp_path: Path, damage: bytes) -> None:
    """It is kept, a new one begins, and it is said that nothing could be read."""
    path = tmp_path / "outbox.db"
    path.write_bytes(damage)
    outbox = Outbox(path)
    assert outbox.salvaged is not None
    assert "nothing in it could be read" in str(outbox.salvaged)
    assert outbox.salvaged.aside.read_bytes() == damage
    outbox.check_room()
    put(outbox, 1)


def test_a_number_is_not_given_again_when_all_is_lost(tmp_path: Path) -> None:
    """How far the numbers went is written in a second place."""
    path = tmp_path / "outbox.db"
    filled(path, 5).close()
    path.write_bytes(bytes(60_000))
    assert Outbox(path).mint(2026, DEVICE).counter > 5


@pytest.mark.parametrize("seed", range(8))
def test_what_damage_left_readable_is_saved(tmp_path: Path, seed: int) -> None:
    """Three pages overwritten anywhere: most records are still there, none is altered."""
    path = tmp_path / "outbox.db"
    outbox = filled(path)
    hold(outbox, 1)
    outbox.close()
    rng = random.Random(seed)
    pages = path.stat().st_size // 4096
    for page in [0, *rng.sample(range(pages), 2)]:
        overwrite(path, page * 4096, rng.randbytes(4096))
    again = Outbox(path)
    assert again.salvaged is not None
    assert again.mint(2026, DEVICE).counter > 20
    known = {entry.tcn.counter for entry in again.entries()}
    assert whole(again) <= set(range(2, 21))
    lost = [entry for entry in again.entries() if PartState.QUARANTINED in {s for _, s, _, _ in entry.parts}]
    assert len(whole(again)) >= 19 - 4 or len(known) < 20
    assert again.salvaged.lost == sum(
        1 for entry in lost for _, state, _, _ in entry.parts if state is PartState.QUARANTINED
    )
    again.check_room()


def test_all_is_saved_when_only_the_header_is_gone(tmp_path: Path) -> None:
    """The first hundred bytes hold no record."""
    path = tmp_path / "outbox.db"
    outbox = filled(path)
    hold(outbox, 1)
    outbox.answer(tcn(1), b"sealed answer", NOW)
    outbox.close()
    overwrite(path, 0, bytes(100))
    again = Outbox(path)
    assert whole(again) == set(range(2, 21))
    assert again.sealed_answer(tcn(1)) == b"sealed answer"
    entry = next(entry for entry in again.entries() if entry.tcn == tcn(1))
    assert entry.state == "answered"
    assert again.salvaged is not None
    assert (again.salvaged.waiting, again.salvaged.held, again.salvaged.lost) == (38, 2, 0)


def test_a_break_in_the_log_does_not_hide_what_lies_behind(tmp_path: Path) -> None:
    """SQLite would drop every commit after the broken page without a word."""
    path = tmp_path / "outbox.db"
    killed(path)
    log = tmp_path / "outbox.db-wal"
    frame = 24 + PAGE_BYTES
    frames = (log.stat().st_size - 32) // frame
    overwrite(log, 32 + (frames // 2) * frame + 1000, b"\0" * 64)
    outbox = Outbox(path)
    assert len(whole(outbox)) >= 11
    assert outbox.salvaged is not None
    assert outbox.mint(2026, DEVICE).counter > 12


def test_a_log_without_its_header_is_read_all_the_same(tmp_path: Path) -> None:
    """SQLite would take it for empty."""
    path = tmp_path / "outbox.db"
    killed(path)
    overwrite(tmp_path / "outbox.db-wal", 0, b"\xff" * 32)
    assert len(whole(Outbox(path))) >= 11


def test_a_torn_end_of_the_log_is_no_damage(tmp_path: Path) -> None:
    """That is what a power cut leaves; nothing was promised about it."""
    path = tmp_path / "outbox.db"
    killed(path)
    log = tmp_path / "outbox.db-wal"
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - 3000)
    outbox = Outbox(path)
    assert outbox.salvaged is None
    assert len(whole(outbox)) == 11
    assert not list(tmp_path.glob("*damaged*"))


def test_a_salvage_that_was_cut_off_begins_again(tmp_path: Path) -> None:
    """The marker is there, the damaged file is set aside, the new one is half made."""
    path = tmp_path / "outbox.db"
    filled(path).close()
    overwrite(path, 0, bytes(100))
    path.rename(tmp_path / "outbox.db.damaged-x")
    (tmp_path / "outbox.db.salvage").write_text("outbox.db.damaged-x\n")
    (tmp_path / "outbox.db.new").write_bytes(b"half")
    outbox = Outbox(path)
    assert whole(outbox) == set(range(1, 21))
    assert not (tmp_path / "outbox.db.salvage").exists()
    outbox.close()
    assert Outbox(path).salvaged is None


def test_nobody_salvages_what_another_has_open(tmp_path: Path) -> None:
    """A second process at the same outbox is refused, not served with a new file."""
    path = tmp_path / "outbox.db"
    filled(path, 3).close()
    other = Outbox(tmp_path / "another.db")
    overwrite(path, 0, bytes(100))
    with pytest.raises(StorageFailed, match="damaged"):
        Outbox(path)
    other.close()
    assert whole(Outbox(path)) == {1, 2, 3}


def test_bytes_that_changed_on_the_disk_are_not_sent(tmp_path: Path) -> None:
    """The part is quarantined where everybody sees it."""
    path = tmp_path / "outbox.db"
    outbox = filled(path, 2)
    outbox.close()
    at = path.read_bytes().index(body(1)[9000:9020])
    overwrite(path, at, b"x" * 20)
    again = Outbox(path)
    assert whole(again) == {1, 2}
    assert [item.tcn.counter for item in again.waiting()] == [1, 2, 2]
    assert any("damaged" in reason for entry in again.entries() for *_, reason in entry.parts)


def test_an_outbox_of_the_first_layout_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its envelopes stood in the parts' rows."""
    path = tmp_path / "outbox.db"
    filled(path, 2).close()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE part ADD COLUMN envelope BLOB")
        db.execute(
            "UPDATE part SET envelope = (SELECT sealed FROM envelope AS e WHERE e.tcn = part.tcn AND e.part = part.part)"
        )
        db.execute("DELETE FROM envelope")
    db.close()
    assert whole(Outbox(path)) == {1, 2}


OLD = """
PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
CREATE TABLE counter (year INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, tcn TEXT NOT NULL UNIQUE, captured TEXT NOT NULL,
    boot_id TEXT NOT NULL, monotonic_ms INTEGER NOT NULL, answer BLOB, answered TEXT
) STRICT;
CREATE TABLE part (
    tcn TEXT NOT NULL REFERENCES record (tcn) ON DELETE CASCADE, part TEXT NOT NULL, state TEXT NOT NULL,
    size INTEGER NOT NULL, digest BLOB NOT NULL, settled TEXT, reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tcn, part)
) STRICT;
CREATE TABLE envelope (
    tcn TEXT NOT NULL, part TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (tcn, part),
    FOREIGN KEY (tcn, part) REFERENCES part (tcn, part) ON DELETE CASCADE
) STRICT;
CREATE INDEX part_state ON part (state) WHERE state != 'held';
"""


def old_outbox(path: Path, records: int = 5) -> None:
    """An outbox as the version before made it, with larger pages and an index of states."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(OLD)
        db.execute("INSERT INTO counter VALUES (26, ?)", (records,))
        for counter in range(1, records + 1):
            row = (tcn(counter), "2026-11-23T12:00:00.000+00:00", "boot-1", 1000)
            db.execute("INSERT INTO record (tcn, captured, boot_id, monotonic_ms) VALUES (?, ?, ?, ?)", row)
            for part in Part:
                data = body(counter, part)
                digest = hashlib.sha256(data).digest()
                values = (tcn(counter), part, "sealed", len(data), digest)
                db.execute("INSERT INTO part (tcn, part, state, size, digest) VALUES (?, ?, ?, ?, ?)", values)
                db.execute("INSERT INTO envelope VALUES (?, ?, ?)", (tcn(counter), part, data))


def test_an_outbox_of_the_version_before_goes_on(tmp_path: Path) -> None:
    """Its records are sent, its numbers run on, its index is gone."""
    path = tmp_path / "outbox.db"
    old_outbox(path)
    outbox = Outbox(path)
    assert whole(outbox) == set(range(1, 6))
    hold(outbox, 3)
    assert put(outbox, outbox.mint(2026, DEVICE).counter) == tcn(6)
    outbox.close()
    again = Outbox(path)
    assert whole(again) == {1, 2, 4, 5, 6}
    again.close()
    with closing(sqlite3.connect(path)) as db:
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'part_state'").fetchall()


def test_a_damaged_outbox_of_the_version_before_is_saved(tmp_path: Path) -> None:
    """Without its header nothing says how large its pages are."""
    path = tmp_path / "outbox.db"
    old_outbox(path)
    overwrite(path, 0, bytes(100))
    outbox = Outbox(path)
    assert whole(outbox) == set(range(1, 6))
    assert outbox.salvaged is not None
    assert (outbox.salvaged.waiting, outbox.salvaged.lost) == (10, 0)
    outbox.close()


def test_the_log_stays_small(tmp_path: Path) -> None:
    """It is folded back and cut while the outbox works."""
    outbox = filled(tmp_path / "outbox.db", 300)
    assert (tmp_path / "outbox.db-wal").stat().st_size <= 6 << 20
    outbox.close()
