"""The hub's composition root: builds all by keyword, takes requests in, sends answers out.

One thread works through what the link brings, in the order that `line` makes of it. A probe is answered at once; evidence is checked
and kept. Nothing of a worker's memory matters to another: where several share one store, any of
them goes on where another was ended, and a probe whose answer was cut off is answered by the next
that looks. A worker whose database is away leaves the link to the others until it is back.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

from hotspot_kiosk import contents, files, nist, ridge_code, seal, wire
from hotspot_kiosk.audit import Journal, Written
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator, warm_up
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.config import HubConfig, build_variant
from hotspot_kiosk.errors import BadBytes, ConfigError, LinkDown, SealError, StorageAway
from hotspot_kiosk.hub.case import Found
from hotspot_kiosk.hub.casebook import Asked, Casebook, Note, nobody_notes
from hotspot_kiosk.hub.counts import Counts
from hotspot_kiosk.hub.gallery import Gallery, References
from hotspot_kiosk.hub.identify import Identifier
from hotspot_kiosk.hub.inbox import Delivered, Inbox
from hotspot_kiosk.hub.line import Line
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.orders import OrderBook
from hotspot_kiosk.hub.renewal import Desk, Issuer, Register
from hotspot_kiosk.hub.retention import PURGING, Hourly, Purge
from hotspot_kiosk.hub.store import PartKey, Store
from hotspot_kiosk.hub.telling import Teller
from hotspot_kiosk.hub.vault import guard
from hotspot_kiosk.hub.witness import Witness
from hotspot_kiosk.inference.port import Manifest, read_manifest
from hotspot_kiosk.keyring import HUB, PublicFile, load_peers, load_private, load_public
from hotspot_kiosk.seal_answer import is_sealed_answer
from hotspot_kiosk.seal_certificates import Identity
from hotspot_kiosk.terms import Candidate, Decision, Part, Tcn, Template
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Transport

log = logging.getLogger(__name__)
CLIENT = "hub"
RENEWAL_PORT = 8886
SWEEP_S = 10.0
IDLE_S = 0.1
ANOTHERS_TURN = timedelta(seconds=5)  # in which a worker that noted something has told it, too
LEAST_PAUSE_S, MOST_PAUSE_S = 0.25, 10.0
FACE_MODEL = "dlib-face-resnet-v1"


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
    ) -> None:
        """Without a `book` the hub knows no operation: only who asked is told anything."""
        self._store = store
        self._inbox = inbox
        self._gallery = gallery
        self._identifier = identifier
        self._transport = transport
        self._book = book or Casebook(
            store=store, opener=inbox.open, operations=Operations(None, own.public()), posts={}, now=now
        )
        self._teller = Teller(store.answers, self._book, own, post_keys, now)
        self._now = now
        self._journal = journal
        self._hourly = hourly
        self._deeds: list[Written] = []
        self._share = share
        self._renewal = renewal
        self._counts = counts
        self._pause_s = LEAST_PAUSE_S
        self._sweep_at = 0.0
        self._unanswerable: set[PartKey] = set()
        self._owed: frozenset[PartKey] = frozenset()
        self._events: SimpleQueue[LinkEvent] = SimpleQueue()
        self._line = Line()
        self._stop = threading.Event()

    def run(self) -> None:
        """Take in what comes, until stopped. Raises StorageFailed."""
        if self._renewal is not None:
            self._renewal.open()
        if self._hourly is not None:
            self._hourly.start()
        try:
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

    def _work(self) -> None:
        self._store.gallery.version()
        self._pause_s = LEAST_PAUSE_S
        self._sweep_at = time.monotonic() + SWEEP_S
        self._events, self._line = SimpleQueue(), Line()
        name, topic = CLIENT, wire.UP_FILTER
        if self._share:
            name, topic = f"{CLIENT}-{secrets.token_hex(6)}", f"$share/{self._share}/{topic}"
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

    def _hear(self, event: LinkEvent) -> None:
        if isinstance(event, Arrived):
            self._stand_in_line(event)
        elif isinstance(event, LinkUp):
            log.info("link up")
            self._send(HUB, wire.Here())
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
        outcome = self._inbox.take(device, message)
        if outcome.delivered is None:
            return tuple(self._with_answer(device, reply) for reply in outcome.replies)
        return (self._delivered(outcome.delivered), *outcome.replies)

    def acknowledge(self, device: int, tcn: Tcn) -> None:
        """A kiosk's signed note says that it holds this answer."""
        self._inbox.acknowledge(device, tcn)

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
        asked = self._identify(key.tcn, digest, content)
        told = self._teller.tell(key.tcn, asked)
        ground = f"{asked.probe.operation}, {asked.probe.tot}" if asked else "a probe that cannot be read"
        self._deeds += [(Deed.SEARCHED, "hub", key.tcn, printable(ground)), *_answers(key.tcn, told)]
        for device, message in told:
            if device != key.device:
                self._send(device, message)

    def _identify(self, tcn: Tcn, digest: bytes, content: bytes) -> Asked | None:
        """Compare a probe with the gallery and note what that says."""
        asked = None
        try:
            probe = contents.decode(content)
            if probe.tcn != tcn:
                raise BadBytes("the probe inside belongs to another record")
            asked = Asked(probe, digest)
            references = self._gallery.references()
            decision, candidates = self._identifier.identify(probe.templates, references)
        except BadBytes as error:
            log.warning("%s probe cannot be used: %s", tcn, error)
            self._book.search(tcn, asked, Decision.UNDECIDED, (), str(error))
            return asked
        self._book.search(tcn, asked, decision, self._found(probe.templates, candidates, references))
        return asked

    def _found(
        self, probe: Sequence[Template], candidates: Sequence[Candidate], references: References
    ) -> list[Found]:
        named = {each.name: each for each in references.people}
        return [
            Found(
                each.reference,
                each.rank,
                each.score,
                self._identifier.strong(each, len(references.people)),
                each.source,
                self._identifier.explain(probe, named[each.reference]),
            )
            for each in candidates
        ]

    def _check_evidence(self, part: Delivered) -> None:
        try:
            transaction = nist.read(part.content)
            if transaction.tcn != part.key.tcn:
                raise BadBytes("the file inside belongs to another record")
        except BadBytes as error:
            log.warning("%s evidence is held but cannot be exchanged: %s", part.key.tcn, error)

    def _send(self, device: int, message: wire.Down) -> None:
        try:
            self._transport.publish(wire.down_topic(device), wire.encode(message))
        except LinkDown:
            log.info("a reply to device %d waits until it asks again", device)


def _answers(tcn: Tcn, told: Iterable[tuple[int, wire.Down]]) -> list[Written]:
    return [(Deed.ANSWERED, "hub", tcn, f"device {device}") for device, _ in told]


def _brief(reply: wire.Down) -> wire.Down:
    """For a link: an answer that is its probe's receipt, too, needs no other one beside it."""
    if isinstance(reply, wire.Receipt) and is_sealed_answer(reply.answer):
        return wire.Answered(reply.tcn, reply.answer)
    return reply


def build(config: HubConfig, folder: Path) -> Hub:
    """A hub from its config; `folder` is where relative paths count from. Raises ConfigError and others."""
    own = load_private(config.keys.own)
    if own.owner != HUB:
        raise ConfigError(f"{config.keys.own} is a kiosk's key; the hub needs hub.key")
    kiosks = {number: file for number, file in load_peers(config.keys.peers).items() if number != HUB}
    store = guard(build_variant("hotspot_kiosk.hub", "store", config.store, folder), _now)
    if config.hub.share and not store.shared:
        raise ConfigError(
            f"[hub] share is for several workers, but [store] driver {config.store['driver']!r} is for one; "
            "take out share, or use store_postgres"
        )
    store.check()
    warm_up()
    ridge_code.warm_up()
    now_trusted, place = (lambda: (_now(), True)), journal_folder(config, folder)
    journal = Journal(place, own, now_trusted)
    witness = Witness(store.anchors, journal, own, _now)
    inbox, renewal = _inbox(config, store, own, kiosks, witness), _renewal(config, folder, own, kiosks)
    return Hub(
        store=store,
        inbox=inbox,
        gallery=Gallery(store.gallery),
        identifier=_identifier(config),
        transport=build_variant("hotspot_kiosk.transports", "link", config.link, folder),
        own=own,
        post_keys=lambda device: kiosks[device].keys(),
        book=casebook(config, store, own, kiosks, inbox.open, journal.write),
        now=_now,
        journal=journal,
        hourly=Hourly(Purge(store, operations(config, own), journal, place / PURGING, _now)),
        share=config.hub.share,
        renewal=renewal,
        counts=_counts(config, inbox, renewal, witness),
    )


def open_book(config: HubConfig, folder: Path) -> Casebook:
    """The cases of a hub, for a command; the hub may run meanwhile. Raises as `build`."""
    own = load_private(config.keys.own)
    kiosks = {number: file for number, file in load_peers(config.keys.peers).items() if number != HUB}
    store = guard(build_variant("hotspot_kiosk.hub", "store", config.store, folder), _now)
    journal = Journal(journal_folder(config, folder), own, lambda: (_now(), True))
    inbox = _inbox(config, store, own, kiosks, Witness(store.anchors, journal, own, _now))
    return casebook(config, store, own, kiosks, inbox.open, journal.write)


def casebook(
    config: HubConfig,
    store: Store,
    own: seal.PrivateKeys,
    kiosks: Mapping[int, PublicFile],
    opener: Callable[[bytes, int], bytes],
    note: Note = nobody_notes,
) -> Casebook:
    """The cases of a hub."""
    return Casebook(
        store=store,
        opener=opener,
        operations=operations(config, own),
        posts={device: file.name for device, file in kiosks.items()},
        now=_now,
        partners=frozenset(config.exchange),
        note=note,
    )


def journal_folder(config: HubConfig, folder: Path) -> Path:
    """Where this hub's journal lies."""
    return config.hub.journal or folder / "journal"


def operations(config: HubConfig, own: seal.PrivateKeys) -> Operations:
    """The operations that this hub signed, with whichever of its keys."""
    previous = (load_private(path).public() for path in config.keys.previous)
    return Operations(config.hub.operations, seal.Ring((own.public(), *previous)))


def _inbox(
    config: HubConfig,
    store: Store,
    own: seal.PrivateKeys,
    kiosks: Mapping[int, PublicFile],
    witness: Witness,
) -> Inbox:
    previous = [load_private(path) for path in config.keys.previous]
    newest = load_public(config.keys.own.with_suffix(".pub")) if previous else None
    return Inbox(
        store, own, kiosks, _now, previous=previous, newest=newest, book=_book(config), witness=witness
    )


def _renewal(
    config: HubConfig, folder: Path, own: seal.PrivateKeys, kiosks: Mapping[int, PublicFile]
) -> Desk | None:
    table = config.renewal
    if table is None:
        return None
    issuer = Issuer(
        Identity(files.read(table.authority), files.read(table.authority_key)),
        own,
        lambda device: kiosks[device].keys() if device in kiosks else None,
        Register(table.register),
        _now,
        book=_book(config),
        days=table.days,
    )
    section = {**config.link, "port": RENEWAL_PORT, **table.link}
    transport = build_variant("hotspot_kiosk.transports", "renewal.link", section, folder)
    return Desk(issuer, transport, f"{CLIENT}-{secrets.token_hex(6)}", config.hub.share)


def _counts(config: HubConfig, inbox: Inbox, renewal: Desk | None, witness: Witness) -> Counts | None:
    if config.hub.counts is None:
        return None
    sources: dict[str, Mapping[str, int]] = {
        "ignored": inbox.ignored, "repeated": inbox.repeated, "refused": inbox.refused
    }  # fmt: skip
    sources["alarms"] = witness.alarms
    if renewal is not None:
        sources["renewals not followed"] = renewal.issuer.ignored
        sources["renewals repeated"] = renewal.issuer.repeated
    return Counts(config.hub.counts, os.getpid(), _now(), sources)


def _book(config: HubConfig) -> OrderBook | None:
    return OrderBook(config.hub.orders) if config.hub.orders else None


def _identifier(config: HubConfig) -> Identifier:
    manifest = read_manifest(config.models.manifest)
    limits = config.decision
    return Identifier(
        face=FaceComparator(_calibration(manifest, FACE_MODEL)),
        finger=FingerComparator(),
        thresholds=Thresholds(limits.possible_match, limits.no_hit),
        most_candidates=limits.candidates,
    )


def _calibration(manifest: Manifest, name: str) -> Calibration:
    fitted = next((entry.calibration for entry in manifest.model if entry.name == name), None)
    if fitted is None:
        raise ConfigError(f"the model manifest has no calibration for {name}")
    return Calibration(fitted.slope, fitted.offset, fitted.limit, fitted.source)


def _now() -> datetime:
    return datetime.now(UTC)
