"""A FAP-45 or FAP-60 USB sensor's place behind the port `FingerSensor`. No such sensor works yet.

Their libraries are proprietary, one a processor and a maker, and none may be shipped here. This file
refuses to start, in a sentence, and says what a maker's driver must do; it never gives an image.

A driver for a real one is a file of its own beside this one, with `Options` and `build`, that
  - loads the maker's library for this machine (the appliance is aarch64) and checks its licence in
    `open`: ConfigError if either is missing, DeviceLost if no device is plugged in;
  - tells in its grade what the device delivers, not what the class promises; `fap` only for a
    model on the FBI's certified products list (EBTS Appendix F for FAP 45 and 60);
  - gives native pixels: uint8 grey, 256 levels, 500 ppi +-1 %, neither scaled nor enhanced;
  - cuts an image of several fingers into one sample a finger (ANSI/NIST-ITL 1, Type-14), keeps those not
    yet asked for until the next `open` or `cancel`, and refuses a cut it is not sure of with BadSample;
  - calls the library from the one thread that owns the device, with a time limit on every call;
    a library that can hang needs a process of its own.
Nothing else of the kiosk changes: a larger image goes the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.kiosk.devices.port import FingerSensor
from hotspot_kiosk.terms import SensorGrade

GREY_LEVELS = 256
PPI, TOLERANCE = 500, 5  # +-1 %


@dataclass(frozen=True, slots=True)
class Area:
    """The least capture area of a class, in inches. Source: NIST SP 500-280, FAP levels."""

    width: float
    height: float


AREAS = {45: Area(1.6, 1.5), 50: Area(2.5, 1.5), 60: Area(3.2, 3.0)}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sensor's part of the configuration: which maker and model, and of what class."""

    model: str
    fap: Literal[45, 50, 60] = 45


def build(options: Options) -> FingerSensor:
    """Raises ConfigError: no maker's library is part of this software."""
    raise ConfigError(
        f"[finger] there is no driver for the FAP-{options.fap} sensor {options.model!r} in this software: its"
        " maker's library is proprietary. Write one beside fap_usb.py (which says how), or use uart_finger"
    )


def check_grade(grade: SensorGrade) -> None:
    """For a maker's driver: raises ConfigError if a grade does not earn the FAP that it claims."""
    area = AREAS.get(grade.fap or 0)
    if area is None:
        raise ConfigError(
            f"{grade.device} claims FAP {grade.fap}; the classes are {', '.join(map(str, AREAS))}"
        )
    if abs(grade.ppi - PPI) > TOLERANCE or grade.grey_levels < GREY_LEVELS:
        raise ConfigError(
            f"FAP {grade.fap} asks for {PPI} ppi and {GREY_LEVELS} grey levels of {grade.device}"
        )
    if grade.width < area.width * grade.ppi or grade.height < area.height * grade.ppi:
        raise ConfigError(f"FAP {grade.fap} asks for {area.width} x {area.height} inches of {grade.device}")
