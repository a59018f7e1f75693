"""When the camera's exposure and white balance are left alone, and when they are measured anew. Pure.

A camera that goes on measuring makes faces lighter and darker while they are compared. So it measures
until it has found the light, then what it found is written back as fixed values; much more or much less
light begins it again. Names are libcamera's controls and metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

STEADY = 5  # frames in a row that must call the light found
MOST = 90  # frames after which what was found so far is taken: three seconds
CHANGED = 5  # frames in a row that must see another light
MUCH = 2.0  # how many times more or less light is another light
DARK_LUX = 1.0  # below this, more or less makes no difference
SAME_COLOUR = 0.02  # colour gains that differ by less, from frame to frame, have settled
AE_CONVERGED = 2  # libcamera's AeStateConverged
MEASURE: Mapping[str, Any] = {"AeEnable": True, "AwbEnable": True}

Metadata = Mapping[str, Any]


class Stage(StrEnum):
    """Where the metering stands."""

    MEASURING = "measuring"
    LOCKED = "locked"
    NONE = "this camera measures nothing"


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is known of the light. `frames` since measuring began; `streak` of them that agree, in a row."""

    stage: Stage = Stage.MEASURING
    frames: int = 0
    streak: int = 0
    gains: tuple[float, float] | None = None
    lux: float | None = None

    @property
    def settled(self) -> bool:
        """Whether the next frame is exposed as the last."""
        return self.stage is not Stage.MEASURING


def step(state: Exposure, metadata: Metadata) -> tuple[Exposure, dict[str, Any]]:
    """The next state after a frame, and the controls to set, mostly none."""
    if state.stage is Stage.MEASURING:
        return _measure(state, metadata)
    if state.stage is Stage.LOCKED:
        return _watch(state, metadata)
    return state, {}


def _measure(state: Exposure, metadata: Metadata) -> tuple[Exposure, dict[str, Any]]:
    found = _converged(metadata)
    if found is None:
        return Exposure(Stage.NONE), {}
    gains = metadata.get("ColourGains")
    streak = state.streak + 1 if found and _same(state.gains, gains) else 0
    state = replace(state, frames=state.frames + 1, streak=streak, gains=gains)
    if streak < STEADY and state.frames < MOST:
        return state, {}
    return Exposure(Stage.LOCKED, gains=gains, lux=metadata.get("Lux")), _fixed(metadata)


def _watch(state: Exposure, metadata: Metadata) -> tuple[Exposure, dict[str, Any]]:
    if not _another(state.lux, metadata.get("Lux")):
        return replace(state, streak=0), {}
    if state.streak + 1 < CHANGED:
        return replace(state, streak=state.streak + 1), {}
    return Exposure(), dict(MEASURE)


def _converged(metadata: Metadata) -> bool | None:
    """Whether the light was found; None if this camera does not say. `AeLocked` is libcamera's older word."""
    if "AeState" in metadata:
        return int(metadata["AeState"]) == AE_CONVERGED
    return bool(metadata["AeLocked"]) if "AeLocked" in metadata else None


def _same(before: tuple[float, float] | None, now: tuple[float, float] | None) -> bool:
    if before is None or now is None:
        return before is now
    return all(abs(b - n) <= SAME_COLOUR * b for b, n in zip(before, now, strict=True))


def _another(then: float | None, now: float | None) -> bool:
    if then is None or now is None:
        return False
    low, high = sorted((max(then, DARK_LUX), max(now, DARK_LUX)))
    return high > MUCH * low


def _fixed(metadata: Metadata) -> dict[str, Any]:
    """Exactly what this frame was taken with."""
    known = ("ExposureTime", "AnalogueGain", "ColourGains")
    return {"AeEnable": False, "AwbEnable": False} | {key: metadata[key] for key in known if key in metadata}
