"""A folder of finger images as trials: which fingers, which impressions, what a small sensor would have seen.

Images are named `<subject>_<impression>.png`, or stand in one sub-folder a subject; every subject counts as one
finger. Nothing of them is kept or shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import pictures
from hotspot_kiosk.errors import BadSample, ConfigError, Refused
from hotspot_kiosk.inference import finger as reading
from hotspot_kiosk.terms import FingerPosition, FingerSample, FingerTemplate, SensorGrade

Pixels = NDArray[np.uint8]
ENDINGS = {".png", ".jpg", ".jpeg"}
PPI = 500
NAMED = re.compile(r"(.+)_([^_]+)")
MOST_PAIRS = 12_000


@dataclass(frozen=True, slots=True)
class Print:
    """One impression of a finger; `subject` numbers the fingers from 0."""

    subject: int
    impression: int
    pixels: Pixels = field(repr=False)


@dataclass(frozen=True, slots=True)
class Geometry:
    """Width, height and bits a pixel of the sensor that is played, as in `192x192x4`."""

    width: int
    height: int
    bits: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.bits}"

    @classmethod
    def read(cls, text: str) -> Geometry:
        """From `WIDTHxHEIGHTxBITS`. Raises ConfigError with what was expected."""
        found = re.fullmatch(r"(\d{2,4})x(\d{2,4})x([1-8])", text)
        if not found or min(int(found[1]), int(found[2])) < reading.LEAST_SIDE:
            raise ConfigError(
                f"{text!r} is no geometry: expected WIDTHxHEIGHTxBITS, for example 192x192x4, with sides of at least"
                f" {reading.LEAST_SIDE} pixels and 1 to 8 bits"
            )
        return cls(int(found[1]), int(found[2]), int(found[3]))


def read_set(folder: Path) -> tuple[list[Print], list[str]]:
    """All impressions, and why each file that was left out was. Raises Refused if there are too few."""
    prints, out = [], []
    numbers: dict[str, int] = {}
    seen: dict[str, int] = {}
    for path, subject in named(folder):
        try:
            pixels = pictures.decode_grey(pictures.read(path))
            reading.check_size(pixels)
        except BadSample as error:
            out.append(f"{path.name}: {error}")
            continue
        seen[subject] = seen.get(subject, -1) + 1
        prints.append(Print(numbers.setdefault(subject, len(numbers)), seen[subject], pixels))
    if len(numbers) < 2 or max(seen.values(), default=0) < 1:
        raise Refused(
            f"{folder} holds too few finger images: at least two subjects with two impressions are needed, "
            "named SUBJECT_IMPRESSION.png or in one sub-folder a subject"
        )
    return prints, out


def named(folder: Path) -> Iterator[tuple[Path, str]]:
    """Image files with their subject's name, in order."""
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}")
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        if path.parent != folder:
            yield path, path.parent.relative_to(folder).as_posix()
        elif found := NAMED.fullmatch(path.stem):
            yield path, found[1]


def template(pixels: Pixels) -> FingerTemplate:
    """Features of a picture of 500 ppi. Raises BadSample."""
    return reading.extract(sample(pixels))


def sample(pixels: Pixels, grey_levels: int = 256) -> FingerSample:
    """Pixels as a sensor's touch."""
    height, width = pixels.shape
    grade = SensorGrade("bench", width, height, PPI, grey_levels)
    return FingerSample(FingerPosition.RIGHT_INDEX, grade, np.ascontiguousarray(pixels))


def window(pixels: Pixels, geometry: Geometry, off: tuple[int, int] = (0, 0)) -> Pixels:
    """What a sensor of that size sees about the middle of the ridges (moved by `off`), in its grey levels.

    The window is kept inside the picture where it fits; a smaller picture is filled up with white.
    """
    pixels = _at_least(pixels, geometry)
    x, y = middle(pixels)
    height, width = geometry.height, geometry.width
    top = min(max(y + off[1] - height // 2, 0), pixels.shape[0] - height)
    left = min(max(x + off[0] - width // 2, 0), pixels.shape[1] - width)
    return _grey(pixels[top : top + height, left : left + width], geometry.bits)


def turned(pixels: Pixels, geometry: Geometry, degrees: float) -> Pixels:
    """The same window of the picture turned about the middle of its ridges; white where nothing was."""
    x, y = middle(pixels)
    motion = cv2.getRotationMatrix2D((float(x), float(y)), degrees, 1)
    motion[:, 2] += np.array([geometry.width / 2 - x, geometry.height / 2 - y])
    size = (geometry.width, geometry.height)
    laid = cv2.warpAffine(pixels, motion, size, flags=cv2.INTER_LINEAR, borderValue=255)
    return _grey(np.asarray(laid, np.uint8), geometry.bits)


def middle(pixels: Pixels) -> tuple[int, int]:
    """Where the middle of the textured part lies: x, y."""
    grey = pixels.astype(np.float64)
    mean = cv2.blur(grey, (15, 15), borderType=cv2.BORDER_REFLECT)
    variance = cv2.blur(grey * grey, (15, 15), borderType=cv2.BORDER_REFLECT) - mean * mean
    y, x = np.nonzero(variance >= variance.max() * 0.1)
    return int(x.mean()), int(y.mean())


def _at_least(pixels: Pixels, geometry: Geometry) -> Pixels:
    high, wide = (max(geometry.height - pixels.shape[0], 0), max(geometry.width - pixels.shape[1], 0))
    around = ((high // 2, high - high // 2), (wide // 2, wide - wide // 2))
    return np.pad(pixels, around, constant_values=255) if high or wide else pixels


def _grey(pixels: Pixels, bits: int) -> Pixels:
    """The picture in 2^bits grey levels, spread over 0 to 255."""
    most = (1 << bits) - 1
    levels = (pixels >> (8 - bits)).astype(np.uint16)
    return (levels * 255 // most).astype(np.uint8)


def pairs(prints: Sequence[Print], chance: np.random.Generator) -> list[tuple[int, int]]:
    """Comparisons as numbers of probe and reference: all mated ones both ways, each non-mated pair one way.

    At most MOST_PAIRS of either kind, drawn by `chance` where there are more.
    """
    n = len(prints)
    mated = [(a, b) for a in range(n) for b in range(n) if a != b and _same(prints, a, b)]
    other = [(a, b) if (a + b) % 2 else (b, a) for a in range(n) for b in range(a) if not _same(prints, a, b)]
    return [*_some(mated, chance), *_some(other, chance)]


def _same(prints: Sequence[Print], a: int, b: int) -> bool:
    return prints[a].subject == prints[b].subject


def _some(all_pairs: list[tuple[int, int]], chance: np.random.Generator) -> list[tuple[int, int]]:
    if len(all_pairs) <= MOST_PAIRS:
        return all_pairs
    return [all_pairs[k] for k in np.sort(chance.choice(len(all_pairs), MOST_PAIRS, replace=False))]
