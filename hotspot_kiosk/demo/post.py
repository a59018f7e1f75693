"""The demo's officer: starts checks at the desk, hears what the kiosk says, and lets the subject react."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hotspot_kiosk.cli.kiosk import words
from hotspot_kiosk.demo.stage import NotReady
from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.simulator.subject import Visit
from hotspot_kiosk.terms import Tcn

FAILED = ("stopped", "nothing captured", "fault")


def say(text: str) -> None:
    """One whole line on the terminal, whichever thread speaks."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Heard:
    """Something the kiosk said, and when (monotonic seconds)."""

    at: float
    told: desk.Told


Wanted = Callable[[Heard], bool]


@dataclass(slots=True)
class Post:
    """Sits at the desk of one run of the daemon."""

    path: Path
    quiet: bool = False
    visit: Visit | None = None
    heard: list[Heard] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def sit_down(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._listen, name="post", daemon=True).start()
        self._await(lambda h: h.told.kind == "status", 0, 60)

    def check(self, visit: Visit) -> tuple[Tcn, float]:
        """Check one person; returns the TCN and when the last sample was whole."""
        self.visit = visit
        start = len(self.heard)
        desk.ask(self.path, desk.Ask("begin", adult=True))
        desk.ask(self.path, desk.Ask("notice read"))
        stored = self._await(lambda h: h.told.kind == "stored" or h.told.prompt in FAILED, start, 120)
        visit.leave()
        if stored.told.kind != "stored":
            raise NotReady(f"the session ended without a record: {words(stored.told)}")
        read = [h.at for h in self.heard[start:] if h.told.prompt == "reading"]
        return Tcn(stored.told.tcn), read[-1] if read else stored.at

    def answer(self, tcn: Tcn, timeout_s: float = 60, naming: str = "") -> Heard:
        """Wait for the answer to a record; `naming`: for the edition that names this candidate."""

        def told(heard: Heard) -> bool:
            found = not naming or any(naming in each for each in heard.told.candidates)
            return heard.told.kind == "answer" and heard.told.tcn == tcn and found

        return self._await(told, 0, timeout_s)

    def link(self, up: bool, timeout_s: float = 60) -> None:
        """Wait until the kiosk says that its link is up or down."""
        ends = time.monotonic() + timeout_s
        while desk.ask(self.path, desk.Ask("status")).link is not up:
            if time.monotonic() > ends:
                raise NotReady(f"the link is not {'up' if up else 'down'} after {timeout_s:.0f} s")
            time.sleep(0.05)

    def _listen(self) -> None:
        try:
            for told in desk.watch(self.path):
                self._hear(Heard(time.monotonic(), told))
        except (LinkDown, OSError):
            return

    def _hear(self, heard: Heard) -> None:
        if not self.quiet:
            for line in words(heard.told).splitlines():
                say(f"            kiosk: {line}")
        with self._news:
            self.heard.append(heard)
            self._news.notify_all()
        if heard.told.kind == "show" and self.visit is not None:
            self.visit.hear(heard.told.prompt, heard.told.detail)

    def _await(self, wanted: Wanted, start: int, timeout_s: float) -> Heard:
        def found() -> Heard | None:
            return next((h for h in self.heard[start:] if wanted(h)), None)

        with self._news:
            if not self._news.wait_for(found, timeout_s):
                raise NotReady(f"the kiosk did not say what was expected within {timeout_s:.0f} s")
            heard = found()
        if heard is None:
            raise NotReady("the kiosk's word was lost")
        return heard
