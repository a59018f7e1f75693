"""The journal: chained, signed, torn lines mended, and every kind of tampering shown."""

import multiprocessing
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import HUB, KIOSK, NOW, public_file, tcn

from hotspot_kiosk import audit_chain as chain
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Anchor, Deed, verify
from hotspot_kiosk.cli.audit import command
from hotspot_kiosk.errors import BadBytes, StorageFailed
from hotspot_kiosk.keyring import as_bytes
from hotspot_kiosk.seal import PrivateKeys, Ring

DEEDS = (Deed.STARTED, Deed.CHECK_BEGUN, Deed.STORED, Deed.SHOWN, Deed.CONFIRMED, Deed.STOPPED)


def clock() -> Callable[[], tuple[datetime, bool]]:
    """A clock that moves a second each time it is asked."""
    ticks = iter(range(10**6))
    return lambda: (NOW + timedelta(seconds=next(ticks)), True)


def journal(folder: Path, keys: PrivateKeys = KIOSK) -> Journal:
    return Journal(folder, keys, clock())


def filled(folder: Path) -> Journal:
    """Six entries."""
    book = journal(folder)
    for deed in DEEDS:
        book.write(deed, "officer:k7", tcn(), "a ground")
    return book


@pytest.fixture
def exported(tmp_path: Path) -> list[bytes]:
    """Six entries and the end line."""
    filled(tmp_path / "audit").export(tmp_path / "export.jsonl")
    return (tmp_path / "export.jsonl").read_bytes().splitlines()


def check(lines: list[bytes], *anchors: Anchor, ended: bool = True) -> chain.Account:
    return verify(lines, KIOSK.public(), anchors, ended=ended)


def test_what_is_exported_verifies(exported: list[bytes]) -> None:
    """Every entry is counted, first to last."""
    account = check(exported)
    assert (account.owner, account.first, account.last) == (KIOSK.owner, 1, 6)
    assert account.deeds[Deed.STORED] == 1


def test_an_altered_byte_shows(exported: list[bytes]) -> None:
    """Any byte of any line: nothing stands in it that may be changed unseen."""
    draw = random.Random(5)
    for _ in range(300):
        lines = list(exported)
        place = draw.randrange(len(lines))
        line = bytearray(lines[place])
        line[draw.randrange(len(line))] ^= 1 << draw.randrange(8)
        lines[place] = bytes(line)
        with pytest.raises(BadBytes, match=rf"^line {place + 1}"):
            check(lines)


@pytest.mark.parametrize("place", range(6))
def test_a_dropped_line_shows(exported: list[bytes], place: int) -> None:
    """Also the first one, if it was anchored, and the last one before the end line."""
    first = Anchor(KIOSK.owner, 1, chain.digest(exported[0]))
    lines = [line for number, line in enumerate(exported) if number != place]
    if place:
        with pytest.raises(BadBytes, match=r"belongs|ends with"):
            check(lines)
    else:
        assert check(lines, first).first == 2
        assert check(lines, first).anchors_met == 0


@pytest.mark.parametrize("place", range(5))
def test_two_lines_in_the_wrong_order_show(exported: list[bytes], place: int) -> None:
    """Each neighbouring pair."""
    lines = list(exported)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    with pytest.raises(BadBytes, match="belongs"):
        check(lines)


@pytest.mark.parametrize("kept", range(1, 7))
def test_a_cut_off_end_shows(exported: list[bytes], kept: int) -> None:
    """Without the end line an export is not whole."""
    with pytest.raises(BadBytes, match="cut off"):
        check(exported[:kept])


def test_an_end_cut_off_in_a_running_journal_shows_by_its_anchor(exported: list[bytes]) -> None:
    """A copy has no end line; what was anchored elsewhere must be in it."""
    anchor = Anchor(KIOSK.owner, 5, chain.digest(exported[4]))
    assert check(exported[:5], anchor, ended=False).anchors_met == 1
    with pytest.raises(BadBytes, match="entry 5 was anchored"):
        check(exported[:4], anchor, ended=False)


def test_a_journal_written_anew_does_not_meet_its_anchor(tmp_path: Path, exported: list[bytes]) -> None:
    """Even by the machine's own key."""
    other = journal(tmp_path / "other")
    for deed in reversed(DEEDS):
        other.write(deed)
    other.export(tmp_path / "other.jsonl")
    with pytest.raises(BadBytes, match="not the one that was anchored"):
        check(
            (tmp_path / "other.jsonl").read_bytes().splitlines(),
            Anchor(KIOSK.owner, 6, chain.digest(exported[5])),
        )


def test_another_machines_lines_do_not_count(exported: list[bytes], tmp_path: Path) -> None:
    """Neither a whole journal nor one line slipped in."""
    foreign = journal(tmp_path / "hub", HUB)
    foreign.write(Deed.STARTED)
    foreign.export(tmp_path / "hub.jsonl")
    line = (tmp_path / "hub.jsonl").read_bytes().splitlines()[0]
    with pytest.raises(BadBytes, match="line 3: it was written by another machine"):
        check([*exported[:2], line, *exported[3:]])


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    """The chain is one."""
    filled(tmp_path)
    book = journal(tmp_path)
    assert book.write(Deed.STARTED).number == 7
    book.export(tmp_path / "out")
    assert check((tmp_path / "out").read_bytes().splitlines()).last == 7


def test_a_torn_line_is_cut_away_and_told(tmp_path: Path) -> None:
    """A power cut in the middle of a line."""
    filled(tmp_path)
    file = next(tmp_path.glob("*.jsonl"))
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"line":"entry","ow')
    book = journal(tmp_path)
    book.export(tmp_path / "out")
    account = check((tmp_path / "out").read_bytes().splitlines())
    assert (account.last, account.deeds[Deed.MENDED]) == (7, 1)


def test_a_damaged_file_is_set_aside_and_the_gap_shows(tmp_path: Path) -> None:
    """The journal goes on; that something happened cannot be hidden."""
    filled(tmp_path)
    file = next(tmp_path.glob("*.jsonl"))
    file.write_bytes(file.read_bytes()[:-40] + b"\0" * 39 + b"\n")
    book = journal(tmp_path)
    assert book.write(Deed.STARTED).number == 7
    assert len(list(tmp_path.glob("*.damaged"))) == 1
    book.export(tmp_path / "out")
    assert check((tmp_path / "out").read_bytes().splitlines()).first == 6


def test_a_full_file_is_followed_by_the_next(tmp_path: Path) -> None:
    """The chain runs over files."""
    book = Journal(tmp_path, KIOSK, clock(), largest=900)
    for deed in DEEDS:
        book.write(deed)
    assert len(list(tmp_path.glob("*.jsonl"))) > 1
    book.export(tmp_path / "out")
    assert check((tmp_path / "out").read_bytes().splitlines()).last == 6


def _write_many(folder: Path) -> None:
    book = journal(folder)
    for _ in range(25):
        book.write(Deed.SEARCHED)


def test_several_processes_write_one_journal(tmp_path: Path) -> None:
    """No number twice, none left out."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(tmp_path,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    journal(tmp_path).export(tmp_path / "out")
    assert check((tmp_path / "out").read_bytes().splitlines()).last == 75


def test_a_disk_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """Whoever asked must not go on as if it were noted."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageFailed, match="journal"):
        journal(tmp_path / "file")


@pytest.mark.parametrize(
    ("who", "about", "ground"),
    [("Ahmed Q.", "", ""), ("officer:a b", "", ""), ("machine", "a name", ""), ("machine", "", "x" * 301)],
)
def test_words_that_do_not_belong_are_refused(tmp_path: Path, who: str, about: str, ground: str) -> None:
    """No room for names, and none for biometrics."""
    with pytest.raises(ValueError, match=r"who|about|ground"):
        journal(tmp_path).write(Deed.STORED, who, about, ground)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_as_a_line_are_refused_in_words(line: bytes) -> None:
    """The verifier never falls over."""
    with pytest.raises(BadBytes):
        chain.read(line)


def test_keys_of_before_still_verify(tmp_path: Path) -> None:
    """A hub that changed its keys verifies with both."""
    old, new = PrivateKeys.make(0, bytes(128)), PrivateKeys.make(0, bytes(range(128)))
    journal(tmp_path, old).write(Deed.STARTED)
    book = journal(tmp_path, new)
    book.write(Deed.STARTED)
    book.export(tmp_path / "out")
    lines = (tmp_path / "out").read_bytes().splitlines()
    assert verify(lines, Ring((new.public(), old.public()))).last == 2
    with pytest.raises(BadBytes, match="line 1: a signature"):
        verify(lines, new.public())


def test_the_command_verifies_without_a_database(tmp_path: Path) -> None:
    """A file and a public key are enough; a changed file ends with a sentence."""
    filled(tmp_path / "audit").export(tmp_path / "j")
    (tmp_path / "kiosk.pub").write_bytes(as_bytes(public_file(KIOSK)))
    words = ["verify", str(tmp_path / "j"), "--key", str(tmp_path / "kiosk.pub")]
    command.main(words, standalone_mode=False)
    lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
    (tmp_path / "j").write_bytes(b"".join(lines[:3] + lines[4:]))
    with pytest.raises(BadBytes, match=r"line 4: entry 5 stands where 4 belongs"):
        command.main(words, standalone_mode=False)


def test_times_are_kept_in_utc_milliseconds() -> None:
    """A line reads back as it was written."""
    moment = chain.utc(datetime(2026, 1, 2, 3, 4, 5, 678_999, UTC))
    assert moment.microsecond == 678_000
