"""The quick look through a large gallery: it finds the finger, agrees with the whole search, and leaves no one out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import StowedFinger, prepare, stow
from hotspot_kiosk.compare.finger_sketch import shortlist, sketches
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.hub.match.gallery import Reference, References, together
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.finger_touch import FULL, R503, impression
from hotspot_kiosk.terms import FaceTemplate, FingerPosition, FingerSample, FingerTemplate, SensorGrade

INDEX = FingerPosition.RIGHT_INDEX
PEOPLE = 12
FACE = Calibration(slope=10, offset=5, limit=6, source="made up")


@cache
def template(person: int, seed: int, full: bool) -> FingerTemplate:
    """A touch or a large print of a synthetic right index."""
    window = FULL if full else R503
    pixels = impression(master(person, 2), seed, window)
    height, width = pixels.shape
    return extract(FingerSample(INDEX, SensorGrade("made", width, height, 500, window.levels), pixels))


@cache
def prints() -> tuple[StowedFinger, ...]:
    """One large print a person."""
    return tuple(stow(template(person, 10_000, True)) for person in range(PEOPLE))


@cache
def gallery() -> References:
    """Persons of one print each."""
    return together(Reference(f"person {k}", (), ((INDEX, one),)) for k, one in enumerate(prints()))


def identifier(most: int) -> Identifier:
    """One that tells every score."""
    return Identifier(FaceComparator(FACE), FingerComparator(), Thresholds(-99, -99), 99, most)


def test_the_right_finger_comes_first() -> None:
    """For most touches the likeliest print is the finger's own; it is always among the first quarter."""
    known = sketches(prints())
    ranks = [
        shortlist(prepare(template(k, 1, False)), known, PEOPLE).tolist().index(k) for k in range(PEOPLE)
    ]
    assert max(ranks) < PEOPLE // 4
    assert sum(rank == 0 for rank in ranks) >= PEOPLE * 3 // 4


def test_every_print_has_its_place() -> None:
    """Asked for all, the list names each print once."""
    found = shortlist(prepare(template(0, 1, False)), sketches(prints()), PEOPLE)
    assert sorted(found.tolist()) == list(range(PEOPLE))


@pytest.mark.parametrize("person", range(4))
def test_a_short_search_agrees_with_the_whole_one(person: int) -> None:
    """The best candidate and its score are the same; only hopeless ones are missing."""
    touch = [template(person, 2, False)]
    whole, short = identifier(0).identify(touch, gallery()), identifier(3).identify(touch, gallery())
    assert len(whole[1]) == PEOPLE
    assert len(short[1]) == 3
    assert short[1][0] == whole[1][0]
    assert {(each.reference, each.score) for each in short[1]} <= {(a.reference, a.score) for a in whole[1]}


def test_a_small_gallery_is_searched_wholly() -> None:
    """With no more people than the list is long, both ways are one."""
    touch = [template(5, 3, False)]
    assert identifier(PEOPLE).identify(touch, gallery()) == identifier(0).identify(touch, gallery())


def test_a_face_brings_its_person_in() -> None:
    """A person whose face is the likeliest is compared wholly, whatever the sketch says of the finger."""
    vector = np.zeros(4, np.float32)
    faces = [FaceTemplate("made up", vector + 5 * k) for k in range(PEOPLE)]
    known = together(Reference(f"person {k}", (faces[k],), ((INDEX, one),)) for k, one in enumerate(prints()))
    probe = [faces[7], template(2, 4, False)]
    _, found = identifier(1).identify(probe, known)
    assert {each.reference for each in found} == {"person 2", "person 7"}


def test_prints_without_minutiae_do_no_harm() -> None:
    """An empty print, or an empty probe, is ranked and never raises."""
    empty = replace(template(0, 1, False), minutiae=np.zeros((0, 4), np.int16))
    known = sketches([stow(empty), *prints()[:3]])
    assert shortlist(prepare(template(1, 1, False)), known, 4).tolist()[0] == 2
    assert sorted(shortlist(prepare(empty), known, 4).tolist()) == [0, 1, 2, 3]
    assert shortlist(prepare(empty), sketches([]), 4).tolist() == []


def test_extractors_do_not_mix() -> None:
    """Prints of two extractors cannot be sketched together."""
    other = stow(replace(template(0, 1, False), model="another"))
    with pytest.raises(Incomparable):
        sketches([other, prints()[0]])
