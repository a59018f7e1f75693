"""One touch of a synthetic finger on a sensor: pose, skin distortion, pressure, moisture, contact, grey.

Skin slides as in Cappelli, Maio & Maltoni 2001. It may not alter the finger: two touches of one
`Master` differ only in how the finger was put down.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit

from hotspot_kiosk.simulator.finger_field import WIDTH
from hotspot_kiosk.simulator.finger_master import Master
from hotspot_kiosk.simulator.finger_noise import Floats, Stream, smooth_noise, stream


@dataclass(frozen=True, slots=True)
class Window:
    """What a sensor sees: pixels at 500 ppi and how many grey levels.

    reach: by how many pixels (standard deviation) the finger misses the window's middle.
    """

    width: int
    height: int
    levels: int
    reach: float

    def __post_init__(self) -> None:
        if not (32 <= self.width <= 1024 and 32 <= self.height <= 1024):
            raise ValueError(f"a window must be 32 to 1024 pixels a side, got {self.width}x{self.height}")
        if not 2 <= self.levels <= 256:
            raise ValueError(f"a window needs 2 to 256 grey levels, got {self.levels}")
        if not 0 <= self.reach <= 200:
            raise ValueError(f"a window's reach must be 0 to 200 pixels, got {self.reach}")


FULL = Window(388, 374, 256, 28.0)
R305 = Window(256, 288, 16, 18.0)
R503 = Window(192, 192, 16, 12.0)


@dataclass(frozen=True, slots=True)
class Touch:
    """How one touch goes. `draw_touch` draws one; a test sets the values it cares for.

    shift: px, x and y. angle: degrees. push: px the skin is dragged, x and y. twist: degrees the skin is
    twisted. pressure: 0 a feather touch, 1 hard. moisture: -1 dry (broken ridges) to +1 wet (filled
    valleys). contact: share of the pad's width and height that touches. tilt: px the contact lies off the
    pad's middle, x and y. noise: 0 clean, 1 dirty.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    push: tuple[float, float] = (0.0, 0.0)
    twist: float = 0.0
    pressure: float = 0.5
    moisture: float = 0.0
    contact: float = 1.0
    tilt: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.5

    def __post_init__(self) -> None:
        for each in fields(self):
            if not np.all(np.isfinite(getattr(self, each.name))):
                raise ValueError(f"a touch's {each.name} must be finite")
        _in_range("pressure", self.pressure, 0, 1)
        _in_range("moisture", self.moisture, -1, 1)
        _in_range("contact", self.contact, 0.1, 2)
        _in_range("noise", self.noise, 0, 5)


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"a touch's {name} must be {low} to {high}, got {value}")


def draw_touch(finger: Master, seed: int, window: Window) -> Touch:
    """The touch that `impression` makes of this seed (>= 0)."""
    rng = stream(2, finger.person, finger.finger, _seed(seed))
    return Touch(
        shift=_pair(rng, window.reach),
        angle=rng.normal(0, 10),
        push=_pair(rng, 6),
        twist=rng.normal(0, 4),
        pressure=min(max(rng.normal(0.5, 0.2), 0.05), 0.95),
        moisture=min(max(rng.normal(0, 0.45), -1), 1),
        contact=min(max(1.06 - abs(rng.normal(0, 0.11)), 0.7), 1.1),
        tilt=_pair(rng, 18),
        noise=min(max(rng.normal(0.5, 0.25), 0.1), 1),
    )


def _pair(rng: Stream, spread: float) -> tuple[float, float]:
    return rng.normal(0, spread), rng.normal(0, spread)


def _seed(seed: int) -> int:
    if seed < 0:
        raise ValueError(f"a seed must be 0 or more, got {seed}")
    return seed


def impression(finger: Master, seed: int, window: Window, touch: Touch | None = None) -> NDArray[np.uint8]:
    """One picture from the sensor, uint8 (height, width): dark ridges on white.

    Grey values are the window's levels spread over 0..255 (16 levels: multiples of 17). Without a touch,
    `draw_touch` draws it from the seed. Raises ValueError for a negative seed.
    """
    how = touch or draw_touch(finger, seed, window)
    rng = stream(3, finger.person, finger.finger, _seed(seed))
    x, y = _skin(rng, how, window)
    grey = _sense(rng, finger, how, x, y)
    step = 255 / (window.levels - 1)
    return (np.round(np.clip(grey, 0, 255) / step) * step).astype(np.uint8)


def _skin(rng: Stream, touch: Touch, window: Window) -> tuple[Floats, Floats]:
    """Where on the finger each pixel lies: x and y from the pad's middle, px."""
    ys, xs = np.mgrid[0 : window.height, 0 : window.width].astype(np.float32)
    xs -= window.width / 2 + touch.shift[0]
    ys -= window.height / 2 + touch.shift[1]
    turn = np.deg2rad(touch.angle)
    x, y = np.cos(turn) * xs + np.sin(turn) * ys, np.cos(turn) * ys - np.sin(turn) * xs
    slip = _slip(x, y)
    twist = np.deg2rad(touch.twist) * slip
    x, y = x + touch.push[0] * slip + twist * y, y + touch.push[1] * slip - twist * x
    shape = (window.height, window.width)
    return x + 1.2 * smooth_noise(rng, shape, 40), y + 1.2 * smooth_noise(rng, shape, 40)


def _slip(x: Floats, y: Floats) -> Floats:
    """0 where the skin sticks to the glass, 1 where it slides."""
    far = np.sqrt((x / 60) ** 2 + (y / 75) ** 2)
    slip: Floats = 0.5 - 0.5 * np.cos(np.pi * np.clip((far - 0.7) / 1.6, 0, 1))
    return slip


def _contact(rng: Stream, finger: Master, touch: Touch, x: Floats, y: Floats) -> Floats:
    """1 deep inside the touching area, 0 at its edge, below 0 outside."""
    x, y = x - touch.tilt[0], y - touch.tilt[1]
    grown = touch.contact * (0.9 + 0.2 * touch.pressure)
    across, up, down = finger.half_width * grown, 182 * grown, 220 * grown
    tip = np.abs(x / across) ** 2.3 + np.abs(y / up) ** 2.3
    base = np.abs(x / across) ** 2.8 + np.abs(y / down) ** 2.8
    rough = 0.06 * smooth_noise(rng, _shape(x), 24) + 0.03 * smooth_noise(rng, _shape(x), 5)
    contact: Floats = 1 - np.where(y < 0, tip, base) + rough
    return contact


def _sense(rng: Stream, finger: Master, touch: Touch, x: Floats, y: Floats) -> Floats:
    """Grey, 0 dark to 255 white, not yet rounded to the sensor's levels."""
    at = [y + 0.5 * finger.core[1] + 0.5 * 265, x + WIDTH / 2]
    wave = ndimage.map_coordinates(finger.wave, at, order=3, prefilter=False, mode="constant", cval=-1)
    crease = ndimage.map_coordinates(finger.creases, at, order=1, mode="constant")
    contact = _contact(rng, finger, touch, x, y)
    bias = _bias(rng, touch, contact) - 3.0 * crease
    ink = _ink(rng, touch, wave, bias)
    ink *= expit((contact + 0.05 * smooth_noise(rng, _shape(x), 1.5)) / 0.03)
    dark = 0.86 + 0.10 * smooth_noise(rng, _shape(x), 30) + 0.25 * (touch.pressure - 0.5)
    blurred = ndimage.gaussian_filter(ink * np.clip(dark, 0.45, 1.0), 0.6)
    grey: Floats = 253 - 240 * blurred + rng.normal(0, 1.5, _shape(x))
    return grey


def _bias(rng: Stream, touch: Touch, contact: Floats) -> Floats:
    """How much a pixel leans to ridge (+) or valley (-): pressure, moisture, and less near the edge."""
    weight = np.clip(contact * 2.2, -1, 1)
    bias: Floats = 1.1 * (touch.pressure - 0.5) + 0.45 * touch.moisture + 0.35 * (weight - 0.7)
    return bias + 0.28 * smooth_noise(rng, _shape(contact), 26)


def _ink(rng: Stream, touch: Touch, wave: Floats, bias: Floats) -> Floats:
    """0 white to 1 dark: ridges that touch, broken by dryness, dotted with pores."""
    dry = 0.5 * (1 - touch.moisture)
    grain = (0.10 + 0.40 * dry) * (0.4 + touch.noise) * smooth_noise(rng, _shape(wave), 1.1)
    pores = 1.6 * np.clip(smooth_noise(rng, _shape(wave), 1.3) - 1.5, 0, 1) * (wave > 0.2)
    ink: Floats = expit((wave + bias + grain - pores) / 0.22)
    return ink


def _shape(pixels: Floats) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]
