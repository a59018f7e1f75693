"""The Raspberry Pi's camera. The only file that knows picamera2 and libcamera.

One configuration for the process's life: a whole picture for the sample and a small one for looking,
both of the same moment, from one stream that is never switched. Every wait is bounded; a camera that
stalls is closed by whoever owns it and opened again. Pixels never leave memory.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from hotspot_kiosk.errors import (
    CaptureCancelled,
    CaptureTimeout,
    ConfigError,
    DeviceLost,
    HotspotError,
    WrongDevice,
)
from hotspot_kiosk.kiosk.devices.picamera_errand import Errands
from hotspot_kiosk.kiosk.devices.picamera_exposure import Exposure, step
from hotspot_kiosk.kiosk.devices.picamera_planes import Layout, Pixels, rgb
from hotspot_kiosk.kiosk.devices.picamera_settings import SMALL, WHOLE, Options, controls, in_focus
from hotspot_kiosk.kiosk.devices.port import Camera, Frame

log = logging.getLogger(__name__)
BUFFERS = 4  # one may be held by a frame while the others fill
START_S, STOP_S, STALL_S, CHECK_S, GRACE_S = 10.0, 5.0, 3.0, 1.0, 1.0
T = TypeVar("T")
CABLE = "switch the power off, seat the ribbon cable at both ends, contacts on contacts, and start again"
# What picamera2 and libcamera raise when a camera is missing, busy, unplugged or wrongly configured.
FAILURES = (RuntimeError, OSError, ValueError, LookupError, AttributeError, AssertionError, TypeError)


@dataclass(frozen=True, slots=True)
class Library:
    """What is needed of picamera2 and libcamera: the class `Picamera2`, and the colours of `picamera_planes`."""

    camera: Any
    colours: object


def installed() -> Library:
    """The real ones. Raises ConfigError if they are not there."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")  # else it greets each time it looks around
    try:
        from libcamera import ColorSpace  # noqa: PLC0415
        from picamera2 import Picamera2  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            f'[camera] driver = "picamera" needs picamera2 ({error}): '
            "apt-get install python3-picamera2, and let this Python see Debian's packages"
        ) from error
    return Library(Picamera2, ColorSpace.Smpte170m())


class PiCamera:
    """The port `Camera` over picamera2."""

    def __init__(
        self,
        options: Options,
        library: Library,
        start_s: float = START_S,
        stop_s: float = STOP_S,
        stall_s: float = STALL_S,
    ) -> None:
        """`stall_s`: a camera that was asked for so long and gave nothing is lost."""
        self._options = options
        self._library = library
        self._start_s, self._stop_s, self._stall_s = start_s, stop_s, stall_s
        self._errands = Errands("camera")
        self._camera: Any = None
        self._exposure = Exposure()
        self._starved_s = 0.0
        self._lock = threading.Lock()
        self._waiting: threading.Event | None = None
        self._cancelled = False

    def open(self) -> str:
        """Start the stream. Raises as the port says, WrongDevice also for a focus that does not fit the camera."""
        if self._camera is None:
            self._errands.run(self._check_there, self._start_s)
            try:
                self._camera = self._errands.run(self._start, self._start_s, undo=_end)
            finally:
                gc.collect()  # of what earlier tries left; see `close`
            self._exposure, self._starved_s = Exposure(), 0.0
        return self._options.name

    def check(self) -> None:
        """As the port says; the light is measured meanwhile, so that the next person finds the camera ready."""
        self._taken(CHECK_S, self._metered)

    def frame(self, timeout_s: float) -> Frame:
        """As the port says; a frame not settled yet is one of the first, or the light has just changed."""
        return self._taken(timeout_s, self._frame)

    def _taken(self, timeout_s: float, use: Callable[[Any], T]) -> T:
        """What `use` makes of the next request, and gives it back; it is given back here if nothing could be made."""
        if self._camera is None:
            raise DeviceLost("the camera is not open")
        with ExitStack() as stack:
            try:
                request = self._request(self._camera, timeout_s)
                stack.callback(_give_back, request)
                made = use(request)
            except HotspotError:
                raise
            except FAILURES as error:
                raise DeviceLost(f"the camera failed: {error}; {CABLE}") from error
            stack.pop_all()
        return made

    def cancel(self) -> None:
        """End a running `frame` at once; without one this does nothing."""
        with self._lock:
            if self._waiting is not None:
                self._cancelled = True
                self._waiting.set()

    def close(self) -> None:
        """Stop the stream and let the camera go; a driver that hangs is left behind, and said by the next `open`."""
        camera, self._camera = self._camera, None
        if camera is None:
            return
        try:
            self._errands.run(partial(_end, camera), self._stop_s)
        except DeviceLost as error:
            log.error("closing: %s", error)
        # picamera2's objects hold each other in circles, and with them the camera's memory, of which there is little.
        del camera
        gc.collect()

    def _start(self) -> Any:
        camera = _made(self._library.camera, self._options.number)
        try:
            self._configure(camera)
            camera.start()
        except WrongDevice:
            _end(camera)
            raise
        except FAILURES as error:
            _end(camera)
            raise DeviceLost(f"the camera does not start: {error}; {CABLE}") from error
        return camera

    def _check_there(self) -> None:
        """Before anything is opened: a camera that is not there is looked for every two seconds, for hours."""
        cameras = self._library.camera.global_camera_info()
        if self._options.number >= len(cameras):
            # libcamera looks around once; a camera that came up after this process is seen by a new look only.
            self._library.camera._cm.reset()
            cameras = self._library.camera.global_camera_info()
        if self._options.number >= len(cameras):
            raise DeviceLost(f"no camera {self._options.number} is seen ({len(cameras)} are): {CABLE}")
        model = str(cameras[self._options.number].get("Model", "unknown"))
        if self._options.model not in ("", model):
            raise WrongDevice(f"the camera is a {model}; [camera] model names {self._options.model}")

    def _configure(self, camera: Any) -> None:
        camera.configure(
            camera.create_video_configuration(
                main={"size": WHOLE, "format": "YUV420"},
                lores={"size": SMALL, "format": "YUV420"},
                raw=None,
                sensor={"output_size": WHOLE, "bit_depth": 10},
                colour_space=self._library.colours,
                buffer_count=BUFFERS,
                queue=False,
                display=None,
                encode=None,
                controls=controls(self._options, camera.camera_controls),
            )
        )
        for stream, size in (("main", WHOLE), ("lores", SMALL)):
            layout = self._layout(camera, stream)
            if (layout.width, layout.height) != size:
                raise WrongDevice(
                    f"the camera gives {layout.width}x{layout.height} pixels instead of {size[0]}x{size[1]}"
                )

    def _request(self, camera: Any, timeout_s: float) -> Any:
        """The next completed request, which the caller releases."""
        woken = threading.Event()
        with self._lock:
            self._waiting, self._cancelled = woken, False
        began = time.monotonic()
        job = camera.capture_request(wait=False, signal_function=lambda _job: woken.set())
        came = woken.wait(timeout_s)
        with self._lock:
            self._waiting, cancelled = None, self._cancelled
        if came and not cancelled:
            self._starved_s = 0.0
            return camera.wait(job, timeout=GRACE_S)
        _withdraw(camera, job)
        if cancelled:
            raise CaptureCancelled("the capture was stopped on request")
        self._starved_s += time.monotonic() - began
        if self._starved_s >= self._stall_s:
            raise DeviceLost(f"the camera gave no picture for {self._stall_s:.1f} s: {CABLE}")
        raise CaptureTimeout("the camera gave no picture in time")

    def _metered(self, request: Any) -> None:
        """Only the light is looked at; no picture."""
        self._meter(request)
        _give_back(request)

    def _meter(self, request: Any) -> Mapping[str, Any]:
        metadata: Mapping[str, Any] = request.get_metadata()
        before, (self._exposure, change) = self._exposure, step(self._exposure, metadata)
        if change:
            offered = self._camera.camera_controls
            self._camera.set_controls({name: value for name, value in change.items() if name in offered})
        if before.stage is not self._exposure.stage:
            log.info("the camera's exposure: %s", self._exposure.stage)
        return metadata

    def _frame(self, request: Any) -> Frame:
        metadata = self._meter(request)
        layout = self._layout(self._camera, "main")
        return Frame(
            device=self._options.name,
            small=rgb(request.make_array("lores"), self._layout(self._camera, "lores")),
            whole=lambda: _whole(request, layout),
            settled=self._exposure.settled and in_focus(self._options.lens_position, metadata),
            taken_ns=metadata.get("SensorTimestamp"),
            release=partial(_give_back, request),
        )

    def _layout(self, camera: Any, stream: str) -> Layout:
        return Layout.of(camera.stream_configuration(stream), self._options.rotation)


def build(options: Options) -> Camera:
    """The camera the options describe, unopened. Raises ConfigError without picamera2."""
    return PiCamera(options, installed())


def _made(kind: Any, number: int) -> Any:
    """`kind(number)`; one that fails gives back what it took, which picamera2 itself does not."""
    camera = kind.__new__(kind)
    try:
        camera.__init__(number)
    except FAILURES as error:
        _end(camera)
        raise DeviceLost(_why(error)) from error
    return camera


def _why(error: Exception) -> str:
    cause = error.__cause__ or error
    if "dma" in str(cause).lower() or isinstance(cause, PermissionError):
        return f"the camera's memory cannot be used ({cause}): put the kiosk's user into the group video"
    if "busy" in str(cause).lower():
        return "the camera is in use by another program; end that, then this kiosk finds it again"
    return f"the camera cannot be opened ({cause}): {CABLE}"


def _end(camera: Any) -> None:
    """Close, whatever state it is in, and leave no descriptor behind."""
    try:
        camera.close()
    except FAILURES as error:
        log.debug("the camera did not close cleanly: %s", error)
    reader, writer = getattr(camera, "notifymeread", None), getattr(camera, "notifyme_w", None)
    if reader is not None and not reader.closed:
        reader.close()
        if writer is not None:
            os.close(writer)


def _withdraw(camera: Any, job: Any) -> None:
    """Take back a job that nobody waits for; a frame that came in the meantime goes back to the camera."""
    camera.cancel_all_and_flush()
    try:
        _give_back(camera.wait(job, timeout=GRACE_S))
    except (CancelledError, TimeoutError):
        return


def _give_back(request: Any) -> None:
    """A camera that has just gone does not take its buffer; that it is gone, the next frame says."""
    try:
        request.release()
    except FAILURES as error:
        log.debug("a frame was not taken back: %s", error)


def _whole(request: Any, layout: Layout) -> Pixels:
    try:
        return rgb(request.make_array("main"), layout)
    except FAILURES as error:
        raise DeviceLost(f"the camera's picture cannot be read: {error}") from error
