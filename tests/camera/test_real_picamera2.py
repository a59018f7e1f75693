"""What only the real picamera2 can show, with its virtual camera; the contract's test runs beside it."""

from __future__ import annotations

import gc
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

pytest.importorskip(
    "libcamera", reason="no libcamera on this machine: `make test-camera` runs this in a root of its own"
)
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from virtual import VirtualPicamera2, library  # noqa: E402

from hotspot_kiosk.errors import DeviceLost, WrongDevice  # noqa: E402
from hotspot_kiosk.kiosk.devices.picamera import Options, PiCamera, installed  # noqa: E402


def descriptors() -> int:
    """How many this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_camera_that_comes_up_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """libcamera looked around when there was none; the driver lets it look again."""
    plugged = library()
    monkeypatch.setenv("LIBCAMERA_PIPELINES_MATCH_LIST", "none")
    VirtualPicamera2._cm.reset()
    camera = PiCamera(Options(), plugged)
    with pytest.raises(DeviceLost, match="no camera 0 is seen"):
        camera.open()
    monkeypatch.delenv("LIBCAMERA_PIPELINES_MATCH_LIST")
    camera.open()
    camera.frame(20).release()
    camera.close()


def test_the_versions_are_those_that_were_promised() -> None:
    """picamera2 is the pinned one, libcamera 0.7 or newer, and the driver finds both by itself."""
    assert version("picamera2") == "0.3.38"
    library()
    properties = VirtualPicamera2.global_camera_info()
    assert [camera["Model"] for camera in properties] == ["virtual"]
    packages = Path("/var/lib/dpkg/status").read_text("utf-8").split("\n\n")
    (ours,) = (package for package in packages if package.startswith("Package: python3-libcamera\n"))
    (line,) = (line for line in ours.splitlines() if line.startswith("Version: "))
    assert tuple(int(part) for part in line.split()[1].split("-")[0].split(".")[:2]) >= (0, 7)
    assert installed().camera.__module__.startswith("picamera2")


def test_memory_that_is_refused_says_which_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to the heap: the remedy, time and again, and not a descriptor lost."""
    library_ = library()
    monkeypatch.setenv("HOTSPOT_NO_DMA_HEAP", "1")
    counts = []
    for _ in range(12):
        with pytest.raises(DeviceLost, match="group video"):
            PiCamera(Options(), library_).open()
        counts.append(descriptors())
    assert counts[-1] <= counts[2] + 2, counts
    monkeypatch.delenv("HOTSPOT_NO_DMA_HEAP")
    camera = PiCamera(Options(), library_)
    camera.open()
    camera.frame(20).release()
    camera.close()


def test_a_focus_that_this_camera_has_not_is_refused() -> None:
    """The driver reads libcamera's own list of controls, and leaves the camera as it was."""
    for _ in range(3):
        with pytest.raises(WrongDevice, match="no focus motor"):
            PiCamera(Options(lens_position=1.4), library()).open()
    camera = PiCamera(Options(), library())
    camera.open()
    camera.close()


def test_a_frame_given_back_after_the_end_is_no_trouble() -> None:
    """A camera may be closed while a frame of its own is held."""
    camera = PiCamera(Options(), library())
    camera.open()
    frame = camera.frame(20)
    camera.close()
    frame.release()
    with pytest.raises(DeviceLost, match="cannot be read"):
        frame.sample()
    camera.open()
    camera.frame(20).release()
    camera.close()


def test_a_camera_in_use_is_said() -> None:
    """Whoever comes second is told why; the first goes on, and when it ends the second has the camera."""
    first, second = PiCamera(Options(), library()), PiCamera(Options(), library())
    first.open()
    for _ in range(3):
        with pytest.raises(DeviceLost, match="in use by another program"):
            second.open()
    first.frame(20).release()
    first.close()
    second.open()
    second.frame(20).release()
    second.close()


def test_a_closed_camera_holds_nothing() -> None:
    """The camera's memory is back when `close` returns, not when Python gets to it."""
    camera = PiCamera(Options(), library())
    camera.open()
    camera.close()
    gc.collect()
    before = descriptors()
    camera.open()
    camera.frame(20).release()
    camera.close()
    assert descriptors() <= before
