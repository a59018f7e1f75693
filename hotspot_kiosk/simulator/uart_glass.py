"""The glass of a simulated finger sensor: who puts a finger on it, and what the sensor sees.

A glass is a function that gives the pixels of the finger on it, or None. `FolderGlass` makes a
folder into one, so that another process can put a finger down and lift it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.errors import BadSample

Glass = Callable[[], NDArray[np.uint8] | None]


class FolderGlass:
    """The newest PNG in a folder is the finger on the glass; none means no finger.

    Raises BadSample if the newest PNG cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[str, int, int] | None = None
        self._pixels: NDArray[np.uint8] | None = None

    def __call__(self) -> NDArray[np.uint8] | None:
        """Pixels uint8 (height, width), or None."""
        newest = self._newest()
        if newest is None:
            self._seen = self._pixels = None
        elif newest != self._seen:
            self._pixels = _read(self._folder / newest[0])
            self._seen = newest
        return self._pixels

    def _newest(self) -> tuple[str, int, int] | None:
        try:
            with os.scandir(self._folder) as entries:
                files = [
                    (entry.stat().st_mtime_ns, entry.name, entry.inode())
                    for entry in entries
                    if entry.name.endswith(".png") and not entry.name.startswith(".")
                ]
        except FileNotFoundError:  # lifted while we looked
            return None
        if not files:
            return None
        moment, name, inode = max(files)
        return name, moment, inode


def place_finger(folder: Path, pixels: NDArray[np.uint8]) -> Path:
    """Put a finger (uint8, height x width) on a folder's glass; lifts any other finger first.

    A host that waits for the glass to be free must be given time to see it free: lift, wait, place.
    """
    lift_finger(folder)
    fresh = folder / ".finger.tmp"
    Image.fromarray(pixels).save(fresh, format="PNG")
    return fresh.replace(folder / "finger.png")


def lift_finger(folder: Path) -> None:
    """Take every finger off a folder's glass."""
    for file in folder.glob("*.png"):
        file.unlink(missing_ok=True)


def pack(pixels: NDArray[np.uint8], width: int, height: int) -> bytes:
    """As the sensor sends it: 16 grey levels, two pixels a byte, the left one in the high half.

    Raises BadSample if the picture does not have the sensor's size.
    """
    if pixels.shape != (height, width):
        raise BadSample(
            f"the finger on the glass is {'x'.join(map(str, pixels.shape[::-1]))} pixels,"
            f" the sensor is {width}x{height}"
        )
    nibbles = (pixels >> 4).astype(np.uint8)
    packed: NDArray[np.uint8] = np.bitwise_or(nibbles[:, 0::2] << 4, nibbles[:, 1::2], dtype=np.uint8)
    return packed.tobytes()


def _read(file: Path) -> NDArray[np.uint8] | None:
    try:
        with Image.open(file) as image:
            return np.asarray(image.convert("L"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, SyntaxError) as error:
        raise BadSample(f"the finger picture {file.name} cannot be read") from error
