"""The update agent: carries out what `update.step` asks for. Its own process, beside the daemon, which it only asks.

Record, then act: a state and its reports are on disk before anything is done. It ends with RESTART when the machine
is to start anew; its unit turns that into a restart, so that it needs no right to do it itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from hotspot_kiosk import fleet
from hotspot_kiosk.errors import BadBytes, DeviceLost, LinkDown, Refused, SealError
from hotspot_kiosk.fleet import Heard, Invitation, Report
from hotspot_kiosk.kiosk.care.vitals import Looker, Vitals
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.update import update
from hotspot_kiosk.kiosk.update.keeping import UpdateKeeping
from hotspot_kiosk.kiosk.update.rauc import ACTIVE, BAD, GOOD, Rauc
from hotspot_kiosk.kiosk.update.selftest import Trial, Verdict
from hotspot_kiosk.kiosk.update.telling import Rhythm, Telling
from hotspot_kiosk.kiosk.update.update import Phase
from hotspot_kiosk.kiosk.worker import worker
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.stick_update import UpdateStick
from hotspot_kiosk.transports.port import Arrived, Board, LinkEvent, LinkUp

log = logging.getLogger(__name__)
ON_TRIAL = frozenset({Phase.TRYING, Phase.CONFIRMING, Phase.REJECTED})
EXPECTING = frozenset({Phase.INSTALLING, Phase.INSTALLED, *ON_TRIAL})
OVER = frozenset({Phase.IDLE, Phase.WAITING})
RESTART = 75  # the unit's RestartPreventExitStatus; FailureAction=reboot
FINAL_WORDS = ("signature", "manifest", "compatible", "version")


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds: between looks; between statuses, if nothing changes; between examinations; quiet before anything begins; for a self-test; first pause after a failed try."""

    look: float = 1.0
    status: float = 300.0
    vitals: float = 30.0
    quiet: float = 150.0
    self_test: float = 300.0
    again: float = 60.0


@dataclass(frozen=True, slots=True)
class Self:
    """Which kiosk this is and what runs: version of the image, start of the machine."""

    device: int
    own: PrivateKeys
    version: str
    boot: str


class Agent:
    """`run` works until `stop`, or until the machine is to start anew (then it returns RESTART, else 0)."""

    def __init__(
        self,
        *,
        which: Self,
        hub: Callable[[], Trusted],
        keeping: UpdateKeeping,
        rauc: Rauc,
        board: Board,
        trial: Trial,
        now: Callable[[], tuple[datetime, bool]],
        told: Callable[[], Told | None],
        pulse: Pulse,
        pauses: Pauses = Pauses(),
        vitals: Looker = lambda _told: Vitals(),
        say: Callable[[bytes], None] = lambda _status: None,
        stick: UpdateStick | None = None,
    ) -> None:
        """vitals: looks how the machine is. say: hears each status, for who examines this kiosk. Both may raise StorageFailed.

        stick: brings what did not come over the link; it is believed as little.
        """
        self._which = which
        self._hub = hub
        self._keeping = keeping
        self._rauc = rauc
        self._board = board
        self._trial = trial
        self._now = now
        self._told = told
        self._pulse = pulse
        self._pauses = pauses
        self._events: SimpleQueue[LinkEvent | update.Event | None] = SimpleQueue()
        self._state = keeping.state()
        self._stick, self._brought = stick, b""
        self._offered: Invitation | None = None
        self._installing: threading.Thread | None = None
        self._restart = False
        self._busy_at = time.monotonic()
        self._not_before = 0.0
        self._trial_ends = 0.0
        rhythm = Rhythm(pauses.status, pauses.vitals)
        self._telling = Telling(board, which.device, which.version, rhythm, now, vitals, rauc.slot, say)
        self._well, self._well_at = False, 0.0

    def stop(self) -> None:
        """End `run`. Any thread may call."""
        self._events.put(None)

    def run(self) -> int:
        """Work. Raises StorageFailed if the state cannot be kept."""
        device = self._which.device
        self._telling.bequeath()
        topics = (fleet.invitation_topic(device), fleet.heard_topic(device))
        self._take(update.Started(self._which.version, self._which.boot))
        self._pulse.ready(self._state.phase)
        self._board.open(f"{device}-update", topics, self._events.put)
        try:
            while not self._restart and self._turn():
                self._pulse.beat(lambda: True)
        finally:
            self._board.close()
            self._keeping.close()
        return RESTART if self._restart else 0

    def _turn(self) -> bool:
        """One event, or one look round; False when it is to stop."""
        try:
            event = self._events.get(timeout=self._pauses.look)
        except Empty:
            self._look()
            return True
        if isinstance(event, update.Event):
            self._take(event)
        elif event is not None:
            self._hear(event)
        return event is not None

    def _hear(self, event: LinkEvent) -> None:
        if isinstance(event, LinkUp):
            self._send_reports()
            self._telling.anew()
        elif isinstance(event, Arrived) and event.payload:
            try:
                self._read(event)
            except (BadBytes, SealError, Refused) as error:
                log.warning("a message on %s is not believed: %s", event.topic, error)

    def _look_at_stick(self) -> None:
        """Once each time that something else lies there than before."""
        brought = self._stick.invitation(self._which.device) if self._stick else b""
        if brought == self._brought:
            return
        self._brought = brought
        try:
            if brought:
                self._heed(brought)
        except (BadBytes, SealError, Refused) as error:
            log.warning("an invitation on the stick is not believed: %s", error)

    def _read(self, event: Arrived) -> None:
        device = self._which.device
        if event.topic == fleet.heard_topic(device):
            heard = fleet.decode(event.payload, Heard, self._hub())
            _check_ours(heard.device, device)
            self._keeping.heard(heard.sequence)
            return
        self._heed(event.payload)
        self._look()

    def _heed(self, payload: bytes) -> None:
        """An invitation, however it came: the hub's signature counts, and the highest number."""
        invitation = fleet.decode(payload, Invitation, self._hub())
        _check_ours(invitation.device, self._which.device)
        if self._offered is None or invitation.number > self._offered.number:
            self._offered = invitation

    def _look(self) -> None:
        """Whatever does not come as an event: the hour, the session, the verdict, the offer that had to wait."""
        told = self._told()
        quiet = self._is_quiet(told)
        self._look_at_stick()
        if self._offered is not None:
            self._take(update.Invited(self._offered))
        invitation = self._state.invitation
        if invitation is not None and self._state.phase in (Phase.WAITING, Phase.INSTALLED, Phase.CONFIRMING):
            self._look_at_hour(invitation, quiet)
        elif self._state.phase is Phase.TRYING:
            self._look_for_verdict()
        if told is not None and works(told) and not self._well:
            self._look_well()
        if self._telling.look(told, self._state.phase, self._state.floor):
            self._send_reports()

    def _look_at_hour(self, invitation: Invitation, quiet: bool) -> None:
        now, trusted = self._now()
        always = invitation.opens == invitation.closes
        is_open = always or (trusted and invitation.is_open(now))
        if self._state.phase is Phase.WAITING and not _in_reach(invitation):
            is_open = False
        late = trusted and invitation.is_late(now)
        self._take(update.Looked(is_open, quiet and time.monotonic() >= self._not_before, late))

    def _is_quiet(self, told: Told | None) -> bool:
        """Whether no session runs, and none ran for longer than a record is live. A daemon that is not there captures nobody."""
        if told is not None and told.state not in ("idle", "fault"):
            self._busy_at = time.monotonic()
            return False
        return time.monotonic() - self._busy_at >= self._pauses.quiet

    def _look_for_verdict(self) -> None:
        verdict = self._trial.verdict(self._which.boot)
        if verdict is not None:
            self._take(_as_event(verdict))
        elif time.monotonic() > self._trial_ends:
            self._take(update.NotPassed("the self-test did not come to an end in time"))

    def _look_well(self) -> None:
        """An ordinary start went well when the daemon works: the boot loader counted a try and hears of it only then.

        A new system on trial is not well by its daemon alone: that is for its self-test to say.
        """
        if self._state.phase in ON_TRIAL or time.monotonic() < self._well_at:
            return
        self._well_at = time.monotonic() + self._pauses.vitals
        self._well = self._mark(GOOD)

    def _take(self, event: update.Event) -> None:
        before = self._state
        self._state, effects = update.step(before, event)
        if self._state != before or effects:
            tells = [effect for effect in effects if isinstance(effect, update.Tell)]
            self._keeping.record(self._state, [self._report(tell) for tell in tells])
            self._telling.at_once()
            if tells:
                self._send_reports()
        if isinstance(event, update.NotWritten) and self._state.phase is Phase.WAITING:
            self._not_before = time.monotonic() + self._pauses.again * 2 ** max(0, before.tries - 1)
        if self._state.phase in EXPECTING:
            self._trial.expect()
        for effect in effects:
            self._do(effect)
        if self._state.phase in OVER:
            self._trial.over()

    def _report(self, tell: update.Tell) -> Callable[[int], Report]:
        version, at_ms = self._state.version, fleet.as_ms(self._now()[0])
        which = self._which

        def make(sequence: int) -> Report:
            reason = fleet.clipped(tell.reason)
            report = Report(
                which.device, sequence, tell.number, tell.outcome, version, reason, at_ms, tell.sealed
            )
            return fleet.signed(report, which.own)

        return make

    def _do(self, effect: update.Effect) -> None:
        if isinstance(effect, update.Install):
            self._install(effect.invitation)
        elif isinstance(effect, update.Examine):
            self._trial_ends = time.monotonic() + self._pauses.self_test
            self._trial.ask()
        elif isinstance(effect, update.MarkGood):
            self._mark_good()
        elif isinstance(effect, update.MarkBad | update.StayHere):
            self._mark(BAD if isinstance(effect, update.MarkBad) else ACTIVE)
        elif isinstance(effect, update.Restart):
            log.warning("the machine is to start anew: %s", self._state.reason or "an update is written")
            self._restart = True

    def _install(self, invitation: Invitation) -> None:
        """In a thread: it may take hours, and the hub may call it off meanwhile."""

        def write() -> None:
            self._events.put(self._written(invitation))

        self._installing = worker(
            "installation", write, lambda why: self._events.put(update.NotWritten(why, again=True))
        )
        self._installing.daemon = True
        self._installing.start()

    def _written(self, invitation: Invitation) -> update.Event:
        try:
            self._rauc.install(
                invitation.url, invitation.manifest, lambda percent: log.info("installed: %d %%", percent)
            )
        except DeviceLost as error:
            return update.NotWritten(str(error), again=True)
        except Refused as error:
            final = any(word in str(error) for word in FINAL_WORDS)
            return update.NotWritten(str(error), again=not final)
        return update.Written()

    def _mark_good(self) -> None:
        """Only the boot loader's own confirmation makes it good; until then it is tried again and again."""
        if self._mark(GOOD):
            self._take(update.Marked())

    def _mark(self, state: str) -> bool:
        try:
            self._rauc.mark(state)
        except (DeviceLost, Refused) as error:
            log.error("the boot loader could not be told that this system is %s: %s", state, error)
            return False
        if state == GOOD:
            self._trial.well()
        return True

    def _send_reports(self) -> None:
        try:
            for report in self._keeping.unheard():
                self._board.publish(fleet.report_topic(self._which.device), report)
        except LinkDown:
            return


def works(told: Told) -> bool:
    """Whether this is what a working daemon says: its outbox answers. One that waits for its disk says a status, too, without numbers.

    A lost camera or sensor does not count: another system would not find it either.
    """
    return told.kind == "status" and bool(told.state) and told.waiting is not None


def _as_event(verdict: Verdict) -> update.Event:
    if verdict.failures:
        return update.NotPassed(fleet.clipped("; ".join(verdict.failures)))
    return update.Passed(verdict.sealed)


def _in_reach(invitation: Invitation) -> bool:
    """A bundle on a stick that is not in is waited for; whether a server is there only the try can say."""
    return not invitation.url.startswith("/") or Path(invitation.url).is_file()


def _check_ours(named: int, device: int) -> None:
    if named != device:
        raise Refused("it is for another kiosk")
