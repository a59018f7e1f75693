"""Reads a configuration file and builds what its tables name; whatever is wrong with it refuses in a sentence."""

from __future__ import annotations

import os
import tomllib
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from hotspot_kiosk import realm as realms
from hotspot_kiosk.config.hub import HubConfig
from hotspot_kiosk.config.kiosk import KioskConfig
from hotspot_kiosk.config.table import Section
from hotspot_kiosk.errors import ConfigError

T = TypeVar("T")
# What an ANSI/NIST file takes; checked here so that nothing is captured which could not be packed.
CREDENTIALS = "$CREDENTIALS_DIRECTORY/"


def load(path: Path, kind: type[T]) -> T:
    """Read a config file as `kind`. Raises ConfigError with a sentence that says what to change."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no configuration file {path}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from None
    made = convert(tables, kind, f"in {path}", path.parent.resolve())
    if isinstance(made, KioskConfig | HubConfig):
        realms.check_places(made.realm, (path, *made.places))
    return made


def convert(value: object, kind: type[T], where: str, folder: Path) -> T:
    """`value` as `kind`, paths relative to `folder`. Raises ConfigError naming the place."""

    def as_path(wanted: type[Any], given: object) -> object:
        if wanted is Path and isinstance(given, str):
            return folder / _credential(given)
        raise TypeError("expected a path in quotes")

    try:
        return msgspec.convert(value, kind, dec_hook=as_path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {plain(str(error))}") from None


def _credential(path: str) -> str:
    """A path in the folder in which systemd lays opened credentials, or the path as it is."""
    name = path.removeprefix(CREDENTIALS)
    if name == path:
        return path
    if not (folder := os.environ.get(CREDENTIALS.strip("$/"))):
        raise ValueError(f"{path} is there only while systemd runs the unit with LoadCredentialEncrypted")
    return f"{folder}/{name}"


def plain(message: str) -> str:
    """What msgspec says of a wrong value, in plain words."""
    what, _, place = message.partition(" - at `$")
    what = what.replace("Object contains unknown field", "there is no setting called")
    what = what.replace("Object missing required field", "this setting is missing:")
    return f"{what} (table {place.strip('.`')})" if place.strip(".`") else what


def build_variant(
    package: str, table: str, section: Section, folder: Path, defaults: Section = MappingProxyType({})
) -> Any:
    """Build the variant that a section's `driver` names: the file `package/driver.py`.

    `defaults` are for options that this driver has and the section does not name. Raises ConfigError if there is no such file or its options do not fit.
    """
    driver = section.get("driver")
    if not isinstance(driver, str) or not driver.isidentifier() or driver == "port":
        raise ConfigError(f'[{table}] needs driver = "...", the name of a file in {package}')
    try:
        module = import_module(f"{package}.{driver}")
    except ImportError as error:
        raise ConfigError(f"[{table}] driver {driver!r} cannot be used: {error}") from None
    if not hasattr(module, "Options") or not hasattr(module, "build"):
        raise ConfigError(f"[{table}] driver {driver!r} is no driver, only a part of one; name another")
    known = module.Options.__struct_fields__
    options = {key: value for key, value in defaults.items() if key in known}
    options |= {key: value for key, value in section.items() if key != "driver"}
    return module.build(convert(options, module.Options, f"[{table}]", folder))
