"""Compares two touches of a finger: templates -> comparison score and log-odds.

Works from the template alone. `prepare` derives what a comparison needs (edges, masks), once per
template; a gallery keeps the prepared form. Motions and scores refer to 500 ppi: coordinates of
other densities are scaled when preparing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger_edges import EdgeMatch, EdgeTable, edge_table, match_edges
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.terms import FingerTemplate

PPI = 500
CALIBRATION = Calibration(slope=1.4, offset=-5.3, limit=6.0, source="FVC2002 DB1_B, 192x192 4-bit probes")


@dataclass(frozen=True, slots=True)
class PreparedFinger:
    """A template made ready for comparing, at 500 ppi.

    minutiae: float32 (n, 4) x, y in px, direction in radians, kind; area: bool, known ground in
    half-resolution pixels (rows, columns).
    """

    model: str
    minutiae: NDArray[np.float32] = field(repr=False)
    edges: EdgeTable = field(repr=False)
    area: NDArray[np.bool_] = field(repr=False)


def prepare(template: FingerTemplate) -> PreparedFinger:
    """Derive from a template all that comparisons need."""
    scale = PPI / template.ppi
    minutiae = template.minutiae.astype(np.float32)
    minutiae *= np.array([scale, scale, math.pi / 128, 1], np.float32)
    height, width = template.ridges.shape
    area = np.repeat(np.repeat(template.area, 4, axis=0), 4, axis=1)[:height, :width]
    return PreparedFinger(template.model, minutiae, edge_table(minutiae), np.ascontiguousarray(area))


class FingerComparator:
    """Compares touches of one extractor; templates may be given prepared or not."""

    def __init__(self, calibration: Calibration = CALIBRATION) -> None:
        self._calibration = calibration

    def score(
        self, probe: FingerTemplate | PreparedFinger, reference: FingerTemplate | PreparedFinger
    ) -> float:
        """Comparison score, higher for more alike; 0 if there was nothing to compare.

        Raises Incomparable if the templates come from different extractors.
        """
        return _match(_prepared(probe), _prepared(reference)).score

    def log_odds(
        self, probe: FingerTemplate | PreparedFinger, reference: FingerTemplate | PreparedFinger
    ) -> float:
        """The same as log-odds of being mated, within the calibration's limit."""
        return self._calibration.log_odds(self.score(probe, reference))


def _prepared(finger: FingerTemplate | PreparedFinger) -> PreparedFinger:
    return finger if isinstance(finger, PreparedFinger) else prepare(finger)


def _match(probe: PreparedFinger, reference: PreparedFinger) -> EdgeMatch:
    if probe.model != reference.model:
        raise Incomparable(f"templates of {probe.model} and {reference.model} cannot be compared")
    return match_edges(probe.minutiae, probe.edges, reference.minutiae, reference.edges, reference.area)
