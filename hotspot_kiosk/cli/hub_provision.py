"""`hotspot hub provision | withdraw`: new kiosks, from their code to their number; old ones, to their signed proof."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk import files, provisioning
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError
from hotspot_kiosk.fleet import as_ms
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.provision import assembly
from hotspot_kiosk.hub.provision.admitting import Terms
from hotspot_kiosk.hub.provision.assembly import Newcomers
from hotspot_kiosk.hub.provision.shut import Withdrawal
from hotspot_kiosk.hub.provision.waiting import Newcomer, State
from hotspot_kiosk.keyring import Peers, load_private
from hotspot_kiosk.stick_new import ANSWER, REQUEST, NewKiosks
from hotspot_kiosk.terms import MAX_DEVICE
from hotspot_kiosk.wire import OrderKind

BUREAU = ("hub.pub", "broker-ca.pem", "bureau.toml")
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group("provision")
def command() -> None:
    """New kiosks: who asks, whom to accept under which number, whom to refuse."""


@command.command("list")
@config_option
@json_option
def list_newcomers(config: Path, as_json: bool) -> None:
    """Who asks and who was decided about; the rest of a code is read out by whoever stands at the kiosk."""
    rows = [
        {
            "code": f"{code[:4]}-...",
            "state": str(each.state),
            "kiosk": each.device or None,
            "post": each.post or None,
            "since": _when(each.asked_ms),
            "about": each.asked.about,
            "why": each.reason,
        }
        for code, each in _build(config).room.all()
    ]
    list_out(rows, as_json, "No new kiosk has asked.")


@command.command()
@config_option
@click.argument("begins")
def show(config: Path, begins: str) -> None:
    """One request, by the beginning of its code."""
    code, found = _build(config).room.find(begins)
    asked = found.asked
    click.echo(f"{code[:4]}-...: {found.state}, asked {_when(found.asked_ms)}")
    click.echo(f"   about: {asked.about} (it says so itself)")
    click.echo(f"key id: {asked.keys(1).key_id.hex()}")
    if found.state is State.ACCEPTED:
        click.echo(f"   kiosk {found.device} at {found.post}")


@command.command()
@config_option
@click.argument("code")
@click.option("--number", type=click.IntRange(1, MAX_DEVICE), required=True, help="Unique in the country, never given twice.")  # fmt: skip
@click.option("--post", required=True, help="Where it stands, as the operation names it.")
@click.option("--operation", type=click.Path(path_type=Path, dir_okay=False), help="A signed operation for it; or later: hotspot operation send.")  # fmt: skip
def accept(config: Path, code: str, number: int, post: str, operation: Path | None) -> None:
    """Make the kiosk that shows this whole CODE kiosk NUMBER. Type it as somebody at the kiosk reads it to you."""
    newcomers = _build(config)
    _check(newcomers.terms, post)
    content = files.read(operation) if operation else b""
    found = newcomers.admission.accept(code, number, post, newcomers.terms, content)
    about = printable(f"{post}, key {found.asked.keys(number).key_id.hex()}")
    open_journal(config).write(Deed.ADMITTED, "maintainer", f"device/{number}", about)
    click.echo(
        f"Kiosk {number} at {post} is admitted. It hears so by itself, or by a stick: hotspot hub provision stick"
    )


@command.command()
@config_option
@click.argument("begins")
@click.option("--reason", required=True, help="What whoever stands at the kiosk is to read.")
def refuse(config: Path, begins: str, reason: str) -> None:
    """Refuse a request; the beginning of its code is enough."""
    code, _ = _build(config).admission.refuse(begins, reason)
    about = printable(f"{code[:4]}: {reason}")
    open_journal(config).write(Deed.NOT_ADMITTED, "maintainer", "newcomer", about)
    click.echo(f"{code[:4]}-... is refused; it can ask anew with new keys.")


@command.command()
@config_option
@click.argument("folder", type=FOLDER)
@click.option(
    "--bureau", type=FOLDER, help="hub.pub, broker-ca.pem, bureau.toml: written onto the stick, too."
)
def stick(config: Path, folder: Path, bureau: Path | None) -> None:
    """Take requests from a stick and write what was decided onto it; with --bureau what new machines have to know."""
    carried, newcomers = NewKiosks(folder), _build(config)
    for name in BUREAU if bureau else ():
        carried.write_bureau(name, files.read((bureau or folder) / name))
    for code in carried.codes():
        click.echo(f"{code[:4]}-...: {_carried(carried, newcomers, code)}")
    click.echo("The stick may be pulled.")


@click.command()
@config_option
@click.argument("device", type=click.IntRange(1, MAX_DEVICE))
@click.option("--reason", required=True, help="For the journal.")
@click.option("--erase", is_flag=True, help="It destroys its keys and records, too, and is shut out once that is proven.")  # fmt: skip
@click.option(
    "--stolen", is_flag=True, help="Shut it out at once; it destroys itself if it ever hears of it."
)
@click.confirmation_option(prompt="A withdrawn kiosk never comes back under its number. Withdraw it?")
def withdraw(config: Path, device: int, reason: str, erase: bool, stolen: bool) -> None:
    """Withdraw a kiosk: it stops capturing and sends what it holds; when nothing waits there, --erase it."""
    tables, newcomers = load(config, HubConfig), _build(config)
    if device not in Peers(tables.keys.peers) or tables.hub.orders is None:
        raise Refused(f"device {device} is not admitted here")
    now, destroys = datetime.now(UTC), erase or stolen
    kind = OrderKind.ERASE if destroys else OrderKind.REVOKE
    order = OrderBook(tables.hub.orders).give(device, kind, load_private(tables.keys.own), now)
    newcomers.withdrawals.note(Withdrawal(device, as_ms(now), order.number, destroys, stolen, reason))
    words = "stolen" if stolen else str(kind)
    about = printable(f"{words}, order {order.number}: {reason}")
    open_journal(config).write(Deed.WITHDRAWN, "maintainer", f"device/{device}", about)
    if newcomers.lists is not None:
        newcomers.lists.write()
    click.echo(f"Kiosk {device} is withdrawn ({words}); its proof: hotspot hub withdrawn")


@click.command()
@config_option
@json_option
def withdrawn(config: Path, as_json: bool) -> None:
    """Withdrawn kiosks: what was ordered, whether the kiosk's signed proof is kept, whether it is shut out."""
    found = _build(config).withdrawals
    rows = [
        {
            "kiosk": each.device,
            "since": _when(each.at_ms),
            "ordered": "erase" if each.erase else "stop",
            "proof": f"{each.device}-{each.order}.done" if found.proven(each) else "none yet",
            "shut out": "yes" if found.shut(each.device) else "no",
            "why": each.reason,
        }
        for each in found.all()
    ]
    list_out(rows, as_json, "No kiosk was withdrawn.")


def _build(config: Path) -> Newcomers:
    tables = load(config, HubConfig)
    return assembly.build(tables, load_private(tables.keys.own), Peers(tables.keys.peers))


def _carried(carried: NewKiosks, newcomers: Newcomers, code: str) -> str:
    try:
        payload = carried.read(code, REQUEST) or b""
        if provisioning.code_of(provisioning.read_ask(payload)) != code:
            raise BadBytes("its name is another request's")
        _, answer = newcomers.answering.answer(payload)
    except (BadBytes, SealError, Refused) as error:
        return f"left aside: {error}"
    carried.write(code, ANSWER, answer)
    known: Newcomer | None = newcomers.room.of(code)
    return "unknown" if known is None else str(known.state)


def _check(terms: Terms, post: str) -> None:
    """Said here, not at a kiosk far away. Raises ConfigError."""
    if not 1 <= len(post) <= 32 or not post.isascii() or not post.isprintable() or post != post.strip():
        raise ConfigError("--post must be 1 to 32 plain ASCII characters, neither first nor last a space")
    try:
        tables = tomllib.loads(terms.settings)
    except ValueError as error:
        raise ConfigError(f"[provision] settings cannot be read as TOML: {error}") from None
    if foreign := sorted(tables.keys() - provisioning.GRANTABLE):
        raise ConfigError(f"[provision] settings: a hub decides no table {', '.join(foreign)} of a kiosk")


def _when(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"
