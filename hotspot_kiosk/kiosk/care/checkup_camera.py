"""The camera, measured through its port: how soon it settles, how fast and how fresh its pictures are, how sharp.

It opens the camera, so the kiosk must not run meanwhile. Pictures are measured and forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import CaptureTimeout, DeviceLost, WrongDevice
from hotspot_kiosk.inference.face_quality import blur_effect, luminance
from hotspot_kiosk.kiosk.care.checkup import Finding, Verdict, absent, judged
from hotspot_kiosk.kiosk.devices.port import Camera, Frame

SETTLE_S, LOOK_S = 6.0, 2.0
SETTLED_S = 4.0
LEAST_RATE, MOST_AGE_MS = 15.0, 100.0
LEAST_MEAN, MOST_MEAN = 40, 215
SHARP = 0.5  # Crete's blur effect, 0 sharp to 1, of a printed page


@dataclass(frozen=True, slots=True)
class Trial:
    """What was seen. settled_s: None if it never settled; ages_ms: none if frames do not say when they were taken."""

    settled_s: float | None
    seconds: float
    ages_ms: tuple[float, ...]
    frames: int
    mean: float
    blur: float


def examine(camera: Camera, clock: Callable[[], float] = time.monotonic) -> Iterator[Finding]:
    """Every finding about the camera. Gives one finding if it is not there."""
    try:
        device = camera.open()
        trial = _try(camera, clock)
    except (DeviceLost, WrongDevice) as error:
        yield Finding("camera", Verdict.FAIL, "does not work", "a camera", str(error))
        return
    finally:
        camera.close()
    if trial is None:
        yield absent("camera", "a picture", f"{device} gave no picture")
        return
    yield Finding("camera", Verdict.OK, device, "a camera")
    yield from findings(trial)


def findings(trial: Trial) -> Iterator[Finding]:
    """What a trial comes to."""
    late = trial.settled_s is None or trial.settled_s > SETTLED_S
    yield judged(
        "exposure",
        Verdict.FAIL if trial.settled_s is None else Verdict.WARN if late else Verdict.OK,
        "never settled" if trial.settled_s is None else f"found and locked after {trial.settled_s:.1f} s",
        f"found and locked within {SETTLED_S:.0f} s",
        "keep flickering and moving lights out of the picture; check flicker_hz and lens_position in [camera]",
    )
    dull = not LEAST_MEAN <= trial.mean <= MOST_MEAN
    yield judged(
        "brightness",
        Verdict.WARN if dull else Verdict.OK,
        f"mean {trial.mean:.0f} of 255",
        f"{LEAST_MEAN} to {MOST_MEAN}",
        "light the place of the face from the front; no lamp and no window behind it",
    )
    rate = trial.frames / trial.seconds
    yield judged(
        "preview rate",
        Verdict.OK if rate >= LEAST_RATE else Verdict.WARN,
        f"{rate:.0f} frames/s",
        f"{LEAST_RATE:.0f} frames/s or more",
        "look at temperature and throttling; end other programs",
    )
    yield _age(trial.ages_ms)
    yield judged(
        "focus",
        Verdict.OK if trial.blur <= SHARP else Verdict.WARN,
        f"blur {trial.blur:.2f} in the middle of the picture",
        f"{SHARP} or less, with a printed page held where the face will be",
        "hold the page there and measure again; then set lens_position in [camera] to 1 / its distance in metres",
    )


def _age(ages_ms: tuple[float, ...]) -> Finding:
    expected = f"{MOST_AGE_MS:.0f} ms or less from the sensor to this program"
    if not ages_ms:
        return absent("preview age", expected, "this camera does not say when a picture was taken")
    age = median(ages_ms)
    verdict = Verdict.OK if age <= MOST_AGE_MS else Verdict.WARN
    return judged(
        "preview age", verdict, f"{age:.0f} ms (median)", expected, "look at temperature and throttling"
    )


def _try(camera: Camera, clock: Callable[[], float]) -> Trial | None:
    began = clock()
    settled, sample = None, None
    for frame in _frames(camera, SETTLE_S, clock):
        if frame.settled:
            settled, sample = clock() - began, frame.sample().pixels
            break
        sample = frame.sample().pixels
    if sample is None:
        return None
    ages, start = [], clock()
    for frame in _frames(camera, LOOK_S, clock):
        ages.append(_age_of(frame))
    seconds = max(clock() - start, 1e-3)
    light = luminance(_middle(sample))
    known = tuple(age for age in ages if age is not None)
    return Trial(settled, seconds, known, len(ages), float(light.mean()), blur_effect(light))


def _frames(camera: Camera, seconds: float, clock: Callable[[], float]) -> Iterator[Frame]:
    ends = clock() + seconds
    while clock() < ends:
        try:
            with camera.frame(0.5) as frame:
                yield frame
        except CaptureTimeout:
            continue


def _age_of(frame: Frame) -> float | None:
    """Milliseconds since it was taken."""
    if frame.taken_ns is None:
        return None
    return (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - frame.taken_ns) / 1e6


def _middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle third, each way: where a face is."""
    rows, columns = pixels.shape[0] // 3, pixels.shape[1] // 3
    return np.ascontiguousarray(pixels[rows : 2 * rows, columns : 2 * columns])
