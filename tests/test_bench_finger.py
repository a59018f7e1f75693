"""The finger bench over a folder: what it reads, the rates it states, the page it writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prints import small, touch, whole

from hotspot_kiosk.bench import finger, finger_search
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.plot import Line, chart, even_axis, page, percent_axis, table
from hotspot_kiosk.bench.prints import Geometry, pairs, read_set, turned, window
from hotspot_kiosk.bench.rates import Trials, det, discards, none_seen, with_interval
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.compare.finger_prepared import prepare, stow
from hotspot_kiosk.compare.finger_sketch import sketches
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.simulator.finger_touch import FULL

PEOPLE, IMPRESSIONS = 4, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four synthetic fingers, three impressions each, and what does not belong there."""
    made = tmp_path_factory.mktemp("prints")
    for person in range(1, PEOPLE + 1):
        for seed in range(IMPRESSIONS):
            cv2.imwrite(str(made / f"{person}_{seed}.png"), touch(person, seed, FULL))
    (made / "9_1.png").write_bytes(b"")
    (made / "9_2.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    cv2.imwrite(str(made / "9_3.png"), np.zeros((200, 200), np.uint16))
    cv2.imwrite(str(made / "9_4.png"), np.zeros((20, 20), np.uint8))
    cv2.imwrite(str(made / "nameless.png"), touch(1, 0))
    (made / "notes_1.txt").write_text("no image")
    return made


def trials(mated: list[float], other: list[float]) -> Trials:
    """Scores of two kinds; every mated one of another subject."""
    scores = np.array([*mated, *other], float)
    probe = np.arange(len(scores))
    reference = np.where(np.arange(len(scores)) < len(mated), probe, probe + 1)
    return Trials(scores, probe, reference)


def test_a_folder_is_read_and_what_is_left_out_has_a_reason(folder: Path) -> None:
    """Empty, cut, 16-bit and tiny files are named; a file without a subject is not looked at."""
    prints, out = read_set(folder)
    assert len(prints) == PEOPLE * IMPRESSIONS
    assert sorted(line.split(":")[0] for line in out) == ["9_1.png", "9_2.png", "9_3.png", "9_4.png"]
    assert all(line.split(": ")[1] for line in out)


def test_a_sub_folder_a_subject_reads_alike(tmp_path: Path) -> None:
    """Names of the images mean nothing there; their folder does."""
    for person in (1, 2):
        (tmp_path / f"person {person}").mkdir()
        for seed in range(2):
            cv2.imwrite(str(tmp_path / f"person {person}" / f"img{seed}.png"), touch(person, seed))
    prints, out = read_set(tmp_path)
    assert [(one.subject, one.impression) for one in prints] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert not out


def test_too_few_images_are_refused(tmp_path: Path) -> None:
    """With the names that were expected."""
    cv2.imwrite(str(tmp_path / "1_1.png"), touch(1, 0))
    with pytest.raises(Refused, match="SUBJECT_IMPRESSION"):
        read_set(tmp_path)
    with pytest.raises(Refused, match="no folder"):
        read_set(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "192", "192x192", "192x192x9", "10x10x4", "axbxc"])
def test_a_wrong_geometry_is_refused(text: str) -> None:
    """And an example is given."""
    with pytest.raises(ConfigError, match="192x192x4"):
        Geometry.read(text)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(64, 260),
    st.integers(64, 260),
    st.integers(1, 8),
    st.integers(-300, 300),
    st.floats(-180, 180),
)
def test_a_window_has_the_sensors_size_and_levels(
    width: int, height: int, bits: int, off: int, turn: float
) -> None:
    """Wherever it is asked for, and if the picture is smaller than the sensor."""
    geometry = Geometry(width, height, bits)
    for seen in (window(touch(1, 1), geometry, (off, -off)), turned(touch(1, 1), geometry, turn)):
        assert seen.shape == (height, width)
        assert len(np.unique(seen)) <= 2**bits


def test_pairs_are_all_mated_ways_and_each_other_pair_once(folder: Path) -> None:
    """Nothing is compared with itself."""
    prints, _ = read_set(folder)
    chosen = pairs(prints, np.random.default_rng(1))
    same = [(a, b) for a, b in chosen if prints[a].subject == prints[b].subject]
    other = {frozenset(pair) for pair in chosen if pair not in same}
    assert len(same) == PEOPLE * IMPRESSIONS * (IMPRESSIONS - 1)
    assert all(a != b for a, b in same)
    assert len(other) == len(chosen) - len(same) == PEOPLE * (PEOPLE - 1) // 2 * IMPRESSIONS**2


def test_rates_are_those_counted_by_hand() -> None:
    """Ten of each kind, two of each on the wrong side."""
    curve = det(trials([1, 2, *range(12, 20)], [*range(3, 11), 12.5, 13.5]))
    assert curve.eer == pytest.approx(0.2)
    assert curve.fnmr_at(0.0) == pytest.approx(0.4)
    assert curve.fnmr_at(0.1) == pytest.approx(0.3)
    assert curve.threshold_at(0.1) == 13


def test_equal_scores_are_one_step() -> None:
    """A score that all share tells nothing: EER one half."""
    assert det(trials([1.0] * 5, [1.0] * 7)).eer == pytest.approx(0.5)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=40),
    st.lists(st.integers(-9, 9), min_size=1, max_size=40),
)
def test_rates_agree_with_plain_counting(mated: list[int], other: list[int]) -> None:
    """For every threshold: share of others at or above it, share of mates below it."""
    curve = det(trials(mated, other))
    for t, fmr, fnmr in zip(curve.threshold, curve.fmr, curve.fnmr, strict=True):
        assert fmr == pytest.approx(sum(score >= t for score in other) / len(other))
        assert fnmr == pytest.approx(sum(score < t for score in mated) / len(mated))


def test_an_interval_holds_its_rate_and_is_wider_with_fewer_fingers() -> None:
    """Bootstrap over subjects; where no error was seen, what so few leave open is said instead."""

    def of(subjects: int) -> Trials:
        rng = np.random.default_rng(5)
        pair = [(a, b) for a in range(subjects) for b in range(subjects) for _ in range(3)]
        probe, reference = np.array(pair).T
        return Trials(rng.normal(size=len(pair)) + 2 * (probe == reference), probe, reference)

    few, many = (with_interval(of(n), lambda curve: curve.eer, np.random.default_rng(2)) for n in (6, 40))
    assert few.low <= few.value <= few.high
    assert many.high - many.low < few.high - few.low
    assert none_seen(10) == pytest.approx(0.2589, abs=1e-3)


def test_discarding_by_a_perfect_quality_leaves_no_error() -> None:
    """And by a useless one leaves the same."""
    scores = np.arange(20.0)
    assert discards(scores, scores, 5.0, np.array([0.0, 0.25])).tolist() == [0.25, 0.0]
    assert discards(-scores, scores, 5.0, np.array([0.5]))[0] == 0.5


def test_a_whole_run_gives_figures_and_a_page(folder: Path, tmp_path: Path) -> None:
    """Synthetic fingers are told apart in every condition; the page holds both plots and every figure."""
    said: list[str] = []
    options = SetOptions(folder, tmp_path / "report", "160x160x4", 2)
    shown = list(finger.run_set(options, said.append))
    assert all(figure.value <= 20 for figure in shown if figure.figure.startswith("EER"))
    assert {"EER, one touch", "FNMR at FMR 0.1 %, 2 touches beside the middle", "EER, two fingers, one touch each"} <= {f.figure for f in shown}  # fmt: skip
    assert all(figure.low is not None and figure.low <= figure.value <= figure.high for figure in shown)
    assert sum(text.startswith("left out") for text in said) == 4
    text = (tmp_path / "report" / "finger.html").read_text("utf-8")
    assert text.count("<svg") == 2
    assert all(figure.figure in text for figure in shown)
    for name in ("det.svg", "discard.svg"):
        assert ElementTree.parse(tmp_path / "report" / name).getroot().tag.endswith("svg")


def test_charts_are_whole_whatever_is_drawn() -> None:
    """Values outside the axes lie on the border; names are escaped; no line at all is a chart, too."""
    lines = [Line("a < b & c", [0.0, 2.0], [-1.0, 5.0], steps=True), Line("empty", [], [])]
    for drawn in (lines, []):
        text = chart("<script>", percent_axis("x"), even_axis("y", 0, 1, percent=True), drawn)
        assert ElementTree.fromstring(text) is not None
        assert "<script>" not in text
        assert "nan" not in text
    whole = page("t<", ["w<"], [text], [("h<", table(["<"], [["<", "yes", "no", "1.2"]]))])
    assert "&lt;" in whole
    assert 'class="bad"' in whole


def test_ten_lines_are_ten_looks() -> None:
    """No two share colour and dashes, and their names hide nothing of the plot."""
    lines = [Line(f"line {k}", [0.0, 1.0], [0.1 * k, 1.0]) for k in range(10)]
    root = ElementTree.fromstring(chart("many", even_axis("x", 0, 1), even_axis("y", 0, 1), lines))
    drawn = [each for each in root if each.tag.endswith("polyline")]
    assert len({(each.get("stroke"), each.get("stroke-dasharray")) for each in drawn}) == 10
    lowest = max(float(point.split(",")[1]) for each in drawn for point in each.get("points", "").split())
    names = [float(each.get("y", 0)) for each in root if (each.text or "").startswith("line ")]
    assert len(names) == 10
    assert min(names) > lowest


def test_figures_say_whether_their_goal_is_met() -> None:
    """In words and as JSON; an interval only where there is one."""
    figure = Figure("finger", "EER", 1.5, "%", 2.0, "lower", "", 10, 0.5, 2.5)
    assert figure.met
    assert not figure.sure
    assert "too few to be sure" in figure.words()
    assert "too few" not in replace(figure, high=1.9).words()
    assert "MISSED" in replace(figure, value=3.0).words()
    assert replace(figure, goal=None).met is None
    assert json.loads(figure.line())["high"] == 2.5
    assert "low" not in json.loads(replace(figure, low=None, high=None).line())


def test_a_mate_is_beaten_by_other_fingers_only() -> None:
    """Rank shares count prints of other fingers that come first, none of the probe's own finger."""
    subjects = np.array([0, 0, 1, 1, 2])
    share = finger_search.beaten_by(np.array([2, 1, 4, 0, 3]), 0, subjects)
    assert share.tolist() == pytest.approx([2 / 3, 1 / 3, 0, 2 / 3, 1 / 3])


def test_a_print_needs_as_much_as_its_worst_stage() -> None:
    """The mate needs nothing of the gallery, strangers more the more others come before them; no more than all."""
    known = sketches([stow(whole(person, 0)) for person in (1, 2, 3, 4)])
    share = finger_search.needed(prepare(small(1, 1)), known, 0, np.arange(4))
    assert share[0] == 0
    assert share.max() == pytest.approx(2 / 3)
    assert len(set(share.tolist())) > 1
