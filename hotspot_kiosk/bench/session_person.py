"""One simulated person's session: follows the screen and the sensor as the reaction model says, and notes each delay.

`human` holds from when something was told until it was done; what the bench calls machine time is outside of that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hotspot_kiosk.bench.session_screen import Seen
from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.simulator.finger_master import Master
from hotspot_kiosk.simulator.finger_touch import R503, Touch, impression
from hotspot_kiosk.simulator.reactions import Delay, Reactions
from hotspot_kiosk.simulator.retake import retake, scene
from hotspot_kiosk.simulator.stand import Fingertip, View, encoded
from hotspot_kiosk.simulator.subject import Pixels

FAR_FILL = 0.42
FACES = 4  # pictures of one face, other light and blur each
LONGEST_S = 240.0


class Told(Protocol):
    """What tells a person what to do: the screen, or an officer who reads it to them."""

    def after(self, number: int, timeout_s: float = ...) -> Seen:
        """The newest word after that number."""

    def newer(self, number: int, before: float) -> bool:
        """Whether something newer than that number was told before that moment."""

    def touch(self, path: str, **fields: str) -> int:
        """Press a button of the screen."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a person brings: pictures of the face near and far, fingers by their code."""

    near: Sequence[bytes] = field(repr=False)
    far: Sequence[bytes] = field(repr=False)
    fingers: dict[int, Master] = field(repr=False)


def body(portrait: Pixels, fingers: dict[int, Master], seed: int) -> Body:
    """A person; drawn before the session begins, since that costs time."""
    faces = [retake(portrait, seed + number) for number in range(FACES)]
    near, far = ([encoded(scene(face, fill=fill)) for face in faces] for fill in (1.2, FAR_FILL))
    return Body(near, far, fingers)


class Person:
    """Somebody before the kiosk. `visit` returns when the screen says that it is over."""

    def __init__(self, body: Body, view: View, glass: Fingertip, reactions: Reactions, seed: int) -> None:
        self.human: list[tuple[float, float]] = []
        self.touches = 0
        self._body, self._view, self._glass, self._how = body, view, glass, reactions
        self._chance = random.Random(seed)  # noqa: S311 - a simulated person
        self._pace = reactions.pace(self._chance)
        self._listens = self._chance.random() < reactions.listeners
        self._far = self._chance.random() < reactions.far
        self._facing = False
        self._given: list[int] = []
        self._seed = seed * 1000

    def visit(self, told: Told, number: int) -> Seen:
        """Follow what is told after that number. Raises LinkDown if it never ends."""
        ends = time.monotonic() + LONGEST_S
        while time.monotonic() < ends:
            seen = told.after(number)
            number = seen.number
            self._follow(told, seen)
            if seen.scene in ("done", "slip", "fault"):
                self._view.show()
                self._glass.lift()
                return seen
        raise LinkDown("the session never ended")

    def _follow(self, told: Told, seen: Seen) -> None:
        match seen.scene:
            case "language":
                self._do(seen, self._how.chooses, self._how.button)
                told.touch("/language", code="en")
            case "begin":
                self._do(seen, self._how.button, words=seen.cue)
                told.touch("/begin", adult="yes")
            case "notice" if not self._how.most_words:
                self._do(seen, self._how.button, words=seen.cue)
                told.touch("/notice", go="end" if seen.last else "next")
            case "face":
                self._face(seen)
            case "finger":
                self._finger(told, seen)

    def _face(self, seen: Seen) -> None:
        if not self._facing:
            self._do(seen, self._how.turns, words=seen.cue)
            self._facing = True
            self._view.show(self._body.far if self._far else self._body.near)
        elif self._far and "closer" in seen.cue:
            self._do(seen, self._how.steps, words=seen.cue)
            self._far = False
            self._view.show(self._body.near)

    def _finger(self, told: Told, seen: Seen) -> None:
        asked = seen.cue.startswith("Put your") or "again" in seen.cue or "once more" in seen.cue
        if self._glass.covered:
            self._do(seen, self._how.lifts)
            self._glass.lift()
        if asked or seen.tone == "again":
            fresh = seen.finger not in self._given
            near = self._given and (self._given[-1] <= 5) == (seen.finger <= 5)
            known = self._given and seen.tone != "again"
            words = " ".join(seen.cue.split()[: self._how.again]) if known else seen.cue
            self._do(seen, self._how.swaps if near else self._how.reaches, words=words)
            noticed = time.monotonic() - self._how.notices.draw(self._chance, self._pace)
            if not told.newer(seen.number, noticed):  # else the hand stops on its way
                self._place(seen.finger, fresh)

    def _place(self, finger: int, fresh: bool) -> None:
        given = finger
        if fresh and self._given and self._chance.random() < self._how.same_again:
            given = self._given[-1]
        aside = fresh and self._chance.random() < self._how.misplaces
        self._given.append(finger)
        self.touches += 1
        self._seed += 1
        touch = Touch(shift=(62.0, 55.0), pressure=0.15, moisture=-0.5, contact=0.7) if aside else None
        self._glass.place(impression(self._body.fingers[given], self._seed, R503, touch))

    def _do(self, seen: Seen, *delays: Delay, words: str = "") -> None:
        """Notice, understand, move."""
        taken = sum(each.draw(self._chance, self._pace) for each in (self._how.notices, *delays))
        if words:
            taken += self._how.takes_in(len(words.split()), self._listens, self._chance, self._pace)
        began = max(seen.at, self.human[-1][1] if self.human else seen.at)
        time.sleep(max(0.0, began + taken - time.monotonic()))
        self.human.append((seen.at, time.monotonic()))
