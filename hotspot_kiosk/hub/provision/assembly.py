"""Builds what takes in new kiosks and withdraws old ones, from a hub's config, for its workers and its commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hotspot_kiosk import files
from hotspot_kiosk.config import HubConfig
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.link.renewal import Register
from hotspot_kiosk.hub.provision.admitting import Admission, Terms, numbers
from hotspot_kiosk.hub.provision.answering import Answering
from hotspot_kiosk.hub.provision.shut import Lists, Withdrawals
from hotspot_kiosk.hub.provision.waiting import WaitingRoom
from hotspot_kiosk.keyring import Peers
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.seal_certificates import Identity


@dataclass(frozen=True, slots=True)
class Newcomers:
    """All of it, for one hub. lists: None if the config names no folder for the brokers."""

    room: WaitingRoom
    admission: Admission
    answering: Answering
    withdrawals: Withdrawals
    lists: Lists | None
    terms: Terms

    def proven(self, _device: int) -> None:
        """A kiosk proved an order: the brokers' lists may have one more."""
        if self.lists is not None:
            self.lists.write()


def build(config: HubConfig, own: PrivateKeys, peers: Peers) -> Newcomers:
    """Raises ConfigError with what the hub's file lacks; StorageFailed."""
    table, renewal, orders = config.provision, config.renewal, config.hub.orders
    if table is None or renewal is None or orders is None:
        raise ConfigError(
            "new kiosks need [provision], [renewal] and [hub] orders in the hub's configuration"
        )
    authority = Identity(files.read(renewal.authority), files.read(renewal.authority_key))
    room, register = WaitingRoom(table.folder), Register(renewal.register)
    withdrawals = Withdrawals(table.folder / "withdrawn", OrderBook(orders))
    places = (orders, renewal.register, table.folder / "withdrawn")

    def serials(device: int) -> list[int]:
        first = room.named(device)
        own_serial = [first[1].serial] if first else []
        return [int(each) for each in (*own_serial, *register.of(device).serials) if each]

    admission = Admission(room, config.keys.peers, own, authority, lambda: numbers(peers, room, places), now)
    return Newcomers(
        room=room,
        admission=admission,
        answering=Answering(room, admission, own, now, lambda device: withdrawals.of(device) is not None),
        withdrawals=withdrawals,
        lists=Lists(table.broker, authority, withdrawals, serials, now) if table.broker else None,
        terms=Terms(table.country, table.agency, renewal.days, files.read(table.settings).decode("utf-8")),
    )


def now() -> datetime:
    """UTC."""
    return datetime.now(UTC)
