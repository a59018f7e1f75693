"""The evidence part of a record: a request as an ANSI/NIST-ITL file that INTERPOL's systems search.

The front door of `nist_model` (what a transaction is), `nist_traditional` (one encoding of it) and
`nist_images`. It only ever asks for a search (NPS, CPS) and never says who the person is.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadSample, Refused
from hotspot_kiosk.nist_describe import describe, outline
from hotspot_kiosk.nist_images import decode_jpeg, decode_wsq, encode_jpeg, encode_wsq, portrait
from hotspot_kiosk.nist_model import (
    FAP_LEVELS,
    FINGER_PPI,
    MAX_FILE,
    Agency,
    Context,
    FaceRecord,
    FingerRecord,
    Record,
    Reference,
    Transaction,
)
from hotspot_kiosk.nist_traditional import read, write
from hotspot_kiosk.terms import (
    Capture,
    ClockStamp,
    FaceSample,
    FingerSample,
    Request,
    RequestType,
    SensorGrade,
)

__all__ = [
    "INTERPOL",
    "MAX_FILE",
    "Agency",
    "FaceRecord",
    "FingerRecord",
    "Transaction",
    "compose",
    "describe",
    "images",
    "outline",
    "pack",
    "portrait",
    "read",
    "write",
]

INTERPOL = Agency("XPO", "INTERPOL")
SCREENING = "BORDER SCREENING"  # 2.096 COT: the reason of a non-criminal search
PPI_TOLERANCE = 10  # a sensor of 508 ppi is of the 500 class; its record says 508
EXACT = re.compile(r"[!-~]([ -~]{0,30}[!-~])?")


def pack(request: Request, origin: Agency, destination: Agency = INTERPOL) -> bytes:
    """The request as a file in the traditional encoding, with its best face and best touch of each finger.

    Raises BadSample if an image cannot be sent as it is (size, resolution), Refused if a rule forbids it.
    """
    return write(compose(request, origin, destination))


def compose(request: Request, origin: Agency, destination: Agency = INTERPOL) -> Transaction:
    """The request as a transaction; raises as `pack` does."""
    sent = _utc(request.stamp)
    captures = _best(request.captures)
    if not captures:
        raise Refused("1.003 CNT: there is neither a face nor a finger to search with")
    context = Context(
        idc=0,
        references=(
            Reference(origin.country, _exact("operation", request.operation)),
            Reference(origin.country, request.tcn),
        ),
        captured=sent.date(),
        organisation=origin.code,
        post=_exact("post", request.post),
        device=request.tcn.device,
        reason=SCREENING if request.tot is RequestType.NPS else "",
    )
    return Transaction(
        tcn=request.tcn,
        tot=request.tot,
        date=sent.date(),
        sent=sent,
        origin=origin.code,
        destination=destination.code,
        context=context,
        records=tuple(_record(i, each, request.stamp, origin) for i, each in enumerate(captures, start=1)),
    )


def images(transaction: Transaction) -> list[NDArray[np.uint8]]:
    """The pixels of every record, in their order: faces (height, width, 3), fingers (height, width).

    Raises BadBytes if an image is damaged.
    """
    fingers = iter(decode_wsq([r.data for r in transaction.records if isinstance(r, FingerRecord)]))
    return [decode_jpeg(r.data) if isinstance(r, FaceRecord) else next(fingers) for r in transaction.records]


def _utc(stamp: ClockStamp) -> datetime:
    wall = stamp.wall if stamp.wall.tzinfo else stamp.wall.replace(tzinfo=UTC)
    return wall.astimezone(UTC).replace(microsecond=0)


def _best(captures: tuple[Capture, ...]) -> list[Capture]:
    """The best face, then the best touch of each finger in the order of the fingers' codes."""
    best: dict[int, Capture] = {}
    for capture in captures:
        key = capture.sample.position.value if isinstance(capture.sample, FingerSample) else 0
        if key not in best or capture.quality.score > best[key].quality.score:
            best[key] = capture
    return [best[key] for key in sorted(best)]


def _exact(name: str, value: str) -> str:
    """A name that must come back unchanged, so it is refused rather than respelled."""
    if not EXACT.fullmatch(value):
        raise Refused(f"the {name} needs a name of 1 to 32 plain ASCII characters to be sent to INTERPOL")
    return value


def _record(idc: int, capture: Capture, stamp: ClockStamp, origin: Agency) -> Record:
    if isinstance(capture.sample, FaceSample):
        return _face(idc, capture.sample, stamp, origin)
    return _finger(idc, capture.sample, stamp, origin)


def _face(idc: int, sample: FaceSample, stamp: ClockStamp, origin: Agency) -> FaceRecord:
    height, width = sample.pixels.shape[:2]
    return FaceRecord(
        idc=idc,
        source=origin.code,
        captured=_utc(stamp).date(),
        width=width,
        height=height,
        device=_plain(sample.device),
        comment=f"part of a camera frame, {width} x {height} px; no SAP claimed{_clock(stamp)}",
        data=encode_jpeg(sample.pixels),
    )


def _finger(idc: int, sample: FingerSample, stamp: ClockStamp, origin: Agency) -> FingerRecord:
    grade = sample.grade
    _check_grade(grade)
    certified = f"certified FAP {grade.fap}" if grade.fap is not None else "not certified, no FAP"
    scale = f"native {grade.ppi} ppi, {grade.grey_levels} grey levels, not resampled"
    return FingerRecord(
        idc=idc,
        source=origin.code,
        captured=_utc(stamp).date(),
        fgp=sample.position,
        width=sample.pixels.shape[1],
        height=sample.pixels.shape[0],
        device=_plain(grade.device),
        comment=f"{scale}; {certified}{_clock(stamp)}",
        data=encode_wsq(sample.pixels),
        fap=grade.fap,
    )


def _check_grade(grade: SensorGrade) -> None:
    """WSQ is for the 500 ppi class (INT-I v6, Type-14); no FAP has fewer than 256 grey levels."""
    if abs(grade.ppi - FINGER_PPI) > PPI_TOLERANCE:
        raise BadSample(
            f"a finger image of {grade.ppi} ppi cannot be sent as {FINGER_PPI}: it is never resampled"
        )
    if not 2 <= grade.grey_levels <= 256:
        raise BadSample(f"a finger image cannot have {grade.grey_levels} grey levels")
    if grade.fap is not None and (grade.fap not in FAP_LEVELS or grade.grey_levels < 256):
        raise Refused(f"a sensor of {grade.grey_levels} grey levels cannot claim FAP {grade.fap}")


def _clock(stamp: ClockStamp) -> str:
    return "" if stamp.trusted else "; clock not verified"


def _plain(text: str) -> str:
    """A device's name in at most 50 ASCII characters, accents and colons dropped."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    words = re.sub(r"[^!-9;-~]+", " ", letters)
    return words.strip()[:50].strip() or "unknown"
