"""The uplink on a disk that fails while it works: it waits, says why, and goes on by itself."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, NOW
from test_uplink import Rig

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.errors import OutboxRefused, StorageFailed
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.storage.rescue import PAGE_BYTES
from hotspot_kiosk.terms import Answer, AnswerType, Decision, Part
from hotspot_kiosk.torture import disk

needs_disk = pytest.mark.skipif(bool(disk.missing()), reason=disk.missing() or "a disk can be made")
SMALL = 2 << 20


class SmallRig(Rig):
    """A rig whose outbox asks for little room."""

    def open_outbox(self) -> Outbox:
        """On the small disk."""
        return Outbox(self.path, free_bytes=SMALL, reserve_bytes=SMALL)

    def all_held(self) -> bool:
        """False as long as the disk does not even let one look."""
        try:
            return super().all_held()
        except StorageFailed:
            return False

    def contents_at_hub(self) -> dict[int, bytes]:
        """What the hub holds of each record's evidence, opened."""
        held = {}
        for entry in self.store.inbox.entries():
            if entry.key.part is Part.EVIDENCE:
                envelope = self.store.inbox.envelope(entry.key)
                assert envelope
                held[entry.key.tcn.counter] = seal.open_envelope(envelope, KIOSK.public(), HUB)
        return held


def expected(counters: range, size: int) -> dict[int, bytes]:
    """What `Rig.put` sealed as evidence."""
    return {counter: random.Random(counter).randbytes(size) for counter in counters}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[disk.Disk]:
    """A disk of 24 MiB."""
    with disk.Disk(tmp_path, 24) as made:
        yield made


@pytest.fixture
def rig(tmp_path: Path, small_disk: disk.Disk) -> Iterator[SmallRig]:
    """A kiosk on the small disk; its hub is elsewhere."""
    made = SmallRig(tmp_path, outbox=small_disk.root / "outbox.db")
    yield made
    made.close()


def remount(place: disk.Disk) -> None:
    """What somebody does who puts the disk right while the kiosk runs: it lets go of the disk between tries."""
    place.unmount()
    place.mount()


@needs_disk
@pytest.mark.parametrize("fail", [disk.Disk.turn_read_only, disk.Disk.cut], ids=["read-only", "dead"])
def test_a_disk_that_fails_is_waited_for(
    rig: SmallRig, small_disk: disk.Disk, fail: Callable[[disk.Disk], None]
) -> None:
    """Nobody restarts anything: mounted anew, it takes the receipts and everything is held once."""
    rig.until(lambda: rig.links == [True])
    rig.hub.deaf = True
    for counter in range(1, 5):
        rig.put(counter, size=20_000)
    rig.until(lambda: len(rig.outbox.waiting()) < 8)
    fail(small_disk)
    rig.hub.deaf = False
    rig.board.cut(f"kiosk-{DEVICE}")
    rig.until(lambda: bool(rig.troubles))
    assert "the disk" in rig.troubles[0]
    assert "check" in rig.outbox.trouble
    with pytest.raises(OutboxRefused, match=r"nothing can be stored now: .*disk"):
        rig.outbox.check_room()
    rig.board.mend(f"kiosk-{DEVICE}")
    rig.until(lambda: rig.links == [True, False, True])
    remount(small_disk)
    rig.until(rig.all_held)
    assert rig.contents_at_hub() == expected(range(1, 5), 20_000)
    assert rig.troubles[-1] == rig.outbox.trouble == ""
    assert not rig.faults
    rig.outbox.check_room()


@needs_disk
def test_a_disk_that_is_away_is_not_taken_for_an_empty_one(rig: SmallRig, small_disk: disk.Disk) -> None:
    """No new file is begun in the folder below: numbers would be given twice."""
    rig.until(lambda: rig.links == [True])
    used = rig.outbox.mint(2026, DEVICE)
    small_disk.turn_read_only()
    with pytest.raises(OutboxRefused):
        rig.outbox.check_room()
    rig.until(lambda: bool(rig.troubles))
    small_disk.unmount()
    rig.until(lambda: "mounted" in rig.outbox.trouble)
    assert not list(small_disk.root.iterdir())
    with pytest.raises(OutboxRefused, match="mounted"):
        rig.outbox.check_room()
    small_disk.mount()
    rig.until(lambda: bool(rig.troubles) and rig.troubles[-1] == "")
    assert rig.outbox.mint(2026, DEVICE).counter > used.counter


@needs_disk
def test_a_full_disk_is_waited_for(rig: SmallRig, small_disk: disk.Disk) -> None:
    """Even the reserve is gone: the uplink says so, the link stays, and room lets all go on."""
    rig.until(lambda: rig.links == [True])
    rig.hub.deaf = True
    for counter in range(1, 4):
        rig.put(counter, size=30_000)
    rig.until(lambda: len(rig.outbox.waiting()) < 6)
    filler = small_disk.fill()
    (small_disk.root / "outbox.db.reserve").unlink()
    more = small_disk.root / "more"
    fill_up(more)
    rig.hub.deaf = False
    for counter in range(1, 12):
        rig.board.cut(f"kiosk-{DEVICE}")
        rig.board.mend(f"kiosk-{DEVICE}")
        rig.until(lambda n=counter: rig.links.count(True) > n)
        if rig.troubles:
            break
    assert "the disk is full; free some space" in rig.troubles[0]
    assert rig.uplink.up
    with pytest.raises(OutboxRefused, match="full"):
        rig.outbox.check_room()
    filler.unlink()
    more.unlink()
    rig.until(rig.all_held)
    assert rig.contents_at_hub() == expected(range(1, 4), 30_000)
    assert not rig.faults
    rig.until(lambda: rig.troubles[-1] == "")


def fill_up(path: Path) -> None:
    """To the last byte."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


@needs_disk
def test_an_answer_is_shown_though_the_disk_cannot_keep_it(rig: SmallRig, small_disk: disk.Disk) -> None:
    """Once; the hub has it until it is kept here, too."""
    rig.until(lambda: rig.links == [True])
    rig.hub.deaf = True
    number = rig.put(7)
    rig.until(lambda: len(rig.outbox.waiting()) < 2)
    small_disk.turn_read_only()
    answer = Answer(number, AnswerType.SRE, Decision.NO_HIT, (), NOW)
    sealed = seal.seal(contents.encode_answer(answer), number, "answer", KIOSK.public(), HUB)
    rig.store.answers.put(DEVICE, number, sealed, NOW)
    for _ in range(3):
        rig.hub.say(wire.Answered(number, sealed))
    rig.until(lambda: bool(rig.answers) and bool(rig.troubles))
    rig.hub.deaf = False
    remount(small_disk)
    rig.until(lambda: not rig.store.answers.waiting(DEVICE))
    assert rig.answers == [answer]
    rig.until(rig.all_held)
    assert rig.outbox.sealed_answer(number) == sealed


def damage(path: Path) -> None:
    """Overwrite the first page of the parts, and make whoever has the file open read it anew."""
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'part'").fetchone()
        with path.open("r+b") as file:
            file.seek((page - 1) * PAGE_BYTES)
            file.write(b"\xa5" * PAGE_BYTES)
        with db:
            db.execute("INSERT INTO counter VALUES (1, 1) ON CONFLICT DO UPDATE SET last = last + 1")
    finally:
        db.close()


def test_a_damaged_outbox_stops_the_uplink_with_a_reason(tmp_path: Path) -> None:
    """The daemon hears of it and ends: whoever supervises it starts it anew, and the start salvages."""
    rig = Rig(tmp_path)
    try:
        rig.until(lambda: rig.links == [True])
        rig.hub.deaf = True
        rig.put()

        def damaged() -> bool:
            """Again and again: the uplink may just have written the page back from its memory."""
            damage(rig.path)
            rig.uplink.wake()
            time.sleep(0.1)
            return bool(rig.faults)

        rig.until(damaged)
        assert "damaged" in rig.faults[0]
    finally:
        rig.close()


def test_a_start_on_a_dead_disk_is_said_in_words(tmp_path: Path) -> None:
    """A folder that cannot be is a StorageFailed, on which a start waits."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed, match="cannot be used"):
        Outbox(tmp_path / "file" / "outbox.db")
