"""`hotspot finger`: several touches of one finger as one picture, for the eye. It compares with no gallery."""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import files, pictures
from hotspot_kiosk.compare.finger_mosaic import Mosaic, covered_mm2, lay_out, picture
from hotspot_kiosk.errors import BadSample, Refused
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.terms import FingerPosition, FingerSample, FingerTemplate, SensorGrade

PPI = 500
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
Pixels = NDArray[np.uint8]


@click.group("finger")
def command() -> None:
    """Touches of one finger."""


@command.command("mosaic")
@click.argument("touches", nargs=-1, required=True, type=FILE)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PNG to write; it must not exist.")  # fmt: skip
def mosaic(touches: tuple[Path, ...], out: Path) -> None:
    """Lay TOUCHES (grey PNG or JPEG, 500 ppi, one finger) over the first one, as one picture.

    For the eye only: skin stretches differently in each touch, so seams may be off by a ridge, and no system should
    search with it. A touch that does not surely belong to the others is left out and named.
    """
    if out.exists():
        raise Refused(f"{out} exists already: name another file, or take it away first")
    pixels = [_read(path) for path in touches]
    laid = lay_out([_template(path, each) for path, each in zip(touches, pixels, strict=True)])
    done, content = cv2.imencode(".png", picture(laid, pixels))
    if not done:
        raise BadSample("the picture cannot be written as PNG")
    files.replace(out, content.tobytes())
    for text in _told(touches, laid):
        click.echo(text, err=True)
    click.echo(
        f"{out}: {laid.joined} of {len(touches)} touches, {covered_mm2(laid):.0f} mm2 of readable skin"
    )


def _read(path: Path) -> Pixels:
    try:
        return pictures.decode_grey(pictures.read(path))
    except BadSample as error:
        raise BadSample(f"{path}: {error}") from error


def _template(path: Path, pixels: Pixels) -> FingerTemplate:
    height, width = pixels.shape
    grade = SensorGrade("file", width, height, PPI, 256)
    try:
        return extract(FingerSample(FingerPosition.RIGHT_INDEX, grade, pixels))
    except BadSample as error:
        raise BadSample(f"{path}: {error}") from error


def _told(touches: tuple[Path, ...], laid: Mosaic) -> list[str]:
    return [
        f"left out: {path}: it does not surely show the same finger, or too little of the same part"
        for path, motion in zip(touches, laid.motions, strict=True)
        if motion is None
    ]
