"""`hotspot subject`: a person's slip at the kiosk; at the hub what is held about them, and its erasure."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from hotspot_kiosk.cli.options import config_option, json_option
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.casebook import Person
from hotspot_kiosk.hub.subject import Subjects, lines

number_argument = click.argument("number")
officer_option = click.option(
    "--officer", required=True, help="Your id, never a name; it goes into the journal."
)


@click.group("subject")
def command() -> None:
    """What people ask about themselves, by the number on their slip."""


@command.command()
@config_option
@json_option
@officer_option
@number_argument
def access(config: Path, as_json: bool, officer: str, number: str) -> None:
    """Tell a person what is held about them, who saw it and until when. Print this for them.

    NUMBER: as scanned or read from the slip; spaces and hyphens do not matter.
    """
    report = _open(config).access(number, Person(officer))
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
        return
    for line in lines(report):
        click.echo(line)


@command.command()
@config_option
@officer_option
@click.confirmation_option(prompt="Nothing brings it back. Erase all that is held under this number?")
@number_argument
def erase(config: Path, officer: str, number: str) -> None:
    """Erase all that is held about a person, for good, unless the law still needs it."""
    click.echo(_open(config).erase(number, Person(officer)))


def _open(config: Path) -> Subjects:
    return assembly.open_subjects(load(config, HubConfig), config.parent.resolve())
