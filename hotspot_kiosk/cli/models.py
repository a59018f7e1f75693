"""`hotspot models`: what the manifest names, whether it stands, and how it is built and measured."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from hotspot_kiosk.bench import face
from hotspot_kiosk.cli.options import json_option, list_out
from hotspot_kiosk.errors import ModelError, Refused
from hotspot_kiosk.inference.port import ModelShelf, read_manifest

PROJECT = Path(__file__).resolve().parents[2]
manifest_option = click.option(
    "--manifest", type=click.Path(path_type=Path), default=face.MANIFEST, help="The manifest to go by."
)
folder_option = click.option(
    "--folder", type=click.Path(path_type=Path), default=face.BUILT, help="Where the built files are."
)


@click.group("models")
def command() -> None:
    """List, build, verify and measure the models."""


@command.command("list")
@manifest_option
@json_option
def list_(manifest: Path, as_json: bool) -> None:
    """Every model of the manifest: what it does, its licence, where it comes from."""
    rows = [
        {
            "name": entry.name,
            "role": entry.role,
            "licence": entry.licence,
            "origin": entry.origin.package if entry.origin else f"ours: {entry.own}",
            "calibrated for FMR": ", ".join(f"{each.fmr:g}" for each in entry.thresholds),
        }
        for entry in read_manifest(manifest).model
    ]
    list_out(rows, as_json, "the manifest names no model")


@command.command()
@manifest_option
@folder_option
def verify(manifest: Path, folder: Path) -> None:
    """Open every model as a kiosk does: its bytes are checked first. Exits 1 if one is missing or altered."""
    shelf, faults = ModelShelf(manifest, folder, threads=1), 0
    for entry in read_manifest(manifest).model:
        try:
            shelf.open(entry.name)
        except ModelError as error:
            faults += 1
            click.echo(f"{entry.name}: {error}", err=True)
        else:
            click.echo(f"{entry.name}: stands, and loads")
    if faults:
        raise SystemExit(1)


@command.command()
def build() -> None:
    """Build what is missing, from pinned packages, the same to the byte everywhere (as `make models`)."""
    if (PROJECT / "models" / "build.py").is_file():  # installed from the project's own folder
        sys.path.insert(0, str(PROJECT))
    try:
        made = import_module("models.build")
    except ModuleNotFoundError as error:
        raise Refused(
            f"models are built in the project's own folder, with its demo packages ({error.name} is missing): "
            "run `make models` there"
        ) from None
    raise SystemExit(made.main())


@command.command()
def bench() -> None:
    """Measure the face models: times, memory, and error rates where pictures are there."""
    for figure in face.run():
        click.echo(figure.words())
