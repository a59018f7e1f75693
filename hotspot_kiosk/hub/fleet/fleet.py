"""The hub's side of updates: invites wave by wave, keeps what kiosks report, stops when too many fail.

One process (`hotspot fleet run`), one folder: a JSON file a rollout, written whole at every change before anybody is
told. The newest rollout is the one that counts. A report counts once, by its sequence, and by its kiosk's signature.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec

from hotspot_kiosk import files, fleet
from hotspot_kiosk.errors import BadBytes, HotspotError, LinkDown, Refused, SealError, StorageFailed
from hotspot_kiosk.fleet import FINAL, Heard, Invitation, Outcome, Report
from hotspot_kiosk.hub.fleet.rollout import Rollout, standing
from hotspot_kiosk.hub.fleet.standings import Standings
from hotspot_kiosk.seal import PrivateKeys, PublicKeys, open_envelope
from hotspot_kiosk.transports.port import Arrived, Board, LinkEvent, LinkUp

log = logging.getLogger(__name__)
UNREADABLE = "it says that it is confirmed, but the hub cannot open what it sealed"
CLIENT = "hub-fleet"
LOOK_S = 5.0
# An invitation on a stick counts after the one that came over the link, and the word to stop after both.
BY_STICK, HOLD = 1, 2


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one kiosk last said of a rollout. sequence: of its report."""

    outcome: Outcome
    reason: str
    version: str
    sequence: int


class Course(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rollout and what became of it. number: of its invitations. opened_ms: when each wave was. halted: why it stopped."""

    rollout: Rollout
    number: int
    opened_ms: tuple[int, ...] = ()
    halted: str = ""
    done: bool = False
    results: dict[int, Result] = {}

    @property
    def outcomes(self) -> dict[int, Outcome]:
        """By device."""
        return {device: result.outcome for device, result in self.results.items()}

    def invited(self) -> list[int]:
        """The kiosks of the waves that were opened."""
        return [device for wave in self.rollout.waves()[: len(self.opened_ms)] for device in wave]


class Courses:
    """The folder. Every method may raise StorageFailed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with files.plainly(f"the folder of rollouts {folder}"):
            folder.mkdir(parents=True, exist_ok=True)

    def begin(self, rollout: Rollout, now_ms: int) -> Course:
        """A rollout of its own number. Raises Refused while another is under way."""
        before = self.newest()
        if before is not None and not (before.done or before.halted):
            raise Refused(
                f"rollout {before.rollout.id} is under way; halt it first: hotspot fleet rollout halt"
            )
        course = Course(rollout, max(now_ms, before.number + HOLD + 1 if before else 1))
        self.halt_asked()
        self.keep(course)
        return course

    def newest(self) -> Course | None:
        """The rollout that counts."""
        paths = sorted(self._folder.glob("*.json"), key=lambda path: int(path.stem))
        if not paths:
            return None
        try:
            return msgspec.json.decode(files.read(paths[-1]), type=Course)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StorageFailed(f"{paths[-1]} is damaged: {error}") from None

    def keep(self, course: Course) -> None:
        """Write it down."""
        files.replace(self._folder / f"{course.number}.json", msgspec.json.encode(course))

    def halt(self, why: str) -> None:
        """A person stops it; the running process sees it at its next look."""
        (self._folder / "halt").write_text(why, "utf-8")

    def halt_asked(self) -> str:
        """What a person said, once."""
        path = self._folder / "halt"
        why = path.read_text("utf-8") if path.exists() else ""
        path.unlink(missing_ok=True)
        return why


class FleetDesk:
    """`run` works until `stop`."""

    def __init__(
        self,
        *,
        courses: Courses,
        board: Board,
        own: PrivateKeys,
        post_keys: Callable[[int], PublicKeys],
        now: Callable[[], datetime],
        look_s: float = LOOK_S,
        standings: Standings | None = None,
    ) -> None:
        """standings: keeps what kiosks say of themselves."""
        self._courses, self._standings = courses, standings
        self._board = board
        self._own = own
        self._post_keys = post_keys
        self._now = now
        self._look_s = look_s
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()

    def stop(self) -> None:
        """End `run`. Any thread may call."""
        self._events.put(None)

    def run(self) -> None:
        """Work. Raises StorageFailed."""
        self._board.open(CLIENT, (fleet.REPORTS, fleet.STATUSES), self._events.put)
        try:
            while self._turn():
                pass
        finally:
            self._board.close()

    def _turn(self) -> bool:
        try:
            event = self._events.get(timeout=self._look_s)
        except Empty:
            self._look()
            return True
        if isinstance(event, LinkUp):
            self._post_all()
        elif isinstance(event, Arrived) and event.topic.startswith(fleet.STATUSES[:-1]):
            self._hear_status(event)
        elif isinstance(event, Arrived):
            self._hear(event)
        return event is not None

    def _hear_status(self, event: Arrived) -> None:
        """Shown and counted; nothing follows from it. Of kiosks that are admitted here only."""
        if self._standings is None or not event.payload:
            return
        try:
            status = fleet.decode_status(event.payload)
            if event.topic != fleet.status_topic(status.device):
                raise BadBytes("a status names another kiosk than its topic")
            self._post_keys(status.device)
        except HotspotError as error:
            log.warning("a status on %s is not shown: %s", event.topic, error)
            return
        self._standings.keep(status, fleet.as_ms(self._now()))

    def _hear(self, event: Arrived) -> None:
        """Kept first, then said to be heard."""
        try:
            device = int(event.topic.partition("/")[2])
            keys = self._post_keys(device)
            report = fleet.decode(event.payload, Report, keys)
            if report.device != device:
                raise BadBytes("a report names another kiosk than its topic")
        except (ValueError, HotspotError) as error:
            log.warning("a report on %s is not believed: %s", event.topic, error)
            return
        self._note(report, keys)
        heard = fleet.signed(Heard(device, report.sequence), self._own)
        self._publish(fleet.heard_topic(device), fleet.encode(heard))
        self._look()

    def _note(self, report: Report, keys: PublicKeys) -> None:
        course = self._courses.newest()
        known = course.results.get(report.device) if course else None
        if course is None or not course.number <= report.number <= course.number + HOLD:
            return
        if known is not None and known.sequence >= report.sequence:
            return
        outcome, reason = report.outcome, report.reason
        if outcome is Outcome.CONFIRMED and report.sealed and not self._opens(report.sealed, keys):
            outcome, reason = Outcome.FAILED, UNREADABLE
        result = Result(outcome, reason, report.version, report.sequence)
        self._courses.keep(msgspec.structs.replace(course, results={**course.results, report.device: result}))

    def _opens(self, sealed: bytes, keys: PublicKeys) -> bool:
        try:
            open_envelope(sealed, keys, self._own)
        except (BadBytes, SealError):
            return False
        return True

    def _look(self) -> None:
        """Open the next wave, or stop, as the reports say."""
        course = self._courses.newest()
        if course is None or course.halted or course.done:
            return
        now_ms = fleet.as_ms(self._now())
        stands = standing(course.rollout, course.opened_ms, course.outcomes, now_ms)
        halted = self._courses.halt_asked() or stands.halt
        opened = (
            course.opened_ms
            if halted
            else course.opened_ms + (now_ms,) * (stands.invited - len(course.opened_ms))
        )
        if (halted, stands.done, opened) == (course.halted, course.done, course.opened_ms):
            return
        self._courses.keep(msgspec.structs.replace(course, halted=halted, done=stands.done, opened_ms=opened))
        if halted:
            log.error("rollout %s is halted: %s", course.rollout.id, halted)
        self._post_all()

    def _post_all(self) -> None:
        """What every kiosk that was asked is to hear now; a broker may have forgotten it."""
        course = self._courses.newest()
        if course is None:
            return
        for device in course.invited():
            if course.outcomes.get(device) not in FINAL:
                self._board_post(_invitation(course, device))

    def _board_post(self, invitation: Invitation) -> None:
        try:
            topic = fleet.invitation_topic(invitation.device)
            self._board.post(topic, fleet.encode(fleet.signed(invitation, self._own)))
        except LinkDown:
            return

    def _publish(self, topic: str, payload: bytes) -> None:
        try:
            self._board.publish(topic, payload)
        except LinkDown:
            return


def by_stick(course: Course, device: int, url: str) -> Invitation:
    """The same by another way: where the kiosk finds the bundle on the stick."""
    invitation = _invitation(course, device)
    return msgspec.structs.replace(invitation, number=course.number + BY_STICK, url=url)


def _invitation(course: Course, device: int) -> Invitation:
    """A halt has the highest number, so that it counts after every invitation."""
    rollout = course.rollout
    return Invitation(
        device,
        course.number + HOLD * bool(course.halted),
        rollout.id,
        rollout.version,
        rollout.url,
        rollout.manifest,
        rollout.floor,
        rollout.opens,
        rollout.closes,
        rollout.zone,
        hold=bool(course.halted),
    )
