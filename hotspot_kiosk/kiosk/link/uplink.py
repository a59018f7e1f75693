"""Empties the outbox over a transport; what comes back is `downlink`'s.

The outbox is the truth about what must go, the hub about what has arrived; `courier` says what goes
next. One thread does all of it. Nothing is erased or believed but by the hub's signature.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import MappingProxyType

from hotspot_kiosk import seal, wire
from hotspot_kiosk.errors import (
    LinkDown,
    Refused,
    StorageDamaged,
    StorageFailed,
)
from hotspot_kiosk.keyring import Trust
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.anchoring import Anchoring
from hotspot_kiosk.kiosk.link.courier import Courier
from hotspot_kiosk.kiosk.link.downlink import Downlink, Ways
from hotspot_kiosk.kiosk.link.orders import Installs, Orders
from hotspot_kiosk.kiosk.link.telling import Telling
from hotspot_kiosk.kiosk.staff.pairs import Pairs
from hotspot_kiosk.kiosk.storage.outbox import GIVEN_UP, Item, Outbox, remedy
from hotspot_kiosk.kiosk.storage.patience import Patience
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.terms import AnyAnswer, Part, Tcn
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Taken, Transport

log = logging.getLogger(__name__)
TICK_S = 0.5
LOOK_EVERY = 8
ASK_EVERY = 64
CARRY_S = 30.0


@dataclass(frozen=True, slots=True)
class Carried:
    """A message that came another way; `outcome` gets why it was not believed, and whether it is new."""

    payload: bytes = field(repr=False)
    outcome: SimpleQueue[tuple[str, bool]] = field(default_factory=SimpleQueue)


class Uplink:
    """Runs in its own thread from `start` to `close`."""

    def __init__(
        self,
        *,
        device: int,
        outbox: Outbox,
        transport: Transport,
        own: seal.PrivateKeys,
        trust: Trust,
        orders: Orders,
        clock: Clock,
        on_answer: Callable[[AnyAnswer], None],
        on_link: Callable[[bool], None],
        on_order: Callable[[wire.Order], None],
        on_quarantine: Callable[[Tcn, str], None],
        on_fault: Callable[[str], None],
        on_trouble: Callable[[str], None],
        alerts: Alerts | None = None,
        anchoring: Anchoring | None = None,
        telling: Telling | None = None,
        pairs: Pairs | None = None,
        watchlists: Watchlists | None = None,
        installs: Installs = MappingProxyType({}),
    ) -> None:
        """`on_trouble` hears why the outbox's disk does not work, and an empty word when it does again.

        Without `alerts`, those of other posts are refused; so is what the hub orders to install without `installs`.
        """
        self._device = device
        self._outbox = outbox
        self._transport = transport
        self._clock = clock
        self._on_link = on_link
        self._on_quarantine = on_quarantine
        self._on_fault = on_fault
        self._on_trouble = on_trouble
        self._spoken = (telling, pairs, anchoring)
        self._topics = (wire.down_topic(device), wire.all_topic(own.realm))
        self._events: SimpleQueue[LinkEvent | Carried | None] = SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uplink")
        self._courier = Courier(clock.boot_id)
        self._patience = Patience(waiting=True)
        self._trouble = ""
        self._told: set[tuple[Tcn, Part]] | None = None
        self._ticks = 0
        self._ask_due = False
        self._downlink = Downlink(
            device=device,
            outbox=outbox,
            courier=self._courier,
            own=own,
            trust=trust,
            orders=orders,
            clock=clock,
            alerts=alerts,
            anchoring=anchoring,
            telling=telling,
            pairs=pairs,
            watchlists=watchlists,
            installs=installs,
            ways=Ways(self._send, self._ask_if_due, self._quarantine, on_answer, on_order),
        )

    @property
    def ignored(self) -> Counter[str]:
        """Why messages of the hub were not believed, and how often."""
        return self._downlink.ignored

    @property
    def repeated(self) -> Counter[str]:
        """What came again though it was known, and how often."""
        return self._downlink.repeated

    @property
    def bytes_per_s(self) -> float:
        """What the link carried lately; 0 before anything was measured."""
        return self._courier.pace.rate

    @property
    def up(self) -> bool:
        """Whether the link stands."""
        return self._courier.up

    def start(self) -> None:
        """Begin; what a crash left half sent starts anew where the hub says."""
        self._thread.start()
        self._transport.open(f"kiosk-{self._device}", self._topics, self._events.put)

    def wake(self) -> None:
        """There is something new in the outbox; any thread may call this."""
        self._events.put(None)

    def carry(self, payload: bytes) -> bool:
        """A message of the hub that came another way than over the link; False if it is known.

        Any thread but the uplink's may call this. Raises Refused for what is not believed.
        """
        carried = Carried(payload)
        self._events.put(carried)
        try:
            why, new = carried.outcome.get(timeout=CARRY_S)
        except Empty:
            raise Refused("the kiosk did not take it in; look at its state and try again") from None
        if why:
            raise Refused(why)
        return new

    def close(self) -> None:
        """Close the link and end the thread."""
        self._transport.close()
        self._stop.set()
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._patiently(self._begin_anew)
                self._next()
        except Exception as error:
            log.exception("the uplink stopped")
            self._on_fault(str(error))

    def _next(self) -> None:
        try:
            event = self._events.get(timeout=TICK_S)
        except Empty:
            self._patiently(self._idle)
        else:
            self._patiently(lambda: self._take(event))
        self._patiently(self._pump)
        self._anchor()

    def _anchor(self) -> None:
        """Never before a person who waits."""
        now_ms = self._clock.now_ms()
        if not self.up or self._courier.has_live(now_ms):
            return
        for part in self._spoken:
            word = part.next(now_ms) if part is not None else None
            if word is not None:
                self._send(word)

    def _patiently(self, work: Callable[[], None]) -> None:
        """A disk that does not work is waited for; only damage needs a restart, which salvages."""
        try:
            work()
        except StorageDamaged:
            raise
        except StorageFailed as error:
            self._courier.halt()
            now_ms = self._clock.now_ms()
            if not self._patience.waiting or self._patience.due(now_ms):
                pause_ms = self._patience.failed(now_ms)
                log.error("the uplink waits %d s for the disk: %s", pause_ms // 1000, error)
            self._say_trouble(str(error))

    def _begin_anew(self) -> None:
        """At the start, and when it is time to try the disk again: the outbox says what waits."""
        if not self._patience.due(self._clock.now_ms()):
            return
        if self._trouble:
            self._outbox.revive()
        self._outbox.unsend_all()
        self._patience.worked(self._clock.now_ms())
        self._look()
        self._say_trouble("")
        if self.up:
            self._ask()

    def _say_trouble(self, why: str) -> None:
        if why != self._trouble:
            self._trouble = why
            self._on_trouble(why)

    def _idle(self) -> None:
        """Nothing happened for a while: another process may have put something back."""
        if self._patience.waiting:
            return
        if self._outbox.trouble:
            self._outbox.revive()
        self._expire()
        self._ticks += 1
        if self._ticks % LOOK_EVERY == 0:
            self._look()
            if self.up and self._may_ask():
                self._ask()

    def _may_ask(self) -> bool:
        """Not while the link is busy with what brings its own answer along."""
        due = self._ask_due and not self._courier.under_way
        return due or (self._ticks % ASK_EVERY == 0 and self._outbox.owed())

    def _take(self, event: LinkEvent | Carried | None) -> None:
        if event is None:
            self._look()
        elif isinstance(event, LinkUp):
            self._came_up(event)
        elif isinstance(event, LinkLost):
            self._went_down(event)
        elif isinstance(event, Taken):
            self._courier.taken(event.token, self._clock.now_ms())
        elif isinstance(event, Carried):
            self._carried(event)
        else:
            self._arrived(event)

    def _came_up(self, event: LinkUp) -> None:
        log.info("link up")
        self._courier.came_up(event.largest, self._clock.now_ms())
        for part in self._spoken:
            if part is not None:
                part.came_up()
        self._on_link(True)
        self._ask_due = True
        self._pump()
        if not self._courier.under_way:
            self._ask()

    def _ask(self) -> None:
        """Ask for what waits there, and for the time if nobody else tells it.

        Behind a probe this waits for its receipt, which brings the answer along: asked earlier, the
        hub would send that answer a second time over the same thin link.
        """
        self._ask_due = False
        self._send(self._downlink.question())

    def _ask_if_due(self) -> None:
        if self._ask_due:
            self._ask()

    def _went_down(self, event: LinkLost) -> None:
        log.info("link lost: %s", event.reason)
        self._courier.went_down(self._clock.now_ms())
        self._on_link(False)
        if not self._patience.waiting:
            self._outbox.unsend_all()
            self._look()

    def _look(self) -> None:
        if self._patience.waiting:
            return
        self._courier.look(self._outbox.waiting())
        self._tell_quarantined()

    def _tell_quarantined(self) -> None:
        """Each part once, whoever quarantined it; those of before the start are only counted."""
        reasons = self._outbox.quarantined()
        known = reasons.keys() if self._told is None else self._told
        self._told = set(reasons)
        for tcn, part in self._told - known:
            reason = reasons[tcn, part]
            log.error("%s %s quarantined: %s", tcn, part, reason)
            self._courier.settled(tcn, part)
            self._on_quarantine(tcn, f"{reason}; {remedy(reason)}")

    def _expire(self) -> None:
        late = self._courier.overdue(self._clock.now_ms())
        for item, hopeless in late:
            if hopeless:
                self._quarantine(item.tcn, item.part, GIVEN_UP)
            else:
                self._outbox.stalled(item)
        if late:
            self._look()

    def _pump(self) -> None:
        if self._patience.waiting:
            return
        self._expire()
        while self.up and (item := self._courier.choose(self._clock.now_ms())):
            if not (self._send_chunk(item) if self._courier.begun(item) else self._begin(item)):
                return

    def _begin(self, item: Item) -> bool:
        envelope = self._outbox.envelope(item)
        if envelope is None or not self._outbox.sending(item):
            self._courier.drop(item)
            self._tell_quarantined()
            return True
        if item.part is Part.PROBE:
            self._downlink.expect(item.tcn, item.digest)
        offer = self._courier.begin(item, envelope, self._clock.now_ms())
        return self._send(offer, item) if offer else self._send_chunk(item)

    def _send_chunk(self, item: Item) -> bool:
        chunk = self._courier.cut(item, self._clock.now_ms())
        return chunk is not None and self._send(chunk, item)

    def _send(self, message: wire.Up, item: Item | None = None) -> bool:
        payload = wire.encode(message)
        try:
            token = self._transport.publish(wire.up_topic(self._device), payload)
        except LinkDown:
            self._courier.went_down(self._clock.now_ms())
            return False
        if item is not None:
            self._courier.sent(token, item, len(payload), self._clock.now_ms())
        return True

    def _arrived(self, event: Arrived) -> None:
        if not self._downlink.disbelieved(event.payload):
            self._courier.heard(self._clock.now_ms())

    def _carried(self, carried: Carried) -> None:
        """No sign of a living hub: it came some other way."""
        known = sum(self._downlink.repeated.values())
        why = "the disk does not work now"
        try:
            why = self._downlink.disbelieved(carried.payload)
        finally:
            carried.outcome.put((why, sum(self._downlink.repeated.values()) == known))

    def _quarantine(self, tcn: Tcn, part: Part, reason: str) -> bool:
        new = self._outbox.quarantine(tcn, part, reason)
        if new and self._told is not None:
            self._told.discard((tcn, part))
        self._courier.settled(tcn, part)
        self._tell_quarantined()
        return new
