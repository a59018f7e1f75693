"""A machine with two slots, for tests of updates: a boot loader, and power that may go at any moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from making import DEVICE, HUB, KIOSK

from hotspot_kiosk import fleet
from hotspot_kiosk.fleet import Invitation, Outcome, Report
from hotspot_kiosk.kiosk.update import update
from hotspot_kiosk.kiosk.update.keeping import UpdateKeeping

OLD, NEW = "1.0", "1.1"
MANIFEST = "ab" * 32
QUIET = update.Looked(open=True, quiet=True, late=False)


def invitation(**changed: Any) -> Invitation:
    """A signed invitation of the test hub to version NEW."""
    usual = {
        "device": DEVICE,
        "number": 1,
        "rollout": "r1",
        "version": NEW,
        "url": "https://hub/b.raucb",
        "manifest": MANIFEST,
    }
    return fleet.signed(Invitation(**(usual | changed)), HUB)


class PowerCut(Exception):
    """The power went."""


@dataclass
class Box:
    """Two slots, a boot loader that gives a new one three starts, an agent. cut: before which action power goes."""

    keeping: UpdateKeeping
    cut: frozenset[int] = frozenset()
    well: bool = True
    deaf: bool = False
    slots: dict[str, str] = field(default_factory=lambda: {"A": OLD, "B": "0"})
    good: str = "A"
    primary: str = "A"
    left: int = 3
    running: str = "A"
    boot: int = 0
    actions: int = 0

    def live(self, offered: Invitation, most: int = 60) -> update.Update:
        """Power on, and on again after each cut, until the update is over."""
        for _ in range(most):
            try:
                self._start()
                state = self._agent(offered)
                if state.phase is update.Phase.IDLE and state.number >= offered.number:
                    return state
            except PowerCut:
                continue
        raise AssertionError("the update never ended")

    def outcomes(self) -> list[tuple[Outcome, str]]:
        """What was reported, in order."""
        reports = [fleet.decode(words, Report, KIOSK.public()) for words in self.keeping.unheard()]
        return [(report.outcome, report.reason) for report in reports]

    def _start(self) -> None:
        self.boot += 1
        if self.primary != self.good:
            self.left -= 1
            if self.left < 0:
                self.primary = self.good
        self.running = self.primary

    def _agent(self, offered: Invitation) -> update.Update:
        state = self._take(
            self.keeping.state(), update.Started(self.slots[self.running], f"boot {self.boot}")
        )
        for event in (update.Invited(offered), QUIET, QUIET):
            state = self._take(state, event)
        return state

    def _take(self, state: update.Update, event: update.Event) -> update.Update:
        self._moment()
        state, effects = update.step(state, event)
        tells = [effect for effect in effects if isinstance(effect, update.Tell)]
        self.keeping.record(state, [self._report(state, tell) for tell in tells])
        for effect in effects:
            self._moment()
            answer = self._do(effect)
            self._moment()
            if answer is not None:
                state = self._take(state, answer)
        return state

    def _report(self, state: update.Update, tell: update.Tell) -> Any:
        return lambda sequence: fleet.signed(
            Report(
                DEVICE,
                sequence,
                tell.number,
                tell.outcome,
                state.version,
                fleet.clipped(tell.reason),
                0,
                tell.sealed,
            ),
            KIOSK,
        )

    def _do(self, effect: update.Effect) -> update.Event | None:
        other = "B" if self.running == "A" else "A"
        if isinstance(effect, update.Install):
            self.slots[other] = "half"
            self._moment()
            self.slots[other], self.primary, self.left = effect.invitation.version, other, 3
            return update.Written()
        if isinstance(effect, update.Examine):
            return update.Passed(b"sealed") if self.well else update.NotPassed("the camera gives no picture")
        if isinstance(effect, update.MarkGood):
            self.good = self.running
            return update.Marked()
        if isinstance(effect, update.MarkBad) and not self.deaf:
            self.primary = self.good = other
        if isinstance(effect, update.StayHere):
            self.primary = self.running
        if isinstance(effect, update.Restart):
            raise PowerCut
        return None

    def _moment(self) -> None:
        self.actions += 1
        if self.actions in self.cut:
            raise PowerCut
