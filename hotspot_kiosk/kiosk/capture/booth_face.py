"""The thread that owns the camera: looks until a face is good enough."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import policy
from hotspot_kiosk.errors import BadSample, CaptureTimeout, ConfigError
from hotspot_kiosk.inference.age import AgeEstimator
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.port import DetectedFace
from hotspot_kiosk.kiosk.capture.booth import IDLE_S, REOPEN_S, SLICE_S, Booth, Voices
from hotspot_kiosk.kiosk.capture.looks import Looker, Scorer, Seen, Sighting, alone
from hotspot_kiosk.kiosk.capture.turns import Limits, Wait
from hotspot_kiosk.kiosk.capture.watch import Watch
from hotspot_kiosk.kiosk.devices.port import Camera
from hotspot_kiosk.kiosk.events import Event, Missed, Prompt, Sampled, Show, TakeFace
from hotspot_kiosk.nist.compression import portrait
from hotspot_kiosk.terms import Advice, Capture, FaceSample, Quality

log = logging.getLogger(__name__)
PASSED_OVER_S = 0.1  # a camera that gives nothing but bad pictures does not keep the processor busy
PPI, PPI_TOLERANCE = 500, 10  # the class of resolution that evidence is sent in (ANSI/NIST-ITL 1.011)
PORTRAIT_WIDTH = 600  # SAP 30 asks for 480 x 600; more costs a thin link dearly
BEST_OF, BEST_S = 3, 0.3  # once a face is good enough: the most useful of so many frames or seconds
Turn = TypeVar("Turn")


class FaceBooth(Booth[TakeFace]):
    """Looks until a face is good enough, or for as long as its limits say, and then gives the best it saw."""

    def __init__(
        self,
        camera: Camera,
        detector: FaceDetector,
        encoder: FaceEncoder,
        utility: Scorer,
        voices: Voices,
        good_enough: int,
        limits: Limits,
        reopen_s: float = REOPEN_S,
        idle_s: float = IDLE_S,
        seen: Seen = lambda _pixels, _faces: None,
        age: AgeEstimator | None = None,
        watch: Watch | None = None,
    ) -> None:
        """`age` may ask for an officer's second look; what `watch` sees is advice. `seen` is told each small picture and the faces in it, before they are judged: for a preview."""
        super().__init__("camera", voices, reopen_s, idle_s)
        if not hasattr(camera, "frame"):
            raise ConfigError("[camera] driver names a device that is no camera")
        self._camera = camera
        self._watch = watch or Watch(time.monotonic)
        self._looker = Looker(detector, utility, seen, self._watch.see)
        self._encoder, self._detector = encoder, detector
        self._age = age
        self._good_enough = good_enough
        self._limits = limits

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
        self._forget()
        try:
            self._take(turn)
        finally:
            self._forget()

    def _take(self, turn: TakeFace) -> None:
        best: Sighting | None = None
        advice, good = Advice.LOOK_STRAIGHT, 0
        wait = Wait(self._limits, time.monotonic())
        while (left := wait.ends - time.monotonic()) > 0 and not self._stopped():
            seen = self._look(left)
            if seen is None:
                continue
            quality, sighting = seen
            best = self._better(best, sighting)
            advice = quality.advice or advice
            if best is not None and best.quality.score >= self._good_enough:
                good += 1
                wait.ends = self._soon(wait.ends) if good == 1 else wait.ends
                if good >= BEST_OF and time.monotonic() >= self._watch.ends:
                    break
                continue
            now = time.monotonic()
            if wait.tells(sighting is not None, now):
                self._say(Show(Prompt.LOOK_AT_CAMERA, wait.steady(advice, now)))
        if good:
            self._say(Show(Prompt.FACE_TAKEN, turn.then))
        if not self._stopped():
            self._answer(Missed(turn.turn, advice) if best is None else self._made(turn, best))

    def _forget(self) -> None:
        """Another person may stand there next; nothing of this one stays."""
        self._looker.forget()
        self._watch.forget()

    def _soon(self, ends: float) -> float:
        """When to stop looking for a still better picture; not before the light's challenge is over."""
        return min(ends, max(time.monotonic() + BEST_S, self._watch.ends))

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
            look_again = self._may_be_minor(turn, best)
            told = self._watch.components(frame.pixels, face)
            sample = FaceSample(frame.device, _cropped(alone(frame.pixels, face, self._detector), face))
        except BadSample as error:
            log.warning("a face was passed over: %s", error)
            return Missed(turn.turn, Advice.ONCE_MORE)
        return Sampled(
            turn.turn, Capture(sample, Quality((*best.quality.components, *told)), template), look_again
        )

    def _may_be_minor(self, turn: TakeFace, best: Sighting) -> bool:
        """What the face looks like in years leaves this function as yes or no only."""
        if self._age is None:
            return False
        estimate = self._age.estimate(best.sample.pixels, best.face)
        return policy.second_look(turn.majority, estimate.years, estimate.too_high)


def _cropped(pixels: NDArray[np.uint8], face: DetectedFace) -> NDArray[np.uint8]:
    """The part of the picture around the face, at most PORTRAIT_WIDTH wide; nothing else is kept."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = np.clip(face.box, 0, (width, height, width, height)).astype(int).tolist()
    crop = portrait(pixels, (left, top, right - left, bottom - top))
    rows, columns = crop.shape[:2]
    if columns <= PORTRAIT_WIDTH:
        return crop.copy()
    size = (PORTRAIT_WIDTH, round(rows * PORTRAIT_WIDTH / columns))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
