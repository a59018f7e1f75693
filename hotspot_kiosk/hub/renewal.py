"""Issues link certificates to kiosks that prove themselves with their own keys.

Whoever is admitted gets its next certificate, even long after the last one ended; nobody else gets
anything. Needs the device CA's key, which is why that CA can sign kiosks only for the broker.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from queue import SimpleQueue

from hotspot_kiosk import renewal, wire
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import BadBytes, LinkDown, SealError
from hotspot_kiosk.seal import PrivateKeys, PublicKeys
from hotspot_kiosk.transports.port import Arrived, LinkEvent, Transport

log = logging.getLogger(__name__)


class Issuer:
    """Answers requests. `admitted` gives a kiosk's keys, or None for one that is not (or no more)."""

    def __init__(
        self,
        authority: certificates.Identity,
        own: PrivateKeys,
        admitted: Callable[[int], PublicKeys | None],
        now: Callable[[], datetime],
        days: int = 365,
    ) -> None:
        self._authority = authority
        self._own = own
        self._admitted = admitted
        self._now = now
        self._days = days
        self._last: dict[int, tuple[bytes, bytes]] = {}
        self.ignored: Counter[str] = Counter()

    def take(self, topic: str, payload: bytes) -> tuple[str, bytes] | None:
        """Topic and message of the answer; None, and counted, for what proves nothing."""
        try:
            device = wire.device_of(topic)
            return renewal.down_topic(device), self._answer(device, renewal.read_ask(payload))
        except (BadBytes, SealError) as error:
            self.ignored[str(error)] += 1
            log.warning("a renewal was ignored: %s", error)
            return None

    def _answer(self, device: int, message: renewal.Ask) -> bytes:
        keys = self._admitted(device)
        if keys is None or message.device != device:
            raise BadBytes(f"device {device} is not admitted or sent another's request")
        renewal.verify_ask(message, keys)
        request, answer = self._last.get(device, (b"", b""))
        if request != message.request:
            term = certificates.Term(self._now(), self._days)
            certificate = certificates.renew(self._authority, message.request, device, term)
            answer = renewal.issue(certificate, message.request, self._own)
            self._last[device] = message.request, answer
            log.info("device %d has its link certificate renewed", device)
        return answer


class Desk:
    """An issuer behind a link of its own, in a thread of its own.

    `name`: a client id that nobody can guess, for on this broker anybody may connect.
    """

    def __init__(self, issuer: Issuer, transport: Transport, name: str) -> None:
        self._name = name
        self._issuer = issuer
        self._transport = transport
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="renewal")

    def open(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._transport.open(self._name, [renewal.UP_FILTER], self._events.put)

    def close(self) -> None:
        """Stop."""
        self._transport.close()
        self._events.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            answer = self._issuer.take(event.topic, event.payload) if isinstance(event, Arrived) else None
            if answer is not None:
                self._say(*answer)

    def _say(self, topic: str, payload: bytes) -> None:
        try:
            self._transport.publish(topic, payload)
        except LinkDown:
            log.info("a renewal's answer waits until the kiosk asks again")
