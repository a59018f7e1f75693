"""From one touch to its features: sample -> FingerTemplate, the form that travels to the hub.

Reads pictures of 400 to 600 ppi as they are: ridge widths of people differ more than that. It may
not compare templates, nor keep anything between two samples.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.inference.minutiae import find_minutiae
from hotspot_kiosk.inference.ridges import RidgeMap, read_ridges
from hotspot_kiosk.terms import FingerPosition, FingerSample, FingerTemplate, SensorGrade

MODEL = "ridge-1"
LEAST_SIDE, GREATEST_SIDE = 64, 2048
LEAST_PPI, GREATEST_PPI = 400, 600
BLOCK = 8


def extract(sample: FingerSample) -> FingerTemplate:
    """Features of a touch.

    A picture without a finger (blank, black, smooth) gives a template without minutiae and without
    area, which matches nothing. Raises BadSample if the picture is smaller than 64 px or larger
    than 2048 px on a side, or not of 400..600 ppi: then nothing about it can be said.
    """
    _check(sample)
    ridges = read_ridges(sample.pixels)
    height, width = sample.pixels.shape
    return FingerTemplate(
        model=MODEL,
        position=sample.position,
        ppi=sample.grade.ppi,
        width=width,
        height=height,
        minutiae=_rows(find_minutiae(ridges.waves > 0, ridges.area)),
        area=_blocks(ridges.area),
        ridges=_halved(ridges),
    )


def warm_up() -> None:
    """Compile or load every kernel now, so that the first real touch does not wait for it."""
    y, x = np.mgrid[:128, :128]
    stripes = (127 + 100 * np.sin(0.7 * x + 0.0008 * (y - 64) ** 2)).astype(np.uint8)
    stripes[60:70, 60:64] = 255
    extract(FingerSample(FingerPosition.RIGHT_INDEX, SensorGrade("warm-up", 128, 128, 500, 256), stripes))


def check_size(pixels: NDArray[np.uint8]) -> None:
    """Raises BadSample if a picture has another size than can be read."""
    if min(pixels.shape) < LEAST_SIDE or max(pixels.shape) > GREATEST_SIDE:
        raise BadSample(f"a finger picture must have {LEAST_SIDE} to {GREATEST_SIDE} pixels on each side")


def _check(sample: FingerSample) -> None:
    check_size(sample.pixels)
    if not LEAST_PPI <= sample.grade.ppi <= GREATEST_PPI:
        raise BadSample(f"a finger picture must have {LEAST_PPI} to {GREATEST_PPI} pixels an inch")


def _rows(points: NDArray[np.float64]) -> NDArray[np.int16]:
    """Minutiae as the template stores them: whole pixels, direction in 1/256 turn."""
    rows = np.rint(points * (1, 1, 128 / np.pi, 1)).astype(np.int16)
    rows[:, 2] &= 255
    return rows


def _blocks(area: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Blocks of 8x8 px of which at least half is readable; missing pixels count as not."""
    height, width = area.shape
    padded = np.pad(area, ((0, -height % BLOCK), (0, -width % BLOCK)))
    rows, columns = padded.shape[0] // BLOCK, padded.shape[1] // BLOCK
    counts = padded.reshape(rows, BLOCK, columns, BLOCK).sum(axis=(1, 3), dtype=np.int32)
    return np.asarray(counts * 2 >= BLOCK * BLOCK)


def _halved(ridges: RidgeMap) -> NDArray[np.bool_]:
    """The ridge picture at half resolution, False outside the readable area."""
    height, width = ridges.area.shape
    waves = ridges.waves * ridges.area
    even = waves[: height // 2 * 2, : width // 2 * 2]
    half = cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half > 0)
