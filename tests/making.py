"""Values for tests: keys, templates, captures and requests, all drawn from a seed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hotspot_kiosk.decision import Decision, What, sign
from hotspot_kiosk.hub.cases.case_events import Voted
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.hub.cases.casebook import Role as Sitting
from hotspot_kiosk.keyring import PublicFile
from hotspot_kiosk.officers import Officer, Role, Roster
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.policy import Finding, Outcome
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.seal_person import PersonKey
from hotspot_kiosk.terms import (
    Advice,
    Capture,
    ClockStamp,
    EnrolmentRequest,
    FaceSample,
    FaceTemplate,
    FingerPosition,
    FingerSample,
    FingerTemplate,
    Quality,
    QualityComponent,
    Request,
    RequestType,
    SensorGrade,
    Tcn,
)

DEVICE = 17
R503 = SensorGrade("R503", 192, 192, 500, 16)
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
STAMP = ClockStamp("boot-1", 1000, NOW, True)


def keys(owner: int) -> PrivateKeys:
    """The same keys for the same owner, every time."""
    return PrivateKeys.make(owner, hashlib.shake_256(f"test keys {owner}".encode()).digest(128))


HUB = keys(0)
KIOSK = keys(DEVICE)


def public_file(private: PrivateKeys, name: str = "a post") -> PublicFile:
    """What would stand in the `.pub` file."""
    half = private.public()
    return PublicFile(private.owner, name, half.signing, half.sealing)


def own_key(name: str) -> PersonKey:
    """The same key for the same person, every time."""
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"test person {name}".encode()).digest())
    return PersonKey(key.public_key().public_bytes_raw(), key)


def on_roster(*names: str) -> Roster:
    """Officers with their own keys."""
    people = (Officer(id=name, roles=(Role.OFFICER,), signing=own_key(name).public) for name in names)
    return Roster(edition=1, made=NOW, officers=tuple(people))


LEGAL_OFFICER = Officer(id="l1", roles=(Role.LEGAL,), signing=own_key("l1").public)
ROSTER = on_roster("k7", "k8", "k9").with_officer(LEGAL_OFFICER, NOW)


def signed(said: Voted, number: Tcn, by: str = "") -> Voted:
    """The same, signed with that person's own key, or with the key of another one."""
    decision = Decision(
        officer=said.officer,
        what=What(said.finding.value),
        tcn=str(number),
        candidate=said.reference,
        reason=said.reason,
        at=said.at,
        hub="00",
    )
    return msgspec.structs.replace(said, signed=sign(decision, own_key(by or said.officer)))


def vote(book: Casebook, number: Tcn, reference: str, by: Person, finding: Finding, reason: str) -> Outcome:
    """As at the hub: what is said is signed with that person's own key; somebody without an id signs nothing."""
    if by.id:
        said = signed(Voted(book.now(), reference, by.id, finding, reason), number)
        by = Person(by.id, by.role, said.signed)
    return book.vote(number, reference, by, finding, reason)


def judge(
    book: Casebook, number: Tcn, reference: str, reason: str, *, released: bool, by: str = "l1"
) -> None:
    """As at the hub: the legal officer signs with their own key."""
    what = What.RELEASE if released else What.WITHHOLD
    decision = Decision(
        officer=by, what=what, tcn=number[:], candidate=reference, reason=reason, at=book.now(), hub="00"
    )
    person = Person(by, Sitting.LEGAL, sign(decision, own_key(by)))
    book.judge(number, reference, person, released=released, reason=reason)


def operation(**changed: Any) -> Operation:
    """An operation of a month round NOW at the test kiosk, with a lane to INTERPOL."""
    usual = {
        "id": "OP-1",
        "edition": 1,
        "name": "checks at the green line",
        "kind": Kind.HOTSPOT,
        "purpose": "second line checks",
        "legal_basis": "the act",
        "notice": "notice-1",
        "begins": NOW - timedelta(days=15),
        "ends": NOW + timedelta(days=15),
        "posts": ("Green line 4",),
        "devices": (DEVICE,),
        "datasets": ("INTERPOL-AFIS",),
    }
    return Operation(**{**usual, **changed})


def tcn(counter: int = 1, device: int = DEVICE) -> Tcn:
    """A number of the test kiosk."""
    return Tcn.mint(2026, device, counter)


def face_template(seed: int = 1) -> FaceTemplate:
    """A face vector of unit length."""
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return FaceTemplate("test-face", vector / np.linalg.norm(vector))


def finger_template(
    seed: int = 1, position: FingerPosition = FingerPosition.RIGHT_INDEX, count: int = 20
) -> FingerTemplate:
    """Minutiae and ridges drawn at random, 192x192."""
    rng = np.random.default_rng(seed)
    minutiae = np.column_stack(
        [rng.integers(0, 192, (count, 2)), rng.integers(0, 256, count), rng.integers(0, 2, count)]
    ).astype(np.int16)
    area = rng.random((24, 24)) > 0.2
    ridges = rng.random((96, 96)) > 0.5
    return FingerTemplate("test-finger", position, 500, 192, 192, minutiae, area, ridges)


def quality(score: int = 80, advice: Advice = Advice.PRESS_HARDER) -> Quality:
    """One component of that score."""
    return Quality((QualityComponent("clarity", score, advice),))


def face_capture(seed: int = 1, score: int = 80) -> Capture:
    """A face: smooth colours, 480x600."""
    ramp = np.linspace(0, 255, 600 * 480 * 3).reshape(600, 480, 3).astype(np.uint8)
    return Capture(FaceSample("camera", ramp), quality(score, "Look straight."), face_template(seed))


def finger_capture(
    seed: int = 1, position: FingerPosition = FingerPosition.RIGHT_INDEX, score: int = 80
) -> Capture:
    """A finger: stripes, 192x192."""
    stripes = np.tile((np.arange(192) // 4 % 2 * 255).astype(np.uint8), (192, 1))
    return Capture(FingerSample(position, R503, stripes), quality(score), finger_template(seed, position))


def request(counter: int = 1) -> Request:
    """A face and a finger."""
    return Request(
        tcn(counter),
        RequestType.NPS,
        "Green line 4",
        "OP-1",
        "notice-1",
        STAMP,
        (face_capture(), finger_capture()),
    )


def enrolment(counter: int = 1, **changed: Any) -> EnrolmentRequest:
    """A face and a finger that a reception wants enrolled."""
    usual: dict[str, Any] = {
        "tcn": tcn(counter),
        "post": "Green line 4",
        "operation": "OP-2",
        "notice": "notice-1",
        "stamp": STAMP,
        "captures": (face_capture(), finger_capture()),
    }
    return EnrolmentRequest(**{**usual, **changed})


def reception(**changed: Any) -> Operation:
    """An operation that enrols into the gallery `national`."""
    usual = {"id": "OP-2", "kind": Kind.RECEPTION, "datasets": (), "gallery": "national"}
    return operation(**{**usual, **changed})
