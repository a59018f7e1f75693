"""Quality of a touch: high where it is good, low with fitting advice where it is not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from prints import finger, middle, real, sample, touch

from hotspot_kiosk.inference import finger_quality as quality
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.simulator.finger_touch import R503, Touch, impression
from hotspot_kiosk.terms import Advice, Quality


def of(pixels: np.ndarray) -> Quality:
    """Quality of a picture."""
    given = sample(pixels)
    return quality.measure(given, extract(given))


def scores(pixels: np.ndarray) -> dict[str, int]:
    return {part.name: part.score for part in of(pixels).components}


def test_good_touches_score_high() -> None:
    """An ordinary touch of an ordinary finger."""
    assert all(of(touch(person, 1)).score >= 70 for person in (1, 2, 3))


def test_every_aspect_is_named() -> None:
    """Five aspects, each with advice."""
    parts = of(touch(1, 1)).components
    assert [part.name for part in parts] == ["ridge area", "centre", "contrast", "clarity", "minutiae"]
    assert all(part.advice for part in parts)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_glass_scores_zero(grey: int) -> None:
    """Nothing on the glass: 0, and what to do."""
    nothing = of(np.full((192, 192), grey, np.uint8))
    assert (nothing.score, nothing.advice) == (0, Advice.NO_FINGER)


def test_half_a_finger_wants_more_of_it() -> None:
    """The lower half is empty: area and centre are low."""
    half = touch(1, 1).copy()
    half[90:] = 255
    assert scores(half)["ridge area"] < 65
    assert scores(half)["centre"] < 50


def test_less_finger_never_scores_more() -> None:
    """The more of the picture is cut away, the lower the area's score."""
    areas = []
    for cut in (192, 140, 100, 60):
        pixels = touch(2, 1).copy()
        pixels[:, cut:] = 255
        areas.append(scores(pixels)["ridge area"])
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] < 50


def test_a_faint_touch_is_told_to_press_harder() -> None:
    """Hardly any difference between ridges and valleys, all light."""
    faint = (235 + (touch(1, 1).astype(float) - 255) * 0.07).astype(np.uint8)
    told = of(faint)
    assert told.score < 50
    assert told.advice == Advice.PRESS_HARDER


def test_a_wet_touch_is_told_to_dry() -> None:
    """Hardly any difference between ridges and valleys, all dark."""
    wet = (touch(1, 1).astype(float) * 0.07 + 10).astype(np.uint8)
    told = of(wet)
    assert told.score < 50
    assert told.advice == Advice.FINGER_WET


def test_dirt_lowers_clarity() -> None:
    """Noise over the ridges is seen as unclear, not as contrast."""
    rng = np.random.default_rng(1)
    clean = touch(2, 1)
    dirt = cv2.GaussianBlur(rng.normal(size=clean.shape), (0, 0), 2) * 450
    dirty = np.clip(clean + dirt, 0, 255).astype(np.uint8)
    assert scores(dirty)["clarity"] < scores(clean)["clarity"] - 10


def test_noise_is_not_a_good_finger() -> None:
    """A picture of noise is refused by its quality."""
    noise = np.random.default_rng(2).integers(0, 256, (192, 192), dtype=np.uint8)
    assert of(noise).score < 20


def test_plain_stripes_are_not_a_good_finger() -> None:
    """Perfect ridges without minutiae are no use."""
    x = np.tile(np.arange(192), (192, 1))
    assert of((127 + 110 * np.sin(0.7 * x)).astype(np.uint8)).score < 20


def test_a_small_contact_scores_below_a_full_one() -> None:
    """A fingertip that hardly touches gives less area."""
    full = impression(finger(3), 1, R503, Touch())
    tip = impression(finger(3), 1, R503, Touch(contact=0.35))
    assert of(tip).score < of(full).score


def test_real_prints_are_usable(shared_data: Path) -> None:
    """Windows of real prints of two kinds of sensor mostly score at least 40."""
    found = [
        of(middle(real(shared_data, database, number, 3))).score
        for database in ("db1", "db3")
        for number in range(101, 111)
    ]
    assert np.median(found) >= 50
    assert sum(score >= 40 for score in found) >= 15
