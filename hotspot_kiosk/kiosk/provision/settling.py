"""Puts what the hub granted in place, so that the daemon can start: keys, certificate, operation, configuration.

The configuration comes last and whole: a machine that has it is a kiosk. Until then everything may be done again.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hotspot_kiosk import files, keyring
from hotspot_kiosk.config import CREDENTIALS, KioskConfig, build_variant, convert
from hotspot_kiosk.errors import BadBytes, ConfigError, SealError, StorageFailed
from hotspot_kiosk.keyring import PrivateFile
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.provision.bureau import BROKER_CA, HUB_KEY, Bureau
from hotspot_kiosk.kiosk.provision.first import Secret
from hotspot_kiosk.kiosk.provision.safe import Kept, Safe
from hotspot_kiosk.provisioning import GRANTABLE, Grant

CREDENTIAL = "kiosk.key"  # as in systemd/units/sealed-key.conf
OPERATION = "operation.op"
UNITS = ("hotspot-kiosk", "hotspot-self-test", "hotspot-update")
Tables = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Places:
    """config: the kiosk's file. state: the daemon's own folder. desk: its socket. units: systemd's. board: tables of this hardware."""

    config: Path
    state: Path
    desk: Path
    units: Path
    board: Tables

    @property
    def own(self) -> Path:
        """The private key where it lies as it is."""
        return self.state / "keys" / "kiosk.key"

    @property
    def sealed(self) -> Path:
        """The private key where it lies encrypted."""
        return self.state / "kiosk.key.cred"

    @property
    def peers(self) -> Path:
        """The hub's public keys; the daemon adds newer ones."""
        return self.state / "peers"

    @property
    def link(self) -> Path:
        """Certificate and key of the link in one file, which the daemon renews."""
        return self.state / "link.pem"


def settle(grant: Grant, secret: Secret, bureau: Bureau, places: Places, safe: Safe) -> None:
    """Put all of it in place. Raises ConfigError if the daemon could not start with it; StorageFailed."""
    tables = _tables(grant, bureau, places, safe.kept)
    text = toml(tables)
    _check(text, places)
    for folder in (places.state, places.own.parent, places.peers):
        with files.plainly(str(folder)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _mine(places, places.link, grant.certificate + secret.link)
    for name in (HUB_KEY, BROKER_CA):
        where = places.peers / name if name == HUB_KEY else places.state / name
        _mine(places, where, files.read(bureau.folder / name))
    _operation(grant, bureau, places)
    _key(grant, secret, places, safe)
    for folder in (places.own.parent, places.peers):
        files.give(folder, places.state)
    build_variant("hotspot_kiosk.transports", "link", tables["link"], places.config.parent)
    if safe.kept is not Kept.DISK:
        _drop_ins(places)
    _public(places.config, text)


def is_done(places: Places) -> bool:
    """Whether this machine is a kiosk already."""
    return places.config.exists()


def toml(tables: Tables) -> str:
    """Tables as a TOML text; tables inside tables stand in one line."""
    parts = []
    for name, table in tables.items():
        lines = [f"{_name(key)} = {_value(value)}" for key, value in table.items()]
        parts.append("\n".join([f"[{_name(name)}]", *lines]) + "\n")
    return "\n".join(parts)


def read_tables(text: str, what: str) -> dict[str, dict[str, Any]]:
    """Tables out of a TOML text. Raises ConfigError."""
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{what} cannot be read as TOML: {error}") from None
    if not all(isinstance(table, dict) for table in found.values()):
        raise ConfigError(f"{what}: every setting stands in a table")
    return found


def _tables(grant: Grant, bureau: Bureau, places: Places, kept: Kept) -> Tables:
    """The board's own, then what the bureau decides, then who this kiosk is: what comes later counts."""
    granted = read_tables(grant.settings, "the hub's settings")
    if foreign := sorted(granted.keys() - GRANTABLE):
        raise ConfigError(f"the hub grants tables that are not its to decide: {', '.join(foreign)}")
    names = dict.fromkeys([*places.board, "link", *granted])
    given = {name: {**places.board.get(name, {}), **granted.get(name, {})} for name in names}
    certificate = {"ca": str(places.state / BROKER_CA)} | dict.fromkeys(
        ("certificate", "key"), str(places.link)
    )
    key = {"own": str(places.own)}
    if kept is not Kept.DISK:
        key = {"own": f"{CREDENTIALS}{CREDENTIAL}", "sealed": str(places.sealed)}
    own: dict[str, dict[str, Any]] = {
        "kiosk": {
            "device": grant.device,
            "post": grant.post,
            "country": grant.country,
            "agency": grant.agency,
            "desk": str(places.desk),
        },
        "keys": {**key, "peers": str(places.peers)},
        "operation": {"file": str(places.state / OPERATION)},
    }
    given["link"] = {**bureau.link, **given["link"], **certificate}
    given["outbox"] = {**given.get("outbox", {}), "path": str(places.state / "outbox.db")}
    given.setdefault("renewal", {})
    return own | given


def _check(text: str, places: Places) -> None:
    """As the daemon would read it; an encrypted key is there only while systemd runs the unit."""
    plain = text.replace(f"{CREDENTIALS}{CREDENTIAL}", str(places.own))
    convert(tomllib.loads(plain), KioskConfig, "what the hub granted", places.config.parent)


def _operation(grant: Grant, bureau: Bureau, places: Places) -> None:
    """An operation that is not the hub's, or not for this kiosk, is left out; the daemon then checks nobody."""
    if not grant.operation:
        return
    path = places.state / OPERATION
    try:
        installed.install(path, grant.operation, bureau.hub, grant.device)
    except (BadBytes, SealError) as error:
        raise ConfigError(f"the operation that the hub granted: {error}") from None
    files.give(path, places.state)


def _key(grant: Grant, secret: Secret, places: Places, safe: Safe) -> None:
    whole = PrivateFile(grant.device, grant.post, secret.signing, secret.mlkem, secret.x25519)
    content = msgspec.json.format(msgspec.json.encode(whole)) + b"\n"
    path = places.own if safe.kept is Kept.DISK else places.sealed
    safe.put(path, CREDENTIAL, content)
    files.give(path, places.state)
    if safe.kept is Kept.DISK:
        keyring.load_private(path)


def _mine(places: Places, path: Path, content: bytes) -> None:
    files.replace(path, content)
    files.give(path, places.state)


def _drop_ins(places: Places) -> None:
    """Every unit that needs the key opens it by itself."""
    for unit in UNITS:
        text = f"[Service]\nLoadCredentialEncrypted={CREDENTIAL}:{places.sealed}\n"
        _public(places.units / f"{unit}.service.d" / "sealed-key.conf", text)


def _public(path: Path, text: str) -> None:
    """A file that everybody on this machine may read."""
    before = os.umask(0o022)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, text.encode())
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}") from None
    finally:
        os.umask(before)


def _name(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    """A TOML value; JSON's strings, numbers and truths are TOML's, too."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_name(key)} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
