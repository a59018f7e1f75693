"""`hotspot soak`: a working day of the finger sensor in minutes; its last line is one JSON object."""

from __future__ import annotations

import json
import sys

import click

from hotspot_kiosk.torture import soak


@click.command("soak")
@click.option("--minutes", type=click.FloatRange(0.05, 24 * 60), default=16.0, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The faults are drawn from it.")
@click.option("--hours", type=click.FloatRange(0.01, 48), default=soak.HOURS, show_default=True)
def command(minutes: float, seed: int, hours: float) -> None:
    """Hours of touches and faults in minutes: wrong images, faults that stay, leaks. Exits 0 if none.

    An hour needs two minutes; in fewer minutes fewer hours are simulated. Memory is told an hour of the
    simulated time, and judged from four hours on.
    """
    result = soak.run(minutes, seed, click.echo, hours)
    click.echo(json.dumps(result))
    sys.exit(1 if soak.failed(result) else 0)
