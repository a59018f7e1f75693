"""`hotspot simulate`: the far end of a wire, each as a process of its own."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.cli.options import on_signals
from hotspot_kiosk.simulator.biohub import BioHub
from hotspot_kiosk.simulator.biohub_folder import FolderClient
from hotspot_kiosk.simulator.biohub_https import Papers, Server
from hotspot_kiosk.simulator.biohub_script import HELP, read_script
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


@command.command(epilog=f"A script: {HELP}; plans follow each other after commas, and begin anew.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where `outbox` and `answers` are.")
@click.option("--https", "port", type=click.IntRange(0, 65535), help="A port on loopback; 0 for a free one.")
@click.option(
    "--papers",
    type=click.Path(path_type=Path),
    help="With --https: the folder that `hotspot keys certificates` wrote.",
)
@click.option("--script", default="any,any,any,any,any", show_default=True, help="What it says, as below.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--per-minute", type=click.IntRange(0), default=0, help="Searches let in; 0 for any number.")
def biohub(
    folder: Path | None, port: int | None, papers: Path | None, script: str, seed: int, per_minute: int
) -> None:
    """A partner's system that answers searches, by files or by HTTPS. It knows nobody real."""
    dice = random.Random(seed)  # noqa: S311 - draws answers, hides nothing
    plans = read_script(script, dice)
    responder = BioHub(plans, dice, time.monotonic, lambda: datetime.now(UTC), per_minute)
    stop = threading.Event()
    on_signals(stop.set)
    if folder is not None and port is None:
        FolderClient(folder, responder).run(stop)
    elif port is not None and papers is not None and folder is None:
        _serve(port, papers, responder, stop)
    else:
        raise click.UsageError("give --folder DIR, or --https PORT and --papers DIR")


def _serve(port: int, papers: Path, responder: BioHub, stop: threading.Event) -> None:
    own = Papers(papers / "broker.pem", papers / "broker.key", papers / "device-ca.pem")
    with Server(port, own, responder, frozenset({"hub"})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        click.echo(f"https://localhost:{server.port}")
        stop.wait()
        server.shutdown()
