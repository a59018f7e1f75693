"""Each camera there is, with the hand that moves what it sees, for the contract's test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fake_picamera2 import World
from PIL import Image

from hotspot_kiosk.kiosk.devices import folder
from hotspot_kiosk.kiosk.devices.picamera import Options, PiCamera
from hotspot_kiosk.kiosk.devices.port import Camera

GREYS = (60, 200)


@dataclass
class CameraRig:
    """A camera that is not yet open. What it sees is a plain surface.

    show: let it see this grey. quiet: no new pictures until `go_on`. take_away and bring_back: the cable.
    """

    camera: Camera
    show: Callable[[int], None]
    quiet: Callable[[], None]
    go_on: Callable[[], None]
    take_away: Callable[[], None]
    bring_back: Callable[[], None]


def nothing() -> None:
    """Where there is nothing to do."""


def folder_rig(tmp_path: Path) -> Iterator[CameraRig]:
    """Pictures that appear in a folder; it is quiet by itself."""
    pictures, away = tmp_path / "pictures", tmp_path / "away"
    pictures.mkdir()
    camera = folder.build(folder.Options(path=pictures, name="camera"))
    shown: list[int] = []

    def show(grey: int) -> None:
        shown.append(grey)
        fresh = pictures / ".fresh.tmp"
        Image.new("RGB", (1280, 720), (grey, grey, grey)).save(fresh, format="PNG")
        fresh.replace(pictures / f"{len(shown):04}.png")

    yield CameraRig(
        camera,
        show,
        nothing,
        lambda: show(GREYS[0]),
        lambda: (pictures.rename(away), None)[1],
        lambda: (away.rename(pictures), None)[1],
    )
    camera.close()


def fake_rig(padding: int, pixel_format: str) -> Iterator[CameraRig]:
    """The driver over picamera2's fake."""
    world = World()
    world.padding, world.format = padding, pixel_format
    known = list(world.cameras)
    camera = PiCamera(Options(name="camera", lens_position=1.4), world.library(), stall_s=0.5)

    def bring_back() -> None:
        world.cameras = known

    yield CameraRig(
        camera,
        lambda grey: setattr(world, "grey", grey),
        world.halt,
        world.flowing.set,
        lambda: setattr(world, "cameras", []),
        bring_back,
    )
    world.flowing.set()
    camera.close()
    assert (world.opened, world.out) == (0, 0)
