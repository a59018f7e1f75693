"""Messages from kiosks in, messages to them out: put together, verify, keep once, receipt.

A receipt is made only after the envelope is committed. What is forged, foreign or damaged changes
nothing and is counted. This file opens envelopes but does not look into what they hold.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hotspot_kiosk import seal, wire
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.hub.cases import case_events
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.link.witness import Witness
from hotspot_kiosk.hub.storage.store import Committed, PartKey, Store
from hotspot_kiosk.keyring import PublicFile, as_bytes
from hotspot_kiosk.terms import Part, Tcn

log = logging.getLogger(__name__)
MOST_TRIES = 3
MOST_PIECES = 4 * wire.LARGEST_ENVELOPE  # bytes of one device's unfinished parts, repeats counted
LOOK_EVERY = MOST_PIECES // 16


@dataclass(frozen=True, slots=True)
class Delivered:
    """A part that is now held: its envelope's digest and what was inside."""

    key: PartKey
    digest: bytes = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message leads to: messages down, and a part if this message completed one."""

    replies: tuple[wire.Down, ...] = ()
    delivered: Delivered | None = None


class Inbox:
    """Takes in what kiosks send. One thread at a time."""

    def __init__(
        self,
        store: Store,
        own: seal.PrivateKeys,
        kiosks: Mapping[int, PublicFile],
        now: Callable[[], datetime],
        *,
        previous: Sequence[seal.PrivateKeys] = (),
        newest: PublicFile | None = None,
        book: OrderBook | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._distrusted: Callable[[int], bool] = lambda _device: False
        self._on_proof: Callable[[int], None] = lambda _device: None
        self._store = store
        self._own = own
        self._own_id = own.public().key_id
        self._openers = {keys.public().key_id: keys for keys in (own, *previous)}
        self._newest = newest
        self._book = book
        self._witness = witness
        self._kiosks = kiosks
        self._now = now
        self.ignored: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._unlooked: Counter[int] = Counter()

    def ignore(self, device: int, why: str) -> None:
        """Count a message that is not believed."""
        self._ignore(f"device {device}: {why}")

    def mind(self, distrusted: Callable[[int], bool], on_proof: Callable[[int], None]) -> None:
        """distrusted: a kiosk of which nothing but its proof is heard. on_proof: an order of this kiosk's is proven."""
        self._distrusted, self._on_proof = distrusted, on_proof

    def untold(self, anew: bool) -> Sequence[wire.Order]:
        """Orders that their kiosks are to be told of now."""
        return self._book.untold(anew) if self._book is not None else ()

    def hears(self, device: int, message: wire.Up) -> bool:
        """Whether a message of this kiosk is looked at; counted, if not."""
        if not self._distrusted(device) or isinstance(message, wire.Done):
            return True
        self._ignore(f"device {device} was withdrawn as stolen; nothing but its proof is heard")
        return False

    def take(self, device: int, message: wire.Up) -> Outcome:
        """Act on one message of a kiosk. Raises StorageFailed; anything wrong outside is counted."""
        if device not in self._kiosks:
            return self._ignore(f"device {device} is not admitted: its .pub file is not among the peers")
        if isinstance(message, wire.Ask | wire.Done | wire.Reached):
            return self._about_kiosk(device, message)
        tcn = Tcn(message.tcn)
        if isinstance(message, wire.Said | wire.View):
            return self._ignore(f"device {device}: what an officer says or asks is none of the inbox's")
        if isinstance(message, wire.Got):
            return self._got(device, tcn, message)
        if tcn.device != device:
            return self._ignore(f"device {device} sent a number of another device")
        key = PartKey(device, tcn, message.part)
        return self._offer(key, message) if isinstance(message, wire.Offer) else self._chunk(key, message)

    def _about_kiosk(self, device: int, message: wire.Ask | wire.Done | wire.Reached) -> Outcome:
        """A message about no record."""
        if isinstance(message, wire.Ask):
            return self._asked(device, message)
        return (
            self._done(device, message) if isinstance(message, wire.Done) else self._reached(device, message)
        )

    def acknowledge(self, device: int, tcn: Tcn, edition: int = 1) -> None:
        """The kiosk is known to hold this edition of an answer."""
        if not self._store.answers.acknowledge(device, tcn, self._now(), edition):
            self.repeated["an acknowledgement of no answer that waits"] += 1

    def holds(self, device: int, tcn: Tcn, digest: bytes) -> None:
        """The kiosk's signed note says that it holds the answer with this digest; none, and it knows one edition only.

        Of another edition than the one that waits nothing follows: that goes with the next stick, or by radio.
        """
        edition = self._store.answers.edition(device, tcn) if digest else 1
        waits = self._store.answers.get(device, tcn) or b""
        if digest and hashlib.sha256(waits).digest() != digest:
            self.repeated["an acknowledgement of no answer that waits"] += 1
            return
        self.acknowledge(device, tcn, edition)

    def open(self, envelope: bytes, device: int) -> bytes:
        """What an envelope holds. Raises BadBytes or SealError."""
        opener = self._openers.get(seal.peek(envelope).key_id, self._own)
        return seal.open_envelope(envelope, self._kiosks[device].keys(), opener)

    def _got(self, device: int, tcn: Tcn, got: wire.Got) -> Outcome:
        answer = self._store.answers.get(device, tcn)
        if answer is None or got.edition < self._store.answers.edition(device, tcn):
            self.repeated["an acknowledgement of no answer that waits"] += 1
            return Outcome()
        try:
            wire.verify_got(got, answer, self._kiosks[device].keys())
        except SealError as error:
            return self._ignore(f"device {device}: {error}")
        self.acknowledge(device, tcn, got.edition)
        return Outcome()

    def _asked(self, device: int, ask: wire.Ask) -> Outcome:
        waiting = self._store.answers.waiting(device)
        answers = tuple(wire.Answered(tcn, envelope) for tcn, envelope in waiting)
        orders = self._book.waiting(device) if self._book else ()
        return Outcome((*self._time(device, ask), *self._new_key(device, ask), *orders, *answers))

    def _time(self, device: int, ask: wire.Ask) -> Iterator[wire.Order]:
        if len(ask.nonce) == wire.NONCE_BYTES:
            now = self._now()
            body = wire.time_body(ask.nonce, now)
            yield wire.sign_order(device, _number(now), wire.OrderKind.TIME, body, self._own)

    def _new_key(self, device: int, ask: wire.Ask) -> Iterator[wire.Order]:
        """The newest key, signed with the one that this kiosk still believes to be it."""
        known = self._openers.get(ask.key_id)
        if self._newest is not None and known is not None and ask.key_id != self._own_id:
            body = as_bytes(self._newest)
            yield wire.sign_order(device, _number(self._now()), wire.OrderKind.HUB_KEY, body, known)

    def _done(self, device: int, done: wire.Done) -> Outcome:
        try:
            if self._book is not None and self._book.done(device, done, self._kiosks[device].keys()):
                log.info("device %d proved that it carried out order %d", device, done.number)
                self._on_proof(device)
                parts = self._book.waiting(device)
                return Outcome(tuple(each for each in parts if each.kind is wire.OrderKind.WATCHLIST))
            self.repeated["a proof of no order that waits"] += 1
        except SealError as error:
            return self._ignore(f"device {device}: {error}")
        return Outcome()

    def _reached(self, device: int, reached: wire.Reached) -> Outcome:
        if self._witness is None:
            return self._ignore("this hub is witness of no journal")
        try:
            return Outcome((self._witness.take(device, reached, self._kiosks[device].keys()),))
        except SealError as error:
            return self._ignore(f"device {device}: {error}")

    def _offer(self, key: PartKey, offer: wire.Offer) -> Outcome:
        held = self._store.inbox.digest(key)
        if held is None and self._erased(key.tcn):
            return self._not_kept(key, offer.digest)
        if held is None:
            missing = self._store.chunks.missing(key, offer.size)
            if not missing:
                return self._put_together(key, offer.size)
            return Outcome((wire.Missing(key.tcn, key.part, missing),))
        if held == offer.digest:
            return self._held(key, held)
        return self._refuse(key, offer.digest, wire.ANOTHER)

    def _chunk(self, key: PartKey, chunk: wire.Chunk) -> Outcome:
        if len(chunk.data) == chunk.size:
            return self._whole(key, chunk.data)
        missing = self._store.chunks.add(key, chunk.size, chunk.offset, chunk.data)
        self._bound(key, len(chunk.data))
        if missing is None and (held := self._store.inbox.digest(key)) is not None:
            return self._held(key, held)
        return Outcome() if missing else self._put_together(key, chunk.size)

    def _bound(self, key: PartKey, new: int) -> None:
        """A device that finishes nothing fills no disk; what is forgotten here is asked for again when it is offered."""
        self._unlooked[key.device] += new
        if self._unlooked[key.device] < LOOK_EVERY:
            return
        self._unlooked[key.device] = 0
        if forgotten := self._store.chunks.bound(key, MOST_PIECES):
            why = f"device {key.device} left too much unfinished; its pieces were forgotten"
            self._ignore(why)
            self.ignored[why] += forgotten - 1

    def _whole(self, key: PartKey, envelope: bytes) -> Outcome:
        held = self._store.inbox.digest(key)
        if held is None:
            return self._complete(key, envelope)
        digest = hashlib.sha256(envelope).digest()
        return self._held(key, held) if digest == held else self._refuse(key, digest, wire.ANOTHER)

    def _held(self, key: PartKey, digest: bytes) -> Outcome:
        self.repeated["a part that is held"] += 1
        return Outcome((self.receipt(key, digest),))

    def _put_together(self, key: PartKey, size: int) -> Outcome:
        """All pieces are here: from this message on, or since a worker died just before its commit."""
        try:
            envelope = self._store.chunks.whole(key)
        except BadBytes:
            envelope = b""
        if len(envelope) < size:
            return Outcome()  # another worker saw the last piece, too, and was quicker
        outcome = self._complete(key, envelope)
        if outcome.delivered is None:
            self._store.chunks.forget(key)
        return outcome

    def _complete(self, key: PartKey, envelope: bytes) -> Outcome:
        try:
            self._check(key, envelope)
            content = self.open(envelope, key.device)
        except (BadBytes, SealError) as error:
            return self._spoil(key, envelope, str(error))
        digest = hashlib.sha256(envelope).digest()
        if self._erased(key.tcn):
            return self._not_kept(key, digest)
        if self._store.inbox.commit(key, envelope, self._now()) is Committed.CONFLICT:
            return self._refuse(key, digest, wire.ANOTHER)
        return Outcome(delivered=Delivered(key, digest, content))

    def _erased(self, tcn: Tcn) -> bool:
        """Whether the person of this record had it erased."""
        try:
            events = [case_events.decode(body) for body in self._store.cases.events(tcn)]
        except (BadBytes, SealError):
            return False
        return any(isinstance(event, case_events.Purged) and event.slip for event in events)

    def _not_kept(self, key: PartKey, digest: bytes) -> Outcome:
        """Nothing but the digest, so that the kiosk erases its copy, too."""
        if self._store.inbox.commit(key, b"", self._now(), digest) is Committed.CONFLICT:
            return self._refuse(key, digest, wire.ANOTHER)
        return Outcome((self.receipt(key, digest),))

    def _check(self, key: PartKey, envelope: bytes) -> None:
        header = seal.peek(envelope)
        seal.same_realm(header.realm, self._own.realm)
        if (header.tcn, header.content) != (key.tcn, key.part):
            raise BadBytes("an envelope holds another record than its message says")
        if header.key_id not in self._openers:
            raise SealError("an envelope was sealed for other keys than this hub's")

    def _spoil(self, key: PartKey, envelope: bytes, why: str) -> Outcome:
        times = self._store.chunks.spoiled(key)
        if not self.ignored[why]:
            log.warning("%s %s does not verify: %s", key.tcn, key.part, why)
        self.ignored[why] += 1
        if times % MOST_TRIES:
            return Outcome((wire.Missing(key.tcn, key.part, ((0, len(envelope)),)),))
        return self._refuse(key, hashlib.sha256(envelope).digest(), why)

    def receipt(self, key: PartKey, digest: bytes) -> wire.Receipt:
        """The signed receipt of a held part, with the answer if one waits."""
        answer = self._store.answers.get(key.device, key.tcn) if key.part is Part.PROBE else None
        return wire.sign_receipt(key.tcn, key.part, digest, self._own, answer or b"")

    def _refuse(self, key: PartKey, digest: bytes, why: str) -> Outcome:
        """A word about these very bytes: it harms no other record of the number."""
        if not self.refused[why]:
            log.warning("%s %s refused: %s", key.tcn, key.part, why)
        self.refused[why] += 1
        return Outcome((wire.sign_refusal(key.tcn, key.part, digest, why, self._own),))

    def _ignore(self, why: str) -> Outcome:
        if not self.ignored[why]:
            log.warning("%s", why)
        self.ignored[why] += 1
        return Outcome()


def _number(now: datetime) -> int:
    return int(now.timestamp() * 1000)
