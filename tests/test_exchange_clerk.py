"""The clerk between the law, the cases and a partner: what goes, what comes back, what errors ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from exchanging import NOW, WAYS, Clock, Lines, Memory, Way, clerk, file_of, outgoing, tcn
from nistfiles import R503, of_face, of_finger

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.hub.exchange.gate import FINGERS_STAY
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.nist.answer import MEANINGS, Course, SearchError
from hotspot_kiosk.policy import Regime

Make = Callable[..., Way]


@pytest.fixture(params=WAYS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes one variant with its far end for a script."""
    made: list[Way] = []

    def one(script: str, clock: Clock | None = None, per_minute: int = 0) -> Way:
        made.append(WAYS[request.param](tmp_path, script, clock or Clock(), per_minute))
        return made[0]

    yield one
    for way in made:
        way.close()


def serve(way: Way, desk: Memory, journal: Lines | None = None, rounds: int = 3) -> Lines:
    """Some rounds of clerk and far end."""
    lines = journal or Lines()
    one = clerk(way, desk, lines)
    for _ in range(rounds):
        one.step()
        way.far_end()
    return lines


def test_a_check_goes_and_its_answer_comes_back(make: Make) -> None:
    """Sent once, journaled, a hit as a typed result."""
    desk = Memory([outgoing()])
    lines = serve(make("hit"), desk)
    assert set(desk.was_sent) == {tcn()}
    (result,) = desk.results.values()
    assert (result.tcr, result.hit, result.total) == (tcn(), True, 1)
    assert result.candidate is not None
    assert not result.candidate.verified
    assert lines.told(Deed.EXCHANGED) == ["biohub, operation OP-1"]
    assert len(lines.told(Deed.REPLIED)) == 1


def test_no_hit_is_an_answer_too(make: Make) -> None:
    """With nobody in it."""
    desk = Memory([outgoing()])
    serve(make("no-hit"), desk)
    assert [(r.hit, r.total) for r in desk.results.values()] == [(False, 0)]


def test_several_candidates_come_one_message_each_in_any_order(make: Make) -> None:
    """Out of order, each twice: every one is known once."""
    desk = Memory([outgoing()])
    serve(make("candidates:3+shuffled+repeated"), desk)
    found = [r.candidate.sequence for r in desk.results.values() if r.candidate]
    assert sorted(found) == [1, 2, 3]
    assert {r.total for r in desk.results.values()} == {3}


def test_a_late_answer_is_taken_in_whenever_it_comes(make: Make) -> None:
    """An hour later, by a clerk that was started anew."""
    clock, desk = Clock(), Memory([outgoing()])
    way = make("hit+late:3600", clock)
    serve(way, desk)
    assert desk.results == {}
    clock.at += 3600
    way.again()
    serve(way, desk)
    assert len(desk.results) == 1


def test_a_person_there_confirms_a_face_later(make: Make) -> None:
    """The same candidate in a message of its own, verified."""
    clock, desk = Clock(), Memory([outgoing(evidence=file_of(of_face()))])
    way = make("hit+verified:60", clock)
    serve(way, desk)
    clock.at += 60
    serve(way, desk)
    told = [(r.candidate.sequence, r.candidate.verified) for r in desk.results.values() if r.candidate]
    assert told == [(1, False), (1, True)]


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_every_published_error_has_its_course(tmp_path: Path, code: int) -> None:
    """Dead letter for the maintainer, recapture at the post, or the lane stopped; never sent again."""
    way = WAYS["folder"](tmp_path, f"error:{code}", Clock())
    desk = Memory([outgoing()])
    lines = serve(way, desk)
    (error,) = desk.errors.values()
    assert isinstance(error, SearchError)
    assert error.code == code
    assert bool(Shelf(tmp_path / "state").stopped) is (error.course is Course.STOP)
    assert bool(Shelf(tmp_path / "state").aside()) is (error.course is Course.MAINTAINER)
    assert bool(lines.told(Deed.LANE_STOPPED)) is (error.course is Course.STOP)
    assert way.far.seen == {tcn(): 1}


def test_a_stopped_lane_sends_nothing_and_still_takes_answers_in(make: Make) -> None:
    """What was asked before may still be answered; somebody opens the lane again."""
    desk = Memory([outgoing(1)])
    way = make("error:3, hit")
    serve(way, desk)
    desk.waiting.append(outgoing(2))
    serve(way, desk)
    assert set(desk.was_sent) == {tcn(1)}
    Shelf(way.tmp / "state").open()
    serve(way, desk)
    assert set(desk.was_sent) == {tcn(1), tcn(2)}
    assert len(desk.results) == 1


def test_what_the_law_keeps_is_withheld_with_words_and_journaled(make: Make) -> None:
    """And what comes after it goes nevertheless."""
    desk = Memory([replace(outgoing(1), regime=Regime.EURODAC), outgoing(2)])
    lines = serve(make("hit"), desk)
    assert set(desk.was_sent) == {tcn(2)}
    assert list(desk.was_withheld) == [tcn(1)]
    assert lines.told(Deed.KEPT_FROM) == [f"biohub: {desk.was_withheld[tcn(1)]}"]


def test_what_was_taken_out_stands_in_the_record_and_in_the_journal(make: Make) -> None:
    """Fingers of an unfit sensor."""
    evidence = file_of(of_face(), of_finger(2, grade=R503))
    desk = Memory([outgoing(evidence=evidence)])
    lines = serve(make("hit"), desk)
    assert desk.was_sent == {tcn(): (FINGERS_STAY,)}
    assert FINGERS_STAY in lines.told(Deed.EXCHANGED)[0]


def test_a_file_that_is_broken_is_withheld_not_tried_again(make: Make) -> None:
    """Nothing that cannot be read ever leaves."""
    desk = Memory([outgoing(evidence=b"not a file")])
    way = make("hit")
    serve(way, desk)
    assert list(desk.was_withheld) == [tcn()]
    assert way.far.seen == {}


def test_a_hub_that_ended_before_it_kept_that_a_file_went_sends_it_once(make: Make) -> None:
    """Killed between the hand-over and the note of it, three times."""
    desk = Memory([outgoing()], forgets=3)
    way = make("hit")
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            clerk(way, desk, Lines()).step()
        way.far_end()
        way.again()
    serve(way, desk)
    assert len(desk.results) == 1
    assert set(desk.was_sent) == {tcn()}
    assert max(way.far.seen.values()) <= (4 if WAYS["https"] is type(way) else 1)


def test_an_answer_that_nobody_asked_for_is_set_aside(make: Make) -> None:
    """It is shown to a maintainer, and to no post."""
    desk = Memory([outgoing()])
    way = make("hit")
    way.exchange.send(tcn(), outgoing().evidence)
    way.far_end()
    lines = serve(way, Memory())
    assert desk.results == {}
    assert len(Shelf(way.tmp / "state").aside()) == 1
    assert "never asked" in lines.told(Deed.SET_ASIDE)[0]


def test_an_outage_ends_in_every_file_sent_once(make: Make) -> None:
    """The clerk waits, longer each time, and goes on."""
    clock, desk = Clock(), Memory([outgoing(1), outgoing(2)])
    way = make("hit+outage:30, no-hit", clock)
    lines = serve(way, desk)
    clock.at += 31
    serve(way, desk, lines)
    assert set(way.far.seen.values()) == {1}
    assert len(desk.results) == 2


def test_a_limit_of_searches_a_minute_is_kept(make: Make) -> None:
    """Three searches where one a minute is let in."""
    clock, desk = Clock(), Memory([outgoing(each) for each in (1, 2, 3)])
    way = make("no-hit", clock, 1)
    for minute in range(1, 4):
        serve(way, desk)
        assert len(way.far.seen) == minute
        clock.at += 61
    serve(way, desk)
    assert len(desk.results) == 3


def test_pauses_grow_differ_and_end_when_it_works_again(tmp_path: Path) -> None:
    """Back-off with jitter, at most five minutes."""
    way = WAYS["https"](tmp_path, "hit", Clock())
    way.close()
    desk = Memory([outgoing()])
    one = clerk(way, desk, Lines())
    pauses = [one.step() for _ in range(12)]
    assert all(0.5 * top <= pause <= top for pause, top in zip(pauses, _tops(12), strict=True))
    assert len(set(pauses)) == 12
    assert outgoing().captured < NOW


def _tops(count: int) -> list[float]:
    return [min(2.0**n, 300.0) for n in range(count)]
