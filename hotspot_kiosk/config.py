"""One TOML file per process, checked whole before anything starts.

An unknown key, a wrong type or an impossible value refuses with a sentence that names the key and
the remedy. Relative paths count from the file's own folder. Says nothing about what a driver does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.terms import MAX_DEVICE, FingerPosition, RequestType

T = TypeVar("T")
Section = Mapping[str, Any]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; a key it does not name is an error."""


class Keys(Table, frozen=True, kw_only=True):
    """Where the key files lie: this machine's own private one, and the other side's public ones."""

    own: Path
    peers: Path


class Models(Table, frozen=True, kw_only=True):
    """The models' manifest and the folder they were built into."""

    manifest: Path
    folder: Path
    threads: int = 2


class Post(Table, frozen=True, kw_only=True):
    """Which kiosk this is. `device` is unique in the country; it is part of every TCN.

    `country` (ISO 3166-1 alpha-3) and `agency` say whose kiosk it is, as in ALB and BORDER POLICE.
    """

    device: int
    post: str
    country: str
    agency: str
    desk: Path

    def __post_init__(self) -> None:
        if not 1 <= self.device <= MAX_DEVICE:
            raise ValueError(f"device must be 1..{MAX_DEVICE}")


class OutboxLimits(Table, frozen=True, kw_only=True):
    """The outbox file, and how much must stay free before a capture may begin."""

    path: Path
    most_records: int = 5000
    free_mib: int = 64


class SessionPlan(Table, frozen=True, kw_only=True):
    """What one session captures, how often it tries, and how long it waits (seconds)."""

    fingers: tuple[int, ...] = (2, 7)
    touches: int = 1
    attempts: int = 3
    face_quality: int = 30
    finger_quality: int = 25
    subject_s: float = 45.0
    answer_s: float = 20.0
    review: bool = False

    def __post_init__(self) -> None:
        if not all(f in set(FingerPosition) for f in self.fingers) or len(set(self.fingers)) < len(
            self.fingers
        ):
            raise ValueError("fingers must be different position codes, 1 (right thumb) to 10 (left little)")
        if not 1 <= self.touches <= 5 or not 1 <= self.attempts <= 10:
            raise ValueError("touches must be 1..5 and attempts 1..10")


class OperationTable(Table, frozen=True, kw_only=True):
    """The operation under which people are checked; without a running one nothing is captured."""

    id: str
    purpose: str
    legal_basis: str
    notice: str
    tot: RequestType = RequestType.NPS
    begins: str
    ends: str


class KioskConfig(Table, frozen=True, kw_only=True):
    """Everything a kiosk needs."""

    kiosk: Post
    keys: Keys
    models: Models
    camera: dict[str, Any]
    finger: dict[str, Any]
    link: dict[str, Any]
    outbox: OutboxLimits
    operation: OperationTable
    session: SessionPlan = SessionPlan()


class Bureau(Table, frozen=True, kw_only=True):
    """Which hub this is."""

    name: str


class DecisionTable(Table, frozen=True, kw_only=True):
    """Fused log-odds at which a candidate is a possible match, and below which it is none.

    Both rise by the logarithm of the number of references, so that a larger gallery does not
    raise the false positive identification rate.
    """

    possible_match: float = 7.0
    no_hit: float = 3.0
    candidates: int = 5


class HubConfig(Table, frozen=True, kw_only=True):
    """Everything a hub needs."""

    hub: Bureau
    keys: Keys
    models: Models
    link: dict[str, Any]
    store: dict[str, Any]
    decision: DecisionTable = DecisionTable()


def load(path: Path, kind: type[T]) -> T:
    """Read a config file as `kind`. Raises ConfigError with a sentence that says what to change."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no configuration file {path}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from None
    return convert(tables, kind, f"in {path}", path.parent.resolve())


def convert(value: object, kind: type[T], where: str, folder: Path) -> T:
    """`value` as `kind`, paths relative to `folder`. Raises ConfigError naming the place."""

    def as_path(wanted: type[Any], given: object) -> object:
        if wanted is Path and isinstance(given, str):
            return folder / given
        raise NotImplementedError(f"expected {wanted.__name__}")

    try:
        return msgspec.convert(value, kind, dec_hook=as_path)
    except (msgspec.ValidationError, NotImplementedError) as error:
        raise ConfigError(f"{where}: {_plain(str(error))}") from None


def _plain(message: str) -> str:
    what, _, place = message.partition(" - at `$")
    what = what.replace("Object contains unknown field", "there is no setting called")
    what = what.replace("Object missing required field", "this setting is missing:")
    return f"{what} (table {place.strip('.`')})" if place.strip(".`") else what


def build_variant(package: str, table: str, section: Section, folder: Path) -> Any:
    """Build the variant that a section's `driver` names: the file `package/driver.py`.

    Raises ConfigError if there is no such file or its options do not fit.
    """
    driver = section.get("driver")
    if not isinstance(driver, str) or not driver.isidentifier() or driver == "port":
        raise ConfigError(f'[{table}] needs driver = "...", the name of a file in {package}')
    try:
        module = import_module(f"{package}.{driver}")
    except ModuleNotFoundError as error:
        raise ConfigError(f"[{table}] driver {driver!r} cannot be used: {error}") from None
    options = {key: value for key, value in section.items() if key != "driver"}
    return module.build(convert(options, module.Options, f"[{table}]", folder))
