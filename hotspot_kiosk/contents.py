"""What lies inside the envelopes: a probe, a gallery's templates, an answer; bytes and values.

MessagePack arrays outside, packed columns inside, deflated. A probe takes at most 10 KB sealed:
minutiae are exact, face vectors travel in 8 bits a number (a gallery keeps 16), and if the ridge
pictures do not fit, those of the poorest touches stay behind (the evidence carries the images
anyway). No pixels, no names.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import ridge_code
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.seal import OVERHEAD
from hotspot_kiosk.seal_answer import KEY_SIZE
from hotspot_kiosk.terms import (
    Answer,
    AnswerType,
    Candidate,
    ClockStamp,
    Decision,
    FaceTemplate,
    FingerPosition,
    FingerTemplate,
    Request,
    RequestType,
    Tcn,
    Template,
    as_plain,
)

LARGEST_BODY = 10_240 - OVERHEAD
LARGEST_PLAIN = 1 << 20
MOST_MINUTIAE = 255
MOST_TEMPLATES = 32
ANSWER_STEP = 128
LARGEST_STEP = 1e6
T = TypeVar("T")
ENCODER = msgspec.msgpack.Encoder(enc_hook=as_plain)


class _Face(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    model: str
    vector: bytes


class _Finger(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    model: str
    position: FingerPosition
    ppi: int
    width: int
    height: int
    xy: bytes
    direction: bytes
    kind: bytes
    area: bytes
    ridges: bytes


class _ThinFace(msgspec.Struct, frozen=True, array_like=True, tag="g"):
    """As it travels: the vector in whole numbers of -127 to 127 times `step`."""

    model: str
    step: float
    vector: bytes


class _ThinFinger(_Finger, frozen=True, array_like=True, tag="r"):
    """As it travels: the ridges in ridge_code."""


_Packed = _Face | _Finger | _ThinFace | _ThinFinger


class _Stamp(msgspec.Struct, frozen=True, array_like=True):
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
    stamp: _Stamp
    templates: tuple[_Packed, ...]
    failures: tuple[str, ...] = ()
    reply_key: bytes = b""


class _Answer(msgspec.Struct, frozen=True, array_like=True, tag="hka1"):
    tcr: str
    tot: AnswerType
    decision: Decision
    candidates: tuple[tuple[str, int, float], ...]
    answered: float
    note: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What the hub gets to search with; under `reply_key` it may seal the answer, unless it is empty."""

    tcn: Tcn
    tot: RequestType
    post: str
    operation: str
    notice: str
    stamp: ClockStamp
    templates: tuple[Template, ...]
    acquisition_failures: tuple[str, ...] = ()
    reply_key: bytes = field(default=b"", repr=False)


def encode(request: Request, reply_key: bytes = b"") -> bytes:
    """The probe of a request, deflated, at most LARGEST_BODY bytes; reply_key: see seal_answer."""
    best_first = sorted(request.captures, key=lambda c: -c.quality.score)
    templates = [_thin(capture.template) for capture in best_first]
    for index in reversed(range(len(templates))):
        body = _body(request, templates, reply_key)
        if len(body) <= LARGEST_BODY:
            return body
        item = templates[index]
        if isinstance(item, _Finger):
            templates[index] = msgspec.structs.replace(item, ridges=b"")
    body = _body(request, templates, reply_key)
    if len(body) > LARGEST_BODY:
        raise BadBytes("a probe of so many touches does not fit into 10 KB; ask for fewer")
    return body


def decode(data: bytes) -> Probe:
    """The inverse of `encode`, every length checked. Raises BadBytes."""
    body = _decode(data, _Body)
    if len(body.templates) > MOST_TEMPLATES:
        raise BadBytes("a probe holds more templates than any real one")
    if len(body.reply_key) not in (0, KEY_SIZE):
        raise BadBytes("a probe's reply key has an impossible length")
    stamp = ClockStamp(
        body.stamp.boot_id, body.stamp.monotonic_ms, _moment(body.stamp.wall), body.stamp.trusted
    )
    templates = tuple(_unpack(item) for item in body.templates)
    return Probe(
        tcn=Tcn(body.tcn),
        tot=body.tot,
        post=body.post,
        operation=body.operation,
        notice=body.notice,
        stamp=stamp,
        templates=templates,
        acquisition_failures=body.failures,
        reply_key=body.reply_key,
    )


def encode_templates(templates: tuple[Template, ...]) -> bytes:
    """Templates alone, for a gallery."""
    return zlib.compress(ENCODER.encode([_pack(template) for template in templates]), 9)


def decode_templates(data: bytes) -> tuple[Template, ...]:
    """The inverse of `encode_templates`. Raises BadBytes."""
    items = _decode(data, tuple[_Packed, ...])
    if not items:
        raise BadBytes("a reference holds no template")
    return tuple(_unpack(item) for item in items)


def encode_answer(answer: Answer) -> bytes:
    """An answer's bytes, to be sealed to its post.

    Filled up to a multiple of ANSWER_STEP: who sees how long a sealed answer is does not see
    whether anybody was found.
    """
    candidates = tuple((c.reference, c.rank, round(c.score, 2)) for c in answer.candidates)
    body = _Answer(
        answer.tcr, answer.tot, answer.decision, candidates, answer.answered.timestamp(), answer.note
    )
    packed = zlib.compress(ENCODER.encode(body), 9)
    return packed.ljust(-(-len(packed) // ANSWER_STEP) * ANSWER_STEP, b"\0")


def decode_answer(data: bytes) -> Answer:
    """The inverse of `encode_answer`. Raises BadBytes."""
    body = _decode(data, _Answer)
    candidates = tuple(Candidate(*row) for row in body.candidates)
    return Answer(Tcn(body.tcr), body.tot, body.decision, candidates, _moment(body.answered), body.note)


def _body(request: Request, templates: list[_Packed], reply_key: bytes) -> bytes:
    stamp = request.stamp
    plain = ENCODER.encode(
        _Body(
            request.tcn,
            request.tot,
            request.post,
            request.operation,
            request.notice,
            _Stamp(stamp.boot_id, stamp.monotonic_ms, stamp.wall.timestamp(), stamp.trusted),
            tuple(templates),
            request.acquisition_failures,
            reply_key,
        )
    )
    return zlib.compress(plain, 9)


def _decode(data: bytes, kind: type[T]) -> T:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, LARGEST_PLAIN)
        if inflater.unconsumed_tail or not inflater.eof:
            raise BadBytes("a record is cut short or larger than any real one")
        return msgspec.msgpack.decode(plain, type=kind)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("a record cannot be read") from None


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadBytes("a record names an impossible time") from None


def _thin(template: Template) -> _Packed:
    """For a link where every byte takes its time: a third of what `_pack` makes of the same."""
    packed = _pack(template)
    if isinstance(template, FaceTemplate):
        step = float(np.abs(template.vector).max(initial=0.0)) / 127 or 1.0
        return _ThinFace(template.model, step, np.rint(template.vector / step).astype(np.int8).tobytes())
    fields = {name: getattr(packed, name) for name in _ThinFinger.__struct_fields__}
    coded = ridge_code.encode(template.ridges) if template.ridges.size else b""
    return _ThinFinger(**{**fields, "ridges": coded})


def _pack(template: Template) -> _Face | _Finger:
    if isinstance(template, FaceTemplate):
        return _Face(template.model, template.vector.astype("<f2").tobytes())
    rows = template.minutiae[:MOST_MINUTIAE]
    return _Finger(
        template.model,
        template.position,
        template.ppi,
        template.width,
        template.height,
        rows[:, :2].astype("<u2").tobytes(),
        rows[:, 2].astype(np.uint8).tobytes(),
        np.packbits(rows[:, 3].astype(bool)).tobytes(),
        np.packbits(template.area).tobytes(),
        np.packbits(template.ridges).tobytes(),
    )


def _unpack(item: _Packed) -> Template:
    if isinstance(item, _Face | _ThinFace):
        return FaceTemplate(item.model, _vector(item))
    if not (16 <= item.width <= 2048 and 16 <= item.height <= 2048 and 100 <= item.ppi <= 2000):
        raise BadBytes("a finger template has an impossible size")
    blocks = (-(-item.height // 8), -(-item.width // 8))
    return FingerTemplate(
        item.model,
        item.position,
        item.ppi,
        item.width,
        item.height,
        _minutiae(item),
        _bits(item.area, blocks),
        _ridges(item),
    )


def _vector(item: _Face | _ThinFace) -> NDArray[np.float32]:
    if not item.vector or len(item.vector) > 8192 or (isinstance(item, _Face) and len(item.vector) % 2):
        raise BadBytes("a face vector has an impossible length")
    if isinstance(item, _Face):
        vector = np.frombuffer(item.vector, "<f2").astype(np.float32)
    else:
        vector = np.frombuffer(item.vector, np.int8) * _step(item.step)
    if not np.isfinite(vector).all():
        raise BadBytes("a face vector holds no numbers")
    return vector


def _step(step: float) -> np.float32:
    if not 0 < step < LARGEST_STEP:
        raise BadBytes("a face vector holds no numbers")
    return np.float32(step)


def _ridges(item: _Finger) -> NDArray[np.bool_]:
    shape = (item.height // 2, item.width // 2)
    if not item.ridges:
        return np.zeros((0, 0), np.bool_)
    return (
        ridge_code.decode(item.ridges, shape) if isinstance(item, _ThinFinger) else _bits(item.ridges, shape)
    )


def _minutiae(item: _Finger) -> NDArray[np.int16]:
    count = len(item.direction)
    if len(item.xy) != 4 * count or count > MOST_MINUTIAE:
        raise BadBytes("a finger template's minutiae do not add up")
    places = np.frombuffer(item.xy, "<u2").reshape(count, 2)
    if count and (places.max(axis=0) >= (item.width, item.height)).any():
        raise BadBytes("a minutia lies outside its image")
    kinds = _bits(item.kind, (1, count))[0]
    directions = np.frombuffer(item.direction, np.uint8)
    return np.column_stack([places, directions, kinds]).astype(np.int16)


def _bits(data: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    count = shape[0] * shape[1]
    if len(data) != -(-count // 8):
        raise BadBytes("a finger template's pictures do not fit its size")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=count)
    return bits.astype(bool).reshape(shape)
