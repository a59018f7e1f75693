"""Faces in a picture: boxes and five points, by CenterFace. It says where faces are, never whose.

CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019) marks, on a
grid of 4 x 4 px cells, how face-like each cell is, and for each cell the size and points of its face.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.port import DetectedFace, Model, check_pixels

CELL = 4
MULTIPLE = 32
MOST_CANDIDATES = 400
POINTS = 5
# The logarithm of a face's side in cells: nothing larger than e^8 = 3,000 cells is a face.
LARGEST_LOG = 8.0


class FaceDetector:
    """Finds faces with a CenterFace model.

    `threshold` is the least score of a face; of two boxes overlapping by more than `overlap` (intersection over
    union) the better one is kept.
    """

    def __init__(self, model: Model, threshold: float = 0.35, overlap: float = 0.3) -> None:
        self._model = model
        self._threshold = threshold
        self._overlap = overlap

    def detect(self, pixels: NDArray[np.uint8], long_side: int = 640) -> tuple[DetectedFace, ...]:
        """The faces in an RGB picture, uint8 (height, width, 3), largest first; none gives ().

        A picture longer than `long_side` is shrunk to it, none is enlarged; it is set into the upper left of a
        black canvas whose sides are multiples of 32, so that nothing is stretched, whatever its shape.
        Raises BadSample for anything but an RGB picture.
        """
        check_pixels(pixels)
        canvas, scale = _canvas(pixels, long_side)
        maps = self._model.run(_planes(canvas))
        faces = _decode(maps, self._threshold)
        kept = _suppress(faces, self._overlap)
        found = (_face(row, scale, pixels.shape[1], pixels.shape[0]) for row in faces[kept])
        return tuple(sorted(found, key=lambda face: face.width * face.height, reverse=True))


def _canvas(pixels: NDArray[np.uint8], long_side: int) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """The scaled picture on its canvas, and its scale across and down."""
    height, width = pixels.shape[:2]
    factor = min(1.0, long_side / max(height, width))
    columns, rows = max(1, round(width * factor)), max(1, round(height * factor))
    scaled = pixels if factor == 1 else cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((_rounded_up(rows), _rounded_up(columns), 3), np.uint8)
    canvas[:rows, :columns] = scaled
    return canvas, (columns / width, rows / height)


def _rounded_up(side: int) -> int:
    return -(-side // MULTIPLE) * MULTIPLE


def _planes(canvas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """As the model wants it: float32 (1, 3, height, width), 0 to 255."""
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], np.float32)


def _decode(maps: list[NDArray[np.float32]], threshold: float) -> NDArray[np.float32]:
    """Rows of score, box (4) and points (10), in pixels of the canvas, best first."""
    heat, size, offset, points = (each[0] for each in maps)
    rows, columns = np.nonzero(heat[0] > threshold)
    scores = heat[0, rows, columns]
    best = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    rows, columns, scores = rows[best], columns[best], scores[best]
    height, width = np.exp(np.minimum(size[:, rows, columns], LARGEST_LOG)) * CELL
    top = (rows + offset[0, rows, columns] + 0.5) * CELL - height / 2
    left = (columns + offset[1, rows, columns] + 0.5) * CELL - width / 2
    down, right = points[0::2, rows, columns] * height + top, points[1::2, rows, columns] * width + left
    places = np.stack([right, down], axis=1).reshape(2 * POINTS, -1)
    table = np.vstack([scores, left, top, left + width, top + height, places])
    return np.ascontiguousarray(table.T, np.float32)


def _suppress(faces: NDArray[np.float32], overlap: float) -> list[int]:
    """Indices of the faces to keep: each the best of those it overlaps (rows come best first)."""
    kept: list[int] = []
    left = np.arange(len(faces))
    while left.size:
        first, left = left[0], left[1:]
        kept.append(int(first))
        left = left[_shared(faces[first, 1:5], faces[left, 1:5]) <= overlap]
    return kept


def _shared(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box with many."""
    least, most = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.prod(np.clip(most - least, 0, None), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - common
    return np.asarray(common / np.maximum(union, np.finfo(np.float32).tiny), np.float32)


def _face(row: NDArray[np.float32], scale: tuple[float, float], width: int, height: int) -> DetectedFace:
    """From the canvas back to the picture; the box is cut at the picture's border, the points are not."""
    across, down = scale
    left, right = np.clip(row[[1, 3]] / across, 0, width)
    top, bottom = np.clip(row[[2, 4]] / down, 0, height)
    landmarks = np.asarray(row[5:].reshape(POINTS, 2) / np.array([across, down]), np.float32)
    return DetectedFace((float(left), float(top), float(right), float(bottom)), float(row[0]), landmarks)
