"""A simulated person in a lesson: does what the kiosk's prompts and the officer say, in a thread of their own."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
from PIL import Image

from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.finger_touch import R503, Touch, impression
from hotspot_kiosk.simulator.finger_wet import wetted
from hotspot_kiosk.simulator.retake import WIDTH, retake, scene
from hotspot_kiosk.simulator.subject import FINGERS, Pixels, Subject
from hotspot_kiosk.simulator.uart_glass import lift_finger, place_finger
from hotspot_kiosk.training.lesson import Staging

WELL = Touch(contact=1.05, noise=0.2)
WATER = 0.93
HALF = slice(WIDTH // 4, 3 * WIDTH // 4)


def beside(one: Pixels, other: Pixels) -> Pixels:
    """Two people before one camera."""
    halves = (scene(each, fill=0.9)[:, HALF] for each in (one, other))
    return np.concatenate(tuple(halves), axis=1)


class Person:
    """Somebody who came. `hear` and `told` from any thread; reaction_s: how long they take to follow."""

    def __init__(
        self,
        subject: Subject,
        friend: Subject,
        staging: Staging,
        camera: Path,
        glass: Path,
        reaction_s: float = 1.0,
    ) -> None:
        self._subject, self._friend = subject, friend
        self._wet, self._two = staging.wet, staging.second_face
        self._camera, self._glass, self._reaction_s = camera, glass, reaction_s
        self._seeds = itertools.count(time.monotonic_ns() % 100_000 * 10)
        self._finger = ""
        self._asked: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="person", daemon=True)
        self._thread.start()

    def hear(self, prompt: str, detail: str) -> None:
        """A prompt of the kiosk."""
        self._asked.put((prompt, detail))

    def told(self, word: str) -> None:
        """What the officer says."""
        self._wet = self._wet and word != "dry"
        self._two = self._two and word != "one-person"

    def leave(self) -> None:
        """Take everything away."""
        self._gone.set()
        self._thread.join()
        lift_finger(self._glass)
        self._turn_away()

    def _follow(self) -> None:
        while not self._gone.is_set():
            try:
                prompt, detail = self._asked.get(timeout=0.1)
            except Empty:
                continue
            self._do(prompt, detail)

    def _do(self, prompt: str, detail: str) -> None:
        if prompt == "look at camera" or (prompt == "again" and not self._finger):
            self._look()
        elif prompt == "place finger":
            self._finger = detail
            self._touch(self._reaction_s)
        elif prompt == "again":
            lift_finger(self._glass)
            self._touch(self._reaction_s * (4 if self._wet else 1))
        elif prompt == "lift finger":
            self._gone.wait(self._reaction_s / 2)
            lift_finger(self._glass)
        elif prompt in ("stopped", "ready", "answered"):
            self._finger = ""
            self._turn_away()

    def _look(self) -> None:
        seed = next(self._seeds)
        face = retake(self._subject.portrait, seed)
        shown = beside(face, retake(self._friend.portrait, seed)) if self._two else scene(face)
        hidden = self._camera / f".{seed}.tmp"
        Image.fromarray(shown).save(hidden, format="PNG", compress_level=1)
        hidden.replace(self._camera / f"face-{seed}.png")
        self._gone.wait(self._reaction_s / 2)

    def _touch(self, after_s: float) -> None:
        if self._gone.wait(after_s) or self._finger not in FINGERS:
            return
        seed = next(self._seeds)
        pixels = impression(master(self._subject.person, FINGERS[self._finger]), seed, R503, WELL)
        place_finger(self._glass, wetted(pixels, seed, WATER) if self._wet else pixels)

    def _turn_away(self) -> None:
        for file in self._camera.glob("*.png"):
            file.unlink(missing_ok=True)
