"""The XML encoding: INT-I's names, INTERPOL's own spellings, what a hostile file tries."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nistanswers import HIT, answer, error, hit, no_hit
from nistfiles import finger, jp2, sample, sample_xml, wsq

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import Encoding, left_out, parse, read, validate, write
from hotspot_kiosk.nist.model import Record, Transaction, counted, make_field
from hotspot_kiosk.nist.xml import MAX_ELEMENTS, looks_like_xml

HEAD = sample_xml().split(b"<itl:PackageInformationRecord>")[0]
END = b"</itl:NISTBiometricInformationExchangePackage>"


def swapped(old: str, new: str, count: int = 1) -> bytes:
    """The sample with a text replaced; it must be there."""
    assert old.encode() in sample_xml()
    return sample_xml().replace(old.encode(), new.encode(), count)


def test_the_names_are_those_of_the_profile() -> None:
    """Elements by their full names, as INTERPOL's tables and samples have them."""
    text = sample_xml().decode()
    for name in (
        'xmlns:itl="http://biometrics.nist.gov/standard/2011"',
        'xmlns:int-i="http://interpol.gov/int-i/1.0"',
        "<int-i:TransactionCategoryCode>NPS<",
        "<biom:TransactionMajorVersionValue>05<",
        "<biom:TransactionMinorVersionValue>02<",
        "<nc:DateTime>2026-11-23T14:05:06Z<",
        "<itl:PackageFacialAndSMTImageRecord>",
        "<itl:PackageFingerprintImageRecord>",
        "<biom:FingerImpressionImage>",
        "<biom:FingerPositionCode>2<",
        "<biom:ImageCompressionAlgorithmText>WSQ20<",
        "<int-i:NationalBusinessReference>",
        "<int-i:CivilDescriptionCode>OTH<",
    ):
        assert name in text


def test_the_order_is_that_of_the_standard() -> None:
    """A schema takes elements in one order only."""
    text = sample_xml().decode()
    face = text[text.index("<biom:FaceImage>") : text.index("</biom:FaceImage>")]
    finger = text[text.index("<biom:FingerImpressionImage>") : text.index("</biom:FingerImpressionImage>")]
    shared = ["CompressionAlgorithmText", "HorizontalLineLength", "HorizontalPixelDensity", "ScaleUnits"]
    for part, wanted in (
        (
            face,
            ["ImageCaptureDetail", "ColorSpace", "Comment", *shared, "ImageCategory", "VerticalLineLength"],
        ),
        (
            finger,
            ["BitsPerPixel", "ImageCaptureDetail", "Comment", *shared, "VerticalLineLength", "Impression"],
        ),
    ):
        places = [part.index(word, len("<biom:FingerImpressionImage>")) for word in wanted]
        assert places == sorted(places)


def test_what_is_written_is_read() -> None:
    """The same transaction, and the same file again."""
    assert parse(sample_xml()) == sample()
    assert write(parse(sample_xml()), Encoding.XML) == sample_xml()
    assert looks_like_xml(sample_xml())
    assert not left_out(sample())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">0600<", ">06.00<"),
        ("<biom:RecordCategoryCode>2<", "<biom:RecordCategoryCode>02<"),
        ("<nc:IdentificationID>2<", "<nc:IdentificationID>02<"),
        ("http://interpol.gov/int-i/1.0", "http://interpol.int/int-i/1.0"),
        ("<itl:PackageDescriptiveTextRecord>", "<!-- why --><?note?><itl:PackageDescriptiveTextRecord>"),
        ("<biom:FingerPositionCode>2<", "<biom:FingerPositionCode>\n  2 \n<"),
    ],
)
def test_other_spellings_are_taken(old: str, new: str) -> None:
    """As INTERPOL's own samples and tables differ from each other."""
    assert read(swapped(old, new)).tcn == sample().tcn


def test_deprecated_names_are_read_as_the_newer_ones() -> None:
    """The public sample of a search names its fingers so."""
    text = sample_xml().replace(b"biom:FingerImpressionImage", b"itl:FingerprintImage")
    assert parse(text) == sample()
    palm = Record(14, (make_field(2, ("1",)), make_field(13, ("2",)), make_field(18, ("2", "UP"))), unread=())
    made = counted(Transaction((*sample().records[:2], palm)))
    old = write(made, Encoding.XML)
    for name in (b"FingerprintImageFingerMissing", b"FingerMissingCode"):
        old = old.replace(b"biom:" + name, b"itl:" + name)
    assert parse(old) == made


@pytest.mark.parametrize("sent", ["2016-04-10T13:46:32-05:00", "2016-04-10T13:46:32.5Z", "2016-04-10"])
def test_a_time_that_is_spelled_otherwise_is_kept(sent: str) -> None:
    """The samples break their own rule; the reader keeps it, a rule says so."""
    transaction = parse(answer("SRE", HIT, sent=sent))
    assert transaction.head.text(14) in (sent, sent.replace("-", ""))
    assert any(each.rule == "GMT" for each in validate(transaction))


def test_answers_are_read_whole() -> None:
    """Nothing of the public samples' shape is left unread."""
    for data in (no_hit(), hit(), error()):
        transaction = parse(data)
        assert not any(record.unread for record in transaction.records)
        assert parse(write(transaction)) == transaction
        assert parse(write(transaction, Encoding.XML)) == transaction


def test_a_search_in_the_public_samples_shape_is_judged() -> None:
    """A face and slaps of 1000 pixels an inch under one number, FAP 40, deprecated names: read, and told why not."""
    hands = [
        finger((13, fgp), (9, "1000"), (10, "1000"), (11, "JP2"), (31, "40"), idc=i, data=jp2())
        for i, fgp in enumerate(("13", "14", "11"))
    ]
    portrait = sample().records[2].changed(make_field(2, ("0",)))
    told = (make_field(30, ("Dr", "Some", "", "Body")), make_field(38, ("XYZ",)), make_field(39, ("X",)))
    address = make_field(23, ("ABC", "", "11", "A street", "A town", "", "", "XYZ", "65173", "ABC_1"))
    described = sample().described.changed(*told, address)
    made = counted(Transaction((sample().head, described, portrait, *hands)))
    data = write(made, Encoding.XML).replace(b"biom:FingerImpressionImage", b"itl:FingerprintImage")
    data = data.replace(
        b"</itl:UserDefinedDescriptiveDetail>",
        b"<int-i:CustomDefinedDescriptiveDetail/></itl:UserDefinedDescriptiveDetail>",
    )
    assert parse(data) == made
    found = validate(parse(data))
    assert {each.rule for each in found if each.severity == "error"} == {"MINIMAL"}
    assert {each.rule for each in found if each.severity == "warning"} == {"IDC-APART", "FAP-FINGERS"}


def test_what_has_no_field_is_named() -> None:
    """Elements that nobody knows are told, never dropped in silence."""
    data = answer(
        "SRE", HIT.replace("<int-i:PersonSexCode>", "<int-i:Shoe>44</int-i:Shoe><int-i:PersonSexCode>")
    )
    described = parse(data).described
    assert described.unread == ("int-i:Shoe",)
    assert any(each.rule == "UNREAD" and "int-i:Shoe" in each.words for each in validate(parse(data)))


def test_stray_text_is_named() -> None:
    """Words between elements say something that no field holds."""
    for old in ("<int-i:PersonSexCode>", "</int-i:RecordSubject>"):
        assert parse(answer("SRE", HIT.replace(old, f"beware {old}"))).described.unread


def test_records_of_other_types_are_named() -> None:
    """Minutiae and the like: type, number and image are kept, the rest is named."""
    extra = (
        b"<itl:PackageLatentImageRecord><biom:RecordCategoryCode>13</biom:RecordCategoryCode>"
        b"<biom:ImageReferenceIdentification><nc:IdentificationID>9</nc:IdentificationID>"
        b"</biom:ImageReferenceIdentification><biom:X><biom:Y>1</biom:Y>"
        b"<nc:BinaryBase64Object>/6D/</nc:BinaryBase64Object></biom:X></itl:PackageLatentImageRecord>"
    )
    record = parse(sample_xml().replace(END, extra + END)).records[-1]
    assert (record.kind, record.text(2), record.data) == (13, "9", b"\xff\xa0\xff")
    assert record.unread == ("biom:Y",)


def test_what_xml_cannot_say_is_told_before() -> None:
    """A record or field without a place, items beyond a field's own."""
    others = (
        Record(9, (make_field(2, ("7",)),)),
        sample().records[3].changed(make_field(27, ("Y",))),
    )
    made = Transaction((*sample().records[:2], *others))
    assert left_out(made) == ["the record of type 9", "14.027"]
    many = sample().described.changed(make_field(39, ("M", "F")))
    assert left_out(Transaction((sample().head, many))) == ["2.039"]


def test_a_character_that_xml_cannot_carry_is_refused() -> None:
    """With a sentence, not a crash."""
    odd = sample().described.changed(make_field(96, ("a\x01b",)))
    with pytest.raises(BadBytes, match="character"):
        write(Transaction((sample().head, odd)), Encoding.XML)


def test_an_image_that_is_not_base64_is_refused() -> None:
    """And one that is there twice."""
    data = sample_xml().decode()
    first = re.search("<nc:BinaryBase64Object>([^<]*)<", data)
    assert first
    with pytest.raises(BadBytes, match="base64"):
        parse(data.replace(first[1], "***").encode())
    image = f"<nc:BinaryBase64Object>{first[1]}</nc:BinaryBase64Object>"
    with pytest.raises(BadBytes, match="two images"):
        parse(data.replace(image, image * 2).encode())


def test_a_broken_or_foreign_file_is_refused() -> None:
    """Cut anywhere, another root, a record of no type, a type that is not its own."""
    data = sample_xml()
    for end in range(20, len(data) - len(END), 211):
        with pytest.raises(BadBytes):
            parse(data[:end])
    for wrong in (
        b"<html/>",
        b"<",
        HEAD + END,
        HEAD + b"<itl:Odd/>" + END,
        swapped("<biom:RecordCategoryCode>10<", "<biom:RecordCategoryCode>14<"),
    ):
        with pytest.raises(BadBytes):
            read(wrong)


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
DANGERS = {
    "entities": f"<!DOCTYPE x [{LAUGHS}]>",
    "a file": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
    "the network": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "parameters": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
}


@pytest.mark.parametrize("danger", DANGERS.values(), ids=DANGERS)
def test_document_types_are_refused(danger: str) -> None:
    """Entities, files, addresses: refused before anything is parsed."""
    start, rest = sample_xml().split(b"?>", 1)
    for text in (start + b"?>" + danger.encode() + rest, rest.replace(b"NPS", b"&l9;").strip()):
        with pytest.raises(BadBytes):
            parse(text)
    with pytest.raises(BadBytes, match="document type"):
        parse(start + b"?>" + danger.encode() + rest)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7", "cp037"])
def test_other_encodings_are_refused(encoding: str) -> None:
    """They could hide a document type from the look for one."""
    text = sample_xml().decode().replace("UTF-8", encoding).replace("north gate", "caf\u00e9")
    with pytest.raises(BadBytes):
        parse(text.encode(encoding))


def test_deep_nesting_is_refused() -> None:
    """A hundred thousand levels cost nothing."""
    with pytest.raises(BadBytes):
        parse(HEAD + b"<a>" * 40_000 + b"</a>" * 40_000 + END)
    with pytest.raises(BadBytes):
        parse(HEAD + b"<a>" * 2000 + b"</a>" * 2000 + END)


def test_too_many_elements_and_attributes_are_refused() -> None:
    """Counted before they are built."""
    with pytest.raises(BadBytes, match=str(MAX_ELEMENTS)):
        parse(HEAD + b"<a/>" * (2 * MAX_ELEMENTS) + END)
    attributes = " ".join(f'a{i}="1"' for i in range(MAX_ELEMENTS + 1))
    with pytest.raises(BadBytes, match=str(MAX_ELEMENTS)):
        parse(HEAD + f"<a {attributes}/>".encode() + END)


def test_a_huge_text_is_refused() -> None:
    """More than 12 MiB is not parsed; a single text of that order neither."""
    with pytest.raises(BadBytes, match="12582912"):
        parse(HEAD + b"x" * 13_000_000 + END)
    with pytest.raises(BadBytes):
        parse(HEAD + b"<a>" + b"x" * 11_000_000 + b"</a>" + END)


TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"]), max_size=20
)
WORD = TEXT.map(str.strip).filter(bool)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200) | TEXT.map(str.encode))
def test_any_bytes_in_it_are_bad_bytes(data: bytes) -> None:
    """Whatever comes in, nothing but BadBytes comes out."""
    for whole in (b"<" + data, HEAD + data + END):
        with pytest.raises(BadBytes):
            read(whole)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=10), st.binary(max_size=99))
def test_texts_come_back_through_xml(references: list[tuple[str, str]], data: bytes) -> None:
    """Letters of many kinds, ampersands, any image bytes."""
    described = sample().described.changed(make_field(11, *references))
    finger = Record(14, sample().records[3].fields, wsq() + data)
    made = Transaction((sample().head, described, finger))
    assert parse(write(made, Encoding.XML)) == made
