"""The capture session of one person: a pure state machine.

`step(session, event, now_ms)` returns the next session and the effects to carry out, in order. It
touches no device, disk, clock or network. The table stands at the foot; a pair that is not in it
changes nothing but the count of ignored events. Officer-assisted and self-service differ only in
the `Plan`. It lives in memory only: a power cut keeps nothing that was not confirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

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
from hotspot_kiosk.terms import (
    Advice,
    AnyAnswer,
    Capture,
    EnrolmentAnswer,
    EnrolmentDecision,
    FingerPosition,
    FingerSample,
    FingerTemplate,
    Modality,
    Purpose,
    RequestType,
    Tcn,
    same_lane,
)


class State(StrEnum):
    """Where the session is."""

    IDLE = "idle"
    NOTICE = "notice"
    FACE = "face"
    FINGERS = "fingers"
    REVIEW = "review"
    WAITING = "waiting"
    DONE = "done"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session captures, how often it tries, how long it waits (milliseconds).

    hold: whether a second look that the officer was asked for must be over before anything is stored.
    """

    fingers: tuple[FingerPosition, ...] = ()
    touches: int = 1
    attempts: int = 3
    face_quality: int = 30
    finger_quality: int = 25
    subject_ms: int = 45_000
    answer_ms: int = 20_000
    done_ms: int = 10_000
    review: bool = False
    hold: bool = False
    majority: int = 18

    def least_quality(self, modality: Modality) -> int:
        """The quality score below which a sample is asked for again."""
        return self.face_quality if modality is Modality.FACE else self.finger_quality


@dataclass(frozen=True, slots=True)
class Session:
    """Everything there is to know about the person at the kiosk.

    second_look: the officer was asked whether this may be a minor, and has not answered. refused: the best of
    what was too poor for what is asked now; alone: no officer stood by when it began; overruled: what an officer took all the same, and why.
    partly: fingers of which a part is missing.
    """

    plan: Plan
    state: State = State.IDLE
    tot: Purpose = RequestType.NPS
    captures: tuple[Capture, ...] = field(default=(), repr=False)
    failures: tuple[str, ...] = ()
    refused: Sampled | None = field(default=None, repr=False)
    overruled: tuple[str, ...] = ()
    partly: tuple[FingerPosition, ...] = ()
    finger: int = 0
    touch: int = 0
    turn: int = 0
    attempts_left: int = 0
    deadline_ms: int | None = None
    link_up: bool = False
    tcn: Tcn | None = None
    answer: AnyAnswer | None = None
    faults: frozenset[str] = frozenset()
    ignored: int = 0
    second_look: bool = False
    alone: bool = False

    @property
    def held(self) -> bool:
        """Whether nothing may be stored until the officer has looked again."""
        return (self.plan.hold or self.alone) and self.second_look

    @property
    def position(self) -> FingerPosition:
        """The finger that is asked for."""
        return self.plan.fingers[self.finger]


Next = tuple[Session, tuple[Effect, ...]]


def step(session: Session, event: Event, now_ms: int) -> Next:
    """The next session and the effects. Never raises for an event of any kind in any state."""
    handler = TABLE.get((session.state, type(event))) or EVERYWHERE.get(type(event))
    if handler is None:
        return _ignore(session)
    return handler(session, event, now_ms)


def _begin(session: Session, event: Begin, now_ms: int) -> Next:
    if session.faults:
        return _out_of_order(session)
    fingers = session.plan.fingers if event.fingers is None else event.fingers
    plan = replace(session.plan, fingers=fingers, majority=event.majority)
    session = replace(session, plan=plan)
    begun = {"tot": event.tot, "alone": event.alone, "deadline_ms": now_ms + plan.subject_ms}
    fresh = _fresh(session, State.NOTICE, **begun)
    return fresh, (Show(Prompt.READ_NOTICE),)


def _begin_next(session: Session, event: Begin, now_ms: int) -> Next:
    """The next person may come once the record is stored; its answer still finds its way."""
    return _begin(session, event, now_ms) if session.tcn else _ignore(session)


def _notice_read(session: Session, _event: NoticeRead, now_ms: int) -> Next:
    return _ask_face(session, now_ms)


def _ask_face(session: Session, now_ms: int) -> Next:
    session = replace(session, state=State.FACE, attempts_left=session.plan.attempts, refused=None)
    session, take = _take(session, now_ms)
    return session, (Show(Prompt.LOOK_AT_CAMERA), take)


def _ask_finger(session: Session, now_ms: int) -> Next:
    session = replace(session, state=State.FINGERS, attempts_left=session.plan.attempts, refused=None)
    session, take = _take(session, now_ms)
    return session, (Show(Prompt.PLACE_FINGER, session.position.words), take)


def _take(session: Session, now_ms: int) -> tuple[Session, Effect]:
    turn = session.turn + 1
    session = replace(session, turn=turn, deadline_ms=now_ms + session.plan.subject_ms)
    if session.state is State.FACE:
        first = session.plan.fingers[0].words if session.plan.fingers else ""
        return session, TakeFace(turn, session.plan.majority, first)
    taken = tuple(c.template for c in session.captures if isinstance(c.template, FingerTemplate))
    again = session.attempts_left < session.plan.attempts
    return session, TakeFinger(turn, session.position, _after(session), taken, again)


def _after(session: Session) -> str:
    """The finger that is asked for once this touch is good: it is told while the image still travels."""
    if session.touch + 1 < session.plan.touches:
        return session.position.words
    rest = session.plan.fingers[session.finger + 1 :]
    return rest[0].words if rest else ""


def _sampled(session: Session, event: Sampled, now_ms: int) -> Next:
    capture = event.capture
    if event.turn != session.turn or not _asked_for(session, capture):
        return _ignore(session)
    if capture.quality.score < session.plan.least_quality(capture.modality):
        return _again(_with_refused(session, event), capture.quality.advice, now_ms)
    return _go_on(_with_capture(session, event), now_ms)


def _with_capture(session: Session, event: Sampled) -> Session:
    second_look = session.second_look or event.look_again
    captures = (*session.captures, event.capture)
    return replace(session, captures=captures, second_look=second_look, refused=None)


def _with_refused(session: Session, event: Sampled) -> Session:
    best = session.refused
    better = best is None or event.capture.quality.score > best.capture.quality.score
    return replace(session, refused=event) if better else session


def _asked_for(session: Session, capture: Capture) -> bool:
    if isinstance(capture.sample, FingerSample):
        return session.state is State.FINGERS and capture.sample.position == session.position
    return session.state is State.FACE


def _missed(session: Session, event: Missed, now_ms: int) -> Next:
    return _again(session, event.advice, now_ms) if event.turn == session.turn else _ignore(session)


def _ignore(session: Session) -> Next:
    return replace(session, ignored=session.ignored + 1), ()


def _again(session: Session, advice: Advice, now_ms: int) -> Next:
    left = session.attempts_left - 1
    if left > 0:
        session, take = _take(replace(session, attempts_left=left), now_ms)
        return session, (Show(Prompt.AGAIN, advice), take)
    return _go_without(session, "", now_ms)


def _go_without(session: Session, reason: str, now_ms: int) -> Next:
    failed = _wanted(session)
    noted = f"{failed}: {reason}" if reason else failed
    session, effects = _go_on(replace(session, failures=(*session.failures, noted)), now_ms)
    return session, (Show(Prompt.GOING_ON, failed), *effects)


def _without(session: Session, event: Without, now_ms: int) -> Next:
    if event.everything and session.state is State.FINGERS:
        rest = session.plan.fingers[session.finger : -1]
        noted = tuple(f"{position.words}: {event.reason}" for position in rest)
        last = len(session.plan.fingers) - 1
        session = replace(session, failures=(*session.failures, *noted), finger=last)
    session, effects = _go_without(session, event.reason, now_ms)
    return session, (StopTaking(), *effects)


def _partly(session: Session, _event: Partly, now_ms: int) -> Next:
    """The finger is asked for as before; its image will say what is missing."""
    noted = session.partly if session.position in session.partly else (*session.partly, session.position)
    return replace(session, partly=noted, deadline_ms=now_ms + session.plan.subject_ms), ()


def _overrule(session: Session, event: Overrule, now_ms: int) -> Next:
    """Where nothing was refused yet there is nothing to take."""
    if session.refused is None or not event.reason.strip():
        return _ignore(session)
    score = session.refused.capture.quality.score
    noted = f"{_wanted(session)}: {score} of 100, {event.officer}: {event.reason}"
    taken = replace(_with_capture(session, session.refused), overruled=(*session.overruled, noted))
    session, effects = _go_on(taken, now_ms)
    return session, (StopTaking(), *effects)


def _wanted(session: Session) -> str:
    return "face" if session.state is State.FACE else session.position.words


def _given_up(session: Session) -> bool:
    """Whether the finger that is asked for stands among the failures, with a reason or without."""
    return any(failure.split(":")[0] == session.position.words for failure in session.failures)


def _still_here(session: Session, _event: StillHere, now_ms: int) -> Next:
    return replace(session, deadline_ms=now_ms + session.plan.subject_ms), ()


def _go_on(session: Session, now_ms: int) -> Next:
    """To the next touch, the next finger or the review."""
    if session.state is State.FACE:
        return _ask_finger(session, now_ms) if session.plan.fingers else _review(session, now_ms)
    if session.touch + 1 < session.plan.touches and not _given_up(session):
        return _ask_finger(replace(session, touch=session.touch + 1), now_ms)
    if session.finger + 1 < len(session.plan.fingers):
        return _ask_finger(replace(session, finger=session.finger + 1, touch=0), now_ms)
    return _review(session, now_ms)


def _review(session: Session, now_ms: int) -> Next:
    if not session.captures:
        return _rest(session, now_ms, Show(Prompt.NOTHING_CAPTURED))
    if session.plan.review or session.held:
        waiting = replace(session, state=State.REVIEW, deadline_ms=now_ms + session.plan.subject_ms)
        return waiting, (Show(Prompt.REVIEW),)
    return _accept(session, Accept(), now_ms)


def _accepted(session: Session, event: Accept, now_ms: int) -> Next:
    return _ignore(session) if session.held else _accept(session, event, now_ms)


def _looked_again(session: Session, _event: LookedAgain, now_ms: int) -> Next:
    """Only who was asked answers; what was held for nothing else goes on."""
    waited = session.held and session.state is State.REVIEW and not session.plan.review
    session = replace(session, second_look=False)
    return _accept(session, Accept(), now_ms) if waited else (session, ())


def _accept(session: Session, _event: Accept, now_ms: int) -> Next:
    waiting = replace(session, state=State.WAITING, deadline_ms=now_ms + session.plan.answer_ms)
    return waiting, (
        Store(session.tot, session.captures, session.failures, session.overruled, session.partly),
    )


def _retake(session: Session, _event: Retake, now_ms: int) -> Next:
    session, effects = _ask_face(_fresh(session, State.FACE, tot=session.tot, alone=session.alone), now_ms)
    return session, (StopTaking(), *effects)


def _cancel(session: Session, _event: Cancel, now_ms: int) -> Next:
    session, effects = _rest(session, now_ms, Show(Prompt.STOPPED))
    return session, (StopTaking(), *effects)


def _wait_no_longer(session: Session, _event: Cancel, now_ms: int) -> Next:
    """What is stored stays stored; only nobody waits for its answer."""
    return _ignore(session) if session.tcn is None else _rest(session, now_ms, Show(Prompt.LATE, session.tcn))


def _stored(session: Session, event: Stored, now_ms: int) -> Next:
    kept = replace(session, tcn=event.tcn, captures=())
    if not session.link_up:
        return _rest(kept, now_ms, Show(Prompt.KEPT, event.tcn))
    return replace(kept, deadline_ms=now_ms + session.plan.answer_ms), (Show(Prompt.CHECKING, event.tcn),)


def _store_refused(session: Session, event: StoreRefused, _now_ms: int) -> Next:
    stopped = _fresh(session, State.FAULT, faults=session.faults | {"outbox"})
    return stopped, (Alarm(f"not stored: {event.reason}"), Show(Prompt.FAULT, event.reason))


def _answered_here(session: Session, event: Answered, now_ms: int) -> Next:
    if event.answer.tcr != session.tcn:
        return _answered_late(session, event, now_ms)
    if not same_lane(session.tot, event.answer):
        return _ignore(session)
    last = _shown(event.answer)
    if isinstance(event.answer, EnrolmentAnswer):
        last = replace(last, prompt=ENROLMENTS[event.answer.decision])
    return _rest(replace(session, answer=event.answer), now_ms, last)


def _answered_late(session: Session, event: Answered, _now_ms: int) -> Next:
    return session, (_shown(event.answer),)


def _quarantined(session: Session, event: Quarantined, now_ms: int) -> Next:
    alarm = Alarm(f"record {event.tcn} needs a look: {event.reason}")
    if session.state is State.WAITING and event.tcn == session.tcn:
        session, effects = _rest(session, now_ms, Show(Prompt.LATE, event.tcn))
        return session, (alarm, *effects)
    return session, (alarm,)


def _shown(answer: AnyAnswer) -> Show:
    return Show(Prompt.ANSWERED, f"{answer.tcr}: {answer.decision}")


def _link(session: Session, event: LinkChanged, now_ms: int) -> Next:
    session = replace(session, link_up=event.up)
    if session.state is State.WAITING and session.tcn and not event.up:
        return _rest(session, now_ms, Show(Prompt.KEPT, session.tcn))
    return session, ()


def _subject_left(session: Session, _event: Tick, now_ms: int) -> Next:
    if session.deadline_ms is None or now_ms < session.deadline_ms:
        return session, ()
    session, effects = _rest(session, now_ms, Show(Prompt.STOPPED))
    return session, (StopTaking(), *effects)


def _answer_late(session: Session, _event: Tick, now_ms: int) -> Next:
    if session.tcn is None or session.deadline_ms is None or now_ms < session.deadline_ms:
        return session, ()
    return _rest(session, now_ms, Show(Prompt.LATE, session.tcn))


def _rested(session: Session, _event: Tick, now_ms: int) -> Next:
    if session.deadline_ms is None or now_ms < session.deadline_ms:
        return session, ()
    return _out_of_order(session) if session.faults else _ready(session)


def _rest(session: Session, now_ms: int, last: Show) -> Next:
    """Forget the samples; let the last words stand for a while."""
    done = _fresh(session, State.DONE, tcn=session.tcn, answer=session.answer)
    return replace(done, deadline_ms=now_ms + session.plan.done_ms), (last,)


def _lost(session: Session, event: Lost, _now_ms: int) -> Next:
    faults = session.faults | {event.device}
    alarm = Alarm(f"the {event.device} does not answer; check its cable and power")
    if session.state in (State.WAITING, State.DONE):
        return replace(session, faults=faults), (alarm,)
    return _fresh(session, State.FAULT, faults=faults), (
        StopTaking(),
        alarm,
        Show(Prompt.FAULT, event.device),
    )


def _found(session: Session, event: Found, _now_ms: int) -> Next:
    session = replace(session, faults=session.faults - {event.device})
    if session.state is State.FAULT and not session.faults:
        return _ready(session)
    return session, ()


def _ready(session: Session) -> Next:
    return _fresh(session, State.IDLE), (Show(Prompt.READY),)


def _out_of_order(session: Session) -> Next:
    """A device that went while a record was on its way is missed now."""
    return _fresh(session, State.FAULT), (Show(Prompt.FAULT, ", ".join(sorted(session.faults))),)


def _fresh(session: Session, state: State, **known: object) -> Session:
    kept = {
        "link_up": session.link_up,
        "faults": session.faults,
        "ignored": session.ignored,
        "turn": session.turn,
    }
    return Session(plan=session.plan, state=state, **{**kept, **known})  # type: ignore[arg-type]


Handler = Callable[..., Next]

ENROLMENTS = {
    EnrolmentDecision.ENROLLED: Prompt.ENROLLED,
    EnrolmentDecision.OFFICER: Prompt.OFFICER_LOOKS,
    EnrolmentDecision.NOT_ENROLLED: Prompt.NOT_ENROLLED,
}
TABLE: dict[tuple[State, type], Handler] = {
    (State.IDLE, Begin): _begin,
    (State.DONE, Begin): _begin,
    (State.DONE, Tick): _rested,
    (State.NOTICE, NoticeRead): _notice_read,
    (State.NOTICE, Cancel): _cancel,
    (State.NOTICE, StillHere): _still_here,
    (State.NOTICE, Tick): _subject_left,
    (State.FACE, Sampled): _sampled,
    (State.FACE, Missed): _missed,
    (State.FACE, Retake): _retake,
    (State.FACE, Cancel): _cancel,
    (State.FACE, Without): _without,
    (State.FACE, Overrule): _overrule,
    (State.FACE, StillHere): _still_here,
    (State.FACE, Tick): _subject_left,
    (State.FINGERS, Sampled): _sampled,
    (State.FINGERS, Missed): _missed,
    (State.FINGERS, LookedAgain): _looked_again,
    (State.FINGERS, Retake): _retake,
    (State.FINGERS, Cancel): _cancel,
    (State.FINGERS, Without): _without,
    (State.FINGERS, Partly): _partly,
    (State.FINGERS, Overrule): _overrule,
    (State.FINGERS, StillHere): _still_here,
    (State.FINGERS, Tick): _subject_left,
    (State.REVIEW, Accept): _accepted,
    (State.REVIEW, LookedAgain): _looked_again,
    (State.REVIEW, Retake): _retake,
    (State.REVIEW, Cancel): _cancel,
    (State.REVIEW, StillHere): _still_here,
    (State.REVIEW, Tick): _subject_left,
    (State.WAITING, Begin): _begin_next,
    (State.WAITING, Stored): _stored,
    (State.WAITING, LookedAgain): _looked_again,
    (State.WAITING, Cancel): _wait_no_longer,
    (State.WAITING, StoreRefused): _store_refused,
    (State.WAITING, Answered): _answered_here,
    (State.WAITING, Tick): _answer_late,
}

EVERYWHERE: dict[type, Handler] = {
    Answered: _answered_late,
    LinkChanged: _link,
    Quarantined: _quarantined,
    Lost: _lost,
    Found: _found,
    Tick: lambda session, _event, _now_ms: (session, ()),
}
