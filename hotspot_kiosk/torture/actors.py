"""What runs in the processes that are killed: a writer, a kiosk without devices, a hub.

The parts are the real ones, built here as the composition roots build them. A kiosk says `stored`
on its pipe after `put` has returned, with the time and the SHA-256 of what it sealed, and `shown`
with that of each answer that its officer would see. All say which faults befell them.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from hotspot_kiosk import contents, contents_enrolment, seal, seal_answer
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.errors import HotspotError, OutboxRefused
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.match.gallery import Gallery
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.service import Hub
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.keyring import PublicFile, Trust
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.link.uplink import Uplink
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.terms import (
    AnyAnswer,
    Capture,
    FaceSample,
    FaceTemplate,
    Part,
    Quality,
    QualityComponent,
    Request,
    RequestType,
    Tcn,
)
from hotspot_kiosk.torture.ledger import Voice
from hotspot_kiosk.torture.meddler import Meddler
from hotspot_kiosk.torture.opening import Opener
from hotspot_kiosk.transports import mqtt

GIVEN_UP = 3
MOST_WAITING = 30
SIZES = {Part.PROBE: (200, 3500), Part.EVIDENCE: (4000, 60_000)}
USELESS = 0.2  # the share of probes that no hub can read: they are held and answered by an error
YEAR = 2026
YEARS_S = 3.2e7


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody's keys, drawn from the seed: keys of a trial protect nobody."""

    seed: int

    def entropy(self, owner: int) -> bytes:
        """What the keys of a device, or of the hub (0), are made of: 128 bytes."""
        return hashlib.shake_256(f"torture {self.seed} {owner}".encode()).digest(128)

    def keys(self, owner: int) -> seal.PrivateKeys:
        """The keys themselves."""
        return seal.PrivateKeys.make(owner, self.entropy(owner))

    def opener(self, by: int, to: int) -> Opener:
        """The checker's own way into what `by` sealed for `to`."""
        return Opener.of(by, self.entropy(by), self.entropy(to))

    def public_file(self, owner: int) -> PublicFile:
        """The public half as it stands in a `.pub` file."""
        half = self.keys(owner).public()
        return PublicFile(owner, f"post {owner}", half.signing, half.sealing)


@dataclass(frozen=True, slots=True)
class Role:
    """Who a process is and what it finds there; its clock jumps every `jumps_s` on the average, or never."""

    cast: Cast = field(repr=False)
    device: int
    folder: Path
    log: Path
    port: int
    seed: int
    spite: float = 0.0
    rate: float = 0.0
    jumps_s: float = 0.0
    devices: tuple[int, ...] = ()
    dsn: str = ""

    @property
    def outbox(self) -> Path:
        """The kiosk's outbox."""
        return self.folder / "outbox.db"

    @property
    def hub_file(self) -> Path:
        """The hub's database."""
        return self.folder / "hub.db"


def writer(role: Role, pipe: Connection) -> None:
    """Put records as fast as they can be sealed; settle old ones so that the file stays small."""
    _to_log(role)
    outbox = open_outbox(role)
    voice = Voice(pipe)
    records = Records(role, outbox, voice, Clock(wall=JumpingClock(role, voice)))
    try:
        while True:
            records.one()
            records.settle_old()
    except HotspotError:
        sys.exit(GIVEN_UP)


def kiosk(role: Role, pipe: Connection) -> None:
    """Capture at a rate, send by the real uplink; ends by itself when it cannot go on."""
    run_kiosk(role, pipe, open_outbox)


def run_kiosk(role: Role, pipe: Connection, opened: Callable[[Role], Outbox]) -> None:
    """The kiosk with the outbox that `opened` opens."""
    _to_log(role)
    failed = threading.Event()
    voice = Voice(pipe)
    try:
        outbox = opened(role)
        clock = Clock(wall=JumpingClock(role, voice))
        records = Records(role, outbox, voice, clock)
        uplink = _uplink(role, outbox, failed, voice, clock)
        uplink.start()
    except HotspotError as error:
        logging.error("the kiosk cannot start: %s", error)
        os._exit(GIVEN_UP)
    while not failed.wait(records.pause_s()):
        if role.rate and records.one():
            uplink.wake()
    os._exit(GIVEN_UP)


def hub(role: Role, pipe: Connection) -> None:
    """The real hub with an empty gallery; with a `dsn` it is one worker of several."""
    run_hub(role, pipe, lambda store: store)


def run_hub(role: Role, pipe: Connection, over: Callable[[Store], Store]) -> None:
    """The hub, its vault over what `over` makes of its store: a store that lies proves that lies are found out."""
    _to_log(role)
    voice = Voice(pipe)
    own, now = role.cast.keys(0), JumpingClock(role, voice)
    kiosks = {device: role.cast.public_file(device) for device in role.devices}
    try:
        store = guard(over(_store(role)), now)
        Hub(
            store=store,
            inbox=Inbox(store, own, kiosks, now),
            gallery=Gallery(store.gallery),
            identifier=_identifier(),
            transport=_transport(role, voice),
            own=own,
            post_keys=lambda device: kiosks[device].keys(),
            now=now,
            journal=Journal(role.hub_file.with_name("journal"), own, lambda: (now(), True)),
            share="hub" if role.dsn else "",
        ).run()
    except HotspotError as error:
        logging.error("the hub stopped: %s", error)
        os._exit(GIVEN_UP)


def open_outbox(role: Role) -> Outbox:
    """The real outbox, small enough that its limits are met."""
    return Outbox(role.outbox, most_records=200, free_bytes=4 << 20)


class Records:
    """Makes records of nobody, each like no other: most probes can be read, evidence is random bytes."""

    def __init__(self, role: Role, outbox: Outbox, voice: Voice, clock: Clock) -> None:
        self._role = role
        self._outbox = outbox
        self._say = voice.say
        self._rng = random.Random(role.seed)  # noqa: S311 - draws faults, hides nothing
        self._own = role.cast.keys(role.device)
        self._hub = role.cast.keys(0).public()
        self._clock = clock

    def pause_s(self) -> float:
        """Until the next capture."""
        return self._rng.expovariate(self._role.rate) if self._role.rate else 0.2

    def one(self) -> bool:
        """Capture one record and say so; False if the outbox would not take it."""
        try:
            self._outbox.check_room()
            tcn = self._outbox.mint(YEAR, self._role.device)
            plain = dict(self._contents(tcn))
            sealed = [
                (part, seal.seal(data, tcn, part, self._hub, self._own)) for part, data in plain.items()
            ]
            self._outbox.put(tcn, self._clock.stamp(), sealed)
        except OutboxRefused:
            self._say("refused")
            return False
        stamp = time.monotonic_ns()
        for part, data in plain.items():
            self._say(f"stored {stamp} {tcn} {part} {hashlib.sha256(data).hexdigest()}")
        return True

    def settle_old(self) -> None:
        """Say of the oldest parts that the hub holds them, beyond those that may wait."""
        for item in self._outbox.waiting()[: -MOST_WAITING or None]:
            self._say(f"settling {item.tcn} {item.part}")
            self._outbox.receipt(item.tcn, item.part, item.digest, _now())

    def _contents(self, tcn: Tcn) -> Iterator[tuple[Part, bytes]]:
        for part, sizes in SIZES.items():
            noise = self._rng.randbytes(self._rng.randint(*sizes))
            if part is Part.PROBE and self._rng.random() >= USELESS:
                yield part, self._probe(tcn, noise)
            else:
                yield part, f"{tcn} {part} ".encode() + noise

    def _probe(self, tcn: Tcn, noise: bytes) -> bytes:
        """One that a hub can read and compare; the noise stands where words would."""
        template = FaceTemplate("drawn", np.frombuffer(noise[:128], np.uint8).astype(np.float32))
        capture = Capture(
            FaceSample("drawn", np.zeros((1, 1, 3), np.uint8)),
            Quality((QualityComponent("all", 1),)),
            template,
        )
        request = Request(
            tcn, RequestType.NPS, "post", "operation", noise.hex(), self._clock.stamp(), (capture,)
        )
        return contents.encode(request, seal_answer.reply_key(self._own, tcn))


class JumpingClock:
    """A wall clock that is right or years off, and jumps at random instants."""

    def __init__(self, role: Role, voice: Voice) -> None:
        self._rng = random.Random(role.seed + 2)  # noqa: S311 - draws faults, hides nothing
        self._mean_s = role.jumps_s
        self._voice = voice
        self._shift_s = 0.0
        self._jump_at = self._next()

    def __call__(self) -> datetime:
        """What it says now."""
        if time.monotonic() >= self._jump_at:
            self._shift_s = self._rng.choice((0.0, self._rng.uniform(-YEARS_S, YEARS_S)))
            self._jump_at = self._next()
            self._voice.say("fate clock_jumps")
        return _now() + timedelta(seconds=self._shift_s)

    def _next(self) -> float:
        return time.monotonic() + self._rng.expovariate(1 / self._mean_s) if self._mean_s else math.inf


def _uplink(role: Role, outbox: Outbox, failed: threading.Event, voice: Voice, clock: Clock) -> Uplink:
    def fault(why: str) -> None:
        logging.error("the uplink cannot go on: %s", why)
        failed.set()

    def shown(answer: AnyAnswer) -> None:
        digest = hashlib.sha256(contents_enrolment.encode_answer(answer)).hexdigest()
        voice.say(f"shown {answer.tcr} {digest}")

    return Uplink(
        device=role.device,
        outbox=outbox,
        transport=_transport(role, voice),
        own=role.cast.keys(role.device),
        trust=Trust(role.folder.parent / "peers"),
        orders=Orders(role.folder / "orders.json", role.device),
        clock=clock,
        on_answer=shown,
        on_link=lambda _up: None,
        on_order=lambda _order: None,
        on_quarantine=lambda _tcn, _reason: None,
        on_fault=fault,
        on_trouble=lambda _why: None,
    )


def _transport(role: Role, voice: Voice) -> Meddler:
    options = mqtt.Options(host="127.0.0.1", port=role.port, retry_least_s=0.05, retry_most_s=0.5)
    rng = random.Random(role.seed + 1)  # noqa: S311 - draws faults, hides nothing
    return Meddler(mqtt.build(options), rng, role.spite, lambda fate: voice.say(f"fate {fate}"))


def _store(role: Role) -> Store:
    if role.dsn:
        return store_postgres.build(store_postgres.Options(dsn=role.dsn))
    return store_sqlite.build(store_sqlite.Options(path=role.hub_file))


def _identifier() -> Identifier:
    nothing = Calibration(1.0, 0.0, 1.0, "an empty gallery")
    return Identifier(FaceComparator(nothing), FingerComparator(), Thresholds(1.0, 0.0), 1)


def _now() -> datetime:
    return datetime.now(UTC)


def _to_log(role: Role) -> None:
    descriptor = os.open(role.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(name)s: %(message)s")
