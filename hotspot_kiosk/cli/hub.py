"""`hotspot hub`: run the hub, list what it holds."""

from __future__ import annotations

from pathlib import Path

import click

from hotspot_kiosk.cli.options import config_option, json_option, list_out, on_signals
from hotspot_kiosk.config import HubConfig, build_variant, load
from hotspot_kiosk.hub import service
from hotspot_kiosk.hub.store import Store


@click.group("hub")
def command() -> None:
    """Run a hub, see what it holds."""


@command.command()
@config_option
def run(config: Path) -> None:
    """Run the hub until it is told to stop."""
    hub = service.build(load(config, HubConfig), config.parent.resolve())
    on_signals(hub.stop)
    hub.run()


@command.command()
@config_option
@json_option
def inbox(config: Path, as_json: bool) -> None:
    """List the record parts that the hub holds."""
    rows = [
        {
            "device": entry.key.device,
            "tcn": entry.key.tcn,
            "part": entry.key.part.value,
            "held since": entry.committed,
            "bytes": entry.size,
            "bytes received": entry.received,
            "answered": entry.answered,
        }
        for entry in open_store(config).inbox.entries()
    ]
    list_out(rows, as_json, "The hub holds no record.")


def open_store(config: Path) -> Store:
    """The store that a hub's config names."""
    store: Store = build_variant(
        "hotspot_kiosk.hub", "store", load(config, HubConfig).store, config.parent.resolve()
    )
    return store
