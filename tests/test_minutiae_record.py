"""Minutiae records of ISO/IEC 19794-2: bytes as the standard has them, and nothing damaged gets through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prints import small, whole

from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.errors import BadBytes, Incomparable
from hotspot_kiosk.minutiae_record import MODEL, View, decode, encode
from hotspot_kiosk.terms import FingerPosition, FingerTemplate


def made(rows: list[tuple[int, int, int, int]], **other: object) -> FingerTemplate:
    """A template of 192x192 at 508 ppi with these minutiae."""
    plain = FingerTemplate(
        "ridge-1",
        FingerPosition.LEFT_INDEX,
        508,
        192,
        192,
        np.array(rows, np.int16).reshape(-1, 4),
        np.ones((24, 24), np.bool_),
        np.zeros((96, 96), np.bool_),
    )
    return replace(plain, **other)


def test_a_record_is_the_standards_bytes() -> None:
    """Header, view and minutiae written out by hand from the standard's tables (clause 7)."""
    rows = [(100, 50, 64, 0), (7, 191, 0, 1)]
    wanted = (
        "464d5200 20323000 0000002a 0000 00c0 00c0 00c8 00c8 01 00"  # FMR, 20, 42 bytes, device 0, size, px/cm, 1 view
        "07 00 37 02"  # left index, view 0 and live-scan plain, quality 55, 2 minutiae
        "4064 0032 c0 00"  # ending at 100, 50; 90 degrees clockwise are 270 the other way
        "8007 00bf 00 00"  # bifurcation at 7, 191
        "0000"  # no extended data
    )
    assert encode([View(made(rows), 55)]).hex() == wanted.replace(" ", "")


def test_what_is_written_is_read() -> None:
    """Several views of real extraction: minutiae, positions and qualities come back."""
    views = [
        View(small(1, 1), 80),
        View(small(1, 2), 60),
        View(replace(small(2, 1), position=FingerPosition.LEFT_THUMB), 3),
    ]
    back = decode(encode(views))
    assert [view.quality for view in back] == [80, 60, 3]
    for one, other in zip(views, back, strict=True):
        assert (one.template.minutiae == other.template.minutiae).all()
        assert (one.template.position, one.template.ppi) == (other.template.position, other.template.ppi)
    assert encode(views)[24 + 1] >> 4 == 0
    second = 24 + 4 + 6 * len(views[0].template.minutiae) + 2
    assert encode(views)[second + 1] >> 4 == 1


def test_what_was_read_is_of_another_model() -> None:
    """A record's template is never compared with one of ours, not even with the one it was made of."""
    (foreign,) = decode(encode([View(whole(1, 0), 50)]))
    assert foreign.template.model == MODEL
    with pytest.raises(Incomparable):
        FingerComparator().score(foreign.template, whole(1, 0))


def test_too_many_minutiae_keep_the_central_ones() -> None:
    """The count is one byte: of 300 the outermost 45 stay behind."""
    rows = [(x, y, 0, 0) for x in range(20, 170, 10) for y in range(0, 180, 9)]
    (back,) = decode(encode([View(made(rows), 1)]))
    assert len(back.template.minutiae) == 255
    assert [0, 0] not in back.template.minutiae[:, :2].tolist()


def test_views_of_different_sizes_need_records_of_their_own() -> None:
    """The header states one size for all."""
    with pytest.raises(BadBytes, match="one record each"):
        encode([View(small(1, 1), 1), View(whole(1, 0), 1)])
    with pytest.raises(BadBytes, match="1 to 16"):
        encode([])


def test_another_systems_extended_data_is_passed_over() -> None:
    """Ridge counts and cores of others do not disturb."""
    data = bytearray(encode([View(made([(5, 6, 7, 0)]), 9)]))
    data[-2:] = b"\0\6" + b"\0\1\0\6ab"[:6]
    data[8:12] = len(data).to_bytes(4, "big")
    assert decode(bytes(data))[0].template.minutiae.tolist() == [[5, 6, 7, 0]]


@pytest.mark.parametrize(
    ("at", "value", "why"),
    [
        (0, 0x46 + 1, "not a minutiae record"),
        (5, 0x33, "not a minutiae record"),
        (11, 0, "length"),
        (15, 0, "size"),
        (19, 1, "density"),
        (22, 0, "no view"),
        (22, 2, "cut short"),
        (24, 0, "no known finger"),
        (24, 11, "no known finger"),
        (26, 101, "impossible quality"),
        (27, 200, "cut short"),
        (28, 0xFF, "no known kind"),
    ],
)
def test_what_is_damaged_says_why(at: int, value: int, why: str) -> None:
    """One byte wrong at each place that matters."""
    data = bytearray(encode([View(made([(5, 6, 7, 0)]), 9)]))
    data[at] = value
    with pytest.raises(BadBytes, match=why):
        decode(bytes(data))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_bytes_break_the_reader(data: st.DataObject) -> None:
    """Cut, changed and invented records are refused or understood, never a crash; what is understood can be written."""
    good = encode([View(made([(5, 6, 7, 0), (9, 9, 9, 1)]), 9)])
    changed = bytearray(good[: data.draw(st.integers(0, len(good)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if changed:
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        views = decode(bytes(changed) + data.draw(st.binary(max_size=8)))
    except BadBytes:
        return
    assert [view.quality for view in decode(encode(views))] == [view.quality for view in views]
