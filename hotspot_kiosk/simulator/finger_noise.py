"""Seeded randomness for synthetic fingers: a stream that never changes, and smooth noise drawn from it.

It may not read the clock or the system's own randomness: same words, same finger.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.floating[Any]]
Stream = np.random.RandomState


def stream(*words: int) -> Stream:
    """A random stream for these words (each >= 0). RandomState, because its streams are frozen for ever."""
    return Stream(np.random.MT19937(np.random.SeedSequence(words)))


def smooth_noise(rng: Stream, shape: tuple[int, int], scale: float) -> Floats:
    """Gaussian noise (float32) of unit variance, correlated over about `scale` pixels.

    Drawn on a coarser grid where the scale allows it, then interpolated.
    """
    step = max(1, int(scale / 2))
    small: Floats = rng.standard_normal((shape[0] // step + 4, shape[1] // step + 4)).astype(np.float32)
    small = ndimage.gaussian_filter(small, scale / step)
    small /= small.std()
    if step == 1:
        return small[: shape[0], : shape[1]]
    return _stretch(_stretch(small, shape[0], step, axis=0), shape[1], step, axis=1)


def _stretch(coarse: Floats, size: int, step: int, axis: int) -> Floats:
    """Linear interpolation along one axis to `size` points, `step` times as dense."""
    at = np.arange(size) / step + 1
    low = at.astype(int)
    part: Floats = np.expand_dims((at - low).astype(np.float32), 1 - axis)
    dense: Floats = coarse.take(low, axis) * (1 - part) + coarse.take(low + 1, axis) * part
    return dense
