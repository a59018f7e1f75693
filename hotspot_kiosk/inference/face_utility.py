"""How useful a face sample will be for recognition, as one score: our own small model over simple measures.

It was trained to foresee how far a sample's template lies from a good one of the same face (`models/`), so it is
a score of utility in the sense of ISO/IEC 29794-1, of this encoder, and no Unified Quality Score of ISO/IEC 29794-5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.face_measures import measures
from hotspot_kiosk.inference.port import DetectedFace, Model

NAME = "face-utility-1"
# Foreseen distances of templates that score 100 and 0; a match at FMR 0.1 % lies below 0.59 (models/manifest.toml).
BEST, WORST = 0.35, 0.85


class FaceUtility:
    """Scores faces with the utility model."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def distance(self, pixels: NDArray[np.uint8], face: DetectedFace) -> float:
        """The foreseen distance of this face's template from a good one of the same face.

        pixels: RGB, uint8 (height, width, 3). Raises BadSample if it is not, or the points make no face.
        """
        return float(self._model.run(measures(pixels, face)[None])[0][0, 0])

    def score(self, pixels: NDArray[np.uint8], face: DetectedFace) -> int:
        """0 (useless) to 100; raises as `distance` does."""
        share = (WORST - self.distance(pixels, face)) / (WORST - BEST)
        return round(100 * min(1.0, max(0.0, share)))
