"""What the stages of a finger comparison say, made one number.

The weights below are written by `python -m models.calibrate_finger`; do not edit them by hand.
"""

from __future__ import annotations

import math

from hotspot_kiosk.compare.finger_dense import Overlay
from hotspot_kiosk.compare.finger_edges import EdgeMatch
from hotspot_kiosk.compare.port import Calibration

MEASURES = (
    "edge score (root)",
    "edge share, full from 8 pairs",
    "ridge mean",
    "ridge weight",
    "edge score of the tree that lies where the ridges do (root)",
    "minutiae met",
)


def measures(edges: EdgeMatch, overlay: Overlay, tree_there: float, met: float) -> tuple[float, ...]:
    """The numbers fused, in the order of MEASURES.

    tree_there: the best edge score among motions that agree with the overlay's; met: see `finger_fit.meeting`.
    """
    return (
        math.sqrt(edges.score),
        edges.share * min(edges.pairs, 8) / 8,
        overlay.mean,
        overlay.weight,
        math.sqrt(tree_there),
        met,
    )


def fused(values: tuple[float, ...]) -> float:
    """Comparison score: weighted sum, about log-odds before calibration."""
    return sum(weight * value for weight, value in zip(WEIGHTS, values, strict=True)) + BIAS


WEIGHTS = (
    1.0478,
    3.5286,
    19.125,
    0.21987,
    0.52337,
    11.96,
)
BIAS = -14.636
CALIBRATION = Calibration(
    slope=0.8853,
    offset=-0.0808,
    limit=5.922,
    source="fvc2002_db1_b and fvc2002_db3_b, 192x192x4 probes against other whole impressions",
)
