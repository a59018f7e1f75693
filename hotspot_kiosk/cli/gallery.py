"""`hotspot gallery`: enrol, list and erase the references of a hub."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.contents import decode_templates
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.reception.enrolment import make_reference
from hotspot_kiosk.hub.storage.store import GalleryEntry
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.terms import FaceTemplate, FingerPosition

NO_SOURCE = (
    "Its country is not told (--source), so a hit on it goes to the legal officer first if the person seeks "
    "protection."
)


@click.group("gallery")
def command() -> None:
    """Look after the references of a hub."""


@command.command()
@config_option
@click.option("--reference", required=True, help="A case number, never a name.")
@click.option(
    "--face", "faces", multiple=True, type=click.Path(path_type=Path), help="A picture of the face."
)
@click.option(
    "--finger", "fingers", multiple=True, metavar="POSITION=FILE", help="A finger image: 2=right-index.png"
)
@click.option("--ppi", default=500, show_default=True, help="Pixels an inch of the finger images.")
@click.option("--source", default="", help="The country that placed it, as in SYR (ISO 3166-1 alpha-3).")
@click.option(
    "--portrait", is_flag=True, help="Keep a small picture of the first face, for people who compare."
)
def enrol(
    config: Path,
    reference: str,
    faces: tuple[Path, ...],
    fingers: tuple[str, ...],
    ppi: int,
    source: str,
    portrait: bool,
) -> None:
    """Add a person's reference to this hub's own gallery."""
    models = load(config, HubConfig).models
    entry = make_reference(
        reference,
        datetime.now(UTC).isoformat(timespec="seconds"),
        faces,
        [_finger(text) for text in fingers],
        ppi,
        ModelShelf(models.manifest, models.folder, models.threads),
        source,
        portrait=portrait,
    )
    with closing(open_store(config)) as store:
        new = store.gallery.put(entry)
    if not new:
        raise Refused(f"there is a reference {reference} already; erase it first if it is to be replaced")
    open_journal(config).write(Deed.ENROLLED, "maintainer", ground=f"reference {reference}")
    click.echo(f"{reference} enrolled: {_words(entry)}")
    if not entry.source:
        click.echo(NO_SOURCE)


@command.command("list")
@config_option
@json_option
def list_(config: Path, as_json: bool) -> None:
    """List the references."""
    with closing(open_store(config)) as store:
        rows = [
            {
                "reference": entry.reference,
                "enrolled": entry.enrolled,
                "holds": _words(entry),
                "source": entry.source,
            }
            for entry in store.gallery.entries()
        ]
    list_out(rows, as_json, "The gallery is empty.")


@command.command()
@config_option
@click.argument("reference")
@click.confirmation_option(prompt="This cannot be undone. Erase the reference?")
def erase(config: Path, reference: str) -> None:
    """Erase a reference."""
    with closing(open_store(config)) as store:
        known = store.gallery.erase(reference)
    if not known:
        raise Refused(f"there is no reference {reference}")
    open_journal(config).write(Deed.ERASED, "maintainer", ground=f"reference {reference}")
    click.echo(f"{reference} erased.")


def _finger(text: str) -> tuple[FingerPosition, Path]:
    number, _, file = text.partition("=")
    if not file or not number.isdigit() or int(number) not in set(FingerPosition):
        raise Refused(f"--finger {text}: write POSITION=FILE, position 1 (right thumb) to 10 (left little)")
    return FingerPosition(int(number)), Path(file)


def _words(entry: GalleryEntry) -> str:
    templates = decode_templates(entry.templates)
    return ", ".join("face" if isinstance(t, FaceTemplate) else t.position.words for t in templates)
