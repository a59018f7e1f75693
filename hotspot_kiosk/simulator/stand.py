"""Where a simulated person stands: before a folder camera that runs all the time, and at a sensor's glass."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.simulator.retake import HEIGHT, WALL, WIDTH

Pixels = NDArray[np.uint8]
FRAME_S = 0.05  # twenty pictures a second; a folder camera looks no oftener
EMPTY: Pixels = np.broadcast_to(WALL, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def encoded(pixels: Pixels) -> bytes:
    """An RGB picture as a camera's file."""
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return jpeg.tobytes()


class View:
    """What a folder camera sees: one of some pictures after another, an empty room where nobody stands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = (encoded(EMPTY),)
        self._shown: Sequence[bytes] = self._empty
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="view")

    def start(self) -> None:
        """The camera runs."""
        self._thread.start()

    def close(self) -> None:
        """It stops, and nothing of what it saw stays."""
        self._stop.set()
        self._thread.join()
        for file in self._folder.glob("*.jpg"):
            file.unlink(missing_ok=True)

    def show(self, frames: Sequence[bytes] = ()) -> None:
        """Somebody stands there, or nobody."""
        self._shown = frames or self._empty

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(FRAME_S):
            number += 1
            hidden = self._folder / ".view.tmp"
            shown = self._shown
            hidden.write_bytes(shown[number % len(shown)])
            hidden.replace(self._folder / f"view-{number % 2}.jpg")


class Fingertip:
    """A sensor's glass (`uart_glass.Glass`) that knows when the sensor first saw each finger laid on it."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self._pixels: Pixels | None = None
        self._fresh = False

    def __call__(self) -> Pixels | None:
        """Pixels uint8 (height, width), or None; called by the sensor."""
        if self._pixels is not None and self._fresh:
            self._fresh = False
            self.seen.append(time.monotonic())
        return self._pixels

    @property
    def covered(self) -> bool:
        """Whether a finger lies there."""
        return self._pixels is not None

    def place(self, pixels: Pixels) -> None:
        """Lay a finger on it."""
        self._fresh, self._pixels = True, pixels

    def lift(self) -> None:
        """Take it away."""
        self._pixels = None
