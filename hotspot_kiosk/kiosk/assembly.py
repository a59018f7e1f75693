"""The kiosk's composition root: builds every part of the daemon by keyword, out of the config.

What is wrong refuses here, in a sentence, before a device is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import stat
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import IO

from hotspot_kiosk import nist
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.config import KioskConfig, Section, SessionPlan, build_variant
from hotspot_kiosk.errors import ConfigError, Refused, StorageFailed
from hotspot_kiosk.inference.age import NAME as AGE
from hotspot_kiosk.inference.age import AgeEstimator
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.face import NAME as FACE
from hotspot_kiosk.inference.face import FaceEncoder
from hotspot_kiosk.inference.face_utility import NAME as UTILITY
from hotspot_kiosk.inference.face_utility import FaceUtility
from hotspot_kiosk.inference.finger_utility import NAME as FINGER_UTILITY
from hotspot_kiosk.inference.finger_utility import FingerUtility
from hotspot_kiosk.inference.pad import installed
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.keyring import Trust, check_realm, load_private
from hotspot_kiosk.kiosk.capture.booth import Voices
from hotspot_kiosk.kiosk.capture.booth_face import FaceBooth
from hotspot_kiosk.kiosk.capture.booth_finger import FingerBooth
from hotspot_kiosk.kiosk.capture.preview import Preview, of
from hotspot_kiosk.kiosk.capture.tallying import Tallying
from hotspot_kiosk.kiosk.capture.turns import Limits
from hotspot_kiosk.kiosk.capture.warmth import Warmth
from hotspot_kiosk.kiosk.capture.watch import Challenge, Watch
from hotspot_kiosk.kiosk.care.checkup import Machine
from hotspot_kiosk.kiosk.care.health import Health
from hotspot_kiosk.kiosk.care.loglines import Recent
from hotspot_kiosk.kiosk.clock import SYNCHRONISED, Clock
from hotspot_kiosk.kiosk.daemon import Daemon
from hotspot_kiosk.kiosk.desk import Desk
from hotspot_kiosk.kiosk.devices.port import Panel
from hotspot_kiosk.kiosk.guard import Ears, Guard
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.anchoring import Anchoring, Minors
from hotspot_kiosk.kiosk.link.ordered import installs
from hotspot_kiosk.kiosk.link.orders import FLOOR, ORDERS, Orders
from hotspot_kiosk.kiosk.link.renewal import PENDING, Renewal
from hotspot_kiosk.kiosk.link.telling import Telling
from hotspot_kiosk.kiosk.link.upkeep import Upkeep
from hotspot_kiosk.kiosk.link.uplink import Uplink
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.session import Plan
from hotspot_kiosk.kiosk.staff.findings import Findings
from hotspot_kiosk.kiosk.staff.handover import Handover
from hotspot_kiosk.kiosk.staff.office import ROSTER
from hotspot_kiosk.kiosk.staff.office import build as build_office
from hotspot_kiosk.kiosk.staff.pairs import Pairs
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.kiosk.zeroise import Remains, destroy
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.terms import Realm, realm_of
from hotspot_kiosk.transports.port import Transport
from hotspot_kiosk.transports.tls import EPOCH, Floor

RENEWAL_PORT = 8885
PSEUDO_TERMINALS = range(
    136, 144
)  # major numbers of UNIX98 slaves (Linux, Documentation/admin-guide/devices.txt)
PATIENCE = 0.8  # of the time a subject is given: a device asks again before the subject is taken to have left


def build(config: KioskConfig, folder: Path) -> Daemon:
    """A kiosk from its config; `folder` is where relative paths count from.

    Raises ConfigError, KeyMissing, ModelError or StorageFailed with a sentence that says what to do.
    """
    clock = Clock()
    _finish_erasure(config, folder)
    place = _place(config, clock, folder)
    only = alone(config.outbox.path.with_name("running"))
    outbox = _outbox(config, only)
    daemon = Daemon(place, plan(config.session), clock, outbox, only)
    findings, pairs = Findings(config.outbox.path), Pairs(place, clock)
    roll = Roll(config.outbox.path.with_name(ROSTER), place.trust)
    uplink = Uplink(
        device=config.kiosk.device,
        outbox=outbox,
        transport=transport(config, "link", config.link, folder),
        own=place.own,
        trust=place.trust,
        orders=place.orders,
        clock=clock,
        on_answer=daemon.answered,
        on_link=daemon.link_changed,
        on_order=daemon.ordered,
        on_quarantine=daemon.quarantined,
        on_fault=daemon.fault,
        on_trouble=daemon.troubled,
        alerts=place.alerts,
        anchoring=_anchoring(place),
        telling=Telling(findings),
        pairs=pairs,
        watchlists=place.watchlists,
        installs=installs(roll, place.operation, place.trust, place.device, place.journal),
    )
    preview, recent = Preview(of(config.kiosk.desk)), Recent()
    guard = _guard(config, folder, daemon)
    office = build_office(
        place=place,
        clock=clock,
        outbox=outbox,
        findings=findings,
        pairs=pairs,
        roll=roll,
        page=config.page,
        reach=daemon.reach(),
        rate=lambda: uplink.bytes_per_s,
        path=config.outbox.path,
        health=Health(Machine(), config, folder, recent, daemon.status, lambda: clock.stamp().wall),
    )
    daemon.attach(
        office=office,
        recent=recent,
        face=_face_booth(config, folder, daemon.voices(), preview, guard),
        finger=_finger_booth(config, folder, daemon.voices()),
        uplink=uplink,
        upkeep=_upkeep(config, folder, place, clock, uplink, daemon.fault),
        desk=Desk(config.kiosk.desk, daemon.asked, config.realm),
        guard=guard,
        preview=preview,
        pulse=Pulse(os.environ, time.monotonic),
        warmth=Warmth(daemon.fault),
    )
    return daemon


def transport(
    config: KioskConfig, table: str, section: Section, folder: Path, more: Section = MappingProxyType({})
) -> Transport:
    """A way to the hub; `more` are further defaults.

    Certificates are held against the last time heard from the hub if the clock was not set.
    """
    defaults = {"floor_file": str(_hub_time(config)), "synchronised": str(SYNCHRONISED), **more}
    made: Transport = build_variant("hotspot_kiosk.transports", table, section, folder, defaults)
    return made


def plan(table: SessionPlan) -> Plan:
    """The session's plan out of the config."""
    return Plan(
        touches=table.touches,
        attempts=table.attempts,
        face_quality=table.face_quality,
        finger_quality=table.finger_quality,
        subject_ms=int(table.subject_s * 1000),
        answer_ms=int(table.answer_s * 1000),
        review=table.review,
        hold=table.hold_for_second_look,
    )


def _finish_erasure(config: KioskConfig, folder: Path) -> None:
    """The hub has this kiosk's proof that it erases itself: power that went in between changes nothing of that."""
    if Orders(config.outbox.path.with_name(ORDERS), config.kiosk.device).memory.erased:
        destroy(remains(config, folder))
        raise ConfigError("this kiosk was erased by order of the hub; give it to its bureau")


def _place(config: KioskConfig, clock: Clock, folder: Path) -> Place:
    own = load_private(config.keys.own)
    if own.owner != config.kiosk.device:
        raise ConfigError(
            f"{config.keys.own} belongs to device {own.owner}, but [kiosk] says device {config.kiosk.device}"
        )
    beside, trust = config.outbox.path, Trust(config.keys.peers)
    check_realm(own, config.realm, trust.ring.realm)
    if own.realm is Realm.TRAINING:
        no_real_finger(config, folder)
    orders = Orders(beside.with_name(ORDERS), config.kiosk.device)
    return Place(
        device=config.kiosk.device,
        post=config.kiosk.post,
        agency=nist.Agency(config.kiosk.country, config.kiosk.agency),
        operation=config.operation.file,
        own=own,
        trust=trust,
        orders=orders,
        journal=Journal(beside.with_name("journal"), own, clock.now),
        keep=timedelta(days=config.outbox.keep_days),
        alerts=Alerts(beside, own),
        remains=remains(config, folder),
        tamper=config.tamper,
        minors=Minors(beside.with_name("minors")),
        tallying=Tallying(beside.with_name(f"{beside.name}.scores"), time.monotonic)
        if config.session.tally_scores
        else None,
        watchlists=Watchlists(beside, own, trust, clock, lambda: orders.memory, FACE),
        handover=Handover(clock.now_ms) if config.page.starts == "person" else None,
    )


def _anchoring(place: Place) -> Anchoring:
    minors = place.minors
    return Anchoring(place.device, place.own, place.journal, lambda: minors.count if minors else 0)


def remains(config: KioskConfig, folder: Path) -> Remains:
    """What an erasure destroys, and everything whose name begins like it."""
    key = config.link.get("key")
    link = (folder / key, (folder / key).with_suffix(PENDING)) if isinstance(key, str) else ()
    return Remains((config.keys.sealed or config.keys.own, *link), (config.outbox.path,))


def _guard(config: KioskConfig, folder: Path, daemon: Daemon) -> Guard | None:
    if config.panel is None:
        return None
    panel: Panel = build_variant("hotspot_kiosk.kiosk.devices", "panel", config.panel, folder)
    if not hasattr(panel, "beat"):
        raise ConfigError("[panel] driver names a device that is no panel")
    return Guard(panel, Ears(daemon.box.pressed, daemon.box.opened, daemon.box.warned, daemon.fault))


def _hub_time(config: KioskConfig) -> Path:
    return config.outbox.path.with_name(FLOOR)


def _upkeep(
    config: KioskConfig,
    folder: Path,
    place: Place,
    clock: Clock,
    uplink: Uplink,
    on_fault: Callable[[str], None],
) -> Upkeep | None:
    if config.renewal is None:
        return None
    pair = config.link.get("certificate")
    if pair is None or pair != config.link.get("key"):
        raise ConfigError(
            "[renewal] needs the link certificate and its key in one file: name it as certificate and key in [link]"
        )
    shared = {name: value for name, value in config.link.items() if name not in ("certificate", "key")}
    section = {"driver": config.link.get("driver"), **config.renewal}
    more = {**shared, "port": RENEWAL_PORT, "anonymous": True}
    return Upkeep(
        renewal=Renewal(folder / pair, config.kiosk.device, place.own),
        transport=transport(config, "renewal", section, folder, more),
        trust=place.trust,
        stamp=clock.stamp,
        past=Floor(file=_hub_time(config), epoch=EPOCH).time,
        link_up=lambda: uplink.up,
        on_order=lambda order: _heard(uplink, order),
        on_fault=on_fault,
    )


def _heard(uplink: Uplink, order: bytes) -> None:
    """An order that came with a refusal; what is not believed is counted there."""
    with contextlib.suppress(Refused):
        uplink.carry(order)


def alone(path: Path) -> IO[bytes]:
    """Lock a file for as long as it stays open. Raises ConfigError if another kiosk has it, or StorageFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}; check the disk") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise ConfigError(f"another kiosk works on the outbox in {path.parent}; stop it first") from None
    return file


def _outbox(config: KioskConfig, only: IO[bytes]) -> Outbox:
    """Lets go of `only` where it fails, for another try."""
    table = config.outbox
    try:
        outbox = Outbox(table.path, table.most_records, table.free_mib << 20)
    except StorageFailed:
        only.close()
        raise
    if any(realm_of(entry.tcn.device) is not config.realm for entry in outbox.entries()):
        outbox.close()
        only.close()
        raise ConfigError(
            f"{table.path} holds records that are not {config.realm}; give this kiosk one of its own"
        )
    return outbox


def no_real_finger(config: KioskConfig, folder: Path) -> None:
    """Raises ConfigError unless the finger sensor's line is a pseudo-terminal, with no sensor at its end."""
    port = config.finger.get("port")
    try:
        line = (folder / str(port)).stat()
    except OSError as error:
        raise ConfigError(
            f"[finger] port {port}: {error.strerror}; start the training with: hotspot training"
        ) from None
    if not (stat.S_ISCHR(line.st_mode) and os.major(line.st_rdev) in PSEUDO_TERMINALS):
        raise ConfigError(
            "training touches nobody: [finger] port must be a pseudo-terminal, not a sensor's line"
        )


def _face_booth(
    config: KioskConfig, folder: Path, voices: Voices, preview: Preview, guard: Guard | None
) -> FaceBooth:
    challenge = None
    if config.session.light_challenge:
        if guard is None:
            raise ConfigError("[session] light_challenge needs a [panel], whose light it changes")
        challenge = Challenge(guard.light, random.SystemRandom())
    shelf = ModelShelf(config.models.manifest, config.models.folder, config.models.threads)
    return FaceBooth(
        camera=build_variant("hotspot_kiosk.kiosk.devices", "camera", config.camera, folder),
        detector=FaceDetector(shelf.open("centerface")),
        encoder=FaceEncoder(shelf.open(FACE)),
        utility=FaceUtility(shelf.open(UTILITY)),
        voices=voices,
        good_enough=config.session.face_quality,
        limits=Limits(PATIENCE * config.session.subject_s),
        seen=preview.seen,
        age=AgeEstimator(shelf.open(AGE), shelf.entry(AGE)),
        watch=Watch(time.monotonic, installed(shelf), challenge),
    )


def _finger_booth(config: KioskConfig, folder: Path, voices: Voices) -> FingerBooth:
    shelf = ModelShelf(config.models.manifest, config.models.folder, 1)
    return FingerBooth(
        utility=FingerUtility(shelf.open(FINGER_UTILITY)),
        sensor=build_variant("hotspot_kiosk.kiosk.devices", "finger", config.finger, folder),
        voices=voices,
        good_enough=config.session.finger_quality,
        wait_s=PATIENCE * config.session.subject_s,
    )
