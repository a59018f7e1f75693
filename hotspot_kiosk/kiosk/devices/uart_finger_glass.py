"""What lies on a finger sensor's glass, as far as its answers tell. Pure, but for what it remembers.

A sensor says only that something is there. That it is a new finger follows from having seen the glass
free; that it is dirt, from a picture that stays although it has lost much of its contrast.
"""

from __future__ import annotations

import numpy as np

from hotspot_kiosk.errors import FingerLies, GlassDirty

LYING_S = 4.0  # how long something may lie before it is looked at
FADED = 0.6  # a finger that rests keeps its contrast; what a lifted one leaves behind does not
STANDS_OUT = 1.5  # how much more contrast than the dirt a finger on dirty glass must have
DIRTY = "The glass is dirty. Please wipe it with a dry cloth, then put your finger on it again."
STILL_THERE = "Please lift your finger. If nothing lies on the glass, wipe it: it looks dirty."


class Glass:
    """Whether the next image would be a new touch. `lifted`: yes, the glass was seen free."""

    def __init__(self, lying_s: float = LYING_S) -> None:
        self.lifted = True
        self._lying_s = lying_s
        self._contrast = 0.0  # of the last touch
        self._dirt = 0.0  # contrast of what stays there without a finger
        self._since: float | None = None

    def seen_free(self) -> None:
        """The sensor sees no finger, nor dirt."""
        self.lifted, self._dirt, self._since = True, 0.0, None

    def touched(self, contrast: float) -> None:
        """An image of that contrast was taken; the finger must be lifted before the next."""
        self.lifted, self._contrast, self._since = False, contrast, None

    def is_dirt(self, contrast: float) -> bool:
        """Whether an image of that contrast shows no more than the dirt that was there before."""
        return contrast < STANDS_OUT * self._dirt

    def lies_long(self, now_s: float) -> bool:
        """Whether the same thing has lain there too long, told each time it is seen."""
        self._since = now_s if self._since is None else self._since
        return now_s - self._since >= self._lying_s

    def judge(self, contrast: float) -> FingerLies | GlassDirty:
        """What to tell the person about that which lies there, by the contrast of its image now."""
        self._since = None
        if contrast >= FADED * self._contrast:
            return FingerLies(STILL_THERE)
        self._dirt, self.lifted = contrast, True
        return GlassDirty(DIRTY)


def contrast(image: bytes) -> float:
    """Standard deviation of the 16 grey levels of an image of two pixels a byte; 0 if it is blank."""
    packed = np.frombuffer(image, np.uint8)
    return float(np.std(np.concatenate((packed >> 4, packed & 0x0F))))
