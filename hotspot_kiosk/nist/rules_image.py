"""The rules of INT-I v6 for images: faces (Type-10), fingers (Type-14), palms (Type-15).

What a record states is held against the header of the image it carries; decoding is `pixels`' business.
"""

from __future__ import annotations

from collections.abc import Iterator

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist.finding import Case, Fault, Rule, Severity
from hotspot_kiosk.nist.headers import ImageHeader, read_header
from hotspot_kiosk.nist.model import as_whole
from hotspot_kiosk.nist.rules_head import as_day, missing

IMPRESSIONS = frozenset({0, 1, 8, 24, 25, 28, 29, 41, 42})  # 14.003 IMP
PALM_IMPRESSIONS = IMPRESSIONS - {1}
FAP_LEVELS = frozenset({10, 20, 30, 40, 45, 50, 60})  # 14.031 FAP
SAP_LEVELS = frozenset({30, 32, 40, 42, 50, 51, 52})  # 10.013 SAP
RECOMMENDED_FAP = 45
MIN_PORTRAIT = (480, 600)  # of SAP 30, the least of the levels
COMPRESSIONS = {500: frozenset({"WSQ20"}), 1000: frozenset({"JP2", "JP2L"})}  # pixels an inch -> CGA
MONITORING = frozenset({"CONTROLLED", "ASSISTED", "OBSERVED", "UNATTENDED", "UNKNOWN"})

_FACE = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
_RIDGES = (2, 3, 4, 5, 13)
_WITH_IMAGE = (6, 7, 8, 9, 10, 11, 12)
_QUALITY = {10: (24,), 14: (22, 23, 24), 15: (24,)}


def _header(case: Case) -> ImageHeader | None:
    """The image's header; None if there is no image or it says nothing."""
    try:
        return read_header(case.record.data) if case.record.data else None
    except BadBytes:
        return None


def _identified(case: Case) -> Iterator[Fault]:
    number = case.record.whole(2)
    if number is None or number > 99:
        yield case.at(2), "expected 0 to 99"
    if number in [each.whole(2) for each in case.before]:
        yield case.at(2), "is the number of another record of this type"


def _identified_apart(case: Case) -> Iterator[Fault]:
    others = [each for each in case.whole.records if each.kind not in (1, case.record.kind)]
    if any(each.whole(2) == case.record.whole(2) for each in others):
        yield case.at(2), "is the number of a record of another type, too"


def _something_to_search(case: Case) -> Iterator[Fault]:
    if case.searches and not case.whole.images:
        yield case.at(3), "there is neither a face nor a finger to search with"


def _face_complete(case: Case) -> Iterator[Fault]:
    yield from missing(case, _FACE)
    if not case.record.data:
        yield case.at(999), "is missing"


def _face_fixed(case: Case) -> Iterator[Fault]:
    for number, value in ((3, "FACE"), (8, "0"), (12, "SRGB")):
        text = case.record.text(number)
        if text and text != value:
            yield case.at(number), f"expected {value}"


def _face_compression(case: Case) -> Iterator[Fault]:
    code = case.record.text(11)
    if code and code not in ("JPEGB", "JPEGL"):
        yield case.at(11), "expected JPEGB or JPEGL"


def _one_face(case: Case) -> Iterator[Fault]:
    if case.searches and case.before:
        yield case.at(), "is a second face"


def _aspect(case: Case) -> Iterator[Fault]:
    """10.009, 10.010: with SLC 0 the proportions of a pixel."""
    across, down = case.record.whole(9), case.record.whole(10)
    for number, value in ((9, across), (10, down)):
        if case.record.text(number) and not value:
            yield case.at(number), "expected a number"
    if across and down and across != down:
        yield from ((case.at(number), "the pixels are not square") for number in (9, 10))


def _portrait(case: Case) -> Iterator[Fault]:
    level = case.record.whole(13)
    if not case.record.find(13):
        return
    if level not in SAP_LEVELS:
        yield case.at(13), f"expected one of {', '.join(map(str, sorted(SAP_LEVELS)))}"
    size = [case.record.whole(number) or 0 for number in (6, 7)]
    if size[0] < MIN_PORTRAIT[0] or size[1] < MIN_PORTRAIT[1]:
        yield case.at(13), f"needs {MIN_PORTRAIT[0]} x {MIN_PORTRAIT[1]} pixels or more"


def _pose(case: Case) -> Iterator[Fault]:
    """10.020, 10.021: an angle goes with pose A only, from -180 to 180."""
    pose, angle = case.record.text(20), case.record.text(21)
    if case.record.find(20) and pose not in ("F", "L", "R", "A"):
        yield case.at(20), "expected F, L, R or A"
    degrees = as_whole(angle.removeprefix("-"))
    if angle and (pose != "A" or degrees is None or degrees > 180):
        yield case.at(21), "expected -180 to 180, with pose A only"


def _ridges_complete(case: Case) -> Iterator[Fault]:
    yield from missing(case, _RIDGES)
    if case.record.data:
        yield from missing(case, _WITH_IMAGE)
    elif not any(part[1:] == ("UP",) for part in case.record.subfields(18)):
        yield case.at(999), "is missing, and no finger is said to be amputated or bandaged"


def _impression(case: Case) -> Iterator[Fault]:
    allowed = PALM_IMPRESSIONS if case.record.kind == 15 else IMPRESSIONS
    if case.record.text(3) and case.record.whole(3) not in allowed:
        yield case.at(3), f"expected one of {', '.join(map(str, sorted(allowed)))}"


def _ridges_fixed(case: Case) -> Iterator[Fault]:
    for number, value in ((8, 1), (12, 8)):
        if case.record.text(number) and case.record.whole(number) != value:
            yield case.at(number), f"expected {value}"


def _density(case: Case) -> Iterator[Fault]:
    across, down = case.record.text(9), case.record.text(10)
    if across and as_whole(across) not in COMPRESSIONS:
        yield case.at(9), "expected 500 or 1000 pixels an inch"
    if across and down and as_whole(across) != as_whole(down):
        yield case.at(9), "differs from the pixels down"
        yield case.at(10), "differs from the pixels across"


def _ridges_compression(case: Case) -> Iterator[Fault]:
    code, allowed = case.record.text(11), COMPRESSIONS.get(case.record.whole(9) or 0)
    if code and code not in (allowed or {"WSQ20", "JP2", "JP2L"}):
        wanted = " or ".join(sorted(allowed or {"WSQ20", "JP2", "JP2L"}))
        yield case.at(11), f"expected {wanted} at {case.record.whole(9)} pixels an inch"


def _readable(case: Case) -> Iterator[Fault]:
    if not case.record.data:
        return
    try:
        read_header(case.record.data)
    except BadBytes as error:
        yield case.at(999), str(error)


def _size(case: Case) -> Iterator[Fault]:
    header = _header(case)
    for number, size in ((6, header.width), (7, header.height)) if header else ():
        if case.record.text(number) and case.record.whole(number) != size:
            yield case.at(number), f"the image has {size}"


def _code(case: Case) -> Iterator[Fault]:
    header, code = _header(case), case.record.text(11)
    if header and code and header.code != code and (code, header.code) != ("JP2", "JP2L"):
        yield case.at(11), f"the image is {header.code}"


def _colours(case: Case) -> Iterator[Fault]:
    header = _header(case)
    wanted = 3 if case.record.kind == 10 else 1
    if header and (header.components, header.bits) != (wanted, 8):
        kind = "three colours" if wanted == 3 else "one grey channel"
        yield case.at(999), f"expected {kind} of 8 bits each"


def _captured(case: Case) -> Iterator[Fault]:
    text = case.record.text(5)
    if text and (as_day(text) is None or len(text) != 8):
        yield case.at(5), "is no date as YYYYMMDD"


def _captured_before(case: Case) -> Iterator[Fault]:
    taken, sent = as_day(case.record.text(5)), as_day(case.whole.head.text(5))
    if taken and sent and (taken - sent).days > 1:
        yield case.at(5), "lies after the day it was sent"


def _profile(case: Case) -> Iterator[Fault]:
    if case.record.find(31) and case.record.whole(31) not in FAP_LEVELS:
        yield case.at(31), f"expected one of {', '.join(map(str, sorted(FAP_LEVELS)))}"


def _profile_low(case: Case) -> Iterator[Fault]:
    if (case.record.whole(31) or 0) < RECOMMENDED_FAP:
        yield case.at(31), f"is less than {RECOMMENDED_FAP} or not there: quality may be too low to search"


def _monitoring(case: Case) -> Iterator[Fault]:
    if case.record.find(30) and case.record.text(30) not in MONITORING:
        yield case.at(30), f"expected one of {', '.join(sorted(MONITORING))}"


def _no_quality(case: Case) -> Iterator[Fault]:
    for number in _QUALITY[case.record.kind]:
        if case.record.find(number):
            yield case.at(number), "a quality score is not kept in INT-I v6"


def _foreign(case: Case) -> Iterator[Fault]:
    if case.record.kind not in (1, 2, 10, 14, 15):
        yield case.at(), "is a record this profile does not search with"


_ALL = (10, 14, 15)
_RIDGED = (14, 15)
_OTHERS = tuple(kind for kind in range(3, 100) if kind not in _ALL)

RULES = (
    Rule("EMPTY", (1,), _something_to_search, "Capture a face or a finger."),
    Rule("IDC", _ALL, _identified, "Number the records anew.", mild=True),
    Rule("IDC-APART", _ALL, _identified_apart, "Give each record a number of its own.", Severity.WARNING),
    Rule("T10-MANDATORY", (10,), _face_complete, "Fill it in.", mild=True),
    Rule("T10-FIXED", (10,), _face_fixed, "INT-I knows faces in sRGB without a scale only.", mild=True),
    Rule("T10-CGA", (10,), _face_compression, "Compress the face as JPEG.", mild=True),
    Rule("T10-ONE", (10,), _one_face, "Send the best face."),
    Rule("T10-ASPECT", (10,), _aspect, "Give both as the same number.", mild=True),
    Rule("SAP", (10,), _portrait, "Claim no profile that the portrait does not meet.", mild=True),
    Rule("POS", (10,), _pose, "Give the pose, and an angle with A only.", mild=True),
    Rule("T14-MANDATORY", _RIDGED, _ridges_complete, "Fill it in.", mild=True),
    Rule("IMP", _RIDGED, _impression, "Say how it was taken.", mild=True),
    Rule("SLC-BPX", _RIDGED, _ridges_fixed, "Use pixels an inch and 8 bits of grey.", mild=True),
    Rule("PPI", _RIDGED, _density, "Send 500 or 1000 pixels an inch as the device gave them.", mild=True),
    Rule("CGA-PPI", _RIDGED, _ridges_compression, "WSQ goes with 500, JPEG 2000 with 1000.", mild=True),
    Rule("IMAGE", (4, *_ALL), _readable, "Capture it again; it cannot be repaired.", mild=True),
    Rule("IMAGE-SIZE", (4, *_ALL), _size, "State the size the image has.", mild=True),
    Rule("IMAGE-CODE", _ALL, _code, "State the compression the image has.", mild=True),
    Rule("IMAGE-COLOURS", (4, *_ALL), _colours, "Convert the image before it is packed.", mild=True),
    Rule("CAPTURED", _ALL, _captured, "Use YYYYMMDD.", mild=True),
    Rule("CAPTURED-BEFORE", _ALL, _captured_before, "Check the clock of the kiosk.", Severity.WARNING),
    Rule("FAP", (14,), _profile, "Claim no profile that does not exist.", mild=True),
    Rule("FAP-LOW", (14,), _profile_low, "Nothing to do; a device of FAP 45 does better.", Severity.NOTICE),
    Rule("DMM", _ALL, _monitoring, "Say truthfully who watched, or leave it out.", mild=True),
    Rule("QUALITY", _ALL, _no_quality, "Take it out; keep it in the local record.", Severity.WARNING),
    Rule("FOREIGN", _OTHERS, _foreign, "Send a face, fingers or palms.", Severity.WARNING),
)
