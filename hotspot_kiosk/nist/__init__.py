"""The evidence part of a record: a request as an ANSI/NIST-ITL file that INTERPOL's systems search.

The front door of `model` (what a transaction is), its two encodings (`traditional`, `xml`), the
profile (`profile`) and `compression`. What it makes only ever asks for a search (NPS, CPS) and never says
who the person is.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC
from enum import StrEnum

from hotspot_kiosk.errors import BadBytes, BadSample, Refused
from hotspot_kiosk.nist import traditional, xml, xml_write
from hotspot_kiosk.nist.absence import absence_record, absent, partly_there
from hotspot_kiosk.nist.compression import encode_jpeg, encode_wsq, portrait
from hotspot_kiosk.nist.description import describe, outline
from hotspot_kiosk.nist.model import (
    DOMAIN,
    MAX_FILE,
    Agency,
    Field,
    Record,
    Transaction,
    basic,
    content,
    counted,
    make_field,
)
from hotspot_kiosk.nist.pixels import images
from hotspot_kiosk.nist.profile import errors, refuse_errors, validate
from hotspot_kiosk.nist.rules_image import FAP_LEVELS
from hotspot_kiosk.nist.sap import why_no_sap
from hotspot_kiosk.nist.xml import MAX_XML
from hotspot_kiosk.nist.xml_write import left_out
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
    "MAX_XML",
    "Agency",
    "Encoding",
    "Record",
    "Transaction",
    "compose",
    "counted",
    "describe",
    "errors",
    "images",
    "left_out",
    "outline",
    "pack",
    "parse",
    "portrait",
    "read",
    "validate",
    "write",
]

INTERPOL = Agency("XPO", "INTERPOL")
SCREENING = "BORDER SCREENING"  # 2.096 COT: the reason of a non-criminal search
FINGER_PPI = 500  # the only class that goes with WSQ (INT-I v6, Type-14)
PPI_TOLERANCE = 10  # a sensor of 508 ppi is of the 500 class; its record says 508
EXACT = re.compile(r"[!-~]([ -~]{0,30}[!-~])?")

_UNKNOWN = "0"  # make and serial number in MMS
_SQUARE = "100"  # THPS and TVPS of a face: its pixels are square; INT-I's table wants two digits or more


class Encoding(StrEnum):
    """How a transaction is put into bytes."""

    TRADITIONAL = "traditional"
    XML = "xml"


def pack(
    request: Request,
    origin: Agency,
    destination: Agency = INTERPOL,
    encoding: Encoding = Encoding.TRADITIONAL,
) -> bytes:
    """The request as a file, with its best face and best touch of each finger, and the fingers that are missing.

    Raises BadSample if an image cannot be sent as it is (size, resolution), Refused if there is nothing to search
    with or a name cannot be sent, BadBytes if the profile forbids it for another reason.
    """
    return write(refuse_errors(compose(request, origin, destination)), encoding)


def write(transaction: Transaction, encoding: Encoding = Encoding.TRADITIONAL) -> bytes:
    """The transaction as a file, in XML without what `left_out` names. Raises BadSample if it is too large."""
    return xml_write.write(transaction) if encoding is Encoding.XML else traditional.write(transaction)


def parse(data: bytes) -> Transaction:
    """The transaction in a file of either encoding; its rules are not checked. Raises BadBytes."""
    return xml.read(data) if xml.looks_like_xml(data) else traditional.read(data)


def read(data: bytes) -> Transaction:
    """The search in a file of either encoding, every rule checked. Raises BadBytes with the first broken one."""
    transaction = refuse_errors(parse(data))
    if transaction.tot not in set(RequestType):
        raise BadBytes(f"1.004 TOT: expected one of {', '.join(RequestType)}; nothing else is ever sent")
    return transaction


def compose(request: Request, origin: Agency, destination: Agency = INTERPOL) -> Transaction:
    """The request as a transaction; raises as `pack` does."""
    captures = _best(request.captures)
    if not captures:
        raise Refused("1.003 CNT: there is neither a face nor a finger to search with")
    day = _sent(request.stamp)[:8]
    images = [_record(i, each, request, origin, day) for i, each in enumerate(captures, start=1)]
    gone = enumerate(absent(request.acquisition_failures, captures), start=len(images) + 1)
    images += [absence_record(i, position, origin, day) for i, position in gone]
    others = [_description(request, origin, day), *images]
    return Transaction((_head(request, origin, destination, others), *others))


def _fields(values: dict[int, str]) -> tuple[Field, ...]:
    return tuple(make_field(number, (value,)) for number, value in values.items())


def _head(request: Request, origin: Agency, destination: Agency, others: list[Record]) -> Record:
    sent = _sent(request.stamp)
    values = {
        2: "0502",  # VER
        4: request.tot.value,  # TOT
        5: sent[:8],  # DAT
        7: destination.code,  # DAI
        8: origin.code,  # ORI
        9: str(request.tcn),  # TCN
        11: "00.00",  # NSR, NTR: there is no Type-4 record
        12: "00.00",
        14: sent,  # GMT
    }
    domain = make_field(13, (DOMAIN, "0600"))
    names = make_field(17, (destination.name, origin.name, destination.country, origin.country))  # ANM
    return Record(1, (*_fields(values), content(others), domain, names))


def _description(request: Request, origin: Agency, day: str) -> Record:
    """Type-2: which check this is, never who the person is."""
    post, operation = _exact("post", request.post), _exact("operation", request.operation)
    reason = {95: "OTH", 96: SCREENING} if request.tot is RequestType.NPS else {}  # CRF, COT
    own = (
        make_field(11, (origin.country, operation), (origin.country, str(request.tcn))),  # ORN
        make_field(12, ("POST", post)),  # MN1
        make_field(13, ("DEVICE", str(request.tcn.device))),  # MN2
        make_field(23, (origin.code, post)),  # OBU
    )
    return Record(2, (*_fields({2: "0", 19: day, **reason}), *own))


def _sent(stamp: ClockStamp) -> str:
    return basic(stamp.wall if stamp.wall.tzinfo else stamp.wall.replace(tzinfo=UTC))


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


def _record(idc: int, capture: Capture, request: Request, origin: Agency, day: str) -> Record:
    height, width = capture.sample.pixels.shape[:2]
    shared = {2: str(idc), 4: origin.code, 5: day, 6: str(width), 7: str(height)}  # IDC SRC PHD/FCD HLL VLL
    sample, clock = capture.sample, _clock(request.stamp)
    if isinstance(sample, FaceSample):
        return _face(sample, why_no_sap(capture.quality, width, height), shared, clock)
    record = _finger(sample, shared, clock)
    return record.changed(partly_there(sample.position)) if sample.position in request.partly else record


def _face(sample: FaceSample, why: str, shared: dict[int, str], clock: str) -> Record:
    comment = f"part of a camera frame, {shared[6]} x {shared[7]} px; no SAP claimed: {why}{clock}"
    own = {3: "FACE", 8: "0", 9: _SQUARE, 10: _SQUARE, 11: "JPEGB", 12: "SRGB", 38: comment}
    fields = (*_fields(shared | own), make_field(904, (_UNKNOWN, _plain(sample.device), _UNKNOWN)))
    return Record(10, fields, encode_jpeg(sample.pixels))


def _finger(sample: FingerSample, shared: dict[int, str], clock: str) -> Record:
    grade = sample.grade
    _check_grade(grade)
    certified = f"certified FAP {grade.fap}" if grade.fap is not None else "not certified, no FAP"
    scale = f"native {grade.ppi} ppi, {grade.grey_levels} grey levels, not resampled"
    own = {
        3: "0",  # IMP: live scan, plain
        8: "1",  # SLC: pixels an inch
        9: str(FINGER_PPI),
        10: str(FINGER_PPI),
        11: "WSQ20",
        12: "8",  # BPX
        13: str(sample.position.value),  # FGP
        20: f"{scale}; {certified}{clock}",
    }
    profile = {31: str(grade.fap)} if grade.fap is not None else {}  # FAP
    device = make_field(904, (_UNKNOWN, _plain(grade.device), _UNKNOWN))
    return Record(14, (*_fields(shared | own | profile), device), encode_wsq(sample.pixels))


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
