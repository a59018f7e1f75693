"""Comparing touches: the same finger scores above others, whatever the turn, the form or the input."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from prints import flow, laid_out, middle, real, sample, small, touch, turned, whole

from hotspot_kiosk.compare.finger import NOTHING_TO_COMPARE, FingerComparator, compare_edges, warm_up
from hotspot_kiosk.compare.finger_dense import overlay
from hotspot_kiosk.compare.finger_fusion import CALIBRATION
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, prepare
from hotspot_kiosk.compare.finger_spectrum import coarse_picture, propose
from hotspot_kiosk.config.hub import DecisionTable
from hotspot_kiosk.errors import BadBytes, Incomparable
from hotspot_kiosk.inference.finger import MODEL, extract
from hotspot_kiosk.simulator.finger_touch import FULL
from hotspot_kiosk.terms import FingerPosition, FingerTemplate

PEOPLE = (1, 2, 3)
COMPARATOR = FingerComparator()


@cache
def reference(person: int) -> PreparedFinger:
    return prepare(whole(person, 0))


def test_touches_of_one_finger_score_above_all_others() -> None:
    """Two other touches of each finger: every mated log-odds speaks for, every other against."""
    for person in PEOPLE:
        for seed in (1, 2):
            odds = {other: COMPARATOR.log_odds(small(person, seed), reference(other)) for other in PEOPLE}
            assert odds.pop(person) > 3
            assert max(odds.values()) < 0


def test_real_touches_of_one_finger_score_above_others(shared_data: Path) -> None:
    """Small windows of real prints against whole ones of another day: at most one of eight is missed."""
    for database in ("db1", "db3"):
        fingers = (101, 102, 104, 105, 106, 107, 108, 109)
        probes = [extract(sample(middle(real(shared_data, database, f, 2)))) for f in fingers]
        wholes = [prepare(extract(sample(real(shared_data, database, f, 1)))) for f in fingers]
        odds = np.array([[COMPARATOR.log_odds(p, w) for w in wholes] for p in map(prepare, probes)])
        mated = np.eye(len(fingers), dtype=bool)
        assert (odds[mated] < 1).sum() <= 1
        assert odds[~mated].max() < 1


def test_a_touch_equals_itself() -> None:
    """Compared with itself a touch reaches the limit of what the calibration can claim."""
    assert COMPARATOR.log_odds(small(1, 1), small(1, 1)) == CALIBRATION.limit


@pytest.mark.parametrize("degrees", [-90, -60, 45, 90])
def test_a_turned_finger_is_still_itself(degrees: int) -> None:
    """The finger may lie on the glass at any turn up to a right angle."""
    probe = extract(sample(turned(touch(2, 1, FULL), degrees)))
    assert COMPARATOR.log_odds(probe, reference(2)) > 2


def test_edges_do_not_see_turn_and_shift() -> None:
    """Minutiae turned and shifted as one score as before, and the motion found is theirs."""
    probe = prepare(small(2, 1))
    turn, shift = 0.7, np.array([30.0, -12.0])
    c, s = np.cos(turn), np.sin(turn)
    moved = small(2, 1).minutiae.astype(float)
    moved[:, :2] = moved[:, :2] @ np.array([[c, s], [-s, c]]) + shift + 200
    moved[:, 2] = (moved[:, 2] + turn * 128 / np.pi) % 256
    blank = np.ones((75, 75), np.bool_), np.zeros((300, 300), np.bool_)
    other = FingerTemplate(MODEL, FingerPosition.RIGHT_INDEX, 500, 600, 600, moved.astype(np.int16), *blank)
    there, here = compare_edges(probe, prepare(other)), compare_edges(probe, probe)
    assert there.pairs == here.pairs == len(small(2, 1).minutiae)
    assert there.score == pytest.approx(here.score, rel=0.25)
    assert there.motions[0, 0] == pytest.approx(turn, abs=0.02)
    assert there.motions[0, 1:3] == pytest.approx(shift + 200, abs=3)


def test_the_spectrum_finds_turn_and_shift() -> None:
    """A part of a picture, turned by 12 degrees, is proposed back into its place."""
    template = whole(3, 0)
    area = np.kron(template.area, np.ones((4, 4), np.bool_))[:187, :194]
    motion = cv2.getRotationMatrix2D((97, 93), 12, 1)
    part, known = (
        cv2.warpAffine(picture.astype(np.uint8), motion, (194, 187))[40:136, 50:146] > 0
        for picture in (template.ridges, area)
    )
    found = propose(coarse_picture(part, known), coarse_picture(template.ridges, area), 1)[0]
    back = cv2.invertAffineTransform(motion) @ [50 + 48, 40 + 48, 1]
    c, s = np.cos(found[0]), np.sin(found[0])
    place = np.array([[c, -s], [s, c]]) @ [48, 48] + found[1:]
    assert np.rad2deg(found[0]) == pytest.approx(12, abs=3)
    assert place == pytest.approx(back, abs=4)


def test_the_overlay_follows_stretched_skin() -> None:
    """A picture stretched by 5 percent still agrees; another finger's picture does not."""
    one, other = (whole(person, 0).ridges for person in (2, 3))
    wide = cv2.resize(one.astype(np.uint8), None, fx=1.05, fy=1.0, interpolation=cv2.INTER_NEAREST)
    stretched = wide[:, : one.shape[1]] > 0
    probe = laid_out(stretched[40:140, 50:150])
    rest = np.array([[0.0, 46.0, 40.0]])
    same = overlay(probe, laid_out(one), rest).overlay
    strange = overlay(probe, laid_out(other), rest).overlay
    assert same.mean > 0.7
    assert strange.mean < 0.5


def test_another_density_is_the_same_finger() -> None:
    """A picture of 550 pixels an inch, labelled so, compares as well as one of 500."""
    pixels = touch(1, 1)
    dense = np.asarray(cv2.resize(pixels, None, fx=1.1, fy=1.1, interpolation=cv2.INTER_CUBIC), np.uint8)
    at_500 = COMPARATOR.score(small(1, 1), reference(1))
    labelled = COMPARATOR.score(extract(sample(dense, ppi=550)), reference(1))
    assert labelled == pytest.approx(at_500, rel=0.25)


def test_sixteen_grey_levels_compare_as_well() -> None:
    """A whole print with 16 grey levels agrees with itself at 256 up to the limit."""
    coarse = extract(sample(touch(1, 0, FULL) // 16 * 17))
    assert COMPARATOR.log_odds(coarse, reference(1)) == CALIBRATION.limit


def test_what_travels_is_enough() -> None:
    """A template taken apart into packed bytes and put together again gives the very same score."""
    sent = small(1, 1)
    rows, columns = sent.ridges.shape
    ridges = np.unpackbits(np.frombuffer(np.packbits(sent.ridges).tobytes(), np.uint8), count=rows * columns)
    received = replace(
        sent,
        minutiae=np.frombuffer(sent.minutiae.tobytes(), np.int16).reshape(-1, 4),
        area=np.unpackbits(np.packbits(sent.area), count=sent.area.size)
        .reshape(sent.area.shape)
        .astype(bool),
        ridges=ridges.reshape(rows, columns).astype(bool),
    )
    assert COMPARATOR.score(received, reference(1)) == COMPARATOR.score(sent, reference(1))


def test_prepared_or_not_is_the_same() -> None:
    """Preparing a template only saves time."""
    given_plain = COMPARATOR.score(small(1, 2), whole(1, 0))
    assert given_plain == COMPARATOR.score(prepare(small(1, 2)), reference(1))


def test_different_extractors_never_compare() -> None:
    """A template of another model is refused, even where it would look alike."""
    with pytest.raises(Incomparable, match="ridge-0"):
        COMPARATOR.score(replace(small(1, 1), model="ridge-0"), reference(1))


def test_an_empty_template_speaks_neither_for_nor_against() -> None:
    """No finger on the glass: log-odds 0, and a score below every threshold."""
    nothing = extract(sample(np.full((192, 192), 255, np.uint8)))
    assert COMPARATOR.log_odds(nothing, reference(1)) == 0
    assert COMPARATOR.log_odds(small(1, 1), nothing) == 0
    assert COMPARATOR.score(nothing, nothing) == NOTHING_TO_COMPARE


@pytest.mark.parametrize("turns", [0, 1])
def test_plain_stripes_match_nothing_not_even_themselves(turns: int) -> None:
    """A picture with one minutia or none cannot tell one finger from another."""
    stripes = extract(sample(flow(turns, 192)))
    assert COMPARATOR.log_odds(stripes, stripes) == 0


@pytest.mark.parametrize(
    "wrong", [{"ppi": 0}, {"ppi": -500}, {"ppi": 4000}, {"minutiae": np.zeros((401, 4), np.int16)}]
)
def test_unbelievable_templates_are_refused(wrong: dict) -> None:
    """What the extractor can never have made is not compared, whoever sent it."""
    with pytest.raises(BadBytes, match="not believable"):
        COMPARATOR.score(replace(small(1, 1), **wrong), reference(1))


def test_warming_up_is_harmless() -> None:
    """The hub may call it at start."""
    warm_up()


@st.composite
def pictures(draw: st.DrawFn) -> np.ndarray:
    """Noise, waves, rings and blots with grey levels from anywhere; none of it is a finger."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    side, period = draw(st.integers(64, 192)), draw(st.floats(3, 16))
    y, x = np.mgrid[:side, :side]
    waves = [
        rng.normal(size=(side, side)),
        np.sin(2 * np.pi * (x + draw(st.floats(-1, 1)) * y) / period),
        np.sin(2 * np.pi * np.hypot(x - rng.integers(side), y - rng.integers(side)) / period),
        cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), period / 4) * period,
    ]
    mixed = sum(draw(st.floats(0, 1)) * wave for wave in waves)
    return np.clip(draw(st.integers(0, 255)) + draw(st.integers(0, 300)) * mixed, 0, 255).astype(np.uint8)


@settings(max_examples=40, deadline=None)
@given(pictures())
def test_pictures_that_are_no_finger_match_no_finger(pixels: np.ndarray) -> None:
    """Whatever the picture, a hub with these people in its gallery says "no hit"."""
    probe = prepare(extract(sample(pixels)))
    limit = DecisionTable().no_hit + math.log(len(PEOPLE))
    assert max(COMPARATOR.log_odds(probe, reference(person)) for person in PEOPLE) < limit


@settings(max_examples=25, deadline=None)
@given(pictures())
def test_pictures_that_are_no_finger_match_no_real_finger(shared_prints: list, pixels: np.ndarray) -> None:
    """The same against real prints."""
    probe = prepare(extract(sample(pixels)))
    assert max(COMPARATOR.log_odds(probe, print_) for print_ in shared_prints) < 2


@pytest.fixture(scope="session")
def shared_prints(shared_data: Path) -> list[PreparedFinger]:
    chosen = [("db1", 101), ("db1", 106), ("db3", 103), ("db3", 107)]
    return [prepare(extract(sample(real(shared_data, db, number, 1)))) for db, number in chosen]


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.int16, st.tuples(st.integers(0, 60), st.just(4))),
    arrays(np.bool_, (16, 16)),
    arrays(np.bool_, (64, 64)),
)
def test_no_template_breaks_the_comparator(
    minutiae: np.ndarray, area: np.ndarray, ridges: np.ndarray
) -> None:
    """Any numbers in a template's fields give a finite score."""
    made_up = FingerTemplate(MODEL, FingerPosition.RIGHT_INDEX, 500, 128, 128, minutiae, area, ridges)
    assert np.isfinite(COMPARATOR.score(made_up, reference(1)))
    assert np.isfinite(COMPARATOR.score(reference(1), made_up))


def test_ridges_that_did_not_travel_speak_neither_for_nor_against() -> None:
    """A probe may leave its ridge pictures behind; that is no reason to match or to rule out."""
    bare = replace(extract(sample(touch(1, 0))), ridges=np.zeros((0, 0), np.bool_))
    assert COMPARATOR.log_odds(bare, reference(1)) == 0
    assert COMPARATOR.log_odds(reference(1), bare) == 0
