"""Tells the hub how far this kiosk's journal reaches, and writes down how far the hub's does.

Each is the other's witness: a kiosk's journal that was cut or changed no longer fits what the hub
kept, and a hub's no longer fits what its kiosks' journals say. One word is under way at a time, and the
next goes only once the hub has answered it: an older word that comes later proves a journal went back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from hotspot_kiosk import files, wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, Refused, StorageFailed
from hotspot_kiosk.seal import PrivateKeys, Trusted

log = logging.getLogger(__name__)
EVERY = 64  # entries, while the link stands; when it comes up one that the hub has not witnessed is enough
LOOK_MS = 10_000
REPEAT_MS = 120_000


class Minors:
    """How many people were refused for their age since this kiosk was set up; a number in a file, no more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.count = _read(path)

    def add(self) -> None:
        """One more. A disk that does not take it is logged: it is counted until the next start."""
        self.count += 1
        try:
            files.replace(self._path, f"{self.count}\n".encode())
        except StorageFailed as error:
            log.warning("the number of minors is not written down: %s", error)


class Anchoring:
    """One thread at a time; `now_ms` is the machine's own steady clock."""

    def __init__(self, device: int, own: PrivateKeys, journal: Journal, minors: Callable[[], int]) -> None:
        self._device = device
        self._own = own
        self._journal = journal
        self._minors = minors
        self._pending: wire.Reached | None = None
        self._reached = 0
        self._fresh = False
        self._look_ms = 0

    def came_up(self) -> None:
        """The link stands anew: what was under way may be lost."""
        self._fresh, self._look_ms = True, 0

    def next(self, now_ms: int) -> wire.Reached | None:
        """What to send now, if anything."""
        if now_ms < self._look_ms:
            return None
        self._look_ms = now_ms + (REPEAT_MS if self._pending else LOOK_MS)
        if self._pending is None:
            self._pending = self._word()
            self._look_ms = now_ms + (REPEAT_MS if self._pending else LOOK_MS)
        self._fresh = False
        return self._pending

    def witnessed(self, witness: wire.Witness, hub: Trusted) -> None:
        """The hub has it. Raises SealError, or Refused if it answers nothing that is under way."""
        wire.verify_witness(witness, self._device, hub)
        if self._pending is None or witness.number != self._pending.number:
            raise Refused("the hub is witness of something that nobody sent")
        self._reached, self._pending, self._look_ms = witness.number, None, 0
        try:
            self._journal.write(
                Deed.ANCHORED, "hub", f"hub/{witness.hub_number}", f"sha256 {witness.hub_digest.hex()}"
            )
        except (StorageFailed, BadBytes) as error:
            log.error("the journal: %s", error)

    def _word(self) -> wire.Reached | None:
        try:
            head = self._journal.head()
        except (StorageFailed, BadBytes) as error:
            log.error("the journal cannot be anchored: %s", error)
            return None
        least = 2 if self._fresh else EVERY  # the line about the last witness needs none itself
        if head.number - self._reached < least:
            return None
        return wire.sign_reached(
            self._device, head.number, bytes.fromhex(head.digest), self._minors(), self._own
        )


def _read(path: Path) -> int:
    try:
        return int(path.read_text("ascii"))
    except FileNotFoundError:
        return 0
    except (OSError, ValueError):
        log.error("%s cannot be read: minors are counted anew", path)
        return 0
