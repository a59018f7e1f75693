"""picamera2 as the driver sees it, with the hardware behind it: `World` is what a test turns and pulls.

It keeps picamera2's habits, bad ones included: jobs are answered in turn by a thread of the camera's own, one
that nobody withdraws swallows a buffer, a stream without free buffers stands still, an `__init__` that fails
leaves its pipe open. A metering finds the light step by step; what is locked stays as it is.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.kiosk.devices.picamera import Library

FRAME_S = 0.004
IDEAL_US, IDEAL_LUX = 10_000, 400.0
OFFERED = dict.fromkeys(
    [
        "AeEnable",
        "AwbEnable",
        "ExposureTime",
        "AnalogueGain",
        "ColourGains",
        "AeFlickerMode",
        "AeFlickerPeriod",
        "AfMode",
        "LensPosition",
        "FrameDurationLimits",
        "NoiseReductionMode",
    ],
    (None, None, None),
)


class World:
    """The camera's hardware and what it looks at; `out` counts the buffers that are not with the camera."""

    def __init__(self) -> None:
        self.cameras: list[dict[str, Any]] = [{"Model": "imx708", "Id": "/base/i2c/imx708@1a", "Num": 0}]
        self.offered: Mapping[str, Any] = OFFERED
        self.format, self.padding, self.shrunk = "YUV420", 0, 1
        self.grey, self.lux = 128, IDEAL_LUX
        self.hides: set[str] = set()
        self.flowing = threading.Event()
        self.flowing.set()
        self.delivering = threading.Lock()
        self.refusal: Exception | None = None
        self.start_refusal: Exception | None = None
        self.read_refusal: Exception | None = None
        self.job_refusal: Exception | None = None
        self.let_go = threading.Event()
        self.let_go.set()
        self.slow = threading.Event()
        self.slow.set()
        self.lens: float | None = None
        self.on_withdraw: Callable[[], None] = lambda: None
        self.opened = 0
        self.out = 0
        self.configurations: list[dict[str, Any]] = []
        self.set: list[dict[str, Any]] = []

    def halt(self) -> None:
        """No frame from now on; one that was on its way has arrived."""
        self.flowing.clear()
        with self.delivering:
            pass

    def library(self) -> Library:
        """For the driver."""
        return Library(type("Picamera2", (FakePicamera2,), {"world": self}), "BT.601")


class Job:
    """A request for a frame."""

    def __init__(self, signal: Callable[[Job], None]) -> None:
        self.signal = signal
        self.future: Future[Request] = Future()


class Request:
    """A completed frame: one buffer of the camera's few."""

    def __init__(self, camera: FakePicamera2, metadata: dict[str, Any], grey: int) -> None:
        self._camera = camera
        self._metadata = metadata
        self._grey = grey
        self._released = False
        camera.world.out += 1

    def get_metadata(self) -> dict[str, Any]:
        return dict(self._metadata)

    def make_array(self, name: str) -> NDArray[np.uint8]:
        """As picamera2 gives it: padded rows for YUV420, none for NV12; the padding holds rubbish."""
        if self._camera.world.read_refusal:
            raise self._camera.world.read_refusal
        assert not self._released, "a request that was given back cannot be read"
        stream = self._camera.stream_configuration(name)
        (width, height), padding = stream["size"], self._camera.world.padding
        luma = np.full((height, width + padding), 255, np.uint8)
        luma[:, :width] = 16 + round(self._grey * 219 / 255)
        if stream["format"] == "NV12":
            return np.vstack([luma[:, :width], np.full((height // 2, width), 128, np.uint8)])
        chroma = np.full((height, (width + padding) // 2), 9, np.uint8)
        chroma[:, : width // 2] = 128
        return np.vstack([luma, chroma.reshape(height // 2, width + padding)])

    def release(self) -> None:
        assert not self._released, "released twice"
        self._released = True
        self._camera.world.out -= 1
        if not self._camera.world.cameras:
            raise RuntimeError("Failed to queue request: Permission denied")


class FakePicamera2:
    """The part of `picamera2.Picamera2` that the driver uses; see `test_picamera2_source.py`."""

    world: World

    class _cm:  # noqa: N801 - picamera2's name
        """The one that looks around."""

        @staticmethod
        def reset() -> None:
            """Look around again."""

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return list(cls.world.cameras)

    def __init__(self, camera_num: int = 0) -> None:
        self.notifyme_r, self.notifyme_w = os.pipe()
        self.notifymeread = os.fdopen(self.notifyme_r, "rb")
        self._thread: threading.Thread | None = None
        if self.world.refusal:
            raise RuntimeError("Camera __init__ sequence did not complete.") from self.world.refusal
        assert self.world.opened == 0, "the camera is open twice"
        self.world.opened += 1
        self._open = True
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._jobs: list[Job] = []
        self._controls: dict[str, Any] = {}
        self._exposure_us, self._gains = 1_000.0, (1.0, 1.0)

    @property
    def camera_controls(self) -> Mapping[str, Any]:
        return self.world.offered

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        self.world.configurations.append(asked)
        return asked

    def configure(self, camera_config: dict[str, Any]) -> None:
        self._config = {
            name: {
                "size": (camera_config[name]["size"][0] // self.world.shrunk, camera_config[name]["size"][1]),
                "format": self.world.format,
            }
            for name in ("main", "lores")
        }
        self._free = camera_config["buffer_count"]
        self._controls.update(camera_config["controls"])

    def stream_configuration(self, name: str) -> dict[str, Any]:
        return self._config[name]

    def start(self) -> None:
        assert self.world.slow.wait(60), "the test forgot to let it start"
        if self.world.start_refusal:
            raise self.world.start_refusal
        self._thread = threading.Thread(target=self._stream, name="fake camera", daemon=True)
        self._thread.start()

    def set_controls(self, controls: dict[str, Any]) -> None:
        assert set(controls) <= set(self.world.offered), "not advertised by libcamera"
        self.world.set.append(dict(controls))
        self._controls.update(controls)

    def capture_request(self, wait: bool, signal_function: Callable[[Job], None]) -> Job:
        assert wait is False, "an unbounded wait"
        job = Job(signal_function)
        with self._lock:
            self._jobs.append(job)
        return job

    def wait(self, job: Job, timeout: float) -> Request:
        return job.future.result(timeout=timeout)

    def cancel_all_and_flush(self) -> None:
        self.world.on_withdraw()
        with self._lock:
            for job in self._jobs:
                job.future.set_exception(CancelledError())
            self._jobs.clear()

    def close(self) -> None:
        if not getattr(self, "_open", False):
            return
        assert self.world.let_go.wait(60), "the test forgot to let go"
        self._ending.set()
        if self._thread:
            self._thread.join()
        self.notifymeread.close()
        os.close(self.notifyme_w)
        self._open = False
        self.world.opened -= 1

    def _stream(self) -> None:
        while not self._ending.wait(FRAME_S):
            with self.world.delivering:
                self._deliver()

    def _deliver(self) -> None:
        """One frame, if light falls in and a buffer is free."""
        if not self.world.flowing.is_set() or not self.world.cameras or self.world.out >= self._free:
            return
        metadata = self._meter()
        with self._lock:
            job = self._jobs.pop(0) if self._jobs else None
        if job is None:
            return
        if self.world.job_refusal:
            job.future.set_exception(self.world.job_refusal)
        else:
            ratio = self._exposure_us * self.world.lux / (IDEAL_US * IDEAL_LUX)
            job.future.set_result(Request(self, metadata, min(255, round(self.world.grey * ratio))))
        job.signal(job)

    def _meter(self) -> dict[str, Any]:
        ideal = IDEAL_US * IDEAL_LUX / self.world.lux
        if self._controls.get("AeEnable"):
            self._exposure_us += 0.7 * (ideal - self._exposure_us)
            self._gains = tuple(gain + 0.7 * (1.8 - gain) for gain in self._gains)
        found = abs(self._exposure_us - ideal) < 0.01 * ideal
        known = {
            "SensorTimestamp": time.clock_gettime_ns(time.CLOCK_BOOTTIME),
            "ExposureTime": round(self._exposure_us),
            "AnalogueGain": 1.5,
            "ColourGains": self._gains,
            "Lux": self.world.lux,
            "AeState": 2 if found else 1,
            "LensPosition": self._controls.get("LensPosition")
            if self.world.lens is None
            else self.world.lens,
        }
        return {name: value for name, value in known.items() if name not in self.world.hides}
