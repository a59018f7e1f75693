"""The traditional encoding: the standard's own bytes, tolerance, damage."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nistfiles import (
    FS,
    GS,
    HERE,
    RS,
    US,
    edited,
    jpeg,
    of_face,
    records_of,
    request,
    sample,
    sample_file,
    to,
    with_length,
    wsq,
)

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import pack, parse, read, write
from hotspot_kiosk.nist.model import Record, Transaction, counted, make_field
from hotspot_kiosk.terms import RequestType, Tcn


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
        b"1.014:20261123140506Z",
        b"1.017:INTERPOL\x1fBORDER\x1fXPO\x1fXYZ" + FS,
    ]
    assert b"2.011:XYZ\x1fautumn-26\x1eXYZ\x1f26000170000004" in second
    for field in (b"10.003:FACE", b"10.008:0", b"10.011:JPEGB", b"10.012:SRGB", b"10.999:\xff\xd8\xff"):
        assert field in face
    for field in (b"14.003:0", b"14.009:500", b"14.011:WSQ20", b"14.012:8", b"14.013:2"):
        assert field in finger
    assert b"14.999:\xff\xa0\xff" in finger


def test_what_is_written_is_read() -> None:
    """The file in, the same file out."""
    assert write(parse(sample_file())) == sample_file()


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [
        (0, b"1.003", b"1\x1f4\x1e02\x1f00\x1e10\x1f01\x1e14\x1f02\x1e14\x1f03"),
        (0, b"1.013", b"INT-I\x1f06.00"),
        (1, b"2.002", b"00"),
        (3, b"14.013", b"02"),
        (3, b"14.003", b"00"),
    ],
)
def test_other_spellings_are_taken(number: int, field: bytes, value: bytes) -> None:
    """`2` and `02`, `0600` and `06.00` are the same."""
    assert read(edited(number, field, to(value))).tcn == sample().tcn


def test_fields_in_another_order_are_taken() -> None:
    """The order of fields says nothing."""
    records = records_of(sample_file())
    head, *fields = records[1].removesuffix(FS).split(GS)
    records[1] = GS.join([head, *reversed(fields)]) + FS
    assert parse(b"".join(records)) == sample()


def test_a_field_twice_is_refused() -> None:
    """Two values for one thing: nobody knows which is meant."""
    with pytest.raises(BadBytes, match=r"14\.013 is there twice"):
        parse(edited(3, b"14.013", lambda value: value + b"\x1d14.013:3"))


def test_records_of_other_types_are_kept() -> None:
    """Minutiae, latents, palms, types nobody knows: all of their fields come back as they were."""
    others = [
        Record(kind, (make_field(2, (str(i),)), make_field(300, ("a", "b"), ("c",))), b"\x00\x1c\x1d" * kind)
        for i, kind in enumerate((9, 13, 15, 23, 99), start=5)
    ]
    made = counted(Transaction((*sample().records, *others)))
    assert parse(write(made)) == made


def test_type_4_is_taken_apart_by_its_columns() -> None:
    """Impression, six positions, scale, size, compression, image; and written again as it was."""
    body = struct.pack(">B6sBHHB", 0, bytes([13, 255, 255, 255, 255, 255]), 0, 64, 72, 1) + wsq()
    binary = struct.pack(">IB", len(body) + 5, 9) + body
    count = b"1\x1f5\x1e2\x1f0\x1e10\x1f1\x1e14\x1f2\x1e14\x1f3\x1e4\x1f9"
    data = edited(0, b"1.003", to(count)) + binary
    record = parse(data).records[-1]
    assert (record.kind, record.text(2), record.text(4), record.text(6)) == (4, "9", "13", "64")
    assert record.data == wsq()
    assert write(parse(data)) == data


@pytest.mark.parametrize("kind", [3, 5, 6, 7, 8])
def test_older_binary_records_are_kept(kind: int) -> None:
    """As bytes; nothing in them is judged."""
    record = Record(kind, (make_field(2, ("7",)),), b"\x1c\x1d\x00any")
    made = counted(Transaction((*sample().records, record)))
    assert parse(write(made)) == made


def test_a_binary_record_that_is_cut_off_is_refused() -> None:
    """A length beyond the end, a Type-4 too short for its columns, a type that is not binary."""
    for kind, tail in (
        (b"4", b"\x00\x00\x00\xff\x01"),
        (b"4", b"\x00\x00\x00\x06\x01x"),
        (b"9", b"\x00\x00\x00\x05\x01"),
        (b"x", b"\x00\x00\x00\x05\x01"),
    ):
        count = b"1\x1f5\x1e2\x1f0\x1e10\x1f1\x1e14\x1f2\x1e14\x1f3\x1e" + kind + b"\x1f1"
        with pytest.raises(BadBytes):
            parse(edited(0, b"1.003", to(count)) + tail)


def test_letters_beyond_ascii_are_utf_8() -> None:
    """And bytes that are not UTF-8 are taken for latin-1 rather than refused."""
    assert parse(edited(1, b"2.012", to(b"POST\x1fcaf\xc3\xa9"))).described.items(12, 2)[1] == "caf\u00e9"
    assert parse(edited(1, b"2.012", to(b"POST\x1fcaf\xe9"))).described.items(12, 2)[1] == "caf\u00e9"


def test_a_text_that_other_readers_take_for_the_image_is_refused() -> None:
    """Some find the image by `999:` wherever it stands; this one does not, yet never sends such a file."""
    data = edited(2, b"10.038", to(b"see 999: there"))
    assert parse(data).images[0].data == sample().images[0].data
    with pytest.raises(BadBytes, match="999:"):
        read(data)


def test_the_device_name_cannot_bring_one() -> None:
    """A device's name loses its colons."""
    assert read(pack(request(of_face(device="a999:b")), HERE)).images[0].items(904, 3)[1] == "a999 b"


def test_files_that_are_none_are_refused() -> None:
    """Empty, foreign, without a Type-1, with two."""
    records = records_of(sample_file())
    for data in (b"", b"hello", jpeg(), b"".join(records[1:]), records[0] + b"".join(records)):
        with pytest.raises(BadBytes):
            parse(data)


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
        parse(b"1.001:9\x1d" * 1_200_000)


def test_too_many_records_are_refused() -> None:
    """A file of tiny records ends at the thousandth."""
    tiny = with_length(b"9.001:0\x1d9.002:1" + FS)
    with pytest.raises(BadBytes, match="999 records"):
        parse(records_of(sample_file())[0] + tiny * 1000)


def test_too_much_text_is_refused() -> None:
    """A record's fields are bounded."""
    with pytest.raises(BadBytes, match="262144"):
        parse(edited(1, b"2.023", to(b"x" * 300_000)))


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=400) | st.builds(lambda a, b: a + b, st.just(b"1.001:"), st.binary(max_size=200)))
def test_any_bytes_are_bad_bytes(data: bytes) -> None:
    """Whatever comes in, nothing but BadBytes comes out."""
    with pytest.raises(BadBytes):
        read(data)


def test_damaged_files_are_refused_or_whole() -> None:
    """Of 2,000 damaged files, each is refused with BadBytes, or keeps every rule and says all it holds."""
    taken = 0
    for seed in range(2000):
        try:
            transaction = read(_damaged(random.Random(seed)))
        except BadBytes:
            continue
        taken += 1
        assert parse(write(transaction)) == transaction
        assert transaction.tot in set(RequestType)
        assert Tcn(transaction.tcn) == transaction.tcn
    assert 0 < taken < 1000


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
    whole = rng.random() < 0.7 and b".001:" in record[:8] and GS in record
    records[number] = with_length(bytes(record)) if whole else bytes(record)
    return b"".join(records)
