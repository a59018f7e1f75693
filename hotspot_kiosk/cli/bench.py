"""`hotspot bench`: run benchmarks; figures as JSON, or in words for a folder of one's own images."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from hotspot_kiosk import bench
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.peers import pipe
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.errors import Refused

NOT_BENCHES = {
    "face_fairness",
    "face_faults",
    "face_set",
    "face_shift",
    "figure",
    "fleet_post",
    "finger_report",
    "finger_set",
    "fitting",
    "pad_set",
    "peers",
    "plot",
    "prints",
    "rates",
    "session_lane",
    "session_person",
    "session_screen",
    "set_options",
}
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("bench")
@click.argument("names", nargs=-1)
@click.option("--set", "folder", type=FOLDER, help="Measure on a folder: SUBJECT_IMPRESSION.png, or one sub-folder a subject.")  # fmt: skip
@click.option("--geometry", default="192x192x4", show_default=True, help="With --set, fingers: sensor's WIDTHxHEIGHTxBITS.")  # fmt: skip
@click.option("--touches", type=click.IntRange(1, 8), default=3, show_default=True, help="With --set, fingers: up to so many touches.")  # fmt: skip
@click.option("--report", type=FOLDER, help="With --set: write a page with plots into this folder.")
@click.option("--json", "as_json", is_flag=True, help="With --set: one JSON object a figure instead of words.")  # fmt: skip
def command(
    names: tuple[str, ...],
    folder: Path | None,
    geometry: str,
    touches: int,
    report: Path | None,
    as_json: bool,
) -> None:
    """Measure; one JSON object a figure. Without NAMES, everything that can be measured here."""
    known = benches()
    wanted = [name for text in names for name in text.split(",") if name] or known
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise Refused(f"there is no bench {', '.join(unknown)}; there are: {', '.join(known)}")
    if folder is not None:
        _measure_set(wanted, SetOptions(folder, report, geometry, touches, pipe.cache()), as_json)
        return
    for name in wanted:
        for figure in run(name):
            click.echo(figure.line())


def _measure_set(names: list[str], options: SetOptions, as_json: bool) -> None:
    if len(names) != 1 or not hasattr(_module(names[0]), "run_set"):
        known = [name for name in benches() if hasattr(_module(name), "run_set")]
        raise Refused(f"--set goes with one of: {', '.join(known)}")
    work: Callable[[SetOptions, Callable[[str], None]], Iterator[Figure]] = _module(names[0]).run_set
    for figure in work(options, lambda text: click.echo(text, err=True)):
        click.echo(figure.line() if as_json else figure.words())


def benches() -> list[str]:
    """The names of all benches."""
    return sorted(
        module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in NOT_BENCHES
    )


def run(name: str) -> Iterator[Figure]:
    """The figures of one bench."""
    figures: Iterator[Figure] = _module(name).run()
    return figures


def _module(name: str) -> Any:
    return import_module(f"hotspot_kiosk.bench.{name}")
