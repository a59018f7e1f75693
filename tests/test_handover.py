"""Self-service that an officer opened: adults only holds without anybody's own word, and every doubt closes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from making import face_capture
from officer_rig import Rig

from hotspot_kiosk import policy
from hotspot_kiosk.config import Page
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import Accept, Begin, NoticeRead, Retake, Sampled, Store
from hotspot_kiosk.kiosk.gate import Gate, begun
from hotspot_kiosk.kiosk.session import Plan, Session, State, step
from hotspot_kiosk.kiosk.staff.handover import Handover

MINUTES = 15


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """An office at a kiosk where people may begin by themselves."""
    made = Rig(tmp_path, Page(starts="person"))
    made.enrol()
    yield made
    made.close()


@pytest.fixture
def gate(rig: Rig) -> Gate:
    """Its gate."""
    return Gate(rig.place, rig.clock, rig.outbox)


def opened(rig: Rig, people: int = 2, name: str = "k7") -> Handover:
    """An officer opens self-service."""
    rig.act(rig.enter(name), "hand over", people=people, adult=True)
    assert rig.place.handover is not None
    return rig.place.handover


@pytest.mark.parametrize(
    ("people", "adult", "officer", "why"),
    [
        (1, False, "k7", "adults only"),
        (1, True, "", "sign in"),
        (0, True, "k7", "1 to 10"),
        (11, True, "k7", "1 to 10"),
    ],
)
def test_the_rule(people: int, adult: bool, officer: str, why: str) -> None:
    """Attested, by a named officer, for no more people than one can look at."""
    with pytest.raises(Refused, match=why):
        policy.may_hand_over(people, adult=adult, officer=officer)
    assert policy.may_hand_over(10, adult=True, officer="k7") == timedelta(minutes=MINUTES)


def test_nobody_begins_before_an_officer_opened_it(rig: Rig, gate: Gate) -> None:
    """A person's touch alone begins nothing, and nothing is written as begun."""
    with pytest.raises(Refused, match="an officer has to open"):
        gate.admit(Ask("begin alone", adult=True), Session(Plan()))
    assert "check begun" not in rig.journal()


def test_a_check_stands_in_the_name_of_who_attested(rig: Rig, gate: Gate) -> None:
    """The journal has the hand-over with its number, and the check under that officer."""
    handover = opened(rig)
    admitted = gate.admit(Ask("begin alone"), Session(Plan()))
    assert begun(admitted).alone
    assert handover.left == 1
    lines = rig.journal().splitlines()
    assert any(
        "self-service opened" in line and "officer:k7" in line and "2 for 15" in line for line in lines
    )
    assert any("check begun" in line and "officer:k7" in line for line in lines)


def test_it_is_used_up(rig: Rig, gate: Gate) -> None:
    """One adult attested, one check."""
    opened(rig, people=1)
    gate.admit(Ask("begin alone"), Session(Plan()))
    gate.settled()
    with pytest.raises(Refused, match="open"):
        gate.admit(Ask("begin alone"), Session(Plan()))


def test_it_ends_by_itself() -> None:
    """After its time nobody begins, however many are left."""
    now = [0]
    handover = Handover(lambda: now[0])
    handover.open("k7", 5, 1000)
    now[0] = 999
    assert handover.left == 5
    now[0] = 1000
    assert handover.left == 0
    with pytest.raises(Refused):
        handover.take()


def test_who_could_not_begin_may_try_again(rig: Rig, gate: Gate) -> None:
    """A refusal for another reason costs nobody's place."""
    handover = opened(rig)
    with pytest.raises(Refused, match="somebody is being checked"):
        gate.admit(Ask("begin alone"), Session(Plan(), state=State.FACE))
    assert handover.left == 2


def test_a_closed_one_is_not_opened_by_what_comes_back() -> None:
    """Closed in between stays closed."""
    handover = Handover(lambda: 0)
    handover.open("k7", 1, 1000)
    handover.take()
    handover.close()
    handover.give_back()
    assert handover.left == 0


def test_who_says_to_be_a_minor_closes_it_for_all(rig: Rig, gate: Gate) -> None:
    """An officer must look again; the person is counted, and no device was asked."""
    handover = opened(rig, people=5)
    gate.not_adult()
    assert handover.left == 0
    assert rig.place.minors is not None
    assert rig.place.minors.count == 1
    assert "self-service closed" in rig.journal()
    with pytest.raises(Refused, match="open"):
        gate.not_adult()


@pytest.mark.parametrize("do", ["take back", "minor"])
def test_an_officer_closes_it(rig: Rig, do: str) -> None:
    """At once, by taking it back or by meeting a minor."""
    handover = opened(rig)
    rig.act(rig.enter("k8"), do)
    assert handover.left == 0


def test_whoever_attests_must_be_allowed_to_check(rig: Rig) -> None:
    """A maintainer hands nothing over; an officer without the attestation neither."""
    with pytest.raises(Refused, match="signed in as"):
        opened(rig, name="m1")
    with pytest.raises(Refused, match="adults only"):
        rig.act(rig.enter(), "hand over", people=1)


def test_where_officers_begin_nothing_is_handed_over(tmp_path: Path) -> None:
    """It is off unless the page's table says otherwise."""
    rig = Rig(tmp_path)
    rig.enrol()
    with pytest.raises(Refused, match="do not begin by themselves"):
        rig.act(rig.enter(), "hand over", people=1, adult=True)
    assert rig.look(rig.enter()).handed is None
    rig.close()


def test_the_officer_sees_how_many_are_left(rig: Rig) -> None:
    """On the page."""
    opened(rig, people=3)
    assert rig.look(rig.enter()).handed == 3


def test_a_face_that_may_be_a_minors_waits_for_an_officer() -> None:
    """Where no officer stands by nothing is stored before one has looked, whatever the plan says; also after a retake."""
    session = Session(Plan(fingers=(), hold=False))
    sampled = Sampled(1, face_capture(), look_again=True)
    for event in (Begin(fingers=(), alone=True), NoticeRead(), Retake()):
        session, _ = step(session, event, 0)
    session, effects = step(session, replace(sampled, turn=session.turn), 0)
    assert session.state is State.REVIEW
    session, more = step(session, Accept(), 0)
    assert session.state is State.REVIEW
    assert not [each for each in (*effects, *more) if isinstance(each, Store)]


def test_the_next_check_with_an_officer_is_as_planned() -> None:
    """What a person alone was held to does not stay."""
    session = Session(Plan(fingers=(), hold=False))
    session, _ = step(session, Begin(fingers=(), alone=True), 0)
    session = replace(session, state=State.IDLE)
    session, _ = step(session, Begin(fingers=()), 0)
    assert not session.alone
