"""The soak in its short form, and that it would notice what it looks for."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hotspot_kiosk.torture import soak
from hotspot_kiosk.torture.vitals import Look, Vitals

PROGRAM = "from hotspot_kiosk.cli.soak import command; command()"


def test_the_short_soak() -> None:
    """Some minutes of the sensor's day with random faults: no wrong image, all recovered, nothing leaks.

    In a process of its own: threads and descriptors are counted, and other tests have theirs.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--minutes", "0.1", "--seed", "1", "--hours", "0.05"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[1],
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["touches"]
    assert figures["faults"]


@pytest.mark.parametrize("name", ["wrong", "unrecovered", "threads_gained", "descriptors_gained"])
def test_each_failure_counts(name: str) -> None:
    """One wrong image, one fault that stays, one leaked thread or descriptor fails the soak."""
    figures: dict[str, object] = dict.fromkeys(
        ("wrong", "unrecovered", "threads_gained", "descriptors_gained"), 0
    )
    figures |= {"mib_an_hour": 0.0, "touches": 9}
    assert not soak.failed(figures)
    assert soak.failed(figures | {name: 1})


@pytest.mark.parametrize("wrong", [{"touches": 0}, {"slowest_recovery_s": 61.0}])
def test_a_soak_of_nothing_or_of_endless_recovery_fails(wrong: dict[str, object]) -> None:
    """A fault must be over within a minute, and something must have been done."""
    names = ("wrong", "unrecovered", "threads_gained", "descriptors_gained")
    figures: dict[str, object] = {**dict.fromkeys(names, 0), "mib_an_hour": 0.0, "touches": 9}
    assert not soak.failed(figures)
    assert soak.failed(figures | wrong)


def test_memory_that_grows_counts() -> None:
    """More than the allowed growth fails a soak of many hours; a short one says nothing of memory."""
    figures: dict[str, object] = dict.fromkeys(
        ("wrong", "unrecovered", "threads_gained", "descriptors_gained"), 0
    ) | {"touches": 9}
    assert soak.failed(figures | {"mib_an_hour": 5.1, "hours": 8})
    assert not soak.failed(figures | {"mib_an_hour": 5.1, "hours": 0.1})


def test_growth_is_a_slope_after_the_warm_up() -> None:
    """Memory that jumps at first and then grows by three MiB an hour grows by three."""
    vitals = Vitals([Look(0.0, 0, 1, 1)])
    vitals.looks += [Look(hour, 1024 * (100 + 3 * hour), 1, 1) for hour in range(1, 9)]
    assert vitals.mib_an_hour() == pytest.approx(3.0)


def test_threads_and_descriptors_that_stay_are_counted(tmp_path: Path) -> None:
    """A thread and an open file more than at the first look are a gain of one each."""
    vitals, stop = Vitals(), threading.Event()
    vitals.look(0)
    thread = threading.Thread(target=stop.wait)
    thread.start()
    with (tmp_path / "file").open("wb"):
        vitals.look(1)
    stop.set()
    thread.join()
    assert vitals.gained() == (1, 1)


def test_minutes_that_do_not_suffice_simulate_fewer_hours() -> None:
    """Eight hours asked of three seconds: what is told is what the fastest line could work off."""
    figures = soak.run(minutes=0.05, seed=2, say=lambda _said: None, hours=8)
    assert figures["hours"] == pytest.approx(0.05 * soak.FASTEST_LINE / 60)
