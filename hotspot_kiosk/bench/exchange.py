"""What an exchange with a partner costs: packing, taking an answer in, and the whole way at 1 Mbit/s.

The whole way is the sum of its legs, each measured over real processes and TLS on the same modelled link:
kiosk to hub (Mosquitto), hub to partner and its answer back (HTTPS), hub to kiosk.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from hotspot_kiosk import nist, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.bench.evidence import HERE, TIMES, example_request, median_ms
from hotspot_kiosk.bench.exchange_routing import routing
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.link import broker, kiosk_and_hub
from hotspot_kiosk.hub.exchange import folder, https
from hotspot_kiosk.hub.exchange.clerk import Clerk
from hotspot_kiosk.hub.exchange.gate import Terms
from hotspot_kiosk.hub.exchange.port import Exchange, Outgoing
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.nist.answer import SearchError, SearchResult
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.policy import Regime
from hotspot_kiosk.seal_certificates import Term, make_authority, make_broker, make_hub
from hotspot_kiosk.simulator.biohub import BioHub
from hotspot_kiosk.simulator.biohub_folder import FolderClient
from hotspot_kiosk.simulator.biohub_https import Papers, Server
from hotspot_kiosk.simulator.biohub_script import read_script
from hotspot_kiosk.simulator.broker import NoBroker
from hotspot_kiosk.simulator.thin_link import GOOD, ThinLink
from hotspot_kiosk.terms import FingerSample, Request, SensorGrade, Tcn

PACK_GOAL_MS, ROUTE_GOAL_MS, WAY_GOAL_S = 150, 50, 20
RUNS = 5
PARTNER = "biohub"
FAP_45 = SensorGrade("FAP 45 reader", 800, 750, 500, 256, 45)


def run() -> Iterator[Figure]:
    """Packing two fingers of 192 x 192 px and a face; then two of FAP 45 (800 x 750 px) and a face."""
    request = example_request()
    own, hub = (seal.PrivateKeys.make(owner, bytes([owner]) * 128) for owner in (1, 0))
    for encoding in nist.Encoding:
        spent = median_ms(partial(_sealed, request, encoding, hub.public(), own))
        name = f"pack, validate and seal, {encoding}"
        yield Figure("exchange", name, spent, "ms", PACK_GOAL_MS, "lower", "goal", TIMES)
    certified = _certified(request)
    spent = median_ms(partial(_sealed, certified, nist.Encoding.TRADITIONAL, hub.public(), own))
    yield Figure(
        "exchange", "the same with fingers of FAP 45", spent, "ms", PACK_GOAL_MS, "lower", "goal", TIMES
    )
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as temporary:
        yield _taking_in(Path(temporary) / "folder")
        try:
            yield from routing(Path(temporary) / "routing")
            yield from _whole_way(Path(temporary) / "way", certified, spent / 1000)
        except NoBroker as error:
            print(f"bench exchange: {error}", file=sys.stderr)  # noqa: T201


def _sealed(request: Request, encoding: nist.Encoding, hub: seal.PublicKeys, own: seal.PrivateKeys) -> bytes:
    data = nist.pack(request, HERE, encoding=encoding)
    return seal.seal(data, request.tcn, "evidence", hub, own)


def _certified(request: Request) -> Request:
    """The same person at a reader that INTERPOL's profile recommends."""
    y, x = np.mgrid[0 : FAP_45.height, 0 : FAP_45.width]
    captures = []
    for capture in request.captures:
        sample = capture.sample
        if isinstance(sample, FingerSample):
            wave = 127 + 120 * np.sin(np.hypot(y - 300, x - 40 * sample.position) * 2 * np.pi / 9)
            sample = FingerSample(sample.position, FAP_45, wave.astype(np.uint8))
        captures.append(replace(capture, sample=sample))
    return replace(request, captures=tuple(captures))


def _taking_in(place: Path) -> Figure:
    """An answer lies in the partner's folder: until it is read, checked, journaled and at the desk."""
    desk, spent = _Desk(_outgoing(nist.pack(_certified(example_request()), HERE))), []
    far = FolderClient(place, _responder(f"candidates:{TIMES}"))
    options = folder.Options(state=place / "state", outbox=far.outbox, answers=far.answers, settle_s=0)
    clerk = _clerk(place, folder.build(options), desk)
    clerk.step()
    far.step()
    parked = sorted(far.answers.iterdir())
    for path in parked:
        path.rename(place / path.name)
    for path in parked:
        (place / path.name).rename(path)
        began = time.perf_counter()
        clerk.step()
        spent.append(1000 * (time.perf_counter() - began))
    if len(desk.answers) != TIMES:
        raise RuntimeError("an answer did not arrive")
    name = "an answer's file to the cases, journaled, on disk"
    return Figure("exchange", name, statistics.median(spent), "ms", ROUTE_GOAL_MS, "lower", "goal", TIMES)


def _whole_way(place: Path, request: Request, packing_s: float) -> Iterator[Figure]:
    place.mkdir()
    evidence = nist.pack(request, HERE)
    asked = statistics.median(_asked(place / f"partner {n}", evidence) for n in range(RUNS))
    with broker(place) as port, _thin(port) as link, kiosk_and_hub(place / "kiosk", port, link.port) as kiosk:
        kiosk.live()
        kiosk.until_held(1)
        up = []
        for _ in range(RUNS):
            before = kiosk.held()
            kiosk.put(1, len(evidence))
            up.append(kiosk.until_held(before + 1))
        down = statistics.median(kiosk.live() for _ in range(RUNS))
    legs = (packing_s, statistics.median(up), asked, down)
    size = f"{len(evidence) / 1024:.0f} KiB of evidence, 1 Mbit/s, 50 ms round trip"
    for name, leg in zip(
        ("pack and seal", "kiosk to hub", "partner asked and answers", "hub to kiosk"), legs, strict=True
    ):
        yield Figure("exchange", f"leg: {name}", leg, "s", None, "lower", size, RUNS)
    goal = "20 s of the 2019 trial on an optimal link"
    name = "last sample to the partner's answer at the kiosk, sum of the legs"
    yield Figure("exchange", name, sum(legs), "s", WAY_GOAL_S, "lower", goal, RUNS)


def _asked(place: Path, evidence: bytes) -> float:
    """Seconds from a check that is due to the partner's answer at the desk, over mutual TLS on the link."""
    desk = _Desk(_outgoing(evidence))
    with _partner(place) as server, _thin(server.port) as link:
        options = https.Options(
            state=place / "state",
            url=f"https://localhost:{link.port}",
            ca=place / "servers.pem",
            certificate=place / "hub.pem",
            key=place / "hub.key",
        )
        clerk = _clerk(place, https.build(options), desk)
        stop = threading.Event()
        began = time.monotonic()
        worker = threading.Thread(target=clerk.run, args=(stop,))
        worker.start()
        desk.answered.wait(60)
        took = time.monotonic() - began
        stop.set()
        worker.join()
    return took


@contextmanager
def _partner(place: Path) -> Iterator[Server]:
    place.mkdir()
    term = Term(datetime.now(UTC), 2)
    servers, devices = make_authority("servers", term), make_authority("devices", term)
    made = {"there": make_broker(servers, ["localhost"], term), "hub": make_hub(devices, term)}
    for name, identity in (made | {"servers": servers, "devices": devices}).items():
        (place / f"{name}.pem").write_bytes(identity.certificate)
        (place / f"{name}.key").write_bytes(identity.key)
    papers = Papers(place / "there.pem", place / "there.key", place / "devices.pem")
    with Server(0, papers, _responder("hit")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def _thin(port: int) -> Iterator[ThinLink]:
    link = ThinLink(port, GOOD)
    try:
        yield link
    finally:
        link.close()


def _responder(script: str) -> BioHub:
    dice = random.Random(1)  # noqa: S311 - draws answers, hides nothing
    return BioHub(read_script(script, dice), dice, time.monotonic, lambda: datetime.now(UTC))


def _clerk(place: Path, exchange: Exchange, desk: _Desk) -> Clerk:
    own = seal.PrivateKeys.make(0, bytes(128))
    return Clerk(
        partner=PARTNER,
        terms=Terms(),
        exchange=exchange,
        desk=desk,
        shelf=Shelf(place / "state"),
        journal=Journal(place / "journal", own, lambda: (datetime.now(UTC), True)),
        now=lambda: datetime.now(UTC),
        chance=random.Random(1),  # noqa: S311 - spreads retries, hides nothing
    )


def _outgoing(evidence: bytes) -> Outgoing:
    now = datetime.now(UTC)
    operation = Operation(
        id="bench",
        edition=1,
        name="bench",
        kind=Kind.HOTSPOT,
        purpose="measure",
        legal_basis="none: nobody real",
        notice="bench",
        begins=now - timedelta(days=1),
        ends=now + timedelta(days=1),
        posts=("bench",),
        devices=(1,),
        datasets=(PARTNER,),
    )
    return Outgoing(nist.parse(evidence).tcn, PARTNER, evidence, operation, Regime.CHECK, now)


@dataclass
class _Desk:
    """Has one check to ask about, and counts what comes back."""

    only: Outgoing
    gone: bool = False
    answers: set[Tcn] = field(default_factory=set)
    answered: threading.Event = field(default_factory=threading.Event)

    def due(self, _partner: str, _most: int) -> Sequence[Outgoing]:
        return () if self.gone else (self.only,)

    def sent(self, _tcn: Tcn, _partner: str, _at: datetime, _notes: tuple[str, ...]) -> None:
        self.gone = True

    def withheld(self, _tcn: Tcn, _partner: str, _at: datetime, why: str) -> None:
        raise RuntimeError(why)

    def replied(self, _partner: str, answer: SearchResult, _at: datetime) -> bool:
        self.answers.add(answer.tcn)
        self.answered.set()
        return True

    def failed(self, _partner: str, error: SearchError, _at: datetime) -> bool:
        raise RuntimeError(error.meaning)
