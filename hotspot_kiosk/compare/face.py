"""Two face templates: how alike, and how much that speaks for one person. It never decides.

The comparison score is minus the Euclidean distance, so higher is more alike and 0 is identical.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.terms import FaceTemplate

ROWS = 4096  # compared in one go: 2 MB of differences


@dataclass(frozen=True, slots=True)
class FaceStack:
    """Templates of one model and length: vectors float32 (n, d), and whose each is (n,), in rising order."""

    model: str
    vectors: NDArray[np.float32] = field(repr=False)
    owners: NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreparedFaces:
    """The faces of `people` references, stacked by model, so that a probe meets all of them in one operation."""

    people: int
    stacks: tuple[FaceStack, ...]


def prepare(people: Sequence[Iterable[FaceTemplate]]) -> PreparedFaces:
    """Stack the faces of many people; the place of each in `people` is what its scores are told by."""
    stacks: dict[tuple[str, int], tuple[list[NDArray[np.float32]], list[int]]] = {}
    for owner, faces in enumerate(people):
        for face in faces:
            vectors, owners = stacks.setdefault((face.model, len(face.vector)), ([], []))
            vectors.append(face.vector)
            owners.append(owner)
    made = (FaceStack(model, np.array(v, np.float32), np.array(o)) for (model, _), (v, o) in stacks.items())
    return PreparedFaces(len(people), tuple(made))


class FaceComparator:
    """Compares templates of one face model; `calibration` belongs to that model."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration

    def score(self, probe: FaceTemplate, reference: FaceTemplate) -> float:
        """Comparison score of two templates. Raises Incomparable if they are of different models."""
        if probe.model != reference.model:
            raise Incomparable(
                f"a template of {probe.model} cannot be compared with one of {reference.model}"
            )
        return float(self.scores(probe.vector, reference.vector[None])[0])

    def log_odds(self, probe: FaceTemplate, reference: FaceTemplate) -> float:
        """Log-odds that both are of one person. Raises Incomparable if they are of different models."""
        return self._calibration.log_odds(self.score(probe, reference))

    def scores(self, probe: NDArray[np.float32], references: NDArray[np.float32]) -> NDArray[np.float32]:
        """Comparison scores (n,) of one vector (d,) with many (n, d), all of one model.

        Raises Incomparable if the vectors have another length or hold what is not a number.
        """
        if probe.ndim != 1 or references.ndim != 2 or references.shape[1] != probe.shape[0]:
            raise Incomparable("face templates of different lengths cannot be compared")
        scores = _scores(probe, references)
        if not np.isfinite(scores).all():
            raise Incomparable("a face template holds values that are not numbers")
        return scores

    def best_log_odds(self, probes: Iterable[FaceTemplate], gallery: PreparedFaces) -> NDArray[np.float64]:
        """For each person of the gallery the best log-odds of any probe with any of their faces, float64 (people,).

        NaN where nothing could be compared. The same numbers as `log_odds` one by one, at a fraction of the time.
        """
        best = np.full(gallery.people, np.nan)
        for probe in probes:
            for stack in gallery.stacks:
                if (stack.model, stack.vectors.shape[1]) == (probe.model, len(probe.vector)):
                    for owners, odds in self._odds(probe.vector, stack):
                        np.fmax.at(best, owners, odds)
        return best

    def _odds(
        self, probe: NDArray[np.float32], stack: FaceStack
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Whose, and how much: in parts that fit a cache, without what is not a number."""
        line = self._calibration
        for first in range(0, len(stack.owners), ROWS):
            part = slice(first, first + ROWS)
            scores = _scores(probe, stack.vectors[part])
            known = np.isfinite(scores)
            odds = line.slope * scores[known].astype(np.float64) + line.offset
            yield stack.owners[part][known], np.clip(odds, -line.limit, line.limit)


def _scores(probe: NDArray[np.float32], references: NDArray[np.float32]) -> NDArray[np.float32]:
    """Minus the Euclidean distances, as they come: not finite where a vector is not."""
    differences = references - probe
    return np.asarray(-np.sqrt(np.einsum("nd,nd->n", differences, differences)), np.float32)
