"""A starved link: capture committed to verdict, from a cold start and on a standing connection.

Real Mosquitto with TLS and the project's configuration; the kiosk's real outbox, uplink and
transport on its near side, through the project's model of a link; the real hub behind the broker,
which finds two candidates in a small gallery. What the model leaves out stands in
simulator/thin_link.py. The smallest probe has one face and one touch of a 192 x 192 sensor; what is
larger is the same with a note in it: as long as a second touch, or 4 KB in all. Without Mosquitto there are no figures.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from hotspot_kiosk import contents, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator, warm_up
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.match.gallery import Gallery
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.service import Hub
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import GalleryEntry
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.keyring import HUB, PublicFile, Trust, save_public
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.link.uplink import Uplink
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.simulator.broker import Broker, Files, NoBroker
from hotspot_kiosk.simulator.drawn import drawn_request
from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.finger_touch import R503, impression
from hotspot_kiosk.simulator.thin_link import (
    GOOD,
    GPRS,
    HEADERS,
    IRIDIUM,
    SEGMENT,
    SYN,
    Shape,
    ThinLink,
    Traffic,
)
from hotspot_kiosk.simulator.tls_records import Record
from hotspot_kiosk.terms import (
    AnyAnswer,
    Capture,
    EnrolmentAnswer,
    FingerPosition,
    FingerSample,
    Part,
    Request,
    SensorGrade,
    Tcn,
)
from hotspot_kiosk.transports import mqtt

DEVICE = 17
LARGE_PROBE = 4_096
TWO_TOUCHES = 2_660  # sealed, with a face: what the demo's operation asks for
EVIDENCE_BYTES = 60_000
PATIENCE_S = 120.0
RUNS = 3
TRIAL = "20 s of the 2019 trial on an optimal link"
NAIVE = "17 s of the naive sequence, measured with the same model"
FLOOR = "arithmetic: round trips, and these bytes with their headers at the line's rate"
HELLO = ("ClientHello", "ChangeCipherSpec", "Certificate", "CertificateVerify", "Finished")
UP = (*HELLO, "CONNECT", "SUBSCRIBE")
SERVER_HELLO = ("ServerHello", "ChangeCipherSpec", "EncryptedExtensions", "CertificateRequest")
DOWN = (*SERVER_HELLO, "Certificate", "CertificateVerify", "Finished", "CONNACK", "SUBACK")
WARM_UP, WARM_DOWN = ("PUBLISH of the probe",), ("PUBACK of the probe", "PUBLISH of the answer")
OF_CLIENT = 7  # records of its hello's flight and of the one behind the server's Finished, up to SUBSCRIBE
OF_SERVER = 7  # records of its first flight


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer: seconds from the commit, what passed by then, the sizes of probe and answer."""

    seconds: float
    traffic: Traffic
    records: tuple[Record, ...]
    probe: int
    answer: int

    def sizes(self, up: bool) -> list[int]:
        """Of the records in one direction."""
        return [record.size for record in self.records if record.up is up]


Pair = tuple[Verdict, Verdict]


def run() -> Iterator[Figure]:
    """All figures; none, and a line on stderr, where Mosquitto is missing."""
    warm_up()
    with tempfile.TemporaryDirectory(prefix="hotspot-starved-") as folder:
        try:
            with Broker(Files(Path(folder) / "broker")) as broker:
                yield from _measure(Path(folder), broker)
        except NoBroker as error:
            print(f"starved: skipped: {error}", file=sys.stderr)  # noqa: T201 - a bench tells people here


def _measure(folder: Path, broker: Broker) -> Iterator[Figure]:
    hub = _Hub(folder, broker)

    def pairs(name: str, shape: Shape, probe: int = 0, runs: int = RUNS) -> list[Pair]:
        return [_Kiosk(folder / f"{name}-{i}", broker, shape, probe).cold_and_warm(hub) for i in range(runs)]

    try:
        thin, real = pairs("gprs", GPRS, LARGE_PROBE), pairs("gprs-real", GPRS)
        yield from _rows("9.6 kbit/s, 600 ms", GPRS, thin, (9.0, 6.0), NAIVE)
        yield from _rows("9.6 kbit/s, 600 ms", GPRS, real, (9.0, 6.0), NAIVE)
        loaded = _Kiosk(folder / "loaded", broker, GPRS, LARGE_PROBE).cold(hub, EVIDENCE_BYTES)
        yield _seconds("cold start with evidence behind it, 9.6 kbit/s, 600 ms", [loaded], None, NAIVE)
        yield from _rows("2.4 kbit/s, 1,200 ms", IRIDIUM, pairs("iridium-real", IRIDIUM), (20.0, 20.0), TRIAL)
        two = pairs("iridium-two", IRIDIUM, TWO_TOUCHES, 1)
        yield from _rows("2.4 kbit/s, 1,200 ms", IRIDIUM, two, (20.0, 20.0), TRIAL)
        large = pairs("iridium", IRIDIUM, LARGE_PROBE, 1)
        yield from _rows("2.4 kbit/s, 1,200 ms", IRIDIUM, large, (20.0, 20.0), TRIAL)
        yield from _rows("1 Mbit/s, 50 ms", GOOD, pairs("good", GOOD, LARGE_PROBE), (0.5, 0.5), TRIAL)
        yield from _budget("cold start", real[0][0], UP + WARM_UP, DOWN + WARM_DOWN)
        yield from _budget("warm", real[0][1], WARM_UP, WARM_DOWN)
    finally:
        hub.close()


class _Hub:
    """The hub as it runs, without the thin link, and who is known to it."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.own, self.kiosk = (_keys(owner) for owner in (HUB, DEVICE))
        self.files = broker.files
        self.counter = itertools.count(1)
        self.request = _request()
        store = store_sqlite.build(store_sqlite.Options(path=folder / "hub.db"))
        known = contents.encode_templates(tuple(capture.template for capture in self.request.captures))
        for name in ("CASE-2026-000123", "CASE-2026-000077"):
            store.gallery.put(GalleryEntry(name, "2026", known))
        self._hub = Hub(
            store=store,
            inbox=Inbox(store, self.own, {DEVICE: _public(self.kiosk)}, _now),
            gallery=Gallery(store.gallery),
            identifier=Identifier(
                FaceComparator(Calibration(25.0, 12.0, 6.0, "bench")),
                FingerComparator(),
                Thresholds(7.0, 3.0),
                2,
            ),
            transport=mqtt.build(_options(broker.hub_port, broker.files, broker.files.hub)),
            own=self.own,
            post_keys=lambda _: self.kiosk.public(),
            now=_now,
            journal=Journal(folder / "journal", self.own, lambda: (_now(), True)),
        )
        self._thread = threading.Thread(target=self._hub.run)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._hub.stop()
        self._thread.join()

    def sealed(self, tcn: Tcn, least: int) -> bytes:
        """A probe of that number, of at least so many bytes (within a few)."""
        asked = replace(self.request, tcn=tcn)
        letters = os.urandom(least).hex()
        note, body = 0, b""
        while len(body) < max(least - seal.OVERHEAD, 1):
            note += max(1, (least - seal.OVERHEAD - len(body)) * 3 // 4) if body else 0
            noted = replace(asked, acquisition_failures=(letters[:note],) if note else ())
            body = contents.encode(noted, reply_key(self.kiosk, tcn))
        return seal.seal(body, tcn, Part.PROBE, self.own.public(), self.kiosk)


def _request() -> Request:
    """A face, drawn at random, and one touch of a finger that belongs to nobody."""
    drawn = drawn_request(Tcn.mint(2026, DEVICE, 1), _now())
    pixels = impression(master(1, int(FingerPosition.RIGHT_INDEX)), 1, R503)
    grade = SensorGrade("R503", R503.width, R503.height, 500, 16)
    touch = FingerSample(FingerPosition.RIGHT_INDEX, grade, pixels)
    capture = Capture(touch, drawn.captures[0].quality, extract(touch))
    stamp = replace(drawn.stamp, boot_id=Clock().boot_id, monotonic_ms=86_400_000)
    return replace(drawn, stamp=stamp, captures=(drawn.captures[0], capture))


class _Kiosk:
    """A kiosk's outbox, uplink and transport at the near end of a link of its own."""

    def __init__(self, folder: Path, broker: Broker, shape: Shape, probe: int) -> None:
        folder.mkdir()
        self._probe = probe
        self._folder = folder
        self._link = ThinLink(broker.port, shape)
        self._clock = Clock()
        self._outbox = Outbox(folder / "outbox.db")
        self._answers: SimpleQueue[AnyAnswer] = SimpleQueue()

    def cold(self, hub: _Hub, evidence: int = 0) -> Verdict:
        """The first record of a kiosk that has no connection yet."""
        uplink = self._uplink(hub)
        try:
            return self._check(hub, uplink.start, evidence)
        finally:
            self._end(uplink)

    def cold_and_warm(self, hub: _Hub) -> tuple[Verdict, Verdict]:
        """The same, then another record once the link has been idle for a while."""
        uplink = self._uplink(hub)
        try:
            cold = self._check(hub, uplink.start)
            self._link.settle()
            return cold, self._check(hub, uplink.wake)
        finally:
            self._end(uplink)

    def _check(self, hub: _Hub, send: Callable[[], None], evidence: int = 0) -> Verdict:
        tcn = Tcn.mint(2026, DEVICE, next(hub.counter))
        probe = hub.sealed(tcn, self._probe)
        parts = [(Part.PROBE, probe)]
        if evidence:
            noise = seal.seal(os.urandom(evidence), tcn, Part.EVIDENCE, hub.own.public(), hub.kiosk)
            parts.append((Part.EVIDENCE, noise))
        before, seen = self._link.traffic, len(self._link.records)
        self._outbox.put(tcn, self._clock.stamp(), parts)
        began = time.monotonic()
        send()
        answer = self._answers.get(timeout=PATIENCE_S)
        ended = time.monotonic()
        if isinstance(answer, EnrolmentAnswer) or len(answer.candidates) != 2:
            raise RuntimeError("the hub did not find whom it knows")
        records = tuple(record for record in self._link.records[seen:] if record.at <= ended)
        sealed = self._outbox.sealed_answer(tcn) or b""
        passed = self._link.traffic.since(before)
        return Verdict(ended - began, passed, records, len(probe), len(sealed))

    def _uplink(self, hub: _Hub) -> Uplink:
        peers = self._folder / "peers"
        peers.mkdir()
        save_public(peers / "hub.pub", _public(hub.own))
        pair = hub.files.kiosk(DEVICE)
        return Uplink(
            device=DEVICE,
            outbox=self._outbox,
            transport=mqtt.build(_options(self._link.port, hub.files, pair)),
            own=hub.kiosk,
            trust=Trust(peers),
            orders=Orders(self._folder / "orders.json", DEVICE),
            clock=self._clock,
            on_answer=self._answers.put,
            on_link=_ignore,
            on_order=_ignore,
            on_quarantine=_ignore,
            on_fault=_ignore,
            on_trouble=_ignore,
        )

    def _end(self, uplink: Uplink) -> None:
        self._link.close()
        uplink.close()
        self._outbox.close()


def _keys(owner: int) -> seal.PrivateKeys:
    return seal.PrivateKeys.make(owner, hashlib.shake_256(f"bench {owner}".encode()).digest(128))


def _public(keys: seal.PrivateKeys) -> PublicFile:
    half = keys.public()
    return PublicFile(half.owner, "bench", half.signing, half.sealing)


def _options(port: int, files: Files, pair: tuple[Path, Path]) -> mqtt.Options:
    return mqtt.Options(host="127.0.0.1", port=port, ca=files.ca, certificate=pair[0], key=pair[1])


def _ignore(*_: object) -> None:
    """Nobody looks at this here."""


def _now() -> datetime:
    return datetime.now(UTC)


def _rows(
    what: str, shape: Shape, pairs: Sequence[Pair], goals: tuple[float, float], against: str
) -> Iterator[Figure]:
    """Cold and warm: seconds, and the least that these bytes could take."""
    colds, warms = [cold for cold, _ in pairs], [warm for _, warm in pairs]
    yield _seconds(f"cold start, {what}", colds, goals[0], against)
    yield _floor(f"cold start, {what}", colds[0], _cold_floor(shape, colds[0]))
    yield _seconds(f"warm, {what}", warms, goals[1], against)
    yield _floor(f"warm, {what}", warms[0], _warm_floor(shape, warms[0]))


def _seconds(what: str, verdicts: Sequence[Verdict], goal: float | None, against: str) -> Figure:
    median = statistics.median(verdict.seconds for verdict in verdicts)
    name = f"{what}, probe of {verdicts[0].probe:,} bytes: capture committed to verdict"
    return _figure(name, median, "s", goal, against, len(verdicts))


def _floor(what: str, verdict: Verdict, seconds: float) -> Figure:
    return _figure(f"{what}, probe of {verdict.probe:,} bytes: floor", seconds, "s", None, FLOOR, 1)


def _cold_floor(shape: Shape, verdict: Verdict) -> float:
    """SYN and back; hello and the server's flight; ours with the probe, and the answer."""
    up, down = verdict.sizes(up=True), verdict.sizes(up=False)
    flights = [up[:1], down[:OF_SERVER], up[1 : OF_CLIENT + 1], down[-1:]]
    wire = 2 * SYN + sum(_with_headers(sum(flight)) for flight in flights)
    return 3 * shape.round_trip_s + wire * 8 / shape.rate


def _warm_floor(shape: Shape, verdict: Verdict) -> float:
    """The probe, and the answer."""
    wire = sum(_with_headers(verdict.sizes(up=up)[0 if up else -1]) for up in (True, False))
    return shape.round_trip_s + wire * 8 / shape.rate


def _with_headers(size: int) -> int:
    return size + HEADERS * -(-size // SEGMENT)


def _budget(what: str, verdict: Verdict, up: Sequence[str], down: Sequence[str]) -> Iterator[Figure]:
    """Where the bytes go, up to the verdict: every TLS record, both ways, and what TCP/IP adds."""
    passed = verdict.traffic
    yield _bytes(what, "sealed probe", verdict.probe)
    yield _bytes(what, "sealed answer", verdict.answer)
    for way, names, sizes, whole, wire in (
        ("up", up, verdict.sizes(up=True), passed.up, passed.wire_up),
        ("down", down, verdict.sizes(up=False), passed.down, passed.wire_down),
    ):
        for number, size in enumerate(sizes):
            name = names[number] if number < len(names) else "what follows"
            yield _bytes(what, f"{way} {number + 1}, {name}, with its TLS record", size)
        yield _bytes(what, f"{way}, headers of TCP/IP, SYN and ACKs", wire - whole)
        yield _bytes(what, f"{way}, all", sum(sizes) + wire - whole)


def _bytes(what: str, name: str, value: float) -> Figure:
    return _figure(f"{what}: {name}", value, "bytes", None, "this record", 1)


def _figure(figure: str, value: float, unit: str, goal: float | None, against: str, n: int) -> Figure:
    return Figure("starved", figure, value, unit, goal, "lower", against, n)
