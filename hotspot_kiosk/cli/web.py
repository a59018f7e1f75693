"""`hotspot kiosk page | screen`: the pages for the people at a kiosk, and the browser that shows them."""

from __future__ import annotations

import os
import time
from importlib import import_module
from pathlib import Path

import click

from hotspot_kiosk.cli.options import config_option, on_signals
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.kiosk.screen import Screen
from hotspot_kiosk.pulse import Pulse


@click.group("web")
def command() -> None:
    """The pages and the screen, each a process of its own, without the daemon's libraries: those compile as they run,
    which the pages' unit forbids (MemoryDenyWriteExecute).
    """


@click.command("page")
@config_option
def page(config: Path) -> None:
    """Serve the capture subject's pages on this machine until told to stop."""
    try:
        app = import_module("hotspot_kiosk.kiosk.web.app")
    except ModuleNotFoundError as error:
        raise ConfigError(f"the pages need {error.name}: pip install 'hotspot-kiosk[web]'") from None
    app.serve(load(config, KioskConfig))


@click.command("screen")
@click.option(
    "--at", "place", default="localhost:8080", show_default=True, help="Host and port of the pages."
)
@click.option(
    "--silent", default=40.0, show_default=True, help="Seconds without a painted page until it is ended."
)
@click.argument("browser", nargs=-1, required=True)
def screen(place: str, silent: float, browser: tuple[str, ...]) -> None:
    """Run a browser for as long as it paints; put its own command after `--`."""
    watched = Screen(browser, place, Pulse(os.environ, time.monotonic), silent)
    on_signals(watched.stop)
    if why := watched.run():
        raise SystemExit(f"hotspot: {why}")


command.add_command(page)
command.add_command(screen)
