"""The hub's loop: takes requests in, sends answers out. `assembly` builds its parts.

One thread works through what the link brings, in the order that `line` makes of it. A probe is answered at once; evidence is checked
and kept. Nothing of a worker's memory matters to another: where several share one store, any of
them goes on where another was ended, and a probe whose answer was cut off is answered by the next
that looks. A worker whose database is away leaves the link to the others until it is back.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from hotspot_kiosk import seal, wire
from hotspot_kiosk.audit import Journal, Written
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.errors import BadBytes, ConfigError, LinkDown, SealError, StorageAway
from hotspot_kiosk.hub.bell import CLERK, HUB_WORKER, Bell
from hotspot_kiosk.hub.cases.casebook import Casebook
from hotspot_kiosk.hub.cases.hearing import Hearing
from hotspot_kiosk.hub.cases.showing import Showing
from hotspot_kiosk.hub.cases.telling import Teller
from hotspot_kiosk.hub.counts import Counts
from hotspot_kiosk.hub.law.retention import Hourly
from hotspot_kiosk.hub.link.inbox import Delivered, Inbox
from hotspot_kiosk.hub.link.line import Line
from hotspot_kiosk.hub.link.renewal import Desk
from hotspot_kiosk.hub.match.gallery import Gallery
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.match.searching import Searcher
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.reception.reception import Reception
from hotspot_kiosk.hub.roster import nobody
from hotspot_kiosk.hub.storage.store import PartKey, Store
from hotspot_kiosk.nist.enrolment import read_pictures
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.seal_answer import is_sealed_answer
from hotspot_kiosk.terms import Part, Realm, Tcn
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Transport

log = logging.getLogger(__name__)
CLIENT = "hub"
CLIENTS = {Realm.REAL: CLIENT, Realm.TRAINING: "training-hub"}
SWEEP_S = 10.0
IDLE_S = 0.1
ANOTHERS_TURN = timedelta(seconds=5)  # in which a worker that noted something has told it, too
LEAST_PAUSE_S, MOST_PAUSE_S = 0.25, 10.0


@dataclass(frozen=True, slots=True)
class Rung:
    """The bell rang: something about this check is to be told."""

    tcn: Tcn


class Hub:
    """A running hub. `run` works until `stop`."""

    def __init__(
        self,
        *,
        store: Store,
        inbox: Inbox,
        gallery: Gallery,
        identifier: Identifier,
        transport: Transport,
        own: seal.PrivateKeys,
        post_keys: Callable[[int], seal.PublicKeys],
        now: Callable[[], datetime],
        journal: Journal,
        hourly: Hourly | None = None,
        share: str = "",
        book: Casebook | None = None,
        renewal: Desk | None = None,
        counts: Counts | None = None,
        bell: Bell | None = None,
        roster: Callable[[], Roster] = nobody,
    ) -> None:
        """Without a `book` the hub knows no operation: only who asked is told anything.

        roster: who may say at a kiosk what they found; nobody, if none is given.
        bell: by which clerks say that a case has something to tell, and are told that something may go.
        """
        self._store = store
        self._inbox = inbox
        self._transport = transport
        self._realm = own.realm
        self._book = book or Casebook(
            store=store, opener=inbox.open, operations=Operations(None, own.public()), posts={}, now=now
        )
        self._hearing = Hearing(self._book, inbox.open, own, roster)
        self._showing = Showing(self._book, inbox.open, own, post_keys, roster)
        self._searcher = Searcher(gallery, identifier, self._book)
        self._reception = Reception(store.register, identifier, self._book, roster)
        self._teller = Teller(store.answers, self._book, own, post_keys, now)
        self._now = now
        self._journal = journal
        self._hourly = hourly
        self._deeds: list[Written] = []
        self._share = share
        self._renewal = renewal
        self._counts = counts
        self._bell = bell
        self._pause_s = LEAST_PAUSE_S
        self._sweep_at = 0.0
        self._unanswerable: set[PartKey] = set()
        self._owed: frozenset[PartKey] = frozenset()
        self._events: SimpleQueue[LinkEvent | Rung] = SimpleQueue()
        self._line = Line()
        self._stop = threading.Event()

    def run(self) -> None:
        """Take in what comes, until stopped. Raises StorageFailed."""
        if self._renewal is not None:
            self._renewal.open()
        if self._hourly is not None:
            self._hourly.start()
        ear = self._bell.listening(HUB_WORKER, self._rung) if self._bell is not None else nullcontext()
        try:
            with ear:
                while not self._stop.is_set():
                    self._keep_working()
        finally:
            if self._hourly is not None:
                self._hourly.close()
            if self._renewal is not None:
                self._renewal.close()

    def _keep_working(self) -> None:
        try:
            self._work()
        except StorageAway as error:
            log.warning("%s; this worker leaves the link until it is back", error)
            self._stop.wait(self._pause_s)
            self._pause_s = min(2 * self._pause_s, MOST_PAUSE_S)

    def stop(self) -> None:
        """End `run` soon; any thread may call this."""
        self._stop.set()

    def _rung(self, words: str) -> None:
        """Somebody changed a case; any thread may call this."""
        try:
            self._events.put(Rung(Tcn(words)))
        except BadBytes:
            log.warning("the bell rang for no check")

    def _work(self) -> None:
        self._store.gallery.version()
        self._pause_s = LEAST_PAUSE_S
        self._sweep_at = time.monotonic() + SWEEP_S
        self._events, self._line = SimpleQueue(), Line()
        name, topic = CLIENTS[self._realm], wire.up_filter(self._realm)
        if self._share:
            name, topic = f"{name}-{secrets.token_hex(6)}", f"$share/{self._share}/{topic}"
        self._transport.open(name, [topic], self._events.put)
        try:
            while not self._stop.is_set():
                self._next()
        finally:
            self._transport.close()

    def _next(self) -> None:
        if time.monotonic() >= self._sweep_at:
            self._sweep(at_once=False)
        heard = self._line.next(time.monotonic())
        if heard is not None:
            for reply in self.take(heard.device, heard.message):
                self._send(heard.device, _brief(reply))
        self._listen(None if heard is not None else IDLE_S)

    def _listen(self, timeout_s: float | None) -> None:
        """Put whatever has come into the line; with a time-out, wait for the first of it."""
        try:
            event = self._events.get(timeout_s is not None, timeout_s)
            while True:
                self._hear(event)
                event = self._events.get_nowait()
        except Empty:
            return

    def _hear(self, event: LinkEvent | Rung) -> None:
        if isinstance(event, Arrived):
            self._stand_in_line(event)
        elif isinstance(event, Rung):
            self.tell(event.tcn)
        elif isinstance(event, LinkUp):
            log.info("link up")
            self._publish(wire.all_topic(self._realm), wire.Here())
            self._sweep(at_once=True)
        elif isinstance(event, LinkLost):
            log.info("link lost")

    def _sweep(self, at_once: bool) -> None:
        """Answer the probes that somebody committed and did not live to answer.

        Unless `at_once`, only what was owed at the last look, too: another may be answering the rest.
        """
        if self._counts is not None:
            self._counts.write()
        owed = self._store.inbox.unanswered()
        before, self._owed = self._owed, frozenset(owed)
        for key in owed:
            if not at_once and key not in before:
                continue
            self._answer_again(key)
            if (envelope := self._store.answers.get(key.device, key.tcn)) is not None:
                self._send(key.device, wire.Answered(key.tcn, envelope))
        for order in self._inbox.untold(anew=at_once):
            self._send(order.device, order)
        for tcn in self._store.cases.due(self._now() - ANOTHERS_TURN):
            self.tell(tcn)
        self._sweep_at = time.monotonic() + SWEEP_S

    def _stand_in_line(self, event: Arrived) -> None:
        try:
            device = wire.device_of(event.topic)
            message = wire.decode_up(event.payload)
        except BadBytes as error:
            self._inbox.ignored[str(error)] += 1
            log.warning("a message was ignored: %s", error)
            return
        self._line.put(device, message)

    def take(self, device: int, message: wire.Up) -> tuple[wire.Down, ...]:
        """Act on one message of a kiosk, whichever way it came; returns what the kiosk is to be told."""
        if not self._inbox.hears(device, message):
            return ()
        if isinstance(message, wire.Said):
            return self._heard(device, message)
        if isinstance(message, wire.View):
            return self._shown(device, message)
        outcome = self._inbox.take(device, message)
        if outcome.delivered is None:
            return tuple(self._with_answer(device, reply) for reply in outcome.replies)
        return (self._delivered(outcome.delivered), *outcome.replies)

    def _heard(self, device: int, said: wire.Said) -> tuple[wire.Down, ...]:
        """What somebody at a kiosk found; whoever must hear of it is told at once."""
        try:
            noted = self._hearing.take(device, said)
        except (BadBytes, ConfigError, SealError, KeyError) as error:
            self._inbox.ignore(device, str(error))
            return ()
        self.tell(Tcn(said.tcn))
        if self._bell is not None:
            self._bell.ring(CLERK)
        return (noted,)

    def _shown(self, device: int, view: wire.View) -> tuple[wire.Down, ...]:
        """What an officer at a kiosk wishes to see."""
        try:
            return (self._showing.take(device, view),)
        except (BadBytes, ConfigError, SealError, KeyError) as error:
            self._inbox.ignore(device, str(error))
            return ()

    def acknowledge(self, device: int, tcn: Tcn, digest: bytes) -> None:
        """A kiosk's signed note says that it holds the answer with this digest."""
        self._inbox.holds(device, tcn, digest)

    @property
    def ignored(self) -> Mapping[str, int]:
        """Why messages were not acted on, and how often."""
        return self._inbox.ignored

    def _delivered(self, part: Delivered) -> wire.Receipt:
        if part.key.part is Part.PROBE:
            self._answer(part.key, part.digest, part.content)
        else:
            self._check_evidence(part)
        log.info("%s %s held", part.key.tcn, part.key.part)
        self._write_down((Deed.HELD, "hub", part.key.tcn, part.key.part))
        if self._bell is not None:
            self._bell.ring(CLERK)
        return self._inbox.receipt(part.key, part.digest)

    def _with_answer(self, device: int, reply: wire.Down) -> wire.Down:
        """The reply; if it is the receipt of a probe that nobody lived to answer, with its answer."""
        if not isinstance(reply, wire.Receipt) or reply.answer or reply.part is not Part.PROBE:
            return reply
        key = PartKey(device, Tcn(reply.tcn), reply.part)
        if not self._store.inbox.owes(key):
            return reply
        self._answer_again(key)
        return self._inbox.receipt(key, reply.digest)

    def _answer_again(self, key: PartKey) -> None:
        if key in self._unanswerable or not self._store.inbox.owes(key):
            return
        envelope = self._store.inbox.envelope(key)
        try:
            content = self._inbox.open(envelope or b"", key.device)
        except (BadBytes, SealError, KeyError) as error:
            log.warning("%s cannot be answered: %s", key.tcn, error)
            self._unanswerable.add(key)
            return
        self._answer(key, hashlib.sha256(envelope or b"").digest(), content)
        self._write_down()

    def tell(self, tcn: Tcn) -> None:
        """Tell what is not told yet about a case."""
        try:
            self._reception.settle(tcn)
            told = self._teller.tell(tcn)
        except (BadBytes, SealError) as error:
            log.error("%s: nothing can be told: %s", tcn, error)
            return
        self._write_down(*_answers(tcn, told))
        for device, message in told:
            self._send(device, message)

    def _write_down(self, *deeds: Written) -> None:
        """What was done for one message, into the journal, before anybody is told."""
        written, self._deeds = [*self._deeds, *deeds], []
        if written:
            self._journal.write_all(written)

    def _answer(self, key: PartKey, digest: bytes, content: bytes) -> None:
        """The first answer waits for the receipt, which takes it along; alerts go at once."""
        asked = self._reception.take(key.tcn, digest, content)
        asked = asked or self._searcher.search(key.tcn, digest, content)
        told = self._teller.tell(key.tcn, asked)
        ground = f"{asked.probe.operation}, {asked.probe.tot}" if asked else "a probe that cannot be read"
        self._deeds += [(Deed.SEARCHED, "hub", key.tcn, printable(ground)), *_answers(key.tcn, told)]
        for device, message in told:
            if device != key.device:
                self._send(device, message)

    def _check_evidence(self, part: Delivered) -> None:
        try:
            transaction = read_pictures(part.content)
            if transaction.tcn != part.key.tcn:
                raise BadBytes("the file inside belongs to another record")
        except BadBytes as error:
            log.warning("%s evidence is held but cannot be exchanged: %s", part.key.tcn, error)

    def _send(self, device: int, message: wire.Down) -> None:
        self._publish(wire.down_topic(device), message)

    def _publish(self, topic: str, message: wire.Down) -> None:
        try:
            self._transport.publish(topic, wire.encode(message))
        except LinkDown:
            log.info("a word to %s waits until it asks again", topic)


def _answers(tcn: Tcn, told: Iterable[tuple[int, wire.Down]]) -> list[Written]:
    return [(Deed.ANSWERED, "hub", tcn, f"device {device}") for device, _ in told]


def _brief(reply: wire.Down) -> wire.Down:
    """For a link: an answer that is its probe's receipt, too, needs no other one beside it."""
    if isinstance(reply, wire.Receipt) and is_sealed_answer(reply.answer):
        return wire.Answered(reply.tcn, reply.answer)
    return reply
