"""Asks for this kiosk's next link certificate, and gets one even after the last has ended.

The new key is on disk before it is asked for, certificate and key are replaced together in one
step, and nothing is replaced but by the hub's signature. When to ask: `upkeep`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from hotspot_kiosk import files, renewal
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import BadBytes, LinkDown, Refused, SealError
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp, Transport

LEFT_OF_TERM = 1 / 3
LISTEN_S = 0.25
PENDING = ".pending"
KEY_BEGINS = b"-----BEGIN PRIVATE KEY-----"


class Denied(Refused):
    """The hub gives this kiosk no certificate; `orders` are what it has to obey instead."""

    def __init__(self, denied: renewal.Denied) -> None:
        super().__init__(denied.reason)
        self.orders = denied.orders


class Renewal:
    """The link certificate's pair of files, and what is asked for its successor.

    The certificate's file holds certificate and key together, so that one rename replaces both;
    name it as `certificate` and as `key` in [link]. `ignored`: answers that proved nothing.
    """

    def __init__(self, pair: Path, device: int, own: PrivateKeys) -> None:
        self._pair = pair
        self._pending = pair.with_suffix(PENDING)
        self._device = device
        self._own = own
        self._stop = threading.Event()
        self.ignored: Counter[str] = Counter()

    def due(self, now: datetime) -> bool:
        """Whether a third of the term, or less, is left. Raises BadBytes or StorageFailed."""
        begins, ends = certificates.lasts(files.read(self._pair))
        return now >= ends - (ends - begins) * LEFT_OF_TERM

    def ended(self, now: datetime) -> bool:
        """Whether nothing is left of the term. Raises BadBytes or StorageFailed."""
        return now >= certificates.lasts(files.read(self._pair))[1]

    def stop(self) -> None:
        """Give up a `renew` under way; any thread may call this."""
        self._stop.set()

    def renew(self, transport: Transport, hub: Trusted, timeout_s: float) -> bool:
        """Ask, wait, replace; False if no answer came in time. Raises Denied or StorageFailed.

        `transport` leads to the listener that asks for no certificate; it is opened and closed here.
        """
        request, key = self._asked()
        events: SimpleQueue[LinkEvent] = SimpleQueue()
        transport.open(secrets.token_hex(8), [renewal.down_topic(self._device)], events.put)
        try:
            certificate = self._answer(events, transport, (request, key), hub, time.monotonic() + timeout_s)
        finally:
            transport.close()
        if certificate is None:
            return False
        files.replace(self._pair, certificate + key)
        self._pending.unlink()
        return True

    def _answer(
        self,
        events: SimpleQueue[LinkEvent],
        transport: Transport,
        asked: tuple[bytes, bytes],
        hub: Trusted,
        ends: float,
    ) -> bytes | None:
        message = renewal.ask(self._device, asked[0], self._own)
        while (left := ends - time.monotonic()) > 0 and not self._stop.is_set():
            try:
                event = events.get(timeout=min(left, LISTEN_S))
                if isinstance(event, LinkUp):
                    transport.publish(renewal.up_topic(self._device), message)
            except (Empty, LinkDown):
                continue
            if isinstance(event, Arrived) and (found := self._believed(event.payload, asked, hub)):
                return found
        return None

    def _believed(self, payload: bytes, asked: tuple[bytes, bytes], hub: Trusted) -> bytes | None:
        """The certificate in an answer, if the hub signed it for this request and this kiosk."""
        request, key = asked
        try:
            answer = renewal.read_answer(payload, request, hub)
            if isinstance(answer, renewal.Denied):
                raise Denied(answer)
            certificates.check(answer, key, self._device)
        except (BadBytes, SealError) as error:
            self.ignored[str(error)] += 1
            return None
        return answer

    def _asked(self) -> tuple[bytes, bytes]:
        """The request under way, or a new one: the same key until it is answered."""
        if not self._pending.exists():
            made = certificates.make_request()
            files.replace(self._pending, made.certificate + made.key)
        request, begin, key = files.read(self._pending).partition(KEY_BEGINS)
        return request, begin + key
