"""Asks the hub for this kiosk's number, again and again, until a person there has decided. Holds no secret.

The listener asks for no certificate, so nothing that comes is believed before the hub's signature is checked.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from queue import Empty, SimpleQueue

from hotspot_kiosk import provisioning
from hotspot_kiosk.errors import BadBytes, LinkDown, Refused, SealError
from hotspot_kiosk.kiosk.provision.first import First
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkLost, LinkUp, Transport

log = logging.getLogger(__name__)
AGAIN_S = 10.0
LISTEN_S = 0.25


class Asking:
    """`run` asks until the grant is here, or `stop`. ignored: answers that proved nothing."""

    def __init__(self, first: First, transport: Transport, again_s: float = AGAIN_S) -> None:
        self._first, self._transport, self._again_s = first, transport, again_s
        self._stop = threading.Event()
        self.ignored: Counter[str] = Counter()

    def stop(self) -> None:
        """Give up; any thread may call this."""
        self._stop.set()

    def run(self) -> bool:
        """Whether the grant is here. Raises Refused with the hub's reason, or StorageFailed."""
        code, events = self._first.code, SimpleQueue[LinkEvent]()
        self._transport.open(secrets.token_hex(8), [provisioning.down_topic(code)], events.put)
        try:
            return self._listen(code, events)
        finally:
            self._transport.close()

    def _listen(self, code: str, events: SimpleQueue[LinkEvent]) -> bool:
        again = float("inf")
        while not self._stop.is_set() and not self._first.answered:
            try:
                event = events.get(timeout=LISTEN_S)
            except Empty:
                event = None
            if isinstance(event, Arrived):
                self._hear(event.payload)
            elif isinstance(event, LinkLost):
                again = float("inf")
            if isinstance(event, LinkUp) or time.monotonic() >= again:
                again = time.monotonic() + self._again_s
                self._ask(code)
        return self._first.answered

    def _ask(self, code: str) -> None:
        try:
            self._transport.publish(provisioning.up_topic(code), self._first.request())
        except LinkDown:
            return

    def _hear(self, payload: bytes) -> None:
        try:
            refused = self._first.hear(payload)
        except (BadBytes, SealError) as error:
            if not self.ignored[str(error)]:
                log.warning("an answer is not believed: %s", error)
            self.ignored[str(error)] += 1
            return
        if refused:
            raise Refused(
                f"the hub refused this kiosk: {refused}. To ask with new keys: hotspot kiosk provision --anew"
            )
