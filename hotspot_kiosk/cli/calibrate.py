"""`hotspot calibrate`: what face scores mean before one's own cameras, as a table for the model manifest."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from hotspot_kiosk.bench.face import BUILT, MANIFEST
from hotspot_kiosk.bench.face_set import ENCODER, read_set, trials
from hotspot_kiosk.cli.options import json_option
from hotspot_kiosk.compare.calibrate import Fitted, calibrate
from hotspot_kiosk.inference.port import ModelShelf

FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command("calibrate")
@click.option("--set", "folder", type=FOLDER, required=True, help="Faces: SUBJECT_NUMBER.png, or one sub-folder a subject.")  # fmt: skip
@click.option("--fmr", "fmrs", type=float, multiple=True, default=(1e-3, 1e-2), show_default=True, help="A false match rate to state a threshold for; may be repeated.")  # fmt: skip
@click.option("--source", default="", help="What the pictures are, for the manifest; else the folder's name.")
@json_option
def command(folder: Path, fmrs: tuple[float, ...], source: str, as_json: bool) -> None:
    """Fit log-odds and thresholds on labelled faces, and print what belongs into models/manifest.toml.

    Thresholds do not transfer: use pictures of your own cameras and of the people who come by, with their leave. No
    picture or name is printed or kept.
    """
    faces = read_set(folder, ModelShelf(MANIFEST, BUILT))
    found = trials(faces)
    mated, non_mated = found.scores[found.mated], found.scores[~found.mated]
    pairs = f"{len(mated)} mated and {len(non_mated)} non-mated pairs of {faces.subjects} people"
    fitted = calibrate(mated, non_mated, fmrs, f"{pairs}: {source or folder.name}")
    click.echo(_json(fitted) if as_json else _toml(fitted))
    if faces.missed or faces.out:
        click.echo(f"left out: {faces.missed} pictures without a face, {len(faces.out)} unreadable", err=True)


def _toml(fitted: Fitted) -> str:
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
        rows += ['source = "the same pairs; chosen and reported on them"']
    return "\n".join(rows)


def _json(fitted: Fitted) -> str:
    line = fitted.calibration
    thresholds = [{"fmr": fmr, "score": score, "tar": tar} for fmr, score, tar in fitted.thresholds]
    told = {"slope": line.slope, "offset": line.offset, "limit": line.limit, "source": line.source}
    return json.dumps({"model": ENCODER, **told, "thresholds": thresholds}, ensure_ascii=False)
