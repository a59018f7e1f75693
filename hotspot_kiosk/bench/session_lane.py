"""One kiosk with everything around it, and people who come to it one after another; a `Session` is what each took.

Daemon, pages, hub and broker are processes of their own; the sensor speaks over a line of its real speed, agreed as
always. Times are monotonic seconds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from hotspot_kiosk.bench.session_person import Person, body
from hotspot_kiosk.bench.session_screen import Screen, Seen
from hotspot_kiosk.demo import texts
from hotspot_kiosk.demo.cast import Cast
from hotspot_kiosk.demo.post import Heard, Post
from hotspot_kiosk.demo.stage import DEVICE, Folders, Stage
from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.operation import draft, sign
from hotspot_kiosk.simulator.broker import free_port
from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.reactions import ALONE, ATTENDED, TRAINED
from hotspot_kiosk.simulator.stand import Fingertip, View
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES
from hotspot_kiosk.simulator.uart_sensor import UartSensor

KIND = PERSONALITIES["r503"]
LARGEST_PACKET, FRAME_BYTES, BITS = 256, 11, 10
OFFICER_WORDS = 4  # "You have read this?"
SIDES = {"face": "face", "finger": "fingers", "waiting": "record and answer", "done": "record and answer"}
PEOPLE = 3
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Session:
    """One session: seconds in all, and those in which neither a person nor the sensor's line was busy, by scene."""

    took_s: float
    machine_s: dict[str, float]
    line_s: float
    touches: int
    stored: bool


class Lane:
    """A kiosk that is used. As a context manager it stands."""

    def __init__(self, folder: Path, models: Path, fingers: Sequence[int]) -> None:
        self._folders = Folders(folder, models)
        self._fingers = fingers
        self._cast = Cast(self._folders)
        self._stage = Stage(self._folders)
        self._glass, self._stack = Fingertip(), ExitStack()
        self._bodies = [
            {finger: master(person, finger) for finger in fingers} for person in range(1, PEOPLE + 1)
        ]

    def __enter__(self) -> Lane:
        with ExitStack() as stack:
            stage = stack.enter_context(self._stage)
            port = free_port()
            self._settle(port)
            self._cast.enrol()
            self._sensor = stack.enter_context(UartSensor(KIND, self._glass, self._folders.serial))
            for start in (stage.start_broker, stage.start_hub, stage.start_kiosk):
                start()
            stage.start_page(port)
            self._view, self._screen = View(self._folders.camera), Screen(port)
            for part in (self._view, self._screen):
                stack.callback(part.close)
            self._view.start()
            self._screen.open()
            self._post = Post(self._folders.desk, quiet=True)
            self._post.sit_down()
            self._post.link(up=True)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def officer_checks(self, seeds: Sequence[int]) -> Iterator[Session]:
        """From an officer's touch of "begin" to the answer at the desk; the language was chosen on arrival, the
        notice read in the queue, and the officer asks for that.
        """
        for seed in seeds:
            person, first = self._somebody(seed, attended=True)
            chance = random.Random(seed)  # noqa: S311 - a simulated officer
            self._screen.touch("/language", code="en")
            began = self._do(person, TRAINED.draw(chance))
            self._ask(desk.Ask("begin", adult=True))
            self._do(person, ATTENDED.takes_in(OFFICER_WORDS, True, chance, 1.0) + TRAINED.draw(chance))
            self._ask(desk.Ask("notice read"))
            person.visit(self._screen, first)
            yield self._counted(person, began, self._answered(began))

    def self_service(self, seeds: Sequence[int]) -> Iterator[Session]:
        """From the first page to the last; an officer has handed the kiosk over."""
        for seed in seeds:
            person, first = self._somebody(seed, attended=False)
            began = time.monotonic()
            person.visit(_Handed(self._screen, self._begin), first - 1)
            yield self._counted(person, began, self._screen.seen[-1].at)

    def _begin(self) -> None:
        self._ask(desk.Ask("begin", adult=True))

    def _somebody(self, seed: int, *, attended: bool) -> tuple[Person, int]:
        """The next person, once the one before has left; and what stands on the screen."""
        self._left()
        portrait = (self._cast.a, self._cast.b)[seed % 2].portrait
        how = ATTENDED if attended else ALONE
        drawn = body(portrait, self._bodies[seed % PEOPLE], seed * 10)
        return Person(drawn, self._view, self._glass, how, seed), self._screen.seen[-1].number

    def _left(self) -> None:
        """Whoever was here took the slip and left."""
        ends = time.monotonic() + 60
        while (last := self._screen.seen[-1:]) and last[0].scene != "language":
            if time.monotonic() > ends:
                raise LinkDown(f"the screen never became free; it shows {last[0].scene}")
            if last[0].scene in ("slip", "wait"):
                self._screen.touch("/press", do="stop")
            time.sleep(0.2)
        while desk.ask(self._folders.desk, desk.Ask("status")).state != "idle":
            time.sleep(0.1)

    def _do(self, person: Person, seconds: float) -> float:
        began = time.monotonic()
        time.sleep(seconds)
        person.human.append((began, time.monotonic()))
        return began

    def _ask(self, ask: desk.Ask) -> None:
        desk.ask(self._folders.desk, ask)

    def _heard(self, kind: str, since: float) -> Heard | None:
        return next((h for h in self._post.heard if h.told.kind == kind and h.at >= since), None)

    def _answered(self, since: float) -> float:
        stored = self._heard("stored", since)
        return self._post.answer(stored.told.tcn).at if stored else time.monotonic()  # type: ignore[arg-type]

    def _counted(self, person: Person, began: float, ended: float) -> Session:
        line = [
            (at, at + KIND.imaging_s + self._image_s()) for at in self._glass.seen if began <= at <= ended
        ]
        seen = [each for each in self._screen.seen if each.at <= ended]
        gaps = idle(began, ended, [*person.human, *line])
        machine: dict[str, float] = {}
        for gap in gaps:
            side = _side(seen, sum(gap) / 2)
            machine[side] = machine.get(side, 0.0) + gap[1] - gap[0]
        stored = self._heard("stored", began) is not None
        return Session(ended - began, machine, sum(b - a for a, b in line), person.touches, stored)

    def _image_s(self) -> float:
        """How long the line needs at least for one image, at the speed that was agreed."""
        size = KIND.width * KIND.height // 2
        return (size + size // LARGEST_PACKET * FRAME_BYTES) * BITS / self._sensor.baud

    def _settle(self, port: int) -> None:
        """An operation that asks for these fingers; a page."""
        with self._folders.kiosk_config.open("a") as config:
            config.write(f"\n[page]\nport = {port}\n")
        now = datetime.now(UTC)
        begins, ends = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
        text = texts.OPERATION.format(device=DEVICE, begins=begins, ends=ends)
        asked = f"fingers = [{', '.join(map(str, self._fingers))}]"
        signed = sign(
            draft(text.replace("fingers = [2, 7]", asked)),
            load_private(self._folders.root / "hub" / "hub.key"),
        )
        (self._folders.root / "kiosk" / "operation.op").write_bytes(signed)


class _Handed:
    """The screen of somebody to whom an officer hands the kiosk over: the check begins once it can."""

    def __init__(self, screen: Screen, begin: object) -> None:
        self._screen, self._begin = screen, begin

    def after(self, number: int, timeout_s: float = 90.0) -> Seen:
        """As the screen's."""
        seen = self._screen.after(number, timeout_s)
        if seen.scene == "wait" and callable(self._begin):
            self._begin()
        return seen

    def newer(self, number: int, before: float) -> bool:
        """As the screen's."""
        return self._screen.newer(number, before)

    def touch(self, path: str, **fields: str) -> int:
        """As the screen's."""
        return self._screen.touch(path, **fields)


def idle(began: float, ended: float, busy: Sequence[Span]) -> list[Span]:
    """What is left of a time when these spans are taken out of it."""
    gaps, at = [], began
    for start, end in sorted(busy):
        if start > at:
            gaps.append((at, min(start, ended)))
        at = max(at, end)
        if at >= ended:
            return gaps
    return [*gaps, (at, ended)] if at < ended else gaps


def _side(seen: Sequence[Seen], at: float) -> str:
    scenes = [each.scene for each in seen if each.at <= at]
    return SIDES.get(scenes[-1], "pages") if scenes else "pages"
