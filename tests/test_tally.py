"""Counting scores of different people: what the counts support, that nobody is in them, and that nothing is applied."""

import logging
import math
from pathlib import Path

import making
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from test_models import MANIFEST

from hotspot_kiosk.cli import door
from hotspot_kiosk.compare.calibrate import from_tally
from hotspot_kiosk.compare.tally import (
    BINS,
    LOWEST,
    STEP,
    Tally,
    decode,
    encode,
    highest_share,
    shifted,
    threshold,
)
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.kiosk.capture.tallying import BATCH, WAITS_S, Tallying
from hotspot_kiosk.terms import Capture, FaceTemplate

MODEL = "dlib-face-resnet-v1"


def scores(count: int, seed: int = 1, mean: float = -1.0) -> np.ndarray:
    """Scores of different people, as a camera might give them."""
    return np.random.default_rng(seed).normal(mean, 0.1, count)


def face(number: int, model: str = MODEL) -> Capture:
    """A face with a template that lies as far along one axis as the number says."""
    made = making.face_capture()
    return Capture(made.sample, made.quality, FaceTemplate(model, np.array([number / 1000, 0], np.float32)))


class Clock:
    """Turned by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.mark.parametrize(
    ("seen", "of", "share"), [(0, 100, 0.02951), (3, 100, 0.07571), (10, 1000, 0.01690), (5, 5, 1.0)]
)
def test_the_bound_is_that_of_clopper_and_pearson(seen: int, of: int, share: float) -> None:
    """Against published values of the exact one-sided 95 % bound."""
    assert highest_share(seen, of) == pytest.approx(share, abs=2e-4)


def test_a_threshold_keeps_the_fmr_on_people_who_were_not_counted() -> None:
    """In at least nine of ten repetitions, as 95 % confidence says; and not by being far too strict."""
    fresh = scores(400_000, 99)
    rates = [
        np.mean(fresh >= threshold(Tally(MODEL).with_scores(scores(4000, seed)), 0.01)) for seed in range(20)
    ]
    assert sum(rate <= 0.01 for rate in rates) >= 18
    assert np.mean(rates) > 0.005


def test_too_few_pairs_state_no_threshold() -> None:
    """The sentence says how many are needed: the rule of three, roughly."""
    with pytest.raises(Refused, match=r"needs at least 2995 pairs .* 300 were counted"):
        threshold(Tally(MODEL).with_scores(scores(300)), 0.001)
    assert threshold(Tally(MODEL).with_scores(scores(300)), 0.01) > -1


@given(st.lists(st.floats(-3, 1), min_size=1, max_size=50))
def test_whatever_the_scores_a_tally_is_of_one_size(values: list[float]) -> None:
    """It counts all of them, and reads back as it was."""
    tally = Tally(MODEL).with_scores(np.array(values))
    assert (len(tally.counts), tally.pairs) == (BINS, len(values))
    assert decode(encode(tally)) == tally


@given(st.binary(max_size=300))
def test_bytes_that_are_no_tally_are_refused(data: bytes) -> None:
    """One error, whatever came."""
    with pytest.raises(BadBytes):
        decode(data)


@pytest.mark.parametrize("counts", [(0,) * (BINS - 1), (-1, *(0,) * (BINS - 1))])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, ...]) -> None:
    """Too few steps, or fewer than none."""
    made = msgspec.json.encode({"type": "score-tally-1", "model": MODEL, "counts": counts})
    with pytest.raises(BadBytes):
        decode(made)


def test_a_score_that_is_no_number_is_not_counted() -> None:
    """It would end up in some step."""
    with pytest.raises(ValueError, match="no number"):
        Tally(MODEL).with_scores(np.array([math.nan]))


def test_each_person_counts_in_one_pair_only(tmp_path: Path) -> None:
    """The third person is compared with nobody but the fourth; a full batch of pairs reaches the disk."""
    tallying = Tallying(tmp_path / "scores", Clock())
    for number in range(2 * BATCH):
        tallying.take((face(100 * (number // 2) + 12 * (number % 2)),))
    tally = decode((tmp_path / "scores").read_bytes())
    assert tally.pairs == BATCH
    assert (
        tally.counts[int((-0.012 - LOWEST) // STEP)] == BATCH
    )  # each pair is 0.012 apart, others 0.088 and more


def test_less_than_a_batch_leaves_no_trace(tmp_path: Path) -> None:
    """So that a change of the file says of nobody when they were there."""
    tallying = Tallying(tmp_path / "scores", Clock())
    for number in range(2 * BATCH - 1):
        tallying.take((face(number),))
    assert list(tmp_path.iterdir()) == []


def test_a_template_waits_for_half_an_hour_at_most(tmp_path: Path) -> None:
    """Who comes later waits in its place."""
    clock = Clock()
    tallying = Tallying(tmp_path / "scores", clock)
    tallying.take((face(1),))
    clock.now = WAITS_S + 1
    tallying.take((face(2),))
    assert tallying._scores == []
    assert tallying._waits is not None
    assert tallying._waits[0].vector[0] == pytest.approx(0.002)
    tallying.take((face(3),))
    assert tallying._waits is None


def test_a_record_without_a_face_changes_nothing(tmp_path: Path) -> None:
    """Who waits, waits on."""
    tallying = Tallying(tmp_path / "scores", Clock())
    tallying.take((face(1),))
    tallying.take((making.finger_capture(),))
    tallying.take((face(2),))
    assert len(tallying._scores) == 1


def test_templates_of_another_model_are_not_compared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so; nothing breaks, nothing is counted."""
    tallying = Tallying(tmp_path / "scores", Clock())
    with caplog.at_level(logging.WARNING):
        tallying.take((face(1),))
        tallying.take((face(2, "another"),))
    assert "not counted" in caplog.text
    assert tallying._scores == []


@pytest.mark.parametrize("before", [b"damaged", encode(Tally("another", (1,) * BINS))])
def test_counts_of_another_model_or_a_damaged_file_begin_anew(tmp_path: Path, before: bytes) -> None:
    """Scores of two models mean different things."""
    (tmp_path / "scores").write_bytes(before)
    tallying = Tallying(tmp_path / "scores", Clock())
    for number in range(2 * BATCH):
        tallying.take((face(number),))
    assert decode((tmp_path / "scores").read_bytes()).pairs == BATCH


def test_a_disk_that_cannot_be_written_does_not_stop_a_check(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Counting is the least important thing that a kiosk does."""
    tallying = Tallying(tmp_path / "away" / "scores", Clock())
    with caplog.at_level(logging.WARNING):
        for number in range(2 * BATCH):
            tallying.take((face(number),))
    assert "not counted" in caplog.text


def test_a_moved_offset_gives_the_threshold_its_meaning_back() -> None:
    """Log-odds at the new threshold are those that the old one had."""
    offset = shifted(58.0, 35.0, -0.62, -0.55)
    assert 58.0 * -0.55 + offset == pytest.approx(58.0 * -0.62 + 35.0)


def test_the_manifests_calibration_moves_and_keeps_its_slope(tmp_path: Path) -> None:
    """What the counts cannot tell stays; the source says where it comes from."""
    entry = ModelShelf(MANIFEST, tmp_path, 1).entry(MODEL)
    tally = Tally(MODEL).with_scores(scores(4000, mean=-0.7))
    fitted = from_tally(tally, entry, (0.01,), "post B")
    assert entry.calibration is not None
    assert (fitted.calibration.slope, fitted.calibration.limit) == (
        entry.calibration.slope,
        entry.calibration.limit,
    )
    assert fitted.calibration.offset < entry.calibration.offset
    assert "4000 non-mated pairs counted at a kiosk: post B" in fitted.calibration.source


@pytest.mark.parametrize(
    ("model", "fmrs", "why"), [("another", (0.01,), "begin to count anew"), (MODEL, (0.5,), "name these")]
)
def test_counts_that_do_not_fit_the_manifest_are_refused(
    tmp_path: Path, model: str, fmrs: tuple[float, ...], why: str
) -> None:
    """With what to do."""
    entry = ModelShelf(MANIFEST, tmp_path, 1).entry(MODEL)
    with pytest.raises(Refused, match=why):
        from_tally(Tally(model).with_scores(scores(4000)), entry, fmrs, "")


def test_the_command_prints_and_applies_nothing(tmp_path: Path) -> None:
    """The manifest is as it was; what is printed is for somebody to put there."""
    before = MANIFEST.read_bytes()
    (tmp_path / "scores").write_bytes(encode(Tally(MODEL).with_scores(scores(5000))))
    said = CliRunner().invoke(door, ["calibrate", "--tally", str(tmp_path / "scores"), "--fmr", "0.01"])
    assert said.exit_code == 0, said.output
    assert "[model.calibration]" in said.output
    assert "5000 non-mated pairs" in said.output
    assert MANIFEST.read_bytes() == before


def test_the_command_wants_one_source() -> None:
    """Pictures or counts."""
    said = CliRunner().invoke(door, ["calibrate"])
    assert said.exit_code != 0
