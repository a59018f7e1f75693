"""Several touches of one person: a finger given twice, what is still missing, one picture of all."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from making import face_capture
from prints import sample, small, touch, whole

from hotspot_kiosk.compare.finger_mosaic import Side, covered_mm2, lay_out, missing, most_telling, picture
from hotspot_kiosk.compare.finger_sequence import given_before, unlike
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.kiosk.capture.touches import Touches
from hotspot_kiosk.simulator.finger_touch import FULL
from hotspot_kiosk.terms import (
    Advice,
    Capture,
    FaceTemplate,
    FingerPosition,
    FingerSample,
    FingerTemplate,
    Quality,
    QualityComponent,
)

LEFT_INDEX = FingerPosition.LEFT_INDEX
RIGHT_INDEX = FingerPosition.RIGHT_INDEX


def part(x: int, y: int, side: int = 192) -> np.ndarray:
    """A window of one large touch."""
    return np.ascontiguousarray(touch(1, 0, FULL)[y : y + side, x : x + side])


def read(pixels: np.ndarray) -> FingerTemplate:
    return extract(sample(pixels))


def named(template: FingerTemplate, position: FingerPosition) -> FingerTemplate:
    return replace(template, position=position)


def test_the_same_finger_under_another_name_is_seen() -> None:
    """A right index given again as a left one, at the first try or a later one."""
    again = named(small(1, 2), LEFT_INDEX)
    assert given_before(again, [small(2, 1), small(1, 1)]) is RIGHT_INDEX
    for tried in (False, True):
        assert Touches().doubt(again, [small(1, 1)], again=tried) is Advice.OTHER_FINGER


def test_hands_swapped_on_the_way_are_seen() -> None:
    """Another finger under the same name is asked about once; who insists is believed, for touches may share little."""
    for person in (2, 3, 4):
        other = small(person, 1)
        assert Touches().doubt(other, [small(1, 1), small(1, 2)], again=False) is Advice.SAME_FINGER
        assert Touches().doubt(other, [small(1, 1), small(1, 2)], again=True) is Advice.NONE


def test_another_finger_is_not_taken_for_the_same() -> None:
    """No pair of different fingers is called one, whatever the seed."""
    for person in (2, 3, 4):
        for seed in (1, 2):
            assert given_before(named(small(person, seed), LEFT_INDEX), [small(1, 1), small(1, 2)]) is None


def test_more_touches_of_the_same_finger_are_welcome() -> None:
    """Under the same name nothing is repeated."""
    assert Touches().doubt(small(1, 2), [small(1, 1)], again=False) is Advice.NONE


def test_an_empty_touch_and_another_model_tell_nothing() -> None:
    """Neither is a repetition."""
    nothing = named(read(np.full((192, 192), 255, np.uint8)), LEFT_INDEX)
    assert given_before(nothing, [small(1, 1)]) is None
    assert given_before(named(small(1, 2), LEFT_INDEX), [replace(small(1, 1), model="ridge-0")]) is None
    assert not unlike(nothing, [named(small(1, 1), LEFT_INDEX)])
    assert not unlike(small(1, 2), [replace(small(1, 1), model="ridge-0")])
    assert not unlike(small(1, 2), [])


def test_touches_are_laid_where_they_belong() -> None:
    """Two windows of one picture, 40 px apart: the second lies 40 px to the right."""
    mosaic = lay_out([read(part(80, 80)), read(part(120, 80))])
    assert mosaic.joined == 2
    assert mosaic.motions[1] is not None
    assert mosaic.motions[1] @ [96, 96, 1] == pytest.approx([136, 96], abs=4)
    assert covered_mm2(mosaic) > 1.1 * covered_mm2(lay_out([read(part(80, 80))]))


def test_a_touch_of_another_finger_is_left_out() -> None:
    """It is never forced into the picture."""
    assert lay_out([small(1, 1), small(2, 1)]).motions[1] is None


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [((60, 80), (100, 80), Side.RIGHT), ((140, 80), (100, 80), Side.LEFT)],
)
def test_the_next_touch_goes_on_where_it_is_new(
    first: tuple[int, int], second: tuple[int, int], wanted: Side
) -> None:
    """After a step to one side, the way back shows nothing new."""
    mosaic = lay_out([read(part(*first)), read(part(*second))])
    assert mosaic.joined == 2
    opposite = {Side.RIGHT: Side.LEFT, Side.LEFT: Side.RIGHT}[wanted]
    assert missing(mosaic) is not opposite


def test_a_finger_that_ends_within_the_picture_has_no_more_to_give() -> None:
    """White all round: nothing more is asked for."""
    pixels = touch(1, 1).copy()
    pixels[:24] = pixels[-24:] = 255
    pixels[:, :24] = pixels[:, -24:] = 255
    assert missing(lay_out([read(pixels)])) is Side.ENOUGH


def test_a_hint_is_for_further_touches_only() -> None:
    """A first touch of a finger gets none; touches of other fingers do not count."""
    assert Touches().hint(RIGHT_INDEX, []) is Advice.NONE
    assert Touches().hint(LEFT_INDEX, [small(1, 1)]) is Advice.NONE
    assert Touches().hint(RIGHT_INDEX, [read(part(80, 80))]) is not Advice.NONE


def test_touches_that_add_most_come_first() -> None:
    """The best stays first; of two more the one far beside it comes before the one upon it."""
    upon, beside = read(part(84, 80)), read(part(140, 80))
    assert most_telling([read(part(80, 80)), upon, beside]) == [0, 2, 1]
    assert most_telling([read(part(80, 80)), beside, upon]) == [0, 1, 2]
    assert most_telling([upon, beside]) == [0, 1]


def test_captures_are_sent_by_what_they_tell() -> None:
    """The face, the best touch of each finger, then what shows most that is new; none is lost."""
    grade = sample(touch(1, 1)).grade
    places = {80: 90, 84: 80, 140: 60}

    def taken(x: int, position: FingerPosition) -> Capture:
        pixels = part(x, 80)
        told = Quality((QualityComponent("area", places[x]),))
        return Capture(FingerSample(position, grade, pixels), told, replace(read(pixels), position=position))

    captures = [taken(x, position) for position in (RIGHT_INDEX, LEFT_INDEX) for x in (84, 140, 80)]
    chosen = Touches().most_telling_first([*captures, face_capture()])
    assert isinstance(chosen[0].template, FaceTemplate)
    assert len(chosen) == 7
    assert [c.quality.score for c in chosen[1:]] == [90, 90, 60, 60, 80, 80]


def test_the_picture_shows_what_the_touches_saw() -> None:
    """Two windows of one picture blend back into it; nothing is invented around them."""
    pixels = [part(80, 80), part(120, 80)]
    shown = picture(lay_out([read(one) for one in pixels]), pixels)
    assert shown.shape[0] == pytest.approx(192, abs=8)
    assert shown.shape[1] == pytest.approx(232, abs=8)
    wanted = touch(1, 0, FULL)[90:260, 90:300]
    found = cv2.matchTemplate(shown, wanted, cv2.TM_CCOEFF_NORMED)
    assert found.max() > 0.8


def test_the_picture_leaves_out_what_was_not_joined() -> None:
    """A stranger's pixels never get into it."""
    pixels = [touch(1, 1), touch(2, 1)]
    shown = picture(lay_out([read(one) for one in pixels]), pixels)
    assert shown.shape == (192, 192)
    assert np.abs(shown[20:-20, 20:-20].astype(int) - pixels[0][20:-20, 20:-20]).max() <= 2


def test_touches_of_large_sensors_lie_side_by_side_too() -> None:
    """Whole prints of one finger join."""
    assert lay_out([whole(1, 0), whole(1, 1)]).joined == 2
