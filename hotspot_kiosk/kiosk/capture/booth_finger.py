"""The thread that owns the finger sensor: one touch a turn."""

from __future__ import annotations

import logging
import time

from hotspot_kiosk.errors import (
    BadSample,
    CaptureCancelled,
    CaptureTimeout,
    ConfigError,
    FingerLies,
    GlassDirty,
    WrongDevice,
)
from hotspot_kiosk.inference import finger_quality
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.inference.finger_utility import FingerUtility
from hotspot_kiosk.kiosk.capture.booth import IDLE_S, PPI, PPI_TOLERANCE, REOPEN_S, SLICE_S, Booth, Voices
from hotspot_kiosk.kiosk.capture.touches import Touches
from hotspot_kiosk.kiosk.devices.port import FingerSensor, Light
from hotspot_kiosk.kiosk.events import Event, Missed, Prompt, Sampled, Show, TakeFinger
from hotspot_kiosk.terms import Advice, Capture, FingerSample

log = logging.getLogger(__name__)
ADVICE = {GlassDirty: Advice.WIPE_GLASS, FingerLies: Advice.LIFT_FINGER}
PAUSE_S = 0.05
HEEDS_S = (
    1.2  # nobody who was on the way with another finger hears sooner that the last one is asked for again
)


class FingerBooth(Booth[TakeFinger]):
    """One touch a turn. The sensor's light follows: place, lift, done or again, and off when it is over."""

    def __init__(
        self,
        sensor: FingerSensor,
        voices: Voices,
        good_enough: int,
        wait_s: float,
        reopen_s: float = REOPEN_S,
        idle_s: float = IDLE_S,
        utility: FingerUtility | None = None,
    ) -> None:
        """`utility` foresees how well a touch will compare; its score then stands beside the other aspects."""
        super().__init__("finger sensor", voices, reopen_s, idle_s)
        if not hasattr(sensor, "capture"):
            raise ConfigError("[finger] driver names a device that is no finger sensor")
        self._sensor = sensor
        self._good_enough = good_enough
        self._wait_s = wait_s
        self._utility = utility
        self._touches = Touches()
        self._next_told = False  # whether the person was shown another finger after the last touch

    def _open(self) -> None:
        grade = self._sensor.open()
        if abs(grade.ppi - PPI) > PPI_TOLERANCE:
            raise WrongDevice(
                f"the finger sensor has {grade.ppi} ppi; only {PPI} +-{PPI_TOLERANCE} can be sent"
            )
        log.info(
            "finger sensor: %dx%d at %d ppi, %d grey levels",
            *(grade.width, grade.height, grade.ppi, grade.grey_levels),
        )

    def _rest(self) -> None:
        self._sensor.show(Light.OFF)

    def _cancel(self) -> None:
        self._sensor.cancel()

    def _close(self) -> None:
        self._sensor.close()

    def _capture(self, turn: TakeFinger) -> None:
        self._sensor.show(Light.PLACE_FINGER)
        if hint := self._touches.hint(turn.position, turn.taken):
            self._say(Show(Prompt.PLACE_FINGER, turn.position.words, hint))
        try:
            self._heeded(turn)
            sample = self._touch(turn)
            self._say(Show(Prompt.READING))
            event = self._made(turn, sample)
        except CaptureCancelled:
            self._sensor.show(Light.OFF)
            raise
        except CaptureTimeout:
            event = Missed(turn.turn, Advice.NO_FINGER)
        except BadSample as error:
            log.warning("a touch was passed over: %s", error)
            event = Missed(turn.turn, ADVICE.get(type(error), Advice.ONCE_MORE))
        good = isinstance(event, Sampled) and event.capture.quality.score >= self._good_enough
        self._answer(event)
        self._sensor.show(Light.DONE if good else Light.AGAIN)

    def _heeded(self, turn: TakeFinger) -> None:
        """Who was shown the next finger, and is asked for the last one again, may have laid the next one there: it is
        not taken for the one that is asked for, but must be lifted.
        """
        misled, self._next_told = turn.again and self._next_told, False
        if not misled:
            return
        ends = time.monotonic() + HEEDS_S
        while (left := ends - time.monotonic()) > 0 and not self._stopped():
            time.sleep(min(left, PAUSE_S))
        self._sensor.pass_over()

    def _touch(self, turn: TakeFinger) -> FingerSample:
        ends, told = time.monotonic() + self._wait_s, False

        def seen() -> None:
            nonlocal told
            told = True
            self._seen(turn)

        while not self._stopped():
            left = ends - time.monotonic()
            try:
                return self._sensor.capture(turn.position, max(0.0, min(left, SLICE_S)), seen)
            except CaptureTimeout:
                if left <= SLICE_S:
                    raise
                if told:  # its image never came whole, and by now the finger is gone
                    self._say(Show(Prompt.PLACE_FINGER, turn.position.words))
                    self._sensor.show(Light.PLACE_FINGER)
                told = False
        raise CaptureCancelled("the capture was stopped on request")

    def _seen(self, turn: TakeFinger) -> None:
        """The sensor holds the image: while it travels the person lifts the finger and readies the next."""
        self._next_told = turn.then not in ("", turn.position.words)
        self._say(Show(Prompt.LIFT_FINGER, turn.then))
        self._sensor.show(Light.READING)

    def _made(self, turn: TakeFinger, sample: FingerSample) -> Event:
        template = extract(sample)
        if doubt := self._touches.doubt(template, turn.taken, again=turn.again):
            return Missed(turn.turn, doubt)
        quality = finger_quality.measure(sample, template, self._utility)
        return Sampled(turn.turn, Capture(sample, quality, template))
