"""Face comparison measured on a folder of anybody's pictures: rates with intervals, and what usefulness foresees.

Pictures are named `<subject>_<n>.png`, or stand in one sub-folder a subject; of several faces the largest counts.
Nothing is fitted here, and nothing of the pictures is kept or shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import pictures
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.peers import dlib_face
from hotspot_kiosk.bench.peers.dlib_face import NAME as PEER
from hotspot_kiosk.bench.peers.dlib_face import Dlib
from hotspot_kiosk.bench.plot import Line, chart, even_axis, page, percent_axis, table
from hotspot_kiosk.bench.prints import named
from hotspot_kiosk.bench.rates import Det, Rate, Trials, det, discards, none_seen, with_interval
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import BadSample, ModelError, Refused
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.face_utility import NAME, FaceUtility
from hotspot_kiosk.inference.port import ModelShelf

DETECTOR, ENCODER = "centerface", "dlib-face-resnet-v1"
UNSCALED = Calibration(1.0, 0.0, np.inf, "none: raw scores")
FMRS = (1e-2, 1e-3)
SHARES = np.arange(0, 0.55, 0.05)
SEED = 7
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FaceShot:
    """One picture's face: whose (a number), its template, what several measures say of it, and a peer's template."""

    subject: int
    vector: NDArray[np.float32] = field(repr=False)
    told: dict[str, float] = field(repr=False)
    peer: NDArray[np.float32] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FaceSet:
    """Faces of a folder; `missed` pictures showed none, `out` says why files were left out."""

    shots: tuple[FaceShot, ...]
    missed: int
    out: tuple[str, ...]

    @property
    def subjects(self) -> int:
        """How many different ones."""
        return len({shot.subject for shot in self.shots})


def read_set(folder: Path, shelf: ModelShelf, peer: Dlib | None = None) -> FaceSet:
    """Every picture's largest face; a peer is shown the same ones.

    Raises Refused if there are too few to compare, ModelError without models.
    """
    detector, encoder = FaceDetector(shelf.open(DETECTOR)), FaceEncoder(shelf.open(ENCODER))
    utility = FaceUtility(shelf.open(NAME))
    numbers: dict[str, int] = {}
    shots, out, missed = [], [], 0
    for path, name in named(folder):
        try:
            pixels = pictures.decode(pictures.read(path))
            faces = detector.detect(pixels)
            if not faces:
                missed += 1
                continue
            vector = encoder.encode(pixels, faces[0]).vector
            told = _told(faces[0].score, vector, -utility.distance(pixels, faces[0]))
            theirs = None if peer is None else peer.template(pixels, faces[0].box)
        except BadSample as error:
            out.append(f"{path.name}: {error}")
            continue
        shots.append(FaceShot(numbers.setdefault(name, len(numbers)), vector, told, theirs))
    if len(numbers) < 2 or len(shots) == len(numbers):
        raise Refused(
            f"{folder} holds too few faces: at least two subjects, one of them twice, named SUBJECT_NUMBER.png "
            "or in one sub-folder a subject"
        )
    return FaceSet(tuple(shots), missed, tuple(out))


def peer_trials(faces: FaceSet) -> Trials | None:
    """Scores of the same pairs by the peer's templates; None without a peer."""
    vectors = [shot.peer for shot in faces.shots if shot.peer is not None]
    return _trials(faces, np.array(vectors)) if len(vectors) == len(faces.shots) else None


def trials(faces: FaceSet) -> Trials:
    """Scores of all pairs."""
    return _trials(faces, np.array([shot.vector for shot in faces.shots]))


def _trials(faces: FaceSet, vectors: NDArray[np.float32]) -> Trials:
    first, second = np.triu_indices(len(faces.shots), 1)
    whose = np.array([shot.subject for shot in faces.shots])
    comparator = FaceComparator(UNSCALED)
    scores = np.array([comparator.scores(vector, vectors) for vector in vectors], np.float64)
    return Trials(scores[first, second], whose[first], whose[second])


def usefulness(faces: FaceSet, found: Trials) -> dict[str, NDArray[np.float64]]:
    """For each mated pair what each measure says of its worse picture; by chance, and by the score itself."""
    first, second = (each[found.mated] for each in np.triu_indices(len(faces.shots), 1))
    told = {}
    for name in faces.shots[0].told:
        values = np.array([shot.told[name] for shot in faces.shots])
        told[name] = np.minimum(values[first], values[second])
    by_chance = np.random.default_rng(SEED).random(len(first))
    return {**told, "chance": by_chance, "nobody can do better": found.scores[found.mated]}


def figures(faces: FaceSet, found: Trials, about: str = "") -> Iterator[Figure]:
    """EER, TAR at two FMRs with bootstrap intervals over subjects, discard areas, and how many showed no face."""
    yield from rates(faces, found, about)
    theirs = peer_trials(faces)
    if theirs is not None:
        yield from rates(faces, theirs, f"{about}, {PEER}")
    total = len(faces.shots) + faces.missed
    yield Figure(
        "face", f"no face found{about}", 100 * faces.missed / total, "%", None, "lower", "all pictures", total
    )
    yield from _discard_figures(faces, found, about)


def rates(faces: FaceSet, found: Trials, about: str) -> Iterator[Figure]:
    """EER and TAR of these scores."""
    wanted: list[tuple[str, Callable[[Det], float], bool]] = [("EER", lambda curve: curve.eer, True)]
    wanted += [(f"TAR at FMR {100 * fmr:g} %", partial(_tar, fmr), False) for fmr in FMRS]
    for name, rate, low in wanted:
        value = with_interval(found, rate, np.random.default_rng(SEED))
        yield _rate(f"{name}{about}", value, low, faces, len(found.scores))


@contextmanager
def peer_at(folder: Path | None, say: Say) -> Iterator[Dlib | None]:
    """The peer while it is needed; None, and a word why, where it cannot be had."""
    if folder is None:
        yield None
        return
    try:
        child = dlib_face.start(folder)
    except ModelError as error:
        say(str(error))
        yield None
        return
    with child:
        yield Dlib(child)


def run_set(options: SetOptions, shelf: ModelShelf, say: Say) -> Iterator[Figure]:
    """Every rate on a folder of faces, as shipped; `say` tells what is not a figure."""
    with peer_at(options.peers, say) as peer:
        faces = read_set(options.folder, shelf, peer)
    for reason in faces.out:
        say(f"left out: {reason}")
    found = trials(faces)
    shown = []
    for figure in figures(faces, found):
        shown.append(figure)
        yield figure
    if options.report is not None:
        say(f"written: {write_report(options.report, options.folder.name, faces, found, shown)}")


def write_report(folder: Path, name: str, faces: FaceSet, found: Trials, shown: Sequence[Figure]) -> Path:
    """Write `face.html` and its plots as SVG into `folder`; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {"det": _det_chart(found, peer_trials(faces)), "discard": _discard_chart(faces, found)}
    for each, drawn in charts.items():
        (folder / f"face_{each}.svg").write_text(drawn, encoding="utf-8")
    words = (
        f"{name}: {len(faces.shots)} faces of {faces.subjects} people; in {faces.missed} more pictures none was found.",
        f"Intervals: the middle 95 % over {faces.subjects} resampled people. Where no error was seen, up to "
        f"{100 * none_seen(faces.subjects):.0f} % of people may still fail: so many people cannot show less.",
        "Few people before other cameras: rates on yours will differ. Calibrate before you rely on a threshold.",
    )
    rows = [(each.figure, f"{each.value:.2f}", each.unit, each.interval, str(each.n)) for each in shown]
    listed = table(("measured", "value", "unit", "95 % interval", "of"), rows)
    path = folder / "face.html"
    text = page("How well faces are told apart", words, list(charts.values()), [("Rates", listed)])
    path.write_text(text, encoding="utf-8")
    return path


def _tar(fmr: float, curve: Det) -> float:
    return 1 - curve.fnmr_at(fmr)


def _told(detector: float, vector: NDArray[np.float32], utility: float) -> dict[str, float]:
    return {
        "our utility model": utility,
        "the detector's score": detector,
        "length of the template": float(np.linalg.norm(vector)),
    }


def _rate(name: str, rate: Rate, low_is_good: bool, faces: FaceSet, n: int) -> Figure:
    """In percent. Where no error was seen, the far end is what so few people leave open."""
    low, high, left = rate.low, rate.high, none_seen(faces.subjects)
    low, high = (low, high or left) if low_is_good else (1 - left if low == 1 else low, high)
    better: Literal["lower", "higher"] = "lower" if low_is_good else "higher"
    return Figure("face", name, 100 * rate.value, "%", None, better, "", n, 100 * low, 100 * high)


def _discard_figures(faces: FaceSet, found: Trials, about: str) -> Iterator[Figure]:
    """FNMR at FMR 0.1 % after leaving out the worst fifth by each measure."""
    scores, threshold = found.scores[found.mated], det(found).threshold_at(FMRS[-1])
    for name, values in usefulness(faces, found).items():
        left = float(discards(values, scores, threshold, np.array([0.2]))[0])
        title = f"FNMR at FMR 0.1 % without the worst fifth by {name}{about}"
        yield Figure("face", title, 100 * left, "%", None, "lower", "", len(scores))


def _det_chart(found: Trials, theirs: Trials | None) -> str:
    named = {"all pairs": found} | ({PEER: theirs} if theirs is not None else {})
    curves = {name: det(each) for name, each in named.items()}
    lines = [Line(name, each.fmr.tolist(), each.fnmr.tolist(), steps=True) for name, each in curves.items()]
    x = percent_axis("false matches among different people (FMR)")
    return chart("Errors at every threshold (DET)", x, percent_axis("missed mates (FNMR)", 1e-3), lines)


def _discard_chart(faces: FaceSet, found: Trials) -> str:
    scores, threshold = found.scores[found.mated], det(found).threshold_at(FMRS[-1])
    lines = [
        Line(name, SHARES.tolist(), discards(values, scores, threshold, SHARES).tolist())
        for name, values in usefulness(faces, found).items()
    ]
    most = max(0.01, max(max(line.y) for line in lines) * 1.5)  # room for the names
    x = even_axis("pairs left out, worst picture first", 0, 0.5, percent=True)
    y = even_axis("missed mates at FMR 0.1 %", 0, most, percent=True)
    return chart("What leaving out poor pictures saves", x, y, lines)
