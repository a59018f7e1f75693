"""What comes down from the hub: receipts, refusals, answers, orders, witnesses.

Nothing is erased, shown or obeyed but by the hub's signature. The uplink's thread calls it.
"""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from hotspot_kiosk import seal, wire
from hotspot_kiosk.contents_enrolment import decode_answer
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError, StorageFailed
from hotspot_kiosk.keyring import Trust, from_bytes
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.anchoring import Anchoring
from hotspot_kiosk.kiosk.link.courier import Courier
from hotspot_kiosk.kiosk.link.orders import Installs, Orders
from hotspot_kiosk.kiosk.link.replies import keep
from hotspot_kiosk.kiosk.link.telling import Telling
from hotspot_kiosk.kiosk.staff.pairs import Pairs
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.seal_answer import is_sealed_answer, open_answer
from hotspot_kiosk.terms import AnyAnswer, Part, Tcn

log = logging.getLogger(__name__)
SPREAD_MS = 2_000  # within which the kiosks of a hub that came back ask about what they sent
UNKNOWN = "an answer is to a record that this outbox does not know"
UNSIGNED = "a message that proves no living hub"


@dataclass(frozen=True, slots=True)
class Ways:
    """Where what the hub says leads: out over the link again, and to the daemon."""

    send: Callable[[wire.Up], bool]
    ask_if_due: Callable[[], None]
    quarantine: Callable[[Tcn, Part, str], bool]
    answer: Callable[[AnyAnswer], None]
    order: Callable[[wire.Order], None]


class Downlink:
    """Believes or ignores one message after the other; `ignored` and `repeated` count why."""

    def __init__(
        self,
        *,
        device: int,
        outbox: Outbox,
        courier: Courier,
        own: seal.PrivateKeys,
        trust: Trust,
        orders: Orders,
        clock: Clock,
        alerts: Alerts | None,
        anchoring: Anchoring | None,
        telling: Telling | None,
        pairs: Pairs | None,
        watchlists: Watchlists | None,
        installs: Installs,
        ways: Ways,
    ) -> None:
        self._device = device
        self._outbox = outbox
        self._courier = courier
        self._own = own
        self._trust = trust
        self._orders = orders
        self._clock = clock
        self._alerts = alerts
        self._anchoring = anchoring
        self._telling = telling
        self._pairs = pairs
        self._watchlists = watchlists
        self._installs = installs
        self._ways = ways
        self._unkept: set[Tcn] = set()
        self._probes: dict[Tcn, bytes] = {}
        self._nonce = b""
        self._asked_ms = 0
        self.ignored: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()

    def question(self) -> wire.Ask:
        """Asks for what waits there, and for the time if nobody else tells it."""
        stamp = self._clock.stamp()
        self._nonce = b"" if stamp.trusted else os.urandom(wire.NONCE_BYTES)
        self._asked_ms = stamp.monotonic_ms
        return wire.Ask(self._nonce, self._trust.ring.newest.key_id)

    def expect(self, tcn: Tcn, digest: bytes) -> None:
        """A probe with this digest goes up; its answer is sealed to it."""
        self._probes[tcn] = digest

    def disbelieved(self, payload: bytes) -> str:
        """Act on a message; why not, if not."""
        try:
            message = wire.decode_down(payload)
            if isinstance(message, wire.Missing | wire.Here):
                self._unsigned(message)
                return UNSIGNED
            if isinstance(message, wire.Receipt):
                self._receipt(message)
            elif isinstance(message, wire.Answered):
                self._answered(Tcn(message.tcn), message.envelope)
            elif isinstance(message, wire.Order):
                self._ordered(message)
            elif isinstance(message, wire.Witness | wire.Noted | wire.Viewed):
                self._replied(message)
            else:
                self._refused(message)
        except (BadBytes, SealError, Refused, ConfigError) as error:
            if not self.ignored[str(error)]:
                log.warning("a message from the hub's side was ignored: %s", error)
            self.ignored[str(error)] += 1
            return str(error)
        return ""

    def _unsigned(self, message: wire.Missing | wire.Here) -> None:
        """Not signed, so it proves no living hub: it only says which bytes to send next, or when."""
        now_ms = self._clock.now_ms()
        if isinstance(message, wire.Missing):
            if not self._courier.missing(message, now_ms):
                self.repeated["ranges of a part that is not under way"] += 1
        elif self._courier.hub_came(now_ms, random.randrange(SPREAD_MS)):  # noqa: S311 - spreads resends
            log.info("the hub is there again")
        else:
            self.repeated["a hub that had just come"] += 1

    def _receipt(self, receipt: wire.Receipt) -> None:
        wire.verify_receipt(receipt, self._trust.ring)
        tcn = Tcn(receipt.tcn)
        if not self._outbox.knows(tcn):
            raise Refused("a receipt is for a record that this outbox does not know")
        if receipt.answer:
            self._answered(tcn, receipt.answer)
        if not self._held(tcn, receipt.part, receipt.digest):
            self.repeated["a receipt of what is held, or of other bytes"] += 1

    def _held(self, tcn: Tcn, part: Part, digest: bytes) -> bool:
        """The hub's signature says so; False if that was known, or the bytes are not ours."""
        stamp = self._clock.stamp()
        new = self._outbox.receipt(tcn, part, digest, stamp.wall if stamp.trusted else None)
        if new:
            log.info("%s %s held by the hub", tcn, part)
            self._courier.settled(tcn, part)
        self._ways.ask_if_due()
        return new

    def _refused(self, refusal: wire.Refusal) -> None:
        wire.verify_refusal(refusal, self._trust.ring)
        if not self._outbox.waits(Tcn(refusal.tcn), refusal.part, refusal.digest):
            raise Refused("the hub refused bytes that are not here")
        if not self._ways.quarantine(Tcn(refusal.tcn), refusal.part, refusal.reason):
            self.repeated["a refusal that is known"] += 1

    def _answered(self, tcn: Tcn, envelope: bytes) -> None:
        if tcn.device != self._device:
            self._take_alert(tcn, envelope)
            return
        try:
            self._take_answer(tcn, envelope)
        except StorageFailed:
            self._show_unkept(tcn, envelope)
            raise

    def _show_unkept(self, tcn: Tcn, envelope: bytes) -> None:
        """The officer sees it now, once; the hub keeps it, and sends it again, until it is kept here."""
        digest = self._probes.get(tcn)
        if digest is not None and tcn not in self._unkept:
            self._ways.answer(decode_answer(open_answer(envelope, tcn, digest, self._trust.ring, self._own)))
            self._unkept.add(tcn)

    def _take_alert(self, tcn: Tcn, envelope: bytes) -> None:
        """About somebody whom another kiosk captured: the hub says that this post must know."""
        if self._alerts is None:
            raise Refused(UNKNOWN)
        kept = self._alerts.take(tcn, envelope, self._trust.ring)
        if kept.new:
            log.info("%s: an alert came, edition %d", tcn, kept.edition)
            self._ways.answer(kept.answer)
        else:
            self.repeated["an alert that is known"] += 1
        self._ways.send(wire.sign_got(tcn, kept.held, self._own, kept.edition))

    def _take_answer(self, tcn: Tcn, envelope: bytes) -> None:
        if not self._outbox.knows(tcn):
            raise Refused(UNKNOWN)
        kept = keep(self._outbox, tcn, envelope, self._clock.stamp().wall, self._trust.ring, self._own)
        if kept.new:
            log.info("%s answered, edition %d", tcn, kept.edition)
            if tcn not in self._unkept:
                self._ways.answer(kept.answer)
            self._unkept.discard(tcn)
        else:
            self.repeated["an answer that is known"] += 1
        self._probes.pop(tcn, None)
        self._ways.send(wire.sign_got(tcn, kept.held, self._own, kept.edition))
        if is_sealed_answer(envelope):
            self._courier.settled(tcn, Part.PROBE)
            self._ways.ask_if_due()

    def _replied(self, reply: wire.Witness | wire.Noted | wire.Viewed) -> None:
        """To what this kiosk said or asked beside its records."""
        if not isinstance(reply, wire.Viewed):
            self._witnessed(reply)
        elif self._pairs is None:
            raise Refused("the hub sends pictures that nobody asked for")
        else:
            self._pairs.take(reply, self._trust.ring)

    def _witnessed(self, witness: wire.Witness | wire.Noted) -> None:
        if isinstance(witness, wire.Noted):
            if self._telling is None:
                raise Refused("the hub notes a finding that nobody made")
            self._telling.noted(witness, self._trust.ring)
            return
        if self._anchoring is None:
            raise Refused("the hub is witness of something that nobody sent")
        self._anchoring.witnessed(witness, self._trust.ring)

    def _take_watchlist(self, order: wire.Order) -> bool:
        """Whether this part completes the list. A part counts by its edition, not by the order's number: others may come between."""
        self._orders.check(order, self._trust.ring)
        if self._watchlists is None:
            raise Refused("this kiosk takes no watchlist")
        whole = self._watchlists.take(order.body)
        self._ways.send(wire.sign_done(self._device, order.number, self._own))
        return whole

    def _obeyed(self, order: wire.Order) -> bool:
        """Whether it is carried out now; what it brings, or destroys, is done before it counts as obeyed."""
        if order.kind is wire.OrderKind.FORGET:
            if self._watchlists is None:
                raise Refused("this kiosk has no watchlist to forget")
            return self._orders.forget(order, self._trust.ring, self._watchlists.forget)
        self._orders.install(order, self._trust.ring, self._installs)
        return self._orders.obey(order, self._trust.ring)

    def _ordered(self, order: wire.Order) -> None:
        if order.kind is wire.OrderKind.TIME:
            told = self._orders.time(order, self._trust.ring, self._nonce)
            self._nonce = b""
            self._clock.learn(told, self._asked_ms)
            return
        if order.kind is wire.OrderKind.HUB_KEY:
            self._orders.check(order, self._trust.ring)
            self._trust.add(from_bytes(order.body))
        elif order.kind is wire.OrderKind.WATCHLIST:
            if not self._take_watchlist(order):
                return
        else:
            new = self._obeyed(order)
            self._ways.send(wire.sign_done(self._device, order.number, self._own))
            if not new:
                self.repeated["an order that was obeyed"] += 1
                return
        log.warning("order %d of the hub: %s", order.number, order.kind)
        self._ways.order(order)
