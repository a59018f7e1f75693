"""The officer's second look: when it is asked for, what it holds up, and that no estimate leaves the booth."""

import math
from pathlib import Path

import making
import numpy as np
import pytest
from fakes import ScriptedCamera
from test_booths import ENOUGH, GOOD, Ears, Eye
from test_daemon import Bare
from test_models import MANIFEST

from hotspot_kiosk import pictures, policy
from hotspot_kiosk.errors import BadSample, ModelError, Refused
from hotspot_kiosk.inference.age import NAME, AgeEstimate, AgeEstimator
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.port import DetectedFace, Model, ModelShelf
from hotspot_kiosk.kiosk.capture.booth_face import FaceBooth
from hotspot_kiosk.kiosk.capture.turns import Limits
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import (
    Accept,
    Begin,
    Event,
    LookedAgain,
    NoticeRead,
    Retake,
    Sampled,
    Store,
    Stored,
    TakeFace,
)
from hotspot_kiosk.kiosk.session import Plan, Session, State, step

FACE = making.face_capture()
HELD = Plan(fingers=(), hold=True)
YOUNG = (Begin(), NoticeRead(), Sampled(1, FACE, look_again=True))


class Oracle:
    """Says one age of everybody."""

    def __init__(self, years: float) -> None:
        self.years = years

    def estimate(self, _pixels: object, _face: object) -> AgeEstimate:
        """What it was told to say."""
        return AgeEstimate(self.years, 11.0)


def walked(plan: Plan, *events: Event) -> tuple[Session, list[object]]:
    """The session after these events, and everything it wanted done."""
    session, wanted = Session(plan), []
    for event in events:
        session, effects = step(session, event, 1000)
        wanted += effects
    return session, wanted


@pytest.mark.parametrize(
    ("years", "asked"), [(5, True), (28.9, True), (29, False), (70, False), (math.nan, True)]
)
def test_near_the_age_of_majority_an_officer_looks_again(years: float, asked: bool) -> None:
    """The error counts against the estimate; what is no number asks, too."""
    assert policy.second_look(18, years, 11.0) is asked


def test_no_estimate_takes_the_attestation_away() -> None:
    """However old a face looks: without an officer's word nobody is captured."""
    with pytest.raises(Refused, match="adults only"):
        policy.may_capture(making.operation(), 1, "P", making.NOW, clock_trusted=True, adult=False)


@pytest.mark.parametrize(("years", "majority", "asked"), [(30, 18, False), (30, 21, True), (20, 18, True)])
def test_the_booth_tells_yes_or_no_only(years: float, majority: int, asked: bool) -> None:
    """What the camera's thread says of a face holds no age; the operation's majority counts."""
    ears, eye, camera = Ears(), Eye(), ScriptedCamera()
    booth = FaceBooth(camera, eye, eye, eye, ears.voices(), ENOUGH, Limits(60, 0.3, 0.3), age=Oracle(years))
    booth.start()
    camera.give(GOOD)
    booth.take(TakeFace(1, majority))
    said = ears.next()
    booth.close()
    assert isinstance(said, Sampled)
    assert said.look_again is asked
    assert str(years) not in repr(said)


def test_the_question_is_part_of_the_session_until_it_is_answered() -> None:
    """It goes with the officer's answer."""
    plan = Plan(fingers=(making.FingerPosition.RIGHT_INDEX,))
    asked, _ = walked(plan, *YOUNG)
    answered, _ = walked(plan, *YOUNG, LookedAgain())
    assert (asked.state, asked.second_look, answered.second_look) == (State.FINGERS, True, False)


def test_without_holding_the_check_goes_on_meanwhile() -> None:
    """The officer is asked; the bureau chose not to wait for the answer."""
    session, wanted = walked(Plan(fingers=()), *YOUNG)
    assert session.second_look
    assert isinstance(wanted[-1], Store)


def test_a_held_check_stores_nothing_before_the_officer_looked() -> None:
    """Neither at once, nor when somebody presses accept."""
    session, wanted = walked(HELD, *YOUNG, Accept())
    assert session.state is State.REVIEW
    assert not any(isinstance(each, Store) for each in wanted)


def test_a_held_check_goes_on_once_the_officer_looked() -> None:
    """Exactly one record is stored then."""
    session, wanted = walked(HELD, *YOUNG, LookedAgain())
    assert session.state is State.WAITING
    assert sum(isinstance(each, Store) for each in wanted) == 1


def test_a_review_is_still_accepted_by_hand_after_the_second_look() -> None:
    """The officer's look does not press the button for the person."""
    reviewed, _ = walked(Plan(fingers=(), hold=True, review=True), *YOUNG, LookedAgain())
    assert reviewed.state is State.REVIEW
    assert step(reviewed, Accept(), 1000)[0].state is State.WAITING


@pytest.mark.parametrize("later", [(Retake(),), (LookedAgain(), Stored(making.tcn(1)))])
def test_the_question_ends_with_the_face_it_was_about(later: tuple[Event, ...]) -> None:
    """A new picture, or a new person, is looked at anew."""
    assert not walked(HELD, *YOUNG, *later)[0].second_look


def test_nobody_answers_a_question_that_was_not_asked(tmp_path: Path) -> None:
    """The journal must not tell of a look that nobody asked for."""
    bare = Bare(tmp_path, tmp_path)
    with pytest.raises(Refused, match="nobody is being checked"):
        bare.daemon.asked(Ask("looked again", adult=True))
    bare.daemon._session = Session(Plan(), State.FINGERS)
    with pytest.raises(Refused, match="no second look"):
        bare.daemon.asked(Ask("looked again", adult=True))
    bare.close()


def test_who_turns_out_to_be_a_child_is_cancelled_not_waved_on(tmp_path: Path) -> None:
    """Without the attestation the answer is refused with what to do."""
    bare = Bare(tmp_path, tmp_path)
    bare.daemon._session = Session(Plan(), State.FINGERS, second_look=True)
    with pytest.raises(Refused, match=r"cancel this check.*child officer"):
        bare.daemon.asked(Ask("looked again"))
    bare.close()


def test_asked_and_answered_stand_in_the_journal_without_an_age(tmp_path: Path) -> None:
    """And the status tells the officer's page, then no more."""
    bare = Bare(tmp_path, tmp_path)
    daemon = bare.daemon
    for event in (Begin(fingers=(making.FingerPosition.RIGHT_INDEX,)), NoticeRead(), Sampled(1, FACE, True)):
        daemon._events.put(event)
        if not isinstance(event, Begin):
            daemon._next()
        else:
            daemon._session, _ = step(daemon._session, daemon._events.get(), 0)
    assert daemon.asked(Ask("status")).second_look
    daemon.asked(Ask("looked again", adult=True, officer="o-7"))
    daemon._next()
    assert not daemon.asked(Ask("status")).second_look
    told = b"".join(file.read_bytes() for file in (tmp_path / "journal").iterdir())
    bare.close()
    assert told.count(b"asked to look again") == told.count(b"officer:o-7") == 1
    assert b"years" not in told


def test_estimates_of_the_portraits_are_not_absurd(models_built: Path) -> None:
    """An officer in her seventies looks older than an astronaut in her thirties or forties."""
    years = []
    for name in ("portrait_a.png", "portrait_b.jpg"):
        pixels = pictures.decode(pictures.read(models_built / "pictures" / name))
        shelf = ModelShelf(MANIFEST, models_built, 1)
        face = FaceDetector(shelf.open("centerface")).detect(pixels)[0]
        years.append(AgeEstimator(shelf.open(NAME), shelf.entry(NAME)).estimate(pixels, face).years)
    assert 20 < years[0] < 55 < years[1] < 81


def test_an_estimate_does_not_show_in_a_repr() -> None:
    """Not even in a log that nobody thought of."""
    assert "33" not in repr(AgeEstimate(33.3, 11.0))


def test_a_model_without_a_stated_error_is_not_used(models_built: Path) -> None:
    """An estimate without its error would be a guess."""
    shelf = ModelShelf(MANIFEST, models_built, 1)
    with pytest.raises(ModelError, match="how far"):
        AgeEstimator(Model("x", lambda array: [array]), shelf.entry("centerface"))


def test_a_face_without_points_has_no_age(models_built: Path) -> None:
    """Points that fall together are refused before the network."""
    shelf = ModelShelf(MANIFEST, models_built, 1)
    estimator = AgeEstimator(Model("x", lambda array: [array]), shelf.entry(NAME))
    with pytest.raises(BadSample):
        estimator.estimate(
            np.zeros((9, 9, 3), np.uint8), DetectedFace((0, 0, 1, 1), 1, np.zeros((5, 2), np.float32))
        )
