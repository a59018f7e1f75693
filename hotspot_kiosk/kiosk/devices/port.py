"""What the kiosk expects of a camera, of a finger sensor and of a panel.

A variant is one file in this folder, named by the config's `driver`. It holds `Options` (a frozen
msgspec Struct, unknown keys forbidden) and `build(options)`, which returns the device unopened.
One thread owns one device and makes every call but `cancel`, which any thread may make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kiosk.devices.panel_link import PanelEvent
from hotspot_kiosk.kiosk.devices.panel_protocol import BeatReply, Scene
from hotspot_kiosk.terms import FaceSample, FingerPosition, FingerSample, SensorGrade

SMALL_SIDE = 640  # of a frame's small picture, pixels: enough to find a face at arm's length


class Light(StrEnum):
    """What a sensor's own light says to the person before it."""

    OFF = "off"
    PLACE_FINGER = "place finger"
    READING = "reading"
    DONE = "done"
    AGAIN = "again"


class FingerSensor(Protocol):
    """A fingerprint sensor that gives one image a touch.

    What it delivers is its `SensorGrade`: the area in pixels, the resolution in pixels an inch, the
    native number of grey levels (16 stay 16, whatever the pixels' type), and the FAP only if the
    device is certified for it. Pixels are uint8 (height, width), dark ridges on light. A device that
    images several fingers at once gives them one a call, in the order it is asked, without asking
    the person to touch again.

    Threads: one thread makes every call but `cancel`. Every call ends: `open` and `show` within the
    variant's own bounds (seconds), `capture` within `timeout_s` plus the transfer and its repeats.
    Errors not named below are faults of the program, never of the device or the person.
    """

    def open(self) -> SensorGrade:
        """Find the sensor and say what it really delivers. What lies on the glass now is no touch.

        Raises DeviceLost if nothing answers, WrongDevice if something else does, ConfigError if the
        variant cannot work on this machine. May be called again, after a loss too.
        """

    def capture(
        self, position: FingerPosition, timeout_s: float, on_finger: Callable[[], None]
    ) -> FingerSample:
        """Wait for a new finger, call `on_finger` once it is imaged, return the whole image.

        From `on_finger` on the finger may be lifted, although the image is still on its way; it may
        call `show`, nothing else of the sensor. A finger that gave an image gives no other until it
        was lifted; one that took its place meanwhile is new. Never returns an image it could not verify. Raises CaptureTimeout,
        CaptureCancelled, BadSample if what lies there is no new finger (its sentence is for the
        person: lift it, wipe the glass), DeviceLost, WrongDevice. After any of the first three the
        next call works; after a loss it works, or `open` does, as soon as the device is back.
        """

    def pass_over(self) -> None:
        """What lies on the glass now is no touch: it gives no image before it was lifted.

        Raises DeviceLost, WrongDevice.
        """

    def show(self, light: Light) -> None:
        """Set the sensor's own light; a sensor without one is asked for a sign of life instead.

        Raises DeviceLost if the sensor is gone, and WrongDevice if another came in its place.
        """

    def cancel(self) -> None:
        """End a running `capture` at once; it raises CaptureCancelled. Any thread may call this.

        Without a running capture it does nothing, and nothing later.
        """

    def close(self) -> None:
        """Give the device back. May be called twice, and before `open`."""


def _nothing() -> None:
    """What a frame that holds nothing gives back."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One moment of a camera's stream: `with camera.frame(...) as frame`, and not for long.

    It may hold one of the camera's few buffers, which `release`, or leaving the `with`, gives back.
    small: RGB uint8 (height, width, 3), upright, not longer than SMALL_SIDE; for looking and for a preview.
    settled: whether focus and exposure stand; an unsettled frame is no sample.
    taken_ns: when, by CLOCK_BOOTTIME, in nanoseconds; None where the camera does not say.
    """

    device: str
    small: NDArray[np.uint8] = field(repr=False)
    whole: Callable[[], NDArray[np.uint8]] = field(repr=False)
    settled: bool = True
    taken_ns: int | None = None
    release: Callable[[], None] = field(default=_nothing, repr=False)

    def sample(self) -> FaceSample:
        """The same moment in all the pixels the camera gives; outlives the frame."""
        return FaceSample(self.device, self.whole())

    def __enter__(self) -> Frame:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Camera(Protocol):
    """A camera that gives the newest frame. What it sees stays in memory."""

    def open(self) -> str:
        """Start the camera and return its name. Raises DeviceLost or WrongDevice."""

    def check(self) -> None:
        """While nobody asks: notice whether it is still there. Looks at no picture, takes none away.

        Raises CaptureTimeout, after which the next `check` says more, CaptureCancelled, DeviceLost.
        """

    def frame(self, timeout_s: float) -> Frame:
        """The newest frame, never one that was returned before; the caller releases it.

        Raises CaptureTimeout, CaptureCancelled, DeviceLost. A camera that stalls is lost after a while.
        """

    def cancel(self) -> None:
        """End a running `frame` at once; it raises CaptureCancelled. Any thread may call this."""

    def close(self) -> None:
        """Give the device back. May be called twice."""


class Panel(Protocol):
    """The guard microcontroller. One thread makes every call; DeviceLost may be raised by each but `close`."""

    def open(self, on_event: Callable[[PanelEvent], None]) -> str:
        """Find the panel, return who it says it is; `on_event` is called from any later call.

        Raises WrongDevice if it speaks another version than the kiosk.
        """

    def beat(self, watched: bool) -> BeatReply:
        """The kiosk lives and, if `watched`, will say so again; returns how the panel is."""

    def show(self, scene: Scene) -> None:
        """Set ring, sound and face light."""

    def light(self, share: float) -> None:
        """The face light, as a share (0 to 1) of its usual strength, until the next scene or for a minute."""

    def listen(self, seconds: float) -> None:
        """Take in events for a while."""

    def close(self) -> None:
        """Give the line back. May be called twice."""
