"""`hotspot support`: what a maintainer may send to whoever helps; nothing of a person is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.cli.options import config_option
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.files import replace
from hotspot_kiosk.kiosk.care.checkup import Machine
from hotspot_kiosk.kiosk.care.checkup_kiosk import status
from hotspot_kiosk.kiosk.care.checkup_running import versions_of
from hotspot_kiosk.kiosk.care.health import examination
from hotspot_kiosk.kiosk.care.loglines import Line, line, vocabulary
from hotspot_kiosk.kiosk.care.support import MOST_LINES, Material, journal_line
from hotspot_kiosk.kiosk.care.support import bundle as packed

UNITS = "hotspot-*"
NO_JOURNAL = "the system's journal cannot be read here; run this as root, or take the bundle from the page"


@click.group("support")
def command() -> None:
    """Make a bundle for whoever helps."""


@command.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def bundle(config: Path, file: Path) -> None:
    """Write findings, versions, counters, settings and log lines into FILE (a .tar.gz).

    No key, record, picture or name is in it: look for yourself before you send it.
    """
    if file.exists():
        raise Refused(f"{file} is there already; name another")
    tables, machine, now = load(config, KioskConfig), Machine(), datetime.now(UTC)
    told = status(tables.kiosk.desk)
    found = tuple(examination(machine, tables, config.parent.resolve(), told, now))
    lines = _journal(machine)
    troubles = () if lines is not None else (NO_JOURNAL,)
    versions = versions_of(machine, tables, told)
    content = packed(Material(now, found, versions, told, tables, lines or (), troubles))
    replace(file, content)
    click.echo(f"{file}: {len(content) / 1000:.0f} kB, {len(found)} findings, {len(lines or ())} log lines")
    for each in troubles:
        click.echo(f"Not in it: {each}")


def _journal(machine: Machine) -> list[Line] | None:
    """The newest lines of our units; None if there is no journal to read."""
    said = machine.said(["journalctl", "--no-pager", "-q", "-o", "json", "-n", str(MOST_LINES), "-u", UNITS])
    return None if said is None else list(_lines(said))


def _lines(said: str) -> Iterator[Line]:
    words = vocabulary()
    for each in said.splitlines():
        try:
            entry = json.loads(each)
        except ValueError:
            continue
        kept = journal_line(entry) if isinstance(entry, dict) else None
        if kept is not None:
            yield line(words, *kept)
