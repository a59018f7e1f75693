"""Finger comparison measured on a folder of anybody's prints: rates with intervals, and what they rest on.

A probe is a small sensor's window of one impression, its reference a whole print of another one, as a kiosk and a
gallery would have them. Nothing is fitted here: the comparator is used as it ships. A peer is asked about the very
same windows and pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.prints import Geometry, Pixels, Print, pairs, sample, template, turned, window
from hotspot_kiosk.bench.rates import Trials
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, prepare
from hotspot_kiosk.compare.port import fuse
from hotspot_kiosk.inference import finger as reading
from hotspot_kiosk.inference.finger_quality import measure
from hotspot_kiosk.inference.finger_utility import NAME, FingerUtility

OFF_PX = 36
SETS_A_FINGER, OTHERS_A_SET = 4, 3
TURN_LIMIT = 90.0
SMALL = Geometry(128, 128, 4)
Compare = Callable[[PreparedFinger, PreparedFinger], float]
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Condition:
    """One way to capture and compare: its name, its scores, the goals in percent (or None), and whose way it is."""

    name: str
    trials: Trials = field(repr=False)
    goal_eer: float | None = None
    goal_fnmr: float | None = None
    peer: str = ""

    @property
    def title(self) -> str:
        """The name, and the peer's if it is one."""
        return f"{self.name}, {self.peer}" if self.peer else self.name


@dataclass(frozen=True, slots=True)
class Way(Generic[Read]):
    """One way to tell prints apart: `read` makes of pixels what `compare` takes two of, probe first."""

    read: Callable[[Pixels], Read]
    compare: Callable[[Read, Read], float]


def ours(compare: Compare | None = None) -> Way[PreparedFinger]:
    """The way that ships, or with other weights."""
    return Way(lambda pixels: prepare(template(pixels)), compare or FingerComparator().score)


class Scores(Generic[Read]):
    """Scores of probes against references, each pair compared once."""

    def __init__(
        self,
        probes: dict[int, Read],
        references: Sequence[Read],
        compare: Callable[[Read, Read], float],
    ) -> None:
        self.probes, self._references = probes, references
        self._compare = compare
        self._known: dict[tuple[int, int], float] = {}

    def of(self, probe: int, reference: int) -> float:
        """Comparison score of a probe and a reference, by their numbers."""
        if (probe, reference) not in self._known:
            self._known[probe, reference] = self._compare(self.probes[probe], self._references[reference])
        return self._known[probe, reference]


def conditions(
    prints: Sequence[Print], geometry: Geometry, touches: int, seed: int, way: Way[Read]
) -> Iterator[Condition]:
    """Every condition, the plainest first; `seed` decides where touches fall and how fingers turn."""
    chance = np.random.default_rng(seed)
    references = [way.read(one.pixels) for one in prints]
    chosen = pairs(prints, chance)

    def scored(seen: Callable[[Pixels], Pixels]) -> Scores[Read]:
        probes = {k: way.read(seen(one.pixels)) for k, one in enumerate(prints)}
        return Scores(probes, references, way.compare)

    single = scored(lambda pixels: window(pixels, geometry))
    yield Condition("one touch", _trials(prints, chosen, single), 2.0, 3.0)
    yield from _two_fingers(prints, single, chance)
    yield from _touches(prints, geometry, touches, way, references, chance)
    if (geometry.width, geometry.height) != (SMALL.width, SMALL.height):
        small = scored(lambda pixels: window(pixels, SMALL))
        yield Condition(f"one touch of {SMALL}", _trials(prints, chosen, small), 5.0)
    wide = scored(lambda pixels: turned(pixels, geometry, chance.uniform(-TURN_LIMIT, TURN_LIMIT)))
    yield Condition("one touch, turned up to 90 degrees", _trials(prints, chosen, wide))
    whole = Scores(dict(enumerate(references)), references, way.compare)
    yield Condition("whole prints", _trials(prints, chosen, whole), 3.2, 11.4)


def _trials(prints: Sequence[Print], chosen: Sequence[tuple[int, int]], scores: Scores[Read]) -> Trials:
    found = np.array([scores.of(a, b) for a, b in chosen])
    subjects = np.array([(prints[a].subject, prints[b].subject) for a, b in chosen])
    return Trials(found, subjects[:, 0], subjects[:, 1])


def by_subject(prints: Sequence[Print]) -> list[list[int]]:
    """Numbers of each subject's impressions."""
    groups: dict[int, list[int]] = {}
    for k, one in enumerate(prints):
        groups.setdefault(one.subject, []).append(k)
    return list(groups.values())


def _two_fingers(
    prints: Sequence[Print], scores: Scores[Read], chance: np.random.Generator
) -> Iterator[Condition]:
    """Persons of two fingers each, one touch of either: scores are added."""
    groups = by_subject(prints)
    persons = list(zip(groups[0::2], groups[1::2], strict=False))
    rows = []
    for (p, one), (q, other) in product(enumerate(persons), repeat=2):
        count = min(*map(len, one), *map(len, other))
        tries = [(a, b) for a, b in product(range(count), repeat=2) if p != q or a != b]
        if p != q:
            tries = [tries[k] for k in chance.choice(len(tries), min(len(tries), 2 * count), replace=False)]
        for a, b in tries:
            rows.append((fuse(scores.of(one[k][a], other[k][b]) for k in range(2)), p, q))
    if len(persons) > 1:
        yield Condition("two fingers, one touch each", _of_rows(rows), 0.0, 0.0)


def _touches(
    prints: Sequence[Print],
    geometry: Geometry,
    touches: int,
    way: Way[Read],
    references: Sequence[Read],
    chance: np.random.Generator,
) -> Iterator[Condition]:
    """Several touches of one finger, each of another impression and somewhat beside the middle."""
    sets = [some for group in by_subject(prints) for some in _some_sets(group, touches, chance)]
    if touches < 2 or not sets:
        return
    offs = chance.integers(-OFF_PX, OFF_PX + 1, (len(sets) * touches, 2)).tolist()
    scores: Scores[Read] = Scores({}, references, way.compare)
    for k, (x, y) in enumerate(offs):
        pixels = prints[sets[k // touches][k % touches]].pixels
        scores.probes[k] = way.read(window(pixels, geometry, (x, y)))
    tries = [(s, b) for s in range(len(sets)) for b in _opponents(prints, sets[s], chance)]
    goals: dict[int, tuple[float | None, float | None]] = {2: (0.5, None), 3: (0.0, 0.0)}
    for count in range(1, touches + 1):
        rows = [
            (
                max(scores.of(s * touches + k, b) for k in range(count)),
                prints[sets[s][0]].subject,
                prints[b].subject,
            )
            for s, b in tries
        ]
        name = "one touch beside the middle" if count == 1 else f"{count} touches beside the middle"
        yield Condition(name, _of_rows(rows), *goals.get(count, (None, None)))


def _some_sets(group: list[int], touches: int, chance: np.random.Generator) -> list[list[int]]:
    if len(group) <= touches:
        return []
    return [chance.choice(group, touches, replace=False).tolist() for _ in range(SETS_A_FINGER)]


def _opponents(prints: Sequence[Print], used: Sequence[int], chance: np.random.Generator) -> list[int]:
    """References for a set of touches: every other impression of its finger, and some of each other finger."""
    own = prints[used[0]].subject
    found = []
    for group in by_subject(prints):
        if prints[group[0]].subject == own:
            found += [k for k in group if k not in used]
        else:
            found += chance.choice(group, min(OTHERS_A_SET, len(group)), replace=False).tolist()
    return found


def _of_rows(rows: Sequence[tuple[float, int, int]]) -> Trials:
    scores, probe, reference = zip(*rows, strict=True)
    return Trials(np.array(scores), np.array(probe), np.array(reference))


def quality_and_scores(
    prints: Sequence[Print],
    geometry: Geometry,
    one_touch: Condition,
    seed: int,
    utility: FingerUtility | None = None,
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """For each mated comparison of the first condition: what several measures say of its probe; its score.

    The last measure is the score itself: no quality can foresee better.
    """
    chosen = pairs(prints, np.random.default_rng(seed))
    mated = [a for a, b in chosen if prints[a].subject == prints[b].subject]
    touches = [sample(window(one.pixels, geometry)) for one in prints]
    read = [reading.extract(touch) for touch in touches]
    own = np.array([measure(touch, made).score for touch, made in zip(touches, read, strict=True)], float)
    minutiae = np.array([len(made.minutiae) for made in read], float)
    scores = one_touch.trials.scores[one_touch.trials.mated]
    by_chance = np.random.default_rng(seed).permutation(len(mated)).astype(float)
    told = {"quality by aspects": own[mated], "number of minutiae": minutiae[mated]}
    if utility is not None:
        pairs_of = zip(touches, read, strict=True)
        told = {NAME: np.array([utility.foreseen(a, b) for a, b in pairs_of])[mated], **told}
    return {**told, "chance": by_chance, "nobody can do better": scores}, scores
