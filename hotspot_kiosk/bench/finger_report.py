"""A finger set's rates as figures, and as a page with plots: DET, error versus discard, a table with the goals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.finger_set import Condition
from hotspot_kiosk.bench.plot import Line, chart, even_axis, page, percent_axis, table
from hotspot_kiosk.bench.prints import Print
from hotspot_kiosk.bench.rates import Rate, det, discards, none_seen, with_interval
from hotspot_kiosk.bench.set_options import SetOptions

FMR = 0.001
SHARES = np.arange(0, 0.55, 0.05)
SEED = 7
PEERS_SHOWN = ("one touch", "whole prints")  # in the plot, which holds no more lines; the table has all
LEAST_MISSED = (
    0.05  # fewer misses than that make a curve of accidents: the threshold rises until so many are missed
)
Quality = dict[str, NDArray[np.float64]]


def figures(condition: Condition, subjects: int, about: str) -> Iterator[Figure]:
    """EER and FNMR at FMR 0.1 % in percent, each with its bootstrap interval over fingers."""
    chance = np.random.default_rng(SEED)
    name = condition.title + (f", {about}" if about else "")
    eer = with_interval(condition.trials, lambda curve: curve.eer, chance)
    fnmr = with_interval(condition.trials, lambda curve: curve.fnmr_at(FMR), chance)
    yield _figure(f"EER, {name}", eer, condition.goal_eer, condition, subjects)
    yield _figure(f"FNMR at FMR 0.1 %, {name}", fnmr, condition.goal_fnmr, condition, subjects)


def _figure(name: str, rate: Rate, goal: float | None, condition: Condition, subjects: int) -> Figure:
    """In percent. Where no error was seen, the upper end is what so few fingers leave open."""
    high = rate.high if rate.high > 0 else none_seen(subjects)
    n = len(condition.trials.scores)
    return Figure("finger", name, 100 * rate.value, "%", goal, "lower", "", n, 100 * rate.low, 100 * high)


def write_report(
    folder: Path,
    options: SetOptions,
    prints: Sequence[Print],
    found: Sequence[Condition],
    shown: Sequence[Figure],
    quality: tuple[Quality, NDArray[np.float64]],
) -> Path:
    """Write `finger.html` and its plots as SVG into `folder`; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {"det": _det_chart(found), "discard": _discard_chart(found[0], *quality)}
    for name, drawn in charts.items():
        (folder / f"{name}.svg").write_text(drawn, encoding="utf-8")
    subjects = len({one.subject for one in prints})
    words = (
        f"{options.folder.name}: {len(prints)} impressions of {subjects} fingers. A probe is a window of "
        f"{options.geometry} (pixels and bits) of one impression, its reference a whole print of another.",
        f"Intervals: the middle 95 % over {subjects} resampled fingers. Where no error was seen, up to "
        f"{100 * none_seen(subjects):.0f} % of fingers may still fail: so many fingers cannot show less.",
        "What leaving out saves: at the threshold of FMR 0.1 %, or a stricter one at which 5 % of mates are missed.",
        "Few fingers of one sensor: rates on yours will differ. Calibrate before you rely on a threshold.",
    )
    rows = [_row(figure) for figure in shown]
    head = ("measured", "%", "95 % interval", "comparisons", "goal", "met")
    path = folder / "finger.html"
    text = page(
        "How well touches tell fingers apart", words, list(charts.values()), [("Rates", table(head, rows))]
    )
    path.write_text(text, encoding="utf-8")
    return path


def _row(figure: Figure) -> tuple[str, ...]:
    met = {None: "", True: "yes" if figure.sure else "too few to be sure", False: "no"}[figure.met]
    goal = "" if figure.goal is None else f"{figure.goal:g}"
    return (figure.figure, f"{figure.value:.2f}", figure.interval, str(figure.n), goal, met)


def _det_chart(found: Sequence[Condition]) -> str:
    lines = []
    for condition in found:
        if condition.peer and condition.name not in PEERS_SHOWN:
            continue
        curve = det(condition.trials)
        lines.append(Line(condition.title, curve.fmr.tolist(), curve.fnmr.tolist(), steps=True))
    x = percent_axis("false matches among comparisons of different fingers (FMR)")
    return chart("Errors at every threshold (DET)", x, percent_axis("missed mates (FNMR)", 1e-3), lines)


def _discard_chart(one_touch: Condition, quality: Quality, scores: NDArray[np.float64]) -> str:
    threshold = max(det(one_touch.trials).threshold_at(FMR), float(np.quantile(scores, LEAST_MISSED)))
    lines = [
        Line(name, SHARES.tolist(), discards(values, scores, threshold, SHARES).tolist())
        for name, values in quality.items()
    ]
    most = max(0.01, max(max(line.y) for line in lines) * 1.1)
    x = even_axis("touches left out, worst quality first", 0, 0.5, percent=True)
    y = even_axis("missed mates", 0, most, percent=True)
    return chart("What leaving out poor touches saves", x, y, lines)
