"""A kiosk's office without devices: people on a roster, a session that the test sets, answers from the hub."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from argon2 import PasswordHasher
from making import DEVICE, HUB, KIOSK, NOW, STAMP, operation, public_file, tcn

from hotspot_kiosk import nist, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.config import Page
from hotspot_kiosk.contents import encode_answer
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.care.health import Health
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import Event
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.anchoring import Minors
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.session import Plan, Session
from hotspot_kiosk.kiosk.staff import counter, office
from hotspot_kiosk.kiosk.staff.authority import Reach
from hotspot_kiosk.kiosk.staff.findings import Findings
from hotspot_kiosk.kiosk.staff.handover import Handover
from hotspot_kiosk.kiosk.staff.pairs import Pairs
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.zeroise import Remains
from hotspot_kiosk.officers import Officer, Role, Roster
from hotspot_kiosk.officers import sign as sign_roster
from hotspot_kiosk.operation import sign
from hotspot_kiosk.terms import Answer, AnswerType, Candidate, ClockStamp, Decision, Part

PIN = "472903"
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PIN)  # cheap: many sign in here
PEOPLE = {"k7": Role.OFFICER, "k8": Role.OFFICER, "k9": Role.SUPERVISOR, "m1": Role.MAINTAINER}
BROWSER = "browser-secret"


class Rig:
    """A kiosk's office, a session that the test sets, and what the office set going."""

    def __init__(self, folder: Path, page: Page | None = None, health: Health | None = None) -> None:
        self.folder, self.now, self.rate = folder, NOW, 0.0
        self.session = Session(Plan())
        self.obeyed: list[Ask] = []
        self.put: list[Event] = []
        self.clock = Clock(wall=lambda: self.now, synchronised=folder)
        self.outbox = Outbox(folder / "outbox.db")
        self.page = page or Page()
        self.place = self._place(folder)
        reach = Reach(lambda: self.session, self.obeyed.append, self.put.append, lambda: None)
        path = folder / "outbox.db"
        self.pairs = Pairs(self.place, self.clock)
        self.office = office.build(
            place=self.place,
            clock=self.clock,
            outbox=self.outbox,
            findings=Findings(path),
            pairs=self.pairs,
            roll=Roll(folder / office.ROSTER, self.place.trust),
            page=self.page,
            reach=reach,
            rate=lambda: self.rate,
            path=path,
            health=health,
        )
        self.roster = Roster(
            edition=1,
            made=NOW,
            officers=tuple(Officer(id=name, roles=(role,), pin=HASH) for name, role in PEOPLE.items()),
        )

    def close(self) -> None:
        """Give the files back."""
        self.office.close()
        self.outbox.close()
        assert self.place.alerts is not None
        self.place.alerts.close()

    def enrol(self) -> None:
        """The roster comes."""
        self.office.roll.install(sign_roster(self.roster, HUB))

    def enter(self, name: str = "k7") -> str:
        """Somebody signs in; returns the token."""
        heard = self.office.authority.asked(counter.ByPin(browser=BROWSER, officer=name, pin=PIN))
        assert isinstance(heard, counter.Entered)
        return heard.token

    def act(self, token: str, do: str, **more: Any) -> None:
        """Ask for a deed."""
        asked = msgspec.convert(
            {"ask": "act", "browser": BROWSER, "token": token, "do": do, **more}, counter.Act
        )
        assert isinstance(self.office.authority.asked(asked), counter.Did)

    def look(self, token: str) -> counter.View:
        """What an officer sees."""
        view = self.office.authority.asked(counter.Look(browser=BROWSER, token=token))
        assert isinstance(view, counter.View)
        return view

    def journal(self) -> str:
        """All of it."""
        return "".join(file.read_text() for file in sorted((self.folder / "journal").glob("*.jsonl")))

    def answered(self, counter_: int = 1, device: int = DEVICE, **more: Any) -> Answer:
        """A possible match, kept as the hub's sealed answer or alert."""
        number = tcn(counter_, device)
        found = (Candidate("REF-1", 1, 9.5, "FRA"), Candidate("REF-2", 2, 7.1))
        answer = Answer(number, AnswerType.SRE, Decision.POSSIBLE_MATCH, found, NOW, **more)
        sealed = seal.seal(encode_answer(answer), number, "answer", KIOSK.public(), HUB)
        if device == DEVICE:
            self.outbox.put(number, STAMP, [(Part.PROBE, b"sealed")])
            self.outbox.receipt(number, Part.PROBE, self.outbox.digest(number, Part.PROBE), NOW)
            self.outbox.answer(number, sealed, NOW)
        else:
            assert self.place.alerts is not None
            self.place.alerts.take(number, sealed, HUB.public())
        return answer

    def kept(self, counter_: int, stamp: ClockStamp, *, hit: bool) -> None:
        """A record of another time, answered."""
        number = tcn(counter_)
        decision = Decision.POSSIBLE_MATCH if hit else Decision.NO_HIT
        found = (Candidate("REF-1", 1, 9.5),) if hit else ()
        answer = Answer(number, AnswerType.SRE, decision, found, NOW)
        self.outbox.put(number, stamp, [(Part.PROBE, b"sealed")])
        self.outbox.receipt(number, Part.PROBE, self.outbox.digest(number, Part.PROBE), NOW)
        sealed = seal.seal(encode_answer(answer), number, "answer", KIOSK.public(), HUB)
        self.outbox.answer(number, sealed, NOW)

    def _place(self, folder: Path) -> Place:
        (folder / "peers").mkdir()
        save_public(folder / "peers" / "hub.pub", public_file(HUB))
        (folder / "operation.json").write_bytes(sign(operation(), HUB))
        return Place(
            device=DEVICE,
            post=operation().posts[0],
            agency=nist.Agency("ALB", "POLICE"),
            operation=folder / "operation.json",
            own=KIOSK,
            trust=Trust(folder / "peers"),
            orders=Orders(folder / "orders.json", DEVICE),
            journal=Journal(folder / "journal", KIOSK, self.clock.now),
            keep=timedelta(days=7),
            remains=Remains(),
            alerts=Alerts(folder / "outbox.db", KIOSK),
            minors=Minors(folder / "minors"),
            handover=Handover(self.clock.now_ms) if self.page.starts == "person" else None,
        )
