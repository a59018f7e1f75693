"""A training bench with its coach, and an officer who works at it over the desk's socket, as the pages do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from pages_rig import until

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.staff import counter
from hotspot_kiosk.kiosk.web.coach import Stand, Word
from hotspot_kiosk.training.bench import CASE, PIN
from hotspot_kiosk.training.coach import ask

PATIENCE_S = 90.0
BROWSER = "trainee"


class Trainee:
    """Somebody signed in at a training kiosk; asks exactly what the pages ask."""

    def __init__(self, root: Path, name: str = "t1") -> None:
        self.root = root
        heard = self._ask(counter.ByPin(browser=BROWSER, officer=name, pin=PIN))
        assert isinstance(heard, counter.Entered)
        assert heard.training
        self._token = heard.token

    def look(self) -> counter.View:
        """What the desk's page shows."""
        view = self._ask(counter.Look(browser=BROWSER, token=self._token, touch=True))
        assert isinstance(view, counter.View)
        assert view.training
        return view

    def act(self, do: str, **more: Any) -> None:
        """A button."""
        asked = {"ask": "act", "browser": BROWSER, "token": self._token, "do": do, **more}
        self._ask(msgspec.convert(asked, counter.Act))

    def check(self) -> None:
        """Begin, and the notice is shown."""
        until(lambda: self.look().state in ("idle", "done"), "the kiosk is never free", PATIENCE_S)
        self.act("begin", adult=True)
        until(lambda: self.look().state == "notice", "the notice never comes", PATIENCE_S)
        self.act("notice read")

    def lesson(self, do: str, about: str = "") -> Stand:
        """A word to the coach, as the lesson's page says it."""
        return ask(self.root / "coach", Word(do, about))  # type: ignore[arg-type]

    def step(self, number: int) -> None:
        """Wait until a step of the lesson is done."""
        until(lambda: self.done(number), f"step {number} was never seen", PATIENCE_S)

    def done(self, number: int) -> bool:
        """Whether a step is done."""
        return any(step.done for step in self.lesson("look").steps if step.number == number)

    def refused_for(self, advice: str) -> None:
        """Wait until the page says that a sample was refused for this."""
        shown = lambda: any(advice in each.advice for each in self.look().samples)  # noqa: E731
        try:
            until(shown, f"nothing was refused for: {advice}", PATIENCE_S)
        except AssertionError:
            view = self.look()
            raise AssertionError(f"{advice}: {view.state}, {view.samples}, {view.faults}") from None

    def find(self, tcn: str, finding: str) -> None:
        """Say what was found of the candidate, once the page shows the answer."""
        until(lambda: any(each.tcn == tcn for each in self.look().verdicts), "no answer is shown", PATIENCE_S)
        self.act("find", about=tcn, reference=CASE, finding=finding, reason="the same ears")

    def stop(self) -> None:
        """End lesson and check."""
        self.lesson("stop")
        until(lambda: self.look().state in ("idle", "done"), "the check is never over", PATIENCE_S)

    def _ask(self, request: counter.AnyRequest) -> counter.AnyHeard:
        return desk.ask_counter(self.root / "desk", request, training=True)


def refused(root: Path, ask_: desk.Ask) -> str:
    """Why the daemon does not follow."""
    try:
        desk.ask(root / "desk", ask_)
    except Refused as error:
        return str(error)
    return ""
