"""What tests of the exchange share: an operation, a check that is due, a desk that remembers."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from nistfiles import HERE, of_face, of_finger

from hotspot_kiosk.audit_chain import Deed, Entry
from hotspot_kiosk.hub.exchange import folder, https
from hotspot_kiosk.hub.exchange.clerk import Clerk
from hotspot_kiosk.hub.exchange.gate import Terms
from hotspot_kiosk.hub.exchange.port import Due, Exchange, Outgoing
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.nist import pack
from hotspot_kiosk.nist.answer import SearchError, SearchResult
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.policy import Regime
from hotspot_kiosk.seal_certificates import Term, make_authority, make_broker, make_hub, make_kiosk
from hotspot_kiosk.simulator.biohub import BioHub
from hotspot_kiosk.simulator.biohub_folder import FolderClient
from hotspot_kiosk.simulator.biohub_https import Papers, Server
from hotspot_kiosk.simulator.biohub_script import read_script
from hotspot_kiosk.terms import Capture, ClockStamp, Request, RequestType, SensorGrade, Tcn

CAPTURED = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)
GOOD_GRADE = SensorGrade("FAP 45 reader", 800, 750, 500, 256, 45)
PARTNER = "biohub"


def operation() -> Operation:
    """A check at one post that may ask one partner."""
    return Operation(
        id="OP-1",
        edition=1,
        name="Trial",
        kind=Kind.HOTSPOT,
        purpose="search for wanted people",
        legal_basis="art. 1 of a law",
        notice="n1",
        begins=datetime(2026, 11, 1, tzinfo=UTC),
        ends=datetime(2026, 12, 1, tzinfo=UTC),
        posts=("GATE-1",),
        devices=(1,),
        datasets=(PARTNER,),
    )


@cache
def tcn(counter: int = 1) -> Tcn:
    """A number of kiosk 1."""
    return Tcn.mint(2026, 1, counter)


def file_of(*captures: Capture, counter: int = 1) -> bytes:
    """The evidence of one check."""
    stamp = ClockStamp("boot", 1, CAPTURED, trusted=True)
    return pack(Request(tcn(counter), RequestType.NPS, "GATE-1", "OP-1", "n1", stamp, captures), HERE)


@cache
def _evidence(counter: int) -> bytes:
    return file_of(
        of_face(), of_finger(2, grade=GOOD_GRADE), of_finger(7, shift=9, grade=GOOD_GRADE), counter=counter
    )


def outgoing(
    counter: int = 1, evidence: bytes | None = None, under: Operation | None = None, partner: str = PARTNER
) -> Outgoing:
    """A check that is due: a face and two fingers of a certified sensor."""
    return Outgoing(
        tcn(counter),
        partner,
        _evidence(counter) if evidence is None else evidence,
        under or operation(),
        Regime.CHECK,
        CAPTURED,
    )


@dataclass
class Memory:
    """A desk in memory; as the real one, it keeps every event once."""

    waiting: list[Outgoing] = field(default_factory=list)
    was_sent: dict[Tcn, tuple[str, ...]] = field(default_factory=dict)
    was_withheld: dict[Tcn, str] = field(default_factory=dict)
    results: dict[Tcn, SearchResult] = field(default_factory=dict)
    errors: dict[Tcn, SearchError] = field(default_factory=dict)
    forgets: int = 0
    found: list[Due] = field(default_factory=list)
    was_told: dict[str, str] = field(default_factory=dict)

    def outcomes(self, partner: str, most: int) -> Sequence[Due]:
        """What was found of this partner's hits."""
        return [due for due in self.found if due.report.name not in self.was_told][:most]

    def reported(self, due: Due, at: datetime, withheld: str = "") -> None:
        """Keeps it, or forgets it as `sent` does."""
        if self.forgets:
            self.forgets -= 1
            raise KeyboardInterrupt
        self.was_told[due.report.name] = withheld

    def due(self, partner: str, most: int) -> Sequence[Outgoing]:
        """What waits for this partner."""
        gone = {*self.was_sent, *self.was_withheld}
        return [out for out in self.waiting if out.tcn not in gone and out.partner == partner][:most]

    def sent(self, tcn: Tcn, partner: str, at: datetime, notes: tuple[str, ...]) -> None:
        """Keeps it, unless it is to forget: as if the process had ended just before."""
        if self.forgets:
            self.forgets -= 1
            raise KeyboardInterrupt
        self.was_sent.setdefault(tcn, notes)

    def withheld(self, tcn: Tcn, partner: str, at: datetime, why: str) -> None:
        """Keeps it."""
        self.was_withheld.setdefault(tcn, why)

    def replied(self, partner: str, answer: SearchResult, at: datetime) -> bool:
        """Keeps it if it answers what this partner was asked."""
        if self._known(answer.tcr):
            self.results.setdefault(answer.tcn, answer)
        return self._known(answer.tcr)

    def failed(self, partner: str, error: SearchError, at: datetime) -> bool:
        """Keeps it if it answers what this partner was asked."""
        if self._known(error.tcr):
            self.errors.setdefault(error.tcn, error)
        return self._known(error.tcr)

    def _known(self, tcr: Tcn) -> bool:
        return any(out.tcn == tcr for out in self.waiting)


@dataclass
class Lines:
    """A journal in memory."""

    entries: list[tuple[Deed, str, str]] = field(default_factory=list)

    def write(self, what: Deed, who: str = "machine", about: str = "", ground: str = "") -> object:
        """Keeps it, if a real one would."""
        Entry(1, 1, CAPTURED, True, who, what, about, ground, "", "")
        self.entries.append((what, about, ground))
        return None

    def told(self, what: Deed) -> list[str]:
        """The grounds of every entry of that kind."""
        return [ground for deed, _, ground in self.entries if deed is what]


class Clock:
    """Seconds that go on when they are told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.at


def responder(script: str, clock: Callable[[], float], per_minute: int = 0) -> BioHub:
    """The far end, with this script."""
    plans = read_script(script, random.Random(7))
    return BioHub(plans, random.Random(7), clock, lambda: NOW, per_minute)


class FolderWay:
    """The folder variant and its far end, over real folders."""

    def __init__(self, tmp: Path, script: str, clock: Clock, per_minute: int = 0) -> None:
        self.tmp, self.far = tmp, responder(script, clock, per_minute)
        self.client = FolderClient(tmp, self.far)
        self.exchange: Exchange = self.again()

    def again(self) -> Exchange:
        """As after a restart of the hub."""
        self.exchange = folder.build(
            folder.Options(
                state=self.tmp / "state", outbox=self.client.outbox, answers=self.client.answers, settle_s=0
            )
        )
        return self.exchange

    def far_end(self) -> None:
        """Lets the far end do what it would do meanwhile."""
        self.client.step()

    def close(self) -> None:
        """Nothing runs."""


class HttpsWay:
    """The https variant and its far end, over real TLS on loopback."""

    def __init__(self, tmp: Path, script: str, clock: Clock, per_minute: int = 0) -> None:
        self.tmp, self.clock, self.far = tmp, clock, responder(script, clock, per_minute)
        papers(tmp)
        there = Papers(tmp / "there.pem", tmp / "there.key", tmp / "devices.pem")
        self.server = Server(0, there, self.far, frozenset({"hub"}))
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.exchange: Exchange = https.HttpsExchange(self.options(), clock, NOW.timestamp)

    def options(self, own: str = "hub", ca: str = "servers") -> https.Options:
        """How this hub, or somebody who would be it, calls."""
        return https.Options(
            state=self.tmp / "state",
            url=f"https://localhost:{self.server.port}",
            ca=self.tmp / f"{ca}.pem",
            certificate=self.tmp / f"{own}.pem",
            key=self.tmp / f"{own}.key",
        )

    def again(self, own: str = "hub", ca: str = "servers") -> Exchange:
        """As after a restart of the hub."""
        self.exchange.close()
        self.exchange = https.HttpsExchange(self.options(own, ca), self.clock, NOW.timestamp)
        return self.exchange

    def far_end(self) -> None:
        """It works by itself."""

    def close(self) -> None:
        """End the server."""
        self.exchange.close()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


Way = FolderWay | HttpsWay
WAYS: dict[str, type[FolderWay] | type[HttpsWay]] = {"folder": FolderWay, "https": HttpsWay}


def papers(folder: Path) -> None:
    """Two CAs, the far end's certificate, the hub's, a kiosk's, and one of an authority nobody trusts."""
    term = Term(datetime.now(UTC), 2)
    servers, devices, strangers = (make_authority(each, term) for each in ("servers", "devices", "strangers"))
    made = {
        "there": make_broker(servers, ["localhost"], term),
        "hub": make_hub(devices, term),
        "kiosk": make_kiosk(devices, 7, term),
        "stranger": make_hub(strangers, term),
    }
    for name, identity in (made | {"servers": servers, "devices": devices, "strangers": strangers}).items():
        (folder / f"{name}.pem").write_bytes(identity.certificate)
        (folder / f"{name}.key").write_bytes(identity.key)


def clerk(way: Way, desk: Memory, journal: Lines, terms: Terms | None = None) -> Clerk:
    """A clerk between this desk and this way."""
    return Clerk(
        partner=PARTNER,
        terms=terms or Terms(),
        exchange=way.exchange,
        desk=desk,
        shelf=Shelf(way.tmp / "state"),
        journal=journal,
        now=lambda: NOW,
        chance=random.Random(1),
    )
