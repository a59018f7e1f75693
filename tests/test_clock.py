"""The kiosk's clocks: which boot, how long since, and whether the wall clock is believed."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.terms import EARLIEST


@pytest.fixture
def synchronised(tmp_path: Path) -> Path:
    """The mark that the time came from outside."""
    mark = tmp_path / "synchronized"
    mark.touch()
    return mark


def clock(mark: Path, wall: datetime) -> Clock:
    """A clock whose wall shows that time."""
    return Clock(synchronised=mark, wall=lambda: wall)


def test_a_synchronised_clock_is_trusted(synchronised: Path) -> None:
    """From the day this software was written on, a synchronised clock is believed."""
    stamp = clock(synchronised, EARLIEST).stamp()
    assert (stamp.wall, stamp.trusted) == (EARLIEST, True)


def test_a_clock_before_its_software_is_never_trusted(synchronised: Path) -> None:
    """A clock that shows a time before the software existed is wrong, whatever the mark says."""
    assert not clock(synchronised, EARLIEST - timedelta(microseconds=1)).stamp().trusted


def test_a_clock_nobody_set_is_not_trusted(tmp_path: Path) -> None:
    """Without the mark the wall clock is not believed, until the mark comes."""
    mark = tmp_path / "synchronized"
    late = clock(mark, EARLIEST + timedelta(days=9))
    assert not late.stamp().trusted
    mark.touch()
    assert late.stamp().trusted


def test_the_boot_is_named(tmp_path: Path) -> None:
    """The boot's name is the file's text without its line end; two starts differ, one does not."""
    file = tmp_path / "boot_id"
    file.write_text("b3f1\n")
    assert Clock(boot_id=file).stamp().boot_id == "b3f1"
    assert Clock().boot_id == Clock().boot_id != ""


def test_a_machine_without_a_boot_name_still_has_a_clock(tmp_path: Path) -> None:
    """Where the kernel gives no name the stamp says so."""
    assert Clock(boot_id=tmp_path / "none").stamp().boot_id == "unknown"


def test_time_since_boot_counts_milliseconds_and_never_back() -> None:
    """It advances with the machine's own clock, in milliseconds."""
    reads = Clock()
    before, slept = reads.now_ms(), 0.05
    time.sleep(slept)
    assert reads.now_ms() - before >= 50
    assert reads.stamp().monotonic_ms >= before


def test_the_wall_is_told_in_utc() -> None:
    """The real wall clock's stamp carries its zone."""
    assert Clock().stamp().wall.tzinfo is UTC
