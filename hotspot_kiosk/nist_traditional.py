"""The traditional encoding of ANSI/NIST-ITL (1-2011, annex B): a Transaction to bytes and back.

nistitl frames fields and records; it checks syntax only, so every rule stands in `nist_model`. The reader
takes only what it understands: a field it would have to drop is refused, not dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import nistitl

from hotspot_kiosk.errors import BadBytes, BadSample
from hotspot_kiosk.nist_fields import RS, US, FieldReader, as_number
from hotspot_kiosk.nist_model import (
    DOMAIN,
    FINGER_PPI,
    MAX_FILE,
    Context,
    FaceRecord,
    FingerRecord,
    Record,
    Reference,
    Transaction,
)
from hotspot_kiosk.terms import FingerPosition, RequestType, Tcn

MAX_RECORDS = 64
MAX_TEXT = 8192  # bytes of fields before an image

Value = str | Sequence[Sequence[str]]
Fields = list[tuple[int, Value]]

_FACE_FIXED = {3: "FACE", 8: "0", 9: "1", 10: "1", 11: "JPEGB", 12: "SRGB"}  # IMT SLC THPS TVPS CGA CSP
_FINGER_FIXED = {8: "1", 9: str(FINGER_PPI), 10: str(FINGER_PPI), 11: "WSQ20", 12: "8"}  # SLC .. CGA BPX
_NO_SCALE = "00.00"  # NSR, NTR: there is no Type-4 record
_POST, _DEVICE, _OTHER = "POST", "DEVICE", "OTH"  # kinds of number in MN1, MN2; CRF: the reason is in COT
_UNKNOWN = "0"  # make and serial number in MMS

_FS = b"\x1c"
_HEAD = re.compile(rb"(1|2|10|14)\.001:([1-9][0-9]{0,7})\x1d")
_DAMAGE = (nistitl.NistException, ValueError, KeyError, IndexError, TypeError, AttributeError)


def write(transaction: Transaction) -> bytes:
    """The transaction as a file. Raises BadSample if that would be larger than 8 MiB."""
    message = nistitl.Message()
    message.reset(autocreate=False)
    _fill(message[0], _type_1(transaction))
    message += _fill(_new(2), _type_2(transaction.context))
    for record in transaction.records:
        if isinstance(record, FaceRecord):
            message += _fill(_new(10), _type_10(record), record.data)
        else:
            message += _fill(_new(14), _type_14(record), record.data)
    data = bytes(message.NIST)
    if len(data) > MAX_FILE:
        raise BadSample(f"the file would be larger than {MAX_FILE} bytes; crop the face")
    return data


def _new(kind: int) -> Any:
    return nistitl.AsciiRecord(kind, autocreate=False)


def _fill(record: Any, values: Fields, data: bytes = b"") -> Any:
    record += nistitl.Field(record.type, 1, "0")  # LEN: nistitl fills in the first field
    for tag, value in values:
        if data and "999:" in str(value):
            raise BadBytes(f"{record.type}.{tag:03d}: 999: in a text would be taken for the image's field")
        record += nistitl.Field(record.type, tag, value)
    if data:
        record += nistitl.BinaryField(record.type, 999, data)
    return record


def _type_1(transaction: Transaction) -> Fields:
    return [
        (2, transaction.version),  # VER
        (3, ""),  # CNT: nistitl counts
        (4, transaction.tot.value),  # TOT
        (5, _basic(transaction.date)),  # DAT
        (7, transaction.destination),  # DAI
        (8, transaction.origin),  # ORI
        (9, str(transaction.tcn)),  # TCN
        (11, _NO_SCALE),  # NSR
        (12, _NO_SCALE),  # NTR
        (13, [[DOMAIN, transaction.domain_version]]),  # DOM
        (14, _basic(transaction.sent.date()) + transaction.sent.strftime("%H%M%SZ")),  # GMT
    ]


def _type_2(context: Context) -> Fields:
    reason: Fields = [(95, _OTHER), (96, context.reason)] if context.reason else []  # CRF, COT
    return [
        (2, str(context.idc)),  # IDC
        (11, [[each.country, each.value] for each in context.references]),  # ORN
        (12, [[_POST, context.post]]),  # MN1
        (13, [[_DEVICE, str(context.device)]]),  # MN2
        (19, _basic(context.captured)),  # DPR
        (23, [[context.organisation, context.post]]),  # OBU
        *reason,
    ]


def _type_10(record: FaceRecord) -> Fields:
    profile: Fields = [(13, str(record.sap))] if record.sap is not None else []  # SAP
    comment: Fields = [(38, record.comment)]  # COM
    return _common(record) + list(_FACE_FIXED.items()) + profile + comment


def _type_14(record: FingerRecord) -> Fields:
    profile: Fields = [(31, str(record.fap))] if record.fap is not None else []  # FAP
    own: Fields = [
        (3, str(record.impression)),  # IMP
        (13, str(record.fgp.value)),  # FGP
        (20, record.comment),  # COM
    ]
    return _common(record) + list(_FINGER_FIXED.items()) + own + profile


def _common(record: Record) -> Fields:
    return [
        (2, str(record.idc)),  # IDC
        (4, record.source),  # SRC
        (5, _basic(record.captured)),  # PHD or FCD
        (6, str(record.width)),  # HLL
        (7, str(record.height)),  # VLL
        (904, [[_UNKNOWN, record.device, _UNKNOWN]]),  # MMS
    ]


def _basic(day: date) -> str:
    return day.isoformat().replace("-", "")


def read(data: bytes) -> Transaction:
    """The transaction in a file, every rule checked. Raises BadBytes, naming the field, and nothing else.

    Only the form that `write` writes is taken: fields in order, each once, lengths and counts true.
    """
    _check_frame(data)
    message = nistitl.Message()
    try:
        message.parse(data)
        again = bytes(message.NIST)
    except _DAMAGE as error:
        raise BadBytes("not an ANSI/NIST file: its fields cannot be read") from error
    if again != data:
        raise BadBytes("1.003 CNT: the file's lengths, counts or order of fields are not true")
    first, second, *others = (FieldReader(record) for record in message)
    records = tuple(_read_face(each) if each.kind == 10 else _read_finger(each) for each in others)
    return _read_transaction(first, _read_context(second), records)


def _check_frame(data: bytes) -> None:
    """Walk the records by their lengths, so that nistitl only ever sees a sound outline."""
    if len(data) > MAX_FILE:
        raise BadBytes(f"not an ANSI/NIST file for this software: more than {MAX_FILE} bytes")
    kinds: list[int] = []
    at = 0
    while at < len(data) and len(kinds) <= MAX_RECORDS:
        head = _HEAD.match(data, at)
        end = at + int(head[2]) if head else 0
        if head is None or end > len(data) or data[end - 1 : end] != _FS:
            raise BadBytes(f"record {len(kinds) + 1} of the file is cut off or damaged")
        image = data.find(b"\x1d" + head[1] + b".999:", at, end)
        if (end if image < 0 else image) - at > MAX_TEXT:
            raise BadBytes(f"record {len(kinds) + 1} of the file holds more than {MAX_TEXT} bytes of text")
        kinds.append(int(head[1]))
        at = end
    if kinds[:2] != [1, 2] or not {10, 14}.issuperset(kinds[2:]) or len(kinds) > MAX_RECORDS:
        raise BadBytes("1.003 CNT: expected a Type-1, a Type-2, then Type-10 and Type-14 records")


def _read_transaction(first: FieldReader, context: Context, records: tuple[Record, ...]) -> Transaction:
    first.text(3)  # CNT was checked when the file was written again
    first.same({11: _NO_SCALE, 12: _NO_SCALE})
    tot = first.text(4)
    if tot not in set(RequestType):
        raise BadBytes(f"1.004 TOT: expected one of {', '.join(RequestType)}; nothing else is ever sent")
    domain, version = first.items(13, 2)
    if domain != DOMAIN:
        raise BadBytes(f"1.013 DOM: expected {DOMAIN}")
    transaction = Transaction(
        tcn=Tcn(first.text(9)),
        tot=RequestType(tot),
        date=first.day(5),
        sent=first.moment(14),
        origin=first.text(8),
        destination=first.text(7),
        context=context,
        records=records,
        version=first.text(2),
        domain_version=version,
    )
    first.done()
    return transaction


def _read_context(second: FieldReader) -> Context:
    entries = [entry.split(US) for entry in second.text(11).split(RS)]
    if any(len(entry) != 2 for entry in entries):
        raise BadBytes("2.011 ORN: expected a country and a value in each entry")
    kinds = [second.items(12, 2), second.items(13, 2)]
    organisation, post = second.items(23, 2)
    if [kinds[0][0], kinds[1][0], post] != [_POST, _DEVICE, kinds[0][1]]:
        raise BadBytes("2.012 MN1, 2.013 MN2, 2.023 OBU: expected the post and the device's number")
    context = Context(
        idc=second.number(2),
        references=tuple(Reference(*entry) for entry in entries),
        captured=second.day(19),
        organisation=organisation,
        post=post,
        device=as_number("2.013", kinds[1][1]),
        reason=second.text(96) if second.has(96) else "",
    )
    if context.reason:
        second.same({95: _OTHER})
    second.done()
    return context


def _read_face(fields: FieldReader) -> FaceRecord:
    fields.same(_FACE_FIXED)
    record = FaceRecord(
        idc=fields.number(2),
        source=fields.text(4),
        captured=fields.day(5),
        width=fields.number(6),
        height=fields.number(7),
        device=_read_device(fields),
        comment=fields.text(38),
        data=fields.data,
        sap=fields.number(13) if fields.has(13) else None,
    )
    fields.done()
    return record


def _read_finger(fields: FieldReader) -> FingerRecord:
    fields.same(_FINGER_FIXED)
    position = fields.number(13)
    if position not in set(FingerPosition):
        raise BadBytes("14.013 FGP: expected 1 to 10")
    record = FingerRecord(
        idc=fields.number(2),
        source=fields.text(4),
        captured=fields.day(5),
        fgp=FingerPosition(position),
        width=fields.number(6),
        height=fields.number(7),
        device=_read_device(fields),
        comment=fields.text(20),
        data=fields.data,
        impression=fields.number(3),
        fap=fields.number(31) if fields.has(31) else None,
    )
    fields.done()
    return record


def _read_device(fields: FieldReader) -> str:
    make, device, serial = fields.items(904, 3)
    if make != _UNKNOWN or serial != _UNKNOWN:
        raise BadBytes(f"{fields.path(904)} MMS: expected the make and the serial number as unknown")
    return device
