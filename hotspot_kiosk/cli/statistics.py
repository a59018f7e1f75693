"""`hotspot operation statistics|report`: what may be published of an operation, counted at the hub."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.cli.options import config_option
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.law import statistics
from hotspot_kiosk.hub.law import statistics_page as pages
from hotspot_kiosk.hub.law.statistics import Published
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.operation import Operation

to_option = click.option("--to", type=click.Path(path_type=Path), required=True, help="A new file.")


@click.command("statistics")
@config_option
@click.argument("operation")
@click.option(
    "--by", type=click.Choice(["post", "day"]), default="post", show_default=True, help="Rows of the CSV."
)
@to_option
def counts(config: Path, operation: str, by: str, to: Path) -> None:
    """Count an operation's checks or enrolments at the hub, without personal data: NAME.csv, or NAME.html with charts."""
    known = _operation(config, operation)
    posts, days = _published(config, known)
    if to.suffix == ".html":
        _write(to, pages.page(known, posts, days, datetime.now(UTC)))
    else:
        _write(to, pages.as_csv(posts if by == "post" else days, by))


@click.command()
@config_option
@click.argument("operation")
@to_option
def report(config: Path, operation: str, to: Path) -> None:
    """Write the one-page report that an operation's leader signs and files (HTML, to be printed)."""
    known = _operation(config, operation)
    _write(to, pages.report(known, _published(config, known)[0], datetime.now(UTC)))


def _published(config: Path, operation: Operation) -> tuple[Published, Published]:
    store = open_store(config)
    try:
        found = statistics.gather(store, operation)
    finally:
        store.close()
    return statistics.publish(found, operation.statistics_floor, operation.kind)


def _operation(config: Path, name: str) -> Operation:
    table = load(config, HubConfig)
    known = assembly.operations(table, load_private(table.keys.own)).get(name)
    if known is None:
        raise Refused(f"the hub knows no operation {name}: put its signed .op file into [hub] operations")
    return known


def _write(to: Path, text: str) -> None:
    try:
        with to.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise ConfigError(f"{to} exists already; name a new file") from None
    except OSError as error:
        raise ConfigError(f"{to} cannot be written: {error.strerror}") from None
    click.echo(f"{to} is written.")
