"""The camera's buffers as upright RGB pictures: planes, padded rows, turning. Pure arithmetic.

Colours are ITU-R BT.601 with a limited range (Y 16 to 235), which is what the driver asks the camera for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import WrongDevice

# Both have a plane of luminance and half as many rows of colour: planes of their own, or interleaved.
FORMATS = {"YUV420": cv2.COLOR_YUV2RGB_I420, "NV12": cv2.COLOR_YUV2RGB_NV12}
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a stream's pixels lie in its buffer; `rotation` is how far they are turned clockwise to stand upright."""

    format: str
    width: int
    height: int
    rotation: int = 0

    @classmethod
    def of(cls, stream: Mapping[str, Any], rotation: int) -> Layout:
        """Out of a stream's configuration. Raises WrongDevice for a format that is not understood."""
        width, height = stream["size"]
        if stream["format"] not in FORMATS:
            raise WrongDevice(
                f"the camera gives {stream['format']} pictures, not {' or '.join(FORMATS)}; use another camera"
            )
        return cls(stream["format"], width, height, rotation)


def rgb(buffer: Pixels, layout: Layout) -> Pixels:
    """The picture, uint8 (height, width, 3), upright, of a buffer uint8 (1.5 height, stride).

    Rows may be longer than the picture is wide: of YUV420 each row of the colour planes is padded by half as
    much, so that two of them lie in one row of the buffer. What is padding is cut off after the conversion.
    Raises WrongDevice if the buffer does not hold such a picture.
    """
    rows, stride = buffer.shape
    if rows != layout.height * 3 // 2 or stride < layout.width or stride % 2 or layout.height % 2:
        raise WrongDevice(
            f"the camera's buffer of {stride}x{rows} bytes is no picture of {layout.width}x{layout.height}"
        )
    whole = cv2.cvtColor(buffer, FORMATS[layout.format])[: layout.height, : layout.width]
    turned = cv2.rotate(whole, TURNS[layout.rotation]) if layout.rotation else whole
    return np.ascontiguousarray(turned, np.uint8)
