"""Wrong PINs, counted on disk: after some of them nobody may try for a while, and for longer each time.

A try counts before it is judged, so that pulling the plug gives none for nothing; at a start every pause begins
anew, whatever the clock shows. A security key is never locked out: it cannot be guessed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import Refused

FREE = 3
FIRST_MS, MOST_MS = 30_000, 3_600_000
_decoder = msgspec.json.Decoder(dict[str, int])


class Lockouts:
    """Wrong tries by id. Any thread may call; `tried` and `passed` may raise StorageFailed."""

    def __init__(self, path: Path, now_ms: Callable[[], int]) -> None:
        self._path = path
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._wrong, self._before = _read(path)
        self._until = {name: now_ms() + pause_ms(count) for name, count in self._wrong.items()}

    def tried(self, name: str) -> None:
        """A try begins; it is on disk when this returns. Raises Refused during a pause."""
        with self._lock:
            left = self._until.get(name, 0) - self._now_ms()
            if left > 0:
                raise Refused(
                    f"too many wrong PINs: wait {-(-left // 1000)} seconds, or use your security key"
                )
            count = self._wrong.get(name, self._before) + 1
            self._keep({**self._wrong, name: count})
            self._until[name] = self._now_ms() + pause_ms(count)

    def passed(self, name: str) -> None:
        """The PIN was right."""
        with self._lock:
            self._keep({other: count for other, count in self._wrong.items() if other != name})
            self._until.pop(name, None)

    def _keep(self, wrong: dict[str, int]) -> None:
        files.replace(self._path, msgspec.json.encode(wrong))
        self._wrong = wrong


def pause_ms(wrong: int) -> int:
    """How long after so many wrong tries: none, then 30 s, doubled each time up to an hour."""
    return 0 if wrong < FREE else min(MOST_MS, FIRST_MS << min(wrong - FREE, 7))


def _read(path: Path) -> tuple[dict[str, int], int]:
    """What was counted; of a file that cannot be read: everybody is one wrong try away from a pause."""
    try:
        return _decoder.decode(path.read_bytes()), 0
    except FileNotFoundError:
        return {}, 0
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}, FREE - 1
