"""Exposure and white balance: found, then left alone, then found again in another light."""

from __future__ import annotations

from typing import Any

import pytest

from hotspot_kiosk.kiosk.devices.picamera_exposure import (
    CHANGED,
    MEASURE,
    MOST,
    STEADY,
    Exposure,
    Stage,
    step,
)

FOUND = {
    "AeState": 2,
    "ExposureTime": 9000,
    "AnalogueGain": 1.5,
    "ColourGains": (2.0, 1.5),
    "Lux": 400.0,
    "FocusFoM": 700,
}
FIXED = {
    "AeEnable": False,
    "AwbEnable": False,
    "ExposureTime": 9000,
    "AnalogueGain": 1.5,
    "ColourGains": (2.0, 1.5),
}


def after(frames: int, metadata: dict[str, Any], state: Exposure | None = None) -> tuple[Exposure, list[Any]]:
    """The state after so many equal frames, and every change that was asked for."""
    state, changes = state or Exposure(), []
    for _ in range(frames):
        state, change = step(state, metadata)
        changes += [change] if change else []
    return state, changes


@pytest.mark.parametrize("said", [{"AeState": 2}, {"AeLocked": True}], ids=["AeState", "AeLocked"])
def test_found_light_is_written_back(said: dict[str, Any]) -> None:
    """Once enough frames agree, exactly what they were taken with is fixed, once; older libcameras, too."""
    metadata = {key: value for key, value in FOUND.items() if key != "AeState"} | said
    first, none = after(STEADY, metadata)
    assert (first.stage, none) == (Stage.MEASURING, [])
    state, changes = after(STEADY + 1 + 20, metadata)
    assert (state.stage, changes) == (Stage.LOCKED, [FIXED])
    assert state.settled


def test_colours_that_still_move_are_waited_for() -> None:
    """A metering that converged is not enough while the white balance drifts."""
    state = Exposure()
    for frame in range(3 * STEADY):
        state, change = step(state, FOUND | {"ColourGains": (1.0 + 0.1 * frame, 1.5)})
        assert change == {}
    assert not state.settled


def test_a_search_is_interrupted_by_one_doubtful_frame() -> None:
    """Frames that agree must come in a row."""
    state, _ = after(STEADY, FOUND)
    state, _ = step(state, FOUND | {"AeState": 1})
    state, changes = after(STEADY - 1, FOUND, state)
    assert (state.settled, changes) == (False, [])


def test_a_light_that_is_never_found_is_taken_as_it_is() -> None:
    """A search has an end: flickering light must not keep people waiting."""
    state, changes = after(MOST, FOUND | {"AeState": 1})
    assert (state.stage, changes) == (Stage.LOCKED, [FIXED])


@pytest.mark.parametrize("lux", [100.0, 1700.0])
def test_another_light_is_measured_anew(lux: float) -> None:
    """Much less or much more light, for some frames, unlocks; then it is found and fixed again."""
    state, _ = after(STEADY + 1, FOUND)
    still, none = after(CHANGED - 1, FOUND | {"Lux": lux}, state)
    assert (still.stage, none) == (Stage.LOCKED, [])
    state, changes = after(CHANGED, FOUND | {"Lux": lux}, state)
    assert (state.stage, changes) == (Stage.MEASURING, [dict(MEASURE)])
    state, changes = after(STEADY + 1, FOUND | {"Lux": lux, "ExposureTime": 20_000}, state)
    assert changes == [FIXED | {"ExposureTime": 20_000}]


@pytest.mark.parametrize("lux", [250.0, 750.0, None])
def test_a_little_more_or_less_is_left_alone(lux: float | None) -> None:
    """A cloud, a coat, or a camera that does not say: nothing changes."""
    state, _ = after(STEADY + 1, FOUND)
    assert after(50, FOUND | {"Lux": lux}, state) == (state, [])


def test_a_passing_flash_is_left_alone() -> None:
    """Light that changes back at once does not unlock."""
    state, _ = after(STEADY + 1, FOUND)
    for _ in range(5):
        state, first = after(CHANGED - 1, FOUND | {"Lux": 9000.0}, state)
        state, second = after(1, FOUND, state)
        assert first + second == []


def test_darkness_is_one_light() -> None:
    """Nearly no light and half of that are the same."""
    state, _ = after(STEADY + 1, FOUND | {"Lux": 0.4})
    assert after(50, FOUND | {"Lux": 0.01}, state)[1] == []


def test_a_camera_that_measures_nothing_stands() -> None:
    """Without a word about metering there is nothing to wait for and nothing to set."""
    state, changes = after(10, {"SensorTimestamp": 1})
    assert (state.stage, state.settled, changes) == (Stage.NONE, True, [])
