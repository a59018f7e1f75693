"""`hotspot officer`: who may decide what. Keys are made by the people themselves; the hub signs the roster."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk import files, pins, seal_person
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.config import HubConfig, KioskConfig, load
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.keyring import HUB, Trust, load_peers, load_private
from hotspot_kiosk.kiosk.staff.office import ROSTER
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.kiosk.staff.security_keys import unpacked
from hotspot_kiosk.officers import Officer, Role
from hotspot_kiosk.wire import OrderKind


@click.group("officer")
def command() -> None:
    """Who may decide what. Ids, never names of people."""


@command.command()
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A new file, for you alone.")
def key(to: Path) -> None:
    """Make your own key. Its .pub beside it goes to the bureau; the file itself stays with you."""
    public = to.with_name(f"{to.name}.pub")
    if to.exists() or public.exists():
        raise ConfigError(f"{to} or {public} exists already; name a new file")
    os.umask(0o077)
    phrase = click.prompt("Passphrase for the new key", hide_input=True, confirmation_prompt=True)
    private, half = seal_person.make(phrase)
    files.replace(to, private)
    files.replace(public, half)
    click.echo(
        f"{to}  yours alone, locked with your passphrase\n{public}  for the bureau: hotspot officer add"
    )


@command.command()
@config_option
@click.argument("officer")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([each.value for each in Role])
)
@click.option("--key", "half", type=click.Path(path_type=Path), help="The .pub of this person's own key.")
@click.option("--pin", is_flag=True, help="Ask for a PIN for kiosks.")
@click.option(
    "--security-key", "words", multiple=True, help="A key's public half, as the kiosk's page shows it."
)
def add(
    config: Path, officer: str, roles: tuple[str, ...], half: Path | None, pin: bool, words: tuple[str, ...]
) -> None:
    """Put somebody on the roster, or replace what stands there about them; kiosks get it with the next link."""
    signing = seal_person.read_public(files.read(half)) if half else b""
    number = click.prompt("PIN", hide_input=True, confirmation_prompt=True) if pin else ""
    try:
        one = Officer(
            id=officer,
            roles=tuple(Role(each) for each in roles),
            signing=signing,
            pin=pins.make(number) if number else "",
            keys=tuple(unpacked(word) for word in words),
        )
    except ValueError as error:
        raise Refused(str(error)) from None
    file = assembly.roster(load(config, HubConfig))
    edition = file.put(one, datetime.now(UTC)).edition
    open_journal(config).write(
        Deed.ROSTER, "maintainer", officer, f"added as {', '.join(roles)}, edition {edition}"
    )
    click.echo(f"{officer} is on the roster, edition {edition}: {file.path}{_hand_out(config, file.path)}")


@command.command("list")
@config_option
@json_option
def list_(config: Path, as_json: bool) -> None:
    """List everybody, those who are revoked too."""
    rows = [
        {
            "id": each.id,
            "roles": ", ".join(each.roles),
            "own key": each.signing.hex()[:16],
            "security keys": len(each.keys),
            "PIN": bool(each.pin),
            "revoked": each.revoked.isoformat(timespec="seconds") if each.revoked else "",
        }
        for each in assembly.roster(load(config, HubConfig)).read().officers
    ]
    list_out(rows, as_json, "Nobody is on the roster.")


@command.command()
@config_option
@click.argument("officer")
@click.option("--reason", required=True, help="Why, in a few words; it goes into the journal.")
def revoke(config: Path, officer: str, reason: str) -> None:
    """Somebody may do nothing any more: here at once, at a kiosk as soon as it has this roster."""
    file = assembly.roster(load(config, HubConfig))
    edition = file.revoke(officer, datetime.now(UTC)).edition
    open_journal(config).write(Deed.ROSTER, "maintainer", officer, f"revoked, edition {edition}: {reason}")
    click.echo(f"{officer} is revoked, edition {edition}: {file.path}{_hand_out(config, file.path)}")


@command.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def install(config: Path, file: Path) -> None:
    """Install a roster at this kiosk by hand, where no link brings it; it may run meanwhile."""
    table = load(config, KioskConfig)
    roll = Roll(table.outbox.path.with_name(ROSTER), Trust(table.keys.peers))
    fresh = roll.install(files.read(file))
    own = load_private(table.keys.own)
    journal = Journal(table.outbox.path.with_name("journal"), own, lambda: (datetime.now(UTC), False))
    journal.write(Deed.INSTALLED, "maintainer", "roster", f"edition {fresh.edition}")
    click.echo(f"The roster, edition {fresh.edition}, is installed: {len(fresh.officers)} officers.")


def _hand_out(config: Path, path: Path) -> str:
    """Order every kiosk to take it; where orders have no folder it must be carried by hand."""
    table = load(config, HubConfig)
    if table.hub.orders is None:
        return "; hand it out: hotspot officer install, at each kiosk"
    own, content = load_private(table.keys.own), files.read(path)
    kiosks = [owner for owner in load_peers(table.keys.peers) if owner != HUB]
    for device in kiosks:
        OrderBook(table.hub.orders).give(device, OrderKind.ROSTER, own, datetime.now(UTC), content)
    return f"; it waits for {len(kiosks)} kiosks"
