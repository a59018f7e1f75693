"""The hub's signed orders to this kiosk: which are obeyed, and what must be remembered of them.

A withdrawal or erasure counts once: its number must be higher than the last one's, which is
remembered on disk. The time answers a nonce, and is believed only while somebody waits for it; a
new key of the hub counts by its generation (`keyring.Trust`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hotspot_kiosk import files, watchlist, wire
from hotspot_kiosk.errors import Refused, StorageFailed
from hotspot_kiosk.seal import Trusted

log = logging.getLogger(__name__)
FLOOR = "hub_time"  # a time that is surely past: [link] floor_file
ORDERS = "orders.json"  # beside the outbox, as FLOOR is
MOST_PROVEN = 32
INSTALLED = (wire.OrderKind.ROSTER, wire.OrderKind.OPERATION)
Installs = Mapping[wire.OrderKind, Callable[[bytes], None]]


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What outlasts a restart. `hub_ms`: the latest time the hub told, ms since 1970.

    `erased`: the hub ordered that everything be destroyed: a start that finds it does nothing else.

    `obeyed`: the numbers of the last orders carried out, for whoever asks for the proof again.
    `forgotten`: the highest edition of a watchlist that the hub ordered to be forgotten; none up to it comes back.
    """

    last_order: int = 0
    revoked: bool = False
    hub_ms: int = 0
    obeyed: tuple[int, ...] = ()
    forgotten: int = 0
    erased: bool = False


class Orders:
    """Checks orders and remembers, in one small file and its copy. One thread calls; any may read `memory`."""

    def __init__(self, path: Path, device: int) -> None:
        self._path = path
        self._floor = path.with_name(FLOOR)
        self._device = device
        self.memory = _read(path)

    def obey(self, order: wire.Order, hub: Trusted) -> bool:
        """Whether to carry this order out now; remembered before it is.

        False for an order that was obeyed before. Raises SealError if the hub did not sign it,
        Refused if it is for another kiosk or came after a newer one, StorageFailed if it cannot be
        remembered.
        """
        if not self.stands(order, hub):
            return False
        memory = self.memory
        revoked = memory.revoked or order.kind is wire.OrderKind.REVOKE
        fresh = msgspec.structs.replace(
            memory,
            last_order=order.number,
            revoked=revoked,
            obeyed=(*memory.obeyed, order.number)[-MOST_PROVEN:],
            erased=memory.erased or order.kind is wire.OrderKind.ERASE,
        )
        self._remember(fresh)
        return True

    def past(self) -> datetime:
        """The latest time that the hub told: surely past, over restarts too. Any thread may call."""
        return datetime.fromtimestamp(self.memory.hub_ms / 1000, UTC)

    def stands(self, order: wire.Order, hub: Trusted) -> bool:
        """Whether it is still to be carried out; nothing is remembered of it yet. As `obey`."""
        self.check(order, hub)
        if order.number in (*self.memory.obeyed, self.memory.last_order):
            return False
        if order.number < self.memory.last_order:
            raise Refused("an order is older than one that was obeyed")
        return True

    def install(self, order: wire.Order, hub: Trusted, installs: Installs) -> None:
        """What an order brings is in its place before the order counts as obeyed. As `obey`, and what `installs` raises."""
        if order.kind not in INSTALLED or not self.stands(order, hub):
            return
        if order.kind not in installs:
            raise Refused(f"this kiosk takes no {order.kind}")
        installs[order.kind](order.body)

    def forget(self, order: wire.Order, hub: Trusted, destroy: Callable[[int], None]) -> bool:
        """No watchlist of an edition up to the order's is here any more, or comes back, when this returns.

        It counts by that edition, not by its number: one that was held back on its way is obeyed late, too. False if it
        was obeyed before. Raises as `check`, BadBytes, and what `destroy` raises.
        """
        self.check(order, hub)
        floor = watchlist.read_floor(order.body, order.number)
        destroy(floor)
        before = self.memory
        if order.number not in before.obeyed or floor > before.forgotten:
            obeyed = (*before.obeyed, order.number)[-MOST_PROVEN:]
            forgotten = max(before.forgotten, floor)
            self._remember(msgspec.structs.replace(before, obeyed=obeyed, forgotten=forgotten))
        return floor > before.forgotten

    def check(self, order: wire.Order, hub: Trusted) -> None:
        """Raises SealError unless the hub signed it, Refused if it is for another kiosk."""
        wire.verify_order(order, hub)
        if order.device != self._device:
            raise Refused("an order is for another kiosk")

    def time(self, order: wire.Order, hub: Trusted, nonce: bytes) -> datetime:
        """The hub's time out of an order that answers `nonce`.

        Raises SealError, BadBytes, or Refused if it answers something else.
        """
        wire.verify_order(order, hub)
        answered, moment = wire.read_time(order.body)
        if order.device != self._device or not nonce or answered != nonce:
            raise Refused("nobody asked for this time")
        hub_ms = int(moment.timestamp() * 1000)
        if hub_ms > self.memory.hub_ms:
            self._remember_time(hub_ms, moment)
        return moment

    def _remember_time(self, hub_ms: int, moment: datetime) -> None:
        """The time is right though a failing disk does not take it: it is told again at the next link."""
        try:
            self._remember(msgspec.structs.replace(self.memory, hub_ms=hub_ms))
            files.replace(self._floor, f"{moment.isoformat()}\n".encode())
        except StorageFailed as error:
            log.warning("the hub's time could not be written down: %s", error)

    def _remember(self, memory: Memory) -> None:
        """In two files, so that one that is damaged or missing does not undo a withdrawal."""
        content = msgspec.json.encode(memory)
        files.replace(_again(self._path), content)
        files.replace(self._path, content)
        self.memory = memory


def _again(path: Path) -> Path:
    return path.with_suffix(".again")


def _read(path: Path) -> Memory:
    found = [memory for memory in map(_one, (path, _again(path))) if memory is not None]
    return max(found, key=lambda each: (each.last_order, each.hub_ms, each.forgotten), default=Memory())


def _one(path: Path) -> Memory | None:
    """What one of the two files holds; None if it is missing or damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Memory)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailed(f"{path} cannot be read: {error.strerror}; check the disk") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        log.error("%s is damaged and set aside; what is written again elsewhere counts", path)
        path.replace(path.with_name(f"{path.name}.damaged"))
        return None
