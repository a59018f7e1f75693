"""A watchlist for a kiosk without a link: face templates and case ids, signed by the hub, sealed for one kiosk.

Never names, pictures or fingers (`hub/README.md` says why). It says which operation it is for, on which law, until when and from
which score on; who may look into it is a rule of `policy`. Nothing here reads a file or a clock.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import seal
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.config import exact
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.terms import EARLIEST, FaceTemplate, Tcn

CONTENT = "watchlist"
MOST_CASES, MOST_FACES, MOST_EACH = 10_000, 20_000, 16
LONGEST = timedelta(days=31)
LARGEST = 4 << 20
PIECE = 16 << 10  # 14 s at 9.6 kbit/s: an answer waits no longer behind one
MOST_PIECES = -(-LARGEST // PIECE)
MOST_EDITION = 9_999_999
MINUTE = timedelta(minutes=1)
LEAST_FPIR, GREATEST_FPIR = 1e-6, 0.05
DIMENSIONS = range(16, 1025)
LONGEST_LAW = 160


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Whom to refer to an officer, and from which comparison score on.

    operation: under which it may be used, and no other. fpir: the share of people who are not on it that are referred nevertheless, as the
    bureau stated it; least: the comparison score that follows. vectors: float32 (n, d) of the named model; owners: int64 (n,), whose each is,
    by the place in `cases`.
    """

    edition: int
    operation: str
    law: str
    made: datetime
    expires: datetime
    model: str
    fpir: float
    least: float
    cases: tuple[str, ...] = field(repr=False)
    owners: NDArray[np.int64] = field(repr=False)
    vectors: NDArray[np.float32] = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError naming what is impossible."""
        exact("operation", self.operation)
        if not 1 <= self.edition <= MOST_EDITION:
            raise ValueError(f"edition must be 1 to {MOST_EDITION}")
        if not self.law.strip() or len(self.law) > LONGEST_LAW or not self.law.isprintable():
            raise ValueError(
                f"law must name in one line of at most {LONGEST_LAW} characters what allows the list"
            )
        if not timedelta(0) < self.expires - self.made <= LONGEST:
            raise ValueError(f"a watchlist is for {LONGEST.days} days at most")
        if not LEAST_FPIR <= self.fpir <= GREATEST_FPIR or not math.isfinite(self.least):
            raise ValueError(f"fpir must be {LEAST_FPIR:g} to {GREATEST_FPIR:g}")
        self._check_cases()

    def _check_cases(self) -> None:
        for case in self.cases:
            exact("a case id", case)
        if not 1 <= len(self.cases) <= MOST_CASES or len(set(self.cases)) < len(self.cases):
            raise ValueError(f"a watchlist holds 1 to {MOST_CASES} different cases")
        faces = len(self.vectors)
        if self.vectors.ndim != 2 or self.vectors.shape[1] not in DIMENSIONS or faces > MOST_FACES:
            raise ValueError(f"a watchlist holds at most {MOST_FACES} faces of one model")
        if self.owners.shape != (faces,) or set(self.owners.tolist()) != set(range(len(self.cases))):
            raise ValueError("every case of a watchlist needs a face, and every face a case")
        if np.bincount(self.owners).max() > MOST_EACH:
            raise ValueError(f"a case of a watchlist has at most {MOST_EACH} faces")
        if not np.isfinite(self.vectors).all():
            raise ValueError("a face of a watchlist holds what is no number")


class _Body(msgspec.Struct, frozen=True, array_like=True, tag="hkw1"):
    """Columns: faces of each case (n bytes), and of each face a step (float32) and whole numbers of -127 to 127."""

    edition: int
    operation: str
    law: str
    made: float
    expires: float
    model: str
    fpir: float
    least: float
    cases: tuple[str, ...]
    counts: bytes
    steps: bytes
    vectors: bytes


class Piece(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, tag="hkwp1"):
    """A part of a sealed list, as an order carries it; digest: SHA-256 of the whole envelope."""

    edition: int
    count: int
    index: int
    digest: bytes
    data: bytes

    def __repr__(self) -> str:
        return f"Piece({self.edition}: {self.index + 1} of {self.count})"


def least_score(line: Calibration, faces: int, fpir: float) -> float:
    """The comparison score from which on a face is referred, for a list of so many faces and a stated FPIR.

    A likelihood ratio of t or more meets at most one non-mated pair in t (Markov's inequality), and each further face is one more
    chance (union bound): log-odds of ln(faces / fpir). That is as good as the calibration, and beyond `line.limit` it goes
    further than the calibration's own data: a bureau that measured its FMR states its own score.
    """
    return (math.log(faces / fpir) - line.offset) / line.slope


def stacked(people: Sequence[Sequence[FaceTemplate]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """`owners` and `vectors` out of people's faces, all of one model and length. Raises Refused."""
    faces = [(owner, face) for owner, known in enumerate(people) for face in known]
    if len({(face.model, face.vector.shape) for _, face in faces}) != 1:
        raise Refused("the faces of a watchlist must come from one model; enrol these people anew")
    owners = np.array([owner for owner, _ in faces], np.int64)
    return owners, np.array([face.vector for _, face in faces], np.float32)


def encode(known: Watchlist) -> bytes:
    """The list's bytes; a face takes a byte a number, as in a probe."""
    steps = np.maximum(np.abs(known.vectors).max(axis=1), 1e-6).astype("<f4") / np.float32(127)
    order = np.argsort(known.owners, kind="stable")
    body = _Body(
        known.edition,
        known.operation,
        known.law,
        known.made.timestamp(),
        known.expires.timestamp(),
        known.model,
        known.fpir,
        known.least,
        known.cases,
        np.bincount(known.owners, minlength=len(known.cases)).astype(np.uint8).tobytes(),
        steps[order].tobytes(),
        np.rint(known.vectors / steps[:, None])[order].astype(np.int8).tobytes(),
    )
    return msgspec.msgpack.encode(body)


def decode(data: bytes) -> Watchlist:
    """The inverse of `encode`, everything checked. Raises BadBytes."""
    if len(data) > LARGEST:
        raise BadBytes("a watchlist is larger than any may be")
    try:
        body = msgspec.msgpack.decode(data, type=_Body)
        moments = [datetime.fromtimestamp(seconds, UTC) for seconds in (body.made, body.expires)]
        counts, steps = np.frombuffer(body.counts, np.uint8), np.frombuffer(body.steps, "<f4")
        whole = np.frombuffer(body.vectors, np.int8).reshape(len(steps), -1)
        if len(counts) != len(body.cases):
            raise ValueError("the columns of a watchlist do not fit each other")
        return Watchlist(
            edition=body.edition,
            operation=body.operation,
            law=body.law,
            made=moments[0],
            expires=moments[1],
            model=body.model,
            fpir=body.fpir,
            least=body.least,
            cases=body.cases,
            owners=np.repeat(np.arange(len(counts)), counts),
            vectors=np.asarray(whole * steps[:, None], np.float32),
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("this is no watchlist") from None
    except (ValueError, OverflowError, OSError) as error:
        raise BadBytes(f"this is no watchlist: {error}") from None


def seal_for(known: Watchlist, kiosk: seal.PublicKeys, hub: seal.PrivateKeys) -> bytes:
    """Sealed for one kiosk and signed by the hub; the envelope's number says kiosk and edition."""
    content = encode(known)
    if len(content) + seal.OVERHEAD > LARGEST:
        raise BadBytes("this watchlist is too large; take cases out of it")
    return seal.seal(content, Tcn.mint(known.made.year, kiosk.owner, known.edition), CONTENT, kiosk, hub)


def edition_of(envelope: bytes, device: int) -> int:
    """The edition that a sealed list says it is of; proves nothing. Raises BadBytes if it is none for this kiosk."""
    header = seal.peek(envelope)
    if header.content != CONTENT:
        raise BadBytes("this is no sealed watchlist")
    if header.tcn.device != device:
        raise BadBytes("this watchlist is for another kiosk")
    return header.tcn.counter


def open_sealed(envelope: bytes, own: seal.PrivateKeys, hub: seal.Trusted) -> Watchlist:
    """What a sealed list holds. Raises BadBytes, or SealError if it is not the hub's or for other keys."""
    if len(envelope) > LARGEST:
        raise BadBytes("a watchlist is larger than any may be")
    edition = edition_of(envelope, own.owner)
    known = decode(seal.open_envelope(envelope, hub, own))
    if known.edition != edition:
        raise BadBytes("a watchlist is of another edition than its envelope says")
    return known


def pieces(envelope: bytes, edition: int) -> Iterator[bytes]:
    """A sealed list in parts that a message takes."""
    count, digest = -(-len(envelope) // PIECE), hashlib.sha256(envelope).digest()
    for index in range(count):
        data = envelope[index * PIECE : (index + 1) * PIECE]
        yield msgspec.msgpack.encode(Piece(edition, count, index, digest, data))


def edition_at(moment: datetime) -> int:
    """The edition that a list made at that moment has at least: they rise with the time."""
    return min(max((moment - EARLIEST) // MINUTE, 0), MOST_EDITION)


def floor_body(floor: int) -> bytes:
    """What an order to forget carries: the highest edition that was sealed before it."""
    return msgspec.json.encode(floor)


def read_floor(body: bytes, number: int) -> int:
    """Up to which edition an order to forget reaches. Raises BadBytes.

    number: the order's own, the hub's time in ms since 1970; it tells the floor of an order that carries none.
    """
    try:
        floor = (
            msgspec.json.decode(body, type=int)
            if body
            else edition_at(datetime.fromtimestamp(number / 1000, UTC))
        )
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, OSError):
        raise BadBytes("an order to forget a watchlist does not say up to which edition") from None
    if not 0 <= floor <= MOST_EDITION:
        raise BadBytes("an order to forget a watchlist names an impossible edition")
    return floor


def read_piece(body: bytes) -> Piece:
    """One part. Raises BadBytes, also for numbers that cannot be."""
    try:
        piece = msgspec.msgpack.decode(body, type=Piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadBytes("this is no part of a watchlist") from None
    whole = len(piece.data) == PIECE or (piece.index == piece.count - 1 and 0 < len(piece.data) <= PIECE)
    known = 1 <= piece.edition <= MOST_EDITION and len(piece.digest) == hashlib.sha256().digest_size
    if not (known and whole and 0 <= piece.index < piece.count <= MOST_PIECES):
        raise BadBytes("a part of a watchlist names impossible numbers")
    return piece
