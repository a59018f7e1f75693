"""The Pi camera's part of the configuration, and what it comes to in libcamera's words. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from hotspot_kiosk.errors import WrongDevice
from hotspot_kiosk.kiosk.devices.picamera_exposure import MEASURE
from hotspot_kiosk.kiosk.devices.picamera_planes import TURNS

log = logging.getLogger(__name__)
WHOLE, SMALL = (2304, 1296), (640, 360)
FRAME_US = 33_333
LENS_REACHED = 0.1  # dioptres


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The camera's part of the configuration.

    number: which camera, as `rpicam-hello --list-cameras` counts. model: its sensor's name (imx708); another one
    is refused. rotation: degrees clockwise by which the picture must be turned to stand upright. lens_position:
    dioptres, 1 / metres to the face; a camera with a focus motor needs it. flicker_hz: the mains, 50 or 60; 0 off.
    """

    number: int = 0
    model: str = ""
    rotation: int = 0
    lens_position: float | None = None
    flicker_hz: int = 50
    name: str = "picamera"

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("number must be 0 or more")
        if self.rotation not in (0, *TURNS):
            raise ValueError("rotation must be 0, 90, 180 or 270")
        if self.lens_position is not None and not 0 <= self.lens_position <= 15:
            raise ValueError("lens_position must be 0 (far away) to 15 dioptres; 1.4 is 0.7 m")
        if self.flicker_hz not in (0, 50, 60):
            raise ValueError("flicker_hz must be 50, 60 or 0")


def controls(options: Options, offered: Mapping[str, Any]) -> dict[str, Any]:
    """What is set from the start, as far as this camera has it. Raises WrongDevice if the focus does not fit."""
    wanted: dict[str, Any] = {"FrameDurationLimits": (FRAME_US, FRAME_US), **MEASURE}
    if options.flicker_hz:
        wanted |= {"AeFlickerMode": 1, "AeFlickerPeriod": 1_000_000 // (2 * options.flicker_hz)}
    if ("LensPosition" in offered) != (options.lens_position is not None):
        raise WrongDevice(
            "the camera has a focus motor: set lens_position in [camera], 1 / metres to the face (1.4 for 0.7 m)"
            if "LensPosition" in offered
            else "the camera has no focus motor: remove lens_position from [camera]"
        )
    if options.lens_position is not None:
        wanted |= {"AfMode": 0, "LensPosition": options.lens_position}
    if missing := sorted(set(wanted) - set(offered)):
        log.info("the camera has no %s", ", ".join(missing))
    return {key: value for key, value in wanted.items() if key in offered}


def in_focus(wanted: float | None, metadata: Mapping[str, Any]) -> bool:
    """Whether the lens has arrived; a camera that does not say has none to move."""
    reached = metadata.get("LensPosition")
    return wanted is None or reached is None or abs(float(reached) - wanted) <= LENS_REACHED
