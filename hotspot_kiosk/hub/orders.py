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

ORDER, PROOF = ".order", ".done"
ROSTER, RECEIVED = ".roster", ".received"  # no withdrawal: names of their own


class OrderBook:
    """The folder of orders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def give(
        self, device: int, kind: wire.OrderKind, own: PrivateKeys, now: datetime, body: bytes = b""
    ) -> wire.Order:
        """Sign an order and let it wait for its kiosk; of rosters only the newest waits. Raises StorageFailed."""
        earlier = [_number(path) for path in self._folder.glob(f"{device}-*.*")]
        number = max([int(now.timestamp() * 1000), *(n + 1 for n in earlier)])
        order = wire.sign_order(device, number, kind, body, own)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(f"the order cannot be kept in {self._folder}: {error.strerror}") from None
        roster = kind is wire.OrderKind.ROSTER
        files.replace(self._folder / f"{device}-{number}{ROSTER if roster else ORDER}", wire.encode(order))
        for older in self._folder.glob(f"{device}-*{ROSTER}") if roster else ():
            if _number(older) < number:
                older.unlink(missing_ok=True)
        return order

    def waiting(self, device: int) -> Sequence[wire.Order]:
        """Orders that this kiosk has not proven, oldest first."""
        orders = []
        paths = [path for kind in (ORDER, ROSTER) for path in self._folder.glob(f"{device}-*{kind}")]
        for path in sorted(paths, key=_number):
            try:
                message = wire.decode_down(path.read_bytes())
            except (BadBytes, OSError):
                continue
            if isinstance(message, wire.Order) and message.device == device:
                orders.append(message)
        return orders

    def withdrawn(self, device: int) -> bool:
        """Whether this kiosk was ever told to stop or to erase itself, proven or not."""
        return any(path for kind in (ORDER, PROOF) for path in self._folder.glob(f"{device}-*{kind}"))

    def done(self, device: int, done: wire.Done, kiosk: Trusted) -> bool:
        """Keep a kiosk's proof; False if no such order waits. Raises SealError."""
        wire.verify_done(done, device, kiosk)
        for kind, proof in ((ORDER, PROOF), (ROSTER, RECEIVED)):
            order = self._folder / f"{device}-{done.number}{kind}"
            if order.exists():
                files.replace(order.with_suffix(proof), wire.encode(done))
                order.unlink(missing_ok=True)
                return True
        return False


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])
