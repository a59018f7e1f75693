"""A simulated capture subject: a freely usable portrait, and fingers that belong to nobody.

It stands at the far end of the wire: it shows its face to a folder camera and puts fingers on the
glass of a simulated sensor when it is told to, as a person would.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.finger_touch import FULL, Window, impression
from hotspot_kiosk.simulator.retake import retake, scene
from hotspot_kiosk.simulator.uart_glass import lift_finger, place_finger

Pixels = NDArray[np.uint8]
FINGERS = {
    f"{side} {name}": number
    for number, (side, name) in enumerate(
        itertools.product(("right", "left"), ("thumb", "index", "middle", "ring", "little")), start=1
    )
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A person: `person` seeds the fingers; the portrait is uint8 (height, width, 3)."""

    name: str
    person: int
    portrait: Pixels = field(repr=False)

    def face(self, seed: int) -> Pixels:
        """What the camera sees now: the portrait taken again, in a camera's frame."""
        return scene(retake(self.portrait, seed))

    def touch(self, finger: int, seed: int, window: Window) -> Pixels:
        """One touch of a finger on a sensor."""
        return impression(master(self.person, finger), seed, window)

    def print_full(self, finger: int) -> Pixels:
        """A large, good impression, as a gallery holds: 388x374, 256 grey levels, 500 ppi."""
        return impression(master(self.person, finger), 10_000, FULL)


class Visit:
    """A subject at a kiosk: does what the prompts say. `seed` makes each visit different."""

    def __init__(
        self, subject: Subject, camera: Path, glass: Path, window: Window, seed: int, reaction_s: float = 0.3
    ) -> None:
        self._subject = subject
        self._camera = camera
        self._glass = glass
        self._window = window
        self._seeds: Iterator[int] = itertools.count(seed)
        self._reaction_s = reaction_s
        self._asked = ""

    def hear(self, prompt: str, detail: str) -> None:
        """React to one prompt of the kiosk."""
        if prompt == "look at camera" or (prompt == "again" and self._asked == "face"):
            self._asked = "face"
            self._show_face()
        elif prompt == "place finger":
            self._asked = detail
            self._touch()
        elif prompt == "again" and self._asked:
            self._touch()
        elif prompt == "lift finger":
            time.sleep(self._reaction_s)
            lift_finger(self._glass)

    def leave(self) -> None:
        """Take everything away again."""
        lift_finger(self._glass)
        for file in self._camera.glob("*.png"):
            file.unlink(missing_ok=True)

    def _show_face(self) -> None:
        seed = next(self._seeds)
        hidden, shown = self._camera / f".{seed}.tmp", self._camera / f"{self._subject.name}-{seed}.png"
        Image.fromarray(self._subject.face(seed)).save(hidden, format="PNG", compress_level=1)
        hidden.replace(shown)

    def _touch(self) -> None:
        time.sleep(self._reaction_s)
        place_finger(self._glass, self._subject.touch(FINGERS[self._asked], next(self._seeds), self._window))
