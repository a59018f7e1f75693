"""A starved link: capture committed to verdict, from a cold start and on a standing connection.

Real Mosquitto with TLS and the project's configuration; the kiosk's real outbox, uplink and
transport on its near side, through the project's model of a link; the hub's real inbox and store
behind the broker, answering every probe at once with a real sealed answer. What the model leaves
out stands in simulator/thin_link.py. Without Mosquitto there are no figures.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.hub import store_sqlite
from hotspot_kiosk.hub.inbox import Inbox
from hotspot_kiosk.keyring import HUB, PublicFile, Trust, save_public
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.orders import Orders
from hotspot_kiosk.kiosk.outbox import Outbox
from hotspot_kiosk.kiosk.uplink import Uplink
from hotspot_kiosk.simulator.broker import Broker, Files, NoBroker
from hotspot_kiosk.simulator.thin_link import GOOD, GPRS, IRIDIUM, Shape, ThinLink, Traffic
from hotspot_kiosk.terms import Answer, AnswerType, Candidate, Decision, Part, Tcn
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp

DEVICE = 17
PROBE_BYTES, LEAN_PROBE_BYTES = 4_096, 2_440
EVIDENCE_BYTES = 60_000
PATIENCE_S = 120.0
RUNS = 3
TRIAL = "20 s of the 2019 trial on an optimal link"
NAIVE = "17 s of the naive sequence, measured with the same model"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer: seconds from the commit, and what passed by then."""

    seconds: float
    traffic: Traffic
    probe: int
    answer: int


def run() -> Iterator[Figure]:
    """All figures; none, and a line on stderr, where Mosquitto is missing."""
    with tempfile.TemporaryDirectory(prefix="hotspot-starved-") as folder:
        try:
            with Broker(Files(Path(folder) / "broker")) as broker:
                yield from _measure(Path(folder), broker)
        except NoBroker as error:
            print(f"starved: skipped: {error}", file=sys.stderr)  # noqa: T201 - a bench tells people here


def _measure(folder: Path, broker: Broker) -> Iterator[Figure]:
    hub = _Hub(folder, broker)
    try:
        thin = [_Kiosk(folder / f"gprs-{i}", broker, GPRS).cold_and_warm(hub) for i in range(RUNS)]
        yield _seconds("cold start, 9.6 kbit/s, 600 ms", [cold for cold, _ in thin], 9.0, NAIVE)
        yield from _budget("cold start", thin[0][0])
        yield _seconds("warm, 9.6 kbit/s, 600 ms", [warm for _, warm in thin], 6.0, NAIVE)
        yield from _budget("warm", thin[0][1])
        loaded = _Kiosk(folder / "loaded", broker, GPRS).cold(hub, EVIDENCE_BYTES)
        yield _seconds("cold start with evidence behind it, 9.6 kbit/s, 600 ms", [loaded], None, NAIVE)
        iridium, again = _Kiosk(folder / "iridium", broker, IRIDIUM).cold_and_warm(hub)
        yield _seconds("cold start, 2.4 kbit/s, 1,200 ms", [iridium], 20.0, TRIAL)
        yield _seconds("warm, 2.4 kbit/s, 1,200 ms", [again], 20.0, TRIAL)
        lean = _Kiosk(folder / "lean", broker, IRIDIUM, LEAN_PROBE_BYTES).cold(hub)
        yield _seconds("cold start, 2.4 kbit/s, 1,200 ms, probe without ridge pictures", [lean], 20.0, TRIAL)
        good = [_Kiosk(folder / f"good-{i}", broker, GOOD).cold(hub) for i in range(RUNS)]
        yield _seconds("cold start, 1 Mbit/s, 50 ms", good, 0.5, TRIAL)
    finally:
        hub.close()


class _Hub:
    """The hub's inbox and store behind the broker, without the thin link."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.own, self.kiosk = (_keys(owner) for owner in (HUB, DEVICE))
        self._store = store_sqlite.build(store_sqlite.Options(path=folder / "hub.db"))
        self._inbox = Inbox(self._store, self.own, {DEVICE: _public(self.kiosk)}, _now)
        self.files = broker.files
        self.counter = itertools.count(1)
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()
        self._link = mqtt.build(_options(broker.hub_port, broker.files, broker.files.hub))
        self._link.open("hub", [wire.UP_FILTER], self._events.put)
        while not isinstance(self._events.get(timeout=PATIENCE_S), LinkUp):
            pass
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._link.close()
        self._events.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            if isinstance(event, Arrived):
                for reply in self._replies(wire.decode_up(event.payload)):
                    self._link.publish(wire.down_topic(DEVICE), wire.encode(reply))

    def _replies(self, message: wire.Up) -> Iterator[wire.Down]:
        outcome = self._inbox.take(DEVICE, message)
        if outcome.delivered is not None:
            key = outcome.delivered.key
            if key.part is Part.PROBE:
                self._store.answers.put(DEVICE, key.tcn, self._answer(key.tcn), _now())
            yield self._inbox.receipt(key, outcome.delivered.digest)
        yield from outcome.replies

    def _answer(self, tcn: Tcn) -> bytes:
        candidates = (Candidate("CASE-2026-000123", 1, 9.5), Candidate("CASE-2026-000077", 2, 4.25))
        answer = Answer(tcn, AnswerType.SRE, Decision.POSSIBLE_MATCH, candidates, _now())
        return seal.seal(contents.encode_answer(answer), tcn, "answer", self.kiosk.public(), self.own)


class _Kiosk:
    """A kiosk's outbox, uplink and transport at the near end of a link of its own."""

    def __init__(self, folder: Path, broker: Broker, shape: Shape, probe: int = PROBE_BYTES) -> None:
        folder.mkdir()
        self._probe = probe
        self._folder = folder
        self._link = ThinLink(broker.port, shape)
        self._clock = Clock()
        self._outbox = Outbox(folder / "outbox.db")
        self._answers: SimpleQueue[Answer] = SimpleQueue()

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
        sizes = [(Part.PROBE, self._probe - seal.OVERHEAD), (Part.EVIDENCE, evidence)]
        parts = [
            (part, seal.seal(os.urandom(size), tcn, part, hub.own.public(), hub.kiosk))
            for part, size in sizes
            if size
        ]
        before = self._link.traffic
        self._outbox.put(tcn, self._clock.stamp(), parts)
        began = time.monotonic()
        send()
        self._answers.get(timeout=PATIENCE_S)
        seconds = time.monotonic() - began
        answer = self._outbox.sealed_answer(tcn) or b""
        return Verdict(seconds, self._link.traffic.since(before), len(parts[0][1]), len(answer))

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


def _seconds(what: str, verdicts: list[Verdict], goal: float | None, against: str) -> Figure:
    median = statistics.median(verdict.seconds for verdict in verdicts)
    return _figure(f"{what}: capture committed to verdict", median, "s", goal, against, len(verdicts))


def _budget(what: str, verdict: Verdict) -> Iterator[Figure]:
    """Where the bytes go, up to the verdict."""
    passed = verdict.traffic
    rows = {
        "sealed probe": verdict.probe,
        "up, TLS": passed.up,
        "up beyond the probe (handshake, TLS, MQTT, messages)": passed.up - verdict.probe,
        "up, with TCP/IP headers, SYN and ACKs": passed.wire_up,
        "sealed answer": verdict.answer,
        "down, TLS": passed.down,
        "down beyond the answer (handshake, TLS, MQTT, receipt)": passed.down - verdict.answer,
        "down, with TCP/IP headers, SYN and ACKs": passed.wire_down,
    }
    for name, value in rows.items():
        yield _figure(f"{what}: {name}", value, "bytes", None, "this record", 1)


def _figure(figure: str, value: float, unit: str, goal: float | None, against: str, n: int) -> Figure:
    return Figure("starved", figure, value, unit, goal, "lower", against, n)
