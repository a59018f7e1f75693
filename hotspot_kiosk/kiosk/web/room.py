"""The room before the screen: who stands there, what the daemon says, and when the person is gone.

Lives in one asyncio loop. Whoever shows it waits for `changed`; what is shown is asked for anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from hotspot_kiosk.errors import LinkDown, Refused
from hotspot_kiosk.kiosk.desk import Ask, Told
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.web.advice import Advices
from hotspot_kiosk.kiosk.web.languages import Language, Languages
from hotspot_kiosk.kiosk.web.scenes import Scene, View, seen
from hotspot_kiosk.kiosk.web.sounds import Sounds
from hotspot_kiosk.kiosk.web.visit import Visit

CAPTURING = (State.NOTICE, State.FACE, State.FINGERS, State.REVIEW)
WARN_S = 15.0
TRAVELS_S = 5.0  # an image from a slow sensor
EARLIER_S = 3.0  # the page lets go of a person this long before the daemon would
Asker = Callable[[Ask], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Rules:
    """How this screen behaves. starts: who begins a check. idle_s: how long without a sign of life.

    training: of which kind the kiosk behind it must be; of another one nothing is shown.
    """

    starts: Literal["officer", "person"] = "officer"
    idle_s: float = 42.0
    training: bool = False


class Room:
    """Everything the pages know."""

    def __init__(
        self, languages: Languages, sounds: Sounds, rules: Rules, ask: Asker, now: Callable[[], float]
    ) -> None:
        """`now`: seconds that only go forward."""
        self.languages, self.sounds, self.rules = languages, sounds, rules
        self.ask, self.now = ask, now
        self.view = View()
        self.visit = Visit()
        self.reached = False
        self.screens = 0
        self.version = 0
        self.advices = Advices(languages)
        self._changed = asyncio.Condition()
        self._sign = now()

    @property
    def language(self) -> Language:
        """What is spoken: the person's choice, the source language before it."""
        return self.visit.language or self.languages.source

    @property
    def scene(self) -> Scene:
        """Which page is due."""
        state = self.view.state
        if self.visit.choosing:
            return Scene.LANGUAGE
        if not self.reached or state is State.FAULT or (state is State.NOTICE and not self.visit.parts):
            return Scene.FAULT
        if state is State.IDLE and self.visit.slip is not None:
            return Scene.SLIP
        if self.visit.language is None and state in (State.IDLE, *CAPTURING):
            return Scene.LANGUAGE
        if state is State.IDLE:
            return Scene.BEGIN if self._open() else Scene.WAIT
        early = state is State.FACE and self.view.cue == "finger-place"
        return Scene.FINGER if early else SCENES[state]

    @property
    def about(self) -> str:
        """What the session asks for: a word that a page's buttons bring back, so that a late touch says nothing else."""
        finger = self.view.asked if self.view.state is State.FINGERS else 0
        return f"{self.view.state}-{finger}"

    async def comes_to(self, about: str) -> bool:
        """Whether that is what the session asks for, now or as soon as an image has come: what it will ask for is shown before."""
        ends = self.now() + TRAVELS_S
        while about != self.about:
            left, shown = ends - self.now(), f"{self.view.state}-{self.view.finger}"
            if left <= 0 or about != shown:
                return False
            await self.changed(self.version, left)
        return True

    @property
    def stops(self) -> bool:
        """Whether there is anything to stop: a check, or what somebody began on the screen."""
        ended = self.scene in (Scene.DONE, Scene.SLIP, Scene.FAULT)
        begun = self.visit.language is not None and not ended
        return begun or self.view.state in (*CAPTURING, State.WAITING)

    @property
    def left_s(self) -> float | None:
        """How long until the person is taken to have left, if that is near."""
        if not self._somebody():
            return None
        left = self._sign + self.rules.idle_s - self.now()
        return max(0.0, left) if left <= WARN_S else None

    async def hear(self, told: Told) -> None:
        """The daemon said something."""
        if told.training != self.rules.training:
            await self.deaf()
            return
        before, self.reached = self.view, True
        self.view = seen(before, told, self.advices)
        if self.view.alive != before.alive or self.view.state is not before.state:
            self._sign = self.now()
        if self.view.state is not before.state:
            self._entered(before.state)
        if told.kind == "stored":
            await self._fetch_slip()
        await self.announce()

    async def deaf(self) -> None:
        """The daemon is gone: nobody can be checked, and what was shown is of the past."""
        if self.reached:
            self.reached, self.view, self.visit = False, View(), Visit()
            await self.announce()

    async def touched(self) -> None:
        """Somebody touched the screen."""
        self._sign = self.now()
        if self.view.state in CAPTURING:
            await self.ask(Ask("still here"))
        await self.announce()

    async def look_after(self) -> None:
        """Warn, and wipe when nobody is there any more; to be called a few times a second."""
        if not self._somebody() or self.left_s is None:
            return
        if self.left_s > 0:
            await self.announce()
        elif self.view.state in CAPTURING:
            self._sign = self.now()
            await self.ask(Ask("cancel"))
        else:
            await self.leave()

    async def leave(self) -> None:
        """The person is gone: nothing of theirs stays."""
        self.visit = Visit()
        await self.announce()

    async def _fetch_slip(self) -> None:
        """The slip is asked for once, while its person is here; without one the visit ends as it did."""
        visit = self.visit
        with contextlib.suppress(Refused, LinkDown):
            visit.slip = (await self.ask(Ask("slip"))).slip

    def claim(self) -> None:
        """Another browser holds the screen now; the old one's tokens open nothing any more."""
        fresh = Visit()
        self.visit.token, self.visit.form = fresh.token, fresh.form

    async def announce(self) -> None:
        """Let every screen look again."""
        async with self._changed:
            self.version += 1
            self._changed.notify_all()

    async def changed(self, since: int, timeout_s: float) -> int:
        """Wait until something else is to be shown, or for so long; returns the version."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(lambda: self.version != since), timeout_s)
            except TimeoutError:
                return self.version
        return self.version

    def _open(self) -> bool:
        """Whether a person may begin; who says that they are a minor reads on, although nothing is open any more."""
        return self.rules.starts == "person" and (self.view.handed > 0 or self.visit.not_adult)

    def _somebody(self) -> bool:
        state = self.view.state
        visit = self.visit
        signs = visit.language is not None or visit.choosing or visit.low or visit.slip is not None
        return state in CAPTURING or (state in (State.IDLE, State.FAULT) and signs)

    def _entered(self, before: State) -> None:
        left = self.view.state is State.IDLE and self.visit.slip is None
        another = before is State.IDLE and self.visit.slip is not None
        if left or another:
            self.visit = Visit()
        if self.view.state in (State.DONE, State.FAULT):
            self.visit.choosing = False  # the last words are more urgent
        if self.view.state is State.NOTICE:
            notice = self.view.notice
            self.visit.begin_notice(self.now(), notice.kind if notice else None)


SCENES = {
    State.NOTICE: Scene.NOTICE,
    State.FACE: Scene.FACE,
    State.FINGERS: Scene.FINGER,
    State.REVIEW: Scene.REVIEW,
    State.WAITING: Scene.WAITING,
    State.DONE: Scene.DONE,
    State.FAULT: Scene.FAULT,
}
