"""What processes say on their pipes: what a kiosk acknowledged, what its officer saw, what fate did.

That is the truth that everything is compared with. An acknowledgement is stamped after `put`
returned. One that is not older than a power cut raced it: the officer may or may not have seen it,
so nothing is asked of it.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

Key = tuple[str, str]


class Voice:
    """A process's end of its pipe; any of its threads may speak."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """One line; it is heard even if the process is killed the next moment."""
        with self._lock:
            self._pipe.send_bytes(line.encode("ascii"))


@dataclass(slots=True)
class Ledger:
    """Acknowledged parts of one outbox: (TCN, part) to the SHA-256 of the plaintext, in hex.

    shown: SHA-256 of every answer that the officer saw, by TCN. fates: what befell messages and clocks.
    """

    acknowledged: dict[Key, str] = field(default_factory=dict)
    settling: set[Key] = field(default_factory=set)
    shown: dict[str, set[str]] = field(default_factory=dict)
    fates: Counter[str] = field(default_factory=Counter)
    raced: int = 0
    given_twice: int = 0
    refused: int = 0
    _fresh: list[tuple[int, Key, str]] = field(default_factory=list)

    def drain(self, pipe: Connection) -> None:
        """Take in whatever the process said up to now, or up to its end."""
        try:
            while pipe.poll():
                self._hear(pipe.recv_bytes().decode("ascii"))
        except (EOFError, OSError):
            return

    def settle(self, cut_ns: int | None = None) -> None:
        """Believe what was said; with a power cut, only what was said before it."""
        for stamp, key, digest in self._fresh:
            if cut_ns is not None and stamp >= cut_ns:
                self.raced += 1
                continue
            if self.acknowledged.setdefault(key, digest) != digest:
                self.given_twice += 1
        self._fresh.clear()

    def _hear(self, line: str) -> None:
        word, *rest = line.split()
        if word == "stored":
            stamp, tcn, part, digest = rest
            self._fresh.append((int(stamp), (tcn, part), digest))
        elif word == "settling":
            self.settling.add((rest[0], rest[1]))
        elif word == "shown":
            self.shown.setdefault(rest[0], set()).add(rest[1])
        elif word == "fate":
            self.fates[rest[0]] += 1
        else:
            self.refused += 1
