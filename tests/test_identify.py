"""Identification: fusion over characteristics, best touch a finger, thresholds that rise with the gallery."""

import math

import numpy as np
import pytest

from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import stow
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.hub.match.gallery import Reference, References, together
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.finger_touch import FULL, R503, impression
from hotspot_kiosk.terms import (
    Decision,
    FaceTemplate,
    FingerPosition,
    FingerSample,
    FingerTemplate,
    SensorGrade,
)

INDEX = FingerPosition.RIGHT_INDEX
FACE = Calibration(slope=10, offset=5, limit=6, source="made up: 0.5 apart is neither for nor against")


def identifier(possible: float = 7, no_hit: float = 3) -> Identifier:
    """With a face calibration that is easy to reckon with."""
    return Identifier(FaceComparator(FACE), FingerComparator(), Thresholds(possible, no_hit), 3)


def face(distance: float) -> FaceTemplate:
    """A face that lies so far from `face(0)`."""
    vector = np.zeros(4, np.float32)
    vector[0] = distance
    return FaceTemplate("made up", vector)


def finger(person: int, seed: int, full: bool = False) -> FingerTemplate:
    """A touch or a large print of a synthetic right index."""
    window = FULL if full else R503
    pixels = impression(master(person, 2), seed, window)
    height, width = pixels.shape
    return extract(FingerSample(INDEX, SensorGrade("made", width, height, 500, window.levels), pixels))


def reference(name: str, *templates: FaceTemplate | FingerTemplate) -> Reference:
    """A reference as the gallery prepares it."""
    faces = tuple(t for t in templates if isinstance(t, FaceTemplate))
    fingers = tuple((t.position, stow(t)) for t in templates if isinstance(t, FingerTemplate))
    return Reference(name, faces, fingers)


def gallery(*people: Reference) -> References:
    """A gallery of these."""
    return together(people)


KNOWN = finger(1, 10_000, full=True)


def test_face_and_finger_add_up() -> None:
    """Neither alone is enough, both together are."""
    known = gallery(reference("A", face(0), KNOWN))
    alone, _ = identifier().identify([face(0.1)], known)
    touch, _ = identifier().identify([finger(1, 1)], known)
    both, candidates = identifier().identify([face(0.1), finger(1, 1)], known)
    assert (alone, touch, both) == (Decision.UNDECIDED, Decision.UNDECIDED, Decision.POSSIBLE_MATCH)
    assert candidates[0].reference == "A"


def test_another_persons_finger_outweighs_a_similar_face() -> None:
    """Evidence against counts as much as evidence for."""
    decision, candidates = identifier().identify(
        [face(0.1), finger(2, 1)], gallery(reference("A", face(0), KNOWN))
    )
    assert decision is Decision.NO_HIT
    assert candidates == ()


def test_the_best_touch_of_a_finger_counts() -> None:
    """A second touch can only help, and an empty one changes nothing."""
    known = gallery(reference("A", KNOWN))
    blank = FingerSample(INDEX, SensorGrade("made", 192, 192, 500, 16), np.full((192, 192), 255, np.uint8))
    one = identifier(0, 0).identify([finger(1, 1)], known)[1][0].score
    with_blank = identifier(0, 0).identify([finger(1, 1), extract(blank)], known)[1][0].score
    assert with_blank == one
    stranger = identifier(-99, -99)
    other = stranger.identify([finger(2, 1)], known)[1][0].score
    assert other < 0
    assert stranger.identify([finger(2, 1), extract(blank)], known)[1][0].score == other


def test_a_probe_that_shares_nothing_with_a_reference_is_no_hit() -> None:
    """A finger cannot be compared with a face."""
    assert identifier().identify([finger(1, 1)], gallery(reference("A", face(0)))) == (Decision.NO_HIT, ())
    assert identifier().identify([], gallery(reference("A", face(0)))) == (Decision.NO_HIT, ())


def test_an_empty_gallery_is_no_hit() -> None:
    """Nobody is there to resemble."""
    assert identifier().identify([face(0)], gallery()) == (Decision.NO_HIT, ())


@pytest.mark.parametrize(("size", "expected"), [(1, Decision.POSSIBLE_MATCH), (100, Decision.UNDECIDED)])
def test_thresholds_rise_with_the_gallery(size: int, expected: Decision) -> None:
    """A score that is enough among few is not enough among many."""
    crowd = [reference(f"other {n}", face(9)) for n in range(size - 1)]
    decision, candidates = identifier(4.5, 0).identify([face(0)], gallery(reference("A", face(0)), *crowd))
    assert decision is expected
    assert [c.reference for c in candidates] == ["A"]
    assert candidates[0].score >= math.log(size)


def test_candidates_come_best_first_and_not_more_than_wanted() -> None:
    """Ranks count from one."""
    known = gallery(*(reference(f"R{n}", face(n / 100)) for n in range(10)))
    _, candidates = identifier(0, -9).identify([face(0)], known)
    assert [(c.rank, c.reference) for c in candidates] == [(1, "R0"), (2, "R1"), (3, "R2")]


def test_faces_at_once_decide_as_one_by_one() -> None:
    """A search of the whole gallery in one operation gives, to the bit, what single comparisons give."""
    chance = np.random.default_rng(3)

    def some(model: str, length: int, spread: float) -> FaceTemplate:
        return FaceTemplate(model, chance.normal(0, spread, length).astype(np.float32))

    kinds = (("made up", 128), ("made up", 64), ("other", 128))
    people = [
        reference(f"R{n:04}", *(some(*kinds[chance.integers(3)], 0.05) for _ in range(chance.integers(4))))
        for n in range(5000)
    ]
    people[7] = reference("R0007", FaceTemplate("made up", np.full(128, np.nan, np.float32)))
    probes = [some("made up", 128, 0.05), some("made up", 128, 0.03)]
    comparator = FaceComparator(FACE)
    expected = []
    for person in people:
        said = [
            comparator.log_odds(a, b)
            for a in probes
            for b in person.faces
            if (b.model, len(b.vector)) == ("made up", 128) and np.isfinite(b.vector).all()
        ]
        if said:
            expected.append((max(said), person.name))
    expected.sort(key=lambda pair: (-pair[0], pair[1]))
    _, candidates = Identifier(comparator, FingerComparator(), Thresholds(-99, -99), 9999).identify(
        probes, together(people)
    )
    assert [(c.score, c.reference) for c in candidates] == expected
