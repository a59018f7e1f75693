"""What this process holds: memory, threads, descriptors, and whether any of it grows.

It looks only, at moments its caller calls quiet.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MIB = 1 << 20
WARM_UP = 0.25  # of the looks: caches fill, libraries settle


@dataclass(frozen=True, slots=True)
class Look:
    """One look, `at_h` hours after the start; `kib` is the memory in use."""

    at_h: float
    kib: float
    threads: int
    descriptors: int


@dataclass(slots=True)
class Vitals:
    """Looks at this process, oldest first."""

    looks: list[Look] = field(default_factory=list)

    def look(self, at_h: float) -> None:
        """Look now."""
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        kib = pages * os.sysconf("SC_PAGE_SIZE") / 1024
        descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - one of them is this listing's own
        self.looks.append(Look(at_h, kib, threading.active_count(), descriptors))

    def mib_an_hour(self) -> float:
        """How memory grows after the warm-up: the slope of a line through the looks."""
        looks = self._settled()
        hours = np.array([look.at_h for look in looks])
        if len(looks) < 3 or not np.ptp(hours):
            return 0.0
        return float(np.polyfit(hours, [look.kib / 1024 for look in looks], 1)[0])

    def gained(self) -> tuple[int, int]:
        """Threads and descriptors at the last look over those at the first."""
        first, last = self.looks[0], self.looks[-1]
        return last.threads - first.threads, last.descriptors - first.descriptors

    def _settled(self) -> list[Look]:
        return self.looks[int(WARM_UP * len(self.looks)) :]
