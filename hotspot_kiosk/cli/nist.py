"""`hotspot nist`: look into ANSI/NIST-ITL files, check them, convert them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from PIL import Image

from hotspot_kiosk import files, nist
from hotspot_kiosk.cli.options import json_option, table
from hotspot_kiosk.errors import BadBytes, ConfigError
from hotspot_kiosk.nist.finding import Finding, Severity
from hotspot_kiosk.nist.headers import read_header
from hotspot_kiosk.nist.pixels import check_pixels, images

file_argument = click.argument("file", type=click.Path(path_type=Path))


@click.group("nist")
def command() -> None:
    """Look into ANSI/NIST-ITL files, check them, convert them.

    Files of either encoding (traditional, XML) are told apart by themselves.
    """


@command.command()
@json_option
@click.option(
    "--images", "folder", type=click.Path(path_type=Path), help="Put the images into this new folder."
)
@file_argument
def show(as_json: bool, folder: Path | None, file: Path) -> None:
    """Show what a file says, field by field. Images only go where --images says."""
    transaction = nist.parse(_bytes(file))
    if folder is not None:
        _extract(transaction, folder)
    if as_json:
        click.echo(json.dumps(nist.outline(transaction), ensure_ascii=False))
        return
    rows = [{"record": r.record, "field": r.field, "says": r.words} for r in nist.describe(transaction)]
    click.echo(table(rows))


@command.command()
@json_option
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.option("--headers-only", is_flag=True, help="Do not decode the images, only look at their headers.")
@file_argument
def validate(as_json: bool, strict: bool, headers_only: bool, file: Path) -> None:
    """Check a file against INTERPOL's profile (INT-I v6) as this software uses it.

    Ends with 0 if it may be sent, 1 if it cannot be read, 3 if a rule forbids it.
    """
    transaction = nist.parse(_bytes(file))
    found = nist.validate(transaction) + ([] if headers_only else check_pixels(transaction))
    if as_json:
        click.echo(json.dumps([_plain(each) for each in found], ensure_ascii=False))
    else:
        click.echo("\n".join(map(str, found)) if found else "No rule is broken.")
    serious = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    if any(each.severity in serious for each in found):
        sys.exit(3)


@command.command()
@click.option("--to", "encoding", type=click.Choice([each.value for each in nist.Encoding]), required=True)
@click.option("--lossy", is_flag=True, help="Leave out what the other encoding has no place for.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@file_argument
@click.argument("out", type=click.Path(path_type=Path))
def convert(encoding: str, lossy: bool, force: bool, file: Path, out: Path) -> None:
    """Write FILE as OUT in the other encoding, its list of records (1.003 CNT) counted anew."""
    transaction = nist.counted(nist.parse(_bytes(file)))
    lost = _lost(transaction, nist.Encoding(encoding))
    if lost and not lossy:
        raise BadBytes(f"these would get lost: {', '.join(lost)}; say --lossy to leave them out")
    data = nist.write(transaction, nist.Encoding(encoding))
    if out.exists() and not force:
        raise ConfigError(f"{out} exists already; name another, or say --force")
    files.replace(out, data)
    if lost:
        click.echo(f"Left out: {', '.join(lost)}", err=True)


def _lost(transaction: nist.Transaction, encoding: nist.Encoding) -> list[str]:
    """What a conversion leaves out: what was never read, and what the other encoding cannot say."""
    unread = [name for record in transaction.records for name in record.unread]
    return unread + (nist.left_out(transaction) if encoding is nist.Encoding.XML else [])


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(nist.MAX_XML + 1)
    except OSError as error:
        raise BadBytes(f"{file} cannot be read: {error.strerror}") from None


def _plain(finding: Finding) -> dict[str, object]:
    return asdict(finding) | {"path": str(finding.path), "at": asdict(finding.path)}


def _extract(transaction: nist.Transaction, folder: Path) -> None:
    """Each image as it is; of WSQ, which few programs open, a PNG, too, if it can be decoded."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}; name a new folder") from None
    for number, record in enumerate(transaction.records, start=1):
        if record.shows:
            stem = folder / f"{number:03d}-type-{record.kind}"
            try:
                suffix = read_header(record.data).suffix
            except BadBytes as error:
                suffix = "bin"
                click.echo(f"record {number}: {error}", err=True)
            stem.with_suffix(f".{suffix}").write_bytes(record.data)
            if suffix == "wsq":
                _as_png(transaction, number, stem.with_suffix(".png"))


def _as_png(transaction: nist.Transaction, number: int, out: Path) -> None:
    try:
        (pixels,) = images(nist.Transaction((transaction.head, transaction.records[number - 1])))
    except BadBytes as error:
        click.echo(f"record {number}: {error}", err=True)
        return
    Image.fromarray(pixels).save(out)
