"""The kiosk's configuration file, table by table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from hotspot_kiosk import realm as realms
from hotspot_kiosk.config.table import Keys, Models, Table, exact, place, within
from hotspot_kiosk.terms import MAX_COUNTER, MAX_DEVICE, Realm


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
    stick: where a stick with an update is mounted (`hotspot fleet rollout stick`).
    ca: PEM file of who may certify the server that bundles come from; without it whoever this system trusts.
    quiet_s: no session for so long before anything begins. self_test_s: a self-test without a verdict by then failed;
    at most ten minutes, because an image restarts a new system that nobody called well after fourteen.
    """

    state: Path
    link: dict[str, Any] = msgspec.field(default_factory=dict)
    run: Path = Path("/run/hotspot-update")
    release: Path = Path("/etc/os-release")
    bus: str = "SYSTEM"
    without: tuple[Literal["camera", "finger"], ...] = ()
    quiet_s: float = 150.0
    self_test_s: float = 300.0
    status_s: float = 300.0
    ca: Path | None = None
    stick: Path = Path("/run/stick")

    def __post_init__(self) -> None:
        within("quiet_s", self.quiet_s, 0, 86400)
        within("self_test_s", self.self_test_s, 1, 600)
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
