"""Whether a touch is of the finger it is called: by this person's other touches, of this and of other fingers. Pure.

It sees a finger given under two names, and two fingers given under one: so hands swapped on the way. Two hands
swapped from the first touch to the last look like two hands: nothing but a reference of a known finger can tell.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, prepare
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.terms import FingerPosition, FingerTemplate

SAME = 2.0  # log-odds that no two different fingers reached when the calibration was made
UNLIKE = -2.0  # log-odds below which few touches of one finger lie, and most of two (models/ridge-1.md)


def given_before(
    touch: FingerTemplate,
    earlier: Sequence[FingerTemplate],
    comparator: FingerComparator | None = None,
    same: float = SAME,
) -> FingerPosition | None:
    """The other position under which this finger was given already; None if it was not, or cannot be told."""
    comparator = comparator or FingerComparator()
    probe = prepare(touch)
    best, found = same, None
    for other in earlier:
        odds = _odds(comparator, probe, other) if other.position != touch.position else 0.0
        if odds >= best:
            best, found = odds, other.position
    return found


def unlike(
    touch: FingerTemplate, earlier: Sequence[FingerTemplate], comparator: FingerComparator | None = None
) -> bool:
    """Whether it resembles none of the touches given under its own name; False if there are none, or it cannot be told."""
    comparator = comparator or FingerComparator()
    probe = prepare(touch)
    said = [_odds(comparator, probe, other) for other in earlier if other.position == touch.position]
    return bool(said) and max(said) < UNLIKE


def _odds(comparator: FingerComparator, probe: PreparedFinger, other: FingerTemplate) -> float:
    """0, which speaks neither for nor against, where the two cannot be compared."""
    try:
        return comparator.log_odds(probe, other)
    except Incomparable:
        return 0.0
