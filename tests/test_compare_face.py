"""Comparing faces: scores that order, log-odds that add, and nothing compared that must not be."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hotspot_kiosk.compare.calibrate import calibrate, fit, limit
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import Incomparable, Refused
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.terms import FaceTemplate

MANIFEST = Path(__file__).resolve().parents[1] / "models" / "manifest.toml"
COMPARATOR = FaceComparator(Calibration(slope=50.0, offset=30.0, limit=6.0, source="made up"))


def vectors(seed: int, count: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, (count, 128)).astype(np.float32)


def template(vector: NDArray[np.float32], model: str = "m") -> FaceTemplate:
    return FaceTemplate(model, vector)


def test_identical_scores_nought() -> None:
    """Nothing is more alike than a template and itself."""
    one = template(vectors(1, 1)[0])
    assert COMPARATOR.score(one, one) == 0


def test_score_is_minus_the_distance() -> None:
    """Two templates a known distance apart score just that, whichever comes first."""
    one = np.zeros(128, np.float32)
    other = one.copy()
    other[[3, 77]] = 0.3, 0.4
    assert COMPARATOR.score(template(one), template(other)) == pytest.approx(-0.5)
    assert COMPARATOR.score(template(other), template(one)) == pytest.approx(-0.5)


@given(st.integers(0, 1000), st.integers(1, 40))
def test_many_at_once_are_the_same_as_one_by_one(seed: int, count: int) -> None:
    """A probe against a whole gallery gives the scores of single comparisons."""
    probe, *references = vectors(seed, count + 1)
    at_once = COMPARATOR.scores(probe, np.array(references))
    one_by_one = [COMPARATOR.score(template(probe), template(each)) for each in references]
    assert at_once.tolist() == pytest.approx(one_by_one)


def test_empty_gallery() -> None:
    """No references give no scores."""
    assert COMPARATOR.scores(vectors(1, 1)[0], np.zeros((0, 128), np.float32)).shape == (0,)


def test_log_odds_are_calibrated_and_limited() -> None:
    """Log-odds follow the line between the limits and stay within them."""
    here = np.zeros(128, np.float32)
    for distance, expected in ((0.0, 6.0), (0.55, 2.5), (0.6, 0.0), (0.65, -2.5), (3.0, -6.0)):
        there = here.copy()
        there[0] = distance
        assert COMPARATOR.log_odds(template(here), template(there)) == pytest.approx(expected, abs=1e-4)


def test_other_models_never_compare() -> None:
    """Templates of two models are refused though their lengths agree."""
    one, other = vectors(1, 2)
    with pytest.raises(Incomparable, match="template of old cannot be compared with one of new"):
        COMPARATOR.log_odds(template(one, "old"), template(other, "new"))


@pytest.mark.parametrize(
    ("probe", "references"),
    [
        (np.zeros(128), np.zeros((3, 127))),
        (np.zeros(128), np.zeros(128)),
        (np.zeros((1, 128)), np.zeros((3, 128))),
        (np.full(128, np.nan), np.zeros((3, 128))),
        (np.zeros(128), np.full((3, 128), np.inf)),
    ],
    ids=["shorter", "no matrix", "no vector", "not a number", "infinite"],
)
def test_vectors_that_are_no_templates(probe: NDArray[np.float64], references: NDArray[np.float64]) -> None:
    """Vectors of other lengths, or with values that are no numbers, are refused."""
    with pytest.raises(Incomparable):
        COMPARATOR.scores(probe.astype(np.float32), references.astype(np.float32))


def test_fit_recovers_known_log_odds() -> None:
    """Scores of two normal distributions of one width have linear log-odds, and the fit finds that line."""
    chance = np.random.default_rng(5)
    mated, non_mated = chance.normal(-0.5, 0.1, 20_000), chance.normal(-0.8, 0.1, 200_000)
    slope, offset = fit(mated, non_mated)
    assert slope == pytest.approx(30, rel=0.05)
    assert offset == pytest.approx(30 * 0.65, rel=0.05)


def test_fit_of_separable_scores_is_finite() -> None:
    """Scores that do not overlap at all still give a finite, rising line."""
    slope, offset = fit(np.full(450, -0.3) + np.linspace(0, 0.1, 450), np.linspace(-1, -0.7, 4500))
    assert 0 < slope < 1000
    assert np.isfinite(offset)


def test_our_calibration_claims_no_more_than_its_data() -> None:
    """The manifest's calibration rises with the score, crosses nought near 0.6, and is limited by its 450 pairs."""
    fitted = ModelShelf(MANIFEST, MANIFEST.parent).entry("dlib-face-resnet-v1").calibration
    assert fitted is not None
    assert fitted.limit <= limit(450, 4500) + 0.01
    assert -fitted.offset / fitted.slope == pytest.approx(-0.6, abs=0.03)


def test_a_stated_rate_holds_on_fresh_scores() -> None:
    """A threshold calibrated for FMR 1 % lets about one in a hundred of other non-mated scores pass, and says its TAR."""
    chance = np.random.default_rng(8)
    fitted = calibrate(chance.normal(-0.4, 0.1, 500), chance.normal(-0.8, 0.1, 20_000), (1e-2,), "made up")
    ((fmr, least, tar),) = fitted.thresholds
    assert np.mean(chance.normal(-0.8, 0.1, 20_000) >= least) == pytest.approx(fmr, rel=0.3)
    assert tar == pytest.approx(np.mean(chance.normal(-0.4, 0.1, 20_000) >= least), abs=0.05)
    assert fitted.calibration.limit == pytest.approx(np.log(500))


@pytest.mark.parametrize("fmr", [1e-3, 1e-9, 0.0, -1.0, 1.0])
def test_a_rate_that_so_few_pairs_cannot_show_is_refused(fmr: float) -> None:
    """A thousand pairs show no FMR of 0.1 %: one of them would decide."""
    with pytest.raises(Refused, match="cannot show an FMR"):
        calibrate(np.full(9, -0.4), np.linspace(-1, -0.7, 1000), (fmr,), "made up")


def test_one_kind_of_pairs_alone_is_refused() -> None:
    """Nothing is fitted without both."""
    with pytest.raises(Refused, match="both mated and non-mated"):
        calibrate(np.zeros(0), np.linspace(-1, -0.7, 1000), (0.1,), "made up")
