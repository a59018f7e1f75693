"""A face to a template: align by five points, then dlib's ResNet. Templates never show in a log.

The places of the points decide more than the weights: with a tighter crop the same network all but fails.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadSample
from hotspot_kiosk.inference.port import DetectedFace, Model, check_pixels
from hotspot_kiosk.terms import FaceTemplate

NAME = "dlib-face-resnet-v1"  # in the manifest, and in every template that kiosks and hub make
CHIP = 150
MEAN = np.array([122.782, 117.001, 104.298], np.float32)
SPREAD = 256.0
# Where CenterFace's points come to lie in the chip: eyes, nose tip, corners of the mouth.
PLACES = np.array([[47.7, 47.1], [100.3, 47.1], [74.1, 77.1], [52.5, 108.0], [96.1, 107.8]], np.float64)
# Points closer together than this (root mean square, in pixels) are no face.
LEAST_SPREAD = 1.0
NO_FACE = "the face is too small, or its eyes, nose and mouth were not found"


class FaceEncoder:
    """Makes templates with a face network. Templates carry the model's name and compare within it only."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def encode(self, pixels: NDArray[np.uint8], face: DetectedFace) -> FaceTemplate:
        """The template, float32 (128,), of one face in an RGB picture, uint8 (height, width, 3).

        Raises BadSample if the picture is not RGB or the five points do not make a face.
        """
        chip = align(pixels, face.landmarks)
        values = (chip.astype(np.float32) - MEAN) / SPREAD
        vector = self._model.run(np.ascontiguousarray(values.transpose(2, 0, 1)[None]))[0][0]
        return FaceTemplate(self._model.name, vector)


def align(
    pixels: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    side: int = CHIP,
    places: NDArray[np.float64] = PLACES,
) -> NDArray[np.uint8]:
    """The face turned upright and scaled, uint8 (side, side, 3); outside the picture it is black.

    places: where the five points shall come to lie, (5, 2), in pixels of the result. A picture much larger than the chip is shrunk by averaging first, so that nothing aliases.
    Raises BadSample if the picture is not RGB or the points do not make a face.
    """
    check_pixels(pixels)
    warp = similarity(landmarks, places)
    times = int(1 / max(float(np.hypot(warp[0, 0], warp[1, 0])), 1 / min(pixels.shape[:2])))
    if times > 1:
        pixels, warp = _shrunk(pixels, warp, times)
    return np.asarray(cv2.warpAffine(pixels, warp, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def similarity(source: NDArray[np.float32], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 2 x 3 matrix of turn, scale and shift that brings `source` (n, 2) closest to `target` (n, 2).

    Least squares (Umeyama, 1991) without mirroring. Raises BadSample if the points fall together.
    """
    if not np.isfinite(source).all():
        raise BadSample(NO_FACE)
    points, wanted = (each[:, 0] + 1j * each[:, 1] for each in (source.astype(np.float64), target))
    centre, goal = points.mean(), wanted.mean()
    spread = float(np.mean(np.abs(points - centre) ** 2))
    if spread < LEAST_SPREAD**2:
        raise BadSample(NO_FACE)
    turn = np.mean(np.conj(points - centre) * (wanted - goal)) / spread
    shift = goal - turn * centre
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _shrunk(
    pixels: NDArray[np.uint8], warp: NDArray[np.float64], times: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The picture `times` smaller (blocks averaged, a rest at the border dropped), and the warp for it."""
    columns, rows = pixels.shape[1] // times, pixels.shape[0] // times
    whole = pixels[: rows * times, : columns * times]
    small = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    centre = (times - 1) / 2
    back = np.array([[times, 0, centre], [0, times, centre], [0, 0, 1]], np.float64)
    return np.asarray(small, np.uint8), warp @ back
