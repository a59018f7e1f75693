"""Keeps the link certificate fresh, in a thread of its own, while the kiosk does its work.

It asks at two thirds of the term, and goes on asking after the end: records are then sealed and
kept, only the link waits. A kiosk whose clock nobody set cannot know whether its certificate has
ended: without a link it asks all the same, soon if that clock says so, or else after long.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hotspot_kiosk.errors import BadBytes, StorageFailed
from hotspot_kiosk.keyring import Trust
from hotspot_kiosk.kiosk.link.renewal import Denied, Renewal
from hotspot_kiosk.kiosk.worker import worker
from hotspot_kiosk.terms import ClockStamp
from hotspot_kiosk.transports.port import Transport

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds: between looks, for one answer, between tries (doubling), without a link until it is tried blindly.

    `doubtful`: the same if a clock that nobody set says that it is time to. A try that finds nobody costs next to nothing; one that is not answered costs a handshake, so a
    certificate that still holds is tried for less often.
    """

    look: float = 60.0
    answer: float = 60.0
    least: float = 10.0
    most_ended: float = 600.0
    most_held: float = 6 * 3600.0
    blind: float = 900.0
    doubtful: float = 5.0


class Upkeep:
    """Runs from `start` to `close`. `past`: a time that is surely past; `note`: for people."""

    def __init__(
        self,
        *,
        renewal: Renewal,
        transport: Transport,
        trust: Trust,
        stamp: Callable[[], ClockStamp],
        past: Callable[[], datetime],
        link_up: Callable[[], bool],
        on_order: Callable[[bytes], None],
        on_fault: Callable[[str], None],
        pauses: Pauses = Pauses(),
    ) -> None:
        self.note = ""
        self._renewal = renewal
        self._transport = transport
        self._trust = trust
        self._stamp = stamp
        self._past = past
        self._link_up = link_up
        self._on_order = on_order
        self._pauses = pauses
        self._tries = 0
        self._last_up = time.monotonic()
        self._stop = threading.Event()
        self._thread = worker("upkeep of the link certificate", self._run, on_fault)

    @property
    def ignored(self) -> Mapping[str, int]:
        """Answers that proved nothing, and how often."""
        return self._renewal.ignored

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop; a try under way is given up."""
        self._stop.set()
        self._renewal.stop()
        self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            pause = self._look()

    def _look(self) -> float:
        """Try if it is time to; returns the seconds until the next look."""
        if self._link_up():
            self._last_up = time.monotonic()
        if not self._wanted():
            self._tries, self.note = 0, ""
            return min(self._pauses.look, self._pauses.doubtful)
        if self._try():
            self._tries = 0
            return self._pauses.look
        self._tries += 1
        most = self._pauses.most_ended if self._cut_off() else self._pauses.most_held
        pause = min(self._pauses.least * (1 << min(self._tries - 1, 20)), most)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads many kiosks, hides nothing

    def _wanted(self) -> bool:
        try:
            return self._says(self._renewal.due)
        except (BadBytes, StorageFailed) as error:
            self.note = f"the link certificate cannot be used ({error}); a new one is asked for"
            return True

    def _cut_off(self) -> bool:
        """Whether nothing can be sent before it is renewed."""
        try:
            return self._says(self._renewal.ended)
        except (BadBytes, StorageFailed):
            return True

    def _says(self, reached: Callable[[datetime], bool]) -> bool:
        """Whether a time of the certificate is reached, or probably, as far as this kiosk can know."""
        stamp = self._stamp()
        if stamp.trusted:
            return reached(stamp.wall)
        without_s = time.monotonic() - self._last_up
        enough_s = self._pauses.doubtful if reached(stamp.wall) else self._pauses.blind
        return reached(self._past()) or without_s >= enough_s

    def _try(self) -> bool:
        try:
            done = self._renewal.renew(self._transport, self._trust.ring, self._pauses.answer)
        except Denied as denied:
            log.error("the hub gives no link certificate: %s", denied)
            for order in denied.orders:  # carried out before the page says why
                self._on_order(order)
            self.note = (
                f"the hub gives this kiosk no link certificate: {denied}; what it holds can go by stick"
            )
            return False
        except StorageFailed as error:
            self.note = f"the new link certificate cannot be kept: {error}"
            return False
        if done:
            log.info("the link certificate is renewed")
            self.note = ""
        elif self._cut_off():
            self.note = "the link certificate has ended; records are kept until the hub renews it"
        return done
