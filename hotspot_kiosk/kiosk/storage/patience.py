"""When to try again what a disk would not take: soon at first, then less and less often. Pure.

A try that works does not make the next failure's pause short at once: a disk that comes and goes is
tried no more often than one that stays away.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_MS, MOST_MS = 1_000, 60_000
CALM_MS = 120_000


@dataclass(slots=True)
class Patience:
    """Times are milliseconds of one clock that never goes back."""

    waiting: bool = False
    pause_ms: int = 0
    _until_ms: int = 0
    _worked_ms: int | None = None

    def failed(self, now_ms: int) -> int:
        """It did not work: how long to wait, in milliseconds; each pause is twice the one before."""
        calm = self._worked_ms is not None and now_ms - self._worked_ms >= CALM_MS
        self.pause_ms = LEAST_MS if calm or not self.pause_ms else min(2 * self.pause_ms, MOST_MS)
        self._until_ms = now_ms + self.pause_ms
        self._worked_ms = None
        self.waiting = True
        return self.pause_ms

    def due(self, now_ms: int) -> bool:
        """Whether it is time to try again."""
        return self.waiting and now_ms >= self._until_ms

    def worked(self, now_ms: int) -> None:
        """It works again."""
        self.waiting = False
        self._worked_ms = now_ms
