"""`hotspot officer`: who may decide what. Keys are made by the people themselves; the hub signs the roster."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk import files, pins, seal_person
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.officers import Officer, Role


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
def add(config: Path, officer: str, roles: tuple[str, ...], half: Path | None, pin: bool) -> None:
    """Put somebody on the roster, or replace what stands there about them."""
    signing = seal_person.read_public(files.read(half)) if half else b""
    number = click.prompt("PIN", hide_input=True, confirmation_prompt=True) if pin else ""
    try:
        one = Officer(
            id=officer,
            roles=tuple(Role(each) for each in roles),
            signing=signing,
            pin=pins.make(number) if number else "",
        )
    except ValueError as error:
        raise Refused(str(error)) from None
    file = assembly.roster(load(config, HubConfig))
    edition = file.put(one, datetime.now(UTC)).edition
    open_journal(config).write(
        Deed.ROSTER, "maintainer", officer, f"added as {', '.join(roles)}, edition {edition}"
    )
    click.echo(f"{officer} is on the roster, edition {edition}: {file.path}")


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
    click.echo(f"{officer} is revoked, edition {edition}: hand {file.path} out to the kiosks")
