"""What a touch means beside the touches before it: a finger given twice, and where the next touch should go.

Works on templates of this person alone, which the session hands over and nobody keeps. It may not see pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_mosaic import Side, lay_out, missing
from hotspot_kiosk.compare.finger_sequence import given_before
from hotspot_kiosk.terms import FingerPosition, FingerTemplate

HINTS = {
    Side.LEFT: "roll it a little to the left",
    Side.RIGHT: "roll it a little to the right",
    Side.UP: "show a little more of the fingertip",
    Side.DOWN: "put it a little further forward",
    Side.ENOUGH: "",
}


class Touches:
    """Judges touches by those before them; one comparator serves all."""

    def __init__(self, comparator: FingerComparator | None = None) -> None:
        self._comparator = comparator or FingerComparator()

    def repeated(self, touch: FingerTemplate, taken: Sequence[FingerTemplate]) -> str:
        """What to say if this finger was given before under another name; empty if it was not, or cannot be told."""
        other = given_before(touch, taken, self._comparator)
        if other is None:
            return ""
        return (
            f"This looks like the same finger as the {other.words} before. Give the {touch.position.words}."
        )

    def hint(self, position: FingerPosition, taken: Sequence[FingerTemplate]) -> str:
        """How the next touch of this finger shows most that is new; empty for a first touch, or if little is missing."""
        own = [touch for touch in taken if touch.position == position]
        return HINTS[missing(lay_out(own, self._comparator))] if own else ""
