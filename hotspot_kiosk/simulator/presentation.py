"""Drawn presentations to a camera: a person, a print and a screen, made from a free portrait. All synthetic.

They show that the cues of `inference.pad` answer what they are made for. They are no attacks of anybody: no rate
measured on them says anything about real prints, screens or masks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Light = NDArray[np.float64]
WIDTH, HEIGHT = 640, 480
BONA_FIDE, PRINT, SCREEN = "bona_fide", "print", "screen"
SPECIES = (PRINT, SCREEN)
NEAR, FAR, SHINING = 0.35, 0.06, 0.01  # how much brighter under the panel's full light
SWAY = 5.0  # pixels from one picture to the next


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, uint8 (480, 640, 3), and the panel's light then, 0 to 1."""

    pixels: Pixels = field(repr=False)
    light: float


def presentation(
    portrait: Pixels, oval: tuple[float, float, float, float], kind: str, seed: int, count: int = 12
) -> Iterator[Shot]:
    """`count` pictures of one presentation; one seed always gives the same.

    portrait: RGB, uint8; oval: centre and half axes of the head in it (x, y, across, down), in pixels.
    """
    chance = np.random.default_rng(seed)
    room, face = _texture(chance, WIDTH, HEIGHT), _head(portrait, oval)
    card = _card(face, chance) if kind != BONA_FIDE else None
    where = np.array([WIDTH / 2, HEIGHT / 2 + 10]) + chance.uniform(-20, 20, 2)
    lights = chance.permutation(np.arange(count) % 2).astype(float)
    for light in lights:
        where = where + chance.normal(0, SWAY, 2)
        if card is None:
            frame = _laid(room * (1 + FAR * light), *_scaled(face, 1 + NEAR * light), where)
        else:
            frame = _laid(room * (1 + FAR * light), _shown(card, kind, light, chance), _ones(card), where)
        yield Shot(_camera(frame, chance), float(light))


def _head(portrait: Pixels, oval: tuple[float, float, float, float]) -> tuple[Light, Light]:
    """The head, 250 pixels high, and how much of each pixel belongs to it."""
    x, y, across, down = oval
    factor = 125 / down
    size = (round(2 * across * factor), 250)
    warp = np.array([[factor, 0, size[0] / 2 - factor * x], [0, factor, 125 - factor * y]])
    picture = cv2.warpAffine(portrait, warp, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    rows, columns = np.mgrid[-1:1:250j, -1 : 1 : size[0] * 1j]
    share = np.clip((1 - np.hypot(rows, columns)) / 0.06, 0, 1)
    return picture.astype(np.float64), share[..., None]


def _card(face: tuple[Light, Light], chance: np.random.Generator) -> Light:
    """A flat picture of the head before a background of its own."""
    high, wide = face[0].shape[0] + 90, face[0].shape[1] + 230
    return _laid(_texture(chance, wide, high), *face, np.array([wide / 2, high / 2]))


def _shown(card: Light, kind: str, light: float, chance: np.random.Generator) -> Light:
    """The card as printed dots that answer the light, or as a screen that shines and mirrors the lamp."""
    rows, columns = np.mgrid[0 : card.shape[0], 0 : card.shape[1]]
    if kind == PRINT:
        pitch = chance.uniform(3.2, 5.0)
        dots = np.cos(2 * np.pi * columns / pitch) * np.cos(2 * np.pi * rows / pitch)
        return np.asarray(card * (1 + NEAR * light) * (1 + 0.18 * dots[..., None]) * 0.9)
    pitch, tilt = chance.uniform(2.2, 3.2), chance.uniform(0.1, 0.5)
    grid = 1 + 0.12 * np.cos(2 * np.pi * (columns + tilt * rows) / pitch)
    lamp = np.hypot(columns - card.shape[1] * 0.45, rows - card.shape[0] * 0.4) < 30
    return np.asarray(card * grid[..., None] * (1 + SHINING * light) + 255.0 * light * lamp[..., None])


def _laid(ground: Light, picture: Light, share: Light, centre: NDArray[np.float64]) -> Light:
    """A picture over another, its middle at `centre` (x, y), to parts of a pixel; what reaches over is lost."""
    left, top = centre - np.array([picture.shape[1], picture.shape[0]]) / 2
    warp = np.array([[1, 0, left], [0, 1, top]])
    size = (ground.shape[1], ground.shape[0])
    over, part = (cv2.warpAffine(each, warp, size, flags=cv2.INTER_LINEAR) for each in (picture, share))
    part = part if part.ndim == 3 else part[..., None]
    return np.asarray(ground * (1 - part) + over * part, np.float64)


def _scaled(face: tuple[Light, Light], gain: float) -> tuple[Light, Light]:
    return face[0] * gain, face[1]


def _ones(card: Light) -> Light:
    return np.ones((*card.shape[:2], 1))


def _texture(chance: np.random.Generator, width: int, height: int) -> Light:
    """A wall with something on it."""
    grain = chance.normal(0, 1, (height, width, 1))
    soft = np.asarray(cv2.GaussianBlur(grain, (0, 0), 6))[..., None]
    return np.asarray(130 + 25 * soft / soft.std() + np.zeros((1, 1, 3)), np.float64)


def _camera(light: Light, chance: np.random.Generator) -> Pixels:
    """A lens that is not quite sharp, and a sensor with noise."""
    soft = np.asarray(cv2.GaussianBlur(light, (0, 0), 0.6), np.float64)
    return np.clip(np.rint(soft + chance.normal(0, 2.0, soft.shape)), 0, 255).astype(np.uint8)
