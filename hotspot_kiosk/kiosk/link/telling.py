"""Tells the hub what officers here found, one at a time, until its signed word comes for each.

What is under way when the link breaks goes again; the hub counts it once.
"""

from __future__ import annotations

import logging

from hotspot_kiosk import wire
from hotspot_kiosk.errors import Refused, StorageFailed
from hotspot_kiosk.kiosk.staff.findings import Findings
from hotspot_kiosk.seal import Trusted

log = logging.getLogger(__name__)
LOOK_MS, REPEAT_MS = 1_000, 60_000


class Telling:
    """One thread at a time; `now_ms` is the machine's own steady clock."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._look_ms = 0

    def came_up(self) -> None:
        """The link stands anew: what was under way may be lost."""
        self._look_ms = 0

    def next(self, now_ms: int) -> wire.Said | None:
        """What to send now, if anything. Raises nothing: a disk that does not work is asked again."""
        if now_ms < self._look_ms:
            return None
        try:
            untold = self._findings.untold()
        except StorageFailed as error:
            log.error("findings cannot be told yet: %s", error)
            self._look_ms = now_ms + REPEAT_MS
            return None
        self._look_ms = now_ms + (REPEAT_MS if untold else LOOK_MS)
        if not untold:
            return None
        return wire.Said(untold[0].tcn, untold[0].envelope)

    def noted(self, noted: wire.Noted, hub: Trusted) -> None:
        """The hub has it. Raises SealError, Refused if it is known or was never said, StorageFailed."""
        wire.verify_noted(noted, hub)
        if not self._findings.settle(noted.digest, noted.refused):
            raise Refused("the hub notes a finding that was settled or never made")
        if noted.refused:
            log.warning("%s: the hub does not count a finding: %s", noted.tcn, noted.refused)
        self._look_ms = 0
