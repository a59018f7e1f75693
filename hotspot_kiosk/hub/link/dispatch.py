"""A signed operation on its way to its kiosks: checked against what the hub knows, then an order to each.

The hub knows an operation before any kiosk does: else it would tell nobody of what is done under it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hotspot_kiosk import files
from hotspot_kiosk.errors import Refused, StorageFailed
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.operations import SUFFIX, Operations
from hotspot_kiosk.keyring import PublicFile
from hotspot_kiosk.operation import Operation, packed, verify
from hotspot_kiosk.seal import PrivateKeys, Trusted
from hotspot_kiosk.wire import OrderKind


@dataclass(frozen=True, slots=True)
class Sent:
    """An operation that waits for its kiosks, and the number of each one's order."""

    operation: Operation
    orders: Mapping[int, int]


class Dispatch:
    """folder: the hub's operations. kiosks: those admitted, whose names are the posts where they stand."""

    def __init__(
        self, folder: Path, book: OrderBook, own: PrivateKeys, hub: Trusted, kiosks: Mapping[int, PublicFile]
    ) -> None:
        self._folder = folder
        self._book = book
        self._own = own
        self._hub = hub
        self._kiosks = kiosks

    def send(self, content: bytes, now: datetime) -> Sent:
        """Let a signed operation wait for all its kiosks; sent again, it waits again.

        Raises BadBytes, ConfigError or SealError for what the hub did not sign, Refused for one that no kiosk would
        take or no post could work under, StorageFailed.
        """
        operation = verify(content, self._hub)
        if operation.ends <= now:
            raise Refused(f"operation {operation.id} is over; sign one that ends later")
        self._check_place(operation)
        known = Operations(self._folder, self._hub).all()
        self._check_newest(operation, known)
        if known.get(operation.id) != operation:
            self._keep(content)
        body = packed(content)
        orders = {
            device: self._book.give(device, OrderKind.OPERATION, self._own, now, body).number
            for device in operation.devices
        }
        return Sent(operation, orders)

    def _check_place(self, operation: Operation) -> None:
        """A kiosk checks nobody at a post that the operation does not name: so ids must be those of the keys."""
        for device in operation.devices:
            if device not in self._kiosks:
                raise Refused(f"device {device} is not admitted: its .pub file is not among the peers")
            if self._kiosks[device].name not in operation.posts:
                raise Refused(
                    f"device {device} stands at {self._kiosks[device].name!r}, as its .pub file says, which is not "
                    "among the operation's posts; add the post, or take the device out, and sign it again"
                )
        empty = set(operation.posts) - {file.name for file in self._kiosks.values()}
        if empty:
            raise Refused(
                f"no kiosk's .pub file names the post {', '.join(sorted(empty))}; write it as there, and sign it again"
            )

    def _check_newest(self, operation: Operation, known: Mapping[str, Operation]) -> None:
        """A kiosk takes only a higher edition than its own, of whichever operation."""
        for other in known.values():
            shared = sorted(set(other.devices) & set(operation.devices))
            if shared and other.edition >= operation.edition and other != operation:
                raise Refused(
                    f"device {shared[0]} belongs to operation {other.id}, edition {other.edition}; a kiosk takes only a "
                    "higher edition: raise it, and sign the operation again"
                )

    def _keep(self, content: bytes) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(f"{self._folder} cannot be made: {error.strerror}") from None
        files.replace(self._folder / f"{hashlib.sha256(content).hexdigest()[:16]}{SUFFIX}", content)
