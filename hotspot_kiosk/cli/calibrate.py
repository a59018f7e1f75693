"""`hotspot calibrate`: what face scores mean before one's own cameras, as a table for the model manifest."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from hotspot_kiosk.bench.face import BUILT, MANIFEST
from hotspot_kiosk.bench.face_set import ENCODER, read_set, trials
from hotspot_kiosk.cli.options import json_option
from hotspot_kiosk.compare.calibrate import Fitted, calibrate, from_tally
from hotspot_kiosk.compare.tally import decode
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.files import read
from hotspot_kiosk.inference.port import ModelShelf

TALLIED = (
    "the same counts, with 95 % confidence; the TAR is that of the manifest before, and not measured anew"
)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command("calibrate")
@click.option("--set", "folder", type=FOLDER, help="Faces: SUBJECT_NUMBER.png, or one sub-folder a subject.")  # fmt: skip
@click.option("--tally", type=FILE, help="Instead: what a kiosk counted, beside its outbox ([session] tally_scores = true).")  # fmt: skip
@click.option("--fmr", "fmrs", type=float, multiple=True, default=(1e-3, 1e-2), show_default=True, help="A false match rate to state a threshold for; may be repeated.")  # fmt: skip
@click.option("--source", default="", help="What the pictures are, for the manifest; else the folder's name.")
@json_option
def command(
    folder: Path | None, tally: Path | None, fmrs: tuple[float, ...], source: str, as_json: bool
) -> None:
    """Fit log-odds and thresholds on labelled faces, and print what belongs into models/manifest.toml.

    Thresholds do not transfer: use pictures of your own cameras and of the people who come by, with their leave. No
    picture or name is printed or kept. With --tally: from a kiosk's own counts, without any picture; only the offset
    and the thresholds change, so that a score means again what it meant. Nothing is applied by this command.
    """
    if (folder is None) == (tally is None):
        raise Refused("name either --set or --tally")
    if tally is not None:
        _from_tally(tally, fmrs, source, as_json)
    elif folder is not None:
        _from_set(folder, fmrs, source, as_json)


def _from_tally(path: Path, fmrs: tuple[float, ...], source: str, as_json: bool) -> None:
    fitted = from_tally(decode(read(path)), ModelShelf(MANIFEST, BUILT).entry(ENCODER), fmrs, source)
    click.echo(_json(fitted) if as_json else _toml(fitted, TALLIED))


def _from_set(folder: Path, fmrs: tuple[float, ...], source: str, as_json: bool) -> None:
    faces = read_set(folder, ModelShelf(MANIFEST, BUILT))
    found = trials(faces)
    mated, non_mated = found.scores[found.mated], found.scores[~found.mated]
    pairs = f"{len(mated)} mated and {len(non_mated)} non-mated pairs of {faces.subjects} people"
    fitted = calibrate(mated, non_mated, fmrs, f"{pairs}: {source or folder.name}")
    click.echo(_json(fitted) if as_json else _toml(fitted))
    if faces.missed or faces.out:
        click.echo(f"left out: {faces.missed} pictures without a face, {len(faces.out)} unreadable", err=True)


def _toml(fitted: Fitted, about: str = "the same pairs; chosen and reported on them") -> str:
    line = fitted.calibration
    source = json.dumps(line.source)
    rows = [f"# for the model {ENCODER}", "[model.calibration]"]
    rows += [
        f"slope = {line.slope:.3f}",
        f"offset = {line.offset:.3f}",
        f"limit = {np.floor(line.limit * 10) / 10}",
    ]
    rows += [f"source = {source}"]
    for fmr, score, tar in fitted.thresholds:
        rows += ["", "[[model.thresholds]]", f"fmr = {fmr:g}", f"score = {score:.4f}", f"tar = {tar:.3f}"]
        rows += [f"source = {json.dumps(about)}"]
    return "\n".join(rows)


def _json(fitted: Fitted) -> str:
    line = fitted.calibration
    thresholds = [{"fmr": fmr, "score": score, "tar": tar} for fmr, score, tar in fitted.thresholds]
    told = {"slope": line.slope, "offset": line.offset, "limit": line.limit, "source": line.source}
    return json.dumps({"model": ENCODER, **told, "thresholds": thresholds}, ensure_ascii=False)
