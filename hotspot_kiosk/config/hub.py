"""The hub's configuration file, table by table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from hotspot_kiosk import realm as realms
from hotspot_kiosk.config.kiosk import ProvisionDesk
from hotspot_kiosk.config.table import Keys, Models, RenewalDesk, Table, within
from hotspot_kiosk.terms import Realm

SHARE = re.compile(r"[A-Za-z0-9-]{0,32}")


class Bureau(Table, frozen=True, kw_only=True):
    """Which hub this is; `orders` is the folder in which orders wait for their kiosks.

    `operations`: the folder of signed operations; of what is done under others only the kiosk that asked hears,
    and their records go soonest.
    `counts`: the folder in which workers say what they did not believe, for `hotspot hub status`.
    Workers that name the same `share` divide the kiosks' messages among them. `journal`: the hub's
    signed journal, by default beside its config; all workers of a machine write one.
    `training`: nothing here is real (`realm`). `roster`: the signed file of who may decide what; without it nobody decides about a case at the hub.
    `watchlists`: the folder of lists for kiosks without a link, each sealed for its kiosk; without it none is made.
    `fleet`: the folder of rollouts and of what kiosks say of themselves, by default the config's own.
    """

    name: str
    orders: Path | None = None
    operations: Path | None = None
    counts: Path | None = None
    journal: Path | None = None
    roster: Path | None = None
    watchlists: Path | None = None
    fleet: Path | None = None
    share: str = ""
    training: bool = False

    def __post_init__(self) -> None:
        if not SHARE.fullmatch(self.share):
            raise ValueError("share must be at most 32 letters, digits and hyphens")


class DecisionTable(Table, frozen=True, kw_only=True):
    """Fused log-odds at which a candidate is a possible match, and below which it is none.

    Both rise by the logarithm of the number of references, so that a larger gallery does not
    raise the false positive identification rate. shortlist: of so many prints a touch whole comparisons
    are made, the likeliest by a quick look at all; a gallery of no more people is compared wholly, and so is any with 0.
    """

    possible_match: float = 7.0
    no_hit: float = 3.0
    candidates: int = 5
    shortlist: int = 500

    def __post_init__(self) -> None:
        within("possible_match", self.possible_match, -100, 100)
        within("candidates", self.candidates, 1, 100)
        within("shortlist", self.shortlist, 0, 1_000_000)
        if not -100 <= self.no_hit <= self.possible_match:
            raise ValueError("no_hit must be -100 or more, and not above possible_match")


class FleetTable(Table, frozen=True, kw_only=True):
    """What `hotspot fleet run` shows over HTTP, for people (/) and Prometheus (/metrics): off unless this table is there.

    listen: address and port; it asks for no sign-in, so leave it on this machine. link: what differs from [link] at the
    fleet's broker, whose port is 8888 unless it says so.
    """

    listen: str = "127.0.0.1:9177"
    link: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        address, _, port = self.listen.rpartition(":")
        if not address or not port.isdecimal():
            raise ValueError("listen must be an address with a port, as in 127.0.0.1:9177")
        within("listen (port)", int(port), 0, 65535)


class HubConfig(Table, frozen=True, kw_only=True):
    """Everything a hub needs.

    `exchange`: a table for each partner, under the name that operations give it among their datasets.
    """

    hub: Bureau
    keys: Keys
    models: Models
    link: dict[str, Any]
    store: dict[str, Any]
    decision: DecisionTable = DecisionTable()
    renewal: RenewalDesk | None = None
    provision: ProvisionDesk | None = None
    exchange: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    fleet: FleetTable | None = None

    def __post_init__(self) -> None:
        if self.realm is Realm.REAL:
            return
        realms.check_link(self.link)
        if self.exchange or self.renewal is not None:
            raise ValueError(
                "training asks no partner and renews no certificate: take [exchange] and [renewal] out"
            )
        if self.store.get("driver") != "store_sqlite":
            raise ValueError(
                "training keeps its gallery in a file of its own: store.driver must be store_sqlite"
            )

    @property
    def realm(self) -> Realm:
        """Real or for training."""
        return Realm.TRAINING if self.hub.training else Realm.REAL

    @property
    def places(self) -> tuple[Path, ...]:
        """Where it keeps what must never be mixed."""
        table = self.hub
        named = (
            table.orders,
            table.operations,
            table.counts,
            table.journal,
            table.roster,
            table.watchlists,
            table.fleet,
        )
        return (
            self.keys.own,
            self.keys.peers,
            *self.keys.previous,
            *(each for each in named if each is not None),
        )
