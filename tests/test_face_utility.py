"""The utility model: built to the byte from its coefficients, and it foresees what spoils a face."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import PLACES, FaceEncoder
from hotspot_kiosk.inference.face_measures import MEASURES, measures
from hotspot_kiosk.inference.face_utility import NAME, FaceUtility
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from models.build import HERE, MANIFEST
from models.face_degradations import spoil
from models.face_utility_onnx import convert
from models.face_utility_train import fit

TEXT = (HERE / "face_utility.toml").read_bytes()
Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def shelf(models_built: Path) -> ModelShelf:
    return ModelShelf(MANIFEST, models_built, threads=1)


@pytest.fixture(scope="module")
def portrait(models_built: Path) -> Pixels:
    return np.asarray(Image.open(models_built / "pictures" / "portrait_a.png").convert("RGB"))


def frontal() -> DetectedFace:
    return DetectedFace((180.0, 150.0, 420.0, 450.0), 0.9, (PLACES * 2 + 150).astype(np.float32))


def test_the_network_computes_what_the_coefficients_say(shelf: ModelShelf) -> None:
    """ONNX against the same sum in NumPy, for inputs far out as well."""
    import tomllib

    found = {key: np.array(value) for key, value in tomllib.loads(TEXT.decode()).items() if key != "source"}
    rows = np.random.default_rng(1).normal(0, 3, (50, len(MEASURES))) * found["spread"] + found["centre"]
    scaled = np.clip((rows - found["centre"]) / found["spread"], -found["clip"], found["clip"])
    wanted = np.tanh(scaled @ found["inner"] + found["shift"]) @ found["outer"] + found["base"]
    given = shelf.open(NAME).run(rows.astype(np.float32))[0][:, 0]
    np.testing.assert_allclose(given, wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"inner", b"outer2"), (b"clip = 4.0", b"clip = 'x'"), (b"shift = [", b"shift = [1.0, "), (b"=", b"")],
)
def test_coefficients_that_do_not_fit_are_refused(old: bytes, new: bytes) -> None:
    """A damaged file makes no model."""
    with pytest.raises(BadBytes, match="not understood"):
        convert(TEXT.replace(old, new, 1))


def test_it_foresees_the_distance_of_spoilt_faces(shelf: ModelShelf, portrait: Pixels) -> None:
    """On fresh faults: what it calls useless lies farther from the portrait than what it calls good."""
    detector, encoder = FaceDetector(shelf.open("centerface")), FaceEncoder(shelf.open("dlib-face-resnet-v1"))
    utility, chance = FaceUtility(shelf.open(NAME)), np.random.default_rng(99)
    own = encoder.encode(portrait, detector.detect(portrait)[0]).vector
    pairs = []
    while len(pairs) < 40:
        spoilt = spoil(portrait, chance)
        faces = detector.detect(spoilt)
        if faces:
            distance = float(np.linalg.norm(encoder.encode(spoilt, faces[0]).vector - own))
            pairs.append((utility.distance(spoilt, faces[0]), distance))
    foreseen, true = np.array(sorted(pairs)).T
    assert np.corrcoef(foreseen, true)[0, 1] > 0.6
    assert true[:13].mean() + 0.1 < true[-13:].mean()
    assert utility.score(portrait, detector.detect(portrait)[0]) >= 70


@given(st.sampled_from(["black", "white", "noise"]), st.integers(40, 700))
@settings(max_examples=25, deadline=None)
def test_measures_are_numbers_whatever_is_seen(kind: str, side: int) -> None:
    """Black, white, noise, a face that lies outside: finite numbers, one a measure."""
    fill = {"black": 0, "white": 255}
    noise = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    pixels = np.full((side, side, 3), fill[kind], np.uint8) if kind in fill else noise
    found = measures(pixels, frontal())
    assert found.shape == (len(MEASURES),)
    assert np.isfinite(found).all()


def test_what_is_no_face_is_refused() -> None:
    """Points that fall together are no face."""
    with pytest.raises(BadSample):
        measures(np.zeros((90, 90, 3), np.uint8), replace(frontal(), landmarks=np.zeros((5, 2), np.float32)))


def test_training_recovers_a_rule() -> None:
    """The fit is a real one: a rule over one measure is found again, and the others are left alone."""
    table = np.random.default_rng(3).normal(size=(400, len(MEASURES)))
    made = convert(_text(fit(table, np.tanh(table[:, 4]) + 0.5)))
    assert len(made) > 1000
    found = fit(table, np.tanh(table[:, 4]) + 0.5)
    scaled = np.clip((table - found.centre) / np.array(found.spread), -found.clip, found.clip)
    told = np.tanh(scaled @ np.array(found.inner) + found.shift) @ np.array(found.outer) + found.base
    assert np.abs(told - np.tanh(table[:, 4]) - 0.5).mean() < 0.1


def _text(coefficients: object) -> bytes:
    from models.face_utility_onnx import Coefficients, write

    assert isinstance(coefficients, Coefficients)
    return write(coefficients, "a test").encode()
