"""The thread that owns the panel: scenes and beats go down, buttons and alarms come up.

The kiosk never waits for it: `show` and `alive` only leave a word. It beats for as long as the kiosk's
loop shows that it lives; if that stops, the panel restarts the computer. A panel that is lost is an
alarm, not an end: records are captured and sealed without it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hotspot_kiosk.errors import BadBytes, DeviceLost, Refused, WrongDevice
from hotspot_kiosk.kiosk.devices.panel_link import PanelEvent
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    ButtonEvent,
    Flag,
    LampHotEvent,
    PowerStepEvent,
    Scene,
    Supply,
    SupplyEvent,
    Tamper,
    TamperEvent,
)
from hotspot_kiosk.kiosk.devices.port import Panel
from hotspot_kiosk.kiosk.events import Prompt
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.worker import worker

log = logging.getLogger(__name__)
BEAT_S = 2.0
LISTEN_S = 0.05
STUCK_S = 15.0  # a loop that has not turned for so long does not live
REOPEN_S = 2.0
PANEL_ERRORS = (DeviceLost, WrongDevice, Refused, BadBytes)

# An answer looks alike whatever it says: a light beside a person's face accuses nobody.
SCENES: dict[Prompt, Scene] = {
    Prompt.READY: Scene.READY,
    Prompt.READ_NOTICE: Scene.NOTICE,
    Prompt.LOOK_AT_CAMERA: Scene.LOOK,
    Prompt.FACE_TAKEN: Scene.BUSY,
    Prompt.PLACE_FINGER: Scene.FINGER,
    Prompt.LIFT_FINGER: Scene.LIFT,
    Prompt.READING: Scene.BUSY,
    Prompt.AGAIN: Scene.AGAIN,
    Prompt.GOING_ON: Scene.BUSY,
    Prompt.REVIEW: Scene.NOTICE,
    Prompt.CHECKING: Scene.BUSY,
    Prompt.KEPT: Scene.DONE,
    Prompt.LATE: Scene.DONE,
    Prompt.ANSWERED: Scene.DONE,
    Prompt.ENROLLED: Scene.DONE,
    Prompt.OFFICER_LOOKS: Scene.DONE,
    Prompt.NOT_ENROLLED: Scene.DONE,
    Prompt.STOPPED: Scene.READY,
    Prompt.NOTHING_CAPTURED: Scene.READY,
    Prompt.FAULT: Scene.FAULT,
}
OPENED_BY = {Tamper.LID: "the lid", Tamper.LIGHT: "light inside"}


def concerns(prompt: Prompt, state: State) -> bool:
    """Whether the light before a person follows this: an answer about somebody who has left is none of theirs."""
    return prompt is not Prompt.ANSWERED or state is State.DONE


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what the panel says; called from the panel's thread.

    `button`: its code. `opened`: how the box was opened. `alarm`: a sentence for the officer.
    `fault`: the thread could not go on.
    """

    button: Callable[[int], None]
    opened: Callable[[str], None]
    alarm: Callable[[str], None]
    fault: Callable[[str], None]


class Guard:
    """Runs from `start` to `close`. said: who the panel says it is; supply_mv: what it measures; while it is there."""

    def __init__(self, panel: Panel, ears: Ears, beat_s: float = BEAT_S, stuck_s: float = STUCK_S) -> None:
        self._panel = panel
        self._ears = ears
        self._beat_s = beat_s
        self._stuck_s = stuck_s
        self.said = ""
        self.supply_mv: int | None = None
        self._wanted = Scene.READY
        self._shown: Scene | None = None
        self._light = self._lit = 1.0
        self._turned = time.monotonic()
        self._next_beat = 0.0
        self._latched = False
        self._events: list[PanelEvent] = []
        self._lost = True
        self._told_lost = False
        self._closing = threading.Event()
        self._thread = worker("panel", self._run, ears.fault)

    def start(self) -> None:
        """Begin; a panel that is not there is looked for again and again."""
        self._thread.start()

    def show(self, prompt: Prompt) -> None:
        """Show this soon; only the newest counts. Any thread may call; never waits."""
        self._wanted = SCENES[prompt]

    def light(self, share: float) -> None:
        """The face light, as a share of its usual strength, while a face is looked at. Any thread may call; never waits."""
        self._light = share

    def alive(self) -> None:
        """The kiosk's loop turned. Never waits."""
        self._turned = time.monotonic()

    def close(self) -> None:
        """End the thread; the panel is told that no more beats come."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._turn()
        self._leave()

    def _turn(self) -> None:
        try:
            if self._lost:
                self._open()
            self._work()
        except PANEL_ERRORS as error:
            self._lose(str(error))

    def _open(self) -> None:
        self.said = self._panel.open(self._events.append)
        log.info("panel: %s", self.said)
        if self._told_lost:
            self._ears.alarm("the panel is back")
        self._lost = self._told_lost = False
        self._shown, self._next_beat = None, 0.0

    def _work(self) -> None:
        wanted = self._wanted
        if wanted is not self._shown:
            self._panel.show(wanted)
            self._shown, self._lit = wanted, 1.0
        light = self._light
        if light != self._lit and wanted is Scene.LOOK:
            self._panel.light(light)
            self._lit = light
        now = time.monotonic()
        if now >= self._next_beat and now - self._turned < self._stuck_s:
            self._next_beat = now + self._beat_s
            reply = self._panel.beat(watched=True)
            self.supply_mv = reply.supply_mv
            self._hear()
            self._look(reply.flags)
        self._panel.listen(LISTEN_S)
        self._hear()

    def _hear(self) -> None:
        while self._events:
            self._heard(self._events.pop(0))

    def _look(self, flags: int) -> None:
        """What was latched while nobody listened is told, too, and once."""
        latched = bool(flags & Flag.TAMPERED)
        if latched and not self._latched:
            self._ears.opened("the box, while nobody listened")
        self._latched = latched

    def _lose(self, why: str) -> None:
        self._lost = True
        self.said, self.supply_mv = "", None
        self._panel.close()
        if not self._told_lost:
            self._told_lost = True
            log.error("the panel is lost: %s", why)
            self._ears.alarm(f"the panel is lost, nothing watches the box: {why}")
        self._closing.wait(REOPEN_S)

    def _leave(self) -> None:
        try:
            if not self._lost:
                self._panel.show(Scene.OFF)
                self._panel.beat(watched=False)
        except PANEL_ERRORS as error:
            log.warning("the panel was not told that the kiosk stops: %s", error)
        self._panel.close()

    def _heard(self, event: PanelEvent) -> None:
        if isinstance(event, ButtonEvent):
            self._ears.button(event.button)
        elif isinstance(event, TamperEvent):
            self._opened(event)
        elif isinstance(event, SupplyEvent):
            self._ears.alarm(_about_supply(event))
        elif isinstance(event, PowerStepEvent):
            log.warning("the panel's care for the power: state %d, reason %d", event.power, event.reason)
        elif isinstance(event, LampHotEvent):
            self._ears.alarm(f"the face light is dimmed to {event.most_percent} %: {event.lamp_c} degrees")

    def _opened(self, event: TamperEvent) -> None:
        """What the panel did not latch was in a maintainer's visit, over or not: told, not acted upon."""
        how = OPENED_BY.get(Tamper(event.cause), "the box") if event.cause in set(Tamper) else "the box"
        flags = self._panel.beat(watched=True).flags
        if flags & Flag.SERVICE or not flags & Flag.TAMPERED:
            self._ears.alarm(f"opened during a maintainer's visit: {how}")
            return
        self._latched = True
        self._ears.opened(how)


def _about_supply(event: SupplyEvent) -> str:
    volt = event.millivolt / 1000
    if event.grade == Supply.GOOD:
        return f"the supply is good again: {volt:.1f} V"
    if event.grade == Supply.LOW:
        return f"the supply is low: {volt:.1f} V; check it"
    return f"the supply fails: {volt:.1f} V; the kiosk stops in order"
