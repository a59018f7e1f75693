"""How long one turn at the camera goes on, and when its advice is said. Pure, but for what it remembers."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. wait_s: for any picture; absent_s: until somebody is seen; patience_s: for one who is.

    turns_s: so long nobody hears that they are not seen: who was just asked to look is still turning.
    stands_s: so long an advice stands before another one takes its place: time to read it, though pictures differ.
    """

    wait_s: float
    patience_s: float = 4.0
    absent_s: float = 10.0
    turns_s: float = 2.0
    stands_s: float = 1.0


class Wait:
    """One turn. `ends`: when it is over, in the clock's seconds."""

    def __init__(self, limits: Limits, now: float) -> None:
        self.ends = now + limits.wait_s
        self._limits, self._began, self._there = limits, now, False
        self._advice, self._since = "", -math.inf

    def tells(self, seen: bool, now: float) -> bool:
        """A picture is not good enough, with or without somebody in it; whether its advice is said."""
        if seen and not self._there:
            self._there, self.ends = True, now + self._limits.patience_s
        elif not self._there:
            self.ends = min(self.ends, self._began + self._limits.absent_s)
        return self._there or now - self._began > self._limits.turns_s

    def steady(self, advice: str, now: float) -> str:
        """What to advise now: the same as before until that has stood for a while."""
        if advice != self._advice and now - self._since >= self._limits.stands_s:
            self._advice, self._since = advice, now
        return self._advice
