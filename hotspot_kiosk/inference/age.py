"""How old a face looks, with how far that may be wrong: only ever to ask an officer to look again.

An estimate attests nothing and lets nobody through (`policy.second_look`); it is not logged, kept or sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import ModelError
from hotspot_kiosk.inference.face import CHIP, MEAN, PLACES, SPREAD, align
from hotspot_kiosk.inference.port import DetectedFace, Model, ModelEntry

NAME = "age-v1"
SIDE = 64
# dlib frames a face with room around it, as a share of the face: the template's chip with 0.25, this one with 0.2.
TEMPLATE_ROOM, ROOM = 0.25, 0.2
AGE_PLACES = (ROOM + PLACES / CHIP * (1 + 2 * TEMPLATE_ROOM) - TEMPLATE_ROOM) / (1 + 2 * ROOM) * SIDE
# The ages that the 81 classes stand for, as the model's authors count them.
YEARS = np.array([0.25, *range(1, 81)], np.float64)


@dataclass(frozen=True, slots=True)
class AgeEstimate:
    """Years that a face looks, and by how many years such estimates were too high in one case of twenty."""

    years: float = field(repr=False)
    too_high: float


class AgeEstimator:
    """Estimates ages; how far it may be wrong is what the manifest says was measured."""

    def __init__(self, model: Model, entry: ModelEntry) -> None:
        """Raises ModelError if the manifest does not say how far the estimates may be wrong."""
        if entry.doubt is None:
            raise ModelError(f"the manifest does not say how far estimates of {entry.name} may be wrong")
        self._model = model
        self._too_high = entry.doubt.too_high

    def estimate(self, pixels: NDArray[np.uint8], face: DetectedFace) -> AgeEstimate:
        """Of one face in an RGB picture, uint8 (height, width, 3).

        Raises BadSample if the picture is not RGB or the five points do not make a face.
        """
        chip = align(pixels, face.landmarks, SIDE, AGE_PLACES)
        values = (chip.astype(np.float32) - MEAN) / SPREAD
        chances = self._model.run(np.ascontiguousarray(values.transpose(2, 0, 1)[None]))[0][0]
        return AgeEstimate(float(chances.astype(np.float64) @ YEARS), self._too_high)
