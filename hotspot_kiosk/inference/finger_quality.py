"""How useful one touch is, in five aspects with advice a person can follow.

This is ridge quality of our own making, in the order of ISO/IEC 29794-1 scores (0..100). It is NOT
NFIQ 2 and must never be reported as such.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.finger_utility import FingerUtility
from hotspot_kiosk.terms import Advice, FingerSample, FingerTemplate, Quality, QualityComponent

BLOCK = 8
ENOUGH_AREA_MM2, ENOUGH_SHARE = 100.0, 0.8
ENOUGH_MINUTIAE = 12
CENTRE_FREE, CENTRE_LOST = 0.06, 0.30
CONTRAST_NONE, CONTRAST_FULL = 5.0, 25.0
CLARITY_NONE, CLARITY_FULL = 0.25, 0.75
DARK, BRIGHT = 50.0, 190.0


@dataclass(frozen=True, slots=True)
class _Look:
    """What the pixels of the readable area say: mean grey, ridge contrast, agreement of directions."""

    grey: float = 255.0
    contrast: float = 0.0
    clarity: float = 0.0


def measure(sample: FingerSample, template: FingerTemplate, utility: FingerUtility | None = None) -> Quality:
    """Quality of a touch whose features are known; 0 with advice if it shows no finger.

    With the utility model its word is one aspect more; the advice is then that of the weakest other aspect.
    """
    if not template.area.any():
        return Quality((QualityComponent("ridge area", 0, Advice.NO_FINGER),))
    look = _look(sample.pixels, template.area)
    area = QualityComponent("ridge area", _area_score(template), Advice.MORE_FINGER)
    centre = QualityComponent("centre", _centre_score(template.area), Advice.FINGER_MIDDLE)
    contrast = _between(look.contrast, CONTRAST_NONE, CONTRAST_FULL)
    clarity = _between(look.clarity, CLARITY_NONE, CLARITY_FULL)
    minutiae = _between(len(template.minutiae), 0, ENOUGH_MINUTIAE)
    strength = Advice.FINGER_WET if look.grey < DARK else Advice.PRESS_HARDER
    parts = (
        area,
        centre,
        QualityComponent("contrast", contrast, strength),
        QualityComponent("clarity", clarity, _pressure_advice(look.grey)),
        QualityComponent("minutiae", minutiae, Advice.FINGER_MIDDLE),
    )
    if utility is None:
        return Quality(parts)
    weakest = min(parts, key=lambda part: part.score).advice
    return Quality((*parts, QualityComponent("utility", utility.score(sample, template), weakest)))


def _between(value: float, none: float, full: float) -> int:
    """0 at `none`, 100 at `full`, straight between."""
    return round(100 * min(max((value - none) / (full - none), 0.0), 1.0))


def _pressure_advice(grey: float) -> Advice:
    if grey < DARK:
        return Advice.FINGER_WET
    return Advice.PRESS_HARDER if grey > BRIGHT else Advice.FINGER_STILL


def _area_score(template: FingerTemplate) -> int:
    """Readable area against 100 mm2, or against 8/10 of the sensor where that is less."""
    block_mm = BLOCK * 25.4 / template.ppi
    readable = float(template.area.sum()) * block_mm * block_mm
    sensor = template.area.size * block_mm * block_mm
    return _between(readable, 0, min(ENOUGH_AREA_MM2, ENOUGH_SHARE * sensor))


def _centre_score(area: NDArray[np.bool_]) -> int:
    """How near the middle of the readable area lies to the middle of the picture."""
    height, width = area.shape
    y, x = np.nonzero(area)
    off = float(np.hypot((x.mean() + 0.5) / width - 0.5, (y.mean() + 0.5) / height - 0.5))
    return _between(-off, -CENTRE_LOST, -CENTRE_FREE)


def _look(pixels: NDArray[np.uint8], area: NDArray[np.bool_]) -> _Look:
    height, width = pixels.shape
    inside = np.repeat(np.repeat(area, BLOCK, axis=0), BLOCK, axis=1)[:height, :width]
    picture = pixels.astype(np.float32)
    detail = picture - cv2.GaussianBlur(picture, (0, 0), 8)
    contrast = float(np.sqrt((detail[inside] ** 2).mean()))
    return _Look(float(picture[inside].mean()), contrast, float(_coherence(picture)[inside].mean()))


def _coherence(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """0..1: how far the gradients within about 16 px share one direction."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.3)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    size = (17, 17)
    xx, yy, xy = (cv2.boxFilter(product, -1, size) for product in (gx * gx, gy * gy, gx * gy))
    return np.asarray(np.hypot(xx - yy, 2 * xy) / (xx + yy + 1e-3), np.float32)
