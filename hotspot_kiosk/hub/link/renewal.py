"""Issues link certificates to kiosks that prove themselves with their own keys.

Whoever is admitted gets its next certificate, even long after the last one ended; a kiosk that was
withdrawn is told so, nobody else hears anything. Needs the device CA's key, which is why that CA
can sign kiosks only for the broker.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import msgspec

from hotspot_kiosk import files, provisioning, renewal, wire
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import BadBytes, LinkDown, SealError, StorageFailed
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.seal import PrivateKeys, PublicKeys
from hotspot_kiosk.transports.port import Arrived, LinkEvent, Transport

log = logging.getLogger(__name__)
STRANGER = "it is not admitted; its public key has to be copied to the hub"
WITHDRAWN = "it was withdrawn"


class Answered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one kiosk was issued: the digests of its requests, oldest first, and the last one's answer.

    serials: of its certificates, for a withdrawal.
    """

    requests: tuple[bytes, ...] = ()
    answer: bytes = b""
    serials: tuple[str, ...] = ()


class Register:
    """Which requests were answered, a file a kiosk: an old one played again gets nothing."""

    def __init__(self, folder: Path) -> None:
        """Raises StorageFailed."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(f"{folder} cannot be made: {error.strerror}") from None

    def of(self, device: int) -> Answered:
        """What this kiosk was issued. Raises StorageFailed."""
        path = self._path(device)
        if not path.exists():
            return Answered()
        try:
            return msgspec.json.decode(files.read(path), type=Answered)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StorageFailed(f"{path} is damaged; move it away to let device {device} renew") from None

    def add(self, device: int, digest: bytes, answer: bytes, serial: int) -> None:
        """This request is answered with this, a certificate of this serial number. Raises StorageFailed."""
        known = self.of(device)
        earlier = tuple(each for each in known.requests if each != digest)
        fresh = Answered((*earlier, digest), answer, (*known.serials, str(serial)))
        files.replace(self._path(device), msgspec.json.encode(fresh))

    def _path(self, device: int) -> Path:
        return self._folder / f"{device}.json"


class Issuer:
    """Answers requests. `admitted` gives a kiosk's keys, or None for one that is not (or no more)."""

    def __init__(
        self,
        authority: certificates.Identity,
        own: PrivateKeys,
        admitted: Callable[[int], PublicKeys | None],
        register: Register,
        now: Callable[[], datetime],
        *,
        book: OrderBook | None = None,
        days: int = 365,
    ) -> None:
        self._authority = authority
        self._own = own
        self._admitted = admitted
        self._register = register
        self._now = now
        self._book = book
        self._days = days
        self.ignored: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()

    def take(self, topic: str, payload: bytes) -> tuple[str, bytes] | None:
        """Topic and message of the answer; None, and counted, for what proves nothing."""
        try:
            device = wire.device_of(topic)
            return renewal.down_topic(device), self._answer(device, renewal.read_ask(payload))
        except (BadBytes, SealError, StorageFailed) as error:
            self._count(str(error))
            return None

    def _answer(self, device: int, message: renewal.Ask) -> bytes:
        if message.device != device:
            raise BadBytes(f"a renewal came as device {device} and is another's")
        keys = self._admitted(device)
        if keys is None:
            return self._deny(device, STRANGER, message)
        renewal.verify_ask(message, keys)
        if self._book is not None and self._book.withdrawn(device):
            return self._deny(device, WITHDRAWN, message)
        return self._known(device, message) or self._issue(device, message)

    def _known(self, device: int, message: renewal.Ask) -> bytes | None:
        """The same answer for the same request, as long as it is of use; nothing for an older one."""
        digest = hashlib.sha256(message.request).digest()
        known = self._register.of(device)
        if digest not in known.requests:
            return None
        if digest != known.requests[-1]:
            raise BadBytes(
                f"a renewal of device {device} was answered before and has been followed by another"
            )
        self.repeated["a renewal that is answered"] += 1
        issued = renewal.read_answer(known.answer, message.request, self._own.public())
        if isinstance(issued, renewal.Denied) or self._now() >= certificates.lasts(issued)[1]:
            return None
        return known.answer

    def _issue(self, device: int, message: renewal.Ask) -> bytes:
        term = certificates.Term(self._now(), self._days)
        certificate = certificates.renew(self._authority, message.request, device, term)
        answer = renewal.issue(certificate, message.request, self._own)
        digest, serial = hashlib.sha256(message.request).digest(), certificates.serial(certificate)
        self._register.add(device, digest, answer, serial)
        log.info("device %d has its link certificate renewed", device)
        return answer

    def _deny(self, device: int, why: str, message: renewal.Ask) -> bytes:
        """Signed, so that the officers there learn why; with the orders that it could not hear otherwise."""
        self._count(f"a renewal for device {device} was denied: {why}")
        orders = self._book.waiting(device) if self._book is not None else ()
        return renewal.deny(why, [wire.encode(order) for order in orders], message.request, self._own)

    def _count(self, why: str) -> None:
        if not self.ignored[why]:
            log.warning("a renewal was not followed: %s", why)
        self.ignored[why] += 1


class Taker(Protocol):
    """What answers one message of the listener that asks for no certificate. ignored: what it did not believe."""

    ignored: Counter[str]

    def take(self, topic: str, payload: bytes) -> tuple[str, bytes] | None:
        """Topic and message of the answer, if there is one."""


class Desk:
    """Who answers those without a certificate, behind a link of its own, in a thread of its own.

    issuer: of renewals; newcomers: of new kiosks. `name`: a client id that nobody can guess, for on this broker
    anybody may connect. Workers that name the same `share` divide the requests among them.
    """

    def __init__(
        self, issuer: Issuer, transport: Transport, name: str, share: str = "", newcomers: Taker | None = None
    ) -> None:
        self.issuer, self.newcomers = issuer, newcomers
        self._name = name
        filters = [renewal.UP_FILTER, *([provisioning.UP_FILTER] if newcomers else [])]
        self._topics = [f"$share/{share}/{each}" if share else each for each in filters]
        self._transport = transport
        self._events: SimpleQueue[LinkEvent | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="renewal")

    def open(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._transport.open(self._name, self._topics, self._events.put)

    def close(self) -> None:
        """Stop."""
        self._transport.close()
        self._events.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (event := self._events.get()) is not None:
            answer = self._answer(event) if isinstance(event, Arrived) else None
            if answer is not None:
                self._say(*answer)

    def _answer(self, event: Arrived) -> tuple[str, bytes] | None:
        if self.newcomers is not None and event.topic.startswith(provisioning.UP_FILTER[:-1]):
            return self.newcomers.take(event.topic, event.payload)
        return self.issuer.take(event.topic, event.payload)

    def _say(self, topic: str, payload: bytes) -> None:
        try:
            self._transport.publish(topic, payload)
        except LinkDown:
            log.info("a renewal's answer waits until the kiosk asks again")
