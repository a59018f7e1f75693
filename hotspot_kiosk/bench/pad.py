"""Presentation attack detection: APCER per species, BPCER and non-responses on a folder, with a DET plot and a page.

Without a folder the presentations are drawn (`simulator.presentation`): a check that the cues answer, no error rate
of anything real. Words of ISO/IEC 30107-3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hotspot_kiosk import pictures
from hotspot_kiosk.bench.face import BUILT, MANIFEST
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.pad_set import (
    THRESHOLD,
    Presentation,
    Share,
    apcer,
    bpcer,
    non_response,
    read_set,
    species_of,
    watched,
)
from hotspot_kiosk.bench.plot import Line, chart, even_axis, page, table
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.pad import PadResult, installed
from hotspot_kiosk.inference.port import DetectedFace, ModelShelf
from hotspot_kiosk.simulator import presentation as drawn

PORTRAITS = ("portrait_a.png", "portrait_b.jpg")
SEEDS = 4
HEAD = (0.72, 0.1)  # half axes of a drawn head in its box's sides, and how far above its middle it lies
SYNTHETIC = "drawn presentations; says nothing about real ones"


def run() -> Iterator[Figure]:
    """Rates on drawn presentations. Raises ModelError without models."""
    detector = FaceDetector(ModelShelf(MANIFEST, BUILT, 1).open("centerface"))
    yield from figures(synthetic(detector), SYNTHETIC)


def run_set(options: SetOptions, say: Callable[[str], None]) -> Iterator[Figure]:
    """Rates on a folder of presentations, as shipped; `say` tells what is not a figure."""
    shelf = ModelShelf(MANIFEST, BUILT)
    model = installed(shelf)
    found = read_set(options.folder, FaceDetector(shelf.open("centerface")), model, say)
    say("cues" + (" and the model of the manifest" if model else "; the manifest names no model for this"))
    shown = []
    for figure in figures(found, ""):
        shown.append(figure)
        yield figure
    if options.report is not None:
        say(f"written: {write_report(options.report, options.folder.name, found, shown)}")


def synthetic(detector: FaceDetector, seeds: int = SEEDS) -> list[Presentation]:
    """Presentations drawn from the two free portraits, judged."""
    found = []
    for name in PORTRAITS:
        pixels = pictures.decode(pictures.read(BUILT / "pictures" / name))
        face = detector.detect(pixels)[0]
        oval = _oval(face)
        for kind in (drawn.BONA_FIDE, *drawn.SPECIES):
            for seed in range(seeds):
                shots = ((shot.pixels, shot.light) for shot in drawn.presentation(pixels, oval, kind, seed))
                found.append(Presentation("" if kind == drawn.BONA_FIDE else kind, watched(shots, detector)))
    return found


def _oval(face: DetectedFace) -> tuple[float, float, float, float]:
    """The head around a face: its centre and half axes."""
    left, top, right, bottom = face.box
    across, up = (left + right) / 2, (top + bottom) / 2 - HEAD[1] * face.height
    return across, up, HEAD[0] * face.width, HEAD[0] * face.height


def figures(found: Sequence[Presentation], against: str) -> Iterator[Figure]:
    """Every rate in percent at the stated threshold, with intervals; then, by cue, what it alone would do."""
    for species in species_of(found):
        yield _figure(f"APCER of {species} at {THRESHOLD}", apcer(found, species), against)
        yield _figure(f"APNRR of {species}", non_response(found, species), against)
    yield _figure(f"BPCER at {THRESHOLD}", bpcer(found), against)
    yield _figure("BPNRR", non_response(found, ""), against)
    for name in _cues(found):
        alone = _by_cue(found, name)
        for species in species_of(found):
            yield _figure(
                f"APCER of {species} at {THRESHOLD} by {name} alone", apcer(alone, species), against
            )
        yield _figure(f"BPCER at {THRESHOLD} by {name} alone", bpcer(alone), against)


def write_report(folder: Path, name: str, found: Sequence[Presentation], shown: Sequence[Figure]) -> Path:
    """Write `pad.html` and its plot as SVG into `folder`; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    plot = det_chart(found)
    (folder / "pad_det.svg").write_text(plot, encoding="utf-8")
    count = len([each for each in found if not each.species])
    words = (
        f"{name}: {count} bona fide presentations, {len(found) - count} attack presentations of "
        f"{len(species_of(found))} species. A presentation that scores below {THRESHOLD} is taken for an attack.",
        "At the kiosk the score is advice to the officer: it keeps nobody out and lets nobody through.",
        "Intervals are Wilson's, 95 %, over presentations; presentations of one person or one print are not independent, "
        "so that true ones are wider. Species that are not in this folder were not measured.",
    )
    rows = [(each.figure, f"{each.value:.1f} %", each.interval, str(each.n)) for each in shown]
    whole = [row for row in rows if not row[0].endswith("alone")]
    alone = [row for row in rows if row[0].endswith("alone")]
    head = ("measured", "value", "95 % interval, %", "presentations")
    tables = [
        ("All cues together", table(head, whole)),
        ("Each cue by itself, where it could be measured", table(head, alone)),
    ]
    path = folder / "pad.html"
    path.write_text(page("Presentation attack detection", words, [plot], tables), encoding="utf-8")
    return path


def det_chart(found: Sequence[Presentation]) -> str:
    """APCER against BPCER at every threshold, a line a species."""
    lines = []
    for species in species_of(found):
        pairs = [(apcer(found, species, at).value, bpcer(found, at).value) for at in range(102)]
        if np.isfinite(pairs).all():
            lines.append(Line(species, [a for a, _ in pairs], [b for _, b in pairs], steps=True))
    x = even_axis("attack presentations taken for bona fide ones (APCER)", 0, 1, percent=True)
    y = even_axis("bona fide ones taken for attacks (BPCER)", 0, 1, percent=True)
    return chart("Errors at every threshold (DET)", x, y, lines)


def _figure(name: str, share: Share, against: str) -> Figure:
    low, high = share.interval
    return Figure(
        "pad", name, 100 * share.value, "%", None, "lower", against, share.of, 100 * low, 100 * high
    )


def _cues(found: Sequence[Presentation]) -> list[str]:
    """Names of the cues that were measured at least once for a bona fide presentation and an attack."""
    kinds: dict[str, set[bool]] = {}
    for each in found:
        for signal in each.result.signals if each.result else ():
            if signal.score is not None:
                kinds.setdefault(signal.name, set()).add(bool(each.species))
    return [name for name, seen in kinds.items() if len(seen) == 2]


def _by_cue(found: Sequence[Presentation], name: str) -> list[Presentation]:
    return [
        Presentation(each.species, PadResult(tuple(s for s in each.result.signals if s.name == name)))
        for each in found
        if each.result
    ]
