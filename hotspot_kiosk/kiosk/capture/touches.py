"""What a touch means beside the touches before it: which finger it is, where the next should go, which tell most.

Works on templates of this person alone, which the session hands over and nobody keeps. It may not see pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_mosaic import Side, lay_out, missing, most_telling
from hotspot_kiosk.compare.finger_sequence import given_before, unlike
from hotspot_kiosk.terms import Advice, Capture, FingerPosition, FingerTemplate

HINTS = {
    Side.LEFT: Advice.ROLL_LEFT,
    Side.RIGHT: Advice.ROLL_RIGHT,
    Side.UP: Advice.FINGERTIP,
    Side.DOWN: Advice.FURTHER_FORWARD,
    Side.ENOUGH: Advice.NONE,
}


class Touches:
    """Judges touches by those before them; one comparator serves all."""

    def __init__(self, comparator: FingerComparator | None = None) -> None:
        self._comparator = comparator or FingerComparator()

    def doubt(self, touch: FingerTemplate, taken: Sequence[FingerTemplate], *, again: bool) -> Advice:
        """What to say if this touch is of another finger than it is called; nothing if it fits, or cannot be told.

        It is refused whenever the finger was given under another name. That it merely resembles no touch of its own
        name is said once (`again`: a try for it failed before), for touches beside each other share little.
        """
        if given_before(touch, taken, self._comparator) is not None:
            return Advice.OTHER_FINGER
        if not again and unlike(touch, taken, self._comparator):
            return Advice.SAME_FINGER
        return Advice.NONE

    def hint(self, position: FingerPosition, taken: Sequence[FingerTemplate]) -> Advice:
        """How the next touch of this finger shows most that is new; nothing for a first touch, or if little is missing."""
        own = [touch for touch in taken if touch.position == position]
        return HINTS[missing(lay_out(own, self._comparator))] if own else Advice.NONE

    def most_telling_first(self, captures: Sequence[Capture]) -> tuple[Capture, ...]:
        """Captures as they are worth sending: faces, the best touch of each finger, then of each what shows most that is new."""
        fingers: dict[FingerPosition, list[tuple[Capture, FingerTemplate]]] = {}
        rows: list[tuple[int, Capture]] = []
        for each in captures:
            if isinstance(each.template, FingerTemplate):
                fingers.setdefault(each.template.position, []).append((each, each.template))
            else:
                rows.append((-1, each))
        for touches in fingers.values():
            touches.sort(key=lambda pair: -pair[0].quality.score)
            order = most_telling([template for _, template in touches], self._comparator)
            rows += [(place, touches[k][0]) for place, k in enumerate(order)]
        return tuple(each for _, each in sorted(rows, key=lambda row: (row[0], -row[1].quality.score)))
