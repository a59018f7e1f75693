"""A synthetic finger that belongs to nobody: same person and finger number, same ridges.

For a demonstration and for tests. It may not be used to measure how well a comparator works on people:
error rates found on these fingers say nothing about real ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hotspot_kiosk.simulator.finger_field import HEIGHT, WIDTH, Pattern, draw_field
from hotspot_kiosk.simulator.finger_growth import grow
from hotspot_kiosk.simulator.finger_noise import Stream, stream

# Chances (%) of an ulnar loop, radial loop, whorl, arch, tented arch; thumb to little finger.
# Rounded from memory of published counts: enough for a demonstration, not a statistic.
CHANCES = ((56, 1, 39, 3, 1), (36, 20, 31, 9, 4), (70, 4, 17, 6, 3), (60, 1, 36, 2, 1), (84, 1, 13, 1, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Master:
    """The finger itself, on a plane of (HEIGHT, WIDTH) pixels at 500 ppi.

    finger: 1..5 right thumb to little, 6..10 left. wave: float32 cubic spline coefficients of a wave,
    about +1 on a ridge and -1 in a valley. creases: float32 0..1, where scars and wrinkles part the
    ridges. core: image x, y of the upper loop, or of the arch's top. half_width: of the widest contact, px.
    """

    person: int
    finger: int
    pattern: Pattern
    wave: NDArray[np.float32] = field(repr=False)
    creases: NDArray[np.float32] = field(repr=False)
    core: tuple[float, float]
    half_width: float


def master(person: int, finger: int, pattern: str | None = None) -> Master:
    """The finger (1..10) of a person (any number >= 0), of a given class or a drawn one. About 0.3 s.

    Raises ValueError for a number or a class that does not exist.
    """
    if person < 0:
        raise ValueError(f"a person's number must be 0 or more, got {person}")
    if not 1 <= finger <= 10:
        raise ValueError(f"a finger must be 1 (right thumb) to 10 (left little), got {finger}")
    if pattern is not None and pattern not in set(Pattern):
        raise ValueError(f"a pattern must be one of {', '.join(Pattern)}; got {pattern!r}")
    rng = stream(1, person, finger)
    drawn = draw_pattern(rng, finger)
    kind = drawn if pattern is None else Pattern(pattern)
    ridges = draw_field(rng, kind)
    wave = ndimage.spline_filter(grow(rng, ridges), order=3, output=np.float32, mode="mirror")
    return Master(person, finger, kind, wave, _creases(rng), ridges.core, rng.uniform(108, 134))


def draw_pattern(rng: Stream, finger: int) -> Pattern:
    """A class as often as people have it on this finger (1..10)."""
    chances = np.array(CHANCES[(finger - 1) % 5], float)
    right_hand = finger <= 5
    ulnar = Pattern.RIGHT if right_hand else Pattern.LEFT
    radial = Pattern.LEFT if right_hand else Pattern.RIGHT
    kinds = (ulnar, radial, Pattern.WHORL, Pattern.ARCH, Pattern.TENTED)
    return kinds[rng.choice(5, p=chances / chances.sum())]


def _creases(rng: Stream) -> NDArray[np.float32]:
    """A few thin white lines that stay with the finger."""
    lines = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(rng.poisson(2.0)):
        _scratch(rng, lines)
    soft: NDArray[np.float32] = np.clip(ndimage.gaussian_filter(lines, 1.3) * 3.2, 0, 1)
    return soft


def _scratch(rng: Stream, lines: NDArray[np.float32]) -> None:
    """Draw one wandering line into `lines`, strongest in its middle."""
    x, y = rng.uniform(70, WIDTH - 70), rng.uniform(120, HEIGHT - 80)
    angle = rng.uniform(-0.6, 0.6) + (np.pi / 2 if rng.random_sample() < 0.2 else 0)
    bend = rng.normal(0, 0.004)
    length, strength = rng.uniform(40, 150), rng.uniform(0.4, 1.0)
    t = np.arange(0, length, 0.5)
    heading = angle + bend * t + 0.035 * np.cumsum(rng.standard_normal(len(t)))
    px, py = x + np.cumsum(np.cos(heading)) * 0.5, y + np.cumsum(np.sin(heading)) * 0.5
    keep = (px >= 0) & (px < WIDTH) & (py >= 0) & (py < HEIGHT)
    fade = np.sin(np.pi * t / length)[keep] * strength
    np.maximum.at(lines, (py[keep].astype(int), px[keep].astype(int)), fade.astype(np.float32))
