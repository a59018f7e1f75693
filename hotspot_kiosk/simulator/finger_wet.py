"""A wet finger on a sensor's glass: water stands in the valleys, which then look like ridges: dark and hard to tell apart.

Drawn, not measured: it has the signs by which a wet finger is known (dark, little contrast, ridges that run together).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
LEVEL = 17  # one of 16 grey levels
SKIN = 200.0  # smoothed grey below which a finger lies there


def wetted(pixels: Pixels, seed: int, water: float = 0.8) -> Pixels:
    """The same touch with this share of the valleys' depth under water, 0 to 1; uint8, 16 grey levels."""
    chance = np.random.default_rng(seed)
    grey = pixels.astype(np.float32)
    touched = cv2.GaussianBlur(grey, (0, 0), 7) < SKIN
    film = cv2.GaussianBlur(cv2.erode(grey, np.ones((5, 5), np.uint8)), (0, 0), 1.5) * 0.6
    patches = cv2.GaussianBlur(chance.standard_normal(grey.shape).astype(np.float32), (0, 0), 9)
    depth = np.clip(water + 0.6 * patches / (patches.std() + 1e-6) * (1 - water), 0, 0.97)
    out = np.where(touched, depth * film + (1 - depth) * grey, grey)
    return (np.round(np.clip(out, 0, 255) / LEVEL) * LEVEL).astype(np.uint8)
