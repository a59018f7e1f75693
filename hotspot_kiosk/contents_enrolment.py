"""What lies inside the envelopes of an enrolment: a request of a type of its own, and its answer.

Neither is a probe or a probe's answer with a mark on it: who decodes the one refuses the other. The
templates travel as a probe's do (`contents`). No pixels, no names.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import msgspec

from hotspot_kiosk import contents
from hotspot_kiosk.contents_templates import Packed
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.policy import Shielded
from hotspot_kiosk.terms import (
    Answer,
    AnyAnswer,
    ClockStamp,
    EnrolmentAnswer,
    EnrolmentDecision,
    EnrolmentRequest,
    EnrolmentType,
    Tcn,
    Template,
)

REQUEST_TAG, ANSWER_TAG = "hke1", "hkn1"


class _Body(msgspec.Struct, frozen=True, array_like=True, tag=REQUEST_TAG, forbid_unknown_fields=True):
    tcn: str
    post: str
    operation: str
    notice: str
    stamp: contents.Stamp
    templates: tuple[Packed, ...]
    failures: tuple[str, ...]
    reply_key: bytes
    renews: str
    officer: str
    origins: tuple[str, ...]
    protection_sought: bool
    overruled: tuple[str, ...]


class _Answer(msgspec.Struct, frozen=True, array_like=True, tag=ANSWER_TAG, forbid_unknown_fields=True):
    tcr: str
    decision: EnrolmentDecision
    answered: float
    note: str
    edition: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the hub gets to enrol somebody with; see `EnrolmentRequest` and `contents.Probe`."""

    tcn: Tcn
    post: str
    operation: str
    notice: str
    stamp: ClockStamp
    templates: tuple[Template, ...]
    acquisition_failures: tuple[str, ...] = ()
    renews: Tcn | None = None
    officer: str = ""
    overruled: tuple[str, ...] = ()
    reply_key: bytes = field(default=b"", repr=False)
    shielded: Shielded = field(default_factory=Shielded, repr=False, compare=False)

    @property
    def tot(self) -> EnrolmentType:
        """What it asks for."""
        return EnrolmentType.NATIONAL


def encode(request: EnrolmentRequest, reply_key: bytes = b"", shielded: Shielded | None = None) -> bytes:
    """The request, deflated, at most `contents.LARGEST_BODY` bytes. Raises BadBytes if it cannot be."""
    known = shielded or Shielded()
    return contents.fitted(
        request.captures, lambda templates: _packed(request, tuple(templates), reply_key, known)
    )


def decode(data: bytes) -> Enrolment:
    """The inverse of `encode`, every length checked. Raises BadBytes, also for a probe."""
    body = contents.read_body(data, _Body)
    return Enrolment(
        tcn=Tcn(body.tcn),
        post=body.post,
        operation=body.operation,
        notice=body.notice,
        stamp=contents.read_stamp(body.stamp),
        templates=contents.read_templates(body.templates, body.reply_key),
        acquisition_failures=body.failures,
        renews=Tcn(body.renews) if body.renews else None,
        officer=body.officer,
        overruled=body.overruled,
        reply_key=body.reply_key,
        shielded=Shielded(contents.read_countries(body.origins), body.protection_sought),
    )


def decode_any(data: bytes) -> contents.Probe | Enrolment:
    """Whichever of the two a kiosk asked; the tag inside the sealed envelope says which. Raises BadBytes."""
    return decode(data) if tag_of(data) == REQUEST_TAG else contents.decode(data)


def encode_answer(answer: AnyAnswer) -> bytes:
    """An answer of either lane, to be sealed to its post; as `contents.encode_answer`."""
    if isinstance(answer, Answer):
        return contents.encode_answer(answer)
    moment = answer.answered.timestamp()
    body = _Answer(str(answer.tcr), answer.decision, moment, answer.note, answer.edition)
    return contents.filled(zlib.compress(contents.ENCODER.encode(body), 9))


def decode_answer(data: bytes) -> AnyAnswer:
    """The inverse of `encode_answer`. Raises BadBytes."""
    if tag_of(data) != ANSWER_TAG:
        return contents.decode_answer(data)
    body = contents.read_body(data, _Answer)
    if not 1 <= body.edition <= contents.LARGEST_EDITION:
        raise BadBytes("an answer has an impossible edition")
    moment = contents.read_moment(body.answered)
    return EnrolmentAnswer(Tcn(body.tcr), body.decision, moment, body.note, body.edition)


def tag_of(data: bytes) -> str:
    """The type that the content names; empty if it names none. Raises BadBytes if it cannot be read."""
    fields = contents.read_body(data, list[object])
    return fields[0] if fields and isinstance(fields[0], str) else ""


def _packed(
    request: EnrolmentRequest, templates: tuple[Packed, ...], reply_key: bytes, known: Shielded
) -> bytes:
    body = _Body(
        tcn=str(request.tcn),
        post=request.post,
        operation=request.operation,
        notice=request.notice,
        stamp=contents.pack_stamp(request.stamp),
        templates=templates,
        failures=request.acquisition_failures,
        reply_key=reply_key,
        renews=request.renews or "",
        officer=request.officer,
        origins=tuple(sorted(known.origins)),
        protection_sought=known.protection_sought,
        overruled=request.overruled,
    )
    return zlib.compress(contents.ENCODER.encode(body), 9)
