"""One TOML file per process, checked whole before anything starts.

An unknown key, a wrong type or an impossible value refuses with a sentence that names the key and
the remedy. Relative paths count from the file's own folder. Says nothing about what a driver does.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import msgspec

from hotspot_kiosk import realm as realms
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.terms import MAX_COUNTER, MAX_DEVICE, Realm

T = TypeVar("T")
Section = Mapping[str, Any]

# What an ANSI/NIST file takes; checked here so that nothing is captured which could not be packed.
CREDENTIALS = "$CREDENTIALS_DIRECTORY/"
EXACT = re.compile(r"[!-~]([ -~]{0,30}[!-~])?")
COUNTRY = re.compile(r"[A-Z]{3}")
AGENCY = re.compile(r"[A-Z0-9-]{1,31}")
SHARE = re.compile(r"[A-Za-z0-9-]{0,32}")


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


class Post(Table, frozen=True, kw_only=True):
    """Which kiosk this is. `device` is unique in the country; it is part of every TCN.

    `country` (ISO 3166-1 alpha-3) and `agency` say whose kiosk it is, as in ALB and BORDER-POLICE.
    training: nothing here is real; its keys, device, folders and agency must be those of training, too (`realm`).
    """

    device: int
    post: str
    country: str
    agency: str
    desk: Path
    training: bool = False

    def __post_init__(self) -> None:
        within("device", self.device, 1, MAX_DEVICE)
        exact("post", self.post)
        place(self.country, self.agency)
        realms.check_agency(self.agency, training=self.training)


class OutboxLimits(Table, frozen=True, kw_only=True):
    """The outbox file, and how much must stay free before a capture may begin.

    `keep_days`: how long a record that the hub holds, and its sealed answer, can still be looked at
    here; without an answer it stays four times as long. What waits to be sent is never dropped.
    """

    path: Path
    most_records: int = 5000
    free_mib: int = 64
    keep_days: int = 7

    def __post_init__(self) -> None:
        within("most_records", self.most_records, 1, MAX_COUNTER)
        within("free_mib", self.free_mib, 0, 1 << 20)
        within("keep_days", self.keep_days, 1, 365)


class SessionPlan(Table, frozen=True, kw_only=True):
    """What one session captures, how often it tries, and how long it waits (seconds).

    hold_for_second_look: nothing is stored before the officer answered where the face may be a minor's.
    light_challenge: the panel's light changes for three seconds while a face is looked at; what it tells is advice.
    tally_scores: how faces of people who come after each other score is counted, for `hotspot calibrate --tally`.
    """

    touches: int = 1
    attempts: int = 3
    face_quality: int = 30
    finger_quality: int = 25
    subject_s: float = 45.0
    answer_s: float = 20.0
    review: bool = False
    hold_for_second_look: bool = False
    light_challenge: bool = False
    tally_scores: bool = False

    def __post_init__(self) -> None:
        within("touches", self.touches, 1, 5)
        within("attempts", self.attempts, 1, 10)
        within("face_quality", self.face_quality, 0, 100)
        within("finger_quality", self.finger_quality, 0, 100)
        within("subject_s", self.subject_s, 1, 3600)
        within("answer_s", self.answer_s, 1, 3600)


class OperationFile(Table, frozen=True, kw_only=True):
    """Where the signed operation lies (`hotspot operation install`); without one nothing is captured."""

    file: Path


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


class ProvisionDesk(Table, frozen=True, kw_only=True):
    """What a hub needs to take in new kiosks; [renewal], too, whose authority signs their certificates and whose link hears them.

    folder: what they asked and what was decided. country, agency: of all kiosks of this bureau, as in [kiosk].
    settings: a TOML file of tables that kiosks get (link, session, page ...), link among them. broker: a folder into
    which the lists of kiosks that are shut out go, for the brokers.
    """

    folder: Path
    country: str
    agency: str
    settings: Path
    broker: Path | None = None

    def __post_init__(self) -> None:
        place(self.country, self.agency)


class TamperPlan(Table, frozen=True, kw_only=True):
    """What the kiosk destroys when the panel says that its box was opened.

    keys: its own; records stay, sealed for the hub, and can still be exported to a stick.
    """

    destroys: Literal["nothing", "keys", "everything"] = "keys"


class Tablet(Table, frozen=True, kw_only=True):
    """Officers' pages for a tablet at the post, over TLS: off unless this table is there.

    host: the name and port by which the tablet reaches it; the certificate names it, too, because security
    keys take no number. address: where to listen.
    """

    host: str
    certificate: Path
    key: Path
    address: str = "0.0.0.0"  # noqa: S104 - that is what the table is for

    def __post_init__(self) -> None:
        name, _, port = self.host.rpartition(":")
        if not name or not port.isdecimal() or name.replace(".", "").isdecimal():
            raise ValueError("tablet.host must be a name with a port, as in post4.example.org:8443")
        within("tablet.host (port)", int(port), 1, 65535)


class Page(Table, frozen=True, kw_only=True):
    """The pages' own process (`hotspot kiosk page`), reached on this machine only.

    starts: who begins a check: an officer at the desk, or the person, once a signed-in officer has opened that
    for so many adults whom they attest; a person's own word about their age can only stop a check. languages: their codes, in the order shown; all by default. hosts: further names with ports.
    voices: a folder of placeholders for voices that nobody has recorded. idle_s: an officer who does not touch
    the page for so long is signed out. tablet: officers' pages over TLS.
    coach: in training, the socket at which the lessons are played.
    """

    port: int = 8080
    hosts: tuple[str, ...] = ()
    starts: Literal["officer", "person"] = "officer"
    languages: tuple[str, ...] = ()
    voices: Path | None = None
    idle_s: float = 300.0
    tablet: Tablet | None = None
    coach: Path | None = None

    def __post_init__(self) -> None:
        within("port", self.port, 1, 65535)
        within("idle_s", self.idle_s, 30, 1800)


class UpdatePlan(Table, frozen=True, kw_only=True):
    """The update agent's own process (`hotspot kiosk update`); without this table a kiosk is not updated over the link.

    state: its file. link: what differs from [link] at the fleet's broker, whose port is 8887 unless it says so.
    run: the folder by which agent and self-test know of each other; emptied with every start of the machine.
    release: where IMAGE_VERSION stands. bus: D-Bus; without: what this kiosk has not, and its self-test does not ask for.
    status_s: how often the fleet hears how this kiosk is, if nothing changes.
    ca: PEM file of who may certify the server that bundles come from; without it whoever this system trusts.
    quiet_s: no session for so long before anything begins. self_test_s: a self-test without a verdict by then failed.
    """

    state: Path
    link: dict[str, Any] = {}
    run: Path = Path("/run/hotspot-update")
    release: Path = Path("/etc/os-release")
    bus: str = "SYSTEM"
    without: tuple[Literal["camera", "finger"], ...] = ()
    quiet_s: float = 150.0
    self_test_s: float = 300.0
    status_s: float = 300.0
    ca: Path | None = None

    def __post_init__(self) -> None:
        within("quiet_s", self.quiet_s, 0, 86400)
        within("self_test_s", self.self_test_s, 1, 3600)
        within("status_s", self.status_s, 30, 86400)


class KioskConfig(Table, frozen=True, kw_only=True):
    """Everything a kiosk needs.

    `panel`: the guard microcontroller, if there is one. `renewal`: the link certificate is renewed; the table holds what differs from [link] there, whose
    port is 8885 unless it says so.
    """

    kiosk: Post
    keys: Keys
    models: Models
    camera: dict[str, Any]
    finger: dict[str, Any]
    link: dict[str, Any]
    outbox: OutboxLimits
    operation: OperationFile
    session: SessionPlan = SessionPlan()
    renewal: dict[str, Any] | None = None
    page: Page = Page()
    panel: dict[str, Any] | None = None
    tamper: TamperPlan = TamperPlan()
    update: UpdatePlan | None = None

    def __post_init__(self) -> None:
        if self.realm is Realm.REAL:
            if self.page.coach is not None:
                raise ValueError("page.coach is for training; take it out")
            return
        realms.check_link(self.link)
        if self.camera.get("driver") != "folder":
            raise ValueError("training looks at nobody: camera.driver must be folder")
        if any(table is not None for table in (self.renewal, self.update, self.panel, self.page.tablet)):
            raise ValueError("training has no [renewal], [update], [panel] and [page.tablet]; take them out")

    @property
    def realm(self) -> Realm:
        """Real or for training."""
        return Realm.TRAINING if self.kiosk.training else Realm.REAL

    @property
    def places(self) -> tuple[Path, ...]:
        """Where it keeps what must never be mixed."""
        seen = (Path(self.camera["path"]),) if isinstance(self.camera.get("path"), str) else ()
        return (self.keys.own, self.keys.peers, self.outbox.path, self.operation.file, *seen)


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
    link: dict[str, Any] = {}

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
    exchange: dict[str, dict[str, Any]] = {}
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
