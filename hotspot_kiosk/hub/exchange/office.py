"""The hub's partners out of its config, one clerk and one thread each.

One `[exchange.NAME]` table a partner; NAME is what operations call it among their datasets.
"""

from __future__ import annotations

import fcntl
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from hotspot_kiosk.config import AGENCY, COUNTRY, build_variant, convert, exact
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.files import plainly
from hotspot_kiosk.hub.exchange.clerk import Clerk, Journal
from hotspot_kiosk.hub.exchange.gate import Terms
from hotspot_kiosk.hub.exchange.port import Desk, Exchange
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.nist import INTERPOL, Agency, Encoding
from hotspot_kiosk.policy import Partner

PACKAGE = "hotspot_kiosk.hub.exchange"


class Partnership(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a partner's table says beside its driver's own options.

    kind: the law that binds it. country, agency: whose system it is, not for INTERPOL. encoding: what it reads.
    state: a folder of this partner's own, for what it left that nobody could use. poll_s: how often to look.
    """

    state: Path
    kind: Partner = Partner.INTERPOL
    country: str = ""
    agency: str = ""
    encoding: Encoding = Encoding.TRADITIONAL
    poll_s: float = 1.0

    def __post_init__(self) -> None:
        if not 0.1 <= self.poll_s <= 3600:
            raise ValueError("poll_s must be 0.1 to 3600")
        if self.kind is Partner.INTERPOL:
            if self.country or self.agency:
                raise ValueError("country and agency are for a national system; take them out")
        elif not COUNTRY.fullmatch(self.country) or not AGENCY.fullmatch(self.agency):
            raise ValueError(
                "a national system needs country (ISO 3166-1 alpha-3) and agency, both in capitals"
            )

    @property
    def terms(self) -> Terms:
        """For the gate."""
        agency = Agency(self.country, self.agency) if self.country else INTERPOL
        return Terms(self.kind, self.country, agency, self.encoding)


@dataclass(frozen=True, slots=True)
class Lane:
    """One partner as configured; nothing is opened yet."""

    name: str
    table: Partnership
    section: Mapping[str, Any] = field(repr=False)
    folder: Path

    @property
    def shelf(self) -> Shelf:
        """What it keeps on disk."""
        return Shelf(self.table.state)

    def exchange(self) -> Exchange:
        """The way to it. Raises ConfigError."""
        defaults = {"state": str(self.table.state)}
        built: Exchange = build_variant(PACKAGE, f"exchange.{self.name}", self.section, self.folder, defaults)
        return built

    def clerk(
        self, desk: Desk, journal: Journal, now: Callable[[], datetime], chance: random.Random
    ) -> Clerk:
        """Its clerk, over this desk. Raises ConfigError."""
        return Clerk(
            partner=self.name,
            terms=self.table.terms,
            exchange=self.exchange(),
            desk=desk,
            shelf=self.shelf,
            journal=journal,
            now=now,
            chance=chance,
            poll_s=self.table.poll_s,
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Serve it from this process only. Raises Refused if another does."""
        with plainly(str(self.table.state)), (self.shelf.folder / "lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(f"another process serves {self.name}; end it first") from None
            yield


def lanes(tables: Mapping[str, Mapping[str, Any]], folder: Path) -> list[Lane]:
    """Every partner of the config. Raises ConfigError naming the table."""
    found = [_lane(name, table, folder) for name, table in tables.items()]
    states = [lane.table.state.resolve() for lane in found]
    if len(set(states)) < len(states):
        raise ConfigError("[exchange] two partners name the same state folder; give each one of its own")
    return found


def _lane(name: str, table: Mapping[str, Any], folder: Path) -> Lane:
    where = f"[exchange.{name}]"
    try:
        exact("the partner's name", name)
    except ValueError as error:
        raise ConfigError(f"{where} {error}") from None
    own = {key: value for key, value in table.items() if key in Partnership.__struct_fields__}
    rest = {key: value for key, value in table.items() if key not in own}
    return Lane(name, convert(own, Partnership, where, folder), rest, folder)


def end(clerks: Iterable[Clerk], stop: threading.Event) -> None:
    """Let `work` end soon; any thread may call this."""
    stop.set()
    for clerk in clerks:
        clerk.end()


def work(clerks: Iterable[Clerk], stop: threading.Event) -> None:
    """Let each clerk work in a thread of its own until `end`; one that fails stops all, and its error is raised."""
    every = list(clerks)
    with ThreadPoolExecutor(max(len(every), 1), "clerk") as pool:
        running = [pool.submit(clerk.run, stop) for clerk in every]
        done, _ = wait(running, return_when=FIRST_EXCEPTION)
        end(every, stop)
        for each in done:
            each.result()
