"""The pictures of an enrolment as a file for the national bureau alone: a search's form, another type.

1.004 TOT says NATENR, which is no word of INTERPOL's profile: the profile's check, `nist.read` and the
exchange gate each refuse the file as it is. Addressed to the bureau that made it.
"""

from __future__ import annotations

from hotspot_kiosk import nist
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import Agency, Transaction
from hotspot_kiosk.nist.model import make_field
from hotspot_kiosk.nist.profile import refuse_errors
from hotspot_kiosk.terms import EnrolmentRequest, EnrolmentType, Request, RequestType

ABOUT_A_SEARCH = (95, 96)  # CRF, COT: why somebody is searched


def pack(request: EnrolmentRequest, origin: Agency) -> bytes:
    """The best face and the best touch of each finger. Raises as `nist.pack`."""
    like = Request(
        request.tcn,
        RequestType.NPS,
        request.post,
        request.operation,
        request.notice,
        request.stamp,
        request.captures,
        request.acquisition_failures,
        request.overruled,
        partly=request.partly,
    )
    head, about, *images = refuse_errors(nist.compose(like, origin, origin)).records
    ours = head.changed(make_field(4, (EnrolmentType.NATIONAL.value,)))
    records = (ours, about.without(*ABOUT_A_SEARCH), *images)
    return nist.write(nist.counted(Transaction(records)))


def read_pictures(data: bytes) -> Transaction:
    """What a kiosk sent beside its request, of either lane. Raises BadBytes."""
    found = nist.parse(data)
    return found if found.tot == EnrolmentType.NATIONAL else nist.read(data)


def read(data: bytes) -> Transaction:
    """The pictures of an enrolment. Raises BadBytes for a search, an answer or damage."""
    found = nist.parse(data)
    if found.tot != EnrolmentType.NATIONAL:
        raise BadBytes(f"1.004 TOT: expected {EnrolmentType.NATIONAL}; this file belongs to no enrolment")
    return found
