"""Property: any transaction comes back as it was, from either encoding, and through both."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nistfiles import HERE, R503, of_face, of_finger, request

from hotspot_kiosk.nist import Encoding, compose, left_out, parse, read, write
from hotspot_kiosk.nist.model import Field, Record, Transaction, counted, make_field
from hotspot_kiosk.terms import ClockStamp, Request, RequestType, SensorGrade, Tcn

MANY = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
WORD = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_categories=["Cc", "Cs", "Zs"]),
    min_size=1,
    max_size=12,
)
NUMBER = st.integers(0, 9999).map(str)
DAY = st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(lambda day: day.strftime("%Y%m%d"))
MOMENT = st.builds(lambda day, time: f"{day}{time:06d}Z", DAY, st.integers(0, 235_959))
BYTES = st.binary(min_size=1, max_size=60)

# field -> its items' strategies; one field may repeat
HEAD: dict[int, list[Any]] = {
    2: [st.sampled_from(["0502", "0500", "0400"])],
    4: [WORD],
    5: [DAY],
    6: [NUMBER],
    7: [WORD],
    8: [WORD],
    9: [WORD],
    10: [WORD],
    11: [WORD],
    12: [WORD],
    13: [WORD, WORD],
    14: [MOMENT | WORD],
    15: [WORD, WORD, WORD],
    17: [WORD, WORD, WORD, WORD],
}
DESCRIBED: dict[int, list[Any]] = {
    **{n: [DAY] for n in (4, 5, 19, 35, 92)},
    **{n: [WORD, WORD] for n in (10, 11, 12, 13, 14, 15, 16, 74, 77, 91)},
    **{n: [WORD] for n in (38, 39, 90, 93, 94, 95, 96)},
    **{n: [WORD] * 7 for n in (30, 34, 75, 76)},
    23: [WORD] * 10,
    36: [DAY, DAY],
    37: [WORD] * 8,
    63: [WORD] * 4,
    64: [WORD] * 5,
}
IMAGE: dict[int, list[Any]] = {
    **{n: [NUMBER] for n in (3, 6, 7, 8, 9, 10, 12, 16, 17)},
    4: [WORD],
    5: [DAY],
    11: [WORD],
    30: [WORD],
    903: [WORD],
    904: [WORD, WORD, WORD],
    993: [WORD],
}
RIDGES = IMAGE | {13: [NUMBER], 18: [NUMBER, WORD], 20: [WORD], 901: [NUMBER]}
KINDS = {
    10: IMAGE | {13: [NUMBER], 20: [WORD], 21: [NUMBER], 38: [WORD]},
    14: RIDGES | {31: [NUMBER]},
    15: RIDGES,
}
REPEATED = {10, 11, 18, 34, 91}


@st.composite
def records(draw: st.DrawFn, kind: int, fields: dict[int, list[Any]], data: bool = True) -> Record:
    """A record with some of the fields its type knows."""
    made: list[Field] = [] if kind == 1 else [make_field(2, (draw(NUMBER),))]
    for number, items in fields.items():
        if draw(st.booleans()):
            repeats = draw(st.integers(1, 3)) if number in REPEATED and kind != 1 else 1
            made.append(make_field(number, *([draw(item) for item in items] for _ in range(repeats))))
    return Record(kind, tuple(made), draw(BYTES) if data and draw(st.booleans()) else b"")


@st.composite
def transactions(draw: st.DrawFn, *, foreign: bool) -> Transaction:
    """A Type-1, a Type-2, some images; records that XML does not know only if asked."""
    images = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: records(kind, KINDS[kind]))
    others = draw(st.lists(images, max_size=3))
    if foreign:
        kind = st.sampled_from([7, 9, 13, 17, 99])
        others += draw(st.lists(kind.flatmap(_any_record), min_size=1, max_size=3))
    head, described = draw(records(1, HEAD, data=False)), draw(records(2, DESCRIBED, data=False))
    return counted(Transaction((head, described, *others)))


def _any_record(kind: int) -> st.SearchStrategy[Record]:
    """A record of a type nobody takes apart: any fields, any bytes; of binary types only the bytes."""
    idc = st.integers(0, 99).map(lambda number: make_field(2, (str(number),)))
    items = st.lists(st.lists(WORD, min_size=1, max_size=4), min_size=1, max_size=3)
    field = st.tuples(st.integers(3, 998), items)
    fields = st.just([]) if kind == 7 else st.lists(field, max_size=4, unique_by=lambda each: each[0])
    return st.builds(
        lambda first, more, data: Record(kind, (first, *(make_field(n, *parts) for n, parts in more)), data),
        idc,
        fields,
        BYTES,
    )


@MANY
@given(transactions(foreign=True))
def test_any_transaction_comes_back_from_the_traditional_encoding(transaction: Transaction) -> None:
    """Types that are known and types that are not, every field, every byte."""
    assert parse(write(transaction)) == transaction


@MANY
@given(transactions(foreign=False))
def test_any_transaction_comes_back_from_xml_and_through_both(transaction: Transaction) -> None:
    """XML keeps all of it; so does traditional to XML to traditional, to the last byte."""
    assert not left_out(transaction)
    assert parse(write(transaction, Encoding.XML)) == transaction
    file = write(transaction)
    assert write(parse(write(parse(file), Encoding.XML))) == file


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), encoding=st.sampled_from(Encoding))
def test_any_request_comes_back_and_keeps_every_rule(data: st.DataObject, encoding: Encoding) -> None:
    """Whatever can be packed is read again as what it was composed to."""
    name = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=32)
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
        tcn=Tcn.mint(data.draw(st.integers(2000, 2099)), R503.width, data.draw(st.integers(1, 9_999_999))),
        tot=data.draw(st.sampled_from(RequestType)),
        post=data.draw(name),
        operation=data.draw(name),
        notice="",
        stamp=ClockStamp("b", 1, data.draw(st.datetimes()), data.draw(st.booleans())),
        captures=tuple(captures),
    )
    transaction = compose(wanted, HERE)
    assert read(write(transaction, encoding)) == transaction


def test_a_request_of_ten_fingers_and_a_face_comes_back() -> None:
    """The most a kiosk takes."""
    everything = compose(request(of_face(), *map(of_finger, range(1, 11))), HERE)
    for encoding in Encoding:
        assert read(write(everything, encoding)) == everything
