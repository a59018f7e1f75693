"""How large a chunk may be and how many may be under way, from what the link has shown so far. Pure.

What is under way when a link breaks is sent again, and a person who comes meanwhile waits behind
it. So a window holds at most a share of what the link carries in its usual up-time, and at most a
few seconds' worth. Measured: 128 KB under way on a link of 150 KB an up-time never got through.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_CHUNK, MOST_CHUNK = 4 << 10, 8 << 10
LEAST_WINDOW, MOST_WINDOW = 2, 4
SHARE_OF_UP_TIME = 0.05
MOST_SECONDS = 4.0
NEWEST = 0.3
FAST_S, LARGEST_CHUNK = 0.008, 64 << 10  # a chunk may be larger than most where it is through in so long


@dataclass(slots=True)
class Pace:
    """Measures one link; times are milliseconds of one clock."""

    rate: float = 0.0
    up_ms: float = 0.0
    _came_up: int = 0
    _last_taken: int = 0
    _carried: bool = False

    def came_up(self, now_ms: int) -> None:
        """The link stands."""
        self._came_up = self._last_taken = now_ms
        self._carried = False

    def went_down(self, now_ms: int) -> None:
        """The link broke; how long it stood counts for the next one, if it carried anything at all."""
        if self._carried:
            self.up_ms = _mixed(self.up_ms, now_ms - self._came_up)

    def taken(self, size: int, sent_ms: int, now_ms: int) -> None:
        """A chunk of `size` bytes that was sent then is acknowledged now."""
        busy_ms = now_ms - max(sent_ms, self._last_taken)
        self._last_taken = now_ms
        self._carried = True
        self.rate = _mixed(self.rate, size * 1000 / max(busy_ms, 1))

    def window_bytes(self, now_ms: int) -> float:
        """Bytes that may be under way; the least while nothing has been measured."""
        if not self.rate:
            return LEAST_WINDOW * LEAST_CHUNK
        usual_ms = max(self.up_ms, now_ms - self._came_up) if self.up_ms else float("inf")
        seconds = min(SHARE_OF_UP_TIME * usual_ms / 1000, MOST_SECONDS)
        return self.rate * seconds

    def patience_ms(self, least_ms: int) -> int:
        """How long to wait for a reply before taking it for lost: a thin link needs its time."""
        return least_ms + (int(MOST_CHUNK * 1000 / self.rate) if self.rate else 0)

    def chunk(self, largest: int, now_ms: int) -> int:
        """Bytes of the next chunk, never more than `largest`, which the broker takes."""
        under_way = self.window_bytes(now_ms)
        usual = min(max(LEAST_CHUNK, int(under_way / LEAST_WINDOW)), MOST_CHUNK)
        quick = min(self.rate * FAST_S, under_way / MOST_WINDOW, LARGEST_CHUNK)
        return min(max(usual, int(quick)), largest)

    def window(self, now_ms: int) -> int:
        """How many chunks may be under way."""
        wanted = int(self.window_bytes(now_ms) / MOST_CHUNK)
        return max(LEAST_WINDOW, min(wanted, MOST_WINDOW))


def _mixed(old: float, new: float) -> float:
    return new if not old else (1 - NEWEST) * old + NEWEST * new
