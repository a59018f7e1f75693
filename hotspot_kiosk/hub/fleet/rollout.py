"""A rollout's waves, as values: who is invited by now, and whether it has to stop. Touches nothing.

The first wave is the canary share. The next begins when every kiosk of the one before is done, or its time is over
and somebody of it was confirmed. Failures above the stated share stop it, and so does a wave that confirms nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import msgspec

from hotspot_kiosk.fleet import BAD, FINAL, Outcome

GROWTH = 3  # each wave is so many times as large as all before it


class Rollout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is rolled out to whom. canary, most_failed: percent; wave_ms: how long a wave is waited for."""

    id: str
    version: str
    url: str
    manifest: str
    devices: tuple[int, ...]
    floor: str = "0"
    canary: int = 5
    most_failed: int = 5
    wave_ms: int = 24 * 3600 * 1000
    opens: int = 0
    closes: int = 0
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.devices or len(set(self.devices)) < len(self.devices):
            raise ValueError("devices must name different kiosks, at least one")
        if not 1 <= self.canary <= 100 or not 0 <= self.most_failed < 100 or self.wave_ms < 1:
            raise ValueError(
                "canary is 1 to 100 percent, most_failed 0 to 99, a wave's time more than nothing"
            )

    def waves(self) -> tuple[tuple[int, ...], ...]:
        """The devices, wave by wave."""
        waves, at = [], 0
        size = max(1, ceil(len(self.devices) * self.canary / 100))
        while at < len(self.devices):
            waves.append(self.devices[at : at + size])
            at += size
            size = at * GROWTH
        return tuple(waves)


@dataclass(frozen=True, slots=True)
class Standing:
    """invited: so many waves are. halt: why it has to stop; empty if not. done: nothing is left to do."""

    invited: int
    halt: str = ""
    done: bool = False


def standing(
    rollout: Rollout, opened_ms: Sequence[int], outcomes: Mapping[int, Outcome], now_ms: int
) -> Standing:
    """How it stands; `opened_ms`: when each wave that was invited was, so that its length is how many were."""
    waves, count = rollout.waves(), len(opened_ms)
    if not count:
        return Standing(1)
    asked = [device for wave in waves[:count] for device in wave]
    if why := _halt(rollout, asked, outcomes):
        return Standing(count, why)
    latest = waves[count - 1]
    finished = all(outcomes.get(device) in FINAL for device in latest)
    over = now_ms - opened_ms[-1] >= rollout.wave_ms
    if not finished and not over:
        return Standing(count)
    if not any(outcomes.get(device) is Outcome.CONFIRMED for device in latest):
        return Standing(count, f"no kiosk of wave {count} confirmed the update")
    return Standing(min(count + 1, len(waves)), done=count == len(waves))


def _halt(rollout: Rollout, asked: Sequence[int], outcomes: Mapping[int, Outcome]) -> str:
    """Failures among all that were asked, so that one of two hundred does not stop it, but one canary of ten does."""
    failed = sum(outcomes.get(device) in BAD for device in asked)
    if 100 * failed <= rollout.most_failed * len(asked):
        return ""
    return f"{failed} of {len(asked)} kiosks failed, more than {rollout.most_failed} %"
