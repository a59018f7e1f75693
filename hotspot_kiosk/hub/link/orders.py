"""Orders that wait for their kiosks, and proofs that they were carried out: files in one folder.

An order is signed when it is given; the file holds the very message that goes down, and is sent when it is given
and whenever its kiosk asks, until the kiosk's signed proof comes up. The proof is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hotspot_kiosk import files, wire
from hotspot_kiosk.errors import BadBytes, StorageFailed
from hotspot_kiosk.seal import PrivateKeys, Trusted

ORDER, PROOF = ".order", ".done"
# What is no withdrawal has names of its own: as it waits, and as it is proven.
OWN = {
    wire.OrderKind.ROSTER: (".roster", ".received"),
    wire.OrderKind.OPERATION: (".operation", ".installed"),
    wire.OrderKind.WATCHLIST: (".watchlist", ".taken"),
    wire.OrderKind.FORGET: (".forget", ".forgotten"),
}
KINDS = ((ORDER, PROOF), *OWN.values())
TOLD = tuple(kind for kind, _ in KINDS if kind != OWN[wire.OrderKind.WATCHLIST][0])
REPLACED = (wire.OrderKind.ROSTER, wire.OrderKind.OPERATION)  # only the newest waits


class OrderBook:
    """The folder of orders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._told: frozenset[Path] = frozenset()

    def give(
        self, device: int, kind: wire.OrderKind, own: PrivateKeys, now: datetime, body: bytes = b""
    ) -> wire.Order:
        """Sign an order and let it wait for its kiosk; of rosters, and of operations, only the newest. Raises StorageFailed."""
        earlier = [_number(path) for path in self._folder.glob(f"{device}-*.*")]
        number = max([int(now.timestamp() * 1000), *(n + 1 for n in earlier)])
        order = wire.sign_order(device, number, kind, body, own)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(f"the order cannot be kept in {self._folder}: {error.strerror}") from None
        suffix, _ = OWN.get(kind, (ORDER, PROOF))
        files.replace(self._folder / f"{device}-{number}{suffix}", wire.encode(order))
        if kind in REPLACED:
            self.take_back(device, kind, number)
        return order

    def take_back(self, device: int, kind: wire.OrderKind, before: int) -> None:
        """Orders of this kind that wait and have a lower number wait no more."""
        for older in self._folder.glob(f"{device}-*{OWN[kind][0]}"):
            if _number(older) < before:
                older.unlink(missing_ok=True)

    def numbers(self, device: int, kind: wire.OrderKind) -> tuple[list[int], list[int]]:
        """The orders of this kind of their own that wait, and those that were proven; lowest first."""
        waiting, proven = (sorted(map(_number, self._folder.glob(f"{device}-*{end}"))) for end in OWN[kind])
        return waiting, proven

    def waiting(self, device: int) -> Sequence[wire.Order]:
        """Orders that this kiosk has not proven, oldest first; of a watchlist's parts only the first."""
        orders = []
        parts = sorted(self._folder.glob(f"{device}-*{OWN[wire.OrderKind.WATCHLIST][0]}"), key=_number)
        paths = [path for kind, _ in KINDS for path in self._folder.glob(f"{device}-*{kind}")]
        paths = [path for path in paths if path not in parts[1:]]
        for path in sorted(paths, key=_number):
            message = _order(path)
            if message is not None and message.device == device:
                orders.append(message)
        return orders

    def untold(self, anew: bool) -> Sequence[wire.Order]:
        """What waits for the kiosks for which something was given that was not told by this before; for all, if `anew`.

        Whoever has nothing to send asks for nothing: such a kiosk has to be told. A watchlist can wait until it asks.
        """
        waiting = frozenset(path for kind in TOLD for path in self._folder.glob(f"*{kind}"))
        fresh, self._told = waiting if anew else waiting - self._told, waiting
        devices = {found.device for path in fresh if (found := _order(path)) is not None}
        return [order for device in sorted(devices) for order in self.waiting(device)]

    def withdrawn(self, device: int) -> bool:
        """Whether this kiosk was ever told to stop or to erase itself, proven or not."""
        return any(path for kind in (ORDER, PROOF) for path in self._folder.glob(f"{device}-*{kind}"))

    def proof(self, device: int, number: int) -> bytes | None:
        """A kiosk's signed proof that it obeyed this withdrawal. Raises StorageFailed."""
        path = self._folder / f"{device}-{number}{PROOF}"
        return files.read(path) if path.exists() else None

    def done(self, device: int, done: wire.Done, kiosk: Trusted) -> bool:
        """Keep a kiosk's proof; False if no such order waits. Raises SealError."""
        wire.verify_done(done, device, kiosk)
        for kind, proof in KINDS:
            order = self._folder / f"{device}-{done.number}{kind}"
            if order.exists():
                files.replace(order.with_suffix(proof), wire.encode(done))
                order.unlink(missing_ok=True)
                return True
        return False


def _order(path: Path) -> wire.Order | None:
    try:
        message = wire.decode_down(path.read_bytes())
    except (BadBytes, OSError):
        return None
    return message if isinstance(message, wire.Order) else None


def _number(path: Path) -> int:
    return int(path.stem.partition("-")[2])
