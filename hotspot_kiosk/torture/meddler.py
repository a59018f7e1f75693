"""A transport that spoils, repeats, withholds and reorders what passes through it.

It wraps a real one and stands outside what is tested: each side of the wire believes its transport,
which says `Taken` for messages that never arrive, as a broker does that forgets.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import count

from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken, Transport

FIRST_OWN_TOKEN = 1 << 40
FATES = ("withheld", "corrupted", "duplicated", "reordered")
CHUNK_TAG = b"\xa1c"  # a chunk's second and third byte: a text of one letter, as MessagePack writes it


class Meddler:
    """Each message meets each of four fates with probability `spite`; `on_fate` hears what befell it.

    One that is held back counts as reordered when it goes out behind a later one, and as withheld
    if the link ends first. Chunks that were corrupted count a second time as `corrupted_chunks`.
    """

    def __init__(
        self,
        inner: Transport,
        rng: random.Random,
        spite: float,
        on_fate: Callable[[str], None] = lambda _fate: None,
    ) -> None:
        self._inner = inner
        self._rng = rng
        self._spite = spite
        self._on_fate = on_fate
        self._on_event: Callable[[LinkEvent], None] = _nowhere
        self._tokens = count(FIRST_OWN_TOKEN)
        self._held_up: list[tuple[str, bytes]] = []
        self._held_down: list[Arrived] = []

    def open(self, name: str, topics: Sequence[str], on_event: Callable[[LinkEvent], None]) -> None:
        """See the port."""
        self._on_event = on_event
        self._inner.open(name, topics, self._event)

    def publish(self, topic: str, payload: bytes) -> int:
        """See the port."""
        fate = self._fate()
        if fate in ("withheld", "reordered"):
            if fate == "reordered":
                self._held_up.append((topic, payload))
            else:
                self._on_fate(fate)
            token = next(self._tokens)
            self._on_event(Taken(token))
            return token
        token = self._inner.publish(topic, self._spoiled(payload) if fate == "corrupted" else payload)
        if fate == "duplicated":
            self._inner.publish(topic, payload)
            self._on_fate(fate)
        while self._held_up:
            self._inner.publish(*self._held_up.pop())
            self._on_fate("reordered")
        return token

    def close(self) -> None:
        """See the port."""
        self._inner.close()

    def _event(self, event: LinkEvent) -> None:
        if isinstance(event, LinkUp | LinkLost):
            for _ in (*self._held_up, *self._held_down):
                self._on_fate("withheld")
            self._held_up.clear()
            self._held_down.clear()
        for each in self._met(event) if isinstance(event, Arrived) else [event]:
            self._on_event(each)

    def _met(self, event: Arrived) -> list[Arrived]:
        fate = self._fate()
        if fate == "reordered":
            self._held_down.append(event)
            return []
        if fate in ("withheld", "duplicated"):
            self._on_fate(fate)
        if fate == "withheld":
            return []
        if fate == "corrupted":
            event = Arrived(event.topic, self._spoiled(event.payload))
        late, self._held_down = self._held_down, []
        for _ in late:
            self._on_fate("reordered")
        return [event, *([event] if fate == "duplicated" else []), *late]

    def _fate(self) -> str:
        drawn = self._rng.random() / self._spite if self._spite else len(FATES)
        return FATES[int(drawn)] if drawn < len(FATES) else ""

    def _spoiled(self, payload: bytes) -> bytes:
        self._on_fate("corrupted")
        if payload[1:3] == CHUNK_TAG:
            self._on_fate("corrupted_chunks")
        spoiled = bytearray(payload)
        for _ in range(self._rng.randint(1, 3)):
            spoiled[self._rng.randrange(len(spoiled))] ^= self._rng.randint(1, 255)
        return bytes(spoiled)


def _nowhere(_event: LinkEvent) -> None:
    raise LinkDown("the transport is not open")
