"""Prints made ready for comparing: what is stowed opens to the same, at another density too; a look never leaves the picture."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prints import laid_out, small, whole

from hotspot_kiosk.compare.finger import FingerComparator, compare_edges
from hotspot_kiosk.compare.finger_dense import look
from hotspot_kiosk.compare.finger_laying import spread
from hotspot_kiosk.compare.finger_prepared import opened, prepare, stow
from hotspot_kiosk.errors import BadBytes

MARGIN = 64


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(1, 9), st.integers(0, 2**32 - 1), st.sampled_from([32, 64]))
def test_words_hold_the_pixels_of_their_rows(width: int, height: int, seed: int, margin: int) -> None:
    """Word k holds pixels 32k to 32k+63 of a row with its margin, whatever the size."""
    picture = np.random.default_rng(seed).random((height, width)) < 0.5
    words = spread(np.packbits(picture, axis=1, bitorder="little"), margin)
    padded = np.pad(picture, ((margin, margin), (margin, 32 * words.shape[1] + 32)))
    for y, row in enumerate(words.tolist()):
        for k, word in enumerate(row):
            there = padded[y, 32 * k : 32 * k + 64].tolist()
            assert [bool(word >> bit & 1) for bit in range(64)] == there


@pytest.mark.parametrize("ppi", [500, 510])
def test_what_is_stowed_opens_to_the_same(ppi: int) -> None:
    """Score by score, whether a reference is given as a template, prepared or stowed."""
    template, comparator = replace(whole(1, 0), ppi=ppi), FingerComparator()
    probe = prepare(small(1, 1))
    scores = {comparator.score(probe, one) for one in (template, prepare(template), stow(template))}
    assert len(scores) == 1
    there, here = compare_edges(probe, stow(template)), compare_edges(probe, prepare(template))
    assert (there.score, there.motions.tolist()) == (here.score, here.motions.tolist())


def test_a_stowed_print_is_small() -> None:
    """A gallery's form takes less than a fifth of the opened one."""
    stowed = stow(whole(1, 0))
    picture, coarse = opened(stowed).picture, opened(stowed).coarse
    arrays = (picture.ridges, picture.area, picture.bits, picture.mask, coarse.waves)
    assert 5 * stowed.bytes < stowed.bytes + sum(each.nbytes for each in arrays)


def test_ridges_that_did_not_travel_are_unseen() -> None:
    """The ground is known for minutiae, and nothing is seen of the ridges."""
    bare = prepare(replace(whole(1, 0), ridges=np.zeros((0, 0), np.bool_)))
    assert bare.area.any()
    assert not bare.picture.area.any()
    assert not bare.picture.bits.any()


def test_no_believable_print_is_refused() -> None:
    """Another density than any sensor of ours has."""
    with pytest.raises(BadBytes, match="believable"):
        stow(replace(whole(1, 0), ppi=1000))


def test_a_look_knows_the_right_motion() -> None:
    """High where a part lies on its whole, turned or not; near chance beside it, and nothing off the picture."""
    print_ = whole(1, 0)
    area = np.repeat(np.repeat(print_.area, 4, 0), 4, 1)[: print_.height // 2, : print_.width // 2]
    cut = (slice(40, 140), slice(30, 130))
    reference, part = laid_out(print_.ridges, area), laid_out(print_.ridges[cut], area[cut])
    there = look(part, reference, np.array([0.0, 30.0, 40.0]))
    beside = [look(part, reference, np.array([turn, 30.0, 40.0])) for turn in (math.pi / 2, -math.pi / 2)]
    assert there > 2 * max(beside)
    for x, y in ((-500, 0), (500, 0), (0, -500), (0, 500), (1e6, -1e6)):
        assert look(part, reference, np.array([0.3, x, y])) == 0.0
