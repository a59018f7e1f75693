"""The threads that own the camera and the finger sensor, and turn samples into captures.

Each takes one request at a time (a turn), answers it with `Sampled` or `Missed`, and says `Lost`
and `Found` when its device goes and comes back. Pixels stay in memory.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import (
    BadSample,
    CaptureCancelled,
    CaptureTimeout,
    ConfigError,
    DeviceLost,
    WrongDevice,
)
from hotspot_kiosk.inference import finger_quality
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.finger import extract
from hotspot_kiosk.inference.finger_utility import FingerUtility
from hotspot_kiosk.inference.port import DetectedFace
from hotspot_kiosk.kiosk.devices.port import Camera, FingerSensor, Light
from hotspot_kiosk.kiosk.events import (
    Event,
    Found,
    Lost,
    Missed,
    Prompt,
    Sampled,
    Show,
    TakeFace,
    TakeFinger,
)
from hotspot_kiosk.kiosk.looks import Looker, Scorer, Seen, Sighting
from hotspot_kiosk.kiosk.touches import Touches
from hotspot_kiosk.nist_images import portrait
from hotspot_kiosk.terms import Advice, Capture, FaceSample, FingerSample, Quality

log = logging.getLogger(__name__)
REOPEN_S = 2.0
IDLE_S = 5.0  # a device that nobody asks is looked after this often, so that its loss is known
SLICE_S = 0.5  # a device is asked for no longer, so that a stop it did not hear is noticed
PASSED_OVER_S = 0.1  # a camera that gives nothing but bad pictures does not keep the processor busy
PPI, PPI_TOLERANCE = 500, 10  # the class of resolution that evidence is sent in (ANSI/NIST-ITL 1.011)
PORTRAIT_WIDTH = 600  # SAP 30 asks for 480 x 600; more costs a thin link dearly
BEST_OF, BEST_S = 3, 0.3  # once a face is good enough: the most useful of so many frames or seconds
Turn = TypeVar("Turn")
DEVICE_ERRORS = (DeviceLost, WrongDevice)


@dataclass(frozen=True, slots=True)
class Voices:
    """Where a booth speaks: events to the session, words shown while a device works, faults."""

    event: Callable[[Event], None]
    show: Callable[[Show], None]
    fault: Callable[[str], None]


class Booth(ABC, Generic[Turn]):
    """One device, one thread. A turn that was asked for before the last `stop` is never answered."""

    def __init__(self, name: str, voices: Voices, reopen_s: float, idle_s: float = IDLE_S) -> None:
        self._name = name
        self._voices = voices
        self._reopen_s, self._idle_s = reopen_s, idle_s
        self._turns: SimpleQueue[tuple[int, Turn] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._stops = 0
        self._stops_at_asking = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)
        self._lost = False
        self._turned_s = time.monotonic()

    @property
    def silent_s(self) -> float:
        """For how long the thread has not turned; a device that answers keeps it short, busy or idle."""
        return time.monotonic() - self._turned_s if self._thread.is_alive() else 0.0

    def start(self) -> None:
        """Open the device and begin. Raises DeviceLost or WrongDevice if it is not there."""
        self._open()
        self._thread.start()

    def take(self, turn: Turn) -> None:
        """Answer this request; any thread may call."""
        with self._lock:
            self._turns.put((self._stops, turn))

    def stop(self) -> None:
        """Stop the capture that is running, and forget requests that wait."""
        with self._lock:
            self._stops += 1
        self._cancel()

    def close(self) -> None:
        """End the thread, if it was started, and give the device back."""
        self._closing.set()
        self.stop()
        self._turns.put(None)
        if self._thread.ident is not None:
            self._thread.join()
        self._close()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._next()
        except Exception as error:
            log.exception("the %s's thread stopped", self._name)
            self._voices.fault(f"the {self._name}: {error}")

    def _next(self) -> None:
        self._turned_s = time.monotonic()
        if self._lost:
            self._reopen()
            return
        try:
            asked = self._turns.get(timeout=self._idle_s)
        except Empty:
            self._guarded(self._rest)
            return
        if asked is None:
            return
        self._stops_at_asking, turn = asked
        if not self._stopped():
            self._guarded(lambda: self._capture(turn))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except CaptureCancelled:
            log.debug("the %s was told to stop", self._name)
        except DEVICE_ERRORS as error:
            self._lose(str(error))

    def _stopped(self) -> bool:
        """Whether nobody waits for this turn any more; asked again and again while there is work."""
        self._turned_s = time.monotonic()
        return self._stops_at_asking != self._stops

    def _answer(self, event: Event) -> None:
        with self._lock:
            if not self._stopped():
                self._voices.event(event)

    def _say(self, show: Show) -> None:
        if not self._stopped():
            self._voices.show(show)

    def _lose(self, why: str) -> None:
        log.error("the %s is lost: %s", self._name, why)
        self._lost = True
        self._close()
        self._voices.event(Lost(self._name))

    def _reopen(self) -> None:
        self._closing.wait(self._reopen_s)
        if self._closing.is_set():
            return
        try:
            self._open()
        except DEVICE_ERRORS:
            self._close()
            return
        log.info("the %s is back", self._name)
        self._lost = False
        self._voices.event(Found(self._name))

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _capture(self, turn: Turn) -> None: ...

    def _rest(self) -> None:
        """What is done while nobody asks; a device error here is a loss, too."""

    @abstractmethod
    def _cancel(self) -> None: ...

    @abstractmethod
    def _close(self) -> None: ...


class FaceBooth(Booth[TakeFace]):
    """Looks until a face is good enough, or for `patience_s`, and then gives the best it saw."""

    def __init__(
        self,
        camera: Camera,
        detector: FaceDetector,
        encoder: FaceEncoder,
        utility: Scorer,
        voices: Voices,
        good_enough: int,
        wait_s: float,
        patience_s: float = 4.0,
        reopen_s: float = REOPEN_S,
        idle_s: float = IDLE_S,
        seen: Seen = lambda _pixels, _faces: None,
    ) -> None:
        """`seen` is told each small picture and the faces in it, before they are judged: for a preview."""
        super().__init__("camera", voices, reopen_s, idle_s)
        if not hasattr(camera, "frame"):
            raise ConfigError("[camera] driver names a device that is no camera")
        self._camera = camera
        self._looker = Looker(detector, utility, seen)
        self._encoder = encoder
        self._good_enough = good_enough
        self._wait_s = wait_s
        self._patience_s = patience_s

    def _open(self) -> None:
        self._camera.open()

    def _rest(self) -> None:
        with contextlib.suppress(CaptureTimeout):
            self._camera.check()

    def _cancel(self) -> None:
        self._camera.cancel()

    def _close(self) -> None:
        self._camera.close()

    def _capture(self, turn: TakeFace) -> None:
        best: Sighting | None = None
        advice, good = Advice.LOOK_STRAIGHT, 0
        self._looker.forget()
        ends, looked = time.monotonic() + self._wait_s, False
        while (left := ends - time.monotonic()) > 0 and not self._stopped():
            seen = self._look(left)
            if seen is None:
                continue
            quality, sighting = seen
            best = self._better(best, sighting)
            advice = quality.advice or advice
            if best is not None and best.quality.score >= self._good_enough:
                good += 1
                ends = min(ends, time.monotonic() + BEST_S) if good == 1 else ends
                if good == BEST_OF:
                    break
                continue
            self._say(Show(Prompt.LOOK_AT_CAMERA, advice))
            if not looked:
                ends, looked = time.monotonic() + self._patience_s, True
        if good:
            self._say(Show(Prompt.LOOK_AT_CAMERA, Advice.FACE_CAPTURED))
        if not self._stopped():
            self._answer(Missed(turn.turn, advice) if best is None else self._made(turn, best))

    def _better(self, one: Sighting | None, other: Sighting | None) -> Sighting | None:
        """The one to keep; the earlier of two alike."""
        if one is None or other is None:
            return one or other
        return other if other.rank(self._good_enough) > one.rank(self._good_enough) else one

    def _look(self, left_s: float) -> tuple[Quality, Sighting | None] | None:
        """One look; None if there was no frame, or none that can be used, for a while."""
        try:
            with self._camera.frame(min(left_s, SLICE_S)) as frame:
                return self._looker.look(frame)
        except CaptureTimeout:
            return None
        except BadSample as error:
            log.warning("a picture was passed over: %s", error)
            self._closing.wait(min(left_s, PASSED_OVER_S))
            return None

    def _made(self, turn: TakeFace, best: Sighting) -> Event:
        frame, face = best.sample, best.face
        try:
            template = self._encoder.encode(frame.pixels, face)
            sample = FaceSample(frame.device, _cropped(frame, face))
        except BadSample as error:
            return Missed(turn.turn, str(error))
        return Sampled(turn.turn, Capture(sample, best.quality, template))


def _cropped(frame: FaceSample, face: DetectedFace) -> NDArray[np.uint8]:
    """The part of the frame around the face, at most PORTRAIT_WIDTH wide; nothing else is kept."""
    height, width = frame.pixels.shape[:2]
    left, top, right, bottom = np.clip(face.box, 0, (width, height, width, height)).astype(int).tolist()
    crop = portrait(frame.pixels, (left, top, right - left, bottom - top))
    rows, columns = crop.shape[:2]
    if columns <= PORTRAIT_WIDTH:
        return crop.copy()
    size = (PORTRAIT_WIDTH, round(rows * PORTRAIT_WIDTH / columns))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)


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
            self._say(Show(Prompt.PLACE_FINGER, f"{turn.position.words}: {hint}"))
        try:
            sample = self._touch(turn)
            self._say(Show(Prompt.READING))
            event = self._made(turn, sample)
        except CaptureCancelled:
            self._sensor.show(Light.OFF)
            raise
        except CaptureTimeout:
            event = Missed(turn.turn, Advice.NO_FINGER)
        except BadSample as error:
            event = Missed(turn.turn, str(error))
        good = isinstance(event, Sampled) and event.capture.quality.score >= self._good_enough
        self._answer(event)
        self._sensor.show(Light.DONE if good else Light.AGAIN)

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
        self._say(Show(Prompt.LIFT_FINGER, turn.then))
        self._sensor.show(Light.READING)

    def _made(self, turn: TakeFinger, sample: FingerSample) -> Event:
        template = extract(sample)
        if repeated := self._touches.repeated(template, turn.taken):
            return Missed(turn.turn, repeated)
        quality = finger_quality.measure(sample, template, self._utility)
        return Sampled(turn.turn, Capture(sample, quality, template))
