"""Orders that wait for their kiosks, and proofs that they were carried out: files in one folder.

An order is signed when it is given; the file holds the very message that goes down, and is sent
whenever its kiosk asks, until the kiosk's signed proof comes up. The proof is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hotspot_kiosk import files, wire
from hotspot_kiosk.errors import BadBytes, StorageFailed
from hotspot_kiosk.seal import PrivateKeys, Trusted


class OrderBook:
    """The folder of orders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def give(self, device: int, kind: wire.OrderKind, own: PrivateKeys, now: datetime) -> wire.Order:
        """Sign an order and let it wait for its kiosk. Raises StorageFailed."""
        earlier = [_number(path) for path in self._folder.glob(f"{device}-*.*")]
        number = max([int(now.timestamp() * 1000), *(n + 1 for n in earlier)])
        order = wire.sign_order(device, number, kind, b"", own)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(f"the order cannot be kept in {self._folder}: {error.strerror}") from None
        files.replace(self._folder / f"{device}-{number}.order", wire.encode(order))
        return order

    def waiting(self, device: int) -> Sequence[wire.Order]:
        """Orders that this kiosk has not proven, oldest first."""
        orders = []
        for path in sorted(self._folder.glob(f"{device}-*.order"), key=_number):
            try:
                message = wire.decode_down(path.read_bytes())
            except (BadBytes, OSError):
                continue
            if isinstance(message, wire.Order) and message.device == device:
                orders.append(message)
        return orders

    def withdrawn(self, device: int) -> bool:
        """Whether this kiosk was ever told to stop or to erase itself, proven or not."""
        return any(self._folder.glob(f"{device}-*.*"))

    def done(self, device: int, done: wire.Done, kiosk: Trusted) -> bool:
        """Keep a kiosk's proof; False if no such order waits. Raises SealError."""
        wire.verify_done(done, device, kiosk)
        order = self._folder / f"{device}-{done.number}.order"
        if not order.exists():
            return False
        files.replace(order.with_suffix(".done"), wire.encode(done))
        order.unlink(missing_ok=True)
        return True


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])
