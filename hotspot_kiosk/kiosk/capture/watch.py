"""What a camera's pictures in a row say of a presentation: glimpses for the cues, and the light's challenge.

Advice only, never an answer. One small picture is kept, until the next one or the end of the turn.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.inference.pad import PadModel, judge
from hotspot_kiosk.inference.pad_signals import Glimpse, glimpse
from hotspot_kiosk.inference.port import DetectedFace
from hotspot_kiosk.terms import QualityComponent

Pixels = NDArray[np.uint8]
MOST_GLIMPSES = 120
# Two changes a second at most: WCAG 2.2, 2.3.1, allows three flashes a second, for who may have a seizure.
PHASE_S = 0.5
SETTLES_S = 0.3  # until lamp and camera have followed
BRIGHT, DIM = 1.0, 0.4  # of the face light as it is set


class Challenge:
    """The face light goes up and down in an order that nobody knows before. Belongs to the camera's thread."""

    def __init__(self, light: Callable[[float], None], chance: random.Random, phases: int = 6) -> None:
        """`light` sets the face light, as a share of its usual strength; it may not wait."""
        self._light = light
        self._chance = chance
        self._phases = phases
        self._order: list[float] = []
        self._began = 0.0

    @property
    def ends(self) -> float:
        """When it is over, in the clock's seconds; 0 if none runs."""
        return self._began + PHASE_S * len(self._order) if self._order else 0.0

    def begin(self, now: float) -> None:
        """A face is there: half of the phases bright, half dim."""
        self._order = [BRIGHT, DIM] * (self._phases // 2)
        self._chance.shuffle(self._order)
        self._began = now
        self._light(self._order[0])

    def level(self, now: float) -> float | None:
        """The light on the face in a picture of now; sets what comes next. None while it changes, and outside."""
        if not self._order:
            return None
        phase, since = divmod(now - self._began, PHASE_S)
        if phase >= len(self._order):
            self._light(BRIGHT)
            return None
        self._light(self._order[int(phase)])
        return self._order[int(phase)] if since >= SETTLES_S else None

    def end(self) -> None:
        """The light as usual."""
        if self._order:
            self._light(BRIGHT)
        self._order = []


class Watch:
    """Watches one turn after another; `forget` begins and ends each."""

    def __init__(
        self, now: Callable[[], float], model: PadModel | None = None, challenge: Challenge | None = None
    ) -> None:
        """`now`: seconds that only go forward."""
        self._now = now
        self._model = model
        self._challenge = challenge
        self._glimpses: list[Glimpse] = []
        self._before: tuple[Pixels, DetectedFace] | None = None

    @property
    def ends(self) -> float:
        """Until when a turn goes on for the challenge's sake; 0 without one."""
        return self._challenge.ends if self._challenge else 0.0

    def forget(self) -> None:
        """Another person may stand there now; nothing of this one stays."""
        self._glimpses, self._before = [], None
        if self._challenge:
            self._challenge.end()

    def see(self, pixels: Pixels, faces: Sequence[DetectedFace]) -> None:
        """A small picture and the faces in it, the subject's first. Raises BadSample for anything but RGB."""
        if not faces:
            self._before = None
            return
        light = self._lit()
        if len(self._glimpses) < MOST_GLIMPSES:
            self._glimpses.append(glimpse(pixels, faces[0], self._before, light))
        self._before = pixels, faces[0]

    def components(self, pixels: Pixels, face: DetectedFace) -> tuple[QualityComponent, ...]:
        """What the turn so far and its best picture say. Raises BadSample for anything but RGB."""
        return judge(self._glimpses, pixels, face, self._model).components()

    def _lit(self) -> float | None:
        if self._challenge is None:
            return None
        if not self._challenge.ends:
            self._challenge.begin(self._now())
        return self._challenge.level(self._now())
