"""The capture session: its table walked state by state, then by chance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import making
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot_kiosk.kiosk.events import (
    Accept,
    Alarm,
    Answered,
    Begin,
    Cancel,
    Effect,
    Event,
    Found,
    LinkChanged,
    LookedAgain,
    Lost,
    Missed,
    NoticeRead,
    Overrule,
    Partly,
    Prompt,
    Quarantined,
    Retake,
    Sampled,
    Show,
    StillHere,
    StopTaking,
    Store,
    Stored,
    StoreRefused,
    TakeFace,
    TakeFinger,
    Tick,
    Without,
)
from hotspot_kiosk.kiosk.session import EVERYWHERE, TABLE, Plan, Session, State, step
from hotspot_kiosk.terms import Advice, Answer, AnswerType, Decision, FingerPosition, RequestType

RIGHT, LEFT = FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX
PLAN = Plan(fingers=(RIGHT, LEFT), attempts=2)
FACE = making.face_capture()
FINGER = making.finger_capture(1, RIGHT)
OTHER = making.finger_capture(2, LEFT)
MINE, ANOTHER = making.tcn(1), making.tcn(2)
CAPTURING = (State.NOTICE, State.FACE, State.FINGERS, State.REVIEW)
EMPTY_HANDED = (State.IDLE, State.DONE, State.FAULT)
ALARM = Alarm("the camera does not answer; check its cable and power")


def answer(tcn: str = MINE, decision: Decision = Decision.NO_HIT) -> Answered:
    """An answer to a request."""
    moment = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)
    return Answered(Answer(making.Tcn(tcn), AnswerType.SRE, decision, (), moment))


def walk(session: Session, *events: Event, at: int = 1000) -> tuple[Session, list[Effect]]:
    """The session after these events, and what the last one asked for."""
    effects: tuple[Effect, ...] = ()
    for event in events:
        session, effects = step(session, event, at)
    return session, list(effects)


def at(state: State, plan: Plan = PLAN, link: bool = True) -> Session:
    """A session that came to that state in the ordinary way."""
    review = replace(plan, review=True) if state is State.REVIEW else plan
    roads: dict[State, tuple[Event, ...]] = {
        State.IDLE: (),
        State.NOTICE: (Begin(),),
        State.FACE: (Begin(), NoticeRead()),
        State.FINGERS: (Begin(), NoticeRead(), Sampled(1, FACE)),
        State.FAULT: (Lost("camera"),),
    }
    captured = (Begin(), NoticeRead(), Sampled(1, FACE), Sampled(2, FINGER), Sampled(3, OTHER))
    roads |= {State.REVIEW: captured, State.WAITING: captured, State.DONE: (Begin(), Cancel())}
    session, _ = walk(Session(review, link_up=link), *roads[state])
    assert session.state is state
    return session


def waiting() -> Session:
    """A session whose record is stored, and whose answer is awaited."""
    session, _ = walk(at(State.WAITING), Stored(MINE))
    return session


def test_a_beginning_shows_the_notice() -> None:
    """From idle a beginning leads to the notice, with the kind of search that was asked for."""
    session, effects = walk(at(State.IDLE), Begin(RequestType.CPS))
    assert (session.state, session.tot, effects) == (
        State.NOTICE,
        RequestType.CPS,
        [Show(Prompt.READ_NOTICE)],
    )


def test_after_the_notice_the_face_is_asked_for() -> None:
    """Once the notice is read, the camera gets its first turn."""
    session, effects = walk(at(State.NOTICE), NoticeRead())
    assert (session.state, effects) == (
        State.FACE,
        [Show(Prompt.LOOK_AT_CAMERA), TakeFace(1, then="right index")],
    )


def test_after_the_face_the_first_finger_is_asked_for() -> None:
    """A good face is kept, and the sensor gets the next turn."""
    session, effects = walk(at(State.FACE), Sampled(1, FACE))
    assert (session.state, session.captures) == (State.FINGERS, (FACE,))
    assert effects == [Show(Prompt.PLACE_FINGER, "right index"), TakeFinger(2, RIGHT, "left index")]


def test_after_one_finger_the_next_is_asked_for() -> None:
    """A good touch leads to the next finger of the plan."""
    session, effects = walk(at(State.FINGERS), Sampled(2, FINGER))
    assert (session.state, session.captures) == (State.FINGERS, (FACE, FINGER))
    assert effects == [Show(Prompt.PLACE_FINGER, "left index"), TakeFinger(3, LEFT)]


def test_touches_of_one_finger_come_after_each_other() -> None:
    """A plan of two touches asks for the same finger twice before the next one."""
    session = at(State.FINGERS, replace(PLAN, touches=2))
    session, effects = walk(session, Sampled(2, FINGER))
    assert effects == [Show(Prompt.PLACE_FINGER, "right index"), TakeFinger(3, RIGHT, "left index")]
    _, effects = walk(session, Sampled(3, FINGER))
    assert effects == [Show(Prompt.PLACE_FINGER, "left index"), TakeFinger(4, LEFT, "left index")]


def test_a_finger_that_cannot_be_given_is_noted_with_its_reason() -> None:
    """The sensor is told to stop, the reason is kept, and the next finger is asked for."""
    session, effects = walk(at(State.FINGERS), Without("bandaged"))
    assert session.failures == ("right index: bandaged",)
    assert effects == [
        StopTaking(),
        Show(Prompt.GOING_ON, "right index"),
        Show(Prompt.PLACE_FINGER, "left index"),
        TakeFinger(3, LEFT),
    ]


def test_a_finger_given_up_is_not_asked_for_a_second_touch() -> None:
    """With two touches a finger, a reason ends both."""
    session, _ = walk(at(State.FINGERS, replace(PLAN, touches=2)), Without("missing"))
    assert session.position is LEFT


def test_a_finger_that_is_there_in_part_is_taken() -> None:
    """It is noted once and asked for as before; what is stored says so, and nothing counts as a failure."""
    session, effects = walk(at(State.FINGERS), Partly(), Partly())
    assert (session.position, session.partly, effects) == (RIGHT, (RIGHT,), [])
    session, effects = walk(session, Sampled(2, FINGER), Sampled(3, OTHER))
    assert effects[-1] == Store(RequestType.NPS, (FACE, FINGER, OTHER), partly=(RIGHT,))


def test_a_part_is_forgotten_with_its_person() -> None:
    """Whoever comes next has all their fingers until they say otherwise."""
    session, _ = walk(at(State.FINGERS), Partly(), Retake())
    assert session.partly == ()
    session, _ = walk(at(State.FINGERS), Partly(), Cancel(), Begin())
    assert session.partly == ()


def test_who_can_give_no_finger_is_checked_by_the_face() -> None:
    """Every finger that is left is noted with the reason, and the face alone is stored."""
    session, effects = walk(at(State.FINGERS), Without("cannot", everything=True))
    assert session.failures == ("right index: cannot", "left index: cannot")
    assert session.state is State.WAITING
    assert effects[-1] == Store(RequestType.NPS, (FACE,), session.failures)


def test_who_shows_no_face_is_checked_by_the_fingers() -> None:
    """A face that is refused is noted, and the fingers are asked for."""
    session, effects = walk(at(State.FACE), Without("refuses", everything=True))
    assert (session.state, session.failures) == (State.FINGERS, ("face: refuses",))
    assert effects[-1] == TakeFinger(2, RIGHT, "left index")


@pytest.mark.parametrize("state", CAPTURING)
def test_who_needs_more_time_gets_it(state: State) -> None:
    """The time-out counts anew from the moment somebody says that they are still there."""
    session, effects = walk(at(state), StillHere(), at=30_000)
    assert effects == []
    assert walk(session, Tick(), at=30_000 + PLAN.subject_ms - 1)[0].state is state
    assert walk(session, Tick(), at=30_000 + PLAN.subject_ms)[0].state is State.DONE


def test_after_the_last_finger_the_record_is_stored() -> None:
    """Without a review the last capture leads to storing all of them."""
    session, effects = walk(at(State.FINGERS), Sampled(2, FINGER), Sampled(3, OTHER))
    assert (session.state, effects) == (
        State.WAITING,
        [Store(RequestType.NPS, (FACE, FINGER, OTHER))],
    )


def test_a_plan_without_fingers_stores_the_face_alone() -> None:
    """With no finger in the plan, the face is all there is."""
    session, effects = walk(at(State.FACE, replace(PLAN, fingers=())), Sampled(1, FACE))
    assert (session.state, effects) == (State.WAITING, [Store(RequestType.NPS, (FACE,))])


def test_a_review_comes_before_storing_if_the_plan_says_so() -> None:
    """With a review nothing is stored until it is accepted."""
    session = at(State.FINGERS, replace(PLAN, review=True))
    session, effects = walk(session, Sampled(2, FINGER), Sampled(3, OTHER))
    assert (session.state, effects) == (State.REVIEW, [Show(Prompt.REVIEW)])


def test_an_accepted_review_is_stored() -> None:
    """Accept leads from the review to storing."""
    session, effects = walk(at(State.REVIEW), Accept())
    assert (session.state, effects) == (
        State.WAITING,
        [Store(RequestType.NPS, (FACE, FINGER, OTHER))],
    )


def test_a_poor_sample_is_asked_for_again_with_advice() -> None:
    """A sample below the plan's quality costs one attempt and brings its advice."""
    session, effects = walk(at(State.FACE), Sampled(1, making.face_capture(score=29)))
    assert (session.state, session.captures) == (State.FACE, ())
    assert effects == [Show(Prompt.AGAIN, "Look straight."), TakeFace(2, then="right index")]


def test_a_sample_of_just_enough_quality_is_taken() -> None:
    """The plan's least quality is good enough."""
    session, _ = walk(at(State.FACE), Sampled(1, making.face_capture(score=PLAN.face_quality)))
    assert session.state is State.FINGERS


def test_face_and_fingers_have_their_own_least_quality() -> None:
    """A touch is judged by the fingers' threshold, not by the face's."""
    session, _ = walk(
        at(State.FINGERS), Sampled(2, making.finger_capture(1, RIGHT, score=PLAN.finger_quality))
    )
    assert session.captures[-1].quality.score == PLAN.finger_quality < PLAN.face_quality


def test_a_miss_is_asked_for_again() -> None:
    """A try that gave nothing costs one attempt."""
    session, effects = walk(at(State.FINGERS), Missed(2, Advice.NO_FINGER))
    assert session.state is State.FINGERS
    assert effects == [
        Show(Prompt.AGAIN, Advice.NO_FINGER),
        TakeFinger(3, RIGHT, "left index", again=True),
    ]


def test_a_face_that_cannot_be_acquired_is_noted() -> None:
    """After the last attempt the failure is noted, and the fingers follow."""
    session, effects = walk(at(State.FACE), Missed(1, Advice.ONCE_MORE), Missed(2, Advice.ONCE_MORE))
    assert (session.state, session.failures) == (State.FINGERS, ("face",))
    assert effects == [
        Show(Prompt.GOING_ON, "face"),
        Show(Prompt.PLACE_FINGER, "right index"),
        TakeFinger(3, RIGHT, "left index"),
    ]


def test_a_finger_that_cannot_be_acquired_is_noted() -> None:
    """After the last attempt the next finger is asked for, with all its attempts."""
    session, effects = walk(at(State.FINGERS), Missed(2, Advice.ONCE_MORE), Missed(3, Advice.ONCE_MORE))
    assert (session.failures, session.attempts_left) == (("right index",), PLAN.attempts)
    assert effects == [
        Show(Prompt.GOING_ON, "right index"),
        Show(Prompt.PLACE_FINGER, "left index"),
        TakeFinger(4, LEFT),
    ]


def test_no_further_touch_is_asked_of_a_finger_that_failed() -> None:
    """A finger whose attempts are used up is left alone, even if the plan wants more touches."""
    session = at(State.FINGERS, replace(PLAN, touches=3))
    _, effects = walk(session, Missed(2, Advice.ONCE_MORE), Missed(3, Advice.ONCE_MORE))
    assert effects[-1] == TakeFinger(4, LEFT, "left index")


def test_failures_travel_with_the_record() -> None:
    """What could not be acquired is stored beside what was."""
    session, effects = walk(
        at(State.FACE), Missed(1, Advice.ONCE_MORE), Missed(2, Advice.ONCE_MORE), Sampled(3, FINGER)
    )
    session, effects = walk(session, Sampled(4, OTHER))
    assert effects == [Store(RequestType.NPS, (FINGER, OTHER), ("face",))]


def poor(score: int, *, look_again: bool = False) -> Sampled:
    """A face that the machine refuses, for the turn that is asked first."""
    return Sampled(1, making.face_capture(1, score), look_again)


def test_an_officer_takes_the_best_of_what_was_refused() -> None:
    """With a reason, which travels with the record; the device is stopped and the next thing asked for."""
    plan = replace(PLAN, attempts=3)
    second = replace(poor(20), turn=2)
    session, effects = walk(Session(plan), Begin(), NoticeRead(), poor(12), second, Overrule("k7", "scarred"))
    assert session.state is State.FINGERS
    assert [each.quality.score for each in session.captures] == [20]
    assert session.overruled == ("face: 20 of 100, k7: scarred",)
    assert effects[0] == StopTaking()
    session, effects = walk(session, Sampled(session.turn, FINGER))
    session, effects = walk(session, Sampled(session.turn, OTHER))
    assert isinstance(effects[0], Store)
    assert effects[0].overruled == ("face: 20 of 100, k7: scarred",)


def test_nothing_is_taken_before_something_was_refused_or_without_a_reason() -> None:
    """An officer cannot make a sample out of nothing, nor leave out the reason."""
    before, _ = walk(Session(PLAN), Begin(), NoticeRead())
    assert step(before, Overrule("k7", "scarred"), 0) == (replace(before, ignored=1), ())
    before, _ = walk(before, poor(20))
    assert step(before, Overrule("k7", "  "), 0) == (replace(before, ignored=1), ())


def test_what_was_refused_for_one_thing_is_not_taken_for_the_next() -> None:
    """A poor face does not stand in for a finger."""
    session, _ = walk(Session(PLAN), Begin(), NoticeRead(), poor(20), Sampled(2, FACE))
    assert (session.state, session.refused) == (State.FINGERS, None)
    assert step(session, Overrule("k7", "scarred"), 0)[0].captures == session.captures


def test_a_refused_face_that_may_be_a_minors_stays_so_when_it_is_taken() -> None:
    """An officer's word about quality is none about age."""
    session, _ = walk(Session(PLAN), Begin(), NoticeRead(), poor(20, look_again=True))
    assert not session.second_look
    assert walk(session, Overrule("k7", "scarred"))[0].second_look


def test_a_last_failure_still_stores_the_rest() -> None:
    """A failing last finger ends in storing what was captured."""
    session, effects = walk(
        at(State.FINGERS), Sampled(2, FINGER), Missed(3, Advice.ONCE_MORE), Missed(4, Advice.ONCE_MORE)
    )
    assert session.state is State.WAITING
    assert effects == [
        Show(Prompt.GOING_ON, "left index"),
        Store(RequestType.NPS, (FACE, FINGER), ("left index",)),
    ]


def test_nothing_captured_stores_nothing() -> None:
    """If every attempt failed there is no record, only a word."""
    session, effects = walk(at(State.FACE), *(Missed(turn, Advice.ONCE_MORE) for turn in range(1, 7)))
    assert session.state is State.DONE
    assert effects == [Show(Prompt.GOING_ON, "left index"), Show(Prompt.NOTHING_CAPTURED)]


@pytest.mark.parametrize("state", [State.FACE, State.FINGERS])
@pytest.mark.parametrize("late", [Sampled(0, FACE), Sampled(0, FINGER), Missed(0, Advice.ONCE_MORE)])
def test_an_older_turn_is_dropped(state: State, late: Event) -> None:
    """What answers an older turn changes nothing but the count of ignored events."""
    before = at(state)
    assert step(before, late, 0) == (replace(before, ignored=1), ())


def test_a_sample_of_another_kind_is_dropped() -> None:
    """A finger for the camera's turn, a face or another finger for the sensor's, are ignored."""
    face, fingers = at(State.FACE), at(State.FINGERS)
    for before, sampled in ((face, Sampled(1, FINGER)), (fingers, Sampled(2, FACE))):
        assert step(before, sampled, 0) == (replace(before, ignored=1), ())
    assert step(fingers, Sampled(2, OTHER), 0) == (replace(fingers, ignored=1), ())


def test_a_turn_answers_once() -> None:
    """The second answer to a turn is ignored."""
    session, _ = walk(at(State.REVIEW), Sampled(3, OTHER))
    assert session.captures == (FACE, FINGER, OTHER)


@pytest.mark.parametrize("state", CAPTURING)
def test_cancel_forgets_everything(state: State) -> None:
    """Cancel before the record is stored stops the devices and keeps no capture."""
    session, effects = walk(at(state), Cancel())
    assert (session.state, session.captures, session.failures) == (State.DONE, (), ())
    assert effects == [StopTaking(), Show(Prompt.STOPPED)]


@pytest.mark.parametrize("state", CAPTURING)
def test_a_subject_who_left_is_forgotten(state: State) -> None:
    """When the time is over, all is wiped as by a cancel; a moment before, it is not."""
    before = at(state)
    end = 1000 + PLAN.subject_ms
    assert step(before, Tick(), end - 1) == (before, ())
    session, effects = step(before, Tick(), end)
    assert (session.state, session.captures, effects) == (
        State.DONE,
        (),
        (StopTaking(), Show(Prompt.STOPPED)),
    )


def test_every_turn_begins_the_time_anew() -> None:
    """A person who goes on gets the whole time for each capture."""
    session, _ = walk(at(State.FACE), Sampled(1, FACE), at=40_000)
    assert walk(session, Tick(), at=80_000)[0].state is State.FINGERS


@pytest.mark.parametrize("state", [State.FACE, State.FINGERS, State.REVIEW])
def test_retake_begins_the_captures_again(state: State) -> None:
    """Retake drops captures and failures and goes back to the face, with a new turn."""
    before, _ = walk(Session(replace(PLAN, review=True)), Begin(RequestType.CPS), NoticeRead())
    if state is not State.FACE:
        before, _ = walk(before, Missed(1, Advice.ONCE_MORE), Missed(2, Advice.ONCE_MORE))
    if state is State.REVIEW:
        before, _ = walk(before, Sampled(3, FINGER), Sampled(4, OTHER))
    assert before.state is state
    session, effects = walk(before, Retake())
    assert (session.state, session.captures, session.failures) == (State.FACE, (), ())
    assert (session.tot, session.attempts_left) == (RequestType.CPS, PLAN.attempts)
    assert effects == [
        StopTaking(),
        Show(Prompt.LOOK_AT_CAMERA),
        TakeFace(before.turn + 1, then="right index"),
    ]


def test_stored_with_a_link_waits_for_the_answer() -> None:
    """With a link up, a stored record is being checked; its pixels are forgotten."""
    session, effects = walk(at(State.WAITING), Stored(MINE))
    assert (session.state, session.tcn, session.captures) == (State.WAITING, MINE, ())
    assert effects == [Show(Prompt.CHECKING, MINE)]


def test_stored_without_a_link_is_kept() -> None:
    """Without a link nobody waits: the record is kept and will be checked."""
    session, effects = walk(at(State.WAITING, link=False), Stored(MINE))
    assert (session.state, session.tcn, effects) == (State.DONE, MINE, [Show(Prompt.KEPT, MINE)])


def test_a_link_that_falls_while_waiting_keeps() -> None:
    """If the link goes while the answer is awaited, the record is kept."""
    session, effects = walk(waiting(), LinkChanged(False))
    assert (session.state, effects) == (State.DONE, [Show(Prompt.KEPT, MINE)])


def test_a_link_that_falls_before_storing_keeps_after_it() -> None:
    """If the link goes before the record is on disk, the word comes once it is."""
    session, effects = walk(at(State.WAITING), LinkChanged(False))
    assert (session.state, session.captures, effects) == (State.WAITING, (FACE, FINGER, OTHER), [])
    assert walk(session, Stored(MINE))[1] == [Show(Prompt.KEPT, MINE)]


def test_who_stops_while_waiting_waits_no_longer() -> None:
    """The record is sealed and stays; before it is stored there is nothing to wait for yet."""
    session, effects = walk(at(State.WAITING), Stored(MINE), Cancel())
    assert (session.state, session.tcn, effects) == (State.DONE, MINE, [Show(Prompt.LATE, MINE)])
    session, effects = walk(at(State.WAITING), Cancel())
    assert (session.state, effects, session.ignored) == (State.WAITING, [], 1)


@pytest.mark.parametrize("state", State)
def test_the_link_is_known_everywhere(state: State) -> None:
    """Whatever happens, the session knows whether the link is up, and says nothing of it."""
    before = at(state, link=False)
    assert step(before, LinkChanged(True), 0) == (replace(before, link_up=True), ())


def test_the_answer_is_shown() -> None:
    """The answer to the person at the kiosk ends the wait."""
    session, effects = walk(waiting(), answer(decision=Decision.POSSIBLE_MATCH))
    assert (session.state, session.tcn) == (State.DONE, MINE)
    assert session.answer is not None
    assert effects == [Show(Prompt.ANSWERED, f"{MINE}: possible match, verify")]


@pytest.mark.parametrize("state", State)
def test_an_answer_for_somebody_else_is_shown_and_changes_nothing(state: State) -> None:
    """An answer to an earlier person is told, and the session stays as it is."""
    before = at(state)
    assert step(before, answer(ANOTHER), 0) == (before, (Show(Prompt.ANSWERED, f"{ANOTHER}: no hit"),))


def test_an_answer_for_somebody_else_does_not_end_the_wait() -> None:
    """While one answer is awaited, another's is shown and the wait goes on."""
    before = waiting()
    assert step(before, answer(ANOTHER), 0) == (before, (Show(Prompt.ANSWERED, f"{ANOTHER}: no hit"),))


def test_an_answer_that_takes_too_long_is_left_for_later() -> None:
    """After the plan's time the officer goes on, and hears no word of a missing link."""
    before = waiting()
    end = 1000 + PLAN.answer_ms
    assert step(before, Tick(), end - 1) == (before, ())
    session, effects = step(before, Tick(), end)
    assert (session.state, effects) == (State.DONE, (Show(Prompt.LATE, MINE),))


def test_no_time_runs_out_while_the_record_is_being_stored() -> None:
    """Before the record is on disk no tick ends the wait."""
    before = at(State.WAITING)
    assert step(before, Tick(), 10**9) == (before, ())


def test_a_refused_store_is_a_fault_with_an_alarm() -> None:
    """A record that could not be stored puts the kiosk out of order and is forgotten."""
    session, effects = walk(at(State.WAITING), StoreRefused("the disk is full"))
    assert (session.state, session.captures, session.faults) == (State.FAULT, (), {"outbox"})
    assert effects == [Alarm("not stored: the disk is full"), Show(Prompt.FAULT, "the disk is full")]


def test_room_in_the_outbox_ends_its_fault() -> None:
    """Once there is room again the kiosk is ready."""
    session, _ = walk(at(State.WAITING), StoreRefused("x"))
    session, effects = walk(session, Found("outbox"))
    assert (session.state, effects) == (State.IDLE, [Show(Prompt.READY)])


def test_the_next_person_waits_for_the_record_on_disk() -> None:
    """A beginning while the record is being stored is ignored; once it is stored, it is not."""
    before = at(State.WAITING)
    assert step(before, Begin(), 0) == (replace(before, ignored=1), ())
    session, effects = walk(waiting(), Begin())
    assert (session.state, session.tcn, effects) == (State.NOTICE, None, [Show(Prompt.READ_NOTICE)])


def test_the_next_person_may_come_while_the_last_words_stand() -> None:
    """A beginning does not wait for the last person's words to go."""
    session, effects = walk(at(State.DONE), Begin())
    assert (session.state, effects) == (State.NOTICE, [Show(Prompt.READ_NOTICE)])


def test_the_last_words_go_after_a_while() -> None:
    """From done the session goes back to idle when its time is over, and not before."""
    before = at(State.DONE)
    end = 1000 + PLAN.done_ms
    assert step(before, Tick(), end - 1) == (before, ())
    session, effects = step(before, Tick(), end)
    assert (session.state, session.tcn, effects) == (State.IDLE, None, (Show(Prompt.READY),))


@pytest.mark.parametrize("state", [State.IDLE, *CAPTURING, State.FAULT])
def test_a_lost_device_is_a_fault(state: State) -> None:
    """A device that does not answer stops everything and forgets the captures."""
    session, effects = walk(at(state), Lost("camera"))
    assert (session.state, session.captures, session.faults) == (State.FAULT, (), {"camera"})
    assert effects == [StopTaking(), ALARM, Show(Prompt.FAULT, "camera")]


@pytest.mark.parametrize("state", [State.WAITING, State.DONE])
def test_a_device_lost_after_the_captures_ends_nothing(state: State) -> None:
    """A record on its way goes on without the device; an officer is told."""
    before = at(state)
    session, effects = step(before, Lost("camera"), 0)
    assert (session, effects) == (replace(before, faults=frozenset({"camera"})), (ALARM,))


def test_a_device_lost_while_waiting_is_missed_afterwards() -> None:
    """Once the last words went, the kiosk is out of order until the device is back."""
    session, _ = walk(waiting(), Lost("camera"), answer())
    session, effects = walk(session, Tick(), at=60_000)
    assert (session.state, effects) == (State.FAULT, [Show(Prompt.FAULT, "camera")])
    assert walk(session, Found("camera"))[0].state is State.IDLE


@pytest.mark.parametrize("state", [State.WAITING, State.DONE])
def test_nobody_begins_without_a_device(state: State) -> None:
    """A beginning while a device is lost leads to the fault, not to the notice."""
    session, _ = walk(waiting(), Lost("camera"))
    if state is State.DONE:
        session, _ = walk(session, answer())
    assert session.state is state
    session, effects = walk(session, Begin())
    assert (session.state, effects) == (State.FAULT, [Show(Prompt.FAULT, "camera")])


def test_the_fault_ends_with_the_last_device_back() -> None:
    """Two devices lost: one back is not enough."""
    session, _ = walk(at(State.FAULT), Lost("finger sensor"))
    session, effects = walk(session, Found("camera"))
    assert (session.state, effects) == (State.FAULT, [])
    session, effects = walk(session, Found("finger sensor"))
    assert (session.state, session.faults, effects) == (State.IDLE, frozenset(), [Show(Prompt.READY)])


def test_a_device_back_before_anybody_came_is_no_event() -> None:
    """Found where nothing was missed changes nothing."""
    before = at(State.FACE)
    assert step(before, Found("camera"), 0) == (before, ())


EVENTS: tuple[Event, ...] = (
    Begin(),
    NoticeRead(),
    Partly(),
    Sampled(0, FACE),
    Missed(0, Advice.ONCE_MORE),
    Accept(),
    Retake(),
    Cancel(),
    LookedAgain(),
    Stored(MINE),
    StoreRefused("x"),
    answer(),
    LinkChanged(True),
    Lost("camera"),
    Found("camera"),
    Tick(),
)
UNLISTED = [
    pytest.param(state, event, id=f"{state}-{type(event).__name__}")
    for state in State
    for event in EVENTS
    if (state, type(event)) not in TABLE and type(event) not in EVERYWHERE
]


@pytest.mark.parametrize(("state", "event"), UNLISTED)
def test_an_unlisted_pair_only_counts(state: State, event: Event) -> None:
    """A pair that is not in the table asks for nothing and only counts as ignored."""
    before = at(state)
    assert step(before, event, 10**9) == (replace(before, ignored=before.ignored + 1), ())


def test_no_capture_shows_in_a_repr() -> None:
    """Neither a session nor its request to store shows a pixel or a template."""
    session, effects = walk(at(State.FINGERS), Sampled(2, FINGER), Sampled(3, OTHER))
    assert "captures" not in repr(session)
    assert "captures" not in repr(effects[0])


plans = st.builds(
    Plan,
    fingers=st.sampled_from([(), (RIGHT,), (RIGHT, LEFT)]),
    touches=st.integers(1, 2),
    attempts=st.integers(1, 3),
    review=st.booleans(),
    hold=st.booleans(),
)
turns = st.integers(0, 9)
samples = st.sampled_from([FACE, FINGER, OTHER, making.face_capture(score=5)])
devices = st.sampled_from(["camera", "finger sensor", "outbox"])
tcns = st.sampled_from([MINE, ANOTHER])
# A number of 0 stands for the turn that is running, so that chance gets somewhere.
any_event: st.SearchStrategy[Event] = st.one_of(
    st.builds(Begin, st.sampled_from(RequestType)),
    st.just(NoticeRead()),
    st.builds(Sampled, turns, samples),
    st.builds(Sampled, st.just(0), samples, st.booleans()),
    st.builds(Missed, st.just(0) | turns, st.sampled_from(Advice)),
    st.sampled_from([Accept(), Retake(), Cancel(), LookedAgain(), Tick(), Tick()]),
    st.builds(Stored, tcns),
    st.just(StoreRefused("x")),
    st.builds(answer, tcns),
    st.builds(LinkChanged, st.booleans()),
    st.builds(Lost, devices) | st.builds(Found, devices),
)
walks = st.lists(st.tuples(any_event, st.integers(0, 60_000)), max_size=60)


def for_now(session: Session, event: Event) -> Event:
    """The event, meant for the running turn if it says 0."""
    meant = isinstance(event, Sampled | Missed) and event.turn == 0
    return replace(event, turn=session.turn) if meant else event


@given(plans, walks)
@settings(max_examples=400, deadline=None)
def test_whatever_happens_the_rules_hold(plan: Plan, events: list[tuple[Event, int]]) -> None:
    """No event raises; nobody's captures outlive their session; one store a beginning; no stale turn counts."""
    session, now, may_store = Session(plan), 0, False
    for given_event, later in events:
        event, now, before = for_now(session, given_event), now + later, session
        session, effects = step(before, event, now)
        assert session.state in State
        assert not (session.state in EMPTY_HANDED and session.captures)
        assert not (session.state in (State.IDLE, *CAPTURING) and session.faults)
        if isinstance(event, Sampled) and event.turn != before.turn:
            assert session == replace(before, ignored=before.ignored + 1)
        assert session.turn >= before.turn
        may_store |= session.state is State.NOTICE
        stores = sum(isinstance(effect, Store) for effect in effects)
        assert stores <= may_store
        assert not (stores and session.held)
        may_store &= not stores


@given(plans, walks)
@settings(max_examples=200, deadline=None)
def test_whatever_happened_a_fresh_person_can_come(plan: Plan, events: list[tuple[Event, int]]) -> None:
    """From every state, with devices back and the disk written, time alone leads back to idle."""
    session, now = Session(plan), 0
    for event, later in events:
        now += later
        session, _ = step(session, for_now(session, event), now)
    if session.state is State.WAITING and session.tcn is None:
        session, _ = step(session, Stored(MINE), now)
    for device in ("camera", "finger sensor", "outbox"):
        session, _ = step(session, Found(device), now)
    for _ in range(3):
        now += 60_000
        session, _ = step(session, Tick(), now)
    assert (session.state, session.captures) == (State.IDLE, ())


def test_a_quarantined_record_of_this_person_ends_the_wait_with_an_alarm() -> None:
    """No answer will come by itself; the officer hears it now."""
    session, effects = step(waiting(), Quarantined(MINE, "why"), 1000)
    assert session.state is State.DONE
    assert [type(effect) for effect in effects] == [Alarm, Show]


def test_a_quarantined_record_of_another_person_is_an_alarm_only() -> None:
    """The session goes on."""
    before = waiting()
    session, effects = step(before, Quarantined(ANOTHER, "why"), 1000)
    assert session == before
    assert [type(effect) for effect in effects] == [Alarm]
