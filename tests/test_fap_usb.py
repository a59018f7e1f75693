"""The place of a FAP-45/60 sensor: honest that none works yet, and strict about what a grade claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotspot_kiosk.config import build_variant
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.kiosk.devices.fap_usb import check_grade
from hotspot_kiosk.terms import SensorGrade


def test_it_refuses_to_start_and_says_why(tmp_path: Path) -> None:
    """A config that names it ends in a sentence with the model, the reason and what to do."""
    section = {"driver": "fap_usb", "model": "Any 60", "fap": 60}
    with pytest.raises(ConfigError, match=r"FAP-60 sensor 'Any 60'.*proprietary.*Write one"):
        build_variant("hotspot_kiosk.kiosk.devices", "finger", section, tmp_path)


@pytest.mark.parametrize(
    ("fap", "width", "height"), [(45, 800, 750), (50, 1250, 750), (60, 1600, 1500)], ids=str
)
def test_a_grade_that_earns_its_class(fap: int, width: int, height: int) -> None:
    """The least area of each class at 500 ppi passes; a pixel less does not."""
    check_grade(SensorGrade("x", width, height, 500, 256, fap))
    for less in ((width - 1, height), (width, height - 1)):
        with pytest.raises(ConfigError, match="inches"):
            check_grade(SensorGrade("x", *less, 500, 256, fap))


@pytest.mark.parametrize(
    ("ppi", "levels", "fap"), [(508, 256, 45), (500, 16, 45), (500, 256, 30), (500, 256, None)]
)
def test_a_grade_that_claims_too_much(ppi: int, levels: int, fap: int | None) -> None:
    """Another resolution, fewer grey levels, or no such class: refused."""
    with pytest.raises(ConfigError, match="FAP"):
        check_grade(SensorGrade("x", 1600, 1500, ppi, levels, fap))
