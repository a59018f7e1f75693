"""Finger pictures for tests: synthetic touches, drawn ridges, real prints where they stand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger_dense import RidgePicture, ridge_picture
from hotspot_kiosk.compare.finger_laying import packed
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.simulator.finger_master import Master, master
from hotspot_kiosk.simulator.finger_touch import FULL, R503, Window, impression
from hotspot_kiosk.terms import FingerPosition, FingerSample, FingerTemplate, SensorGrade

Pixels = NDArray[np.uint8]


def sample(pixels: Pixels, ppi: int = 500) -> FingerSample:
    """Pixels as a sensor of that density would give them."""
    grade = SensorGrade("test", pixels.shape[1], pixels.shape[0], ppi, 256)
    return FingerSample(FingerPosition.RIGHT_INDEX, grade, pixels)


@cache
def finger(person: int) -> Master:
    """A synthetic right index."""
    return master(person, 2)


@cache
def touch(person: int, seed: int, window: Window = R503) -> Pixels:
    """One touch of it; pixels must not be written to."""
    pixels = impression(finger(person), seed, window)
    pixels.setflags(write=False)
    return pixels


@cache
def small(person: int, seed: int) -> FingerTemplate:
    """Features of a touch on a 192x192 sensor."""
    return extract(sample(touch(person, seed)))


@cache
def whole(person: int, seed: int) -> FingerTemplate:
    """Features of a touch on a large sensor."""
    return extract(sample(touch(person, seed, FULL)))


def laid_out(ridges: NDArray[np.bool_], seen: NDArray[np.bool_] | None = None) -> RidgePicture:
    """A ridge picture, known everywhere where `seen` does not say otherwise."""
    known = np.ones_like(ridges) if seen is None else seen
    return ridge_picture(packed(ridges), packed(known), ridges.shape[1])


def real(folder: Path, database: str, number: int, impression_number: int) -> Pixels:
    """A print of FVC2002 set B."""
    path = folder / "fingers" / f"fvc2002_{database}_b" / f"{number}_{impression_number}.png"
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)


def middle(pixels: Pixels, side: int = 192) -> Pixels:
    """The middle of the ridges as a small sensor with 16 grey levels sees it."""
    y, x = (int(axis.mean()) for axis in np.nonzero(cv2.blur(pixels, (15, 15)) < 200))
    top = min(max(y - side // 2, 0), pixels.shape[0] - side)
    left = min(max(x - side // 2, 0), pixels.shape[1] - side)
    return pixels[top : top + side, left : left + side] // 16 * 17


def turned(pixels: Pixels, degrees: float) -> Pixels:
    """The picture turned about its middle, white where nothing was."""
    height, width = pixels.shape
    motion = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(pixels, motion, (width, height), borderValue=255), np.uint8)


def flow(turns: int, side: int = 160, x0: float = 80, y0: float = 80) -> Pixels:
    """Horizontal ridges 9 px apart; with turns=1 one more ridge begins at (x0, y0) and runs right."""
    y, x = np.mgrid[:side, :side].astype(float)
    phase = 2 * np.pi * y / 9 + turns * np.arctan2(y - y0, x - x0)
    return (127.5 - 110 * np.cos(phase)).astype(np.uint8)


def shared_share(one: NDArray[np.int16], other: NDArray[np.int16], reach: float = 6.0) -> float:
    """Share of minutiae `one` found again in `other`: within `reach` px, direction within 25 degrees."""
    found = 0
    for x, y, direction, _ in one.astype(int):
        near = np.hypot(other[:, 0] - x, other[:, 1] - y) <= reach
        apart = np.abs((other[:, 2].astype(int) - direction + 128) % 256 - 128)
        found += bool((near & (apart < 18)).any())
    return found / max(len(one), 1)
