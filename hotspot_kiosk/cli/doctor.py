"""`hotspot doctor`: what only this very machine can show. It reads, measures, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.cli.options import json_option
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.kiosk.care.checkup import Finding, Machine, Verdict
from hotspot_kiosk.kiosk.care.checkup_board import board
from hotspot_kiosk.kiosk.care.checkup_kiosk import status
from hotspot_kiosk.kiosk.care.health import examination


@click.command("doctor")
@click.option(
    *("-c", "--config", "config"),
    type=click.Path(path_type=Path),
    envvar="HOTSPOT_CONFIG",
    show_envvar=True,
    help="The TOML file of this machine's kiosk; without it only the board is looked at.",
)
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("/"),
    help="Look at the files below this folder instead of /, and run no commands.",
)
@json_option
def command(config: Path | None, root: Path, as_json: bool) -> None:
    """Examine this machine: heat, power, watchdog, clocks, card, ports, camera, models, keys, link, queue, update.

    Stop the kiosk first to have the camera measured. Exits 1 if anything fails.
    """
    machine = Machine() if root == Path("/") else Machine(root, lambda _command: None)
    found = []
    for finding in _all(machine, config):
        found.append(finding)
        click.echo(json.dumps(asdict(finding), ensure_ascii=False) if as_json else words(finding))
    if not as_json:
        click.echo(summary(found))
    if any(finding.verdict is Verdict.FAIL for finding in found):
        raise SystemExit(1)


def _all(machine: Machine, config: Path | None) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if config is None:
        yield from board(machine, now)
        return
    try:
        tables = load(config, KioskConfig)
    except ConfigError as error:
        yield from board(machine, now)
        yield Finding("configuration", Verdict.FAIL, "cannot be used", "a configuration", str(error))
        return
    yield from examination(machine, tables, config.parent.resolve(), status(tables.kiosk.desk), now)


def words(finding: Finding) -> str:
    """One finding in a line, and what to do in a second."""
    line = f"{finding.verdict:<8}  {finding.name}: {finding.measured} (expected: {finding.expected})"
    return f"{line}\n          -> {finding.remedy}" if finding.remedy else line


def summary(found: Sequence[Finding]) -> str:
    """How many of each."""
    counts = [sum(finding.verdict is verdict for finding in found) for verdict in Verdict]
    return ", ".join(f"{count} {verdict}" for count, verdict in zip(counts, Verdict, strict=True))
