"""A thread that owns one device and turns its samples into captures: what face and finger have in common.

It takes one request at a time (a turn), answers it with `Sampled` or `Missed`, and says `Lost`
and `Found` when its device goes and comes back. Pixels stay in memory.
"""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from hotspot_kiosk.errors import CaptureCancelled, DeviceLost, WrongDevice
from hotspot_kiosk.kiosk.events import Event, Found, Lost, Show

log = logging.getLogger(__name__)
REOPEN_S = 2.0
IDLE_S = 5.0  # a device that nobody asks is looked after this often, so that its loss is known
SLICE_S = 0.5  # a device is asked for no longer, so that a stop it did not hear is noticed
PPI, PPI_TOLERANCE = 500, 10  # the class of resolution that evidence is sent in (ANSI/NIST-ITL 1.011)
Turn = TypeVar("Turn")
DEVICE_ERRORS = (DeviceLost, WrongDevice)


@dataclass(frozen=True, slots=True)
class Voices:
    """Where a booth speaks: events to the session, words shown while a device works, faults."""

    event: Callable[[Event], None]
    show: Callable[[Show], None]
    fault: Callable[[str], None]


class Booth(ABC, Generic[Turn]):
    """One device, one thread. A turn that was asked for before the last `stop` is never answered."""

    def __init__(self, name: str, voices: Voices, reopen_s: float, idle_s: float = IDLE_S) -> None:
        self._name = name
        self._voices = voices
        self._reopen_s, self._idle_s = reopen_s, idle_s
        self._turns: SimpleQueue[tuple[int, Turn] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._stops = 0
        self._stops_at_asking = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)
        self._lost = False
        self._turned_s = time.monotonic()

    @property
    def silent_s(self) -> float:
        """For how long the thread has not turned; a device that answers keeps it short, busy or idle."""
        return time.monotonic() - self._turned_s if self._thread.is_alive() else 0.0

    def start(self) -> None:
        """Open the device and begin. Raises DeviceLost or WrongDevice if it is not there."""
        self._open()
        self._thread.start()

    def take(self, turn: Turn) -> None:
        """Answer this request; any thread may call."""
        with self._lock:
            self._turns.put((self._stops, turn))

    def stop(self) -> None:
        """Stop the capture that is running, and forget requests that wait."""
        with self._lock:
            self._stops += 1
        self._cancel()

    def close(self) -> None:
        """End the thread, if it was started, and give the device back."""
        self._closing.set()
        self.stop()
        self._turns.put(None)
        if self._thread.ident is not None:
            self._thread.join()
        self._close()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._next()
        except Exception as error:
            log.exception("the %s's thread stopped", self._name)
            self._voices.fault(f"the {self._name}: {error}")

    def _next(self) -> None:
        self._turned_s = time.monotonic()
        if self._lost:
            self._reopen()
            return
        try:
            asked = self._turns.get(timeout=self._idle_s)
        except Empty:
            self._guarded(self._rest)
            return
        if asked is None:
            return
        self._stops_at_asking, turn = asked
        if not self._stopped():
            self._guarded(lambda: self._capture(turn))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except CaptureCancelled:
            log.debug("the %s was told to stop", self._name)
        except DEVICE_ERRORS as error:
            self._lose(str(error))

    def _stopped(self) -> bool:
        """Whether nobody waits for this turn any more; asked again and again while there is work."""
        self._turned_s = time.monotonic()
        return self._stops_at_asking != self._stops

    def _answer(self, event: Event) -> None:
        with self._lock:
            if not self._stopped():
                self._voices.event(event)

    def _say(self, show: Show) -> None:
        if not self._stopped():
            self._voices.show(show)

    def _lose(self, why: str) -> None:
        log.error("the %s is lost: %s", self._name, why)
        self._lost = True
        self._close()
        self._voices.event(Lost(self._name))

    def _reopen(self) -> None:
        self._closing.wait(self._reopen_s)
        if self._closing.is_set():
            return
        try:
            self._open()
        except DEVICE_ERRORS:
            self._close()
            return
        log.info("the %s is back", self._name)
        self._lost = False
        self._voices.event(Found(self._name))

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _capture(self, turn: Turn) -> None: ...

    def _rest(self) -> None:
        """What is done while nobody asks; a device error here is a loss, too."""

    @abstractmethod
    def _cancel(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...
