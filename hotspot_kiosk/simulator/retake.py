"""A second capture of a portrait, and a camera's frame around one. It makes no new person and no new pose.

There are no two freely usable photographs of one person, so a second capture is the same portrait as if taken
again: other crop, light, white balance, blur and noise. It is easier than life; no rate may be claimed on it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 960
WALL = np.array([176.0, 180.0, 184.0])
SHADE = 0.12
FEATHER = 0.06
MOST_TURN = 5.0
MOST_SHIFT = 0.03
MOST_ZOOM = 1.08

Pixels = NDArray[np.uint8]
Light = NDArray[np.float64]


def retake(pixels: Pixels, seed: int) -> Pixels:
    """The portrait taken again, uint8 of the same shape (height, width, 3); one seed always gives one picture."""
    chance = np.random.default_rng(seed)
    light = _relit(_moved(pixels, chance).astype(np.float64), chance)
    sharp = chance.uniform(0.4, 1.2)
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), sharp), np.float64)
    return _rounded(soft + _grain(soft, chance))


def scene(pixels: Pixels, width: int = WIDTH, height: int = HEIGHT, fill: float = 1.2) -> Pixels:
    """The portrait in a camera's frame, uint8 (height, width, 3), before a plain light wall.

    `fill` is the portrait's height over the frame's; of a portrait taller than the frame the lower part is lost.
    """
    factor = fill * height / pixels.shape[0]
    columns, rows = (max(1, round(side * factor)) for side in (pixels.shape[1], pixels.shape[0]))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    portrait = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=way), np.float64)
    frame, share = _wall(width, height), _feather(columns, rows)
    top, left = max(0, height - rows), (width - columns) // 2
    inside = slice(max(0, left), min(width, left + columns))
    cut = slice(inside.start - left, inside.stop - left)
    shown = height - top
    behind = frame[top:, inside]
    blended = behind + share[:shown, cut, None] * (portrait[:shown, cut] - behind)
    frame[top:, inside] = blended
    return _rounded(frame)


def _moved(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Turned, scaled and shifted a little; the border is continued outwards."""
    height, width = pixels.shape[:2]
    turn, zoom = chance.uniform(-MOST_TURN, MOST_TURN), chance.uniform(1.0, MOST_ZOOM)
    warp = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom), np.float64)
    warp[:, 2] += chance.uniform(-MOST_SHIFT, MOST_SHIFT, 2) * np.array([width, height])
    moved = cv2.warpAffine(
        pixels, warp, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def _relit(light: Light, chance: np.random.Generator) -> Light:
    """Other exposure, contrast, white balance, and light that falls from one side."""
    height, width = light.shape[:2]
    across, down = chance.uniform(-0.18, 0.18, 2)
    slope = 1 + across * np.linspace(-1, 1, width)[None, :] + down * np.linspace(-1, 1, height)[:, None]
    balance = chance.uniform(0.94, 1.06, 3)
    curve = chance.uniform(0.85, 1.2)
    level = chance.uniform(0.8, 1.1)
    return np.asarray(255 * level * (light / 255) ** curve * slope[:, :, None] * balance, np.float64)


def _grain(light: Light, chance: np.random.Generator) -> Light:
    """Read noise and shot noise, in grey levels."""
    amount = np.sqrt(chance.uniform(1, 4) ** 2 + 0.03 * np.clip(light, 0, 255))
    return np.asarray(amount * chance.standard_normal(light.shape), np.float64)


def _wall(width: int, height: int) -> Light:
    """A plain wall, darker towards the floor."""
    shade = 1 - SHADE * np.linspace(0, 1, height)[:, None, None]
    return np.broadcast_to(WALL * shade, (height, width, 3)).copy()


def _feather(columns: int, rows: int) -> Light:
    """1 inside the portrait, falling to 0 towards its sides and top."""
    edge = max(1.0, FEATHER * columns)
    across = np.arange(columns)
    sides = np.minimum(across, across[::-1]) / edge
    return np.clip(np.minimum(sides[None, :], np.arange(rows)[:, None] / edge), 0, 1)


def _rounded(light: Light) -> Pixels:
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)
