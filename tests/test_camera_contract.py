"""What every camera must do: a folder, picamera2's fake, and the real picamera2 where `make test-camera` runs."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from camera_rigs import GREYS, CameraRig, fake_rig, folder_rig

from hotspot_kiosk.errors import CaptureCancelled, CaptureTimeout, DeviceLost
from hotspot_kiosk.kiosk.devices.port import SMALL_SIDE, Frame

VIRTUAL = "HOTSPOT_VIRTUAL_CAMERA" in os.environ


@pytest.fixture(params=["virtual"] if VIRTUAL else ["folder", "fake", "fake padded", "fake NV12"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CameraRig]:
    """Each camera in turn."""
    if request.param == "virtual":
        sys.path.insert(0, str(Path(__file__).parent / "camera"))
        from virtual import virtual_rig

        yield from virtual_rig()
    elif request.param == "folder":
        yield from folder_rig(tmp_path)
    else:
        padding = 64 if "padded" in request.param else 0
        yield from fake_rig(padding, "NV12" if "NV12" in request.param else "YUV420")


def next_frame(rig: CameraRig) -> Frame:
    """A frame in time; stands for a person who waits."""
    return rig.camera.frame(20)


def settled(rig: CameraRig, grey: int) -> np.ndarray:
    """The first whole picture, taken when all stands, that shows this grey."""
    rig.show(grey)
    for _ in range(200):
        with next_frame(rig) as frame:
            if frame.settled and abs(frame.small.mean() - grey) < 4:
                return frame.sample().pixels
    raise AssertionError(f"{grey} was never seen")


def exhaust(rig: CameraRig, timeout_s: float) -> None:
    """Take what was on its way already when the camera became quiet, and then wait in vain."""
    for _ in range(8):
        rig.camera.frame(timeout_s).release()


def lost(rig: CameraRig, ask: Callable[[], object] | None = None) -> str:
    """Why it is lost, after as many tries as that takes; asks for frames unless told otherwise."""
    for _ in range(100):
        try:
            ask() if ask else rig.camera.frame(0.5).release()
        except CaptureTimeout:
            continue
        except DeviceLost as error:
            return str(error)
    raise AssertionError("nobody noticed")


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_frame_shows_what_is_there(rig: CameraRig) -> None:
    """Small and whole picture are colour pictures of what is before the camera, the small one small."""
    rig.camera.open()
    for grey in GREYS:
        whole = settled(rig, grey)
        assert whole.dtype == np.uint8
        assert whole.shape[2] == 3
        assert max(whole.shape) > SMALL_SIDE
        assert np.abs(whole.astype(int) - grey).max() <= 6
    rig.show(GREYS[0])
    with next_frame(rig) as frame:
        height, width = frame.small.shape[:2]
        assert max(height, width) <= SMALL_SIDE
        assert width * whole.shape[0] == pytest.approx(height * whole.shape[1], rel=0.01)


def test_a_sample_outlives_its_frame(rig: CameraRig) -> None:
    """What was taken out of a frame stays when the frame and the camera are gone."""
    rig.camera.open()
    whole = settled(rig, GREYS[1])
    before = whole.copy()
    rig.show(GREYS[0])
    with next_frame(rig):
        rig.camera.close()
    assert np.array_equal(whole, before)


def test_no_frame_comes_twice(rig: CameraRig) -> None:
    """Without a new picture none is given again."""
    rig.show(GREYS[0])
    rig.camera.open()
    next_frame(rig).release()
    rig.quiet()
    with pytest.raises(CaptureTimeout):
        exhaust(rig, 0.1)


def test_a_frame_is_waited_for(rig: CameraRig) -> None:
    """A picture that comes while the camera is asked is given."""
    rig.camera.open()
    rig.quiet()
    timer = threading.Timer(0.2, rig.go_on)
    timer.start()
    next_frame(rig).release()
    timer.join()


def test_cancel_ends_a_frame(rig: CameraRig) -> None:
    """Another thread's cancel ends the wait; the next frame works."""
    rig.camera.open()
    rig.quiet()
    timer = threading.Timer(0.2, rig.camera.cancel)
    timer.start()
    with pytest.raises(CaptureCancelled):
        exhaust(rig, 60)
    timer.join()
    rig.go_on()
    next_frame(rig).release()


def test_a_cancel_outside_a_frame_is_forgotten(rig: CameraRig) -> None:
    """A cancel before `open` or between frames ends nothing later."""
    rig.camera.cancel()
    rig.camera.open()
    rig.camera.cancel()
    rig.show(GREYS[0])
    next_frame(rig).release()


def test_a_camera_that_goes_away_is_lost_and_found(rig: CameraRig) -> None:
    """A camera taken away is DeviceLost, while waiting and on `open`; when it is back it works again."""
    rig.camera.open()
    rig.take_away()
    assert lost(rig)
    rig.camera.close()
    for _ in range(3):
        with pytest.raises(DeviceLost):
            rig.camera.open()
    rig.bring_back()
    assert rig.camera.open() == "camera"
    rig.show(GREYS[0])
    next_frame(rig).release()


def test_a_check_takes_no_picture_away(rig: CameraRig) -> None:
    """While nobody asks, a camera is looked after as often as one likes; the next frame comes all the same."""
    rig.camera.open()
    rig.show(GREYS[0])
    for _ in range(8):
        rig.camera.check()
    next_frame(rig).release()


def test_a_loss_is_noticed_while_nobody_asks(rig: CameraRig) -> None:
    """Checks alone find out that a camera is gone; after `close` there is nothing to check."""
    rig.camera.open()
    rig.take_away()
    assert lost(rig, rig.camera.check)
    rig.camera.close()
    with pytest.raises(DeviceLost):
        rig.camera.check()
    rig.bring_back()


def test_a_closed_camera_gives_nothing(rig: CameraRig) -> None:
    """Before `open` and after `close` there is no frame; closing twice is fine; opening again works."""
    rig.show(GREYS[0])
    with pytest.raises(DeviceLost):
        rig.camera.frame(0)
    assert rig.camera.open() == "camera"
    rig.camera.close()
    rig.camera.close()
    with pytest.raises(DeviceLost):
        rig.camera.frame(0)
    rig.camera.open()
    rig.show(GREYS[1])
    next_frame(rig).release()


def test_waits_in_vain_cost_no_buffer(rig: CameraRig) -> None:
    """However often nobody comes, and whoever leaves early: afterwards pictures come as before."""
    rig.camera.open()
    rig.quiet()
    for _ in range(12):
        try:
            rig.camera.frame(0.01).release()
        except CaptureTimeout:
            continue
    rig.go_on()
    for _ in range(12):
        rig.show(GREYS[0])
        with next_frame(rig) as frame:
            frame.sample()


def test_opening_and_closing_leaves_nothing_behind(rig: CameraRig) -> None:
    """Threads and descriptors are as many as before."""
    counts = []
    for _ in range(4):
        rig.camera.open()
        rig.show(GREYS[0])
        next_frame(rig).release()
        rig.camera.close()
        counts.append((threading.active_count(), descriptors()))
    assert len(set(counts[1:])) == 1, counts


def test_a_wait_is_no_longer_than_asked(rig: CameraRig) -> None:
    """A frame that does not come is given up: these waits together are far from a minute."""
    rig.camera.open()
    rig.quiet()
    began = time.monotonic()
    for _ in range(3):
        try:
            rig.camera.frame(0.05).release()
        except CaptureTimeout:
            continue
    assert time.monotonic() - began < 60
    rig.go_on()
