"""Compares two touches of a finger: templates -> comparison score and log-odds.

Works from the template alone, made ready once (`finger_prepared`): a gallery keeps the stowed form, which is
opened for the time of a comparison. Minutiae propose motions and score by their edges; the ridge pictures, laid
over each other at those motions, score again; both are fused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare.finger_dense import Fit, overlay
from hotspot_kiosk.compare.finger_edges import EdgeMatch, match_edges
from hotspot_kiosk.compare.finger_fit import meeting
from hotspot_kiosk.compare.finger_fusion import CALIBRATION, fused, measures
from hotspot_kiosk.compare.finger_prepared import (
    PPI,
    PreparedFinger,
    StowedFinger,
    opened,
    prepare,
)
from hotspot_kiosk.compare.finger_spectrum import propose
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.terms import FingerPosition, FingerTemplate

NOTHING_TO_COMPARE = -10.0
LEAST_MINUTIAE = 2
EDGE_MOTIONS, SPECTRUM_MOTIONS, FINALISTS = 10, 4, 3
SAME_PLACE, SAME_TURN = 7.0, 0.2


Finger = FingerTemplate | PreparedFinger | StowedFinger


def compare(probe: PreparedFinger, reference: PreparedFinger) -> tuple[float, ...] | None:
    """Both stages: what the edges say, and the ridges at the motions worth a look; None if no ridges meet.

    The numbers are those of `finger_fusion.MEASURES`. Raises Incomparable if the templates come from
    different extractors.
    """
    edges, fit = _stages(probe, reference)
    return _measured(probe, reference, edges, fit)


def _stages(probe: PreparedFinger, reference: PreparedFinger) -> tuple[EdgeMatch, Fit]:
    edges = compare_edges(probe, reference)
    motions = edges.motions[:EDGE_MOTIONS, :3] * (1, 0.5, 0.5)
    more = propose(probe.coarse, reference.coarse, SPECTRUM_MOTIONS)
    return edges, overlay(probe.picture, reference.picture, np.concatenate([motions, more]), FINALISTS)


def _measured(
    probe: PreparedFinger, reference: PreparedFinger, edges: EdgeMatch, fit: Fit
) -> tuple[float, ...] | None:
    if not fit.overlay.patches:
        return None
    return measures(edges, fit.overlay, _tree_there(edges, probe, fit), _met(probe, reference, fit))


def _tree_there(edges: EdgeMatch, probe: PreparedFinger, fit: Fit) -> float:
    """The best score among trees whose motion puts the probe's middle where the ridges lie best."""
    middle = np.array(probe.area.shape[::-1]) / 2
    goal = fit.motion[:, :2] @ middle + fit.motion[:, 2]
    turn = math.atan2(fit.motion[1, 0], fit.motion[0, 0])
    c, s = np.cos(edges.motions[:, 0]), np.sin(edges.motions[:, 0])
    x = c * middle[0] - s * middle[1] + edges.motions[:, 1] / 2 - goal[0]
    y = s * middle[0] + c * middle[1] + edges.motions[:, 2] / 2 - goal[1]
    there = (np.hypot(x, y) < SAME_PLACE) & (np.cos(edges.motions[:, 0] - turn) > math.cos(SAME_TURN))
    return float(edges.motions[there, 3].max(initial=0.0))


def _met(probe: PreparedFinger, reference: PreparedFinger, fit: Fit) -> float:
    return float(
        meeting(
            probe.minutiae,
            probe.area,
            reference.minutiae,
            reference.area,
            fit.motion,
            fit.at,
            fit.slides,
            fit.agreement,
        )
    )


def compare_edges(probe: PreparedFinger, reference: PreparedFinger | StowedFinger) -> EdgeMatch:
    """The first stage alone, some fifty times as fast. Raises Incomparable."""
    _check_model(probe, reference)
    return match_edges(probe.minutiae, probe.edges, reference.minutiae, reference.edges, reference.known)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Log-odds that two touches are of one finger, and the affine motion (2, 3) that lays the probe over the reference.

    The motion counts in px of the full resolution at 500 ppi. Log-odds are 0 where there was nothing to compare.
    """

    log_odds: float
    motion: NDArray[np.float64] = field(repr=False)


class FingerComparator:
    """Compares touches of one extractor; templates may be given prepared or not."""

    def __init__(self, calibration: Calibration = CALIBRATION) -> None:
        self._calibration = calibration

    def score(self, probe: Finger, reference: Finger) -> float:
        """Comparison score, higher for more alike; -10 if there was nothing to compare.

        Raises Incomparable if the templates come from different extractors.
        """
        score = _score(_prepared(probe), _prepared(reference))
        return NOTHING_TO_COMPARE if score is None else score

    def log_odds(self, probe: Finger, reference: Finger) -> float:
        """The same as log-odds of being mated, within the calibration's limit.

        0, which speaks neither for nor against, if there was nothing to compare: a touch or a
        reference with fewer than two minutiae, or without ridges. Raises Incomparable.
        """
        score = _score(_prepared(probe), _prepared(reference))
        return 0.0 if score is None else self._calibration.log_odds(score)

    def align(self, probe: Finger, reference: Finger) -> Alignment:
        """Log-odds as above, with the motion they rest on. Raises Incomparable."""
        probe, reference = _prepared(probe), _prepared(reference)
        _check_model(probe, reference)
        if _too_little(probe, reference):
            return Alignment(0.0, np.eye(2, 3))
        edges, fit = _stages(probe, reference)
        values = _measured(probe, reference, edges, fit)
        odds = 0.0 if values is None else self._calibration.log_odds(fused(values))
        return Alignment(odds, fit.motion * ((1, 1, 2), (1, 1, 2)))


def warm_up() -> None:
    """Compile or load every kernel now, so that the first real comparison does not wait for it."""
    y, x = np.mgrid[:64, :64]
    minutiae = np.array([[20, 20, 0, 0], [40, 24, 30, 1], [60, 60, 80, 0], [30, 70, 120, 1]], np.int16)
    area = np.ones((16, 16), np.bool_)
    ridges = np.asarray(np.sin(1.4 * x + 0.002 * y * y) > 0)
    stripes = FingerTemplate("warm-up", FingerPosition.RIGHT_INDEX, PPI, 128, 128, minutiae, area, ridges)
    FingerComparator().score(stripes, stripes)


def _score(probe: PreparedFinger, reference: PreparedFinger) -> float | None:
    """Fused score; None if either shows too little to tell one finger from another."""
    _check_model(probe, reference)
    if _too_little(probe, reference):
        return None
    values = compare(probe, reference)
    return None if values is None else fused(values)


def _too_little(probe: PreparedFinger, reference: PreparedFinger) -> bool:
    return min(len(probe.minutiae), len(reference.minutiae)) < LEAST_MINUTIAE


def _check_model(probe: PreparedFinger, reference: PreparedFinger | StowedFinger) -> None:
    if probe.model != reference.model:
        raise Incomparable(f"templates of {probe.model} and {reference.model} cannot be compared")


def _prepared(finger: Finger) -> PreparedFinger:
    if isinstance(finger, StowedFinger):
        return opened(finger)
    return finger if isinstance(finger, PreparedFinger) else prepare(finger)
