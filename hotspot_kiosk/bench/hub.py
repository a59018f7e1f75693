"""Hub workers: records a second, growth with workers, a thousand kiosks that come back at once.

Rates are measured without a link: sealed records go into `Hub.take` as the link would bring them.
Worker processes and database share this machine's cores, so growth is bounded by them. People are drawn at
random and the gallery is empty: what comparing costs grows with the gallery and is `bench finger`'s.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from hotspot_kiosk import contents, nist, seal, wire
from hotspot_kiosk.bench import hub_crowd as bench_crowd
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.config import HubConfig, build_variant, load
from hotspot_kiosk.demo.bureau import Bureau
from hotspot_kiosk.demo.postgres import NoPostgres, Postgres
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.service import Hub
from hotspot_kiosk.hub.storage.store import PartKey, Store
from hotspot_kiosk.keyring import load_private, load_public
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.simulator.broker import find
from hotspot_kiosk.simulator.crowd import CHUNK
from hotspot_kiosk.simulator.drawn import drawn_request
from hotspot_kiosk.terms import Part, Tcn

MODELS = Path(__file__).resolve().parents[2] / "models"
RECORDS, ATTEMPTS = 120, 2  # the best attempt counts: others use this machine, too
AGENCY = nist.Agency("XPO", "DEMO")
Parts = list[tuple[Tcn, Part, bytes]]
Rate = tuple[float, float, float]  # seconds in all, seconds of bare commits, processor seconds


def run() -> Iterator[Figure]:
    """Rates with SQLite and PostgreSQL, then the crowd."""
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as text:
        folder = Path(text)
        alone = max((_rates(folder / f"sqlite{i}", 1, "") for i in range(ATTEMPTS)), key=_per_second)
        yield from _rate_figures("SQLite, 1 worker", alone)
        try:
            server = Postgres()
        except NoPostgres as missing:
            print(f"bench hub: no figures with PostgreSQL: {missing}", file=sys.stderr)  # noqa: T201
            return
        try:
            server.start()
            yield from _with_postgres(folder, server)
        finally:
            server.remove()


def _with_postgres(folder: Path, server: Postgres) -> Iterator[Figure]:
    rates: dict[int, list[Rate]] = {}
    for attempt in range(ATTEMPTS):
        for workers in (1, 2):
            name = f"rate{workers}{attempt}"
            server.sql(f"CREATE SCHEMA {name}")
            got = _rates(folder / name, workers, server.dsn(name))
            rates[workers] = max(rates.get(workers, got), got, key=_per_second)
    for workers, got in rates.items():
        yield from _rate_figures(f"PostgreSQL, {workers} worker{'s' * (workers > 1)}", got)
    growth = _per_second(rates[2]) / _per_second(rates[1])
    cores = f"1 worker; {os.cpu_count()} cores shared with the database"
    yield Figure("hub", "growth from 1 to 2 workers", growth, "ratio", None, "higher", cores, RECORDS)
    if find() is None:
        print("bench hub: no crowd: Mosquitto is not installed: apt-get install mosquitto", file=sys.stderr)  # noqa: T201
        return
    yield from bench_crowd.run(folder, server)


def _rates(folder: Path, workers: int, dsn: str) -> list[Rate]:
    """Each worker's seconds for RECORDS records of its own kiosk, all working at once."""
    bureau = Bureau(folder, MODELS, 1, range(1, workers + 1), dsn=dsn, share="hub" if dsn else "")
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(workers)
    results: SimpleQueue[Rate] = context.SimpleQueue()
    processes = [
        context.Process(target=_work, args=(bureau.folder, device, start, results))
        for device in bureau.kiosks
    ]
    for process in processes:
        process.start()
    rates = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return rates


def _work(folder: Path, device: int, start: Barrier, results: SimpleQueue[Rate]) -> None:
    """One worker's process."""
    config = load(folder / "hub.toml", HubConfig)
    hub = assembly.build(config, folder)
    store: Store = build_variant("hotspot_kiosk.hub.storage", "store", config.store, folder)
    own = load_private(folder / f"k{device}.key")
    parts = _sealed(folder, device, range(1, RECORDS + 1))
    messages = [_messages(part) for part in parts]
    start.wait()
    began, used = time.perf_counter(), time.process_time()
    for each in messages:
        for message in each:
            _take(hub, own, message)
    whole, used = time.perf_counter() - began, time.process_time() - used
    start.wait()
    began = time.perf_counter()
    for tcn, part, envelope in parts:
        other = Tcn.mint(2025, device, tcn.counter)
        store.inbox.commit(PartKey(device, other, part), envelope, datetime.now(UTC))
    results.put((whole, time.perf_counter() - began, used))
    store.close()


def _take(hub: Hub, own: PrivateKeys, message: wire.Up) -> None:
    """The hub takes it, and the kiosk acknowledges the answer that it brings."""
    for reply in hub.take(own.owner, message):
        if isinstance(reply, wire.Receipt) and reply.answer:
            hub.take(own.owner, wire.sign_got(Tcn(reply.tcn), reply.answer, own))


def _sealed(folder: Path, device: int, counters: range) -> Parts:
    own = load_private(folder / f"k{device}.key")
    hub = load_public(folder / "hub.pub").keys()
    drawn = drawn_request(Tcn.mint(2026, device, 1), datetime.now(UTC))
    parts = []
    for counter in counters:
        tcn = Tcn.mint(2026, device, counter)
        request = replace(drawn, tcn=tcn)
        for part, content in (
            (Part.PROBE, contents.encode(request)),
            (Part.EVIDENCE, nist.pack(request, AGENCY)),
        ):
            parts.append((tcn, part, seal.seal(content, tcn, part, hub, own)))
    return parts


def _messages(part: tuple[Tcn, Part, bytes]) -> Sequence[wire.Up]:
    tcn, name, envelope = part
    size = len(envelope)
    if size <= CHUNK:
        return (wire.Chunk(tcn, name, size, 0, envelope),)
    offer = wire.Offer(tcn, name, size, hashlib.sha256(envelope).digest())
    chunks = [wire.Chunk(tcn, name, size, at, envelope[at : at + CHUNK]) for at in range(0, size, CHUNK)]
    return (offer, *chunks)


def _per_second(rates: Sequence[Rate]) -> float:
    """Records a second of all workers together; the slowest one counts."""
    return len(rates) * RECORDS / max(whole for whole, _, _ in rates)


def _rate_figures(who: str, rates: Sequence[Rate]) -> Iterator[Figure]:
    against = "empty gallery; records of 3 KB probe and 65 KB evidence"
    n = len(rates) * RECORDS
    total = _per_second(rates)
    yield Figure("hub", f"records a second, {who}", total, "1/s", None, "higher", against, n)
    bare = len(rates) * RECORDS / max(seconds for _, seconds, _ in rates)
    share = "bare commits of the same envelopes into the same store"
    yield Figure("hub", f"rate over bare commits, {who}", total / bare, "ratio", None, "higher", share, n)
    used = statistics.mean(used for _, _, used in rates) / RECORDS * 1000
    yield Figure("hub", f"worker's processor time a record, {who}", used, "ms", None, "lower", against, n)
