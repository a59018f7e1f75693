"""Empties the outbox over a transport; takes in receipts and answers.

The outbox is the truth about what must go, the hub about what has arrived. Order, chosen anew at
every chunk: people who still stand there before backlog, probes before evidence; the newest live
record first, the oldest of the backlog first. One thread does all of it.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from hotspot_kiosk import seal, wire
from hotspot_kiosk.contents import decode_answer
from hotspot_kiosk.errors import BadBytes, LinkDown, SealError
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.outbox import Item, Outbox
from hotspot_kiosk.terms import Answer, Part, Tcn
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken, Transport

log = logging.getLogger(__name__)
CHUNK = 8 << 10
WINDOW = 3
MOST_OPEN = 4
LIVE_MS = 120_000
REPLY_MS = 10_000
MOST_PAUSE_MS = 120_000
Key = tuple[Tcn, Part]


@dataclass(slots=True)
class Transfer:
    """A part on its way: what of it is still missing at the hub, as far as is known here."""

    item: Item
    envelope: bytes = field(repr=False)
    deadline_ms: int
    missing: list[wire.Range]

    def next_chunk(self, largest: int) -> wire.Chunk | None:
        """The next piece to send, taken off `missing`."""
        if not self.missing:
            return None
        start, stop = self.missing[0]
        cut = min(stop, start + largest)
        self.missing[:1] = [(cut, stop)] if cut < stop else []
        item = self.item
        return wire.Chunk(item.tcn, item.part, item.size, start, self.envelope[start:cut])


class Uplink:
    """Runs in its own thread from `start` to `close`."""

    def __init__(
        self,
        *,
        device: int,
        outbox: Outbox,
        transport: Transport,
        own: seal.PrivateKeys,
        hub: seal.PublicKeys,
        clock: Clock,
        on_answer: Callable[[Answer], None],
        on_link: Callable[[bool], None],
        on_fault: Callable[[str], None],
    ) -> None:
        self._device = device
        self._outbox = outbox
        self._transport = transport
        self._own = own
        self._hub = hub
        self._clock = clock
        self._on_answer = on_answer
        self._on_link = on_link
        self._on_fault = on_fault
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink")
        self._largest = 0
        self._in_flight: dict[int, Key | None] = {}
        self._waiting: list[Item] = []
        self._open: dict[Key, Transfer] = {}
        self._failures: Counter[Key] = Counter()
        self._not_before: dict[Key, int] = {}
        self.ignored: Counter[str] = Counter()

    @property
    def up(self) -> bool:
        """Whether the link stands."""
        return self._largest > 0

    def start(self) -> None:
        """Begin; what a crash left half sent starts anew where the hub says."""
        self._outbox.unsend_all()
        self._thread.start()
        self._transport.open(f"kiosk-{self._device}", [wire.down_topic(self._device)], self._events.put)

    def wake(self) -> None:
        """There is something new in the outbox; any thread may call this."""
        self._events.put(None)

    def close(self) -> None:
        """Close the link and end the thread."""
        self._transport.close()
        self._stop.set()
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._look()
            self._work()
        except Exception as error:
            log.exception("the uplink stopped")
            self._on_fault(str(error))

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                event = self._events.get(timeout=0.5)
            except Empty:
                self._expire()
            else:
                self._take(event)
            self._pump()

    def _take(self, event: LinkEvent | None) -> None:
        if event is None:
            self._look()
        elif isinstance(event, LinkUp):
            self._came_up(event)
        elif isinstance(event, LinkLost):
            self._went_down(event)
        elif isinstance(event, Taken):
            self._taken(event)
        else:
            self._arrived(event)

    def _taken(self, event: Taken) -> None:
        transfer = self._open.get(key) if (key := self._in_flight.pop(event.token, None)) else None
        if transfer is not None:
            transfer.deadline_ms = self._clock.now_ms() + REPLY_MS

    def _came_up(self, event: LinkUp) -> None:
        self._largest = min(CHUNK, event.largest - wire.CHUNK_OVERHEAD)
        log.info("link up")
        self._not_before.clear()
        self._send(wire.Ask())
        self._on_link(True)

    def _went_down(self, event: LinkLost) -> None:
        log.info("link lost: %s", event.reason)
        self._largest = 0
        self._in_flight.clear()
        self._open.clear()
        self._outbox.unsend_all()
        self._look()
        self._on_link(False)

    def _look(self) -> None:
        self._waiting = list(self._outbox.waiting())

    def _expire(self) -> None:
        now = self._clock.now_ms()
        for key, transfer in list(self._open.items()):
            if transfer.deadline_ms <= now and key not in self._in_flight.values():
                del self._open[key]
                self._failures[key] += 1
                self._not_before[key] = now + self._pause_ms(key)
                self._outbox.stalled(transfer.item)
                self._look()

    def _pause_ms(self, key: Key) -> int:
        return int(min(REPLY_MS << min(self._failures[key] - 1, 10), MOST_PAUSE_MS))

    def _pump(self) -> None:
        self._expire()
        while self.up and len(self._in_flight) < WINDOW and self._send_next():
            pass

    def _send_next(self) -> bool:
        """Send one message of the most urgent part that has one; False if there is nothing to send."""
        now = self._clock.now_ms()
        boot = self._clock.boot_id
        room = len(self._open) < MOST_OPEN
        ready = [t.item for t in self._open.values() if t.missing]
        ready += [i for i in self._waiting if self._may_begin(i, now) and (room or is_live(i, boot, now))]
        if not ready:
            return False
        item = min(ready, key=lambda i: urgency(i, boot, now))
        transfer = self._open.get((item.tcn, item.part))
        return self._send_chunk(transfer) if transfer else self._begin(item)

    def _may_begin(self, item: Item, now_ms: int) -> bool:
        return self._not_before.get((item.tcn, item.part), 0) <= now_ms

    def _begin(self, item: Item) -> bool:
        self._waiting.remove(item)
        envelope = self._outbox.envelope(item)
        if envelope is None or not self._outbox.sending(item):
            return True
        whole = item.size <= self._largest
        transfer = Transfer(
            item, envelope, self._clock.now_ms() + REPLY_MS, [(0, item.size)] if whole else []
        )
        self._open[item.tcn, item.part] = transfer
        if whole:
            return self._send_chunk(transfer)
        return self._send(wire.Offer(item.tcn, item.part, item.size, item.digest), (item.tcn, item.part))

    def _send_chunk(self, transfer: Transfer) -> bool:
        chunk = transfer.next_chunk(self._largest)
        transfer.deadline_ms = self._clock.now_ms() + REPLY_MS
        return chunk is not None and self._send(chunk, (transfer.item.tcn, transfer.item.part))

    def _send(self, message: wire.Up, key: Key | None = None) -> bool:
        try:
            token = self._transport.publish(wire.up_topic(self._device), wire.encode(message))
        except LinkDown:
            self._largest = 0
            return False
        self._in_flight[token] = key
        return True

    def _arrived(self, event: Arrived) -> None:
        try:
            message = wire.decode_down(event.payload)
            if isinstance(message, wire.Missing):
                self._missing(message)
            elif isinstance(message, wire.Receipt):
                self._receipt(message)
            elif isinstance(message, wire.Answered):
                self._answered(Tcn(message.tcn), message.envelope)
            else:
                self._refused(message)
        except (BadBytes, SealError) as error:
            self.ignored[str(error)] += 1
            log.warning("a message from the hub's side was ignored: %s", error)

    def _missing(self, message: wire.Missing) -> None:
        transfer = self._open.get((Tcn(message.tcn), message.part))
        if transfer is None:
            return
        size = transfer.item.size
        if not all(0 <= start < stop <= size for start, stop in message.ranges):
            raise BadBytes("the hub asks for bytes that do not exist")
        transfer.missing = list(message.ranges)
        transfer.deadline_ms = self._clock.now_ms() + REPLY_MS

    def _receipt(self, receipt: wire.Receipt) -> None:
        wire.verify_receipt(receipt, self._hub)
        tcn = Tcn(receipt.tcn)
        if receipt.answer:
            self._answered(tcn, receipt.answer)
        if self._outbox.receipt(tcn, receipt.part, receipt.digest, self._clock.stamp().wall):
            log.info("%s %s held by the hub", tcn, receipt.part)
            self._settle(tcn, receipt.part)

    def _refused(self, refusal: wire.Refusal) -> None:
        wire.verify_refusal(refusal, self._hub)
        tcn = Tcn(refusal.tcn)
        if self._outbox.quarantine(tcn, refusal.part, refusal.reason):
            log.error("%s %s quarantined: %s", tcn, refusal.part, refusal.reason)
            self._settle(tcn, refusal.part)

    def _settle(self, tcn: Tcn, part: Part) -> None:
        self._open.pop((tcn, part), None)
        self._failures.pop((tcn, part), None)
        self._waiting = [item for item in self._waiting if (item.tcn, item.part) != (tcn, part)]

    def _answered(self, tcn: Tcn, envelope: bytes) -> None:
        header = seal.peek(envelope)
        if header.tcn != tcn or header.content != "answer":
            raise BadBytes("an answer belongs to another record")
        answer = decode_answer(seal.open_envelope(envelope, self._hub, self._own))
        if self._outbox.answer(tcn, envelope, self._clock.stamp().wall):
            log.info("%s answered", tcn)
            self._on_answer(answer)
        if self._outbox.knows(tcn):
            self._send(wire.Got(tcn))


def is_live(item: Item, boot_id: str, now_ms: int) -> bool:
    """Whether the person of this record probably still stands at the kiosk."""
    return item.boot_id == boot_id and 0 <= now_ms - item.captured_ms < LIVE_MS


def urgency(item: Item, boot_id: str, now_ms: int) -> tuple[bool, bool, int]:
    """Sort key, least first: live before backlog, probe before evidence, newest live, oldest backlog."""
    live = is_live(item, boot_id, now_ms)
    return (not live, item.part is not Part.PROBE, -item.sequence if live else item.sequence)
