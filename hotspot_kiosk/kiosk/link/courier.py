"""What the uplink sends next, and what it knows of what is under way. Pure: time comes in.

Order, chosen anew at every chunk: people who still stand there before backlog, probes before
evidence; the newest live record first, the oldest of the backlog first. Every AGEING-th chunk goes
to the oldest that waits, so that a steady stream of people starves nobody. A part that a living
hub does not take MOST_FAILURES times is given up for quarantine and is in nobody's way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hotspot_kiosk import wire
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.kiosk.link.pace import Pace
from hotspot_kiosk.kiosk.storage.outbox import Item
from hotspot_kiosk.terms import Part, Tcn

LIVE_MS = 120_000
REPLY_MS = 10_000
HUB_GRACE_MS = 1_000
HUB_EVERY_MS = 5_000
MOST_PAUSE_MS = 120_000
MOST_OPEN = 4
MOST_FAILURES = 8
AGEING = 8
Key = tuple[Tcn, Part]


@dataclass(slots=True)
class Transfer:
    """A part on its way: what of it is still missing at the hub, as far as is known here."""

    item: Item
    envelope: bytes = field(repr=False)
    began_ms: int
    deadline_ms: int
    missing: list[wire.Range]
    excused: bool = False

    def cut(self, largest: int, live: bool) -> wire.Chunk | None:
        """The next piece, taken off `missing`."""
        if not self.missing:
            return None
        start, stop = self.missing[0]
        end = min(stop, start + largest)
        self.missing[:1] = [(end, stop)] if end < stop else []
        item = self.item
        return wire.Chunk(item.tcn, item.part, item.size, start, self.envelope[start:end], live)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the next station has not taken yet."""

    key: Key
    size: int
    at_ms: int


class Courier:
    """Everything that waits and everything that is under way, on one link."""

    def __init__(self, boot_id: str) -> None:
        self.pace = Pace()
        self._boot_id = boot_id
        self._largest = 0
        self._waiting: dict[Key, Item] = {}
        self._open: dict[Key, Transfer] = {}
        self._sent: dict[int, Sent] = {}
        self._starts: Counter[Key] = Counter()
        self._failures: Counter[Key] = Counter()
        self._not_before: dict[Key, int] = {}
        self._chunks = 0
        self._heard_ms = -1
        self._hub_came_ms = -HUB_EVERY_MS
        self._hub_again: tuple[int, int] | None = None

    @property
    def up(self) -> bool:
        """Whether the link stands."""
        return self._largest > 0

    @property
    def under_way(self) -> bool:
        """Whether a transfer is open."""
        return bool(self._open)

    def has_live(self, now_ms: int) -> bool:
        """Whether anything of somebody who still stands there waits or is under way."""
        items = (*self._waiting.values(), *(transfer.item for transfer in self._open.values()))
        return any(self._live(item, now_ms) for item in items)

    def came_up(self, largest: int, now_ms: int) -> None:
        """The link stands and takes messages of `largest` bytes."""
        self._largest = largest - wire.CHUNK_OVERHEAD
        self._not_before.clear()
        self.pace.came_up(now_ms)

    def went_down(self, now_ms: int) -> None:
        """Nothing is under way any more."""
        if self.up:
            self.pace.went_down(now_ms)
        self._largest = 0
        self._open.clear()
        self._sent.clear()

    def halt(self) -> None:
        """Nothing can be begun or gone on with for now; what is under way ends without a word."""
        self._waiting.clear()
        self._open.clear()

    def look(self, waiting: Iterable[Item]) -> None:
        """What the outbox says is waiting."""
        self._waiting = {(item.tcn, item.part): item for item in waiting}

    def heard(self, now_ms: int) -> None:
        """The hub said something: it lives."""
        self._heard_ms = now_ms

    def hub_came(self, now_ms: int, spread_ms: int) -> bool:
        """The hub came onto the link; False if it did so a moment ago: then this counts a little later.

        What waits for its reply is offered anew if none comes soon, and nothing counts against it;
        what waits for its next try need not.
        """
        if now_ms - self._hub_came_ms < HUB_EVERY_MS:
            self._hub_again = (self._hub_came_ms + HUB_EVERY_MS, spread_ms)
            return False
        self._hub_came_ms, self._hub_again = now_ms, None
        for transfer in self._open.values():
            if not transfer.missing:
                transfer.excused = True
                transfer.deadline_ms = min(transfer.deadline_ms, now_ms + HUB_GRACE_MS + spread_ms)
        for key, at_ms in self._not_before.items():
            self._not_before[key] = min(at_ms, now_ms + spread_ms)
        return True

    def choose(self, now_ms: int) -> Item | None:
        """The part to send something of now; None if the window is full or nothing is ready."""
        ready = list(self._ready(now_ms))
        under_way = len(self._sent)
        window = self.pace.window(now_ms)
        if under_way >= window:
            ready = [
                i for i in ready if under_way == window and i.part is Part.PROBE and self._live(i, now_ms)
            ]
        if not ready:
            return None
        if self._chunks % AGEING == AGEING - 1:
            return min(ready, key=lambda i: (i.sequence, i.part is not Part.PROBE))
        return min(ready, key=lambda i: urgency(i, self._boot_id, now_ms))

    def begun(self, item: Item) -> bool:
        """Whether a transfer of this part is open."""
        return (item.tcn, item.part) in self._open

    def begin(self, item: Item, envelope: bytes, now_ms: int) -> wire.Offer | None:
        """Open a transfer; the offer to send first, or None if the first chunk holds it all.

        A probe goes whole, without an offer, as long as that has not failed before.
        """
        key = (item.tcn, item.part)
        self._waiting.pop(key, None)
        first = item.part is Part.PROBE and not self._starts[key]
        largest = self._largest if first else self.pace.chunk(self._largest, now_ms)
        whole = item.size <= largest
        self._starts[key] += 1
        self._open[key] = Transfer(
            item, envelope, now_ms, self._deadline(now_ms), [(0, item.size)] if whole else []
        )
        live = self._live(item, now_ms)
        return None if whole else wire.Offer(item.tcn, item.part, item.size, item.digest, live)

    def drop(self, item: Item) -> None:
        """This part does not wait any more."""
        self._waiting.pop((item.tcn, item.part), None)

    def cut(self, item: Item, now_ms: int) -> wire.Chunk | None:
        """The next chunk of an open transfer."""
        transfer = self._open[item.tcn, item.part]
        whole = transfer.missing == [(0, item.size)] and self._starts[item.tcn, item.part] == 1
        probe = item.part is Part.PROBE and whole
        self._chunks += 1
        transfer.deadline_ms = self._deadline(now_ms)
        largest = self._largest if probe else self.pace.chunk(self._largest, now_ms)
        return transfer.cut(largest, self._live(item, now_ms))

    def sent(self, token: int, item: Item, size: int, now_ms: int) -> None:
        """A message of this part is under way."""
        self._sent[token] = Sent((item.tcn, item.part), size, now_ms)

    def taken(self, token: int, now_ms: int) -> None:
        """The next station took a message."""
        sent = self._sent.pop(token, None)
        if sent is None:
            return
        self.pace.taken(sent.size, sent.at_ms, now_ms)
        transfer = self._open.get(sent.key)
        if transfer is not None:
            transfer.deadline_ms = self._deadline(now_ms)

    def missing(self, message: wire.Missing, now_ms: int) -> bool:
        """The hub says what it lacks; False if that is not under way. Raises BadBytes for impossible ranges."""
        transfer = self._open.get((Tcn(message.tcn), message.part))
        if transfer is None:
            return False
        size = transfer.item.size
        if not all(0 <= start < stop <= size for start, stop in message.ranges):
            raise BadBytes("the hub asks for bytes that do not exist")
        transfer.missing = list(message.ranges)
        transfer.excused = False
        transfer.deadline_ms = self._deadline(now_ms)
        return True

    def settled(self, tcn: Tcn, part: Part) -> None:
        """Nothing more is to be done for this part."""
        key = (tcn, part)
        self._open.pop(key, None)
        self._waiting.pop(key, None)
        for known in (self._starts, self._failures, self._not_before):
            known.pop(key, None)

    def overdue(self, now_ms: int) -> list[tuple[Item, bool]]:
        """Close transfers that got no reply in time; True with those to be given up.

        Only silence of a hub that spoke to others meanwhile counts against a part.
        """
        if self._hub_again is not None and self._hub_again[0] <= now_ms:
            self.hub_came(now_ms, self._hub_again[1])
        late = [
            (key, transfer)
            for key, transfer in self._open.items()
            if transfer.deadline_ms <= now_ms and not any(sent.key == key for sent in self._sent.values())
        ]
        return [(transfer.item, self._fail(key, transfer, now_ms)) for key, transfer in late]

    def _fail(self, key: Key, transfer: Transfer, now_ms: int) -> bool:
        del self._open[key]
        if transfer.excused:
            return False
        self._failures[key] += self._heard_ms > transfer.began_ms
        tries = min(self._starts[key], 10)
        self._not_before[key] = now_ms + min(REPLY_MS << (tries - 1), MOST_PAUSE_MS)
        return self._failures[key] >= MOST_FAILURES

    def _ready(self, now_ms: int) -> Iterator[Item]:
        yield from (t.item for t in self._open.values() if t.missing)
        for key, item in self._waiting.items():
            if self._not_before.get(key, 0) <= now_ms and (self._room(item) or self._live(item, now_ms)):
                yield item

    def _room(self, item: Item) -> bool:
        """Probes wait for probes only: open evidence, however much, is in none's way."""
        probe = item.part is Part.PROBE
        before = sum(part is Part.PROBE for _, part in self._open) if probe else len(self._open)
        return before < MOST_OPEN

    def _live(self, item: Item, now_ms: int) -> bool:
        return is_live(item, self._boot_id, now_ms)

    def _deadline(self, now_ms: int) -> int:
        return now_ms + self.pace.patience_ms(REPLY_MS)


def is_live(item: Item, boot_id: str, now_ms: int) -> bool:
    """Whether the person of this record probably still stands at the kiosk."""
    return item.boot_id == boot_id and 0 <= now_ms - item.captured_ms < LIVE_MS


def urgency(item: Item, boot_id: str, now_ms: int) -> tuple[bool, bool, int]:
    """Sort key, least first: live before backlog, probe before evidence, newest live, oldest backlog."""
    live = is_live(item, boot_id, now_ms)
    return (not live, item.part is not Part.PROBE, -item.sequence if live else item.sequence)
