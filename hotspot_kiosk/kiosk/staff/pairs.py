"""Pictures side by side at a kiosk: asked of the hub for one officer, in memory for minutes, gone once they decided.

Nothing of it is written to a disk. Who asked sees them; another officer asks for themselves.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal

from hotspot_kiosk import pair, seal, wire
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.terms import Tcn

REPEAT_MS, KEEP_MS = 60_000, 300_000
MOST = 16
Key = tuple[Tcn, str, str]
Which = Literal["theirs", "ours"]
GONE = "these pictures are not here any more; ask for them again"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one officer asked for. ends_ms: when it is forgotten; due_ms: when it goes (again)."""

    envelope: bytes = field(repr=False)
    ends_ms: int
    due_ms: int = 0
    pair: pair.Pair | None = field(default=None, repr=False)

    @property
    def stands(self) -> Literal["asked", "here", "refused"]:
        """How it stands."""
        if self.pair is None:
            return "asked"
        return "refused" if self.pair.refused else "here"


class Pairs:
    """All that is asked for and here. Any thread may call."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place, self._clock = place, clock
        self._lock = threading.Lock()
        self._wanted: dict[Key, Wanted] = {}

    def ask(self, tcn: Tcn, reference: str, officer: str) -> None:
        """Ask the hub with the next link. Raises Refused if too much is asked for at once."""
        wish = pair.Wish(reference, officer, self._clock.stamp().wall.timestamp())
        hub = self._place.trust.ring.newest
        envelope = seal.seal(pair.encode(wish), tcn, "view", hub, self._place.own)
        with self._lock:
            self._forget_old()
            if len(self._wanted) >= MOST:
                raise Refused("too many pictures are looked at here now; decide about one first")
            self._wanted[tcn, reference, officer] = Wanted(envelope, self._clock.now_ms() + KEEP_MS)

    def came_up(self) -> None:
        """The link stands anew: what was under way may be lost."""
        with self._lock:
            self._wanted = {key: replace(each, due_ms=0) for key, each in self._wanted.items()}

    def next(self, now_ms: int) -> wire.View | None:
        """What to send now, if anything."""
        with self._lock:
            self._forget_old()
            for key, each in self._wanted.items():
                if each.pair is None and now_ms >= each.due_ms:
                    self._wanted[key] = replace(each, due_ms=now_ms + REPEAT_MS)
                    return wire.View(key[0], each.envelope)
        return None

    def take(self, viewed: wire.Viewed, hub: seal.Trusted) -> None:
        """The hub's pair. Raises BadBytes, SealError, Refused if nobody waits for it."""
        if seal.peek(viewed.envelope).content != "pair" or seal.peek(viewed.envelope).tcn != viewed.tcn:
            raise Refused("the hub sends pictures as something else")
        found = pair.decode_pair(seal.open_envelope(viewed.envelope, hub, self._place.own))
        with self._lock:
            self._forget_old()
            for key, each in self._wanted.items():
                if key[0] == viewed.tcn and sha256(each.envelope).digest() == found.asked:
                    self._wanted[key] = replace(each, pair=found, ends_ms=self._clock.now_ms() + KEEP_MS)
                    return
        raise Refused("the hub sends pictures that nobody waits for")

    def find(self, tcn: Tcn, reference: str, officer: str) -> Wanted | None:
        """What this officer asked for, if it is not forgotten."""
        with self._lock:
            self._forget_old()
            return self._wanted.get((tcn, reference, officer))

    def picture(self, tcn: Tcn, reference: str, officer: str, which: Which) -> bytes:
        """One of the two, a JPEG file. Raises Refused."""
        wanted = self.find(tcn, reference, officer)
        found = getattr(wanted.pair, which) if wanted is not None and wanted.pair is not None else b""
        if not found:
            raise Refused(GONE)
        return bytes(found)

    def wipe(self, officer: str, tcn: Tcn | None = None) -> None:
        """This officer has decided about that record, or signed out."""
        with self._lock:
            self._wanted = {
                key: each
                for key, each in self._wanted.items()
                if key[2] != officer or (tcn is not None and key[0] != tcn)
            }

    def _forget_old(self) -> None:
        now_ms = self._clock.now_ms()
        self._wanted = {key: each for key, each in self._wanted.items() if now_ms < each.ends_ms}
