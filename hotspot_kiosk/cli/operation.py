"""`hotspot operation`: write one, sign it at the hub, look at it, install it at a kiosk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli import statistics
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option
from hotspot_kiosk.config import HubConfig, KioskConfig, load
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.keyring import load_hub, load_private, load_public
from hotspot_kiosk.kiosk.installed import install as keep
from hotspot_kiosk.operation import LARGEST, Operation, draft, sign, verify

file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))

TEMPLATE = """\
# An operation: fill in, then sign at the hub with: hotspot operation sign {name} --own hub.key --to {stem}.op
# Nobody is captured without one. Ids are ids, never names of people.

id = "{stem}"
edition = 1                  # raise it with every operation that is signed: a kiosk takes only a higher one
name = "say which operation this is"
kind = "hotspot"             # hotspot: checks, which enrol nobody; reception: enrols into the national gallery
purpose = "say what people are checked for"
legal_basis = "name the law and its article"
notice = "the id of the notice that is shown"
begins = {begins}
ends = {ends}
posts = ["Green line 4"]
devices = [17]

tot = "NPS"                  # CPS only for people fingerprinted for a criminal offence
fingers = [2, 7]             # 1 right thumb ... 10 left little, in this order; [] for the face alone
officers = []                # ids of those who may check; none: all who may sign in
languages = ["en"]
datasets = []                # the hub's partners that may be asked; none: the hub's own gallery only
# gallery = "national"       # a reception needs it: into which national gallery of the hub it enrols
least_fap = 45               # fingers of a lesser sensor stay in the local lane
late_hit_hours = 72          # as long a late hit is told to the next posts, too
watchlist = false            # true: without a link, faces are compared with a list of the hub's (hotspot watchlist)
statistics_floor = 5         # smaller counts are not published

[retention]
no_hit_hours = 24
unanswered_days = 30
hit_days = 30
enrolled_days = 365          # of a reception: how long an enrolment stays
superseded_days = 1825       # ... and how long at most once the same person was enrolled anew; 0: it goes at once

[confirmation]
people = 2                   # 1 only with: law = "the law that allows one person to decide"
# both_places = true         # one of them at the kiosk, one at the hub
# pictures = "the law under which a post is shown the reference's face beside the person's"

[rights]                     # what people are told who ask what is held about them
controller = ""              # who holds the data, and ask_at: where to ask; both stand on people's slips
ask_at = ""
authority = ""               # who supervises that
# withhold = "the law under which it is not told whether anything was found"
# say_withheld = false       # ... if that law forbids to say that something is withheld: everybody hears the same

[route]
# "Green line 4" = ["Harbour"]   # posts that hear a late hit next
"""
FILL = ("name", "purpose", "legal_basis", "notice")


@click.group("operation")
def command() -> None:
    """The signed operation without which nobody is checked."""


command.add_command(statistics.counts)
command.add_command(statistics.report)


@command.command()
@file_argument
def new(file: Path) -> None:
    """Write an operation to fill in. Never overwrites."""
    if file.exists():
        raise ConfigError(f"{file} exists already; name a new file")
    begins = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    words = {"begins": _told(begins), "ends": _told(begins + timedelta(days=28))}
    _write(file, TEMPLATE.format(name=file, stem=file.stem, **words).encode())
    click.echo(f"{file} is ready to be filled in.")


@command.command("sign")
@file_argument
@click.option("--own", type=click.Path(path_type=Path), required=True, help="The hub's private .key file.")
@click.option("--to", type=click.Path(path_type=Path), required=True, help="The signed file.")
def sign_(file: Path, own: Path, to: Path) -> None:
    """Check an operation and sign it with the hub's key."""
    operation = _draft(file)
    _check_filled(operation)
    keys = load_private(own)
    if keys.owner != 0:
        raise ConfigError(f"{own} is a kiosk's key; an operation is signed with the hub's")
    _write(to, sign(operation, keys))
    click.echo(f"{operation.id}, edition {operation.edition}, signed: {to}")


@command.command()
@file_argument
@click.option("--key", type=click.Path(path_type=Path), help="The hub's .pub file: is it really signed?")
@json_option
def show(file: Path, key: Path | None, as_json: bool) -> None:
    """What an operation says: one to fill in, or a signed one with --key."""
    operation = verify(_read(file), load_public(key).keys()) if key else _draft(file)
    if as_json:
        click.echo(msgspec.json.encode(operation).decode())
        return
    for name, value in msgspec.to_builtins(operation).items():
        click.echo(f"{name:>16}  {_plain(value)}")
    click.echo(f"{'lanes':>16}  {', '.join(sorted(operation.lanes))}")


@command.command()
@config_option
@file_argument
def install(config: Path, file: Path) -> None:
    """Install a signed operation at this kiosk; it may run meanwhile, and follows at the next person."""
    table = load(config, KioskConfig)
    own = load_private(table.keys.own)
    operation = keep(table.operation.file, _read(file), load_hub(table.keys.peers), table.kiosk.device)
    journal = Journal(table.outbox.path.with_name("journal"), own, lambda: (datetime.now(UTC), False))
    journal.write(Deed.INSTALLED, "maintainer", operation.id, f"edition {operation.edition}")
    click.echo(f"{operation.id}, edition {operation.edition}, is installed, until {_told(operation.ends)}.")


@command.command()
@config_option
@file_argument
def send(config: Path, file: Path) -> None:
    """Order the kiosks of a signed operation to install it; they prove it when they have, by link or by stick."""
    table, content = load(config, HubConfig), _read(file)
    sent = assembly.dispatch(table).send(content, datetime.now(UTC))
    for device, number in sent.orders.items():
        about = f"operation {sent.operation.id}, edition {sent.operation.edition}, order {number}"
        open_journal(config).write(Deed.ORDERED, "maintainer", f"device/{device}", about)
    click.echo(
        f"{sent.operation.id}, edition {sent.operation.edition}, waits for {len(sent.orders)} kiosks: "
        f"{', '.join(map(str, sent.orders))}."
    )


def _check_filled(operation: Operation) -> None:
    """Raises Refused naming what still stands there as `new` wrote it: nobody is captured on the ground of a template."""
    left = [name for name in FILL if f'\n{name} = "{getattr(operation, name)}"\n' in TEMPLATE]
    if left:
        raise Refused(f"fill in first: {', '.join(left)}; it still says what `hotspot operation new` wrote")


def _draft(file: Path) -> Operation:
    try:
        return draft(_read(file).decode())
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is no text; a signed operation is shown with --key") from None
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_plain(each)}" for key, each in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return str(value) if value != "" else "-"


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
