"""The training bench: training keys and configs in one marked folder, and everything that runs, on this machine only.

Officers t1 and t2 sign in with a PIN that is no secret: it opens nothing but a training kiosk.
"""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from PIL import Image

from hotspot_kiosk import pictures, pins, realm, seal_person
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.decision import Decision, What, authenticate
from hotspot_kiosk.decision import sign as sign_decision
from hotspot_kiosk.demo import texts as demo_texts
from hotspot_kiosk.demo.stage import Folders, Stage
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.casebook import Person as Judge
from hotspot_kiosk.hub.cases.casebook import Role as Sitting
from hotspot_kiosk.hub.reception.enrolment import make_reference
from hotspot_kiosk.hub.roster import RosterFile
from hotspot_kiosk.inference.port import ModelShelf, read_manifest
from hotspot_kiosk.keyring import HUB, load_private, make_pair
from hotspot_kiosk.officers import Officer, Role
from hotspot_kiosk.operation import draft, sign
from hotspot_kiosk.policy import Finding
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.simulator.subject import Subject
from hotspot_kiosk.terms import TRAINING_DEVICES, FingerPosition, Realm, Tcn
from hotspot_kiosk.training import texts

DEVICE = TRAINING_DEVICES[1]
OFFICERS = ("t1", "t2")
PIN = "593826"
BUREAU = "bureau-2"
CASE = "TRAINING-CASE"


class Bench:
    """A training that runs while it is a context. Raises NotReady if a part does not come up."""

    def __init__(self, folders: Folders, page_port: int) -> None:
        self.folders, self.page_port = folders, page_port
        files = {entry.name: entry.file for entry in read_manifest(folders.models / "manifest.toml").picture}
        self.known = Subject("known", 901, self._portrait(files["portrait-a"]))
        self.stranger = Subject("stranger", 902, self._portrait(files["portrait-b"]))
        self.stage = Stage(folders, prepare=self._prepare)
        self._stack = ExitStack()
        self._key = _second_person()

    @property
    def coach(self) -> Path:
        """The socket at which the pages find the lessons."""
        return self.folders.root / "coach"

    @property
    def journal(self) -> Path:
        """The kiosk's journal."""
        return self.folders.root / "kiosk" / "journal"

    def __enter__(self) -> Bench:
        with ExitStack() as stack:
            stage = stack.enter_context(self.stage)
            self._enrol()
            for start in (stage.start_broker, stage.start_hub, stage.start_sensor, stage.start_kiosk):
                start()
            stage.start_page(self.page_port)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def compare_too(self, tcn: Tcn) -> bool:
        """Somebody at the training bureau compares, with their own key; False until the first finding has come there."""
        config = load(self.folders.hub_config, HubConfig)
        with closing(assembly.open_book(config, self.folders.hub_config.parent)) as book:
            if not book.case(tcn).votes:
                return False
            book.vote(tcn, CASE, self._judge(tcn), Finding.CONFIRM, "the same face and finger")
        return True

    def _judge(self, tcn: Tcn) -> Judge:
        hub = self.folders.root / "hub"
        own, now = load_private(hub / "hub.key"), datetime.now(UTC)
        number = own.public().key_id.hex()
        reason = "the same face and finger"
        said = Decision(
            officer=BUREAU, what=What.CONFIRM, tcn=str(tcn), candidate=CASE, reason=reason, at=now, hub=number
        )
        signed = sign_decision(said, self._key)
        authenticate(signed, RosterFile(hub / "roster", own, own.public()).read(), number, now)
        return Judge(BUREAU, Sitting.OFFICER, signed)

    def _prepare(self, folders: Folders, link_port: int, broker_port: int) -> None:
        """Folders, keys and configs, all of them training's."""
        root, hub, kiosk = folders.root, folders.root / "hub", folders.root / "kiosk"
        realm.mark(root)
        for folder in (folders.camera, folders.glass, kiosk / "peers", hub / "peers", hub / "operations"):
            folder.mkdir(parents=True, exist_ok=True)
        pairs = ((hub, "hub", HUB, kiosk), (kiosk, "kiosk", DEVICE, hub))
        for own, stem, owner, other in pairs:
            entropy = os.urandom(128)
            _, public = make_pair(own, stem, owner, f"Training {stem}", entropy, realm=Realm.TRAINING)
            (other / "peers" / public.name).write_bytes(public.read_bytes())
        words = {"device": DEVICE, "root": root, "models": folders.models, "page_port": self.page_port}
        words |= {"link_port": link_port, "broker_port": broker_port}
        folders.kiosk_config.write_text(texts.KIOSK.format(**words))
        folders.hub_config.write_text(texts.HUB.format(**words))
        (root / "broker.toml").write_text(demo_texts.BROKER.format(**words))
        self._appoint(load_private(hub / "hub.key"), hub, kiosk)

    def _appoint(self, own: PrivateKeys, hub: Path, kiosk: Path) -> None:
        """The operation, and who may sign in; the bureau's second person decides at the hub only."""
        now = datetime.now(UTC)
        begins, ends = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
        signed = sign(draft(texts.OPERATION.format(device=DEVICE, begins=begins, ends=ends)), own)
        for file in (hub / "operations" / "training.op", kiosk / "operation.op"):
            file.write_bytes(signed)
        roster, hidden = RosterFile(hub / "roster", own, own.public()), pins.make(PIN)
        for name in OFFICERS:
            roster.put(Officer(id=name, roles=(Role.OFFICER,), pin=hidden), now)
        (kiosk / "roster").write_bytes((hub / "roster").read_bytes())
        roster.put(Officer(id=BUREAU, roles=(Role.OFFICER,), signing=self._key.public), now)

    def _enrol(self) -> None:
        """The known person into the training hub's gallery, with a portrait to compare."""
        folder, models = self.folders.root / "enrolment", self.folders.models
        folder.mkdir()
        face, finger = folder / "face.png", folder / "finger.png"
        Image.fromarray(self.known.portrait).save(face)
        Image.fromarray(self.known.print_full(FingerPosition.RIGHT_INDEX)).save(finger)
        shelf = ModelShelf(models / "manifest.toml", models / "built")
        made = datetime.now(UTC).isoformat(timespec="seconds")
        fingers = [(FingerPosition.RIGHT_INDEX, finger)]
        entry = make_reference(CASE, made, [face], fingers, 500, shelf, portrait=True)
        with closing(open_store(self.folders.hub_config)) as store:
            store.gallery.put(entry)

    def _portrait(self, file: str) -> pictures.Pixels:
        return pictures.decode(pictures.read(self.folders.models / "built" / "pictures" / file))


def _second_person() -> seal_person.PersonKey:
    phrase = secrets.token_urlsafe(16)
    return seal_person.unlock(seal_person.make(phrase)[0], phrase)
