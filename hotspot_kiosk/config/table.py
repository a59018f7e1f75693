"""What tables of every configuration file have in common: how a key is checked, where keys and models lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

Section = Mapping[str, Any]
EXACT = re.compile(r"[!-~]([ -~]{0,30}[!-~])?")
COUNTRY = re.compile(r"[A-Z]{3}")
AGENCY = re.compile(r"[A-Z0-9-]{1,31}")


def within(key: str, value: float, least: int, most: int) -> None:
    """Raises ValueError naming the key unless the value lies in the range."""
    if not least <= value <= most:
        raise ValueError(f"{key} must be {least} to {most}")


def exact(key: str, value: str) -> None:
    """Raises ValueError unless an ANSI/NIST file takes the value as it is."""
    if not EXACT.fullmatch(value):
        raise ValueError(f"{key} must be 1 to 32 plain ASCII characters, neither first nor last a space")


def place(country: str, agency: str) -> None:
    """Raises ValueError unless both are as an ANSI/NIST file takes them."""
    if not COUNTRY.fullmatch(country):
        raise ValueError("country must be three capital letters (ISO 3166-1 alpha-3)")
    if not AGENCY.fullmatch(agency):
        raise ValueError("agency must be 1 to 31 capital letters A-Z, digits and hyphens")


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key it does not name is an error."""


class Keys(Table, frozen=True, kw_only=True):
    """Where the key files lie: this machine's own private one, and the other side's public ones.

    `sealed`: where `own` lies encrypted on the disk, if the service manager opens it at the start; an
    erasure destroys that file. `previous`: a hub's older private keys, for what kiosks sealed before they knew the newer ones.
    """

    own: Path
    peers: Path
    sealed: Path | None = None
    previous: tuple[Path, ...] = ()


class Models(Table, frozen=True, kw_only=True):
    """The models' manifest and the folder they were built into."""

    manifest: Path
    folder: Path
    threads: int = 2

    def __post_init__(self) -> None:
        within("threads", self.threads, 1, 64)


class RenewalDesk(Table, frozen=True, kw_only=True):
    """What a hub needs to renew kiosks' link certificates, for `days` each.

    `authority` and `authority_key`: the device CA. `register`: the folder that remembers what was
    issued. `link`: what differs from the hub's own [link], whose port is 8886 unless it says so.
    """

    authority: Path
    authority_key: Path
    register: Path
    days: int = 365
    link: dict[str, Any] = {}

    def __post_init__(self) -> None:
        within("days", self.days, 1, 3650)
