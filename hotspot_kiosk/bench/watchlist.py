"""The watchlist of a kiosk: how long a face takes to be looked for among 10,000, and why fingers are not on it.

Random faces: the time does not depend on whose they are. What the stated FPIR costs in mates is told on real faces at
`<repo root>/../shared/data`, where nothing was chosen, and left out without them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from hotspot_kiosk import policy, watchlist
from hotspot_kiosk.bench.face import BUILT, MANIFEST
from hotspot_kiosk.bench.face_set import ENCODER, read_set, trials
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.finger import ridges
from hotspot_kiosk.bench.prints import template
from hotspot_kiosk.compare.finger import warm_up
from hotspot_kiosk.compare.finger_prepared import prepare, stow
from hotspot_kiosk.compare.finger_sketch import shortlist, sketches
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.contents import encode_templates
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.keyring import PublicFile, Trust, as_bytes
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Memory
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.terms import (
    Capture,
    FaceSample,
    FaceTemplate,
    Quality,
)

PEOPLE, DEVICE, DIMENSIONS, LOOKS = 10_000, 17, 128, 50
GOAL_MS = 50.0
DRAWN, MOST = 24, 250
FPIRS = (0.05, 0.01, 0.001)


def run() -> Iterator[Figure]:
    """Faces, then one finger by its sketch, then what a stated FPIR costs."""
    with TemporaryDirectory() as folder:
        yield from _faces(Path(folder))
    yield from _finger()
    yield from _mates()


def _figure(name: str, value: float, unit: str, goal: float | None, against: str, n: int) -> Figure:
    return Figure("watchlist", name, value, unit, goal, "lower", against, n)


def _faces(folder: Path) -> Iterator[Figure]:
    hub, kiosk = (PrivateKeys.make(owner, bytes([owner + 1]) * 128) for owner in (0, DEVICE))
    now, known = datetime.now(UTC), _list()
    envelope = watchlist.seal_for(known, kiosk.public(), hub)
    half = hub.public()
    (folder / "hub.pub").write_bytes(as_bytes(PublicFile(0, "hub", half.signing, half.sealing)))
    lists = Watchlists(folder / "outbox.db", kiosk, Trust(folder), Clock(), Memory, ENCODER)
    lists.install(envelope)
    operation, captures = _operation(now), (_capture(known),)
    look = partial(lists.look, captures, operation, policy.Shielded(), Clock().stamp())
    against = f"{PEOPLE} people, one face each; processor time of one core"
    yield _figure("opening a sealed list, once", _ms(look, 1), "ms", None, against, 1)
    yield _figure("one face among 10,000 people", _ms(look, LOOKS), "ms", GOAL_MS, against, LOOKS)
    found = look().cases == (known.cases[PEOPLE // 2],)
    yield Figure("watchlist", "the right case found", float(found), "", 1.0, "higher", against, 1)
    yield _figure("sealed list", len(envelope) / 1e6, "MB", None, against, 1)
    memory = (known.vectors.nbytes + known.owners.nbytes) / 1e6
    yield _figure("memory of an open list, without case ids", memory, "MB", None, against, 1)


def _finger() -> Iterator[Figure]:
    """One touch against 10,000 prints: the quick look alone, which decides nothing."""
    warm_up()
    drawn = [template(ridges(seed, 388, 374)) for seed in range(DRAWN)]
    began = time.thread_time()
    prints = [stow(each) for each in drawn]
    each_ms = 1e3 * (time.thread_time() - began) / DRAWN
    known = sketches([prints[k % DRAWN] for k in range(PEOPLE)])
    probe = prepare(template(ridges(DRAWN, 192, 192)))
    look = partial(shortlist, probe, known, MOST)
    look()
    against = f"{PEOPLE} prints; not on the list: it names {MOST} prints to compare and decides nothing"
    yield _figure("a finger's quick look among 10,000 prints", _ms(look, 3), "ms", None, against, 3)
    size = float(np.mean([len(encode_templates((each,))) for each in drawn]))
    yield _figure("10,000 prints as templates", size * PEOPLE / 1e6, "MB", None, against, DRAWN)
    opening = "each print, when a list is opened"
    yield _figure("preparing 10,000 prints", each_ms * PEOPLE / 1e3, "s", None, opening, DRAWN)


def _mates() -> Iterator[Figure]:
    data = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces" / "news"
    if not data.is_dir():
        return
    shelf = ModelShelf(MANIFEST, BUILT)
    fitted = shelf.entry(ENCODER).calibration
    if fitted is None:
        return
    line = Calibration(fitted.slope, fitted.offset, fitted.limit, fitted.source)
    found = trials(read_set(data, shelf))
    mated, other = found.scores[found.mated], found.scores[~found.mated]
    for fpir in FPIRS:
        least = watchlist.least_score(line, PEOPLE, fpir)
        words = f"FPIR of {fpir:g} stated for {PEOPLE} faces: score {least:.3f}"
        against = f"{fitted.source}; nothing was chosen on them but the manifest's line"
        missed = 100 * float(np.mean(mated < least))
        yield _figure(f"mates that are not referred, {words}", missed, "%", None, against, len(mated))
        yield _figure(f"non-mated pairs that are, {words}", float(np.sum(other >= least)), "pairs", None, against, len(other))  # fmt: skip


def _ms(deed: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.thread_time()
        deed()
        took.append(1e3 * (time.thread_time() - began))
    return float(np.median(took))


def _list() -> watchlist.Watchlist:
    vectors = np.random.default_rng(3).normal(size=(PEOPLE, DIMENSIONS)).astype(np.float32)
    vectors *= np.float32(0.6) / np.linalg.norm(vectors, axis=1, keepdims=True)
    now = datetime.now(UTC)
    return watchlist.Watchlist(
        edition=1,
        operation="BENCH",
        law="none: a measurement",
        made=now,
        expires=now + timedelta(days=1),
        model=ENCODER,
        fpir=0.01,
        least=-0.37,
        cases=tuple(f"CASE-{k:05d}" for k in range(PEOPLE)),
        owners=np.arange(PEOPLE),
        vectors=vectors,
    )


def _operation(now: datetime) -> Operation:
    day, words = timedelta(days=1), "a measurement"
    return Operation(
        id="BENCH",
        edition=1,
        name=words,
        kind=Kind.HOTSPOT,
        purpose=words,
        legal_basis=words,
        notice=words,
        begins=now - day,
        ends=now + day,
        posts=("here",),
        devices=(DEVICE,),
        watchlist=True,
    )


def _capture(known: watchlist.Watchlist) -> Capture:
    sample = FaceSample("none", np.zeros((1, 1, 3), np.uint8))
    return Capture(sample, Quality(()), FaceTemplate(ENCODER, known.vectors[PEOPLE // 2] + np.float32(0.01)))
