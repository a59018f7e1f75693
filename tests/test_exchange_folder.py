"""A partner behind folders: killed at any moment, on a full disk, beside a client that writes slowly."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from exchanging import tcn

from hotspot_kiosk.errors import StorageFull
from hotspot_kiosk.hub.exchange import folder
from hotspot_kiosk.hub.exchange.folder import FolderExchange, Options
from hotspot_kiosk.hub.exchange.port import LARGEST_ANSWER
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.torture import disk

needs_disk = pytest.mark.skipif(bool(disk.missing()), reason=disk.missing() or "a disk can be made")
FILES, KILLS = 60, 10
CHILD = """
import random, sys
from pathlib import Path
from hotspot_kiosk.hub.exchange import folder
from hotspot_kiosk.terms import Tcn
root = Path(sys.argv[1])
way = folder.build(
    folder.Options(state=root / "state", outbox=root / "outbox", answers=root / "answers", settle_s=0)
)
bodies = [random.Random(n).randbytes(50_000) for n in range(1, int(sys.argv[2]) + 1)]
print("ready", flush=True)
for number, body in enumerate(bodies, start=1):
    sys.stdin.readline()
    way.send(Tcn.mint(2026, 1, number), body)
print("all sent", flush=True)
"""


def options(root: Path, settle_s: float = 0.0) -> Options:
    """Folders under `root`, made if they are not there."""
    for name in ("outbox", "answers"):
        (root / name).mkdir(exist_ok=True, parents=True)
    return Options(state=root / "state", outbox=root / "outbox", answers=root / "answers", settle_s=settle_s)


def body(counter: int) -> bytes:
    """The bytes of that file."""
    return random.Random(counter).randbytes(50_000)


def take_all(outbox: Path, taken: Counter[str]) -> None:
    """A client that takes what it sees, at once."""
    for path in outbox.iterdir():
        taken[f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"] += 1
        path.unlink()


def test_killed_again_and_again_every_file_is_given_once_and_whole(tmp_path: Path) -> None:
    """kill -9 at moments drawn by chance, before the last file, a client that takes files meanwhile, all sent anew after each."""
    taken: Counter[str] = Counter()
    chance = random.Random(3)
    outbox = options(tmp_path).outbox
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(FILES)]
    said = []
    for kill in range(KILLS + 1):
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdin is not None
            assert child.stdout.readline() == "ready\n"
            child.stdin.write("\n" * (chance.randrange(FILES) if kill < KILLS else FILES))
            child.stdin.flush()
            if kill < KILLS:
                time.sleep(chance.uniform(0, 0.06))
                take_all(outbox, taken)
                child.kill()
            said.append(child.stdout.read())
        take_all(outbox, taken)
    assert said == [""] * KILLS + ["all sent\n"]
    wanted = {f"{tcn(n)}.nist {hashlib.sha256(body(n)).hexdigest()}" for n in range(1, FILES + 1)}
    assert set(taken) == wanted
    assert set(taken.values()) == {1}


@needs_disk
def test_a_full_disk_gives_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """Nothing half is ever seen; when there is room again, it goes."""
    with disk.Disk(tmp_path, 16) as small:
        way = folder.build(options(small.root))
        large = body(1) * 80
        filler = small.fill()
        with pytest.raises(StorageFull):
            way.send(tcn(), large)
        assert list((small.root / "outbox").iterdir()) == []
        assert list((small.root / "state" / "given").iterdir()) == []
        filler.unlink()
        way.send(tcn(), large)
        assert (small.root / "outbox" / f"{tcn()}.nist").read_bytes() == large


@needs_disk
def test_a_power_cut_after_sending_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """What was given is there, whole; sent again, it is not given again."""
    with disk.Disk(tmp_path, 16) as small:
        folder.build(options(small.root)).send(tcn(), body(1))
        small.cut()
        small.unmount()
        small.mount()
        path = small.root / "outbox" / f"{tcn()}.nist"
        assert path.read_bytes() == body(1)
        path.unlink()
        folder.build(options(small.root)).send(tcn(), body(1))
        assert not path.exists()


def test_a_file_that_is_still_being_written_is_left_alone(tmp_path: Path) -> None:
    """Until nobody has written to it for a while; a name with a dot before it, for good."""
    now = time.time()
    way = FolderExchange(options(tmp_path, settle_s=2), lambda: now)
    for name in ("young.nist", "old.nist", ".hidden", "part.tmp"):
        path = tmp_path / "answers" / name
        path.write_bytes(b"x")
        age = 0.5 if name == "young.nist" else 60
        os.utime(path, (now - age, now - age))
    assert [each.name for each in way.collect()] == ["old.nist"]


def test_a_link_to_somewhere_else_is_not_followed(tmp_path: Path) -> None:
    """Nobody makes the hub read another file."""
    way = folder.build(options(tmp_path))
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "answers" / "a.nist").symlink_to(tmp_path / "secret")
    assert list(way.collect()) == []


def test_a_file_larger_than_any_answer_is_set_aside_unread(tmp_path: Path) -> None:
    """It would fill the memory."""
    way = folder.build(options(tmp_path))
    with (tmp_path / "answers" / "huge.nist").open("wb") as file:
        file.truncate(LARGEST_ANSWER + 1)
    assert list(way.collect()) == []
    assert [name for name, _ in Shelf(tmp_path / "state").aside()] == ["huge.nist"]


def test_what_was_never_given_does_not_stay_on_disk(tmp_path: Path) -> None:
    """Biometrics of a file that was begun and not marked are gone at the next start."""
    folder.build(options(tmp_path))
    for name in (f"{tcn()}.part", f"{tcn()}.part.new"):
        (tmp_path / "state" / "given" / name).write_bytes(b"x")
    folder.build(options(tmp_path))
    assert list((tmp_path / "state" / "given").iterdir()) == []
