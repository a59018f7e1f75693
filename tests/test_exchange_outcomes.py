"""What became of a hit goes to the partner that gave it: once, lawfully, and nothing of anybody in it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from exchanging import (
    CAPTURED,
    NOW,
    PARTNER,
    WAYS,
    Clock,
    FolderWay,
    Lines,
    Memory,
    Way,
    clerk,
    operation,
    outgoing,
    tcn,
)
from hypothesis import given
from hypothesis import strategies as st

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.hub.exchange.gate import KEPT_HERE, Terms, check_report
from hotspot_kiosk.hub.exchange.port import Due
from hotspot_kiosk.outcome_report import OutcomeReport, decode, encode
from hotspot_kiosk.policy import Partner, Regime, Shielded
from hotspot_kiosk.terms import Tcn

NOBODY = Shielded()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    """One variant with its far end, which answers every search with a hit."""
    made: Way = WAYS[request.param](tmp_path, "hit", Clock())
    yield made
    made.close()


def hit(way: Way) -> Tcn:
    """A search went and its hit came; the number of the partner's message."""
    desk = Memory([outgoing()])
    clerk(way, desk, Lines()).step()
    way.far_end()
    clerk(way, desk, Lines()).step()
    (answer,) = desk.results
    return answer


def due(answer: Tcn, source: str = "ABC", person: Shielded | None = NOBODY, word: str = "confirmed") -> Due:
    """What people found of it."""
    report = decode(
        json.dumps(
            {"hotspot": "outcome-1", "tcr": tcn(), "answer": answer, "outcome": word, "at": NOW.isoformat()}
        ).encode()
    )
    return Due(report, PARTNER, operation(), Regime.CHECK, source, person)


@pytest.mark.parametrize("word", ["confirmed", "refuted", "disputed"])
def test_each_outcome_reaches_the_partner(way: Way, word: str) -> None:
    """By files and by HTTPS; the far end knows its own hit again."""
    desk, journal = Memory(found=[due(hit(way), word=word)]), Lines()
    clerk(way, desk, journal).step()
    way.far_end()
    (name,) = desk.was_told
    assert way.far.outcomes == {name: 1}
    assert desk.was_told[name] == ""
    assert journal.told(Deed.REPORTED) == [f"{PARTNER}, message {desk.found[0].report.answer}: {word}"]


def test_it_arrives_once_though_the_process_ends_before_that_is_kept(way: Way) -> None:
    """By files the client never sees it twice; by HTTPS the other side knows its name."""
    desk = Memory(found=[due(hit(way))], forgets=1)
    with pytest.raises(KeyboardInterrupt):
        clerk(way, desk, Lines()).step()
    way.far_end()
    way.again()
    clerk(way, desk, Lines()).step()
    way.far_end()
    assert list(way.far.outcomes) == list(desk.was_told)
    assert isinstance(way, FolderWay) is (way.far.outcomes[desk.found[0].report.name] == 1)


def test_an_outcome_waits_while_the_partner_is_away(tmp_path: Path) -> None:
    """It is due until the partner has it."""
    clock = Clock()
    way = WAYS["https"](tmp_path, "hit", clock)
    try:
        desk = Memory(found=[due(hit(way))])
        way.far.be_away(30)
        clerk(way, desk, Lines()).step()
        assert not desk.was_told
        clock.at += 60
        clerk(way, desk, Lines()).step()
        assert list(way.far.outcomes) == list(desk.was_told)
    finally:
        way.close()


def test_an_outcome_that_the_partner_does_not_take_is_not_sent_for_ever(way: Way) -> None:
    """It never gave such a hit: by HTTPS that is told and journaled, by files it lies with the client's refused."""
    hit(way)
    desk, journal = Memory(found=[due(tcn(77))]), Lines()
    clerk(way, desk, journal).step()
    way.far_end()
    assert len(desk.was_told) == 1
    assert not way.far.outcomes
    assert way.far.away is False
    assert clerk(way, desk, journal).step() > 0


@pytest.mark.parametrize(
    ("source", "person"),
    [
        ("SYR", Shielded(frozenset({"SYR"}))),
        ("", Shielded(frozenset({"SYR"}))),
        ("ABC", Shielded(protection_sought=True)),
        ("", Shielded(protection_sought=True)),
        ("ABC", None),
    ],
)
def test_nothing_is_told_that_could_reach_the_country_fled(
    source: str, person: Shielded | None, tmp_path: Path
) -> None:
    """Also through INTERPOL, which passes it on; the words never say which rule it was."""
    way = WAYS["folder"](tmp_path, "hit", Clock())
    desk, journal = Memory(found=[due(hit(way), source, person)]), Lines()
    clerk(way, desk, journal).step()
    assert list(desk.was_told.values()) == [KEPT_HERE]
    assert not journal.told(Deed.REPORTED)
    assert "SYR" not in "".join(journal.told(Deed.KEPT_FROM))
    way.far_end()
    assert not way.far.outcomes


def test_a_partner_in_the_country_fled_is_told_nothing() -> None:
    """Whoever placed the reference."""
    there = Terms(Partner.NATIONAL, "SYR")
    with pytest.raises(Refused):
        check_report(due(tcn(9), "FRA", Shielded(frozenset({"SYR"}))), there)


def test_somebody_who_fled_from_elsewhere_hinders_nothing() -> None:
    """The rule is as narrow as its reason."""
    check_report(due(tcn(9), "FRA", Shielded(frozenset({"SYR"}))), Terms())


def test_a_lane_under_eurodac_tells_nobody() -> None:
    """What was obtained there never leaves."""
    with pytest.raises(Refused):
        check_report(dataclasses.replace(due(tcn(9)), regime=Regime.EURODAC), Terms())


def test_a_report_names_its_two_numbers_the_outcome_and_the_time_and_nothing_else() -> None:
    """No officer, no reason, no post, no person."""
    assert set(json.loads(encode(due(tcn(9)).report))) == {"hotspot", "tcr", "answer", "outcome", "at"}


@given(st.binary(max_size=300))
def test_garbage_is_no_outcome(content: bytes) -> None:
    """Whatever somebody drops into the folder."""
    with pytest.raises(BadBytes):
        decode(content)


@pytest.mark.parametrize(
    "changed", [{"tcr": "1"}, {"outcome": "guilty"}, {"at": "2026-11-23T12:00:00"}, {"officer": "k7"}]
)
def test_an_outcome_with_another_word_in_it_is_none(changed: dict[str, str]) -> None:
    """Every field is checked, none may be added."""
    whole = json.loads(encode(due(tcn(9)).report)) | changed
    with pytest.raises(BadBytes):
        decode(json.dumps(whole).encode())


def test_an_outcome_reads_as_it_was_written() -> None:
    """Both ways."""
    report = OutcomeReport(tcn(), tcn(2), "refuted", CAPTURED)
    assert decode(encode(report)) == report
