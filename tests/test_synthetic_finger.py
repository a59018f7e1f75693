"""Synthetic fingers: repeatable, of the right form, and each one itself."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hotspot_kiosk.simulator.finger_field import STEP, Pattern, draw_field
from hotspot_kiosk.simulator.finger_master import Master, draw_pattern, master
from hotspot_kiosk.simulator.finger_noise import stream
from hotspot_kiosk.simulator.finger_touch import FULL, R305, R503, Touch, Window, draw_touch, impression

WINDOWS = [FULL, R305, R503]


@cache
def finger(person: int, pattern: str | None = None) -> Master:
    return master(person, 2, pattern)


def upright(m: Master, seed: int) -> NDArray[np.uint8]:
    """A drawn touch with its pose undone: its pressure, moisture, contact area and dirt remain."""
    touch = draw_touch(m, seed, FULL)
    return impression(m, seed, FULL, replace(touch, shift=(0.0, 0.0), push=(0.0, 0.0), angle=0.0, twist=0.0))


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Best correlation of the middle of one picture with the other, up to 20 pixels off."""
    small_one, small_other = (cv2.GaussianBlur(p, (0, 0), 1.0).astype(np.float32) for p in (one, other))
    middle = (one.shape[1] / 2, one.shape[0] / 2)
    patch = cv2.getRectSubPix(small_one, (120, 120), middle)
    ground = cv2.getRectSubPix(small_other, (160, 160), middle)
    return float(cv2.matchTemplate(ground, patch, cv2.TM_CCOEFF_NORMED).max())


def ridge_period(picture: NDArray[np.uint8]) -> float:
    """Pixels from ridge to ridge: the strongest ring in the spectrum of the picture's middle."""
    h, w = picture.shape
    patch = picture[h // 2 - 64 : h // 2 + 64, w // 2 - 64 : w // 2 + 64].astype(float)
    window = np.outer(np.hanning(128), np.hanning(128))
    power = np.abs(np.fft.rfft2((patch - patch.mean()) * window)) ** 2
    rho = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.rfftfreq(128), indexing="ij"))
    rings = [power[(rho >= k / 128 - 1 / 256) & (rho < k / 128 + 1 / 256)].sum() for k in range(5, 40)]
    return 128 / (5 + int(np.argmax(rings)))


def winding(theta: NDArray[np.floating], x: float, y: float, radius: int = 20) -> float:
    """Turns of the ridge direction on a circle about image point x, y, counter-clockwise (Poincare index)."""
    circle = np.linspace(0, 2 * math.pi, 200)
    rows = ((y - radius * np.sin(circle)) / STEP).astype(int)
    columns = ((x + radius * np.cos(circle)) / STEP).astype(int)
    twice = np.unwrap(2 * theta[rows, columns])
    return round((twice[-1] - twice[0]) / (2 * math.pi)) / 2


def test_the_same_words_give_the_same_finger() -> None:
    """Two makings of one finger are equal to the last bit."""
    again = master(1, 2)
    assert np.array_equal(finger(1).wave, again.wave)
    assert np.array_equal(finger(1).creases, again.creases)
    assert finger(1).core == again.core


def test_the_same_seed_gives_the_same_picture() -> None:
    """Two touches drawn from one seed are equal."""
    assert np.array_equal(impression(finger(1), 3, R503), impression(finger(1), 3, R503))


def test_another_person_has_another_finger() -> None:
    """The ridges of two people are not related."""
    assert abs(np.corrcoef(finger(1).wave.ravel(), finger(2).wave.ravel())[0, 1]) < 0.1


@pytest.mark.parametrize("window", WINDOWS)
def test_a_picture_has_the_windows_size_and_levels(window: Window) -> None:
    """Pixels fill the window, spread over its levels and no others."""
    picture = impression(finger(1), 0, window)
    assert picture.shape == (window.height, window.width)
    assert picture.dtype == np.uint8
    allowed = (np.arange(window.levels) * 255 / (window.levels - 1)).astype(np.uint8)
    assert np.isin(picture, allowed).all()
    assert len(np.unique(picture)) > window.levels // 2


def test_ridges_are_dark_on_white() -> None:
    """Where nothing touches, the picture is white; the ridges fill a good part of it."""
    picture = impression(finger(1), 0, FULL, Touch())
    assert picture[:8, :8].min() > 230
    assert 0.15 < float((picture < 128).mean()) < 0.6


@pytest.mark.parametrize("person", [1, 2, 3, 4])
def test_the_ridge_period_is_a_real_fingers(person: int) -> None:
    """Ridges lie 6.5 to 10.5 pixels apart at 500 ppi."""
    assert 6.5 <= ridge_period(impression(finger(person), 0, FULL, Touch())) <= 10.5


def test_two_touches_of_a_finger_differ() -> None:
    """No two touches are equal pixel by pixel, even put down the same way."""
    one, other = impression(finger(1), 0, R503, Touch()), impression(finger(1), 1, R503, Touch())
    assert (one != other).mean() > 0.05


def test_touches_of_a_finger_are_more_alike_than_those_of_two() -> None:
    """After alignment, each touch is most alike to the other touch of its own finger."""
    people = range(1, 7)
    first = [upright(finger(p), 0) for p in people]
    second = [upright(finger(p), 1) for p in people]
    table = np.array([[likeness(a, b) for b in second] for a in first])
    mated = table.diagonal()
    non_mated = table[~np.eye(len(table), dtype=bool)]
    assert (table.argmax(axis=1) == np.arange(len(table))).all()
    assert mated.mean() > non_mated.mean() + 0.2


def test_pressure_makes_ridges_thicker() -> None:
    """A hard touch is darker than a feather touch."""
    soft = impression(finger(1), 0, R305, Touch(pressure=0.1))
    hard = impression(finger(1), 0, R305, Touch(pressure=0.9))
    assert hard.mean() < soft.mean() - 30


def test_less_contact_leaves_more_white() -> None:
    """A fingertip that hardly touches shows less ridge."""
    whole = impression(finger(1), 0, FULL, Touch())
    tip = impression(finger(1), 0, FULL, Touch(contact=0.5))
    assert (tip < 128).sum() < 0.5 * (whole < 128).sum()


def test_a_shift_moves_the_picture() -> None:
    """The finger's shift is where its image lies, to a pixel or two."""
    still = impression(finger(1), 0, FULL, Touch()).astype(np.float32)
    moved = impression(finger(1), 1, FULL, Touch(shift=(15, -10))).astype(np.float32)
    (dx, dy), _ = cv2.phaseCorrelate(still, moved, cv2.createHanningWindow(still.shape[::-1], cv2.CV_32F))
    assert abs(dx - 15) < 2
    assert abs(dy + 10) < 2


@pytest.mark.parametrize(
    ("pattern", "turns"),
    [(Pattern.LEFT, 0.5), (Pattern.RIGHT, 0.5), (Pattern.WHORL, 0.5), (Pattern.ARCH, 0.0)],
)
def test_a_core_is_where_the_ridges_turn(pattern: Pattern, turns: float) -> None:
    """The direction makes half a turn about a loop's core and none about an arch's top."""
    field = draw_field(stream(1, 5, 2), pattern)
    assert winding(field.direction, *field.core, radius=8) == turns


def test_a_wanted_class_is_kept() -> None:
    """Every class can be asked for by its word."""
    assert finger(6, "whorl").pattern is Pattern.WHORL


def test_the_classes_are_drawn_like_peoples() -> None:
    """Ulnar loops are the most frequent, on either hand."""
    drawn = [_class_of(person, finger_number) for person in range(60) for finger_number in (3, 8)]
    ulnar = sum(kind is (Pattern.RIGHT if number == 3 else Pattern.LEFT) for number, kind in drawn)
    assert 0.5 < ulnar / len(drawn) < 0.9


def _class_of(person: int, number: int) -> tuple[int, Pattern]:
    return number, draw_pattern(stream(1, person, number), number)


@pytest.mark.parametrize(
    ("person", "number", "pattern", "word"),
    [(-1, 1, None, "person"), (1, 0, None, "finger"), (1, 11, None, "finger"), (1, 1, "spiral", "pattern")],
)
def test_a_finger_that_cannot_be_is_refused(person: int, number: int, pattern: str | None, word: str) -> None:
    """The sentence names the argument that is wrong."""
    with pytest.raises(ValueError, match=word):
        master(person, number, pattern)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pressure": 1.5},
        {"moisture": -2.0},
        {"contact": 0.0},
        {"noise": -0.1},
        {"angle": math.nan},
        {"shift": (0.0, math.inf)},
    ],
)
def test_a_touch_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    """The sentence names the value that is wrong."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Touch(**wrong)


@pytest.mark.parametrize(
    "wrong", [(8, 192, 16, 1.0), (192, 4096, 16, 1.0), (192, 192, 1, 1.0), (192, 192, 300, 1.0)]
)
def test_a_window_that_cannot_be_is_refused(wrong: tuple[int, int, int, float]) -> None:
    """A window's size and levels have bounds."""
    with pytest.raises(ValueError, match="window"):
        Window(*wrong)


def test_a_negative_seed_is_refused() -> None:
    """Seeds count from 0."""
    with pytest.raises(ValueError, match="seed"):
        impression(finger(1), -1, R503)
    with pytest.raises(ValueError, match="seed"):
        draw_touch(finger(1), -1, R503)
