"""The responder at the far end: both encodings, every rule, a script, nobody real."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from exchanging import NOW, Clock, outgoing, responder, tcn

from hotspot_kiosk import nist
from hotspot_kiosk.errors import BadBytes, ConfigError
from hotspot_kiosk.nist import Encoding, Transaction
from hotspot_kiosk.nist.answer import ForeignAnswer, SearchError, SearchResult, read_answer
from hotspot_kiosk.nist.model import Field, make_field
from hotspot_kiosk.simulator.biohub import BioHub
from hotspot_kiosk.simulator.biohub_script import DRAWN, Plan, read_script


def answers(far: BioHub) -> list[ForeignAnswer]:
    """What it says now."""
    return [read_answer(nist.parse(due.content)) for due in far.waiting()]


def changed(*fields: Field, kind: int = 1) -> bytes:
    """A search with fields of its first record of that type changed."""
    whole = nist.parse(outgoing().evidence)
    first = next(whole.of(kind))
    return nist.write(Transaction(tuple(r.changed(*fields) if r is first else r for r in whole.records)))


@pytest.mark.parametrize("encoding", Encoding)
def test_it_answers_in_the_encoding_in_which_it_was_asked(encoding: Encoding) -> None:
    """And breaks no rule of the profile itself."""
    far = responder("candidates:2", Clock())
    assert far.take(nist.write(nist.parse(outgoing().evidence), encoding)) == tcn()
    for due in far.waiting():
        assert due.content.startswith(b"<?xml") == (encoding is Encoding.XML)
        assert nist.errors(nist.validate(nist.parse(due.content))) == []


def test_one_script_and_seed_say_the_same_again() -> None:
    """A run can be repeated."""
    first, second = responder("any, any", Clock()), responder("any, any", Clock())
    for far in (first, second):
        far.take(outgoing(1).evidence)
        far.take(outgoing(2).evidence)
    assert [due.content for due in first.waiting()] == [due.content for due in second.waiting()]


def test_plans_follow_each_other_and_begin_anew() -> None:
    """Hit, no hit, hit."""
    far = responder("hit, no-hit", Clock())
    for counter in (1, 2, 3):
        far.take(outgoing(counter).evidence)
    assert [a.hit for a in answers(far) if isinstance(a, SearchResult)] == [True, False, True]


def test_a_search_that_comes_again_is_not_searched_again() -> None:
    """Its number is known."""
    far = responder("hit", Clock())
    far.take(outgoing().evidence)
    far.take(outgoing().evidence)
    assert len(answers(far)) == 1
    assert far.seen == {tcn(): 2}


def test_an_answer_leaves_when_its_time_has_come() -> None:
    """Late, apart, confirmed by a person after that."""
    clock = Clock()
    far = responder("candidates:2+late:10+apart:5+verified:60", clock)
    far.take(outgoing().evidence)
    told = []
    for seconds in (9, 1, 5, 55, 5):
        clock.at += seconds
        told.append(len(far.waiting()))
    assert told == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "code", "mnemonic"),
    [
        (changed(make_field(4, ("ATP",))), 116, "TOT"),
        (changed(make_field(4, ("MPS",))), 116, "TOT"),
        (changed(make_field(5, ("20261340",))), 112, "DAT"),
        (changed(make_field(13, ("XX", "0600"))), 115, "DOM"),
        (changed(make_field(11, ("PNG",)), kind=14), 117, "CGA"),
    ],
)
def test_a_broken_rule_comes_back_as_the_published_error(content: bytes, code: int, mnemonic: str) -> None:
    """With the field it is about."""
    far = responder("hit", Clock())
    far.take(content)
    (error,) = answers(far)
    assert isinstance(error, SearchError)
    assert (error.code, error.mnemonic) == (code, mnemonic)


def test_a_missing_field_is_error_101() -> None:
    """The reason of a non-criminal search, or the time."""
    whole = nist.parse(outgoing().evidence)
    far = responder("hit", Clock())
    far.take(nist.write(Transaction((whole.head.without(14, 13), *whole.records[1:]))))
    (error,) = answers(far)
    assert isinstance(error, SearchError)
    assert error.code == 101


def test_what_has_no_number_is_refused() -> None:
    """There is nothing to answer."""
    with pytest.raises(BadBytes):
        responder("hit", Clock()).take(b"nothing")


def test_so_many_searches_a_minute_and_no_more() -> None:
    """Closed until the first of them is a minute old; an outage closes it, too."""
    clock = Clock()
    far = responder("no-hit", clock, per_minute=1)
    assert far.closed_s() == 0
    far.take(outgoing().evidence)
    assert far.closed_s() == pytest.approx(60)
    clock.at += 60
    assert far.closed_s() == 0
    far.be_away(5)
    assert far.away
    assert far.closed_s() == pytest.approx(5)


def test_a_script_is_read() -> None:
    """Every word of it."""
    text = "candidates:3+late:2+apart:1+shuffled+repeated+verified:9+source:XYZ+outage:4, error:501"
    first, second = read_script(text, random.Random(0))
    assert first == Plan(3, 0, 2, 1, True, True, 9, "XYZ", 4)
    assert second == Plan(error=501)
    for words in DRAWN:
        read_script(words, random.Random(0))


@pytest.mark.parametrize(
    "text",
    ["", "hit:2", "miss", "candidates:0", "candidates:x", "error:777", "late:-1", "late:nan", "source:x"],
)
def test_a_word_that_is_none_is_refused(text: str) -> None:
    """With what may be written."""
    with pytest.raises(ConfigError, match="no part of a script"):
        read_script(text, random.Random(0))


def test_the_command_serves_a_folder(tmp_path: Path) -> None:
    """A process of its own, ended by a signal."""
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    (outbox / "x.nist").write_bytes(outgoing().evidence)
    (outbox / "y.nist").write_bytes(b"nothing")
    main = "from hotspot_kiosk.cli import main; main()"
    words = ["simulate", "biohub", "--folder", str(tmp_path), "--script", "hit"]
    with subprocess.Popen([sys.executable, "-c", main, *words]) as process:
        end = time.monotonic() + 60
        while not (answered := list((tmp_path / "answers").glob("*.nist"))) or any(outbox.iterdir()):
            assert time.monotonic() < end
            time.sleep(0.05)
        process.terminate()
    assert process.returncode == 0
    assert isinstance(read_answer(nist.parse(answered[0].read_bytes())), SearchResult)
    assert (tmp_path / "refused" / "y.nist").exists()
    assert NOW.year == 2026
