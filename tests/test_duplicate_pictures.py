"""The pictures of a possible duplicate: everybody it may be, side by side, only while people must decide, kept nowhere."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from making import DEVICE, HUB, KIOSK, enrolment, face_capture, finger_capture, reception, tcn
from test_reception import ONE, TWO, Bureau

from hotspot_kiosk import files, pictures, seal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import Refused, StorageFailed
from hotspot_kiosk.hub.reception import side_by_side
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.nist import Agency
from hotspot_kiosk.nist.enrolment import pack
from hotspot_kiosk.terms import Part


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """One person enrolled, and somebody who may be the same."""
    made = Bureau(
        tmp_path, lambda: store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db")), reception()
    )
    for counter in (1, 2):
        bring_pictures(made, counter)
        made.ask(counter, 1)
    yield made
    made.store.close()


def bring_pictures(bureau: Bureau, counter: int) -> None:
    """A face and a finger, as their kiosk sends them."""
    wanted = enrolment(counter, captures=(face_capture(1), finger_capture()))
    content = pack(wanted, Agency("ALB", "POLICE"))
    envelope = seal.seal(content, tcn(counter), Part.EVIDENCE, HUB.public(), KIOSK)
    bureau.store.inbox.commit(PartKey(DEVICE, tcn(counter), Part.EVIDENCE), envelope, bureau.now)


def test_the_new_one_and_everybody_found_stand_side_by_side(bureau: Bureau) -> None:
    """Each with a face and a finger that a browser shows, the score explained; nothing is loaded."""
    shown = list(side_by_side.sheets(bureau.desk, tcn(2)))
    assert [sheet.title for sheet in shown] == [f"{tcn(2)}: is it one of these?", tcn(1)]
    assert [[name for name, _ in sheet.pictures] for sheet in shown] == [["face", "right index"]] * 2
    text = side_by_side.page(tcn(2), shown)
    found = re.findall(r'src="data:image/png;base64,([^"]*)"', text)
    assert len(found) == 4
    for word in found:
        assert pictures.decode(base64.b64decode(word)).size > 0
    assert "edition 1" in text
    assert "log-odds" in text
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert "default-src 'none'" in text
    assert "<script" not in text


def test_pictures_that_are_not_there_yet_are_said_to_be_missing(bureau: Bureau) -> None:
    """The request came first, its pictures are on the way."""
    bureau.ask(3, 1)
    first, *_ = side_by_side.sheets(bureau.desk, tcn(3))
    assert (first.pictures, "not here (yet)" in first.words) == ((), True)


def test_nobody_looks_at_pictures_of_which_nothing_is_to_be_decided(bureau: Bureau) -> None:
    """Not of somebody enrolled, nor once it is decided, nor of somebody unknown."""
    for counter in (1, 9):
        with pytest.raises(Refused):
            list(side_by_side.sheets(bureau.desk, tcn(counter)))
    for officer in (ONE, TWO):
        bureau.desk.say(tcn(2), officer, tcn(1), "the ears")
    bureau.look(2)
    with pytest.raises(Refused, match="nothing of enrolment"):
        list(side_by_side.sheets(bureau.desk, tcn(2)))


def test_who_looks_is_written_down(bureau: Bureau) -> None:
    """Which enrolment, by whom."""
    bureau.desk.looked(tcn(2), ONE)
    assert (Deed.COMPARED, "officer:k7", tcn(2), "pictures of a possible duplicate") in bureau.deeds


def test_a_file_for_now_is_the_users_alone_and_gone_afterwards(tmp_path: Path) -> None:
    """Also if something fails meanwhile; where it cannot be written that is said."""

    def fail() -> None:
        with files.for_now(tmp_path, "a-", ".html", b"words") as path:
            assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"words", 0o600)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StorageFailed), files.for_now(tmp_path / "nowhere", "a-", ".html", b""):
        pass


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_who_is_told_to_stop_leaves_no_file(tmp_path: Path, told: signal.Signals) -> None:
    """A terminal that is closed, a shutdown, Ctrl-C."""
    script = (
        "import signal, sys, time; from pathlib import Path; from hotspot_kiosk import files\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with files.for_now(Path(sys.argv[1]), 'a-', '.html', b'words'):\n"
        "    print('there', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        assert len(list(tmp_path.iterdir())) == 1
        os.kill(process.pid, told)
        process.wait(timeout=120)
    assert list(tmp_path.iterdir()) == []
