"""The kiosk's loop: events into the session, effects out of it. `assembly` builds its parts.

Threads: one a device, one for the uplink, one for the desk; they meet in one queue of events.
What is captured is sealed and on disk before anybody is told so.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from queue import Empty, SimpleQueue
from typing import IO, Literal

from hotspot_kiosk import policy, wire
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.errors import BadBytes, ConfigError, HotspotError, OutboxRefused, Refused, StorageFailed
from hotspot_kiosk.kiosk import memory, notices, slips
from hotspot_kiosk.kiosk.box import Box, Hands
from hotspot_kiosk.kiosk.capture.booth import Voices
from hotspot_kiosk.kiosk.capture.booth_face import FaceBooth
from hotspot_kiosk.kiosk.capture.booth_finger import FingerBooth
from hotspot_kiosk.kiosk.capture.preview import Preview
from hotspot_kiosk.kiosk.capture.warmth import Warmth
from hotspot_kiosk.kiosk.care.loglines import Recent
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.desk import Ask, Desk, Told
from hotspot_kiosk.kiosk.events import (
    Accept,
    Alarm,
    Answered,
    Begin,
    Cancel,
    Effect,
    Event,
    Found,
    LinkChanged,
    LookedAgain,
    NoticeRead,
    Partly,
    Prompt,
    Quarantined,
    Retake,
    Show,
    StillHere,
    Store,
    Stored,
    StoreRefused,
    TakeFace,
    TakeFinger,
    Tick,
    Without,
)
from hotspot_kiosk.kiosk.gate import Admitted, Gate, begun
from hotspot_kiosk.kiosk.guard import Guard, concerns
from hotspot_kiosk.kiosk.link.upkeep import Upkeep
from hotspot_kiosk.kiosk.link.uplink import Uplink
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.recorder import FIRST, Recorder
from hotspot_kiosk.kiosk.referring import Referring
from hotspot_kiosk.kiosk.session import Plan, Session, State, step
from hotspot_kiosk.kiosk.staff.authority import Reach
from hotspot_kiosk.kiosk.staff.counter import AnyHeard
from hotspot_kiosk.kiosk.staff.office import Office
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.told import oldest, portrait, presentation, told_answer
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import AnyAnswer, Tcn

log = logging.getLogger(__name__)
TICK_S = 0.25
HANGS_S = 90.0  # an image over the slowest line, twice, takes half of it
FORGET_EVERY = 240
CAPTURING = {State.NOTICE, State.FACE, State.FINGERS, State.REVIEW}
Hand = FaceBooth | FingerBooth | Uplink | Desk | Upkeep | Guard | Preview | Recent | Warmth
BUTTONS: dict[str, Event] = {
    "notice read": NoticeRead(),
    "accept": Accept(),
    "retake": Retake(),
    "cancel": Cancel(),
    "still here": StillHere(),
    "looked again": LookedAgain(),
}


class Daemon:
    """A running kiosk. `run` works until `stop`; its parts come from `build`."""

    def __init__(self, place: Place, plan: Plan, clock: Clock, outbox: Outbox, only: IO[bytes]) -> None:
        """`only`: an open file whose lock says that no other kiosk works on this outbox."""
        self._only = only
        self._place = place
        self._clock = clock
        self._outbox = outbox
        self._session = Session(plan)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._stop = threading.Event()
        self._gate = Gate(place, clock, outbox)
        self._recorder = Recorder(place, clock, outbox)
        self._admitted: Admitted | None = None
        self._operation: Operation | None = None
        self._shielded = policy.Shielded()
        self._again = FIRST
        self._slip: Paper | None = None
        self._ticks = 0
        self._fault = ""
        self._face: FaceBooth | None = None
        self._finger: FingerBooth | None = None
        self._uplink: Uplink | None = None
        self._desk: Desk | None = None
        self._upkeep: Upkeep | None = None
        self._preview: Preview | None = None
        self._pulse: Pulse | None = None
        self._guard: Guard | None = None
        self._office: Office | None = None
        self._referring = Referring(place, clock, self._note, self._tell)
        self._recent: Recent | None = None
        self._warmth: Warmth | None = None
        self.box = Box(place.remains, place.tamper, self._hands())

    def _hands(self) -> Hands:
        return Hands(
            state=lambda: self._session.state,
            put=self._events.put,
            tell=self._tell,
            note=lambda deed, ground: self._note(deed, ground=ground),
            fault=self.fault,
        )

    def voices(self) -> Voices:
        """Where the device threads speak to."""
        return Voices(self._events.put, self._show, self.fault)

    def attach(
        self,
        *,
        face: FaceBooth,
        finger: FingerBooth,
        uplink: Uplink,
        desk: Desk,
        upkeep: Upkeep | None = None,
        guard: Guard | None = None,
        preview: Preview | None = None,
        pulse: Pulse | None = None,
        office: Office | None = None,
        recent: Recent | None = None,
        warmth: Warmth | None = None,
    ) -> None:
        """Give the daemon its hands."""
        self._recent, self._warmth = recent, warmth
        self._office = office
        self._face, self._finger, self._uplink, self._desk = face, finger, uplink, desk
        self._upkeep, self._guard, self._preview, self._pulse = upkeep, guard, preview, pulse

    def run(self) -> str:
        """Work until stopped; returns why it had to stop, empty if it was asked to."""
        if not (self._face and self._finger and self._uplink and self._desk):
            raise ConfigError("the daemon was not given all its parts")
        hands: tuple[Hand | None, ...] = (
            self._recent,
            self._preview,
            self._face,
            self._finger,
            self._uplink,
            self._desk,
            self._upkeep,
            self._guard,
            self._warmth,
        )
        started: list[Hand] = []
        try:
            for part in hands:
                if part is not None:
                    part.start()
                    started.append(part)
            self._note(Deed.STARTED)
            self._referring.rest()
            log.info("kiosk %d ready", self._place.device)
            if self._pulse is not None:
                self._pulse.ready(f"kiosk {self._place.device} ready")
            while not self._stop.is_set():
                self._next()
        finally:
            for part in reversed(started):
                part.close()
            self._note(Deed.STOPPED, ground=self._fault)
            self._give_back()
            left = self.box.end()
        return f"{self._fault} {left}".strip()

    def _give_back(self) -> None:
        """Every file; the lock last."""
        self._outbox.close()
        if self._place.alerts is not None:
            self._place.alerts.close()
        if self._office is not None:
            self._office.close()
        self._only.close()

    def stop(self) -> None:
        """End `run` soon; any thread may call this."""
        self._stop.set()

    def fault(self, why: str) -> None:
        """A thread could not go on: stop, so that whoever supervises the daemon starts it anew."""
        self._fault = why
        self._stop.set()

    def answered(self, answer: AnyAnswer) -> None:
        """An answer came down; called by the uplink's thread."""
        self._note(Deed.SHOWN, about=answer.tcr, ground=answer.decision)
        self._referring.answered(answer)
        self._events.put(Answered(answer))
        if self._desk is not None:
            self._desk.tell(told_answer(answer, self._place.device))

    def link_changed(self, up: bool) -> None:
        """The link came up or went down; called by the uplink's thread."""
        self._events.put(LinkChanged(up))
        if self._office is not None:
            self._office.overview.link_changed(up)

    def quarantined(self, tcn: Tcn, reason: str) -> None:
        """The hub will not take a part; called by the uplink's thread."""
        self._note(Deed.QUARANTINED, about=tcn, ground=reason)
        self._events.put(Quarantined(tcn, reason))

    def troubled(self, why: str) -> None:
        """The outbox's disk does not work, or, with an empty word, does again; called by the uplink's thread."""
        if why:
            self._tell(Told(kind="alarm", detail=why))
        self._tell(self.status())

    def ordered(self, order: wire.Order) -> None:
        """The hub gave an order; called by the uplink's thread, after the proof was sent."""
        self._note(Deed.OBEYED, who="hub", about=f"order/{order.number}", ground=order.kind)
        if order.kind is wire.OrderKind.REVOKE:
            self._referring.forget()
            self._events.put(Cancel())
        elif order.kind is wire.OrderKind.ERASE:
            self.box.erase()
            self.fault("this kiosk was erased by order of the hub")

    def reach(self) -> Reach:
        """What an officer's word sets going."""
        wake = lambda: self._uplink.wake() if self._uplink is not None else None  # noqa: E731
        return Reach(
            lambda: self._session, self._obey, self._events.put, wake, lambda: self._tell(self.status())
        )

    def asked(self, ask: Ask) -> Told | AnyHeard:
        """The desk's requests; called by a client's thread. Raises Refused or OutboxRefused."""
        if ask.do == "counter":
            if self._office is None or ask.counter is None:
                raise Refused("this kiosk has no officers' pages")
            return self._office.authority.asked(ask.counter)
        if self._office is not None:
            self._office.authority.check_stranger(ask)
        return self._obey(ask)

    def _obey(self, ask: Ask) -> Told:
        if ask.do == "slip":
            return self._written_slip()
        if ask.do in ("begin", "begin alone"):
            self._admitted = self._gate.admit(ask, self._session)
            self._events.put(begun(self._admitted))
        elif ask.do == "not adult":
            self._gate.not_adult()
            self._tell(self.status())
        elif ask.do == "without" or ask.do in BUTTONS:
            self._press(ask)
        elif ask.do == "carry":
            return self._carry(ask.message)
        return self.status()

    def _written_slip(self) -> Told:
        if self._slip is None:
            raise Refused("there is no slip: nobody was captured, or they have left")
        return Told(kind="slip", slip=self._slip)

    def _carry(self, message: bytes) -> Told:
        if self._uplink is None:
            raise ConfigError("the daemon was not given all its parts")
        return Told(kind="carried", state="new" if self._uplink.carry(message) else "known")

    def _press(self, ask: Ask) -> None:
        if self._session.state in (State.IDLE, State.DONE, State.FAULT) and not self._events.qsize():
            raise Refused("nobody is being checked")
        if ask.do == "without":
            self._events.put(_without(ask))
            return
        if ask.do == "notice read":
            about = self._admitted.operation.notice if self._admitted else ""
            self._place.journal.write(Deed.NOTIFIED, "machine", about, ask.shown or "on paper or aloud")
        if ask.do == "looked again":
            self._gate.looked_again(ask, self._session, self._operation)
        self._events.put(BUTTONS[ask.do])

    def status(self) -> Told:
        """How it stands; on a disk that cannot be read the numbers are missing and the note says why."""
        try:
            entries = tuple(self._outbox.entries())
        except StorageFailed as error:
            return self._stands(None, None, str(error))
        states = [entry.state for entry in entries]
        note = self._outbox.trouble or self._about_link() or str(self._outbox.salvaged or "")
        waiting = states.count("sealed") + states.count("sending")
        oldest_s = oldest(entries, self._clock.stamp().wall)
        return self._stands(waiting, states.count("quarantined"), note, oldest_s)

    def _stands(
        self, waiting: int | None, quarantined: int | None, note: str, oldest_s: int | None = None
    ) -> Told:
        session, guard = self._session, self._guard
        return Told(
            kind="status",
            state=session.state,
            link=session.link_up,
            waiting=waiting,
            quarantined=quarantined,
            faults=tuple(sorted(session.faults)),
            note=note,
            second_look=session.second_look,
            presentation=presentation(session.captures),
            portrait=portrait(session.captures),
            notice=self._notice(),
            oldest_s=oldest_s,
            supply_mv=guard.supply_mv if guard else None,
            panel=guard.said if guard else "",
            ignored=self._counted("ignored"),
            repeated=self._counted("repeated"),
            handed=self._place.handover.left if self._place.handover is not None else 0,
            watchlist=self._referring.trouble(),
        )

    def _notice(self) -> notices.Notice | None:
        if self._session.state is not State.NOTICE or self._operation is None:
            return None
        return notices.of(self._operation, self._place.agency)

    def _counted(self, what: Literal["ignored", "repeated"]) -> dict[str, int]:
        found: Counter[str] = Counter()
        if self._uplink is not None:
            found.update(getattr(self._uplink, what))
        if self._upkeep is not None and what == "ignored":
            found.update(self._upkeep.ignored)
        return dict(found)

    def _about_link(self) -> str:
        return self._upkeep.note if self._upkeep is not None else ""

    def _alive(self) -> bool:
        """Whether the devices' threads turn and the outbox answers, be it with what troubles it."""
        with contextlib.suppress(StorageFailed):
            self._outbox.owed()
        booths = (self._face, self._finger)
        return not any(booth is not None and booth.silent_s > HANGS_S for booth in booths)

    def _next(self) -> None:
        event = self._awaited()
        if self._pulse is not None:
            self._pulse.beat(self._alive)
        if self._guard is not None:
            self._guard.alive()
        before = self._session
        self._session, effects = step(before, event, self._clock.now_ms())
        if isinstance(event, Begin):
            if self._session.state is State.NOTICE and self._admitted is not None:
                self._operation, self._shielded = self._admitted.operation, self._admitted.shielded
                self._again = self._admitted.again
            self._gate.settled()
        for effect in effects:
            self._carry_out(effect)
        self._changed(before)

    def _changed(self, before: Session) -> None:
        """What the journal and the desk hear of a step; why an officer is asked to look again, nobody does."""
        session, about = self._session, self._operation.id if self._operation else ""
        if before.state in CAPTURING and session.state not in (*CAPTURING, State.WAITING):
            self._shielded = policy.Shielded()
            self._note(Deed.CHECK_ENDED, about=about)
        if session.second_look and not before.second_look:
            self._note(Deed.LOOK_AGAIN, about=about)
        if (session.state, session.second_look) != (before.state, before.second_look):
            self._tell(self.status())

    def _awaited(self) -> Event:
        try:
            return self._events.get(timeout=TICK_S)
        except Empty:
            self._look_for_room()
            self._ticks += 1
            if self._ticks % FORGET_EVERY == 0:
                self.forget_outdated()
            return Tick()

    def _note(self, what: Deed, who: str = "machine", about: str = "", ground: str = "") -> None:
        """Into the journal; where that fails the work goes on, and nobody is checked after it."""
        try:
            self._place.journal.write(what, who, about, printable(ground))
        except (StorageFailed, BadBytes) as error:
            log.error("the journal: %s", error)

    def _look_for_room(self) -> None:
        if "outbox" in self._session.faults:
            try:
                self._outbox.check_room()
            except (OutboxRefused, StorageFailed):
                return
            self._events.put(Found("outbox"))

    def forget_outdated(self) -> None:
        """What the hub holds goes when its retention is over; the journal's line stays."""
        stamp = self._clock.stamp()
        self._referring.rest()
        if not stamp.trusted:
            return
        try:
            for tcn in self._outbox.outdated(stamp.wall, self._place.keep):
                self._note(Deed.PURGED, about=tcn, ground="its retention at this kiosk is over")
                self._outbox.erase(tcn)
            if self._place.alerts is not None:
                self._place.alerts.expire(stamp.wall)
        except StorageFailed as error:
            log.error("what is outdated stays until the disk works: %s", error)

    def _carry_out(self, effect: Effect) -> None:
        if isinstance(effect, Show):
            self._show(effect)
        elif isinstance(effect, Alarm):
            log.error("alarm: %s", effect.text)
            self._tell(Told(kind="alarm", detail=effect.text))
        elif isinstance(effect, Store):
            self._events.put(self._store(effect))
        elif isinstance(effect, TakeFace) and self._face is not None:
            self._face.take(effect)
        elif isinstance(effect, TakeFinger) and self._finger is not None:
            self._finger.take(effect)
        elif self._face is not None and self._finger is not None:
            self._face.stop()
            self._finger.stop()

    def _show(self, show: Show) -> None:
        if show.prompt is Prompt.READY:  # nobody stands there any more
            self._slip = None
            memory.give_back()
        if self._guard is not None and concerns(show.prompt, self._session.state):
            self._guard.show(show.prompt)
        self._tell(Told(kind="show", prompt=show.prompt, detail=show.detail, hint=show.hint))

    def _tell(self, told: Told) -> None:
        if self._desk is not None:
            self._desk.tell(told)

    def _store(self, effect: Store) -> Event:
        referral = self._referring.look(effect, self._operation, self._shielded, self._session.link_up)
        try:
            tcn = self._recorder.put(effect, self._operation, self._shielded, self._again, referral.cases)
        except HotspotError as error:
            log.error("a record could not be stored: %s", error)
            return StoreRefused(str(error))
        self._shielded = policy.Shielded()
        log.info("%s stored", tcn)
        self._note(Deed.STORED, about=tcn)
        self._referring.stored(tcn, referral)
        if self._operation is not None:
            self._slip = slips.write(tcn, self._operation, self._place.own, self._place.agency)
        self._tell(Told(kind="stored", tcn=tcn))
        if self._uplink is not None:
            self._uplink.wake()
        return Stored(tcn)


def _without(ask: Ask) -> Event:
    if not ask.reason:
        raise Refused("say why: missing, partly, bandaged, cannot or refuses")
    return Partly() if ask.reason == "partly" else Without(ask.reason, ask.everything)
