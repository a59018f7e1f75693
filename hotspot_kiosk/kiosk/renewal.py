"""Keeps this kiosk's link certificate fresh, and gets a new one even after the last has ended.

While there is none that the broker takes, the kiosk goes on capturing: records are sealed and kept,
only the link waits. The new key is on disk before it is asked for, the pair is replaced in one
step each, and nothing is replaced but by the hub's signature.
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from hotspot_kiosk import renewal
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import LinkDown, StorageFailed
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.transports.port import Arrived, LinkEvent, LinkUp, Transport

LEFT_OF_TERM = 1 / 3
KEY_BEGINS = b"-----BEGIN PRIVATE KEY-----"


class Renewal:
    """The link certificate's pair of files, and what is asked for its successor.

    The certificate's file holds certificate and key together, so that one rename replaces both;
    name it as `certificate` and as `key` in [link].
    """

    def __init__(self, pair: Path, device: int, own: PrivateKeys) -> None:
        self._pair = pair
        self._pending = pair.with_suffix(".pending")
        self._device = device
        self._own = own

    def due(self, now: datetime) -> bool:
        """Whether a third of the term, or less, is left. Raises BadBytes or StorageFailed."""
        begins, ends = certificates.lasts(_read(self._pair))
        return now >= ends - (ends - begins) * LEFT_OF_TERM

    def renew(self, transport: Transport, hub: Trusted, timeout_s: float) -> bool:
        """Ask, wait, replace; False if no answer came. Raises BadBytes, SealError or StorageFailed.

        `transport` leads to the listener that asks for no certificate; it is opened and closed here.
        """
        request, key = self._asked()
        events: SimpleQueue[LinkEvent] = SimpleQueue()
        transport.open(secrets.token_hex(8), [renewal.down_topic(self._device)], events.put)
        try:
            answer = self._answer(events, transport, request, timeout_s)
        finally:
            transport.close()
        if answer is None:
            return False
        certificate = renewal.read_issued(answer, request, hub)
        certificates.check(certificate, key, self._device)
        _replace(self._pair, certificate + key)
        self._pending.unlink()
        return True

    def _answer(
        self, events: SimpleQueue[LinkEvent], transport: Transport, request: bytes, timeout_s: float
    ) -> bytes | None:
        while True:
            try:
                event = events.get(timeout=timeout_s)
                if isinstance(event, LinkUp):
                    message = renewal.ask(self._device, request, self._own)
                    transport.publish(renewal.up_topic(self._device), message)
            except (Empty, LinkDown):
                return None
            if isinstance(event, Arrived):
                return event.payload

    def _asked(self) -> tuple[bytes, bytes]:
        """The request under way, or a new one: the same key until it is answered."""
        if not self._pending.exists():
            made = certificates.make_request()
            _replace(self._pending, made.certificate + made.key)
        request, begin, key = _read(self._pending).partition(KEY_BEGINS)
        return request, begin + key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror}") from None


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}") from None
