"""Tells the fleet how this kiosk is: at a change, and every so often; not while somebody stands at the kiosk.

The update agent does it beside its work; a kiosk that is not updated over the link runs `Teller`, which does nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue

import msgspec

from hotspot_kiosk import fleet
from hotspot_kiosk.errors import DeviceLost, LinkDown, Refused
from hotspot_kiosk.fleet import Status
from hotspot_kiosk.kiosk.care.vitals import Looker, Vitals
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.transports.port import Board, LinkEvent, LinkUp

LOOK_S = 1.0
MOST_LATE = 2  # so many intervals more a status may wait for who stands at the kiosk


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds: between statuses, if nothing changes; between examinations; between looks."""

    status: float = 300.0
    vitals: float = 30.0
    look: float = LOOK_S


class Telling:
    """One kiosk's status, posted when it is due."""

    def __init__(
        self,
        board: Board,
        device: int,
        version: str,
        rhythm: Rhythm,
        now: Callable[[], tuple[datetime, bool]],
        vitals: Looker = lambda _told: Vitals(),
        slot: Callable[[], str] = lambda: "",
        say: Callable[[bytes], None] = lambda _status: None,
    ) -> None:
        """vitals: looks how the machine is. slot: which one runs (DeviceLost or Refused: asked again). say: hears each status, for who
        examines this kiosk. vitals and say may raise StorageFailed.
        """
        self._board, self._device, self._version = board, device, version
        self._rhythm, self._now = rhythm, now
        self._find, self._ask_slot, self._say = vitals, slot, say
        self._vitals, self._vitals_at = Vitals(), 0.0
        self._status_at = 0.0
        self._posted: Status | None = None
        self._slot = ""

    def bequeath(self) -> None:
        """Before the board is opened: what the broker posts when this kiosk's link ends."""
        will = fleet.encode_status(Status(self._device, here=False))
        self._board.bequeath(fleet.status_topic(self._device), will)

    def at_once(self) -> None:
        """Something happened that is told whoever stands at the kiosk: an update's own step."""
        self._status_at = 0.0

    def anew(self) -> None:
        """The broker may have forgotten what it was told."""
        self._posted = None

    def look(self, told: Told | None, phase: str = "", floor: str = "") -> bool:
        """Post the status if that is due; whether it was posted."""
        status = self._status(told, phase, floor)
        return self._is_due(status, told) and self._post(status)

    def _is_due(self, status: Status, told: Told | None) -> bool:
        """At a change, and every so often; not while somebody is at the kiosk, unless that would be too long."""
        late = time.monotonic() - self._status_at
        if late < 0 and self._posted is not None and _essence(status) == _essence(self._posted):
            return False
        busy = told is not None and told.state not in ("idle", "fault")
        return not busy or self._status_at == 0.0 or late > MOST_LATE * self._rhythm.status

    def _status(self, told: Told | None, phase: str, floor: str) -> Status:
        now, trusted = self._now()
        if time.monotonic() >= self._vitals_at:
            self._vitals_at = time.monotonic() + self._rhythm.vitals
            self._vitals, self._slot = self._find(told), self._booted()
        return Status(
            self._device,
            version=self._version,
            slot=self._slot,
            phase=phase,
            floor=floor,
            waiting=told.waiting if told else None,
            quarantined=told.quarantined if told else None,
            link=told.link if told else None,
            alarms=self._vitals.alarms,
            at_ms=fleet.as_ms(now),
            clock=trusted,
            oldest_s=told.oldest_s if told else None,
            heat_c=self._vitals.heat_c,
            ends_ms=self._vitals.ends_ms,
            every_s=int(self._rhythm.status),
        )

    def _post(self, status: Status) -> bool:
        """The next try after a link that was down is the next look's, when nobody is at the kiosk."""
        self._status_at = time.monotonic() + self._rhythm.status
        words = fleet.encode_status(status)
        self._say(words)
        try:
            self._board.post(fleet.status_topic(self._device), words)
        except LinkDown:
            self._posted = None
            return False
        self._posted = status
        return True

    def _booted(self) -> str:
        """Asked until it is known, and not more often than for an examination."""
        if self._slot:
            return self._slot
        try:
            return self._ask_slot()
        except (DeviceLost, Refused):
            return ""


class Teller:
    """`run` tells until `stop`; nothing that it hears changes anything."""

    def __init__(
        self,
        telling: Telling,
        board: Board,
        device: int,
        told: Callable[[], Told | None],
        pulse: Pulse,
        look_s: float = LOOK_S,
    ) -> None:
        self._telling, self._board, self._device = telling, board, device
        self._told, self._pulse, self._look_s = told, pulse, look_s
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()

    def stop(self) -> None:
        """End `run`. Any thread may call."""
        self._events.put(None)

    def run(self) -> int:
        """Work; returns 0. Raises StorageFailed."""
        self._telling.bequeath()
        self._pulse.ready("tells how this kiosk is; it is not updated over the link")
        self._board.open(f"{self._device}-update", (), self._events.put)
        try:
            while self._turn():
                self._pulse.beat(lambda: True)
        finally:
            self._board.close()
        return 0

    def _turn(self) -> bool:
        try:
            event = self._events.get(timeout=self._look_s)
        except Empty:
            self._telling.look(self._told())
            return True
        if isinstance(event, LinkUp):
            self._telling.anew()
        return event is not None


def _essence(status: Status) -> Status:
    """What makes another status worth a message: all but clocks, heat and how many wait."""
    waits = status.waiting if status.waiting is None else min(status.waiting, 1)
    return msgspec.structs.replace(status, waiting=waits, at_ms=0, oldest_s=None, heat_c=None)
