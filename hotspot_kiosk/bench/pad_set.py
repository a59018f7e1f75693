"""Presentation attack detection on a folder of presentations: scores of each, and the rates of ISO/IEC 30107-3.

`bona_fide/` and `attack/<species>/` hold presentations: a picture each, or a sub-folder of pictures in the order of
their names, with the panel's light beside each (0 to 1, one number a line) in `light.txt` if it was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import pictures
from hotspot_kiosk.errors import BadSample, Refused
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face_quality import inter_eye
from hotspot_kiosk.inference.pad import PadModel, PadResult, judge
from hotspot_kiosk.inference.pad_signals import Glimpse, glimpse
from hotspot_kiosk.inference.port import DetectedFace

BONA_FIDE, ATTACK, LIGHT = "bona_fide", "attack", "light.txt"
ENDINGS = {".png", ".jpg", ".jpeg"}
MOST_PICTURES = 100
THRESHOLD = 50  # below it a presentation is taken for an attack; stated, not fitted
Z = 1.959964  # of a standard normal distribution, for the middle 95 %
LOOK_SIDE = 288
Pixels = NDArray[np.uint8]
Shots = Iterable[tuple[Pixels, float | None]]


@dataclass(frozen=True, slots=True)
class Presentation:
    """One that was judged. `species` is empty for a bona fide one; no result: no face was found in it."""

    species: str
    result: PadResult | None = field(repr=False)

    @property
    def score(self) -> int | None:
        """0 to 100; None for a non-response."""
        return None if self.result is None else self.result.score


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, with Wilson's 95 % interval (1927), which holds for few and for none."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share; NaN of none."""
        return self.count / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high."""
        if not self.of:
            return 0.0, 1.0
        n, share, z2 = self.of, self.value, Z * Z
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def watched(shots: Shots, detector: FaceDetector, model: PadModel | None = None) -> PadResult | None:
    """Judge one presentation's pictures as a kiosk would; None if no picture shows a face."""
    glimpses: list[Glimpse] = []
    before: tuple[Pixels, DetectedFace] | None = None
    best: tuple[Pixels, DetectedFace] | None = None
    for pixels, light in shots:
        faces = detector.detect(pixels, LOOK_SIDE)
        if not faces:
            before = None
            continue
        glimpses.append(glimpse(pixels, faces[0], before, light))
        before = pixels, faces[0]
        best = best if best and inter_eye(best[1]) >= inter_eye(faces[0]) else before
    return None if best is None else judge(glimpses, *best, model)


def read_set(
    folder: Path, detector: FaceDetector, model: PadModel | None, say: Callable[[str], None]
) -> list[Presentation]:
    """Every presentation of a folder; `say` hears why one was left out.

    Raises Refused if bona fide presentations or attacks are missing.
    """
    found = []
    for species, path in _listed(folder):
        try:
            found.append(Presentation(species, watched(_shots(path), detector, model)))
        except BadSample as error:
            say(f"left out: {path.name}: {error}")
    kinds = {each.species for each in found}
    if "" not in kinds or len(kinds) < 2:
        raise Refused(
            f"{folder} needs {BONA_FIDE}/ and {ATTACK}/<species>/, each with pictures or sub-folders of pictures"
        )
    return found


def apcer(found: Sequence[Presentation], species: str, threshold: float = THRESHOLD) -> Share:
    """Attack presentations of one species taken for bona fide ones, of those that got a score."""
    scores = _scores(found, species)
    return Share(sum(score >= threshold for score in scores), len(scores))


def bpcer(found: Sequence[Presentation], threshold: float = THRESHOLD) -> Share:
    """Bona fide presentations taken for attacks, of those that got a score."""
    scores = _scores(found, "")
    return Share(sum(score < threshold for score in scores), len(scores))


def non_response(found: Sequence[Presentation], species: str) -> Share:
    """Presentations without a score (APNRR; BPNRR for species empty)."""
    kind = [each for each in found if each.species == species]
    return Share(sum(each.score is None for each in kind), len(kind))


def species_of(found: Sequence[Presentation]) -> list[str]:
    """The attack instrument species, in order."""
    return sorted({each.species for each in found} - {""})


def _scores(found: Sequence[Presentation], species: str) -> list[int]:
    return [each.score for each in found if each.species == species and each.score is not None]


def _listed(folder: Path) -> Iterator[tuple[str, Path]]:
    attacks = folder / ATTACK
    for path in _presentations(folder / BONA_FIDE):
        yield "", path
    for kind in sorted(path for path in attacks.iterdir() if path.is_dir()) if attacks.is_dir() else ():
        for path in _presentations(kind):
            yield kind.name, path


def _presentations(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() or path.suffix.lower() in ENDINGS)


def _shots(path: Path) -> Iterator[tuple[Pixels, float | None]]:
    files = [path]
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS)[:MOST_PICTURES]
    if not files:
        raise BadSample("it holds no pictures")
    for file, light in zip(files, _lights(path, len(files)), strict=True):
        yield pictures.decode(pictures.read(file)), light


def _lights(path: Path, count: int) -> list[float] | list[None]:
    """Of each picture; none if nobody wrote them down. Raises BadSample if they do not fit."""
    try:
        lines = (path / LIGHT).read_text("ascii").split()
        lights = [float(line) for line in lines]
    except (FileNotFoundError, NotADirectoryError):
        return [None] * count
    except (ValueError, OSError):
        raise BadSample(f"{LIGHT} needs one number from 0 to 1 a line") from None
    if len(lights) != count or not all(0 <= light <= 1 for light in lights):
        raise BadSample(
            f"{LIGHT} needs {count} numbers from 0 to 1, one for each picture in the order of names"
        )
    return lights
