"""`hotspot nist`: look into ANSI/NIST-ITL files."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hotspot_kiosk import nist
from hotspot_kiosk.cli.options import json_option, table
from hotspot_kiosk.errors import BadBytes


@click.group("nist")
def command() -> None:
    """Look into ANSI/NIST-ITL files."""


@command.command()
@json_option
@click.argument("file", type=click.Path(path_type=Path))
def show(as_json: bool, file: Path) -> None:
    """Show what a file says, field by field; no image is shown."""
    try:
        with file.open("rb") as stream:
            data = stream.read(nist.MAX_FILE + 1)
    except OSError as error:
        raise BadBytes(f"{file} cannot be read: {error.strerror}") from None
    transaction = nist.read(data)
    if as_json:
        click.echo(json.dumps(nist.outline(transaction), ensure_ascii=False))
        return
    rows = [{"record": r.record, "field": r.field, "says": r.words} for r in nist.describe(transaction)]
    click.echo(table(rows))
