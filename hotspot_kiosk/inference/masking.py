"""Other people's faces taken out of a picture, for good, before anything is encoded or shown.

A grey without any trace of what was there; the subject's own face is never touched, even where another overlaps it.
What the detector did not find cannot be masked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.port import DetectedFace

GREY = 128
ROOM = 0.4  # around another's face, as a share of its box, on each side: hair and chin
OWN_ROOM = 0.15  # around the subject's


def without_others(pixels: NDArray[np.uint8], faces: Sequence[DetectedFace]) -> NDArray[np.uint8]:
    """The picture, uint8 (height, width, 3), with every face but the first one greyed; itself if there is no other.

    The result shares no memory with what lay under the grey.
    """
    if len(faces) < 2:
        return pixels
    masked = pixels.copy()
    for other in faces[1:]:
        masked[_part(other, ROOM, pixels.shape)] = GREY
    own = _part(faces[0], OWN_ROOM, pixels.shape)
    masked[own] = pixels[own]
    return masked


def _part(face: DetectedFace, room: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    wide, high = room * face.width, room * face.height
    edges = np.add(face.box, (-wide, -high, wide, high))
    low = np.clip(np.floor(edges[:2]), 0, (shape[1], shape[0])).astype(int)
    top = np.clip(np.ceil(edges[2:]), 0, (shape[1], shape[0])).astype(int)
    return slice(low[1], top[1]), slice(low[0], top[0])
