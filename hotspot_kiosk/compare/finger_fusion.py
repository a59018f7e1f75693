"""What the stages of a finger comparison say, made one number.

The weights below are written by `models/calibrate_finger.py`; do not edit them by hand.
"""

from __future__ import annotations

import math

from hotspot_kiosk.compare.finger_dense import Overlay
from hotspot_kiosk.compare.finger_edges import EdgeMatch
from hotspot_kiosk.compare.port import Calibration

MEASURES = (
    "edge score (root)",
    "edge support (root)",
    "edge share, full from 8 pairs",
    "ridge mean",
    "ridge fair",
    "ridge good",
    "ridge weight",
    "ridge strain",
    "ridge slide",
)


def measures(edges: EdgeMatch, overlay: Overlay) -> tuple[float, ...]:
    """The numbers fused, in the order of MEASURES; all 0 where nothing was comparable."""
    return (
        math.sqrt(edges.score),
        math.sqrt(edges.support),
        edges.share * min(edges.pairs, 8) / 8,
        overlay.mean,
        overlay.fair,
        overlay.good,
        overlay.weight,
        overlay.strain,
        overlay.slide,
    )


def fused(values: tuple[float, ...]) -> float:
    """Comparison score: weighted sum, about log-odds before calibration."""
    return sum(weight * value for weight, value in zip(WEIGHTS, values, strict=True)) + BIAS


WEIGHTS = (
    0.71544,
    0.018718,
    6.4714,
    5.3192,
    -3.6241,
    11.215,
    0.16107,
    -0.36497,
    2.0188,
)
BIAS = -9.9996
CALIBRATION = Calibration(
    slope=0.8699,
    offset=0.1394,
    limit=5.229,
    source="fvc2002_db1_b, 192x192 4-bit probes against other whole impressions",
)
