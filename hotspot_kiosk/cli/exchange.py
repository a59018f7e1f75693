"""`hotspot hub exchange`: serve the hub's partners, see how each lane stands, open one that was stopped."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out, on_signals
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.bell import CLERK
from hotspot_kiosk.hub.exchange.clerk import Clerk
from hotspot_kiosk.hub.exchange.office import Lane, end, lanes, work


@click.group("exchange")
def command() -> None:
    """Partners that are asked: INTERPOL, a national system."""


@command.command()
@config_option
def serve(config: Path) -> None:
    """Ask the partners and take in their answers, until told to stop; the hub runs meanwhile and tells the posts."""
    os.umask(0o077)
    stop = threading.Event()
    with ExitStack() as held:
        clerks = [_clerk(config, lane, held) for lane in _lanes(config)]
        if not clerks:
            raise ConfigError(f"there is no table [exchange.NAME] in {config}: this hub has no partner")
        on_signals(lambda: end(clerks, stop))
        bell = assembly.bell(load(config, HubConfig), config.parent.resolve())
        held.enter_context(bell.listening(CLERK, lambda _: _wake(clerks)))
        work(clerks, stop)


@command.command()
@config_option
@json_option
@click.pass_context
def status(context: click.Context, config: Path, as_json: bool) -> None:
    """How each partner's lane stands; ends with 1 if one is stopped or something was set aside."""
    rows = []
    for lane in _lanes(config):
        stopped, aside = lane.shelf.stopped, lane.shelf.aside()
        row = {
            "partner": lane.name,
            "kind": lane.table.kind.value,
            "stopped": stopped,
            "set aside": len(aside),
        }
        rows.append(row)
    list_out(rows, as_json, "This hub has no partner.")
    if any(row["stopped"] or row["set aside"] for row in rows):
        context.exit(1)


@command.command()
@config_option
@json_option
@click.argument("partner")
def aside(config: Path, as_json: bool, partner: str) -> None:
    """What a partner left that could not be used, and why; the files lie in its state folder under `aside`."""
    rows = [{"file": name, "why": why} for name, why in _one(config, partner).shelf.aside()]
    list_out(rows, as_json, "Nothing was set aside.")


@command.command("open")
@config_option
@click.argument("partner")
@click.option("--reason", required=True, help="What was put right, and who agreed; it goes into the journal.")
def open_(config: Path, partner: str, reason: str) -> None:
    """Let a lane go on that was stopped."""
    lane = _one(config, partner)
    if not lane.shelf.stopped:
        click.echo(f"The lane to {partner} is open.")
        return
    open_journal(config).write(Deed.LANE_OPENED, "maintainer", partner, reason)
    lane.shelf.open()
    click.echo(f"The lane to {partner} is open again.")


def _wake(clerks: Iterable[Clerk]) -> None:
    for clerk in clerks:
        clerk.wake()


def _clerk(config: Path, lane: Lane, alone: ExitStack) -> Clerk:
    """A clerk with a view of its own of the cases, for its thread alone."""
    alone.enter_context(lane.alone())
    desk = alone.enter_context(assembly.open_partner_desk(load(config, HubConfig), config.parent.resolve()))
    chance = random.Random()  # noqa: S311 - spreads retries, hides nothing
    return lane.clerk(desk, open_journal(config), lambda: datetime.now(UTC), chance)


def _lanes(config: Path) -> list[Lane]:
    return lanes(load(config, HubConfig).exchange, config.parent.resolve())


def _one(config: Path, partner: str) -> Lane:
    found = next((lane for lane in _lanes(config) if lane.name == partner), None)
    if found is None:
        raise ConfigError(f"there is no table [exchange.{partner}] in {config}")
    return found
