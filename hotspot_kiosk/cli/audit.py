"""The journals: look, export, verify. Verifying needs the file and the writer's public keys, nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Account, Anchor, Deed, Entry, read, verify
from hotspot_kiosk.cli.options import json_option, list_out
from hotspot_kiosk.errors import BadBytes, ConfigError
from hotspot_kiosk.keyring import load_private, load_public
from hotspot_kiosk.seal import Ring
from hotspot_kiosk.terms import Realm

file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group("audit")
def command() -> None:
    """Who did what, when and on what ground: signed journals that show when they were changed."""


@command.command("verify")
@file_argument
@click.option(
    "--key",
    "keys",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    required=True,
    help="The .pub file of the machine that wrote it; again for keys it had before.",
)
@click.option("--anchor", "anchors", multiple=True, help="NUMBER:SHA256 of an entry, noted elsewhere.")
@click.option(
    "--anchors",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The hub's list of its kiosks' journals: hotspot hub anchors.",
)
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A kiosk's exported journal, whose lines tell how far the hub's reached; verify that one, too.",
)
@click.option("--open-end", is_flag=True, help="A file copied from a running machine has no end line yet.")
@json_option
def verify_(
    file: Path,
    keys: tuple[Path, ...],
    anchors: tuple[str, ...],
    lists: tuple[Path, ...],
    witnesses: tuple[Path, ...],
    open_end: bool,
    as_json: bool,
) -> None:
    """Check every line of an exported journal; the exit code is 0 only if all of it holds."""
    ring = Ring(tuple(load_public(path).keys() for path in keys))
    noted = [_anchor(text, ring.owner) for text in anchors]
    noted += [anchor for path in lists for anchor in _listed(path)]
    noted += [anchor for path in witnesses for anchor in _witnessed(path)]
    try:
        account = verify(_lines(file), ring, noted, ended=not open_end)
    except BadBytes as error:
        raise BadBytes(f"{file} was changed, cut or damaged: {error}") from None
    _tell(account, as_json)


@command.command()
@file_argument
@json_option
def show(file: Path, as_json: bool) -> None:
    """List the entries of a journal, unverified."""
    rows = []
    for place, line in enumerate(_lines(file), start=1):
        try:
            found = read(line)
        except BadBytes as error:
            raise BadBytes(f"{file}, line {place}: {error}") from None
        if isinstance(found, Entry):
            rows.append(_row(found))
    list_out(rows, as_json, "The journal is empty.")


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--own", type=click.Path(path_type=Path), required=True, help="The machine's private .key file."
)
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A new file.")
def export(folder: Path, own: Path, to: Path) -> None:
    """Write a machine's whole journal into one file with a signed end line."""
    journal = Journal(folder, load_private(own), lambda: (datetime.now(UTC), False))
    head = journal.export(to)
    click.echo(f"{to}: up to entry {head.number}. Note this elsewhere: {head.number}:{head.digest}")


def _tell(account: Account, as_json: bool) -> None:
    if as_json:
        told = {
            "owner": account.owner,
            "first": account.first,
            "last": account.last,
            "anchors": account.anchors_met,
            "deeds": account.deeds,
        }
        click.echo(json.dumps(told))
        return
    whose = f"kiosk {account.owner}" if account.owner else "the hub"
    click.echo(f"Unchanged: entries {account.first} to {account.last} of {whose}.")
    if account.first != 1:
        click.echo("Older entries are not in this file.")


def _row(entry: Entry) -> dict[str, object]:
    training = {} if entry.realm is Realm.REAL else {"realm": str(entry.realm)}
    return training | {
        "number": entry.number,
        "at": f"{entry.at:%Y-%m-%dT%H:%M:%SZ}{'' if entry.clock else ' ?'}",
        "who": entry.who,
        "what": str(entry.what),
        "about": entry.about,
        "ground": entry.ground,
    }


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as text:
            yield from (line.removesuffix(b"\n") for line in text)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None


def _listed(path: Path) -> list[Anchor]:
    try:
        return msgspec.json.decode(b"\n".join(_lines(path)), type=list[Anchor])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadBytes(
            f"{path} is no list of anchors; write one at the hub with: hotspot hub anchors"
        ) from None


def _witnessed(path: Path) -> Iterator[Anchor]:
    """What a kiosk wrote down of the hub's journal."""
    for line in _lines(path):
        found = read(line)
        if isinstance(found, Entry) and found.what is Deed.ANCHORED and found.about.startswith("hub/"):
            yield _anchor(f"{found.about[4:]}:{found.ground.removeprefix('sha256 ')}", 0)


def _anchor(text: str, owner: int) -> Anchor:
    number, _, found = text.partition(":")
    if not (number.isascii() and number.isdigit() and len(found) == 64):
        raise ConfigError(
            f"an anchor looks like 120:3f..., 64 hexadecimal digits after the colon, not {text!r}"
        )
    return Anchor(owner, int(number), found.lower())
