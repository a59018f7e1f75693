"""The Pi camera's driver over picamera2's fake: what it asks for, how it fails, that nothing is left behind."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest
from fake_picamera2 import OFFERED, World
from numpy.typing import NDArray

from hotspot_kiosk.config import build_variant, convert
from hotspot_kiosk.errors import CaptureTimeout, ConfigError, DeviceLost, WrongDevice
from hotspot_kiosk.inference.port import DetectedFace
from hotspot_kiosk.kiosk.capture.booth import Voices
from hotspot_kiosk.kiosk.capture.booth_face import FaceBooth
from hotspot_kiosk.kiosk.capture.turns import Limits
from hotspot_kiosk.kiosk.devices.picamera import Options, PiCamera
from hotspot_kiosk.kiosk.devices.port import Frame
from hotspot_kiosk.kiosk.events import Event, Found, Lost, Missed, TakeFace

OPTIONS = Options(lens_position=1.4)


@pytest.fixture
def world() -> Iterator[World]:
    """The hardware; whatever a test did, no buffer and no camera stays out."""
    world = World()
    yield world
    world.let_go.set()
    deadline = time.monotonic() + 60
    while (world.opened or world.out) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (world.opened, world.out) == (0, 0)


@pytest.fixture
def camera(world: World) -> Iterator[PiCamera]:
    """A driver, unopened, that gives up soon."""
    camera = PiCamera(OPTIONS, world.library(), start_s=5, stop_s=5, stall_s=0.3)
    yield camera
    world.let_go.set()
    camera.close()


def until(camera: PiCamera, enough: Callable[[Frame], bool]) -> None:
    """Take frames until one is enough."""
    for _ in range(500):
        with camera.frame(20) as frame:
            if enough(frame):
                return
    raise AssertionError("it never came")


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def failure(camera: PiCamera) -> str:
    """What `frame` says when it fails for good."""
    for _ in range(100):
        try:
            camera.frame(0.1).release()
        except CaptureTimeout:
            continue
        except DeviceLost as error:
            return str(error)
    raise AssertionError("it did not fail")


def test_one_configuration_with_everything_said(world: World, camera: PiCamera) -> None:
    """Two streams of one configuration, no queue of stale frames, focus and flicker fixed; never another."""
    camera.open()
    until(camera, lambda frame: frame.settled)
    (asked,) = world.configurations
    assert asked["main"] == {"size": (2304, 1296), "format": "YUV420"}
    assert asked["lores"] == {"size": (640, 360), "format": "YUV420"}
    assert (asked["queue"], asked["buffer_count"], asked["display"], asked["encode"]) == (
        False,
        4,
        None,
        None,
    )
    assert asked["controls"] == {
        "FrameDurationLimits": (33_333, 33_333),
        "AeEnable": True,
        "AwbEnable": True,
        "AeFlickerMode": 1,
        "AeFlickerPeriod": 10_000,
        "AfMode": 0,
        "LensPosition": 1.4,
    }


@pytest.mark.parametrize(("flicker_hz", "period"), [(60, 8333), (0, None)])
def test_flicker_is_set_by_the_mains(flicker_hz: int, period: int | None, world: World) -> None:
    """60 Hz mains flicker every 8.3 ms; 0 leaves it to the camera."""
    camera = PiCamera(Options(lens_position=1.0, flicker_hz=flicker_hz), world.library())
    camera.open()
    assert world.configurations[0]["controls"].get("AeFlickerPeriod") == period
    camera.close()


def test_exposure_is_found_then_fixed_then_found_again(world: World, camera: PiCamera) -> None:
    """First frames are no samples; then what was found is fixed; four times the light begins it anew."""
    camera.open()
    with camera.frame(20) as first:
        assert not first.settled
    until(camera, lambda frame: frame.settled)
    assert [change["AeEnable"] for change in world.set] == [False]
    assert world.set[0]["ExposureTime"] == pytest.approx(10_000, rel=0.02)
    assert set(world.set[0]) == {"AeEnable", "AwbEnable", "ExposureTime", "AnalogueGain", "ColourGains"}
    world.lux *= 4
    until(camera, lambda frame: not frame.settled)
    until(camera, lambda frame: frame.settled)
    assert [change["AeEnable"] for change in world.set] == [False, True, False]
    assert world.set[-1]["ExposureTime"] == pytest.approx(2_500, rel=0.02)


def test_a_lens_that_has_not_arrived_gives_no_sample(world: World, camera: PiCamera) -> None:
    """Frames in which the lens is elsewhere are for looking only."""
    camera.open()
    until(camera, lambda frame: frame.settled)
    world.lens = 9.0
    until(camera, lambda frame: not frame.settled)
    world.lens = None
    until(camera, lambda frame: frame.settled)


def test_a_camera_without_metering_is_settled_at_once(world: World) -> None:
    """What a camera does not say is not waited for, and nothing is set that it does not have."""
    world.offered = {"FrameDurationLimits": OFFERED["FrameDurationLimits"]}
    world.hides = {"AeState", "Lux", "LensPosition"}
    camera = PiCamera(Options(), world.library())
    camera.open()
    until(camera, lambda frame: frame.settled)
    assert world.configurations[0]["controls"] == {"FrameDurationLimits": (33_333, 33_333)}
    camera.close()


def test_a_grey_sensor_settles_too(world: World) -> None:
    """What a camera has no control for is not set: a sensor without colours has no white balance."""
    colours = {"AwbEnable", "ColourGains"}
    world.offered = {name: value for name, value in OFFERED.items() if name not in colours}
    world.hides = {"ColourGains"}
    camera = PiCamera(OPTIONS, world.library())
    camera.open()
    until(camera, lambda frame: frame.settled)
    assert set(world.set[0]) == {"AeEnable", "ExposureTime", "AnalogueGain"}
    camera.close()


def test_a_module_mounted_upright_gives_upright_pictures(world: World) -> None:
    """A quarter turn in the configuration turns both pictures."""
    camera = PiCamera(Options(lens_position=1.4, rotation=90), world.library())
    camera.open()
    with camera.frame(20) as frame:
        assert frame.small.shape == (640, 360, 3)
        assert frame.sample().pixels.shape == (2304, 1296, 3)
    camera.close()


def test_a_focus_motor_needs_a_position(world: World) -> None:
    """A camera that could hunt for focus is refused until the position is fixed; one without a motor, too."""
    with pytest.raises(WrongDevice, match="set lens_position in"):
        PiCamera(Options(), world.library()).open()
    world.offered = {"FrameDurationLimits": OFFERED["FrameDurationLimits"]}
    with pytest.raises(WrongDevice, match="remove lens_position"):
        PiCamera(OPTIONS, world.library()).open()


def test_another_camera_is_refused(world: World, camera: PiCamera) -> None:
    """Another model than the one named, another size or format than asked for."""
    named = PiCamera(Options(lens_position=1.4, model="imx477"), world.library())
    with pytest.raises(WrongDevice, match=r"imx708; \[camera\] model names imx477"):
        named.open()
    world.shrunk = 2
    with pytest.raises(WrongDevice, match="1152x1296 pixels instead of 2304x1296"):
        camera.open()
    world.format = "MJPEG"
    with pytest.raises(WrongDevice, match="MJPEG"):
        camera.open()


def refused(cause: Exception) -> Callable[[World], None]:
    """A constructor that fails as picamera2's does."""
    return lambda world: setattr(world, "refusal", cause)


@pytest.mark.parametrize(
    ("spoil", "remedy"),
    [
        (lambda world: world.cameras.clear(), "no camera 0 is seen .*ribbon cable"),
        (refused(RuntimeError("Could not open any dmaHeap device")), "group video"),
        (refused(PermissionError(13, "Permission denied", "/dev/dma_heap/linux,cma")), "group video"),
        (refused(OSError(16, "Device or resource busy")), "in use by another program"),
        (refused(RuntimeError("Initialization failed.")), "ribbon cable"),
        (lambda world: setattr(world, "start_refusal", RuntimeError("no start")), "does not start: no start"),
    ],
    ids=["none", "heap", "permission", "busy", "broken", "start"],
)
def test_a_camera_that_cannot_be_opened_says_what_to_do(
    spoil: Callable[[World], None], remedy: str, world: World, camera: PiCamera
) -> None:
    """Each way to fail has its remedy; twenty tries leave no descriptor and no thread behind."""
    spoil(world)
    with pytest.raises(DeviceLost, match=remedy):
        camera.open()
    before = threading.active_count(), descriptors()
    for _ in range(20):
        with pytest.raises(DeviceLost):
            camera.open()
    assert (threading.active_count(), descriptors()) == before


def test_a_stall_is_a_loss_that_names_the_cable(world: World, camera: PiCamera) -> None:
    """First there is no frame in time, then the camera is lost; a frame in between starts the count anew."""
    camera.open()
    world.halt()
    assert "ribbon cable" in failure(camera)
    world.flowing.set()
    camera.frame(20).release()
    world.halt()
    with pytest.raises(CaptureTimeout):
        camera.frame(0.1)


@pytest.mark.parametrize("where", ["job", "read"])
def test_an_error_of_the_camera_is_a_loss(where: str, world: World, camera: PiCamera) -> None:
    """Whatever picamera2 raises while a frame is taken: the device is lost, its buffer is not."""
    camera.open()
    setattr(world, f"{where}_refusal", RuntimeError("V4L2 is unhappy"))
    assert "V4L2 is unhappy" in failure(camera)
    setattr(world, f"{where}_refusal", None)
    camera.frame(20).release()


def test_a_frame_that_comes_too_late_goes_back(world: World, camera: PiCamera) -> None:
    """A frame completed between giving up and withdrawing is released, time and again."""
    camera.open()
    camera.frame(20).release()
    world.halt()
    came = threading.Event()

    def late() -> None:
        world.flowing.set()
        deadline = time.monotonic() + 60
        while not world.out and time.monotonic() < deadline:
            time.sleep(0.001)
        if world.out:
            came.set()
        world.halt()

    world.on_withdraw = late
    for _ in range(6):
        with pytest.raises(CaptureTimeout):
            camera.frame(0)
    assert came.is_set()
    assert world.out == 0


def test_a_held_frame_does_not_stop_the_stream(world: World, camera: PiCamera) -> None:
    """While one frame is looked at, others come; read after it was given back it is an error, not garbage."""
    camera.open()
    with camera.frame(20) as held:
        for _ in range(6):
            camera.frame(20).release()
        held.sample()
    with pytest.raises(DeviceLost, match="cannot be read"):
        held.sample()


def test_a_camera_that_goes_while_a_frame_is_looked_at(world: World, camera: PiCamera) -> None:
    """The frame's sample is still good; giving it back to a camera that is gone is no error; the next one is."""
    camera.open()
    with camera.frame(20) as frame:
        world.cameras = []
        frame.sample()
    assert "ribbon cable" in failure(camera)


def test_a_driver_that_hangs_is_left_behind_and_said(world: World) -> None:
    """Closing returns although the driver does not; opening says so; once the driver is back, all works."""
    camera = PiCamera(OPTIONS, world.library(), start_s=0.3, stop_s=0.1)
    camera.open()
    world.let_go.clear()
    threads = threading.active_count()
    camera.close()
    for _ in range(2):
        with pytest.raises(DeviceLost, match="restart this kiosk"):
            camera.open()
    assert threading.active_count() <= threads + 1
    world.let_go.set()
    for _ in range(100):
        try:
            camera.open()
            break
        except DeviceLost:
            continue
    camera.frame(20).release()
    camera.close()


def test_a_camera_that_opens_too_late_is_closed_again(world: World) -> None:
    """A start that takes longer than it may is a loss, and what it opened in the end is given back."""
    world.slow.clear()
    camera = PiCamera(OPTIONS, world.library(), start_s=0.1)
    with pytest.raises(DeviceLost, match="hangs"):
        camera.open()
    world.slow.set()


class NoEye:
    """A detector that finds nobody."""

    def detect(self, pixels: NDArray[np.uint8], long_side: int = 640) -> tuple[DetectedFace, ...]:
        """Nobody."""
        return ()


def test_a_stall_reaches_the_session_and_ends(world: World) -> None:
    """The booth over the driver: a camera that stalls is lost, looked for, and found when it is back; twice."""
    said: SimpleQueue[Event] = SimpleQueue()
    camera = PiCamera(OPTIONS, world.library(), stall_s=2.0)
    voices = Voices(said.put, lambda _show: None, lambda why: said.put(Missed(0, why)))
    booth = FaceBooth(camera, NoEye(), None, None, voices, 50, Limits(60), reopen_s=0.01, idle_s=0.01)
    booth.start()
    plugged = list(world.cameras)
    for turn in (1, 2):
        booth.take(TakeFace(turn))
        world.cameras = []
        assert said.get(timeout=60) == Lost("camera")
        world.cameras = plugged
        assert said.get(timeout=60) == Found("camera")
    booth.close()
    assert said.empty()


DISK = """
import os, sys
sys.path[:0] = ["tests", "."]
from fake_picamera2 import World
from hotspot_kiosk.kiosk.devices.picamera import Options, PiCamera
written = []

def hook(event, details):
    if event == "open" and isinstance(details[0], str) and (details[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        written.append(details[0])

sys.addaudithook(hook)
camera = PiCamera(Options(lens_position=1.4), World().library())
camera.open()
for _ in range(20):
    with camera.frame(20) as frame:
        frame.sample()
camera.close()
open(os.devnull, "w").close()
print(*written)
"""


def test_no_picture_touches_the_disk() -> None:
    """Not one file is opened for writing while frames and samples are taken; the watcher itself works."""
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", DISK], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [os.devnull]


@pytest.mark.parametrize(
    ("option", "remedy"),
    [
        ({"rotation": 45}, "rotation must be 0, 90, 180 or 270"),
        ({"lens_position": 70}, "1.4 is 0.7 m"),
        ({"flicker_hz": 100}, "50, 60 or 0"),
        ({"number": -1}, "number"),
        ({"autofocus": True}, "autofocus"),
    ],
)
def test_options_that_cannot_be_are_refused(option: dict[str, object], remedy: str) -> None:
    """A wrong value or an unknown key of [camera] is named with its remedy."""
    with pytest.raises(ConfigError, match=remedy):
        convert(option, Options, "[camera]", Path())


@pytest.mark.skipif(importlib.util.find_spec("picamera2") is not None, reason="picamera2 is installed")
def test_without_picamera2_the_kiosk_says_what_to_install() -> None:
    """On a machine without the library the driver refuses at the start."""
    with pytest.raises(ConfigError, match="apt-get install python3-picamera2"):
        build_variant("hotspot_kiosk.kiosk.devices", "camera", {"driver": "picamera"}, Path())
