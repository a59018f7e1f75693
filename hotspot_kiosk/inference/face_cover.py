"""Whether eyes and mouth can be seen in a face, and how plain it is behind it: measured on pixels, by simple means.

It tells dark glasses, covered mouths and large patches of another colour. It cannot tell closed eyes, clear glasses
or a bare hand's colour on a cheek, and says nothing of what somebody wears or why.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.face import PLACES
from hotspot_kiosk.inference.port import DetectedFace

Pixels = NDArray[np.uint8]
# In the aligned chip: half the height and width of what is looked at around an eye, and around the mouth.
EYE = (8, 13)
MOUTH = (slice(98, 118), slice(55, 95))
OTHER_COLOUR = 12.0  # distance in the a, b plane of 8-bit CIE L*a*b* from the face's own median colour
FLOOR = 5.0  # grey levels, so that a flat picture divides by something
BEHIND_SIDE = 96  # the surroundings are looked at in a picture so high


def eye_contrast(light: NDArray[np.float32], zone: tuple[slice, slice]) -> float:
    """Range of light around the flatter eye, as a share of that in the face; about 0.7, and 0 behind dark glasses.

    light: luminance of an aligned chip, float32 (150, 150).
    """
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), 1.0), np.float32)
    down, across = EYE
    ranges = []
    for x, y in PLACES[:2].astype(int):
        ranges.append(_range(soft[y - down : y + down, x - across : x + across]))
    return min(ranges) / (_range(soft[zone]) + FLOOR)


def mouth_detail(light: NDArray[np.float32], zone: tuple[slice, slice]) -> float:
    """How much lies across around the mouth, as a share of the face's range of light; 0 under a plain cover."""
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), 1.5), np.float32)
    return float(np.abs(np.diff(soft, axis=0))[MOUTH].mean()) / (_range(soft[zone]) + FLOOR)


def other_colour(chip: Pixels, zone: tuple[slice, slice]) -> float:
    """Share of the face whose colour is far from its own median colour, whichever that is."""
    soft = np.asarray(cv2.GaussianBlur(chip, (0, 0), 1.5), np.uint8)
    colours = cv2.cvtColor(soft, cv2.COLOR_RGB2LAB)[zone][..., 1:].reshape(-1, 2).astype(np.float32)
    away = np.linalg.norm(colours - np.median(colours, axis=0), axis=1)
    return float(np.mean(away > OTHER_COLOUR))


def unrest_behind(pixels: Pixels, face: DetectedFace) -> float:
    """Mean step between neighbours, in grey levels, to both sides of the head and above it; NaN if nothing shows."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = face.box
    span = (left - face.width / 2, top - face.height / 2, right + face.width / 2, (top + bottom) / 2)
    x0, y0, x1, y1 = np.clip(span, 0, (width, height, width, height)).astype(int).tolist()
    part = pixels[y0:y1, x0:x1]
    if min(part.shape[:2]) < 2:
        return float("nan")
    size = (max(2, BEHIND_SIDE * part.shape[1] // part.shape[0]), BEHIND_SIDE)
    grey = cv2.cvtColor(cv2.resize(part, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    steps = np.abs(np.diff(grey.astype(np.float32), axis=1))
    rows, columns = np.mgrid[0:BEHIND_SIDE, 0 : size[0] - 1]
    across = x0 + (columns + 1) * (x1 - x0) / size[0]
    down = y0 + rows * (y1 - y0) / BEHIND_SIDE
    hair = 0.25  # around the box, as a share of it: head, hair and ears
    inside = (across > left - hair * face.width) & (across < right + hair * face.width)
    behind = steps[~(inside & (down > top - hair * face.height))]
    return float(behind.mean()) if behind.size else float("nan")


def _range(light: NDArray[np.float32]) -> float:
    low, high = np.percentile(light, (5, 95))
    return float(high - low)
