"""What can be measured of a face sample without knowing whose face it is: light, sharpness, pose, size.

The measures feed the utility model (`face_utility`), so their order and meaning are fixed: whoever changes one
trains the model anew. Nothing here depends on the mean colour of the skin alone.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.face import align
from hotspot_kiosk.inference.face_quality import ZONE, blur_along, head_pose, inter_eye, luminance, outside
from hotspot_kiosk.inference.port import DetectedFace

MEASURES = (
    "detection score",
    "log inter-eye distance",
    "yaw",
    "pitch",
    "nose height",
    "roll",
    "outside",
    "blur down",
    "blur across",
    "dark end",
    "bright end",
    "contrast",
    "burnt out",
    "black",
    "detail 0.7",
    "detail 1.5",
    "detail 3",
    "detail 6",
    "left and right",
    "top and bottom",
    "noise",
)
DETAIL = (0.7, 1.5, 3.0, 6.0)  # standard deviations, in pixels of the chip, of difference-of-Gaussian bands
BURNT, BLACK = 250, 8


def measures(pixels: NDArray[np.uint8], face: DetectedFace) -> NDArray[np.float32]:
    """The measures of one face in an RGB picture, uint8 (height, width, 3): float32, in the order of MEASURES.

    Raises BadSample if the picture is not RGB or the five points do not make a face.
    """
    light = luminance(align(pixels, face.landmarks))
    zone = light[ZONE]
    low, high = np.percentile(zone, (5, 95))
    yaw, roll, nose = head_pose(face)
    return np.array(
        [
            face.score,
            math.log(max(inter_eye(face), 1.0)),
            abs(yaw),
            abs(nose),
            nose,
            abs(roll),
            outside(face, pixels.shape),
            blur_along(zone, 0),
            blur_along(zone, 1),
            low,
            high,
            high - low,
            np.mean(zone >= BURNT),
            np.mean(zone <= BLACK),
            *(_detail(light, width) for width in DETAIL),
            *_uneven(zone),
            _noise(zone),
        ],
        np.float32,
    )


def _detail(light: NDArray[np.float32], width: float) -> float:
    """Logarithm of the mean strength of detail of one size."""
    band = cv2.GaussianBlur(light, (0, 0), width) - cv2.GaussianBlur(light, (0, 0), 2 * width)
    return math.log(float(np.mean(np.abs(np.asarray(band)[ZONE]))) + 0.1)


def _uneven(zone: NDArray[np.float32]) -> tuple[float, float]:
    """How differently the halves are lit, left against right and top against bottom, 0 to 1."""
    rows, columns = zone.shape[0] // 2, zone.shape[1] // 2
    pairs = ((zone[:, :columns], zone[:, columns:]), (zone[:rows], zone[rows:]))
    means = [(float(one.mean()), float(other.mean())) for one, other in pairs]
    left, top = (abs(one - other) / (one + other + 5) for one, other in means)
    return left, top


def _noise(zone: NDArray[np.float32]) -> float:
    """Median distance of a pixel from the median of its neighbourhood, in grey levels."""
    grey = zone.astype(np.uint8)
    return float(np.median(cv2.absdiff(grey, np.asarray(cv2.medianBlur(grey, 3), np.uint8))))
