"""A working day of the finger sensor in minutes: the real driver, a simulated sensor, faults from one seed.

The line runs faster than life, and people come sooner; the driver's own waits do not shrink. A wrong
image, a fault that is not recovered from and a leak are failures; what people do wrong is not.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kiosk.capture.booth import Voices
from hotspot_kiosk.kiosk.capture.booth_finger import FingerBooth
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor
from hotspot_kiosk.kiosk.events import Event, Found, Lost, Missed, Sampled, TakeFinger
from hotspot_kiosk.simulator.finger_master import master
from hotspot_kiosk.simulator.finger_touch import Window, impression
from hotspot_kiosk.simulator.uart_faults import UP_IMAGE, Fault, Faults
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES, Personality
from hotspot_kiosk.simulator.uart_sensor import UartSensor
from hotspot_kiosk.terms import FingerPosition
from hotspot_kiosk.torture.vitals import Vitals

HOURS = 8.0
MOST_RECOVERY_S = 60.0  # of the soak's clock: a dead line, a sensor that starts anew, speeds tried again
MOST_MIB_AN_HOUR = 5.0
SETTLED_HOURS = 4.0  # in less, what libraries take once looks like growth
FASTEST_LINE = 30.0  # times the real one: beyond, the kernel's buffer loses bytes on a busy machine
KINDS = ("r503", "r305", "packets-32", "password")
SHIFT = 15  # people, until the sensor is another one and the driver started anew
FINGERS = 4
FAULTY = 0.3  # of the touches
GIVE_UP_S = 60.0
TURNS = 6  # a touch is asked for so often before its fault counts as not recovered from
GEN_IMAGE, AURA = 0x01, 0x35
AT_ONCE = (Fault.NOISE, Fault.WRONG_ADDRESS, Fault.WRONG_CHECKSUM, Fault.LOST_BYTE, Fault.UNPLUGGED)
# A transfer's faults; two flips that cancel come only after damage, which a single transfer cannot show.
OF_IMAGES = tuple(set(Fault) - {Fault.SHORT_ACK, Fault.FLIPS_THAT_CANCEL})
Pixels = NDArray[np.uint8]
Figures = dict[str, object]


class Hand:
    """Puts fingers on the glass: free for one look, then the finger, until it is lifted."""

    def __init__(self) -> None:
        self._looks_free = 0
        self._finger: Pixels | None = None

    def __call__(self) -> Pixels | None:
        """What the sensor sees."""
        if self._looks_free:
            self._looks_free -= 1
            return None
        return self._finger

    def place(self, finger: Pixels | None) -> None:
        """This finger next; None lifts."""
        self._finger, self._looks_free = finger, 1

    def leave(self, dirt: Pixels) -> None:
        """Lift, and leave this behind at once."""
        self._finger, self._looks_free = dirt, 0


@dataclass(slots=True)
class Tally:
    """What happened. `recoveries` are seconds from a faulty turn's begin to its right image."""

    people: int = 0
    touches: int = 0
    wrong: int = 0
    missed: int = 0
    losses: int = 0
    unrecovered: int = 0
    recoveries: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


class Shift:
    """One sensor, one driver, SHIFT people."""

    def __init__(
        self, kind: Personality, pictures: Sequence[Pixels], speed: float, rng: random.Random
    ) -> None:
        self._rng, self._pictures = rng, pictures
        self._hand = Hand()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self.sensor = UartSensor(kind, self._hand, speed=speed)
        options = Options(
            port=self.sensor.link, password=int.from_bytes(kind.password, "big"), patience_s=0.3, ppi=500
        )
        driver = UartFingerSensor(options, lying_s=0.5)
        voices = Voices(self._events.put, lambda _show: None, lambda why: self._events.put(Lost(why)))
        self._booth = FingerBooth(driver, voices, 0, wait_s=5, reopen_s=0.1, idle_s=0.2)
        self._turn = 0

    def work(self, people: int, tally: Tally, done: Callable[[], bool], vitals: Callable[[], None]) -> None:
        """Serve people until they have all been, or `done`; `vitals` is called when it is quiet."""
        with self.sensor:
            self._booth.start()
            try:
                for _ in range(people):
                    if done():
                        break
                    self._serve(tally)
                    vitals()
            finally:
                self._booth.close()

    def _serve(self, tally: Tally) -> None:
        for _ in range(FINGERS):
            faulty = self._rng.random() < FAULTY
            if faulty:
                tally.faults[self._spoil()] += 1
            self._touch(tally, faulty)
        self.sensor.heard.clear()
        self.sensor.lights.clear()
        tally.people += 1

    def _touch(self, tally: Tally, faulty: bool) -> None:
        finger = self._rng.choice(self._pictures)
        began = time.monotonic()
        for _ in range(TURNS):
            self._turn += 1
            self._hand.place(finger)
            self._booth.take(TakeFinger(self._turn, FingerPosition.RIGHT_INDEX))
            event = self._answer(tally)
            if isinstance(event, Sampled):
                tally.touches += 1
                tally.wrong += not np.array_equal(event.capture.sample.pixels, finger // 16 * 17)
                if faulty:
                    tally.recoveries.append(time.monotonic() - began)
                return
            tally.missed += isinstance(event, Missed)
        tally.unrecovered += 1

    def _answer(self, tally: Tally) -> Event | None:
        """To this turn: a sample, a miss, or a loss and what was found again; None if nothing comes."""
        lost = False
        while True:
            try:
                event = self._events.get(timeout=GIVE_UP_S)
            except Empty:
                return None
            if isinstance(event, Lost):
                tally.losses += 1
                lost = True
            elif isinstance(event, Found):
                if lost:
                    return event
            elif isinstance(event, Sampled | Missed) and event.turn == self._turn:
                return event

    def _spoil(self) -> str:
        """Do one thing wrong, or arrange for it; returns its name."""
        deeds: tuple[Callable[[], str], ...] = (
            *(self._spoil_image,) * 6,
            self._spoil_look,
            self._flip_twice,
            self._pull,
            self._factory_settings,
            self._brown_out,
            self._dirty,
            self._stop,
        )
        return self._rng.choice(deeds)()

    def _spoil_image(self) -> str:
        fault = self._rng.choice(sorted(OF_IMAGES))
        at = self._rng.randint(1, 60)
        self.sensor.inject(Faults(fault, self._rng.randint(1, 3), UP_IMAGE, at, self._rng.uniform(0.2, 0.8)))
        return f"image: {fault}"

    def _spoil_look(self) -> str:
        fault = self._rng.choice(AT_ONCE)
        command = self._rng.choice((GEN_IMAGE, GEN_IMAGE, AURA))
        self.sensor.inject(Faults(fault, self._rng.randint(1, 3), command, 0, 0.3))
        return f"answer: {fault}"

    def _flip_twice(self) -> str:
        self.sensor.inject(Faults(Fault.BIT_FLIP, packet=self._rng.randint(1, 60)))
        self.sensor.inject(Faults(Fault.FLIPS_THAT_CANCEL, packet=self._rng.randint(20, 50)))
        return f"image: {Fault.FLIPS_THAT_CANCEL}"

    def _pull(self) -> str:
        self.sensor.unplug()
        time.sleep(self._rng.uniform(0.0, 0.6))
        self.sensor.plug()
        return "cable pulled while nobody asks"

    def _factory_settings(self) -> str:
        self.sensor.unplug()
        self.sensor.baud = self.sensor.personality.baud
        self.sensor.plug()
        return "sensor back at its first speed"

    def _brown_out(self) -> str:
        self.sensor.brown_out()
        return "memory lost"

    def _dirty(self) -> str:
        levels = 8 + np.round((self._rng.choice(self._pictures) / 17 - 7.5) / 4)
        self._hand.leave(levels.astype(np.uint8) * np.uint8(17))
        time.sleep(0.3)
        return "dirt on the glass"

    def _stop(self) -> str:
        self._turn += 1
        self._hand.place(self._rng.choice(self._pictures))
        self._booth.take(TakeFinger(self._turn, FingerPosition.RIGHT_INDEX))
        time.sleep(self._rng.uniform(0.0, 0.3))
        self._booth.stop()
        return "stopped in the middle"


def run(minutes: float, seed: int, say: Callable[[str], None], hours: float = HOURS) -> Figures:
    """So many hours of work in so many minutes; returns the figures. See `failed`.

    Fewer hours than asked for if the minutes do not suffice at FASTEST_LINE: nothing is called work that was none.
    """
    hours = min(hours, minutes * FASTEST_LINE / 60)
    rng = random.Random(seed)  # noqa: S311 - draws faults, hides nothing
    pictures = {kind: _pictures(PERSONALITIES[kind]) for kind in KINDS}
    tally, vitals = Tally(), Vitals()
    start = time.monotonic()
    ends = start + minutes * 60
    pace = hours / minutes  # simulated hours a minute

    def look() -> None:
        vitals.look((time.monotonic() - start) / 60 * pace)

    speed = min(FASTEST_LINE, 60 * pace)
    shifts = 0
    while time.monotonic() < ends:
        kind = KINDS[shifts % len(KINDS)]
        Shift(PERSONALITIES[kind], pictures[kind], speed, rng).work(
            SHIFT, tally, lambda: time.monotonic() >= ends, look
        )
        shifts += 1
        say(f"{tally.people} people, {tally.touches} touches, {sum(tally.faults.values())} faults")
    return _figures(tally, vitals) | {"seed": seed, "minutes": minutes, "hours": hours, "line_speed": speed}


def failed(figures: Figures) -> bool:
    """Whether nothing was done, an image was wrong, a fault stayed or stayed too long, or something leaked."""
    hours, growth = float(str(figures.get("hours", 0))), float(str(figures.get("mib_an_hour", 0)))
    leaks = hours >= SETTLED_HOURS and growth > MOST_MIB_AN_HOUR
    slow = float(str(figures.get("slowest_recovery_s", 0))) > MOST_RECOVERY_S
    return (
        leaks
        or slow
        or not figures["touches"]
        or any(figures[name] for name in ("wrong", "unrecovered", "threads_gained", "descriptors_gained"))
    )


def _figures(tally: Tally, vitals: Vitals) -> Figures:
    threads, descriptors = vitals.gained()
    return {
        "people": tally.people,
        "touches": tally.touches,
        "faults": sum(tally.faults.values()),
        "kinds_of_faults": dict(sorted(tally.faults.items())),
        "wrong": tally.wrong,
        "missed": tally.missed,
        "losses": tally.losses,
        "unrecovered": tally.unrecovered,
        "slowest_recovery_s": round(max(tally.recoveries, default=0.0), 2),
        "mib_an_hour": round(vitals.mib_an_hour(), 3),
        "mib_at_the_end": round(vitals.looks[-1].kib / 1024, 1),
        "threads_gained": threads,
        "descriptors_gained": descriptors,
    }


def _pictures(kind: Personality) -> list[Pixels]:
    window = Window(kind.width, kind.height, levels=16, reach=12.0)
    return [impression(master(person, 2), person, window) for person in (1, 2, 3)]
