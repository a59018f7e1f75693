"""The real picamera2 over the real libcamera, whose virtual pipeline plays pictures. Runs in the camera's root only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import libcamera
import picamera2
from camera_rigs import GREYS, CameraRig
from picamera2.allocators import LibcameraAllocator
from PIL import Image

from hotspot_kiosk.kiosk.devices.picamera import Library, Options, PiCamera

PICTURES = Path("/pictures")


class VirtualPicamera2(picamera2.Picamera2):
    """Picamera2 on a camera without raw modes, whose buffers are made by libcamera. `away`: it is unplugged."""

    away: ClassVar[bool] = False
    last: ClassVar[Any] = None

    @staticmethod
    def global_camera_info() -> list[Any]:
        """What is plugged in."""
        return [] if VirtualPicamera2.away else picamera2.Picamera2.global_camera_info()

    def __init__(self, camera_num: int = 0) -> None:
        super().__init__(camera_num)
        self.allocator = LibcameraAllocator(self.camera)
        VirtualPicamera2.last = self

    def _get_raw_modes(self) -> list[dict[str, Any]]:
        """One mode, that of its pictures: this pipeline knows no role Raw."""
        stream = self.camera.generate_configuration([libcamera.StreamRole.VideoRecording]).at(0)
        return [{"format": str(stream.pixel_format), "size": (stream.size.width, stream.size.height)}]


def library() -> Library:
    """For the driver; before libcamera is asked for cameras, there must be pictures."""
    for number, grey in enumerate(GREYS):
        # libcamera passes a JPEG's luminance on as it is; the driver asks for BT.601's limited range.
        luminance = 16 + round(grey * 219 / 255)
        Image.new("RGB", (2304, 1296), (luminance, luminance, luminance)).save(
            PICTURES / f"{number}.jpg", quality=95
        )
    return Library(VirtualPicamera2, libcamera.ColorSpace.Smpte170m())


class Gate:
    """picamera2's door for completed requests, held shut or not."""

    def __init__(self) -> None:
        self._door = VirtualPicamera2._cm._lock
        self._shut = False

    def shut(self) -> None:
        """Whatever libcamera completes waits outside."""
        self._shut = self._shut or self._door.acquire()

    def open(self) -> None:
        """It comes in."""
        if self._shut:
            self._shut = False
            self._door.release()


def virtual_rig() -> Iterator[CameraRig]:
    """It plays all greys for ever. Quiet: what libcamera completes is not passed on. Away: it completes nothing."""
    camera = PiCamera(Options(name="camera", model="virtual"), library(), stall_s=0.5)
    gate = Gate()

    def take_away() -> None:
        VirtualPicamera2.last.camera.stop()
        VirtualPicamera2.away = True

    def bring_back() -> None:
        VirtualPicamera2.away = False

    yield CameraRig(camera, lambda _grey: None, gate.shut, gate.open, take_away, bring_back)
    gate.open()
    bring_back()
    camera.close()
    VirtualPicamera2.last = None
