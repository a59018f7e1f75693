"""Two face templates: how alike, and how much that speaks for one person. It never decides.

The comparison score is minus the Euclidean distance, so higher is more alike and 0 is identical.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.terms import FaceTemplate


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
        differences = references - probe
        scores = -np.sqrt(np.einsum("nd,nd->n", differences, differences))
        if not np.isfinite(scores).all():
            raise Incomparable("a face template holds values that are not numbers")
        return np.asarray(scores, np.float32)
