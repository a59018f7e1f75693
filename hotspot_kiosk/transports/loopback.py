"""A transport inside one process: a switchboard that can be cut. For tests and single-box use."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue

import msgspec

from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken

LARGEST = 256 << 10


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`board` names the switchboard; all who name the same one hear each other."""

    board: str = "default"


class Switchboard:
    """Who listens to what, and whether the cable is in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, tuple[Sequence[str], Callable[[LinkEvent], None]]] = {}
        self._cut: set[str] = set()

    def join(self, name: str, topics: Sequence[str], on_event: Callable[[LinkEvent], None]) -> None:
        """Add a client."""
        with self._lock:
            self._listeners[name] = (topics, on_event)
            up = name not in self._cut
        if up:
            on_event(LinkUp(LARGEST))

    def leave(self, name: str) -> None:
        """Remove a client."""
        with self._lock:
            self._listeners.pop(name, None)

    def cut(self, name: str) -> None:
        """Pull a client's cable."""
        with self._lock:
            self._cut.add(name)
            listener = self._listeners.get(name)
        if listener:
            listener[1](LinkLost("the cable was pulled"))

    def mend(self, name: str) -> None:
        """Put it back."""
        with self._lock:
            self._cut.discard(name)
            listener = self._listeners.get(name)
        if listener:
            listener[1](LinkUp(LARGEST))

    def send(self, name: str, topic: str, payload: bytes) -> None:
        """Deliver to everyone who listens. Raises LinkDown if the sender's cable is out."""
        with self._lock:
            if name in self._cut:
                raise LinkDown("the cable is out")
            hearers = [
                on_event
                for other, (topics, on_event) in self._listeners.items()
                if other not in self._cut and any(_covers(wanted, topic) for wanted in topics)
            ]
        for on_event in hearers:
            on_event(Arrived(topic, payload))


class Loopback:
    """One client of a switchboard; events come from a thread of its own."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._tokens = itertools.count(1)
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()
        self._name = ""
        self._thread: threading.Thread | None = None

    def open(self, name: str, topics: Sequence[str], on_event: Callable[[LinkEvent], None]) -> None:
        """Join the switchboard."""
        self._name = name
        self._thread = threading.Thread(target=self._deliver, args=(on_event,), name=f"loopback {name}")
        self._thread.start()
        self._board.join(name, topics, self._events.put)

    def publish(self, topic: str, payload: bytes) -> int:
        """Hand over to the switchboard."""
        self._board.send(self._name, topic, payload)
        token = next(self._tokens)
        self._events.put(Taken(token))
        return token

    def close(self) -> None:
        """Leave the switchboard."""
        self._board.leave(self._name)
        self._events.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def _deliver(self, on_event: Callable[[LinkEvent], None]) -> None:
        while (event := self._events.get()) is not None:
            on_event(event)


_boards: dict[str, Switchboard] = {}


def board(name: str) -> Switchboard:
    """The switchboard of that name in this process."""
    return _boards.setdefault(name, Switchboard())


def build(options: Options) -> Loopback:
    """A client of the switchboard that the options name."""
    return Loopback(board(options.board))


def _covers(wanted: str, topic: str) -> bool:
    parts, have = wanted.split("/"), topic.split("/")
    return len(parts) == len(have) and all(p in ("+", h) for p, h in zip(parts, have, strict=True))
