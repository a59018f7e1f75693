"""A thousand kiosks that come back at once, over a real Mosquitto to real hub workers; part of `bench hub`.

Worker processes, broker, database and the crowd itself share this machine's cores. People are drawn
at random and the gallery is empty.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from hotspot_kiosk import contents, seal
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.demo.bureau import Bureau
from hotspot_kiosk.demo.postgres import Postgres
from hotspot_kiosk.simulator.broker import Broker, Files, find, free_port
from hotspot_kiosk.simulator.crowd import Crowd, Member
from hotspot_kiosk.simulator.drawn import drawn_request
from hotspot_kiosk.terms import Part, Request, Tcn
from hotspot_kiosk.transports import tls

MODELS = Path(__file__).resolve().parents[2] / "models"
CROWD, SPREAD_S, REPEAT_S, LONGEST_S = 1000, 15.0, 10.0, 180.0
LIVE, EVIDENCE = 20, 60_000
AGAINST = "2 workers, PostgreSQL, Mosquitto and the crowd on one machine"
BROKER = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_inflight_messages 20
max_queued_messages 2000
max_connections 5000
{more}
"""
Make = Callable[[Bureau, int], Member]


@dataclass(frozen=True, slots=True)
class Came:
    """How it went: when it began, the crowd, parts held beyond the ones sent (-1: not all arrived)."""

    began: float
    crowd: Crowd
    doubled: int


def run(folder: Path, server: Postgres) -> Iterator[Figure]:
    """One probe each, at once and spread; then with backlog and a few live ones among it; then over TLS."""
    for name, spread_s in (("at once", 0.0), ("within 15 s", SPREAD_S)):
        with _broker(folder / f"crowd{spread_s:.0f}") as port:
            came = _come(folder / f"crowd{spread_s:.0f}", server, port, spread_s, _probe_only)
        yield from _figures(f"{CROWD} kiosks calling {name}", came)
    with _broker(folder / "backlog") as port:
        came = _come(folder / "backlog", server, port, 0.0, _with_backlog)
    yield from _live_figures(came)
    files = Files(folder / "certificates")
    with Broker(files) as broker:
        hub, key = files.hub
        lines = f'ca = "{files.ca}"\ncertificate = "{hub}"\nkey = "{key}"'
        (folder / "tls").mkdir()
        came = _come(folder / "tls", server, broker.port, SPREAD_S, _over_tls(files), lines, broker.hub_port)
    yield from _figures(f"{CROWD} kiosks calling within 15 s over TLS", came)


def _come(
    folder: Path, server: Postgres, port: int, spread_s: float, make: Make, lines: str = "", hub_port: int = 0
) -> Came:
    server.sql(f"CREATE SCHEMA {folder.name}")
    devices = range(1, CROWD + 1)
    dsn = server.dsn(folder.name)
    with Bureau(folder / "hub", MODELS, hub_port or port, devices, dsn=dsn, share="hub", tls=lines) as bureau:
        members = [make(bureau, device) for device in devices]
        parts = sum(len(member.open) for member in members)
        bureau.start("first", "second")
        crowd = Crowd(port, members, repeat_s=REPEAT_S, spread_s=spread_s)
        began = time.monotonic()
        done = crowd.run(lambda: crowd.all_settled() and crowd.all_answered(), LONGEST_S)
        crowd.close()
        held = bureau.open_store()
        doubled = len(held.inbox.entries()) - parts
        held.close()
    return Came(began, crowd, doubled if done else -1)


def _figures(who: str, came: Came) -> Iterator[Figure]:
    times = [came.began, *sorted(came.crowd.settled)]
    waits = _waits(came.crowd.members)
    last, gap = times[-1] - came.began, max(b - a for a, b in pairwise(times))
    for name, value, unit in (
        ("first call to last receipt", last, "s"),
        ("longest pause between receipts", gap, "s"),
        ("a kiosk's wait, median", _share(waits, 50), "s"),
        ("a kiosk's wait, 99 of 100", _share(waits, 99), "s"),
        ("connections a kiosk", came.crowd.connections / CROWD, "ratio"),
        ("parts lost or held twice", came.doubled, "parts"),
    ):
        goal = 0.0 if unit == "parts" else None
        yield Figure("hub", f"{who}: {name}", value, unit, goal, "lower", AGAINST, len(waits))


def _live_figures(came: Came) -> Iterator[Figure]:
    who = f"{CROWD} kiosks with backlog calling at once"
    live = _waits([member for member in came.crowd.members if member.live])
    rest = _waits([member for member in came.crowd.members if not member.live])
    for name, value, unit in (
        (f"wait of {LIVE} with a live probe, median", _share(live, 50), "s"),
        (f"wait of {LIVE} with a live probe, longest", _share(live, 100), "s"),
        ("wait of the others, median", _share(rest, 50), "s"),
        ("wait of the others, longest", _share(rest, 100), "s"),
        ("median wait, live over others", _share(live, 50) / max(_share(rest, 50), 1e-9), "ratio"),
        ("parts lost or held twice", came.doubled, "parts"),
    ):
        goal = 0.0 if unit == "parts" else None
        yield Figure("hub", f"{who}: {name}", value, unit, goal, "lower", AGAINST, len(live) + len(rest))


def _waits(members: Sequence[Member]) -> list[float]:
    return sorted(member.waited_s for member in members if member.waited_s is not None)


def _share(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")


def _probe_only(bureau: Bureau, device: int) -> Member:
    return Member(bureau.kiosks[device], bureau.public, _holds(bureau, device))


def _with_backlog(bureau: Bureau, device: int) -> Member:
    """Every fiftieth has a person standing there; all others have old evidence, too."""
    live = device % (CROWD // LIVE) == 0
    return Member(
        bureau.kiosks[device], bureau.public, _holds(bureau, device, 0 if live else EVIDENCE), live=live
    )


def _over_tls(files: Files) -> Make:
    def make(bureau: Bureau, device: int) -> Member:
        context = tls.context(files.ca, files.kiosk(device), "X25519", None)
        return Member(bureau.kiosks[device], bureau.public, _holds(bureau, device), tls=context)

    return make


def _holds(bureau: Bureau, device: int, evidence: int = 0) -> dict[tuple[Tcn, Part], bytes]:
    tcn, own = Tcn.mint(2026, device, 1), bureau.kiosks[device]
    plain = {Part.PROBE: contents.encode(replace(_drawn(), tcn=tcn))}
    if evidence:
        plain[Part.EVIDENCE] = os.urandom(evidence)
    return {(tcn, part): seal.seal(data, tcn, part, bureau.public, own) for part, data in plain.items()}


@cache
def _drawn() -> Request:
    return drawn_request(Tcn.mint(2026, 1, 1), datetime.now(UTC))


@contextmanager
def _broker(folder: Path) -> Iterator[int]:
    """A Mosquitto without certificates."""
    folder.mkdir()
    port = free_port()
    config = folder / "broker.conf"
    config.write_text(BROKER.format(port=port, more="user root" if os.geteuid() == 0 else ""))
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen([find() or "mosquitto", "-c", str(config)], stdout=log, stderr=log)
    try:
        time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait()
