"""Ridge pictures in fewer bytes: there and back, and any bytes taken."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot_kiosk import ridge_code
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.finger_touch import R503, impression
from hotspot_kiosk.terms import FingerPosition, FingerSample, SensorGrade

SHAPES = [(1, 1), (1, 40), (40, 1), (96, 96), (7, 200), (144, 128)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_any_picture_comes_back(shape: tuple[int, int], share: float) -> None:
    """Blank, nearly blank, noise, full: pixel by pixel, and never as no bytes at all."""
    picture = np.random.default_rng(1).random(shape) < share
    coded = ridge_code.encode(picture)
    assert coded
    assert np.array_equal(ridge_code.decode(coded, shape), picture)


def test_the_worst_picture_stays_in_bounds() -> None:
    """Each pixel the one that was least expected: it grows, but comes back."""
    picture = np.zeros((24, 24), np.bool_)
    for place in np.ndindex(picture.shape):
        sizes = []
        for bit in (False, True):
            picture[place] = bit
            sizes.append(len(ridge_code.encode(picture[: place[0] + 1])))
        picture[place] = sizes[1] > sizes[0]
    assert np.array_equal(ridge_code.decode(ridge_code.encode(picture), picture.shape), picture)


def test_ridges_of_a_finger_take_half_of_their_bits() -> None:
    """A touch of 192x192: 1,152 bytes of bits."""
    for person in range(3):
        pixels = impression(master(person, 2), person, R503)
        grade = SensorGrade("R503", 192, 192, 500, 16)
        ridges = extract(FingerSample(FingerPosition.RIGHT_INDEX, grade, pixels)).ridges
        coded = ridge_code.encode(ridges)
        assert len(coded) < ridges.size / 8 / 2
        assert np.array_equal(ridge_code.decode(coded, ridges.shape), ridges)


@given(st.binary(max_size=60), st.sampled_from(SHAPES))
@settings(max_examples=100, deadline=None)
def test_any_bytes_give_a_picture(noise: bytes, shape: tuple[int, int]) -> None:
    """Cut short or damaged: of the right size, whatever it shows."""
    assert ridge_code.decode(noise, shape).shape == shape


def test_the_bytes_are_the_same_on_every_machine() -> None:
    """Whole numbers only: a picture that is known by heart."""
    picture = np.add.outer(np.arange(16), np.arange(16)) % 5 < 2
    assert ridge_code.encode(picture).hex() == "c4648eda651984"
