"""Native dlib as a peer for faces: the bench's side, and the process it asks (this file, run).

It is told which face by our detector's box; box, points, chip and template are dlib's own. Our box alone would
wrong it: its points were trained on its own detector's boxes, which are square.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.bench.peers.pipe import Child, needed, serve

NAME = "native dlib"
POINTS, NETWORK = "shape_predictor_5_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat"
PICTURE = struct.Struct("<HH4i")
Box = tuple[float, float, float, float]


class Dlib:
    """Templates from the process."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def template(self, pixels: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
        """(128,) of the face that this box (left, top, right, bottom) of an RGB picture shows."""
        height, width = pixels.shape[:2]
        head = PICTURE.pack(width, height, *(round(value) for value in box))
        told = self._child.ask(head + np.ascontiguousarray(pixels).tobytes())
        return np.frombuffer(told, np.float32)


def start(folder: Path) -> Child:
    """The process. Raises ModelError with the reason if a part of it is not there."""
    needed(folder, "dlib", ("dlib", POINTS, NETWORK))
    files = [str(folder / POINTS), str(folder / NETWORK)]
    return Child("hotspot_kiosk.bench.peers.dlib_face", files, folder / "dlib")


def answering(points: str, network: str) -> Callable[[bytes], bytes]:
    """Answers of dlib with these two models."""
    import dlib  # noqa: PLC0415 (only in the process that has it)

    detector = dlib.get_frontal_face_detector()
    predictor, encoder = dlib.shape_predictor(points), dlib.face_recognition_model_v1(network)

    def square(pixels: NDArray[np.uint8], box: list[int]) -> Any:
        """Its own detector's largest box about the middle of ours; where it finds none, ours made square."""
        x, y = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2
        found = [one for one in detector(pixels, 1) if one.contains(x, y)]
        half, down = (box[2] - box[0]) // 2, (box[3] - box[1]) // 12
        return max(
            found,
            key=lambda one: one.area(),
            default=dlib.rectangle(x - half, y + down - half, x + half, y + down + half),
        )

    def answer(question: bytes) -> bytes:
        width, height, *box = PICTURE.unpack_from(question)
        pixels = np.frombuffer(question[PICTURE.size :], np.uint8).reshape(height, width, 3)
        shape = predictor(pixels, square(pixels, box))
        return np.array(encoder.compute_face_descriptor(pixels, shape), np.float32).tobytes()

    return answer


if __name__ == "__main__":
    serve(answering(*sys.argv[1:3]))
