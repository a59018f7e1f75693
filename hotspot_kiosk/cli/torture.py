"""`hotspot torture`: the fault suite; its last line is one JSON object."""

from __future__ import annotations

import json
import sys

import click

from hotspot_kiosk.torture import suite


@click.command("torture")
@click.option("--minutes", type=click.FloatRange(0.05, 24 * 60), default=5.0, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The plan of faults is drawn from it.")
@click.option(
    "--workers", type=click.IntRange(0, 8), default=0, help="Hub workers over PostgreSQL; 0: SQLite."
)
@click.option(
    "--least",
    type=click.IntRange(0, 100_000),
    default=0,
    help="Go on until there were so many power cuts and so many kills.",
)
def command(minutes: float, seed: int, workers: int, least: int) -> None:
    """Power cuts, kills, bad links, full disks: count what was lost. Exits 0 if nothing was.

    It exits 1, too, if nothing was captured or nothing arrived: that shows nothing.

    As root, with loop devices and Mosquitto, all of it; otherwise what can be done is done and the
    rest is named under `skipped`. All counts are parts of records, two a record.
    """
    result = suite.run(minutes, seed, click.echo, workers, least)
    click.echo(json.dumps(result))
    sys.exit(1 if suite.failed(result) else 0)
