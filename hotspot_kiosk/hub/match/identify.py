"""One probe against the gallery: comparison, fusion, candidates, decision. Pure.

A decision is never about a person: the best it says is "possible match, verify".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import prepare
from hotspot_kiosk.compare.port import Thresholds, fuse
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.hub.match.gallery import Reference, References, Touch
from hotspot_kiosk.terms import (
    Candidate,
    Decision,
    FaceTemplate,
    FingerTemplate,
    Modality,
    Template,
)

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Identifier:
    """Compares with these comparators and decides by these thresholds (for a gallery of one).

    shortlist: of so many prints for each touch, the likeliest by their sketches, whole comparisons are made, and of
    the fingers of so many people with the likeliest faces; 0 compares with all.
    """

    face: FaceComparator
    finger: FingerComparator
    thresholds: Thresholds
    most_candidates: int
    shortlist: int = 0

    def identify(
        self, probe: Sequence[Template], references: References
    ) -> tuple[Decision, tuple[Candidate, ...]]:
        """Decision and candidates, best first.

        Both thresholds rise by ln(number of references): each further reference is one more chance
        for a false match, so the false positive identification rate stays where it was set.
        """
        faces, fingers = _split(probe)
        said = self.face.best_log_odds(faces, references.faces)
        looked_at = self._looked_at(said, fingers, references)
        scored = [
            (self._score(odds, fingers, person), person.name)
            for odds, person, look in zip(said.tolist(), references.people, looked_at, strict=True)
            if look
        ]
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        thresholds = _raised(self.thresholds, len(references.people))
        best = [pair for pair in scored[: self.most_candidates] if pair[0] >= thresholds.no_hit]
        candidates = tuple(Candidate(name, rank, score) for rank, (score, name) in enumerate(best, 1))
        return (thresholds.decide(candidates[0].score) if candidates else Decision.NO_HIT), candidates

    def strong(self, candidate: Candidate, references: int) -> bool:
        """Whether this candidate's score alone makes it a possible match among so many references."""
        return candidate.score >= _raised(self.thresholds, references).possible_match

    def explain(self, probe: Sequence[Template], reference: Reference) -> tuple[tuple[str, float], ...]:
        """What each comparison adds to the score of a candidate: `face`, `right index`; log-odds."""
        faces, fingers = _split(probe)
        said = _said(self.face.log_odds, [(a, b) for a in faces for b in reference.faces])
        face = [(Modality.FACE.value, max(said))] if said else []
        return (*face, *self._finger_log_odds(fingers, reference))

    def _looked_at(
        self, faces: NDArray[np.float64], fingers: Sequence[Touch], references: References
    ) -> NDArray[np.bool_]:
        """Who is compared wholly: everyone, or those whom a finger's sketch or the face speaks for."""
        if not self.shortlist or not fingers or len(references.people) <= self.shortlist:
            return np.ones(len(references.people), np.bool_)
        chosen = references.promising(fingers, self.shortlist)
        likeliest = np.argsort(np.where(np.isnan(faces), math.inf, -faces), kind="stable")[: self.shortlist]
        chosen[likeliest[~np.isnan(faces[likeliest])]] = True
        return chosen

    def _score(self, face: float, fingers: Sequence[Touch], reference: Reference) -> float:
        """`face`: log-odds of the faces, NaN where none could be compared."""
        evidence = [] if math.isnan(face) else [face]
        evidence += [odds for _, odds in self._finger_log_odds(fingers, reference)]
        return fuse(evidence) if evidence else -math.inf

    def _finger_log_odds(self, fingers: Sequence[Touch], reference: Reference) -> Iterator[tuple[str, float]]:
        for position in sorted({position for position, _ in fingers}):
            touches = [finger for at, finger in fingers if at == position]
            known = [finger for at, finger in reference.fingers if at == position]
            said = _said(self.finger.log_odds, [(a, b) for a in touches for b in known])
            if any(said):
                yield position.words, max(odds for odds in said if odds)  # 0: there was nothing to compare


def _split(probe: Sequence[Template]) -> tuple[list[FaceTemplate], list[Touch]]:
    faces = [t for t in probe if isinstance(t, FaceTemplate)]
    return faces, [(t.position, prepare(t)) for t in probe if isinstance(t, FingerTemplate)]


def _said(log_odds: Callable[[A, B], float], pairs: Iterable[tuple[A, B]]) -> list[float]:
    """What comparable pairs say; templates of another model or length say nothing."""
    said = []
    for probe, reference in pairs:
        try:
            said.append(log_odds(probe, reference))
        except Incomparable:
            continue
    return said


def _raised(thresholds: Thresholds, references: int) -> Thresholds:
    rise = math.log(max(references, 1))
    return Thresholds(thresholds.possible_match + rise, thresholds.no_hit + rise)
