"""Answers new kiosks that ask over the link: kept, waits, refused, or the grant. Decides nothing about anybody.

Whoever comes here proved nothing but that they hold the keys which they name, so nothing but a file of a few kilobytes follows.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from hotspot_kiosk import fleet, provisioning
from hotspot_kiosk.errors import BadBytes, HotspotError
from hotspot_kiosk.hub.provision.admitting import Admission
from hotspot_kiosk.hub.provision.waiting import State, WaitingRoom
from hotspot_kiosk.seal import PrivateKeys

log = logging.getLogger(__name__)
WITHDRAWN = "it was withdrawn"


class Answering:
    """`take` is one message. is_out: whether a number was withdrawn. ignored: what proved nothing, and how often."""

    def __init__(
        self,
        room: WaitingRoom,
        admission: Admission,
        own: PrivateKeys,
        now: Callable[[], datetime],
        is_out: Callable[[int], bool],
    ) -> None:
        self._room, self._admission, self._own = room, admission, own
        self._now, self._is_out = now, is_out
        self.ignored: Counter[str] = Counter()

    def take(self, topic: str, payload: bytes) -> tuple[str, bytes] | None:
        """Topic and message of the answer; None, and counted, for what proves nothing."""
        try:
            code = provisioning.code_of(provisioning.read_ask(payload))
            if topic != provisioning.up_topic(code):
                raise BadBytes("a new kiosk's request came under another code")
            _, answer = self.answer(payload)
        except HotspotError as error:
            if not self.ignored[str(error)]:
                log.warning("a new kiosk is not heard: %s", error)
            self.ignored[str(error)] += 1
            return None
        return provisioning.down_topic(code), answer

    def answer(self, payload: bytes) -> tuple[str, bytes]:
        """The code of a request, and what it is answered now. Raises BadBytes, SealError, Refused or StorageFailed."""
        code = provisioning.code_of(provisioning.read_ask(payload))
        known = self._room.take(code, payload, fleet.as_ms(self._now()))
        if known.state is not State.ACCEPTED:
            return code, provisioning.tell(code, known.reason, self._own)
        if self._is_out(known.device):
            return code, provisioning.tell(code, WITHDRAWN, self._own)
        self._admission.complete(known)
        return code, known.answer
