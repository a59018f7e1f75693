"""The evidence part: requests to ANSI/NIST-ITL files and back, and files that break a rule."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadBytes, BadSample, Refused
from hotspot_kiosk.nist import INTERPOL, Agency, compose, describe, images, outline, pack, read, write
from hotspot_kiosk.nist_model import FaceRecord, FingerRecord
from hotspot_kiosk.terms import (
    Capture,
    ClockStamp,
    FaceSample,
    FaceTemplate,
    FingerPosition,
    FingerSample,
    Quality,
    QualityComponent,
    Request,
    RequestType,
    SensorGrade,
    Tcn,
)

FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
HERE = Agency("XYZ", "BORDER")
R503 = SensorGrade("R503", 192, 192, 508, 16)
NO_TEMPLATE = FaceTemplate("none", np.zeros(1, np.float32))
ITEM = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=32)


def ridges(width: int = 64, height: int = 72, shift: int = 0) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    return (127 + 120 * np.sin(np.hypot(y - 40, x + 30 + shift) * 2 * np.pi / 8)).astype(np.uint8)


def picture(width: int = 60, height: int = 75) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 4 % 256, y * 3 % 256, (x + y) % 256], axis=2).astype(np.uint8)


def of_finger(position: int, score: int = 70, shift: int = 0, grade: SensorGrade = R503) -> Capture:
    sample = FingerSample(FingerPosition(position), grade, ridges(shift=shift))
    return Capture(sample, Quality((QualityComponent("area", score),)), NO_TEMPLATE)


def of_face(score: int = 60, device: str = "camera module 3") -> Capture:
    return Capture(FaceSample(device, picture()), Quality((QualityComponent("light", score),)), NO_TEMPLATE)


def request(*captures: Capture, trusted: bool = True, tot: RequestType = RequestType.NPS) -> Request:
    return Request(
        tcn=Tcn.mint(2026, 17, 4),
        tot=tot,
        post="north gate",
        operation="autumn-26",
        notice="en-3",
        stamp=ClockStamp("boot", 5, datetime(2026, 11, 23, 14, 5, 6, 789, tzinfo=UTC), trusted),
        captures=captures or (of_face(), of_finger(2), of_finger(7)),
    )


@cache
def sample_file() -> bytes:
    return pack(request(), HERE)


def records_of(data: bytes) -> list[bytes]:
    """The records of a file, cut by their stated lengths."""
    records, at = [], 0
    while at < len(data):
        length = int(data[at:].split(b":", 1)[1].split(GS, 1)[0])
        records.append(data[at : at + length])
        at += length
    return records


def with_length(record: bytes) -> bytes:
    """The record with its stated length made true."""
    kind, rest = record.split(b".001:", 1)
    rest = rest[rest.index(GS) :]
    for digits in range(2, 8):
        length = len(kind) + 5 + digits + len(rest)
        if len(str(length)) == digits:
            return kind + b".001:" + str(length).encode() + rest
    raise AssertionError


def edited(number: int, field: bytes, change: Callable[[bytes], bytes | None]) -> bytes:
    """The sample file with one field of its record `number` changed, or left out; lengths stay true."""
    records = records_of(sample_file())
    head, image, data = records[number].partition(GS + field.split(b".")[0] + b".999:")
    parts = head.removesuffix(FS).split(GS)
    at = next(i for i, part in enumerate(parts) if part.startswith(field + b":"))
    new = change(parts[at].partition(b":")[2])
    parts[at : at + 1] = [] if new is None else [field + b":" + new]
    records[number] = with_length(GS.join(parts) + (image + data if image else FS))
    return b"".join(records)


def to(value: bytes) -> Callable[[bytes], bytes]:
    return lambda _: value


def test_a_request_becomes_one_face_and_its_fingers() -> None:
    """Type-1, Type-2, one Type-10 and a Type-14 for each finger, all of this request."""
    transaction = read(sample_file())
    assert (transaction.tcn, transaction.tot) == (Tcn.mint(2026, 17, 4), RequestType.NPS)
    face, *fingers = transaction.records
    assert isinstance(face, FaceRecord)
    assert [r.fgp for r in fingers if isinstance(r, FingerRecord)] == [
        FingerPosition.RIGHT_INDEX,
        FingerPosition.LEFT_INDEX,
    ]
    assert transaction.sent == datetime(2026, 11, 23, 14, 5, 6, tzinfo=UTC)
    assert transaction.destination == INTERPOL.code
    assert transaction.context.post == "north gate"
    assert [each.value for each in transaction.context.references] == ["autumn-26", transaction.tcn]


def test_the_bytes_are_the_standards_own() -> None:
    """Field by field as the traditional encoding has it, not only as this reader likes it."""
    first, second, face, finger, _ = records_of(sample_file())
    assert first.split(GS)[1:] == [
        b"1.002:0502",
        b"1.003:1\x1f4\x1e2\x1f0\x1e10\x1f1\x1e14\x1f2\x1e14\x1f3",
        b"1.004:NPS",
        b"1.005:20261123",
        b"1.007:XPO/INTERPOL",
        b"1.008:XYZ/BORDER",
        b"1.009:" + Tcn.mint(2026, 17, 4).encode(),
        b"1.011:00.00",
        b"1.012:00.00",
        b"1.013:INT-I\x1f0600",
        b"1.014:20261123140506Z" + FS,
    ]
    assert b"2.011:XYZ\x1fautumn-26\x1eXYZ\x1f26000170000004" in second
    for field in (b"10.003:FACE", b"10.008:0", b"10.011:JPEGB", b"10.012:SRGB", b"10.999:\xff\xd8\xff"):
        assert field in face
    for field in (
        b"14.003:0",
        b"14.009:500",
        b"14.011:WSQ20",
        b"14.012:8",
        b"14.013:2",
        b"14.999:\xff\xa0\xff",
    ):
        assert field in finger


def test_what_is_written_is_read() -> None:
    """The file in, the same file out."""
    assert write(read(sample_file())) == sample_file()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_write_and_read_are_inverse(data: st.DataObject) -> None:
    """Any request that can be packed comes back as the transaction it was composed to."""
    fingers = data.draw(st.sets(st.integers(1, 10), max_size=3))
    grade = SensorGrade(
        data.draw(st.text(max_size=80)),
        64,
        72,
        data.draw(st.integers(490, 510)),
        data.draw(st.integers(2, 256)),
    )
    device = data.draw(st.text(max_size=80) | st.just("a999:b 14.999:"))
    captures = [of_finger(position, grade=grade) for position in fingers]
    captures += [of_face(device=device)] if data.draw(st.booleans()) or not captures else []
    wanted = Request(
        tcn=Tcn.mint(
            data.draw(st.integers(2000, 2099)),
            data.draw(st.integers(1, 99_999)),
            data.draw(st.integers(1, 9_999_999)),
        ),
        tot=data.draw(st.sampled_from(RequestType)),
        post=data.draw(ITEM),
        operation=data.draw(ITEM),
        notice="",
        stamp=ClockStamp("b", 1, data.draw(st.datetimes(timezones=st.just(UTC))), data.draw(st.booleans())),
        captures=tuple(captures),
    )
    transaction = compose(wanted, HERE)
    assert read(write(transaction)) == transaction


def test_the_images_come_back() -> None:
    """Pixels of every record, close to what was captured."""
    face, right, left = images(read(sample_file()))
    assert face.shape == picture().shape
    for finger in (right, left):
        assert np.corrcoef(finger.ravel(), ridges().ravel())[0, 1] > 0.95


def test_the_best_touch_of_a_finger_is_sent() -> None:
    """Of several touches and frames, the ones with the highest quality score."""
    captures = (
        of_finger(3, 20),
        of_finger(3, 90, shift=9),
        of_finger(3, 50),
        of_face(10),
        of_face(80, "other"),
    )
    transaction = compose(request(*captures), HERE)
    face, finger = transaction.records
    best = compose(request(of_finger(3, shift=9)), HERE).records[0]
    assert face.device == "other"
    assert finger.data == best.data


def test_a_fingers_origin_travels_with_it() -> None:
    """The sensor, its own resolution and grey levels, and that it is not certified."""
    finger = compose(request(of_finger(2), trusted=False), HERE).records[0]
    assert isinstance(finger, FingerRecord)
    assert finger.device == "R503"
    assert finger.fap is None
    for words in ("508 ppi", "16 grey levels", "not certified", "not resampled", "clock not verified"):
        assert words in finger.comment


def test_a_certified_sensor_states_its_level() -> None:
    """A FAP stands in the file only if the sensor's grade has one."""
    grade = SensorGrade("FAP 45 reader", 64, 72, 500, 256, fap=45)
    data = pack(request(of_finger(2, grade=grade)), HERE)
    assert b"\x1d14.031:45\x1d" in data
    assert b"14.031" not in sample_file()


@pytest.mark.parametrize("grade", [replace(R503, fap=10), SensorGrade("x", 64, 72, 500, 256, fap=44)])
def test_a_level_that_cannot_be_is_refused(grade: SensorGrade) -> None:
    """Sixteen grey levels earn no FAP, and only published levels exist."""
    with pytest.raises(Refused, match="FAP"):
        pack(request(of_finger(2, grade=grade)), HERE)


@pytest.mark.parametrize("ppi", [250, 489, 511, 1000])
def test_another_resolution_is_not_resampled(ppi: int) -> None:
    """WSQ is for the 500 ppi class; anything else is refused in so many words."""
    with pytest.raises(BadSample, match="never resampled"):
        pack(request(of_finger(2, grade=replace(R503, ppi=ppi))), HERE)


def test_nothing_to_search_with_is_refused() -> None:
    """A request without captures is no search."""
    with pytest.raises(Refused, match="neither a face nor a finger"):
        pack(replace(request(), captures=()), HERE)


@pytest.mark.parametrize("name", ["", "x" * 33, "caf\u00e9", "a\x1db", " a", "\u5317"])
def test_a_name_that_would_change_is_refused(name: str) -> None:
    """The operation's and the post's names must come back as they went, so they are never respelled."""
    with pytest.raises(Refused, match="operation"):
        pack(replace(request(), operation=name), HERE)
    with pytest.raises(Refused, match="post"):
        pack(replace(request(), post=name), HERE)


def test_a_criminal_search_gives_no_civil_reason() -> None:
    """NPS says why; CPS does not."""
    assert b"2.095:OTH" in sample_file()
    assert b"2.095" not in pack(request(tot=RequestType.CPS), HERE)


def test_nobodys_name_is_ever_there() -> None:
    """No name, nationality, birth date or sex: those fields are not written at all."""
    second = records_of(sample_file())[1]
    for field in (b"2.030", b"2.035", b"2.036", b"2.038", b"2.039"):
        assert GS + field + b":" not in second


@pytest.mark.parametrize(
    ("country", "name"), [("XY", "A"), ("xyz", "A"), ("XYZ", ""), ("XYZ", "A B\x1d"), ("XYZ", "a")]
)
def test_an_agency_has_a_form(country: str, name: str) -> None:
    """Three letters, a slash, a name in capitals."""
    with pytest.raises(BadBytes, match="ORI"):
        Agency(country, name)


MANDATORY = [
    (0, b"1.002 1.003 1.004 1.005 1.007 1.008 1.009 1.011 1.012 1.013 1.014"),
    (1, b"2.002 2.011 2.012 2.013 2.019 2.023 2.095 2.096"),
    (2, b"10.002 10.003 10.004 10.005 10.006 10.007 10.008 10.009 10.010 10.011 10.012 10.038 10.904"),
    (3, b"14.002 14.003 14.004 14.005 14.006 14.007 14.008 14.009 14.010 14.011 14.012 14.013 14.020 14.904"),
]


@pytest.mark.parametrize(
    ("number", "field"), [(n, field) for n, fields in MANDATORY for field in fields.split()]
)
def test_a_missing_field_is_noticed(number: int, field: bytes) -> None:
    """Every field of a record is mandatory here; without it, or empty, the file is refused."""
    with pytest.raises(BadBytes):
        read(edited(number, field, lambda _: None))
    with pytest.raises(BadBytes):
        read(edited(number, field, to(b"")))


BROKEN = [
    (0, b"1.002", b"0300", "VER"),
    (0, b"1.003", b"1\x1f3\x1e2\x1f0\x1e10\x1f1\x1e14\x1f2", "cannot be read"),
    (0, b"1.003", b"1\x1f4\x1e2\x1f0\x1e14\x1f1\x1e14\x1f2\x1e14\x1f3", "CNT"),
    (0, b"1.004", b"ATP", "TOT"),
    (0, b"1.004", b"SRE", "TOT"),
    (0, b"1.005", b"20261131", "1.005"),
    (0, b"1.005", b"2026-11-23", "1.005"),
    (0, b"1.005", b"2026W471", "1.005"),
    (0, b"1.009", b"26000170000004A", "control number"),
    (0, b"1.009", b"2600017000000", "control number"),
    (0, b"1.011", b"19.68", "1.011"),
    (0, b"1.013", b"INT-X\x1f0600", "DOM"),
    (0, b"1.013", b"INT-I", "1.013"),
    (0, b"1.014", b"20261123140506+0200", "1.014"),
    (0, b"1.014", b"20261123146006Z", "1.014"),
    (0, b"1.014", b"20261123140506z", "1.014"),
    (1, b"2.011", b"XYZ", "ORN"),
    (1, b"2.011", b"xy\x1fvalue", "ORN"),
    (1, b"2.011", RS.join([b"XYZ\x1fv"] * 11), "ORN"),
    (1, b"2.012", b"POST\x1fsouth gate", "MN1"),
    (1, b"2.013", b"DEVICE\x1f0", "MN2"),
    (1, b"2.095", b"IMM", "2.095"),
    (2, b"10.002", b"0", "CNT"),
    (2, b"10.003", b"SCAR", "10.003"),
    (2, b"10.006", b"61", "HLL"),
    (2, b"10.007", b"74", "VLL"),
    (2, b"10.011", b"PNG", "10.011"),
    (2, b"10.012", b"GRAY", "10.012"),
    (3, b"14.003", b"2", "IMP"),
    (3, b"14.006", b"64.5", "14.006"),
    (3, b"14.006", b"65", "HLL"),
    (3, b"14.007", b"071", "14.007"),
    (3, b"14.009", b"508", "14.009"),
    (3, b"14.011", b"NONE", "14.011"),
    (3, b"14.013", b"0", "FGP"),
    (3, b"14.013", b"11", "FGP"),
    (3, b"14.013", b"7", "FGP"),
    (3, b"14.020", b"caf\xe9", "COM"),
]


@pytest.mark.parametrize(("number", "field", "value", "words"), BROKEN)
def test_a_broken_rule_is_noticed(number: int, field: bytes, value: bytes, words: str) -> None:
    """A well-formed file with one wrong value is refused, and the sentence says where."""
    with pytest.raises(BadBytes, match=words):
        read(edited(number, field, to(value)))


@pytest.mark.parametrize(
    ("number", "field", "added", "words"),
    [
        (1, b"2.023", b"\x1d2.030:DOE\x1fJOHN", "2.030"),
        (1, b"2.023", b"\x1d2.038:XYZ", "2.038"),
        (3, b"14.020", b"\x1d14.022:1", "14.022"),
        (3, b"14.013", b"\x1d14.013:3", "cannot be read|CNT"),
        (3, b"14.020", b"\x1d14.031:46", "FAP"),
        (2, b"10.012", b"\x1d10.013:30", "SAP"),
        (2, b"10.038", b"999:", "not an ANSI/NIST file|1.003|damaged"),
    ],
)
def test_what_has_no_place_is_noticed(number: int, field: bytes, added: bytes, words: str) -> None:
    """Personal data, quality not earned, a field twice: refused rather than dropped."""
    with pytest.raises(BadBytes, match=words):
        read(edited(number, field, lambda value: value + added))


def test_a_transaction_checks_itself() -> None:
    """The rules hold for a transaction however it was made."""
    whole = read(sample_file())
    face, finger, _ = whole.records
    wrong = [
        ({"records": ()}, "CNT"),
        ({"records": (face, replace(finger, idc=face.idc))}, "IDC"),
        ({"records": (finger, replace(finger, idc=9))}, "twice"),
        ({"tot": RequestType.CPS}, "COT"),
        ({"sent": datetime(2026, 11, 23)}, "GMT"),
        ({"origin": "nowhere"}, "ORI"),
        ({"version": "9999"}, "VER"),
    ]
    for change, words in wrong:
        with pytest.raises(BadBytes, match=words):
            replace(whole, **change)


def test_records_of_other_kinds_are_refused() -> None:
    """Only Type-1, Type-2, Type-10 and Type-14, and Type-1 first."""
    records = records_of(sample_file())
    for order in ([1, 0, 2], [0, 2, 3], [0, 1, 1], [0], [0, 0, 1], []):
        with pytest.raises(BadBytes):
            read(b"".join(records[i] for i in order))
    with pytest.raises(BadBytes):
        read(records[0] + records[1] + with_length(b"9.001:0\x1d9.002:1" + FS))


def test_an_image_of_another_kind_is_noticed() -> None:
    """A JPEG in a finger's record, or a WSQ image in a face's, is not what the record says."""
    records = records_of(sample_file())
    jpeg, wsq = (records[i].split(b".999:", 1)[1][:-1] for i in (2, 3))
    for number, kind, wrong, words in ((3, b"14", jpeg, "WSQ"), (2, b"10", wsq, "JPEG")):
        head = records[number].split(kind + b".999:", 1)[0]
        forged = with_length(head + kind + b".999:" + wrong + FS)
        with pytest.raises(BadBytes, match=words):
            read(b"".join([*records[:number], forged, *records[number + 1 :]]))


def test_every_cut_is_noticed() -> None:
    """A file that ends too early, or goes on too long, is refused."""
    data = sample_file()
    for end in [*range(1200), *range(1200, len(data), 37), len(data) - 1]:
        with pytest.raises(BadBytes):
            read(data[:end])
    for more in (b"\x00", FS, b"1", data):
        with pytest.raises(BadBytes):
            read(data + more)


def test_a_file_too_large_is_refused_at_once() -> None:
    """More than 8 MiB is not even looked at."""
    with pytest.raises(BadBytes, match="8388608"):
        read(b"1.001:9\x1d" * 1_200_000)


def test_damaged_files_are_refused_or_whole() -> None:
    """Of 3,000 damaged files, each is refused with BadBytes or still keeps every rule and says all it holds."""
    taken = 0
    for seed in range(3000):
        data = _damaged(random.Random(seed))
        try:
            transaction = read(data)
        except BadBytes:
            continue
        taken += 1
        assert write(transaction) == data
        assert transaction.tot in set(RequestType)
        assert Tcn(transaction.tcn) == transaction.tcn
    assert 0 < taken < 1500


def _damaged(rng: random.Random) -> bytes:
    """The sample file after bytes were changed, cut out, doubled or put in; half of it outside the images."""
    records = records_of(sample_file())
    number = rng.randrange(len(records))
    record = bytearray(records[number])
    text = record.find(b".999:")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(text if text > 0 and rng.random() < 0.7 else len(record))
        kind = rng.randrange(5)
        if kind == 0:
            record[at] = rng.randrange(256)
        elif kind == 1:
            record[at : at + rng.randint(1, 9)] = b""
        elif kind == 2:
            record[at:at] = record[at : at + rng.randint(1, 40)]
        elif kind == 3:
            record[at:at] = rng.choice(
                [FS, GS, RS, US, b":", b"0", b"999:", b"\x1d14.999:", b"\xff", b"9" * 12]
            )
        else:
            record[at] ^= 1 << rng.randrange(8)
    records[number] = (
        with_length(bytes(record))
        if rng.random() < 0.7 and b".001:" in record[:8] and GS in record
        else bytes(record)
    )
    return b"".join(records)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400) | st.builds(lambda a, b: a + b, st.just(b"1.001:"), st.binary(max_size=200)))
def test_any_bytes_are_bad_bytes(data: bytes) -> None:
    """Whatever comes in, nothing but BadBytes comes out."""
    with pytest.raises(BadBytes):
        read(data)


def test_it_is_described_in_plain_words() -> None:
    """A person reads who asked for what, and what each image is."""
    rows = {(row.record, row.field): row.words for row in describe(read(sample_file()))}
    assert rows["Type-1", "1.004 TOT"] == "NPS: search, non-criminal"
    assert rows["Type-14 #2", "14.013 FGP"] == "right index"
    assert rows["Type-14 #2", "14.031 FAP"] == "none claimed"
    assert rows["Type-2", "2.012 MN1"] == "post north gate"


def test_the_outline_is_json_without_images() -> None:
    """It can be printed as JSON and holds no image."""
    text = json.dumps(outline(read(sample_file())))
    assert len(text) < 6000
    assert json.loads(text)["records"]["Type-14 #3"]["14.013 FGP"] == "left index"


def test_images_never_show_in_a_repr() -> None:
    """A log line with a transaction in it holds no image bytes."""
    assert "\\xff" not in repr(read(sample_file()))
