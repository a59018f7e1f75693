"""`hotspot simulate`: the far end of a wire, each as a process of its own."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from hotspot_kiosk.cli.options import on_signals
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES
from hotspot_kiosk.simulator.uart_sensor import run_sensor


@click.group("simulate")
def command() -> None:
    """The far end of a wire: devices that are not here."""


@command.command()
@click.option(
    "--link", type=click.Path(path_type=Path), required=True, help="Where the serial device appears."
)
@click.option(
    "--glass",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder; the newest PNG is the finger on it.",
)
@click.option("--kind", type=click.Choice(list(PERSONALITIES)), default="r503", show_default=True)
def sensor(link: Path, glass: Path, kind: str) -> None:
    """A UART fingerprint sensor on a pty, at the line's own speed."""
    stop = threading.Event()
    on_signals(stop.set)
    run_sensor(link, glass, kind, stop)
