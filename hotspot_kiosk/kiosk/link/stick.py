"""A kiosk's outbox onto a stick, and the hub's receipts, answers and orders back from it.

Export changes nothing in the outbox, for a stick may get lost: a part waits until the hub's signed
receipt comes, by radio or by stick, whichever is first. A kiosk that runs acts on what came back by
itself, in its uplink; `Returned` is for one that does not, and believes the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from types import MappingProxyType

from hotspot_kiosk import seal, wire
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError, StorageFailed
from hotspot_kiosk.keyring import Trust, from_bytes
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.orders import Installs, Orders
from hotspot_kiosk.kiosk.link.replies import keep
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.stick import (
    ANSWER,
    HALF_WRITTEN,
    HUB_KEY,
    NOTE,
    ORDER,
    PROOF,
    RECEIPT,
    REFUSAL,
    SEALED,
    UNFINISHED,
    Stick,
    Tally,
    name_of,
    number_of,
    sign_note,
)
from hotspot_kiosk.terms import ClockStamp, Part, Tcn

Act = Callable[[bytes], bool]
NOT_WRITTEN = "held by the hub meanwhile, or damaged here; see: hotspot outbox list"
FOREIGN = "for a record that this outbox does not know"
OTHER_BYTES = "refusals of other bytes than these"
# New keys first, for they may have signed the rest; orders last, for one of them may end it all.
KINDS: dict[str, tuple[type[wire.Down], str, str]] = {
    HUB_KEY: (wire.Order, "new keys of the hub", "keys known already"),
    RECEIPT: (wire.Receipt, "parts held by the hub", "receipts known already"),
    ANSWER: (wire.Answered, "answers", "answers known already"),
    REFUSAL: (wire.Refusal, "parts refused by the hub", "refusals known already"),
    ORDER: (wire.Order, "orders obeyed", "orders known already"),
}


def export(
    stick: Stick,
    outbox: Outbox,
    own: seal.PrivateKeys,
    hub_key: bytes,
    obeyed: Iterable[int],
    alerts: Alerts | None = None,
) -> Tally:
    """Write what waits: the note, proofs of orders obeyed, then all probes, then all evidence, oldest first.

    Raises StorageFailed with how far it came if the stick is full or cannot be written.
    """

    def introduce() -> None:
        stick.write(own.owner, NOTE, sign_note(own.owner, _answers(outbox, alerts), hub_key, own))
        _prove(stick, own, obeyed)

    return _export(stick, outbox, own.owner, introduce)


def export_bare(stick: Stick, outbox: Outbox, device: int) -> Tally:
    """The same by a kiosk whose keys were destroyed: what waits was sealed and signed before that."""
    return _export(stick, outbox, device, lambda: None)


def _export(stick: Stick, outbox: Outbox, device: int, introduce: Callable[[], None]) -> Tally:
    tally = Tally()
    waiting = sorted(outbox.unheld(), key=lambda item: (item.part is not Part.PROBE, item.sequence))
    try:
        introduce()
        for item in waiting:
            envelope = outbox.envelope(item)
            if envelope is None:
                tally.aside[NOT_WRITTEN] += 1
            else:
                new = stick.write(device, name_of(item.tcn, item.part, SEALED), envelope)
                tally.done["parts written" if new else "parts on the stick already"] += 1
        stick.settle(device)
    except StorageFailed as error:
        whole = sum(tally.done.values())
        raise StorageFailed(
            f"{error}; {whole} of {len(waiting)} parts are on it, the others wait here for another stick"
        ) from None
    return tally


def take_in(stick: Stick, own: seal.PrivateKeys, act: Act, obeyed: Callable[[], Iterable[int]]) -> Tally:
    """Act on all messages for this kiosk; proofs of what was obeyed are written back at once.

    `act` believes what the uplink would: True for something new, BadBytes, SealError or Refused for
    what is not believed, StorageFailed if it cannot be kept. `obeyed`: the numbers of all orders
    carried out, asked for even if an order ended the kiosk that obeyed it.
    """
    tally = Tally()
    for suffix, (kind, new, known) in KINDS.items():
        for name in stick.names(own.owner, suffix):
            try:
                message = wire.decode_down(payload := stick.read(own.owner, name))
                if not isinstance(message, kind):
                    raise BadBytes("another message than the file's name says")
                tally.done[new if act(payload) else known] += 1
            except (BadBytes, ConfigError, SealError, Refused) as error:
                tally.aside[str(error)] += 1
    if stick.names(own.owner, ORDER):
        _prove(stick, own, obeyed())
    if unfinished := stick.names(own.owner, UNFINISHED):
        tally.aside[HALF_WRITTEN] += len(unfinished)
    return tally


class Returned:
    """Acts on one message of the hub at a kiosk that does not run; see `take_in`.

    `on_erase` is called once an erasure is remembered.
    """

    def __init__(
        self,
        outbox: Outbox,
        own: seal.PrivateKeys,
        trust: Trust,
        orders: Orders,
        stamp: ClockStamp,
        on_erase: Callable[[], None],
        alerts: Alerts | None = None,
        watchlists: Watchlists | None = None,
        installs: Installs = MappingProxyType({}),
    ) -> None:
        self._outbox = outbox
        self._alerts = alerts
        self._watchlists = watchlists
        self._own = own
        self._trust = trust
        self._orders = orders
        self._stamp = stamp
        self._on_erase = on_erase
        self._installs = installs

    def act(self, payload: bytes) -> bool:
        """Believe it or not. Raises BadBytes, SealError, Refused or StorageFailed."""
        message = wire.decode_down(payload)
        if isinstance(message, wire.Receipt):
            return self._receipt(message)
        if isinstance(message, wire.Refusal):
            return self._refusal(message)
        if isinstance(message, wire.Answered):
            return self._answer(message)
        if isinstance(message, wire.Order):
            return self._order(message)
        raise BadBytes("a message that only a link can carry")

    def _receipt(self, message: wire.Receipt) -> bool:
        wire.verify_receipt(message, self._trust.ring)
        now = self._stamp.wall if self._stamp.trusted else None
        return self._outbox.receipt(self._known(message.tcn), message.part, message.digest, now)

    def _refusal(self, message: wire.Refusal) -> bool:
        wire.verify_refusal(message, self._trust.ring)
        if not self._outbox.waits(Tcn(message.tcn), message.part, message.digest):
            raise Refused(OTHER_BYTES)
        return self._outbox.quarantine(self._known(message.tcn), message.part, message.reason)

    def _answer(self, message: wire.Answered) -> bool:
        if self._alerts is not None and Tcn(message.tcn).device != self._own.owner:
            return self._alerts.take(Tcn(message.tcn), message.envelope, self._trust.ring).new
        tcn = self._known(message.tcn)
        return keep(self._outbox, tcn, message.envelope, self._stamp.wall, self._trust.ring, self._own).new

    def _order(self, order: wire.Order) -> bool:
        if order.kind is wire.OrderKind.TIME:
            raise BadBytes("a time that is past")
        if order.kind is wire.OrderKind.HUB_KEY:
            self._orders.check(order, self._trust.ring)
            self._trust.add(from_bytes(order.body))
            return True
        if order.kind is wire.OrderKind.WATCHLIST:
            raise BadBytes("an order that only a running kiosk can follow: start it and import again")
        if order.kind is wire.OrderKind.FORGET:
            if self._watchlists is None:
                raise Refused("this kiosk has no watchlist to forget")
            return self._orders.forget(order, self._trust.ring, self._watchlists.forget)
        self._orders.install(order, self._trust.ring, self._installs)
        new = self._orders.obey(order, self._trust.ring)
        if new and order.kind is wire.OrderKind.ERASE:
            self._on_erase()
        return new

    def _known(self, text: str) -> Tcn:
        tcn = Tcn(text)
        if not self._outbox.knows(tcn):
            raise BadBytes(FOREIGN)
        return tcn


def _prove(stick: Stick, own: seal.PrivateKeys, obeyed: Iterable[int]) -> None:
    for number in obeyed:
        proof = wire.sign_done(own.owner, number, own)
        stick.write(own.owner, number_of(number, PROOF), wire.encode(proof))
    stick.settle(own.owner)


def _answers(outbox: Outbox, alerts: Alerts | None) -> dict[Tcn, bytes]:
    """The digest of each answer and alert that is held: whatever edition that is, the hub need not send it again."""
    held = {entry.tcn: outbox.sealed_answer(entry.tcn) for entry in outbox.entries() if entry.answered}
    both = held | (alerts.held() if alerts else {})
    return {tcn: hashlib.sha256(envelope).digest() for tcn, envelope in both.items() if envelope}
