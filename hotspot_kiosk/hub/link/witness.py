"""The hub as witness of its kiosks' journals: keeps what they signed, says so, raises the alarm.

A kiosk sends one word at a time and waits for the answer, so a word that lies before the last one,
and was never heard, means that its journal went backwards.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from hotspot_kiosk import wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Anchor, Deed
from hotspot_kiosk.hub.storage.store import AnchorStore, Noted
from hotspot_kiosk.seal import PrivateKeys, Trusted

log = logging.getLogger(__name__)


class Witness:
    """One thread at a time. `alarms`: what is wrong with which kiosk's journal, and how often it was seen."""

    def __init__(
        self, anchors: AnchorStore, journal: Journal, own: PrivateKeys, now: Callable[[], datetime]
    ) -> None:
        self._anchors = anchors
        self._journal = journal
        self._own = own
        self._now = now
        self.alarms: Counter[str] = Counter()

    def take(self, device: int, reached: wire.Reached, kiosk: Trusted) -> wire.Witness:
        """Keep a kiosk's word; the answer carries the hub's own. Raises SealError if it did not sign it."""
        wire.verify_reached(reached, device, kiosk)
        anchor = Anchor(device, reached.number, reached.digest.hex())
        found = self._anchors.note(anchor, reached.minors, self._now())
        if found is Noted.NEW:
            self._journal.write(Deed.ANCHORED, "hub", f"device/{device}", _words(anchor))
        elif found is not Noted.KNOWN:
            self._alarm(anchor, found)
        head = self._journal.head()
        return wire.sign_witness(device, reached.number, head.number, bytes.fromhex(head.digest), self._own)

    def _alarm(self, anchor: Anchor, found: Noted) -> None:
        text = f"device {anchor.owner}: {found} (entry {anchor.number}); export it there and verify it with --anchors"
        log.error("alarm: %s", text)
        self.alarms[text] += 1
        self._journal.write(Deed.TAMPERED, "hub", f"device/{anchor.owner}", f"{found}: {_words(anchor)}")


def _words(anchor: Anchor) -> str:
    return f"entry {anchor.number}, sha256 {anchor.digest}"
