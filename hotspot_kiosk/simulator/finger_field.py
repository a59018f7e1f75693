"""Where the ridges of a synthetic finger run: their direction and their distance, over the whole pad.

The direction is a zero-pole field (Sherlock & Monro 1993), closed over the finger by the mirrored and
the two outer singular points of a quadratic differential (Huckemann, Hotz & Munk 2008), each singular
angle bent piecewise linearly (Vizcaya & Gerhardt 1996), and stretched along the finger.
It may not draw ridges: `finger_growth` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.simulator.finger_noise import Floats, Stream, smooth_noise

WIDTH, HEIGHT = 384, 512  # the pad, in pixels at 500 ppi (19.5 x 26 mm)
STEP = 2  # the field and the growing ridges live on a grid this much coarser
CREASE_Y = 496.0  # image row of the joint crease, where ridges lie flat

Plane = NDArray[np.complex128]


class Pattern(StrEnum):
    """The five classes of a fingerprint (Henry)."""

    ARCH = "arch"
    TENTED = "tented"
    LEFT = "left"
    RIGHT = "right"
    WHORL = "whorl"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Ridges as a field over the grid (HEIGHT // STEP, WIDTH // STEP).

    direction: radians, y up. period: pixels from ridge to ridge at 500 ppi. core: image x, y in
    pixels of the upper loop, or of the arch's top.
    """

    direction: Floats = field(repr=False)
    period: Floats = field(repr=False)
    core: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Points:
    """Singular points, in pixels from the middle of the crease, y up; the upper loop comes first."""

    loops: tuple[complex, ...] = ()
    deltas: tuple[complex, ...] = ()

    @property
    def core(self) -> complex:
        """The upper loop; without one, the place where an arch is highest."""
        return self.loops[0] if self.loops else complex(0, 290)

    def stretched(self, factor: float) -> _Points:
        """The same points with x multiplied by `factor`."""
        return _Points(
            tuple(complex(p.real * factor, p.imag) for p in self.loops),
            tuple(complex(p.real * factor, p.imag) for p in self.deltas),
        )


def draw_field(rng: Stream, pattern: Pattern) -> Field:
    """Draw a finger's field of the given class."""
    points = _draw_points(rng, pattern)
    xs, ys = np.meshgrid(np.arange(0, WIDTH, STEP), np.arange(0, HEIGHT, STEP))
    z = (xs - WIDTH / 2) + 1j * (CREASE_Y - ys)
    direction = _direction(rng, z, points, pattern)
    core = points.core
    period = _period(rng, z, core)
    return Field(direction, period, (core.real + WIDTH / 2, CREASE_Y - core.imag))


def _draw_points(rng: Stream, pattern: Pattern) -> _Points:
    core = complex(rng.normal(0, 10), rng.normal(275, 14))
    side, drop = rng.uniform(72, 118), rng.uniform(85, 135)
    if pattern is Pattern.ARCH:
        return _Points()
    if pattern is Pattern.TENTED:
        return _Points((core,), (core - complex(rng.normal(0, 5), rng.uniform(60, 95)),))
    if pattern is Pattern.WHORL:
        lower = core + complex(rng.normal(0, 14), -rng.uniform(18, 62))
        other = rng.uniform(72, 118)
        deltas = (complex(side, -drop), complex(-other, -drop + rng.normal(0, 16)))
        return _Points((core, lower), (core + deltas[0], core + deltas[1]))
    sign = 1 if pattern is Pattern.LEFT else -1  # a left loop has its delta on the right
    return _Points((core,), (core + complex(sign * side, -drop),))


def _direction(rng: Stream, z: Plane, points: _Points, pattern: Pattern) -> Floats:
    stretch = rng.uniform(1.45, 1.75)  # the pad is longer than wide
    reach = rng.uniform(170, 260)
    twice = _twice_the_angle(rng, z.real * stretch + 1j * z.imag, points.stretched(stretch), reach, pattern)
    theta: Floats = np.arctan2(stretch * np.sin(twice / 2), np.cos(twice / 2))
    if pattern is Pattern.ARCH:
        theta = theta + _arch_bump(rng, z)
    return theta + 0.10 * smooth_noise(rng, (z.shape[0], z.shape[1]), 36)


def _twice_the_angle(rng: Stream, w: Plane, points: _Points, reach: float, pattern: Pattern) -> Floats:
    """Twice the ridge direction on the stretched plane, every singular angle bent a little."""
    twice = _zero_pole(w, points, reach)
    if pattern in (Pattern.LEFT, Pattern.RIGHT):
        axis = _loop_axis(rng, pattern)
        twice = twice + _turn(w, points, reach, axis)
        axes = [axis]
    else:
        axes = [-np.pi / 2, np.pi / 2]  # the upper loop opens down, the lower one up
    for point, axis in zip(points.loops, axes, strict=False):
        twice = twice + _bend(rng, np.angle((w - point) * np.exp(-1j * axis)), narrow=0.35)
    for point in points.deltas:
        twice = twice - _bend(rng, np.angle(w - point), narrow=0)
    return twice


def _zero_pole(w: Plane, points: _Points, reach: float) -> Floats:
    """Twice the ridge direction; far away, ridges are ellipses about the two outer points at +-reach."""
    twice: Floats = np.angle(reach**2 - w**2)
    for sign, group in ((1, points.loops), (-1, points.deltas)):
        for point in group:
            twice = twice + sign * (np.angle(w - point) + np.angle(w - point.conjugate()))
    return twice


def _loop_axis(rng: Stream, pattern: Pattern) -> float:
    """The way a loop opens, radians."""
    down = float(np.deg2rad(rng.uniform(40, 65)))
    return down - np.pi if pattern is Pattern.LEFT else -down


def _turn(w: Plane, points: _Points, reach: float, axis: float) -> Floats:
    """What turns the loop to open along `axis`: the bare field lays it too flat."""
    loop = points.core
    now = _zero_pole(np.array(loop), points, reach)  # its own angle counts 0: what the others give it
    turn = np.angle(np.exp(1j * (axis - now)))
    bell: Floats = turn * np.exp(-0.5 * (np.abs(w - loop) / 120) ** 2)
    return bell


def _bend(rng: Stream, angle: Floats, narrow: float) -> Floats:
    """A piecewise linear correction over eight knots, closed around the circle; angle 0 is the opening.

    narrow > 0 lets the legs of a loop run parallel and turns its head sharply, as in skin.
    """
    knots = np.linspace(-np.pi, np.pi, 9)
    lift = rng.normal(0, 0.08, 9) - narrow * np.sin(knots)
    lift[-1] = lift[0]
    return np.interp(angle, knots, lift)


def _arch_bump(rng: Stream, z: Plane) -> Floats:
    """The wave in the middle of an arch: the slope of a bell that fades above and below."""
    high, wide, tall = rng.uniform(55, 95), rng.uniform(48, 66), rng.uniform(75, 105)
    x, y = z.real - rng.normal(0, 8), z.imag - rng.normal(215, 15)
    slope = -x / wide**2 * high * np.exp(-0.5 * (x / wide) ** 2 - 0.5 * (y / tall) ** 2)
    return np.arctan(slope)


def _period(rng: Stream, z: Plane, core: complex) -> Floats:
    """Finest at the core, wider towards the crease and at the tip."""
    base = np.clip(rng.normal(7.9, 0.5), 6.9, 9.3)
    below = np.clip((core.imag - z.imag) / 200, 0, 1)
    above = np.clip((z.imag - core.imag) / 200, 0, 1)
    wander = smooth_noise(rng, (z.shape[0], z.shape[1]), 30)
    period: Floats = base * (1 + 0.14 * below + 0.06 * above + 0.05 * wander)
    return period
