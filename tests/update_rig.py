"""A kiosk's update agent between a real broker and a RAUC on a real bus, restarted whenever it asks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from making import HUB, NOW, keys
from updating import NEW, OLD

from hotspot_kiosk.errors import DeviceLost, Refused
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.update.agent import RESTART, Agent, Pauses, Self
from hotspot_kiosk.kiosk.update.keeping import UpdateKeeping
from hotspot_kiosk.kiosk.update.rauc import Rauc
from hotspot_kiosk.kiosk.update.selftest import CONTENT, WORDS, Trial, Verdict
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.seal import seal
from hotspot_kiosk.simulator.rauc import Slots
from hotspot_kiosk.stick_update import UpdateStick
from hotspot_kiosk.terms import MAX_COUNTER, Tcn
from hotspot_kiosk.transports.mqtt import Options, build

SOON = Pauses(look=0.05, status=0.5, quiet=0.0, self_test=120.0, again=0.05)
PATIENCE_S = 120.0
URL = "https://hub/b.raucb"


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for it, with patience."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


def sealed(device: int) -> bytes:
    """A self-test's record."""
    return seal(WORDS, Tcn.mint(2026, device, MAX_COUNTER), CONTENT, HUB.public(), keys(device))


@dataclass
class Post:
    """One kiosk: `run` works as its machine would, until `stop`. failing: what its self-test finds; told: its daemon."""

    device: int
    folder: Path
    broker: int
    rauc: Callable[[], Rauc]
    slots: Slots = field(default_factory=lambda: Slots({"A": OLD, "B": "0"}))
    failing: tuple[str, ...] = ()
    told: Callable[[], Told | None] = lambda: None
    starts: int = 0
    looks: int = 0
    pauses: Pauses = SOON
    stick: UpdateStick | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stopped = threading.Event()
        self._agent: Agent | None = None
        self._thread = threading.Thread(target=self._live, name=f"kiosk {self.device}")

    def start(self) -> None:
        """Power on."""
        self._thread.start()

    def stop(self) -> None:
        """Power off."""
        self._stopped.set()
        if self._agent is not None:
            self._agent.stop()
        self._thread.join()

    def _live(self) -> None:
        while not self._stopped.is_set():
            self.starts += 1
            boot = f"boot {self.starts}"
            trial = _SelfTesting(self.folder, Verdict(boot, self.failing, sealed(self.device)))
            self._agent = self._made(boot, trial)
            if self._stopped.is_set() or self._agent.run() != RESTART:
                return
            self.slots.restart()

    def _asked(self) -> Told | None:
        """A test may change the daemon meanwhile."""
        self.looks += 1
        return self.told()

    def _made(self, boot: str, trial: Trial) -> Agent:
        return Agent(
            which=Self(self.device, keys(self.device), self.slots.versions[self.slots.booted], boot),
            hub=HUB.public,
            keeping=UpdateKeeping(self.folder / "update.db"),
            rauc=self.rauc(),
            board=build(Options(host="127.0.0.1", port=self.broker, retry_least_s=0.05, retry_most_s=0.2)),
            trial=trial,
            now=lambda: (NOW, True),
            told=self._asked,
            pulse=Pulse({}, lambda: 0.0),
            pauses=self.pauses,
            stick=self.stick,
        )


class Direct(Rauc):
    """RAUC without a bus between."""

    def __init__(self, slots: Slots) -> None:
        super().__init__("unix:path=/nonexistent")
        self._slots = slots

    def slot(self) -> str:
        return self._slots.booted

    def install(self, url: str, manifest: str, on_progress: Callable[[int], None]) -> None:
        if why := self._slots.install(url, manifest):
            raise Refused(why)

    def mark(self, state: str) -> None:
        if self._slots.booted not in self._slots.versions:
            raise DeviceLost("no slot")
        self._slots.mark(state)


class _SelfTesting(Trial):
    """The self-test's process: it answers as soon as it is asked."""

    def __init__(self, folder: Path, verdict: Verdict) -> None:
        super().__init__(folder)
        self._says = verdict

    def ask(self) -> None:
        super().ask()
        self.answer(self._says)


BUNDLE = {URL: (NEW, "ab" * 32)}
