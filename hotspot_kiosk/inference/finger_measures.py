"""Simple measures of a touch from which its utility is foreseen: area, grey, contrast, clearness, minutiae.

They say nothing of whose finger it is, and decide nothing. What they are worth is measured in `models/finger-utility-1.md`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.terms import FingerSample, FingerTemplate

MEASURES = (
    "readable area, mm2",
    "readable share of the picture",
    "off the middle, share of the side",
    "minutiae (root)",
    "minutiae a readable cm2",
    "share of minutiae that are endings",
    "mean grey",
    "share of dark pixels",
    "share of light pixels",
    "ridge contrast (log)",
    "unevenness of contrast",
    "coherence, mean",
    "coherence, lowest fifth",
    "coherence over 8 mm, mean",
    "share of ridge",
    "how well the ridges explain the picture",
)
BLOCK = 8
DARK, LIGHT = 40, 225
NEAR, FAR = 17, 161
Floats = NDArray[np.float32]


def measures(sample: FingerSample, template: FingerTemplate) -> Floats:
    """The numbers named in MEASURES, float32, always finite. `template` was made of `sample`."""
    height, width = sample.pixels.shape
    area = np.repeat(np.repeat(template.area, BLOCK, axis=0), BLOCK, axis=1)[:height, :width]
    if not area.any():
        return np.zeros(len(MEASURES), np.float32)
    found = (
        *_ground(template),
        *_points(template),
        *_grey(sample.pixels, area),
        *_ridges(sample.pixels, template),
    )
    return np.asarray(found, np.float32)


def _ground(template: FingerTemplate) -> tuple[float, float, float]:
    block_mm = BLOCK * 25.4 / template.ppi
    rows, columns = template.area.shape
    y, x = np.nonzero(template.area)
    off = float(np.hypot((x.mean() + 0.5) / columns - 0.5, (y.mean() + 0.5) / rows - 0.5))
    return float(len(x)) * block_mm * block_mm, float(template.area.mean()), off


def _points(template: FingerTemplate) -> tuple[float, float, float]:
    count = len(template.minutiae)
    readable_cm2 = float(template.area.sum()) * (BLOCK * 2.54 / template.ppi) ** 2
    endings = float((template.minutiae[:, 3] == 0).mean()) if count else 0.5
    return float(np.sqrt(count)), count / max(readable_cm2, 0.05), endings


def _grey(pixels: NDArray[np.uint8], area: NDArray[np.bool_]) -> tuple[float, ...]:
    picture = pixels.astype(np.float32)
    inside = pixels[area]
    detail = picture - cv2.GaussianBlur(picture, (0, 0), 8)
    local = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 8))[area]
    near, far = _coherence(picture, NEAR)[area], _coherence(picture, FAR)[area]
    return (
        float(inside.mean()),
        float((inside < DARK).mean()),
        float((inside > LIGHT).mean()),
        float(np.log1p(local.mean())),
        float(local.std() / (local.mean() + 1)),
        float(near.mean()),
        float(np.percentile(near, 20)),
        float(far.mean()),
    )


def _ridges(pixels: NDArray[np.uint8], template: FingerTemplate) -> tuple[float, float]:
    """Share of ridge in the known part, and the correlation of the ridge picture with what was sensed."""
    rows, columns = template.ridges.shape
    known = np.repeat(np.repeat(template.area, BLOCK // 2, axis=0), BLOCK // 2, axis=1)[:rows, :columns]
    if not known.any():
        return 0.5, 0.0
    half = cv2.resize(pixels[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
    detail = cv2.GaussianBlur(half.astype(np.float32), (0, 0), 4) - half
    spread = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 6)) + 2
    sign = np.where(template.ridges, 1.0, -1.0)
    agreement = np.clip(detail / spread, -2, 2) * sign
    return float(template.ridges[known].mean()), float(agreement[known].mean())


def _coherence(picture: Floats, side: int) -> Floats:
    """How far the gradients within a square of `side` px share one direction, 0 to 1."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.3)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.boxFilter(product, -1, (side, side)) for product in (gx * gx, gy * gy, gx * gy))
    return np.asarray(np.hypot(xx - yy, 2 * xy) / (xx + yy + 1e-3), np.float32)
