"""From a picture of a finger to its template: right where there are ridges, quiet where there are none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from prints import flow, middle, real, sample, shared_share, small, touch, whole

from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.inference.finger import MODEL, extract, warm_up
from hotspot_kiosk.inference.thinning import thin
from hotspot_kiosk.simulator.finger_touch import FULL

NO_FINGER = {
    "white": np.full((192, 192), 255, np.uint8),
    "black": np.zeros((192, 192), np.uint8),
    "grey": np.full((192, 192), 120, np.uint8),
    "ramp": np.tile(np.arange(192, dtype=np.uint8), (192, 1)),
    "checks": np.kron(np.indices((24, 24)).sum(axis=0) % 2, np.ones((8, 8))).astype(np.uint8) * 255,
}


def test_a_template_says_what_it_was_made_from() -> None:
    """Model, position, density and size are the sample's."""
    template = extract(sample(touch(1, 1), ppi=508))
    assert (template.model, template.ppi, template.width, template.height) == (MODEL, 508, 192, 192)
    assert template.ridges.shape == (96, 96)
    assert template.area.shape == (24, 24)


def test_a_good_touch_gives_several_minutiae() -> None:
    """Small touches show some eight or more, whole ones more than small ones."""
    for person in (1, 2, 3):
        assert len(small(person, 1).minutiae) >= 8
        assert len(whole(person, 0).minutiae) > len(small(person, 1).minutiae)


@pytest.mark.parametrize("turns", [1, -1])
def test_a_drawn_ridge_end_is_found_in_its_place(turns: int) -> None:
    """One ridge more on the right: one minutia, there, pointing right."""
    minutiae = extract(sample(flow(turns))).minutiae
    assert len(minutiae) == 1
    x, y, direction, _ = minutiae[0].astype(int)
    assert abs(x - 80) <= 8
    assert abs(y - 80) <= 6
    towards_right = abs((direction + 128) % 256 - 128) < 16
    assert towards_right == (turns == 1)


def test_even_ridges_have_no_minutiae() -> None:
    """Straight stripes begin and end nowhere but at the border, which is not reported."""
    assert len(extract(sample(flow(0))).minutiae) == 0


def test_no_minutiae_at_the_border() -> None:
    """Every minutia keeps nine pixels from the picture's border, where all ridges end."""
    for person in (1, 2, 3):
        place = small(person, 1).minutiae[:, :2]
        assert place.min() >= 9
        assert place.max() <= 192 - 9


def test_a_window_shows_the_minutiae_of_the_whole() -> None:
    """Cutting a picture adds no minutiae of its own: most of those in the cut are in the whole."""
    shares = []
    for person in (1, 2, 3):
        pixels = touch(person, 0, FULL)
        cut = extract(sample(np.ascontiguousarray(pixels[90:282, 100:292]))).minutiae
        cut[:, :2] += np.array([100, 90], np.int16)
        shares.append(shared_share(cut, whole(person, 0).minutiae))
    assert np.mean(shares) > 0.75


def test_turning_the_picture_turns_the_minutiae() -> None:
    """A quarter turn of the picture is a quarter turn of places and directions."""
    pixels = touch(2, 0, FULL)[:374, :374]
    upright = extract(sample(np.ascontiguousarray(pixels))).minutiae
    turned = extract(sample(np.ascontiguousarray(np.rot90(pixels, -1)))).minutiae
    expected = upright.copy()
    expected[:, 0], expected[:, 1] = 373 - upright[:, 1], upright[:, 0]
    expected[:, 2] = (upright[:, 2] + 64) % 256
    assert shared_share(expected, turned) > 0.75


def test_sixteen_grey_levels_are_enough() -> None:
    """The same picture with 16 instead of 256 grey levels gives nearly the same template."""
    shares = []
    for person in (1, 2, 3):
        coarse = extract(sample(touch(person, 0, FULL) // 16 * 17))
        fine = whole(person, 0)
        shares.append(shared_share(fine.minutiae, coarse.minutiae))
        assert (coarse.ridges == fine.ridges).mean() > 0.95
    assert np.mean(shares) > 0.8


def test_real_prints_survive_sixteen_grey_levels(shared_data: Path) -> None:
    """The same on real prints of two kinds of sensor."""
    for database in ("db1", "db3"):
        pixels = real(shared_data, database, 101, 1)
        fine, coarse = extract(sample(pixels)), extract(sample(pixels // 16 * 17))
        assert shared_share(fine.minutiae, coarse.minutiae) > 0.7


def test_real_windows_show_minutiae(shared_data: Path) -> None:
    """The middle of a real print shows enough to compare."""
    for database in ("db1", "db3"):
        for number in (101, 104, 107):
            template = extract(sample(middle(real(shared_data, database, number, 2))))
            assert len(template.minutiae) >= 5
            assert template.area.mean() > 0.4


@pytest.mark.parametrize("name", NO_FINGER)
def test_a_picture_without_a_finger_has_no_minutiae(name: str) -> None:
    """Blank, black, grey, a ramp, a chessboard: an empty template, no error."""
    template = extract(sample(NO_FINGER[name]))
    assert len(template.minutiae) == 0
    assert template.area.mean() < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (63, 192), (192, 63), (64, 2049)])
def test_a_picture_of_the_wrong_size_is_refused(shape: tuple[int, int]) -> None:
    """Too small or too large to be one finger: a reason is given."""
    with pytest.raises(BadSample, match="64 to 2048 pixels"):
        extract(sample(np.zeros(shape, np.uint8)))


@pytest.mark.parametrize("ppi", [0, 96, 250, 1000])
def test_a_picture_of_the_wrong_density_is_refused(ppi: int) -> None:
    """The filters know ridges at about 500 pixels an inch only."""
    with pytest.raises(BadSample, match="400 to 600 pixels an inch"):
        extract(sample(touch(1, 1), ppi=ppi))


def test_sizes_that_are_no_multiple_of_anything() -> None:
    """Odd sizes give templates of the shapes the format asks for."""
    pixels = np.ascontiguousarray(touch(1, 0, FULL)[:201, :131])
    template = extract(sample(pixels))
    assert template.ridges.shape == (100, 65)
    assert template.area.shape == (26, 17)


def test_how_pixels_lie_in_memory_does_not_matter() -> None:
    """A view with strides gives the template of its copy."""
    view = touch(1, 0, FULL)[::-1, ::-1].T
    one, other = extract(sample(view)), extract(sample(view.copy()))
    assert np.array_equal(one.minutiae, other.minutiae)
    assert np.array_equal(one.ridges, other.ridges)


def test_warming_up_twice_is_harmless() -> None:
    """The daemon may call it whenever it likes."""
    warm_up()
    warm_up()


@settings(max_examples=25, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(64, 110), st.integers(64, 110))))
def test_no_picture_breaks_the_extractor(pixels: np.ndarray) -> None:
    """Any bytes at all give a template whose minutiae lie inside the picture."""
    template = extract(sample(pixels))
    inside = (template.minutiae[:, 0] < pixels.shape[1]) & (template.minutiae[:, 1] < pixels.shape[0])
    assert inside.all()
    assert (template.minutiae >= 0).all()


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(3, 24), st.integers(3, 24)), elements=st.integers(0, 1)))
def test_thinning_keeps_what_hangs_together(mask: np.ndarray) -> None:
    """As many connected parts as before (framed, as the outermost pixels always go), none added."""
    framed = np.pad(mask[1:-1, 1:-1], 1)
    skeleton = thin(framed)
    assert not (skeleton & ~framed & 1).any()
    assert cv2.connectedComponents(skeleton)[0] == cv2.connectedComponents(framed)[0]


def test_a_bar_is_thinned_to_a_line() -> None:
    """A bar five pixels thick becomes a line of one pixel."""
    bar = np.zeros((15, 40), np.uint8)
    bar[5:10, 4:36] = 1
    assert thin(bar).sum(axis=0).max() == 1
