"""The uplink on a link that stands three seconds and is gone for one, and at full speed.

A real Mosquitto, the real uplink, a hub with the real inbox in a process of its own. Against: whole
messages published with paho at QoS 1 over the same broker, sent again after each cut, in the same run.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hotspot_kiosk import contents, seal, wire
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.keyring import HUB, PublicFile, Trust, save_public
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.link.uplink import Uplink
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.simulator.broker import NoBroker, find, free_port
from hotspot_kiosk.simulator.thin_link import Shape, ThinLink
from hotspot_kiosk.terms import Answer, AnswerType, AnyAnswer, ClockStamp, Decision, Part, Tcn
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp

Better = Literal["lower", "higher"]
DEVICE = 17
THIN = Shape(400_000, 0.1)
UP_S, DOWN_S = 3.0, 1.0
EVIDENCE, SMALL = 200_000, 2_000
ON_OFFER, DRAINED, RAW, BACKLOG, LIVE = 4, 60, 200, 1_000, 5
PATIENCE_S = 50.0
WHOLE_S = 24.0
CHILD = "import sys; from hotspot_kiosk.bench.link import hub; hub(*sys.argv[1:])"
CONFIG = "listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n"


def run() -> Iterator[Figure]:
    """Bytes on a link that comes and goes; drain rate; a person who waits behind a backlog."""
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as folder:
        try:
            with broker(Path(folder)) as port:
                for measure in (_flapping, _draining, _waiting):
                    yield from measure(Path(folder) / measure.__name__, port)
        except NoBroker as error:
            print(f"bench link: {error}", file=sys.stderr)  # noqa: T201


def _flapping(folder: Path, port: int) -> Iterator[Figure]:
    with _thin(port) as link, kiosk_and_hub(folder, port, link.port) as kiosk:
        with _cuts(link):
            kiosk.put(ON_OFFER, EVIDENCE)
            took = kiosk.until_held(ON_OFFER)
        traffic, sealed, done = link.traffic, kiosk.sealed, kiosk.held()
    what = f"{UP_S:.0f} s up, {DOWN_S:.0f} s down, 50 kB/s"
    yield _figure(f"records of 200 KB through, {what}", done, "1", "higher", f"{ON_OFFER} on offer", done)
    yield _figure(
        f"bytes sent a sealed byte, {what}", traffic.up / sealed, "ratio", "lower", "goal", done, 1.1
    )
    yield _figure("the same with headers and ACKs", traffic.wire_up / sealed, "ratio", "lower", "goal", done)
    yield _figure("time to have them held", took, "s", "lower", "50 kB/s without cuts and headers", done)
    with _thin(port) as link, _cuts(link):
        raw = Raw(port, link.port)
        raw.publish(ON_OFFER)
        raw.until(ON_OFFER, max(WHOLE_S, took))
        raw.close()
        sent = link.traffic.up
    whole = f"whole messages over the same link, {max(WHOLE_S, took):.0f} s"
    yield _figure(f"{whole}: records through", raw.arrived, "1", "higher", "uplink", ON_OFFER)
    offered = ON_OFFER * EVIDENCE
    yield _figure(
        f"{whole}: bytes sent a byte on offer", sent / offered, "ratio", "lower", "uplink", ON_OFFER
    )


def _draining(folder: Path, port: int) -> Iterator[Figure]:
    with kiosk_and_hub(folder, port, port) as kiosk:
        kiosk.put(DRAINED, EVIDENCE)
        before = kiosk.held()
        took = kiosk.until_held(DRAINED)
        ours = (kiosk.held() - before) / took
    raw = Raw(port, port)
    began = time.monotonic()
    raw.publish(RAW)
    raw.until(RAW, PATIENCE_S)
    theirs = raw.arrived / (time.monotonic() - began)
    raw.close()
    against = "paho QoS 1, whole messages, nothing stored"
    yield _figure("records of 200 KB held a second, full speed", ours, "1/s", "higher", against, DRAINED)
    yield _figure("messages of 200 KB a second, paho QoS 1", theirs, "1/s", "higher", "uplink", RAW)
    yield _figure("drain rate over paho's", ours / theirs, "ratio", "higher", against, DRAINED)


def _waiting(folder: Path, port: int) -> Iterator[Figure]:
    with _thin(port) as link, kiosk_and_hub(folder, port, link.port) as kiosk:
        alone = statistics.median(kiosk.live() for _ in range(LIVE))
        kiosk.put(BACKLOG, SMALL)
        time.sleep(1)
        behind = [kiosk.live() for _ in range(LIVE)]
        left = BACKLOG + 2 * LIVE - kiosk.held()
    name = f"live verdict behind {left} of {BACKLOG} backlog records, 50 kB/s"
    yield _figure(name, statistics.median(behind), "s", "lower", "the same with nothing waiting", LIVE)
    yield _figure(f"{name}, worst", max(behind), "s", "lower", "the same with nothing waiting", LIVE)
    yield _figure("live verdict with nothing waiting, 50 kB/s", alone, "s", "lower", "backlog", LIVE)


class Kiosk:
    """A kiosk's outbox and uplink, sending sealed noise."""

    def __init__(self, folder: Path, port: int) -> None:
        self._own, self._hub = _keys(DEVICE), _keys(HUB).public()
        peers = folder / "peers"
        peers.mkdir(parents=True)
        save_public(peers / "hub.pub", _public(_keys(HUB)))
        self._clock = Clock()
        self._counter = 0
        self.sealed = 0
        self.answered: SimpleQueue[AnyAnswer] = SimpleQueue()
        self.outbox = Outbox(folder / "outbox.db")
        self.uplink = Uplink(
            device=DEVICE,
            outbox=self.outbox,
            transport=mqtt.build(
                mqtt.Options(host="127.0.0.1", port=port, retry_least_s=0.2, retry_most_s=1)
            ),
            own=self._own,
            trust=Trust(peers),
            orders=Orders(folder / "orders.json", DEVICE),
            clock=self._clock,
            on_answer=self.answered.put,
            on_link=lambda _up: None,
            on_order=lambda _order: None,
            on_quarantine=lambda _tcn, why: print(f"bench link: {why}", file=sys.stderr),  # noqa: T201
            on_fault=lambda why: print(f"bench link: {why}", file=sys.stderr),  # noqa: T201
            on_trouble=lambda why: print(f"bench link: {why}", file=sys.stderr),  # noqa: T201
        )
        self.uplink.start()

    def put(self, count: int, size: int) -> None:
        """So many records of one evidence part each, from before this boot."""
        for _ in range(count):
            self._put(Part.EVIDENCE, size, ClockStamp("an earlier boot", 0, datetime.now(UTC), True))
        self.uplink.wake()

    def live(self) -> float:
        """Seconds from a probe's commit to its answer."""
        began = time.monotonic()
        tcn = self._put(Part.PROBE, SMALL, self._clock.stamp())
        self.uplink.wake()
        while self.answered.get(timeout=PATIENCE_S).tcr != tcn:
            pass
        return time.monotonic() - began

    def held(self) -> int:
        """Records that the hub is known to hold."""
        return sum(entry.state in ("held", "answered") for entry in self.outbox.entries())

    def until_held(self, count: int) -> float:
        """Wait until so many are held, with a limit; returns the seconds."""
        began = time.monotonic()
        while self.held() < count and time.monotonic() - began < PATIENCE_S:
            time.sleep(0.02)
        return time.monotonic() - began

    def _put(self, part: Part, size: int, stamp: ClockStamp) -> Tcn:
        self._counter += 1
        tcn = Tcn.mint(2026, DEVICE, self._counter)
        envelope = seal.seal(os.urandom(size), tcn, part, self._hub, self._own)
        self.sealed += len(envelope)
        self.outbox.put(tcn, stamp, [(part, envelope)])
        return tcn


class Raw:
    """Whole messages by plain paho: it resends by itself; a subscriber counts what arrives."""

    def __init__(self, broker: int, link: int) -> None:
        self._seen: set[bytes] = set()
        self._up = threading.Event()
        self._listener = self._client("raw-listener", broker)
        self._up.wait(PATIENCE_S)
        self._sender = self._client("raw-sender", link)

    @property
    def arrived(self) -> int:
        """Different messages so far."""
        return len(self._seen)

    def publish(self, count: int) -> None:
        """Whole messages, as many at once as paho allows."""
        for _ in range(count):
            self._sender.publish("raw", os.urandom(EVIDENCE), qos=1)

    def until(self, count: int, limit_s: float) -> None:
        """Wait until so many arrived, with a limit."""
        ends = time.monotonic() + limit_s
        while self.arrived < count and time.monotonic() < ends:
            time.sleep(0.02)

    def close(self) -> None:
        """Stop both."""
        for client in (self._sender, self._listener):
            client.disconnect()
            client.loop_stop()

    def _client(self, name: str, port: int) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        client.reconnect_delay_set(1, 1)
        client.on_connect = self._connected
        client.on_subscribe = lambda *_: self._up.set()
        client.on_message = lambda _client, _data, message: self._seen.add(bytes(message.payload[:32]))
        client.connect_async("127.0.0.1", port)
        client.loop_start()
        return client

    def _connected(
        self, client: paho.Client, _data: object, _flags: object, _code: ReasonCode, _more: Properties | None
    ) -> None:
        if client is getattr(self, "_sender", None):
            return
        client.subscribe("raw", qos=1)


def hub(folder: str, port: str) -> None:
    """In a process of its own: the inbox, answering every probe at once, until standard input ends."""
    own, kiosk = _keys(HUB), _keys(DEVICE)
    store = store_sqlite.build(store_sqlite.Options(path=Path(folder) / "hub.db"))
    inbox = Inbox(store, own, {DEVICE: _public(kiosk)}, lambda: datetime.now(UTC))
    events: SimpleQueue[LinkEvent | None] = SimpleQueue()
    transport = mqtt.build(mqtt.Options(host="127.0.0.1", port=int(port)))
    transport.open("hub", [wire.UP_FILTER], events.put)
    threading.Thread(target=_until_the_end_of_input, args=(events,), daemon=True).start()
    while (event := events.get()) is not None:
        if isinstance(event, LinkUp):
            print("up", flush=True)  # noqa: T201
        if not isinstance(event, Arrived):
            continue
        outcome = inbox.take(DEVICE, wire.decode_up(event.payload))
        replies = list(outcome.replies)
        if (part := outcome.delivered) is not None:
            if part.key.part is Part.PROBE:
                answer = Answer(part.key.tcn, AnswerType.SRE, Decision.NO_HIT, (), datetime.now(UTC))
                plain = contents.encode_answer(answer)
                envelope = seal.seal(plain, part.key.tcn, "answer", kiosk.public(), own)
                store.answers.put(DEVICE, part.key.tcn, envelope, datetime.now(UTC))
            replies.append(inbox.receipt(part.key, part.digest))
        for reply in replies:
            transport.publish(wire.down_topic(DEVICE), wire.encode(reply))
    transport.close()


def _until_the_end_of_input(events: SimpleQueue[LinkEvent | None]) -> None:
    sys.stdin.read()
    events.put(None)


@contextmanager
def kiosk_and_hub(folder: Path, broker: int, link: int) -> Iterator[Kiosk]:
    """A kiosk on the link, and its hub on the broker."""
    folder.mkdir()
    words = [sys.executable, "-c", CHILD, str(folder), str(broker)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if process.stdout is None or not process.stdout.readline():
            raise NoBroker("the hub did not start")
        kiosk = Kiosk(folder, link)
        try:
            yield kiosk
        finally:
            kiosk.uplink.close()
            kiosk.outbox.close()
    finally:
        process.communicate(timeout=PATIENCE_S)


@contextmanager
def _thin(port: int) -> Iterator[ThinLink]:
    link = ThinLink(port, THIN)
    try:
        yield link
    finally:
        link.close()


@contextmanager
def _cuts(link: ThinLink) -> Iterator[None]:
    """Up and down in turns, in a thread."""
    stop = threading.Event()

    def turns() -> None:
        while not stop.wait(UP_S):
            link.cut()
            stop.wait(DOWN_S)
            link.mend()

    thread = threading.Thread(target=turns)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """A Mosquitto without certificates. Raises NoBroker."""
    program = find()
    if program is None:
        raise NoBroker("Mosquitto is not installed: apt-get install mosquitto")
    port = free_port()
    config = folder / "broker.conf"
    config.write_text(CONFIG.format(port=port) + ("user root\n" if os.geteuid() == 0 else ""))
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)
    try:
        time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait()


def _keys(owner: int) -> PrivateKeys:
    return PrivateKeys.make(owner, hashlib.shake_256(f"bench {owner}".encode()).digest(128))


def _public(private: PrivateKeys) -> PublicFile:
    half = private.public()
    return PublicFile(private.owner, "bench", half.signing, half.sealing)


def _figure(
    figure: str, value: float, unit: str, better: Better, against: str, n: int, goal: float | None = None
) -> Figure:
    return Figure("link", figure, value, unit, goal, better, against, n)
