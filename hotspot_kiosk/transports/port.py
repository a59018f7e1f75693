"""What kiosk and hub expect of a way to send messages.

A variant is one file in this folder, named by the config's `driver`: `Options` and
`build(options)`, which returns a `Transport`. It delivers at least once while the link stands and
remembers nothing across a lost link: the outbox and the hub's inbox make that exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Messages may go out, subscriptions asked for before them; no payload larger than `largest` bytes.

    It may come before the next station has said a word (then a refusal is a LinkLost), and again
    while the link stands, with a smaller `largest`.
    """

    largest: int


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The link is gone; nothing that was not acknowledged is known to have arrived."""

    reason: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came in on a topic."""

    topic: str
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """The next station took the message that `publish` gave this token; it is not a receipt."""

    token: int


LinkEvent = LinkUp | LinkLost | Arrived | Taken


class Transport(Protocol):
    """A way for messages to travel; reconnects by itself until closed."""

    def open(self, name: str, topics: Sequence[str], on_event: Callable[[LinkEvent], None]) -> None:
        """Start as client `name`, listening to `topics`; returns at once.

        `on_event` is called from the transport's own thread and must only hand the event on.
        """

    def publish(self, topic: str, payload: bytes) -> int:
        """Send; returns a token that comes back in `Taken`. Raises LinkDown."""

    def close(self) -> None:
        """Stop. May be called twice; no event comes after it."""


class Board(Transport, Protocol):
    """A transport whose next station keeps the last message of a topic for whoever comes later."""

    def post(self, topic: str, payload: bytes) -> int:
        """`publish` a message that stays. Raises LinkDown."""

    def bequeath(self, topic: str, payload: bytes) -> None:
        """Before `open`: what is posted there for us when the link ends without our `close`."""
