"""What lies inside the envelopes: a probe, a gallery's templates, an answer; bytes and values.

MessagePack arrays outside, packed columns inside, deflated. A probe takes at most 10 KB sealed:
minutiae are exact, face vectors travel in 8 bits a number (a gallery keeps 16), and if the ridge
pictures do not fit, those of the touches that tell least stay behind (the evidence carries the images
anyway). No pixels, no names.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from hotspot_kiosk.config import EXACT
from hotspot_kiosk.contents_templates import Packed, PackedFinger, pack, thin, unpack
from hotspot_kiosk.countries import UNREADABLE, country
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.policy import Shielded
from hotspot_kiosk.seal import OVERHEAD
from hotspot_kiosk.seal_answer import KEY_SIZE
from hotspot_kiosk.terms import (
    Answer,
    AnswerType,
    Candidate,
    Capture,
    ClockStamp,
    Decision,
    Late,
    Request,
    RequestType,
    Tcn,
    Template,
    as_plain,
)

LARGEST_BODY = 10_240 - OVERHEAD
LARGEST_PLAIN = 1 << 20
MOST_TEMPLATES = 32
MOST_REFERRED = 3
ANSWER_STEP = 128
LARGEST_EDITION = 1_000_000
T = TypeVar("T")
ENCODER = msgspec.msgpack.Encoder(enc_hook=as_plain)


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """Three clocks, as they travel."""

    boot_id: str
    monotonic_ms: int
    wall: float
    trusted: bool


class _Body(msgspec.Struct, frozen=True, array_like=True, tag="hkp1"):
    tcn: str
    tot: RequestType
    post: str
    operation: str
    notice: str
    stamp: Stamp
    templates: tuple[Packed, ...]
    failures: tuple[str, ...] = ()
    reply_key: bytes = b""


class _ShieldedBody(_Body, frozen=True, array_like=True, tag="hkp1"):
    """Longer by what is shielded, was overruled or referred; a probe without any of it does not carry it."""

    origins: tuple[str, ...] = ()
    protection_sought: bool = False
    overruled: tuple[str, ...] = ()
    referred: tuple[str, ...] = ()


class _Candidate(msgspec.Struct, frozen=True, array_like=True):
    reference: str
    rank: int
    score: float


class _PlacedCandidate(_Candidate, frozen=True, array_like=True):
    source: str = ""


class _Late(msgspec.Struct, frozen=True, array_like=True):
    post: str
    seen: float
    clock: bool
    expires: float


class _Answer(msgspec.Struct, frozen=True, array_like=True, tag="hka1"):
    tcr: str
    tot: AnswerType
    decision: Decision
    candidates: tuple[_Candidate, ...]
    answered: float
    note: str


class _LaterAnswer(_Answer, frozen=True, array_like=True, tag="hka1"):
    """Longer by what a first answer to somebody who waits does not need."""

    edition: int = 1
    late: _Late | None = None


class _AnyAnswer(_LaterAnswer, frozen=True, array_like=True, tag="hka1"):
    candidates: tuple[_PlacedCandidate, ...]


@dataclass(frozen=True, slots=True)
class Probe:
    """What the hub gets to search with; under `reply_key` it may seal the answer, unless it is empty.

    shielded: what the officer was told of origin and protection. It exists here and inside the sealed probe only.
    """

    tcn: Tcn
    tot: RequestType
    post: str
    operation: str
    notice: str
    stamp: ClockStamp
    templates: tuple[Template, ...]
    acquisition_failures: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    referred: tuple[str, ...] = ()
    reply_key: bytes = field(default=b"", repr=False)
    shielded: Shielded = field(default_factory=Shielded, repr=False, compare=False)


def encode(request: Request, reply_key: bytes = b"", shielded: Shielded | None = None) -> bytes:
    """The probe of a request, deflated, at most LARGEST_BODY bytes; reply_key: see seal_answer."""
    known = shielded or Shielded()
    return fitted(request.captures, lambda templates: _body(request, templates, reply_key, known))


def fitted(captures: Sequence[Capture], body: Callable[[list[Packed]], bytes]) -> bytes:
    """What `body` makes of the captures' templates, most telling first; the last touches lose their ridges if it must be.

    Raises BadBytes if even that is longer than LARGEST_BODY.
    """
    templates = [thin(capture.template) for capture in captures]
    for index in reversed(range(len(templates))):
        whole = body(templates)
        if len(whole) <= LARGEST_BODY:
            return whole
        item = templates[index]
        if isinstance(item, PackedFinger):
            templates[index] = msgspec.structs.replace(item, ridges=b"")
    whole = body(templates)
    if len(whole) > LARGEST_BODY:
        raise BadBytes("a probe of so many touches does not fit into 10 KB; ask for fewer")
    return whole


def decode(data: bytes) -> Probe:
    """The inverse of `encode`, every length checked. Raises BadBytes."""
    body = read_body(data, _ShieldedBody)
    templates = read_templates(body.templates, body.reply_key)
    return Probe(
        tcn=Tcn(body.tcn),
        tot=body.tot,
        post=body.post,
        operation=body.operation,
        notice=body.notice,
        stamp=read_stamp(body.stamp),
        templates=templates,
        acquisition_failures=body.failures,
        overruled=body.overruled,
        referred=_read_referred(body.referred),
        reply_key=body.reply_key,
        shielded=Shielded(read_countries(body.origins), body.protection_sought),
    )


def read_templates(packed: Sequence[Packed], reply_key: bytes) -> tuple[Template, ...]:
    """The templates of a record that asks something, and its reply key checked. Raises BadBytes."""
    if len(packed) > MOST_TEMPLATES:
        raise BadBytes("a probe holds more templates than any real one")
    if len(reply_key) not in (0, KEY_SIZE):
        raise BadBytes("a probe's reply key has an impossible length")
    return tuple(unpack(item) for item in packed)


def pack_stamp(stamp: ClockStamp) -> Stamp:
    """As it travels."""
    return Stamp(stamp.boot_id, stamp.monotonic_ms, stamp.wall.timestamp(), stamp.trusted)


def read_stamp(stamp: Stamp) -> ClockStamp:
    """The inverse of `pack_stamp`. Raises BadBytes."""
    return ClockStamp(stamp.boot_id, stamp.monotonic_ms, read_moment(stamp.wall), stamp.trusted)


def encode_templates(templates: tuple[Template, ...]) -> bytes:
    """Templates alone, for a gallery."""
    return zlib.compress(ENCODER.encode([pack(template) for template in templates]), 9)


def decode_templates(data: bytes) -> tuple[Template, ...]:
    """The inverse of `encode_templates`. Raises BadBytes."""
    items = read_body(data, tuple[Packed, ...])
    if not items:
        raise BadBytes("a reference holds no template")
    return tuple(unpack(item) for item in items)


def encode_answer(answer: Answer) -> bytes:
    """An answer's bytes, to be sealed to its post.

    Filled up to a multiple of ANSWER_STEP: who sees how long a sealed answer is does not see
    whether anybody was found.
    """
    return filled(zlib.compress(ENCODER.encode(_packed_answer(answer)), 9))


def filled(packed: bytes) -> bytes:
    """Filled up to a multiple of ANSWER_STEP."""
    return packed.ljust(-(-len(packed) // ANSWER_STEP) * ANSWER_STEP, b"\0")


def decode_answer(data: bytes) -> Answer:
    """The inverse of `encode_answer`. Raises BadBytes."""
    body = read_body(data, _AnyAnswer)
    if not 1 <= body.edition <= LARGEST_EDITION:
        raise BadBytes("an answer has an impossible edition")
    return Answer(
        Tcn(body.tcr),
        body.tot,
        body.decision,
        tuple(Candidate(c.reference, c.rank, c.score, c.source) for c in body.candidates),
        read_moment(body.answered),
        body.note,
        body.edition,
        None if body.late is None else _late(body.late),
    )


def _packed_answer(answer: Answer) -> _Answer:
    body = _Answer(
        answer.tcr,
        answer.tot,
        answer.decision,
        tuple(_packed_candidate(each) for each in answer.candidates),
        answer.answered.timestamp(),
        answer.note,
    )
    if answer.edition == 1 and answer.late is None:
        return body
    fields = {name: getattr(body, name) for name in _Answer.__struct_fields__}
    late = None if answer.late is None else _packed_late(answer.late)
    return _LaterAnswer(**fields, edition=answer.edition, late=late)


def _packed_late(late: Late) -> _Late:
    return _Late(late.post, late.seen.timestamp(), late.clock, late.expires.timestamp())


def _packed_candidate(candidate: Candidate) -> _Candidate:
    row = (candidate.reference, candidate.rank, round(candidate.score, 2))
    return _PlacedCandidate(*row, candidate.source) if candidate.source else _Candidate(*row)


def _late(packed: _Late) -> Late:
    return Late(packed.post, read_moment(packed.seen), packed.clock, read_moment(packed.expires))


def read_countries(origins: tuple[str, ...]) -> frozenset[str]:
    """As alpha-3; three letters of no country that we know stay, and shield against all. Raises BadBytes for anything else."""
    known = frozenset(
        each.strip().upper() if country(each) == UNREADABLE else country(each) for each in origins
    )
    if not all(len(each) == len(UNREADABLE) and each.isascii() and each.isalpha() for each in known):
        raise BadBytes("a probe names a country that is none")
    return known


def _read_referred(cases: tuple[str, ...]) -> tuple[str, ...]:
    if len(cases) > MOST_REFERRED or not all(EXACT.fullmatch(case) for case in cases):
        raise BadBytes("a probe names impossible cases of a watchlist")
    return cases


def _body(request: Request, templates: list[Packed], reply_key: bytes, known: Shielded) -> bytes:
    body = _Body(
        request.tcn,
        request.tot,
        request.post,
        request.operation,
        request.notice,
        pack_stamp(request.stamp),
        tuple(templates),
        request.acquisition_failures,
        reply_key,
    )
    if known.origins or known.protection_sought or request.overruled or request.referred:
        fields = {name: getattr(body, name) for name in _Body.__struct_fields__}
        body = _ShieldedBody(
            **fields,
            origins=tuple(sorted(known.origins)),
            protection_sought=known.protection_sought,
            overruled=request.overruled,
            referred=request.referred,
        )
    return zlib.compress(ENCODER.encode(body), 9)


def read_body(data: bytes, kind: type[T]) -> T:
    """Deflated MessagePack as a value of this type and no other. Raises BadBytes."""
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, LARGEST_PLAIN)
        if inflater.unconsumed_tail or not inflater.eof:
            raise BadBytes("a record is cut short or larger than any real one")
        return msgspec.msgpack.decode(plain, type=kind)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a record cannot be read") from None


def read_moment(seconds: float) -> datetime:
    """Seconds since 1970 as a moment in UTC. Raises BadBytes."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadBytes("a record names an impossible time") from None
