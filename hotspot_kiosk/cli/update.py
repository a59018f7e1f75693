"""`hotspot kiosk update` and `self-test`: the two processes of a kiosk's update."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hotspot_kiosk.cli.options import config_option, on_signals
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.kiosk.update import assembly as update_assembly


@click.command()
@config_option
def update(config: Path) -> None:
    """Run the update agent until it is told to stop. Exits with 75 when the machine is to start anew."""
    os.umask(0o027)
    agent = update_assembly.build(load(config, KioskConfig), config.parent.resolve())
    on_signals(agent.stop)
    raise SystemExit(agent.run())


@click.command("self-test")
@config_option
def self_test(config: Path) -> None:
    """Test a freshly installed system, if the update agent asks for it, and wait until it is decided."""
    verdict = update_assembly.run_self_test(load(config, KioskConfig), config.parent.resolve())
    if verdict is None:
        click.echo("No update is on trial.")
        return
    for failure in verdict.failures:
        click.echo(f"failed: {failure}")
    click.echo("The self-test " + ("did not pass." if verdict.failures else "passed."))
