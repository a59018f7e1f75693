"""Whether a finger was given twice under two names: one touch against the touches of other fingers. Pure.

It sees a repeated finger only; two hands swapped from the first touch on look like two hands.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotspot_kiosk.compare.finger import FingerComparator, prepare
from hotspot_kiosk.errors import Incomparable
from hotspot_kiosk.terms import FingerPosition, FingerTemplate

SAME = 2.0  # log-odds that no two different fingers reached when the calibration was made


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
        if other.position == touch.position:
            continue
        try:
            odds = comparator.log_odds(probe, other)
        except Incomparable:
            continue
        if odds >= best:
            best, found = odds, other.position
    return found
