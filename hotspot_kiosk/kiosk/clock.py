"""The kiosk's clocks: wall time and whether to trust it, time since boot, which boot this is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotspot_kiosk.terms import EARLIEST, ClockStamp

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


class Clock:
    """Reads the machine's clocks. A wall clock before this software was written is never trusted."""

    def __init__(
        self,
        boot_id: Path = BOOT_ID,
        synchronised: Path = SYNCHRONISED,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.boot_id = boot_id.read_text("ascii").strip() if boot_id.exists() else "unknown"
        self._synchronised = synchronised
        self._wall = wall
        self._learned: tuple[datetime, int] | None = None

    def now_ms(self) -> int:
        """Milliseconds since boot, sleeping included; comparable within one boot only."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def stamp(self) -> ClockStamp:
        """This moment by all clocks; by the hub's time, counted on since, if the own is not trusted."""
        wall, now_ms = self._wall(), self.now_ms()
        if self._trusted(wall):
            return ClockStamp(self.boot_id, now_ms, wall, True)
        if self._learned is not None:
            told, at_ms = self._learned
            return ClockStamp(self.boot_id, now_ms, told + timedelta(milliseconds=now_ms - at_ms), True)
        return ClockStamp(self.boot_id, now_ms, wall, False)

    def now(self) -> tuple[datetime, bool]:
        """The wall clock's time, and whether to trust it."""
        stamp = self.stamp()
        return stamp.wall, stamp.trusted

    def learn(self, told: datetime, asked_ms: int) -> None:
        """The hub told its time, signed, some time after `asked_ms`: half the way is taken off."""
        now_ms = self.now_ms()
        self._learned = (told, (asked_ms + now_ms) // 2)

    def _trusted(self, wall: datetime) -> bool:
        return wall >= EARLIEST and self._synchronised.exists()
