"""How long an answer of a partner takes through the hub: its file lies there, until it is on MQTT to the post.

A real hub worker in a process of its own, the real clerk, casebook, store and journal, a real Mosquitto.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

from hotspot_kiosk import contents, nist, seal, wire
from hotspot_kiosk.bench.evidence import example_request
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.link import broker
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.demo.bureau import Bureau
from hotspot_kiosk.demo.postgres import NoPostgres, Postgres
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.partner_desk import PartnerDesk
from hotspot_kiosk.hub.exchange.clerk import Clerk
from hotspot_kiosk.hub.exchange.office import lanes
from hotspot_kiosk.nist.answer import ForeignCandidate, Reference, SearchResult, answer_transaction
from hotspot_kiosk.operation import Kind, Operation, sign
from hotspot_kiosk.terms import ClockStamp, Part, RequestType, Tcn
from hotspot_kiosk.transports import mqtt
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp

MODELS = Path(__file__).resolve().parents[2] / "models"
GOAL_MS = 50
TIMES, DEVICE, PARTNER, OPERATION, THERE = 15, 1, "biohub", "bench", 99_999
LANE = f"""
[exchange.{PARTNER}]
driver = "folder"
state = "state"
outbox = "outbox"
answers = "answers"
settle_s = 0
"""


def routing(place: Path) -> Iterator[Figure]:
    """With SQLite; with PostgreSQL if it can be started here. Raises NoBroker."""
    place.mkdir()
    yield _figure("SQLite", _routed(place / "sqlite"))
    try:
        server = Postgres()
    except NoPostgres as missing:
        print(f"bench exchange: no figure with PostgreSQL: {missing}", file=sys.stderr)  # noqa: T201
        return
    try:
        server.start()
        yield _figure("PostgreSQL", _routed(place / "postgres", server.dsn()))
    finally:
        server.remove()


def _figure(store: str, spent: list[float]) -> Figure:
    name = f"an answer's file to the message to its post, {store}"
    worst = f"goal; worst {max(spent):.0f} ms"
    return Figure("exchange", name, statistics.median(spent), "ms", GOAL_MS, "lower", worst, len(spent))


def _routed(place: Path, dsn: str = "") -> list[float]:
    """Milliseconds of each of TIMES answers."""
    place.mkdir()
    with broker(place) as port, _bureau(place / "hub", port, dsn) as bureau, ExitStack() as closes:
        bureau.start("worker")
        kiosk = _Kiosk(bureau, port)
        table = load(bureau.config, HubConfig)
        clerk = _clerk(bureau, table, closes.enter_context(assembly.open_partner_desk(table, bureau.folder)))
        spent = []
        for number in range(1, TIMES + 1):
            tcn = Tcn.mint(2026, DEVICE, number)
            kiosk.ask(tcn)
            (bureau.folder / "answers" / f"{tcn}.nist").write_bytes(_hit(tcn, number))
            began = time.perf_counter()
            clerk.step()
            kiosk.until(wire.Answered)
            spent.append(1000 * (time.perf_counter() - began))
        kiosk.client.close()
    return spent


def _bureau(folder: Path, port: int, dsn: str) -> Bureau:
    bureau = Bureau(folder, MODELS, port, [DEVICE], dsn, "bench" if dsn else "")
    text = bureau.config.read_text().replace("[hub]\n", '[hub]\noperations = "operations"\n')
    bureau.config.write_text(text + LANE)
    for name in ("operations", "outbox", "answers"):
        (folder / name).mkdir()
    (folder / "operations" / "one.op").write_bytes(sign(operation(), bureau.own))
    return bureau


def operation() -> Operation:
    """Checks of nobody real, at one post, which may ask one partner."""
    now = datetime.now(UTC)
    return Operation(
        id=OPERATION,
        edition=1,
        name="bench",
        kind=Kind.HOTSPOT,
        purpose="measure",
        legal_basis="none: nobody real",
        notice="bench",
        begins=now - timedelta(days=1),
        ends=now + timedelta(days=1),
        posts=(f"Post {DEVICE}",),
        devices=(DEVICE,),
        datasets=(PARTNER,),
    )


def _clerk(bureau: Bureau, table: HubConfig, desk: PartnerDesk) -> Clerk:
    (lane,) = lanes(table.exchange, bureau.folder)
    chance = random.Random(1)  # noqa: S311 - spreads retries, hides nothing
    return lane.clerk(desk, open_journal(bureau.config), lambda: datetime.now(UTC), chance)


def _hit(tcr: Tcn, number: int) -> bytes:
    """One candidate, as INTERPOL would write it."""
    own = (Reference("ABC", f"{number:08d}"),)
    one = ForeignCandidate(1, False, own, (), "", (0, 0), None, "", ())
    there = nist.Agency("XPO", "BIOHUB")
    answer = SearchResult(
        Tcn.mint(2026, THERE, number), tcr, None, there.country, RequestType.NPS, 1, one, "UC"
    )
    return nist.write(answer_transaction(answer, there, nist.Agency("XYZ", "BENCH"), datetime.now(UTC)))


class _Kiosk:
    """A kiosk's client that speaks to the hub by hand."""

    def __init__(self, bureau: Bureau, port: int) -> None:
        self._bureau = bureau
        self._heard: SimpleQueue[LinkEvent] = SimpleQueue()
        self.client = mqtt.build(mqtt.Options(host="127.0.0.1", port=port))
        self.client.open("bench", [wire.down_topic(DEVICE)], self._heard.put)
        while not isinstance(self._heard.get(timeout=30), LinkUp):
            pass
        time.sleep(0.3)  # until the broker has the subscription

    def ask(self, tcn: Tcn) -> None:
        """Send a probe and wait for its first answer: none yet, the partner is asked."""
        stamp = ClockStamp("bench", 0, datetime.now(UTC), trusted=True)
        request = replace(
            example_request(), tcn=tcn, post=f"Post {DEVICE}", operation=OPERATION, stamp=stamp, captures=()
        )
        own = self._bureau.kiosks[DEVICE]
        envelope = seal.seal(contents.encode(request), tcn, Part.PROBE, self._bureau.public, own)
        chunk = wire.Chunk(tcn, Part.PROBE, len(envelope), 0, envelope)
        self.client.publish(wire.up_topic(DEVICE), wire.encode(chunk))
        self.until(wire.Receipt)

    def until(self, kind: type[wire.Answered] | type[wire.Receipt]) -> None:
        """The next message of that kind. Raises queue.Empty if none comes."""
        while True:
            event = self._heard.get(timeout=30)
            if isinstance(event, Arrived) and isinstance(wire.decode_down(event.payload), kind):
                return
