"""`hotspot bench`: run benchmarks, print one JSON object a figure."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import click

from hotspot_kiosk import bench
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.errors import Refused

NOT_BENCHES = {"figure"}


@click.command("bench")
@click.argument("names", nargs=-1)
def command(names: tuple[str, ...]) -> None:
    """Measure; one JSON object a figure. Without NAMES, everything that can be measured here."""
    known = benches()
    wanted = [name for text in names for name in text.split(",") if name] or known
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise Refused(f"there is no bench {', '.join(unknown)}; there are: {', '.join(known)}")
    for name in wanted:
        for figure in run(name):
            click.echo(figure.line())


def benches() -> list[str]:
    """The names of all benches."""
    return sorted(
        module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in NOT_BENCHES
    )


def run(name: str) -> Iterator[Figure]:
    """The figures of one bench."""
    figures: Iterator[Figure] = import_module(f"hotspot_kiosk.bench.{name}").run()
    return figures
