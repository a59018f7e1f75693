"""`hotspot subject`: a person's slip at the kiosk; at the hub what is held about them, and its erasure."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click
import msgspec

from hotspot_kiosk import files, nist
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli.options import config_option, json_option
from hotspot_kiosk.cli.signing import key_option, person
from hotspot_kiosk.config import HubConfig, KioskConfig, load
from hotspot_kiosk.decision import What
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.casebook import Person
from hotspot_kiosk.hub.law.subject import Subjects, lines
from hotspot_kiosk.hub.law.tries import TRIES, Tries
from hotspot_kiosk.keyring import load_hub, load_private
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.slips import write
from hotspot_kiosk.kiosk.storage.outbox import Outbox, PartState
from hotspot_kiosk.slip import Paper, read
from hotspot_kiosk.terms import Part, Tcn

NO_SLIP = (
    "no slip can be written under this number: either the hub has no such record of this kiosk (yet), or its time "
    "here is over; read the number again from the kiosk's list, and wait for the link if the person was here just now"
)
number_argument = click.argument("number")


@click.group("subject")
def command() -> None:
    """What people ask about themselves, by the number on their slip."""


@command.command()
@config_option
@json_option
@key_option
@number_argument
def access(config: Path, as_json: bool, key: Path, number: str) -> None:
    """Tell a person what is held about them, who saw it and until when. Print this for them.

    NUMBER: as scanned or read from the slip; spaces and hyphens do not matter.
    """
    by = _by(config, key, What.TELL, number)
    with closing(_open(config)) as subjects:
        report = subjects.access(number, by)
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
        return
    for line in lines(report):
        click.echo(line)


@command.command()
@config_option
@key_option
@click.confirmation_option(prompt="Nothing brings it back. Erase all that is held under this number?")
@number_argument
def erase(config: Path, key: Path, number: str) -> None:
    """Erase all that is held about a person, for good, unless the law still needs it."""
    by = _by(config, key, What.ERASE, number)
    with closing(_open(config)) as subjects:
        click.echo(subjects.erase(number, by))


@command.command("slip")
@config_option
@click.option("--language", "code", default="en", show_default=True, help="As in: hotspot languages check.")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A new HTML file to print."
)
@click.argument("tcn")
def slip_(config: Path, code: str, to: Path, tcn: str) -> None:
    """Write a person's slip again at the kiosk that captured them, if they lost theirs and the hub has their record.

    The journal says so. Whoever tries numbers is stopped, and is told of none whether there is such a record.
    """
    table = load(config, KioskConfig)
    if to.exists():
        raise ConfigError(f"{to} exists already; name a new file")
    _check_known(table, Tcn(tcn))
    hub = load_hub(table.keys.peers)
    operation = installed.current(table.operation.file, hub)
    if operation is None:
        raise Refused("no operation is installed: it says who holds the data, and how long")
    agency = nist.Agency(table.kiosk.country, table.kiosk.agency)
    paper = write(Tcn(tcn), operation, load_private(table.keys.own), agency)
    _note(table, tcn, "written again")
    files.replace(to, _sheet(paper, code, training=table.kiosk.training))
    click.echo(
        f"{to} is ready to be printed. Whoever has it can ask about this record: give it to nobody else."
    )


def _check_known(table: KioskConfig, tcn: Tcn) -> None:
    """Raises Refused in the same words for whatever the hub has not proven to hold; every try counts, right or wrong."""
    clock = datetime.now(UTC)
    Tries(table.outbox.path.with_name(TRIES)).begin(tcn, clock)
    entries = Outbox(table.outbox.path).entries() if table.outbox.path.exists() else iter(())
    held = (Part.PROBE, PartState.HELD)
    if not any(entry.tcn == tcn and held in [each[:2] for each in entry.parts] for entry in entries):
        _note(table, tcn, "refused")
        raise Refused(NO_SLIP)


def _note(table: KioskConfig, tcn: str, what: str) -> None:
    own, clock = load_private(table.keys.own), Clock()
    journal = Journal(table.outbox.path.with_name("journal"), own, clock.now)
    journal.write(Deed.SLIP, "maintainer", tcn, what)


def _by(config: Path, key: Path, what: What, number: str) -> Person:
    return person(config, key, what, str(read(number).tcn))


def _sheet(paper: Paper, language: str, *, training: bool) -> bytes:
    """The pages' packages are wanted here only: a hub has no pages."""
    try:
        spoken = import_module("hotspot_kiosk.kiosk.web.languages").Languages().get(language)
        mark = import_module("hotspot_kiosk.kiosk.web.mark").Mark.of(training=training)
        writer = import_module("hotspot_kiosk.kiosk.web.words").Writer(mark)
    except ModuleNotFoundError as error:
        raise ConfigError(f"a slip needs {error.name}: pip install 'hotspot-kiosk[web]'") from None
    if spoken is None:
        raise Refused(f"there is no language {language}; see: hotspot languages check")
    made: str = writer.sheet(paper, spoken)
    return made.encode()


def _open(config: Path) -> Subjects:
    return assembly.open_subjects(load(config, HubConfig), config.parent.resolve())
