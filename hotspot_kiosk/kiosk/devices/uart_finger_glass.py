"""What lies on a finger sensor's glass, as far as its answers tell. Pure, but for what it remembers.

A sensor says only that something is there. That it is a new finger follows from having seen the glass
free, or from a picture with other lines than the one before; that it is dirt, from a picture that stays
although it has lost much of its contrast.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import FingerLies, GlassDirty

LYING_S = 4.0  # how long something may lie before somebody is told
PAUSE_S = 0.1  # what lies there is looked at no sooner: it was lifted while its image travelled, as a rule
ALIKE = 0.4  # correlation of the lines above which two pictures are of the same finger, lying still
SLIDES = 24  # pixels that a finger may slide between the two, at most a quarter of a picture's shorter side
FINE, COARSE = 1.0, 6.0  # pixels at 500 ppi: between these two blurs lie the ridges
FADED = 0.6  # a finger that rests keeps its contrast; what a lifted one leaves behind does not
STANDS_OUT = 1.5  # how much more contrast than the dirt a finger on dirty glass must have
DIRTY = "The glass is dirty. Please wipe it with a dry cloth, then put your finger on it again."
STILL_THERE = "Please lift your finger. If nothing lies on the glass, wipe it: it looks dirty."


class Glass:
    """Whether the next image would be a new touch. `lifted`: yes, the glass was seen free.

    The last touch's picture is kept until the glass is seen free, and no longer.
    """

    def __init__(self, lying_s: float = LYING_S) -> None:
        self.lifted = True
        self._lying_s = lying_s
        self._last: NDArray[np.uint8] | None = None
        self._contrast = 0.0  # of the last touch
        self._dirt = 0.0  # contrast of what stays there without a finger
        self._since: float | None = None
        self._looked = 0.0

    def seen_free(self) -> None:
        """The sensor sees no finger, nor dirt."""
        self.lifted, self._last, self._dirt, self._since = True, None, 0.0, None

    def touched(self, pixels: NDArray[np.uint8]) -> None:
        """This picture was taken of it; the next is of another finger, or of one that was lifted."""
        self.lifted, self._last, self._contrast, self._since = False, pixels, contrast(pixels), None

    def passed_over(self) -> None:
        """Something lies there that nobody was asked for: it must be lifted, whichever finger it is."""
        self.lifted, self._last, self._contrast, self._since = False, None, 0.0, None

    def is_dirt(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether a picture shows no more than the dirt that was there before."""
        return contrast(pixels) < STANDS_OUT * self._dirt

    def worth_a_look(self, now_s: float) -> bool:
        """Whether to take a picture of what lies there, told each time it is seen."""
        if self._since is None:
            self._since = self._looked = now_s
        if self._last is None and now_s - self._since < self._lying_s:
            return False
        return now_s - self._looked >= min(PAUSE_S, self._lying_s)

    def is_another(self, pixels: NDArray[np.uint8], now_s: float) -> bool:
        """Whether this picture of what lies there is of another finger than the last touch's, put down before
        the glass was seen free. Raises FingerLies or GlassDirty if the same has lain there too long.
        """
        self._looked = now_s
        finger = contrast(pixels) >= FADED * self._contrast
        if finger and self._last is not None and alike(self._last, pixels) < ALIKE:
            return True
        if now_s - (self._since or 0.0) < self._lying_s:
            return False
        self._since = None
        if finger:
            raise FingerLies(STILL_THERE)
        self._dirt, self.lifted = contrast(pixels), True
        raise GlassDirty(DIRTY)


def contrast(pixels: NDArray[np.uint8]) -> float:
    """Standard deviation of the 16 grey levels of a picture (uint8, 17 apart); 0 if it is blank."""
    return float(np.std(pixels)) / 17


def alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """How well the lines of two pictures of one size agree, -1 to 1, the second slid to where they agree best.

    Of 2,750 pairs of different fingers of FVC2002 DB1_B and DB3_B (192 x 192, 16 levels) none reached 0.35.
    """
    rows, columns = one.shape
    side = min(SLIDES, rows // 4, columns // 4)
    inner = _lines(one)[side : rows - side, side : columns - side]
    return float(cv2.matchTemplate(_lines(other), inner, cv2.TM_CCOEFF_NORMED).max())


def _lines(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The ridges, without how the finger presses."""
    whole = pixels.astype(np.float32)
    return cv2.GaussianBlur(whole, (0, 0), FINE) - cv2.GaussianBlur(whole, (0, 0), COARSE)
