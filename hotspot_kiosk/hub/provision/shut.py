"""Kiosks that were withdrawn, the proof of each, and the lists by which brokers shut them out. A number never comes back.

The order itself and the kiosk's signed proof lie in the book of orders; here lies what people decided, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.hub.link.orders import OrderBook

CRL, ACL = "withdrawn.crl", "withdrawn.acl"
DENIED = "user {device}\ntopic deny #\n"


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided about one kiosk. order: its number; erase: keys and records, too; at_once: shut out before any proof."""

    device: int
    at_ms: int
    order: int
    erase: bool
    at_once: bool
    reason: str


class Withdrawals:
    """The folder, one file a kiosk: the last decision. Every method may raise StorageFailed."""

    def __init__(self, folder: Path, book: OrderBook) -> None:
        self._folder, self._book = folder, book
        with files.plainly(f"the folder of withdrawn kiosks {folder}"):
            folder.mkdir(parents=True, exist_ok=True)

    def note(self, decided: Withdrawal) -> None:
        """Keep it; a kiosk that was shut out at once stays so."""
        before = self.of(decided.device)
        at_once = decided.at_once or (before is not None and before.at_once)
        kept = msgspec.structs.replace(decided, at_once=at_once)
        files.replace(self._path(decided.device), msgspec.json.encode(kept))

    def of(self, device: int) -> Withdrawal | None:
        """What was decided about a kiosk."""
        path = self._path(device)
        try:
            return msgspec.json.decode(files.read(path), type=Withdrawal) if path.exists() else None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StorageFailed(f"{path} is damaged: {error}") from None

    def all(self) -> Iterator[Withdrawal]:
        """Every one, by its kiosk's number."""
        devices = sorted(int(path.stem) for path in self._folder.glob("*.json"))
        yield from (found for device in devices if (found := self.of(device)) is not None)

    def proven(self, found: Withdrawal) -> bool:
        """Whether the kiosk's signed proof is kept."""
        return self._book.proof(found.device, found.order) is not None

    def shut(self, device: int) -> bool:
        """Whether brokers refuse this kiosk and the hub believes nothing of it any more."""
        found = self.of(device)
        return found is not None and self._is_shut(found)

    def distrusted(self, device: int) -> bool:
        """Whether somebody else may hold its keys: nothing but its proof is heard."""
        found = self.of(device)
        return found is not None and found.at_once

    def shut_out(self) -> list[int]:
        """All of them."""
        return [found.device for found in self.all() if self._is_shut(found)]

    def _is_shut(self, found: Withdrawal) -> bool:
        return found.at_once or (found.erase and self.proven(found))

    def _path(self, device: int) -> Path:
        return self._folder / f"{device}.json"


class Lists:
    """Writes the two lists. serials: of every certificate that the hub knows a kiosk to have."""

    def __init__(
        self,
        folder: Path,
        authority: certificates.Identity,
        withdrawals: Withdrawals,
        serials: Callable[[int], list[int]],
        now: Callable[[], datetime],
    ) -> None:
        self._folder, self._authority = folder, authority
        self._withdrawals, self._serials, self._now = withdrawals, serials, now

    def write(self) -> int:
        """Both, whole; returns how many kiosks are shut out. The brokers read them again when told to."""
        out = self._withdrawals.shut_out()
        numbers = [serial for device in out for serial in self._serials(device)]
        with files.plainly(str(self._folder)):
            self._folder.mkdir(parents=True, exist_ok=True)
            denied = "".join(DENIED.format(device=device) for device in out)
            files.write_whole(self._folder / ACL, denied.encode())
            files.write_whole(self._folder / CRL, certificates.revoked(self._authority, numbers, self._now()))
        return len(out)
