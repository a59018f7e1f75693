"""Portraits spoilt as bad captures spoil them: too small, turned, blurred, dark, noisy, half hidden, squeezed.

For training and measuring the utility model. Every picture follows from a seed.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]
Chance = np.random.Generator


def spoil(pixels: NDArray[np.uint8], chance: Chance) -> NDArray[np.uint8]:
    """A spoilt copy, uint8 of the same shape (height, width, 3): each fault by chance, in a camera's order."""
    light = pixels.astype(np.float32)
    for likely, fault in FAULTS:
        if chance.random() < likely:
            light = fault(light, chance)
    rounded = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    return _squeezed(rounded, chance) if chance.random() < 0.3 else rounded


def _log_uniform(chance: Chance, least: float, most: float) -> float:
    return float(np.exp(chance.uniform(np.log(least), np.log(most))))


def _small(light: Light, chance: Chance) -> Light:
    """Taken from too far away."""
    height, width = light.shape[:2]
    scale = _log_uniform(chance, 0.08, 0.9)
    size = max(8, int(width * scale)), max(8, int(height * scale))
    small = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _turned(light: Light, chance: Chance) -> Light:
    """Seen from the side and from above, as far as a flat picture can be."""
    height, width = light.shape[:2]
    side, tilt = chance.uniform(-0.35, 0.35), chance.uniform(-0.25, 0.25)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    goal = source.copy()
    near, far = max(side, 0) * height / 2, max(-side, 0) * height / 2
    goal[:, 1] += np.array([near, far, -far, -near])
    goal[:, 0] += abs(side) * width / 4 * np.array([1, -1, -1, 1])
    goal[:, 1] += 0.3 * height * np.array([max(tilt, 0), max(tilt, 0), -max(-tilt, 0), -max(-tilt, 0)])
    warp = cv2.getPerspectiveTransform(source, goal.astype(np.float32))
    seen = cv2.warpPerspective(light, warp, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _moved(light: Light, chance: Chance) -> Light:
    """Moved while the shutter was open."""
    length = max(3, int(chance.uniform(3, 0.09 * light.shape[1])) | 1)
    angle, middle = chance.uniform(0, np.pi), (length - 1) / 2
    way = np.linspace(-middle, middle, 4 * length)
    kernel = np.zeros((length, length), np.float32)
    kernel[
        np.rint(middle + way * np.sin(angle)).astype(int), np.rint(middle + way * np.cos(angle)).astype(int)
    ] = 1
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum()), np.float32)


def _unfocused(light: Light, chance: Chance) -> Light:
    return np.asarray(
        cv2.GaussianBlur(light, (0, 0), _log_uniform(chance, 0.5, 0.03 * light.shape[1])), np.float32
    )


def _exposed(light: Light, chance: Chance) -> Light:
    """Too dark or too bright, flat or hard."""
    gain = float(np.exp(chance.uniform(-2.2, 1.2)))
    return np.asarray(255 * gain * (np.clip(light, 0, None) / 255) ** chance.uniform(0.6, 1.6), np.float32)


def _lit_from_one_side(light: Light, chance: Chance) -> Light:
    height, width = light.shape[:2]
    angle, hardness = chance.uniform(0, 2 * np.pi), chance.uniform(2, 24)
    down, across = np.mgrid[0:height, 0:width]
    depth = (across / width - 0.5) * np.cos(angle) + (down / height - 0.5) * np.sin(angle)
    return np.asarray(light * (1.6 / (1 + np.exp(-hardness * depth)))[..., None], np.float32)


def _noisy(light: Light, chance: Chance) -> Light:
    grain = _log_uniform(chance, 3, 60) * chance.standard_normal(light.shape)
    return np.asarray(light + grain, np.float32)


def _hidden(light: Light, chance: Chance) -> Light:
    """Something before the face."""
    height, width = light.shape[:2]
    left, top = chance.uniform(0.2, 0.7, 2)
    wide, high = chance.uniform(0.1, 0.45, 2)
    light = light.copy()
    light[int(top * height) : int((top + high) * height), int(left * width) : int((left + wide) * width)] = (
        chance.uniform(0, 255, 3)
    )
    return light


def _squeezed(pixels: NDArray[np.uint8], chance: Chance) -> NDArray[np.uint8]:
    """Through a JPEG of low quality and back."""
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(chance.uniform(3, 60))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8) if done else pixels


FAULTS: tuple[tuple[float, Callable[[Light, Chance], Light]], ...] = (
    (0.35, _small),
    (0.3, _turned),
    (0.3, _moved),
    (0.3, _unfocused),
    (0.35, _exposed),
    (0.3, _lit_from_one_side),
    (0.3, _noisy),
    (0.25, _hidden),
)
