"""The profile's rules: each is broken once, on purpose, and says where, how badly and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nistanswers import error, hit, no_hit
from nistfiles import changed, finger, jp2, jpeg, sample, with_records, wsq

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import parse, validate
from hotspot_kiosk.nist.finding import Severity
from hotspot_kiosk.nist.model import Record, Transaction, make_field
from hotspot_kiosk.nist.profile import RULES, errors, refuse_errors

ERROR, WARNING, NOTICE = Severity
Build = Callable[[], Transaction]


def face(*fields: tuple[int, str], without: tuple[int, ...] = (), data: bytes | None = None) -> Transaction:
    """The sample with its face changed."""
    record = sample().records[2].changed(*(make_field(n, (text,)) for n, text in fields)).without(*without)
    if data is not None:
        record = Record(10, record.fields, data)
    return Transaction((*sample().records[:2], record, *sample().records[3:]))


def one_finger(*fields: tuple[int, str], data: bytes | None = None) -> Transaction:
    """A search with one finger, its record changed."""
    return with_records(finger(*fields, data=data))


def missing(*entries: tuple[str, str], data: bytes = b"", fgp: str = "2") -> Transaction:
    """A search with one finger's record that says what is missing, beside a face."""
    record = finger((13, fgp), idc=5, data=data).changed(make_field(18, *entries))
    return with_records(sample().records[2], record)


def palm(*fields: tuple[int, str]) -> Transaction:
    """A search with a palm."""
    record = finger((13, "21"), *fields)
    return with_records(Record(15, record.fields, record.data))


def described(*subfields: tuple[str, ...], number: int) -> Transaction:
    """The sample with one field of its Type-2."""
    record = sample().described.changed(make_field(number, *subfields))
    return Transaction((sample().head, record, *sample().records[2:]))


def reply(data: bytes, *subfields: tuple[str, ...], number: int, take: bool = False) -> Transaction:
    """An answer with one field of its Type-2 changed, or taken out."""
    whole = parse(data)
    record = (
        whole.described.without(number) if take else whole.described.changed(make_field(number, *subfields))
    )
    return Transaction((whole.head, record))


def headed(data: bytes, number: int, text: str) -> Transaction:
    """An answer with one field of its Type-1 changed."""
    whole = parse(data)
    return Transaction((whole.head.changed(make_field(number, (text,))), whole.described))


def slaps(**kind: str) -> Transaction:
    """The same hand's four fingers and one of them again, in the manners given."""
    fields = [(13, "13")] if kind.get("fgp") is None else [(13, kind["fgp"])]
    return with_records(
        finger(*fields, (3, kind.get("first", "0")), idc=1), finger(*fields, (3, kind["second"]), idc=2)
    )


def reply_with_births() -> Transaction:
    """An answer that tells a date of birth and a range."""
    whole = parse(hit())
    born = (make_field(35, ("19800101",)), make_field(36, ("19790101", "19810101")))
    return Transaction((whole.head, whole.described.changed(*born)))


def ppi_1000(code: str, data: bytes) -> Transaction:
    """A finger of 1000 pixels an inch."""
    return one_finger((9, "1000"), (10, "1000"), (11, code), data=data)


FULL_SIZE = [(6, "480"), (7, "600")]
CASES: list[tuple[str, Severity, str, Build]] = [
    ("VER", ERROR, "1.002", lambda: changed(0, (2, "0300"))),
    ("CNT", ERROR, "1.003", lambda: changed(0, (3, "1"))),
    ("CNT", ERROR, "1.003", lambda: Transaction(sample().records[:4])),
    ("ORDER", ERROR, "Type-1", lambda: Transaction((sample().head,))),
    ("TOT", ERROR, "1.004", lambda: changed(0, (4, "ATP"))),
    ("TOT", ERROR, "1.004", lambda: changed(0, (4, "MPS"))),
    ("DAT", ERROR, "1.005", lambda: changed(0, (5, "20260229"))),
    ("DAT", ERROR, "1.005", lambda: changed(0, (5, "2026W471"))),
    ("PRY", ERROR, "1.006", lambda: changed(0, (6, "0"))),
    ("TCN", ERROR, "1.009", lambda: changed(0, (9, "26000170000004A"))),
    ("TCR", ERROR, "1.010", lambda: changed(0, (10, "26000170000004E"))),
    ("TCR", ERROR, "1.010", lambda: Transaction((parse(hit()).head.without(10), parse(hit()).described))),
    ("NSR-NTR", ERROR, "1.011", lambda: changed(0, (11, "19.68"))),
    ("DOM", ERROR, "1.013", lambda: changed(0, (13, "INT-X"))),
    ("DOM-SPELLING", NOTICE, "1.013", lambda: parse(no_hit())),
    ("GMT", ERROR, "1.014", lambda: changed(0, (14, "20261123140506+0200"))),
    ("GMT", WARNING, "1.014", lambda: headed(hit(), 14, "2016-04-10T13:46:32-05:00")),
    ("GMT-READ", ERROR, "1.014", lambda: headed(hit(), 14, "yesterday")),
    ("DAT-GMT", WARNING, "1.005", lambda: changed(0, (5, "20261120"))),
    ("DCS", ERROR, "1.015", lambda: changed(0, (15, "0"))),
    ("ANM", WARNING, "1.017", lambda: changed(0, without=(17,))),
    ("ANM", WARNING, "1.017", lambda: changed(0, (17, "INTERPOL"))),
    ("CHARSET", ERROR, "2.096", lambda: changed(1, (96, "a\x01b"))),
    ("IMAGE-MARK", ERROR, "14.020", lambda: one_finger((20, "see 14.999: there"))),
    ("ASCII", WARNING, "2.096", lambda: changed(1, (96, "caf\u00e9"))),
    ("EDGES", WARNING, "2.096", lambda: changed(1, (96, " OTHER"))),
    (
        "UNREAD",
        NOTICE,
        "Type-2",
        lambda: parse(hit().replace(b"</int-i:RecordSubject>", b"<a>1</a></int-i:RecordSubject>")),
    ),
    ("T2-ONE", ERROR, "Type-2", lambda: with_records(sample().described, *sample().records[2:])),
    ("T2-MANDATORY", ERROR, "2.002", lambda: changed(1, without=(2,))),
    ("ORN", ERROR, "2.011", lambda: changed(1, without=(11,))),
    ("ORN-FORM", ERROR, "2.011", lambda: changed(1, (11, "XYZ"))),
    ("ORN-FORM", ERROR, "2.011", lambda: described(*[("XYZ", "v")] * 11, number=11)),
    ("ORN-FORM", ERROR, "2.091", lambda: described(("xyz", "v"), number=91)),
    ("MN", ERROR, "2.012", lambda: changed(1, (12, "POST"))),
    ("T2-DATES", ERROR, "2.019", lambda: changed(1, (19, "20261350"))),
    ("T2-DATES", ERROR, "2.036", lambda: described(("19800101", "never"), number=36)),
    ("DOB-DBR", WARNING, "2.036", reply_with_births),
    *[("MINIMAL", ERROR, f"2.{n:03d}", lambda n=n: changed(1, (n, "XYZ"))) for n in (30, 34, 38, 75, 76)],
    *[("MINIMAL-BIRTH", WARNING, f"2.{n:03d}", lambda n=n: changed(1, (n, "19800101"))) for n in (35, 37)],
    ("RFP", ERROR, "2.021", lambda: changed(1, (21, "III"))),
    ("SEX", ERROR, "2.039", lambda: changed(1, (39, "Q"))),
    ("SEX-SPELLING", NOTICE, "2.039", lambda: parse(hit())),
    ("CRF", ERROR, "2.095", lambda: changed(1, (95, "XXX"))),
    ("CRF", ERROR, "2.096", lambda: changed(1, without=(96,))),
    ("CRF-TOT", WARNING, "2.095", lambda: changed(1, without=(95, 96))),
    ("CRF-TOT", WARNING, "2.095", lambda: changed(0, (4, "CPS"))),
    ("T2-LENGTHS", WARNING, "2.096", lambda: changed(1, (96, "x" * 65))),
    ("RDM", ERROR, "2.094", lambda: changed(1, (94, "ZZ"))),
    ("EXP", WARNING, "2.092", lambda: changed(1, (92, "20200101"))),
    ("RLS", ERROR, "2.064", lambda: changed(1, (64, "1"))),
    ("RLS", ERROR, "2.064", lambda: reply(hit(), number=64, take=True)),
    ("RLS-ITEMS", ERROR, "2.064", lambda: reply(hit(), ("1", "true", "3", "CPS", "X"), number=64)),
    ("RLS-ITEMS", ERROR, "2.064", lambda: reply(hit(), ("0", "true", "3", "CPS", "I"), number=64)),
    ("RLS-ITEMS", ERROR, "2.064", lambda: reply(hit(), ("1", "maybe", "3", "CPS", "I"), number=64)),
    ("RLS-ITEMS", ERROR, "2.064", lambda: reply(hit(), ("2", "true", "1", "CPS", "I"), number=64)),
    ("RLS-ITEMS", ERROR, "2.064", lambda: reply(hit(), ("1", "true", "3", "", "I"), number=64)),
    ("RLS-ITEMS", ERROR, "2.064", lambda: reply(no_hit(), ("1", "false", "2", "CPS", "N"), number=64)),
    ("ERM", ERROR, "2.074", lambda: reply(error(), ("404",), number=74)),
    ("ERM", ERROR, "2.074", lambda: reply(error(), number=74, take=True)),
    ("ERM", ERROR, "2.074", lambda: changed(1, (74, "101"))),
    ("LMP", WARNING, "2.077", lambda: reply(hit(), ("two", "3"), number=77)),
    ("EMPTY", ERROR, "1.003", with_records),
    ("IDC", ERROR, "14.002", lambda: with_records(finger(idc=1), finger((13, "3"), idc=1))),
    ("IDC", ERROR, "14.002", lambda: one_finger((2, "100"))),
    ("IDC-APART", WARNING, "14.002", lambda: with_records(sample().records[2], finger(idc=1))),
    ("T10-MANDATORY", ERROR, "10.999", lambda: face(data=b"")),
    ("T10-FIXED", ERROR, "10.003", lambda: face((3, "SCAR"))),
    ("T10-FIXED", ERROR, "10.008", lambda: face((8, "1"))),
    ("T10-FIXED", ERROR, "10.012", lambda: face((12, "GRAY"))),
    ("T10-CGA", ERROR, "10.011", lambda: face((11, "PNG"))),
    ("T10-ONE", ERROR, "Type-10", lambda: with_records(*[sample().records[2]] * 2)),
    ("T10-ASPECT", ERROR, "10.009", lambda: face((9, "99"))),
    ("T10-ASPECT", ERROR, "10.010", lambda: face((10, "x"))),
    ("SAP", ERROR, "10.013", lambda: face((13, "30"))),
    ("SAP", ERROR, "10.013", lambda: face((13, "31"), *FULL_SIZE)),
    ("POS", ERROR, "10.020", lambda: face((20, "D"))),
    ("POS", ERROR, "10.021", lambda: face((20, "A"), (21, "181"))),
    ("POS", ERROR, "10.021", lambda: face((20, "F"), (21, "10"))),
    ("T14-MANDATORY", ERROR, "14.999", lambda: one_finger(data=b"")),
    ("IMP", ERROR, "14.003", lambda: one_finger((3, "4"))),
    ("IMP", ERROR, "15.003", lambda: palm((3, "1"))),
    ("SLC-BPX", ERROR, "14.008", lambda: one_finger((8, "2"))),
    ("SLC-BPX", ERROR, "14.012", lambda: one_finger((12, "16"))),
    ("PPI", ERROR, "14.009", lambda: one_finger((9, "508"), (10, "508"))),
    ("PPI", ERROR, "14.010", lambda: one_finger((10, "1000"))),
    ("CGA-PPI", ERROR, "14.011", lambda: one_finger((9, "1000"), (10, "1000"))),
    ("CGA-PPI", ERROR, "14.011", lambda: one_finger((11, "JP2"), data=jp2())),
    ("CGA-PPI", ERROR, "14.011", lambda: one_finger((11, "NONE"))),
    ("IMAGE", ERROR, "14.999", lambda: one_finger(data=b"\x00" * 4608)),
    ("IMAGE-SIZE", ERROR, "14.006", lambda: one_finger((6, "65"))),
    ("IMAGE-SIZE", ERROR, "10.007", lambda: face((7, "74"))),
    ("IMAGE-CODE", ERROR, "14.011", lambda: one_finger(data=jpeg())),
    ("IMAGE-CODE", ERROR, "10.011", lambda: face(data=wsq())),
    ("IMAGE-CODE", ERROR, "14.011", lambda: ppi_1000("JP2L", jp2())),
    ("IMAGE-COLOURS", ERROR, "14.999", lambda: one_finger(data=jpeg())),
    ("CAPTURED", ERROR, "14.005", lambda: one_finger((5, "20261131"))),
    ("CAPTURED-BEFORE", WARNING, "14.005", lambda: one_finger((5, "20261226"))),
    ("FAP", ERROR, "14.031", lambda: one_finger((31, "46"))),
    ("FAP-LOW", NOTICE, "14.031", lambda: one_finger((31, "40"))),
    ("DMM", ERROR, "14.030", lambda: one_finger((30, "ALONE"))),
    ("QUALITY", WARNING, "14.022", lambda: one_finger((22, "1"))),
    ("QUALITY", WARNING, "10.024", lambda: face((24, "80"))),
    ("FOREIGN", WARNING, "Type-9", lambda: with_records(finger(), Record(9, (make_field(2, ("7",)),)))),
    ("FGP", ERROR, "14.013", lambda: one_finger((13, "0"))),
    ("FGP", ERROR, "14.013", lambda: one_finger((13, "16"))),
    ("FGP", ERROR, "14.013", lambda: with_records(finger().changed(make_field(13, ("2",), ("3",))))),
    ("FGP-15", WARNING, "14.013", lambda: one_finger((13, "15"))),
    ("PALM", ERROR, "15.013", lambda: palm((13, "20"))),
    ("AMP", ERROR, "14.018", lambda: missing(("2", "SR"))),
    ("AMP", ERROR, "14.018", lambda: missing(("3", "UP"))),
    ("AMP-TWICE", ERROR, "14.018", lambda: missing(("2", "UP"), ("2", "XX"))),
    ("AMP-IMAGE", ERROR, "14.018", lambda: missing(("2", "UP"), data=wsq())),
    ("AMP-IMAGE", ERROR, "14.018", lambda: missing(("2", "XX"))),
    ("AMP-IMAGE", ERROR, "14.018", lambda: missing(("2", "UP"), ("3", "UP"), fgp="13")),
    ("FGP-TWICE", ERROR, "14.013", lambda: slaps(second="0")),
    ("FGP-AMP", ERROR, "14.013", lambda: with_records(finger((13, "13")), *missing(("2", "UP")).records[3:])),
    ("FAP-FINGERS", WARNING, "14.031", lambda: one_finger((13, "13"), (31, "45"))),
]


@pytest.mark.parametrize(
    ("rule", "severity", "path", "build"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)]
)
def test_a_broken_rule_is_found(rule: str, severity: Severity, path: str, build: Build) -> None:
    """At its place, with its severity, with words and a remedy."""
    found = [each for each in validate(build()) if each.rule == rule]
    assert found
    assert {each.severity for each in found} == {severity}
    assert any(path in str(each.path) for each in found)
    assert all(each.words and each.remedy.endswith(".") for each in found)


def test_every_rule_is_broken_here() -> None:
    """No rule without a file that breaks it; the mandatory fields have a test of their own."""
    names = {rule.name for rule in RULES} - {"T1-MANDATORY"}
    assert names == {case[0] for case in CASES}


MANDATORY = {  # INT-I v6, field by field, as this software's own files must have them
    0: (2, 3, 4, 5, 9, 11, 12, 13, 14),
    1: (2, 11),
    2: (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    3: (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
}


@pytest.mark.parametrize(
    ("number", "field"), [(n, field) for n, fields in MANDATORY.items() for field in fields]
)
def test_a_missing_mandatory_field_is_an_error(number: int, field: int) -> None:
    """Without it, or empty, the file must not be sent, and the finding says which it is."""
    for broken in (changed(number, without=(field,)), changed(number, (field, ""))):
        paths = [(each.path.record, each.path.field) for each in errors(validate(broken))]
        assert (number + 1, field) in paths
        with pytest.raises(BadBytes):
            refuse_errors(broken)


CLEAN: dict[str, Build] = {
    "the sample": sample,
    "four fingers of a hand": lambda: one_finger((13, "13"), (31, "60")),
    "plain and rolled": lambda: slaps(fgp="3", first="0", second="1"),
    "a palm": palm,
    "1000 pixels an inch, lossy": lambda: ppi_1000("JP2", jp2()),
    "1000 pixels an inch, lossless": lambda: ppi_1000("JP2L", jp2(lossless=True)),
    "lossless said to be JP2": lambda: ppi_1000("JP2", jp2(lossless=True)),
    "an amputated finger": lambda: missing(("2", "UP")),
    "part of a finger": lambda: missing(("2", "XX"), data=wsq()),
    "a hand without a finger": lambda: missing(("4", "UP"), data=wsq(), fgp="13"),
    "a hand without fingers": lambda: missing(*((str(n), "UP") for n in (7, 8, 9, 10)), fgp="14"),
    "a priority": lambda: changed(0, (6, "1")),
    "an angle": lambda: face((20, "A"), (21, "-40")),
    "a hit": lambda: parse(hit()),
    "no hit": lambda: parse(no_hit()),
    "an error": lambda: parse(error()),
}


@pytest.mark.parametrize("build", CLEAN.values(), ids=CLEAN)
def test_what_is_allowed_is_found_clean(build: Build) -> None:
    """Neither errors nor warnings that nobody could act upon."""
    assert [str(each) for each in validate(build()) if each.severity is ERROR] == []


def test_a_path_reads_like_a_path() -> None:
    """Record, field, subfield, item."""
    (finding,) = errors(validate(described(("XYZ", "v"), ("xy", "v"), number=11)))
    assert str(finding.path) == "record 2: 2.011 ORN [2]"
    assert str(finding).startswith("error: record 2: 2.011 ORN [2]: expected a country's")


def test_findings_are_bounded() -> None:
    """A file of nothing but faults does not fill a screen for ever."""
    broken = [Record(14, (make_field(2, ("x",)),)) for _ in range(300)]
    assert len(validate(with_records(*broken))) == 200
