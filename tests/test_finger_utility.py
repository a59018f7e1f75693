"""The finger utility model: built to the byte from its coefficients, and it foresees which touches compare badly."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prints import finger, middle, real, sample, touch, whole

from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import prepare
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.inference.finger_measures import MEASURES, measures
from hotspot_kiosk.inference.finger_utility import NAME, FingerUtility
from hotspot_kiosk.inference.port import Model, ModelShelf, digest
from hotspot_kiosk.simulator.finger_touch import R503, Touch, impression
from models.build import HERE, MANIFEST, RECIPES

TEXT = (HERE / "finger_utility.toml").read_bytes()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Built here from its coefficients; the manifest's digest must fit."""
    entry = ModelShelf(MANIFEST, HERE).entry(NAME)
    built = tmp_path_factory.mktemp("built")
    (built / entry.file).write_bytes(RECIPES[entry.recipe](TEXT))
    return ModelShelf(MANIFEST, built, threads=1).open(NAME)


@pytest.fixture(scope="module")
def utility(model: Model) -> FingerUtility:
    return FingerUtility(model)


def scored(utility: FingerUtility, pixels: np.ndarray) -> int:
    given_touch = sample(pixels)
    return utility.score(given_touch, extract(given_touch))


def test_the_manifest_names_these_very_bytes() -> None:
    """The same coefficients make the same file on every computer."""
    entry = ModelShelf(MANIFEST, HERE).entry(NAME)
    assert digest(RECIPES[entry.recipe](TEXT)) == entry.sha256
    assert entry.input[0].shape[1] == len(MEASURES)


def test_the_network_computes_what_the_coefficients_say(model: Model) -> None:
    """ONNX against the same sum in NumPy, for inputs far out as well."""
    found = {key: np.array(value) for key, value in tomllib.loads(TEXT.decode()).items() if key != "source"}
    rows = np.random.default_rng(1).normal(0, 3, (50, len(MEASURES))) * found["spread"] + found["centre"]
    scaled = np.clip((rows - found["centre"]) / found["spread"], -found["clip"], found["clip"])
    wanted = np.tanh(scaled @ found["inner"] + found["shift"]) @ found["outer"] + found["base"]
    np.testing.assert_allclose(model.run(rows.astype(np.float32))[0][:, 0], wanted, atol=1e-3)


def test_good_touches_score_high(utility: FingerUtility) -> None:
    """Ordinary touches of ordinary fingers."""
    assert np.median([scored(utility, touch(person, 1)) for person in (1, 2, 3)]) >= 70


@pytest.mark.parametrize(
    "how",
    [
        Touch(contact=0.2),
        Touch(pressure=0.02, moisture=-1.0, noise=2.5),
        Touch(shift=(110.0, 60.0), contact=0.5),
    ],
    ids=["small contact", "dry and faint", "off centre"],
)
def test_a_bad_touch_scores_below_a_good_one(utility: FingerUtility, how: Touch) -> None:
    """The same finger, put down badly."""
    good, bad = (sample(impression(finger(3), 1, R503, each)) for each in (Touch(), how))
    assert utility.foreseen(bad, extract(bad)) < utility.foreseen(good, extract(good)) - 1


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_an_empty_glass_is_worth_nothing(utility: FingerUtility, grey: int) -> None:
    """No finger: 0."""
    assert scored(utility, np.full((192, 192), grey, np.uint8)) == 0


def test_it_foresees_scores_of_spoilt_touches(utility: FingerUtility) -> None:
    """On fingers it never saw, put down in many ways: rank correlation with the comparison's score."""
    chance, pairs = np.random.default_rng(9), []
    for person in (1, 2, 3):
        against = prepare(whole(person, 0))
        for seed in range(10):
            how = Touch(
                contact=chance.uniform(0.3, 1.1),
                moisture=chance.uniform(-1, 1),
                pressure=chance.uniform(0.05, 1),
                noise=chance.uniform(0, 2.5),
                tilt=(chance.normal(0, 30), chance.normal(0, 30)),
            )
            given_touch = sample(impression(finger(person), seed, R503, how))
            read = extract(given_touch)
            pairs.append((utility.foreseen(given_touch, read), FingerComparator().score(read, against)))
    ranks = np.argsort(np.argsort(np.array(pairs), axis=0), axis=0)
    assert np.corrcoef(ranks.T)[0, 1] > 0.5


def test_it_foresees_scores_of_real_touches(utility: FingerUtility, shared_data: Path) -> None:
    """Real fingers, of which it saw none: the better half by its word scores higher on the average."""
    foreseen, scores = [], []
    for number in range(101, 111):
        against = prepare(extract(sample(real(shared_data, "db3", number, 1))))
        for impression_number in (2, 5):
            given_touch = sample(middle(real(shared_data, "db3", number, impression_number)))
            read = extract(given_touch)
            foreseen.append(utility.foreseen(given_touch, read))
            scores.append(FingerComparator().score(read, against))
    better = np.array(foreseen) >= np.median(foreseen)
    assert np.mean(np.array(scores)[better]) > np.mean(np.array(scores)[~better])


@given(st.sampled_from(["black", "white", "noise", "stripes"]), st.integers(64, 300), st.integers(64, 300))
@settings(max_examples=25, deadline=None)
def test_measures_are_numbers_whatever_is_seen(kind: str, height: int, width: int) -> None:
    """Finite, one a measure, also where the features say more or less than the picture."""
    x = np.tile(np.arange(width), (height, 1))
    pixels = {
        "black": np.zeros((height, width), np.uint8),
        "white": np.full((height, width), 255, np.uint8),
        "noise": np.random.default_rng(height).integers(0, 256, (height, width), np.uint8),
        "stripes": (127 + 110 * np.sin(0.7 * x)).astype(np.uint8),
    }[kind]
    given_touch = sample(pixels)
    read = extract(given_touch)
    for template in (
        read,
        replace(read, area=np.ones_like(read.area)),
        replace(read, minutiae=read.minutiae[:0]),
    ):
        found = measures(given_touch, template)
        assert found.shape == (len(MEASURES),)
        assert np.isfinite(found).all()
