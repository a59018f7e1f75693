"""The words: transaction control numbers, samples, quality."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.terms import (
    Advice,
    FaceSample,
    FingerPosition,
    FingerSample,
    Quality,
    QualityComponent,
    RequestType,
    SensorGrade,
    Tcn,
)


@pytest.mark.parametrize("text", ["19125458357684J", "19125458357683H"])
def test_published_numbers_are_valid(text: str) -> None:
    """The two numbers of INTERPOL's samples carry the right check letter."""
    assert Tcn(text) == text


@given(st.integers(1970, 2199), st.integers(1, 99_999), st.integers(1, 9_999_999))
def test_a_minted_number_gives_back_its_device_and_counter(year: int, device: int, counter: int) -> None:
    """What goes into a number can be read out of it."""
    number = Tcn.mint(year, device, counter)
    assert (number.device, number.counter, number[:2]) == (device, counter, f"{year % 100:02d}")


@given(st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(place: int, change: int) -> None:
    """Any single digit changed by any amount breaks the check letter."""
    number = Tcn.mint(2026, 17, 123)
    wrong = str((int(number[place]) + change) % 10)
    with pytest.raises(BadBytes):
        Tcn(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("text", ["", "1", "26000170000001", "26000170000001b", "２6000170000001B", "x" * 15])
def test_text_that_is_no_number_is_refused(text: str) -> None:
    """Too short, no letter, small letter, foreign digits, nonsense."""
    with pytest.raises(BadBytes):
        Tcn(text)


@pytest.mark.parametrize(("device", "counter"), [(0, 1), (100_000, 1), (1, 0), (1, 10_000_000)])
def test_impossible_devices_and_counters_are_refused(device: int, counter: int) -> None:
    """A number that does not fit its digits would collide with another device's."""
    with pytest.raises(ValueError, match="device must be"):
        Tcn.mint(2026, device, counter)


def test_enrolment_has_no_word() -> None:
    """A kiosk can only say the two searches."""
    assert {kind.value for kind in RequestType} == {"NPS", "CPS"}


def test_pixels_never_show_in_a_repr() -> None:
    """A sample may be logged by accident; its pixels may not."""
    sample = FaceSample("camera", np.full((4, 4, 3), 77, np.uint8))
    assert "77" not in repr(sample)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3), (9000, 4, 3)])
def test_a_face_needs_three_channels_and_a_sane_size(shape: tuple[int, ...]) -> None:
    """Grey, four channels, empty or huge pictures are no face sample."""
    with pytest.raises(BadSample):
        FaceSample("camera", np.zeros(shape, np.uint8))


def test_a_finger_needs_8_bit_grey() -> None:
    """16-bit pixels would be read wrongly by everything that follows."""
    with pytest.raises(BadSample):
        FingerSample(FingerPosition.LEFT_THUMB, SensorGrade("x", 4, 4, 500, 16), np.zeros((4, 4), np.uint16))


def test_quality_is_its_worst_component_and_that_ones_advice() -> None:
    """A chain is as strong as its weakest link, and the advice is about that link."""
    quality = Quality(
        (QualityComponent("light", 70, Advice.TOO_DARK), QualityComponent("pose", 20, Advice.LOOK_STRAIGHT))
    )
    assert (quality.score, quality.advice) == (20, Advice.LOOK_STRAIGHT)
    assert (Quality(()).score, Quality(()).advice) == (0, Advice.NONE)


def test_quality_outside_0_to_100_is_refused() -> None:
    """A score that cannot be is a programming error."""
    with pytest.raises(ValueError, match=r"0\.\.100"):
        QualityComponent("light", 101)
