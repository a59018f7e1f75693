"""`hotspot keys`: make a machine's keys, show what a key file is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from hotspot_kiosk.cli import certificates
from hotspot_kiosk.cli.options import json_option
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.keyring import HUB, load_private, load_public, make_pair
from hotspot_kiosk.terms import MAX_DEVICE, Realm


@click.group("keys")
def command() -> None:
    """Make and show keys."""


command.add_command(certificates.command)


@command.command()
@click.argument("who", type=click.Choice(["hub", "kiosk"]))
@click.option(
    "--device", type=click.IntRange(1, MAX_DEVICE), help="The kiosk's number, unique in the country."
)
@click.option("--name", required=True, help="The post's or the bureau's name.")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where to write both files.")
@click.option("--training", is_flag=True, help="Keys for training: nothing real is ever done with them.")
@click.option(
    "--generation", default=1, show_default=True, help="Counts a hub's keys; the highest is the newest."
)
def make(who: str, device: int | None, name: str, folder: Path, generation: int, training: bool) -> None:
    """Make a pair: a private .key that stays here, a public .pub for the other side."""
    if (who == "kiosk") == (device is None):
        raise Refused("a kiosk needs --device NUMBER, a hub takes none")
    stem = f"kiosk-{device:05d}" if device else "hub" if generation == 1 else f"hub-{generation}"
    realm = Realm.TRAINING if training else Realm.REAL
    private, public = make_pair(folder, stem, device or HUB, name, os.urandom(128), generation, realm)
    click.echo(f"{private}  private: keep it on this machine only")
    click.echo(f"{public}  public: copy it into the other side's folder of peers")


@command.command()
@json_option
@click.argument("file", type=click.Path(path_type=Path))
def show(as_json: bool, file: Path) -> None:
    """Show whose key a file is; never the key itself."""
    if file.suffix == ".key":
        private = load_private(file)
        owner, name, public = private.owner, None, private.public()
    else:
        entry = load_public(file)
        owner, name, public = entry.owner, entry.name, entry.keys()
    found = {
        "file": str(file),
        "kind": "private" if file.suffix == ".key" else "public",
        "realm": str(public.realm),
        "owner": "hub" if owner == HUB else f"device {owner}",
        "name": name,
        "key id": public.key_id.hex(),
    }
    if as_json:
        click.echo(json.dumps(found))
    else:
        for key, value in found.items():
            click.echo(f"{key:>7}  {value or '-'}")
