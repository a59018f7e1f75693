"""Builds a hub's parts from its config, by keyword: the composition root beside `service`'s loop."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hotspot_kiosk import files, ridge_code, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator, warm_up
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.config import HubConfig, build_variant
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.hub.bell import HUB_WORKER, Bell
from hotspot_kiosk.hub.cases.casebook import Casebook, Note, Ring, no_roster, nobody_notes, nobody_rings
from hotspot_kiosk.hub.cases.partner_desk import PartnerDesk
from hotspot_kiosk.hub.counts import Counts
from hotspot_kiosk.hub.law.retention import PURGING, Hourly, Purge
from hotspot_kiosk.hub.law.subject import Subjects
from hotspot_kiosk.hub.law.tries import TRIES, Tries
from hotspot_kiosk.hub.link.dispatch import Dispatch
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.link.renewal import Desk, Issuer, Register
from hotspot_kiosk.hub.link.witness import Witness
from hotspot_kiosk.hub.match.gallery import Gallery
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.provision import assembly as newcomers_of
from hotspot_kiosk.hub.reception import reception
from hotspot_kiosk.hub.roster import RosterFile, nobody
from hotspot_kiosk.hub.service import CLIENT, Hub
from hotspot_kiosk.hub.storage.store import Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.inference.face import NAME as FACE
from hotspot_kiosk.inference.port import Manifest, read_manifest
from hotspot_kiosk.keyring import HUB, Peers, check_realm, load_private, load_public
from hotspot_kiosk.seal_certificates import Identity

RENEWAL_PORT = 8886


def build(config: HubConfig, folder: Path) -> Hub:
    """A hub from its config; `folder` is where relative paths count from. Raises ConfigError and others."""
    own = load_private(config.keys.own)
    if own.owner != HUB:
        raise ConfigError(f"{config.keys.own} is a kiosk's key; the hub needs hub.key")
    kiosks = posts(config, own)
    store = guard(open_store(config, folder), _now)
    if config.hub.share and not store.shared:
        raise ConfigError(
            f"[hub] share is for several workers, but [store] driver {config.store['driver']!r} is for one; "
            "take out share, or use store_postgres"
        )
    store.check()
    warm_up()
    ridge_code.warm_up()
    now_trusted, place = (lambda: (_now(), True)), journal_folder(config, folder)
    journal = Journal(place, own, now_trusted)
    witness = Witness(store.anchors, journal, own, _now)
    newcomers = newcomers_of.build(config, own, kiosks) if config.provision else None
    inbox = _inbox(config, store, own, kiosks, witness, newcomers)
    renewal = _renewal(config, folder, own, kiosks, newcomers)
    return Hub(
        store=store,
        inbox=inbox,
        gallery=Gallery(store.gallery),
        identifier=_identifier(config),
        transport=build_variant("hotspot_kiosk.transports", "link", config.link, folder),
        own=own,
        post_keys=lambda device: kiosks[device].keys(),
        book=casebook(config, store, own, kiosks, inbox.open, journal.write),
        now=_now,
        journal=journal,
        hourly=Hourly(Purge(store, operations(config, own), journal, place / PURGING, _now)),
        share=config.hub.share,
        renewal=renewal,
        counts=_counts(config, inbox, renewal, witness),
        bell=bell(config, folder),
        roster=roster(config).read if config.hub.roster else nobody,
    )


def open_book(config: HubConfig, folder: Path) -> Casebook:
    """The cases of a hub, for a command; the hub may run meanwhile. Raises as `build`."""
    return _open(config, folder)[1]


@contextmanager
def open_partner_desk(config: HubConfig, folder: Path) -> Iterator[PartnerDesk]:
    """The cases as the exchange sees them, for one of its clerks; the hub may run meanwhile. Raises as `build`."""
    store, book = _open(config, folder)
    with closing(store):
        yield PartnerDesk(book, store.errands)


@contextmanager
def open_enrolments(config: HubConfig, folder: Path) -> Iterator[tuple[reception.Desk, Purge]]:
    """The enrolments of a hub and what ends them, for a command; the hub may run meanwhile. Raises as `build`."""
    store, book = _open(config, folder)
    own, place = load_private(config.keys.own), journal_folder(config, folder)
    journal = Journal(place, own, lambda: (_now(), True))
    try:
        purge = Purge(store, operations(config, own), journal, place / PURGING, _now)
        yield reception.Desk(store.register, book), purge
    finally:
        store.close()


def _open(config: HubConfig, folder: Path) -> tuple[Store, Casebook]:
    own = load_private(config.keys.own)
    kiosks = posts(config, own)
    store = guard(open_store(config, folder), _now)
    journal = Journal(journal_folder(config, folder), own, lambda: (_now(), True))
    inbox = _inbox(config, store, own, kiosks, Witness(store.anchors, journal, own, _now))
    ring = partial(bell(config, folder).ring, HUB_WORKER)
    return store, casebook(config, store, own, kiosks, inbox.open, journal.write, ring)


def open_subjects(config: HubConfig, folder: Path) -> Subjects:
    """What people may ask about themselves, for a command; the hub may run meanwhile. Raises as `build`."""
    own = load_private(config.keys.own)
    kiosks = posts(config, own)
    store = guard(open_store(config, folder), _now)
    place = journal_folder(config, folder)
    journal = Journal(place, own, lambda: (_now(), True))
    inbox = _inbox(config, store, own, kiosks, Witness(store.anchors, journal, own, _now))
    known = operations(config, own)
    return Subjects(
        store=store,
        book=casebook(config, store, own, kiosks, inbox.open, journal.write),
        opener=inbox.open,
        operations=known,
        purge=Purge(store, known, journal, place / PURGING, _now),
        tries=Tries(place / TRIES),
        note=journal.write,
        now=_now,
    )


def open_store(config: HubConfig, folder: Path) -> Store:
    """The hub's storage, unguarded. Raises ConfigError or StorageFailed, also for one of the other realm."""
    if "realm" in config.store:
        raise ConfigError("[store] there is no setting called `realm`: [hub] training says it")
    defaults = {"realm": config.realm}
    made: Store = build_variant("hotspot_kiosk.hub.storage", "store", config.store, folder, defaults)
    return made


def posts(config: HubConfig, own: seal.PrivateKeys) -> Peers:
    """The kiosks' public files. Raises ConfigError where training and what is real are mixed."""
    check_realm(own, config.realm)
    return Peers(config.keys.peers, own.realm)


def casebook(
    config: HubConfig,
    store: Store,
    own: seal.PrivateKeys,
    kiosks: Peers,
    opener: Callable[[bytes, int], bytes],
    note: Note = nobody_notes,
    ring: Ring = nobody_rings,
) -> Casebook:
    """The cases of a hub."""
    return Casebook(
        store=store,
        opener=opener,
        operations=operations(config, own),
        posts=kiosks.names,
        now=_now,
        partners=frozenset(config.exchange),
        note=note,
        ring=ring,
        roster=roster(config).known if config.hub.roster else no_roster,
    )


def roster(config: HubConfig) -> RosterFile:
    """Who may decide what at this hub. Raises ConfigError if its config names no roster."""
    own = load_private(config.keys.own)
    return RosterFile(config.hub.roster, own, ring_of(config, own))


def dispatch(config: HubConfig) -> Dispatch:
    """What orders kiosks to install an operation. Raises ConfigError if the hub's file names no place for one of the two."""
    own, book = load_private(config.keys.own), _book(config)
    if book is None or config.hub.operations is None:
        raise ConfigError("[hub] orders and operations are both needed: name a folder for each")
    return Dispatch(config.hub.operations, book, own, ring_of(config, own), posts(config, own))


def bell(config: HubConfig, folder: Path) -> Bell:
    """The bell between the processes of this hub."""
    return Bell(journal_folder(config, folder) / "bells")


def journal_folder(config: HubConfig, folder: Path) -> Path:
    """Where this hub's journal lies."""
    return config.hub.journal or folder / "journal"


def operations(config: HubConfig, own: seal.PrivateKeys) -> Operations:
    """The operations that this hub signed, with whichever of its keys."""
    return Operations(config.hub.operations, ring_of(config, own))


def ring_of(config: HubConfig, own: seal.PrivateKeys) -> seal.Ring:
    """The hub's keys, this one's and those before it, by which what it signed is known."""
    previous = (load_private(path).public() for path in config.keys.previous)
    return seal.Ring((own.public(), *previous))


def _inbox(
    config: HubConfig,
    store: Store,
    own: seal.PrivateKeys,
    kiosks: Peers,
    witness: Witness,
    newcomers: newcomers_of.Newcomers | None = None,
) -> Inbox:
    previous = [load_private(path) for path in config.keys.previous]
    newest = load_public(config.keys.own.with_suffix(".pub")) if previous else None
    inbox = Inbox(
        store, own, kiosks, _now, previous=previous, newest=newest, book=_book(config), witness=witness
    )
    if newcomers is not None:
        inbox.mind(newcomers.withdrawals.distrusted, newcomers.proven)
    return inbox


def _renewal(
    config: HubConfig,
    folder: Path,
    own: seal.PrivateKeys,
    kiosks: Peers,
    newcomers: newcomers_of.Newcomers | None,
) -> Desk | None:
    table = config.renewal
    if table is None:
        return None
    issuer = Issuer(
        Identity(files.read(table.authority), files.read(table.authority_key)),
        own,
        lambda device: kiosks[device].keys() if device in kiosks else None,
        Register(table.register),
        _now,
        book=_book(config),
        days=table.days,
    )
    section = {**config.link, "port": RENEWAL_PORT, **table.link}
    transport = build_variant("hotspot_kiosk.transports", "renewal.link", section, folder)
    taker = newcomers.answering if newcomers is not None else None
    return Desk(issuer, transport, f"{CLIENT}-{secrets.token_hex(6)}", config.hub.share, taker)


def _counts(config: HubConfig, inbox: Inbox, renewal: Desk | None, witness: Witness) -> Counts | None:
    if config.hub.counts is None:
        return None
    sources: dict[str, Mapping[str, int]] = {
        "ignored": inbox.ignored, "repeated": inbox.repeated, "refused": inbox.refused
    }  # fmt: skip
    sources["alarms"] = witness.alarms
    if renewal is not None:
        sources["renewals not followed"] = renewal.issuer.ignored
        sources["renewals repeated"] = renewal.issuer.repeated
        if renewal.newcomers is not None:
            sources["new kiosks not heard"] = renewal.newcomers.ignored
    return Counts(config.hub.counts, os.getpid(), _now(), sources)


def _book(config: HubConfig) -> OrderBook | None:
    return OrderBook(config.hub.orders) if config.hub.orders else None


def _identifier(config: HubConfig) -> Identifier:
    manifest = read_manifest(config.models.manifest)
    limits = config.decision
    return Identifier(
        face=FaceComparator(_calibration(manifest, FACE)),
        finger=FingerComparator(),
        thresholds=Thresholds(limits.possible_match, limits.no_hit),
        most_candidates=limits.candidates,
        shortlist=limits.shortlist,
    )


def face_calibration(config: HubConfig) -> Calibration:
    """What this hub's face scores mean."""
    return _calibration(read_manifest(config.models.manifest), FACE)


def _calibration(manifest: Manifest, name: str) -> Calibration:
    fitted = next((entry.calibration for entry in manifest.model if entry.name == name), None)
    if fitted is None:
        raise ConfigError(f"the model manifest has no calibration for {name}")
    return Calibration(fitted.slope, fitted.offset, fitted.limit, fitted.source)


def _now() -> datetime:
    return datetime.now(UTC)
