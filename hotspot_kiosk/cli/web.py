"""`hotspot kiosk page`: the pages for the people at a kiosk, in a process of their own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from hotspot_kiosk.cli.options import config_option
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.errors import ConfigError


@click.command("page")
@config_option
def page(config: Path) -> None:
    """Serve the capture subject's pages on this machine until told to stop."""
    try:
        app = import_module("hotspot_kiosk.kiosk.web.app")
    except ModuleNotFoundError as error:
        raise ConfigError(f"the pages need {error.name}: pip install 'hotspot-kiosk[web]'") from None
    app.serve(load(config, KioskConfig))
