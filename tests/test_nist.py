"""The evidence part: a request becomes the right records, and what cannot be sent is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from nistanswers import no_hit
from nistfiles import (
    HERE,
    R503,
    of_face,
    of_finger,
    picture,
    request,
    ridges,
    sample,
    sample_file,
    sample_xml,
)

from hotspot_kiosk.errors import BadBytes, BadSample, Refused
from hotspot_kiosk.nist import INTERPOL, Agency, Encoding, Transaction, compose, images, pack, read
from hotspot_kiosk.terms import FingerPosition, RequestType, SensorGrade, Tcn


def test_a_request_becomes_one_face_and_its_fingers() -> None:
    """Type-1, Type-2, one Type-10 and a Type-14 for each finger, all of this request."""
    transaction = read(sample_file())
    assert (transaction.tcn, transaction.tot) == (Tcn.mint(2026, 17, 4), RequestType.NPS)
    assert [record.kind for record in transaction.records] == [1, 2, 10, 14, 14]
    assert [record.text(13) for record in transaction.of(14)] == ["2", "7"]
    assert transaction.head.text(14) == "20261123140506Z"
    assert transaction.head.text(7) == INTERPOL.code
    assert transaction.described.subfields(11) == (("XYZ", "autumn-26"), ("XYZ", str(transaction.tcn)))


def test_a_request_goes_in_either_encoding() -> None:
    """The same transaction, whichever way it is written."""
    assert read(pack(request(), HERE, encoding=Encoding.XML)) == read(sample_file())
    assert read(sample_xml()) == sample()


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
    face, finger = transaction.images
    best = compose(request(of_finger(3, shift=9)), HERE).images[0]
    assert face.items(904, 3) == ("0", "other", "0")
    assert finger.data == best.data


def test_a_fingers_origin_travels_with_it() -> None:
    """The sensor, its own resolution and grey levels, and that it is not certified."""
    finger = compose(request(of_finger(2), trusted=False), HERE).images[0]
    assert finger.items(904, 3)[1] == "R503"
    assert finger.find(31) is None
    for words in ("508 ppi", "16 grey levels", "not certified", "not resampled", "clock not verified"):
        assert words in finger.text(20)


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


@pytest.mark.parametrize(
    ("country", "name"), [("XY", "A"), ("xyz", "A"), ("XYZ", ""), ("XYZ", "A B\x1d"), ("XYZ", "a")]
)
def test_an_agency_has_a_form(country: str, name: str) -> None:
    """Three letters, a slash, a name in capitals."""
    with pytest.raises(BadBytes, match="ORI"):
        Agency(country, name)


def test_nobodys_name_is_ever_there() -> None:
    """No name, nationality, birth date or sex: those fields are not written at all."""
    for number in (30, 34, 35, 36, 37, 38, 39):
        assert sample().described.find(number) is None


def test_an_answer_is_no_evidence() -> None:
    """What comes from a kiosk asks; an answer in its place is refused."""
    with pytest.raises(BadBytes, match="TOT"):
        read(no_hit())


def test_images_never_show_in_a_repr() -> None:
    """A log line with a transaction in it holds neither image bytes nor texts."""
    assert "\\xff" not in repr(sample())
    assert "north gate" not in repr(sample())


def with_failures(*failures: str) -> Transaction:
    """The usual request (right index, left index) with fingers that were not taken."""
    return read(pack(replace(request(), acquisition_failures=failures), HERE))


def test_a_missing_or_bandaged_finger_is_coded() -> None:
    """A Type-14 record of its own without an image: AMP UP, in either encoding."""
    failures = ("right middle: missing", "left little: bandaged")
    sent = replace(request(), acquisition_failures=failures)
    for encoding in Encoding:
        made = read(pack(sent, HERE, encoding=encoding))
        records = list(made.of(14))
        assert len(images(made)) == 3
        assert [(r.text(13), r.subfields(18), bool(r.data)) for r in records[2:]] == [
            ("3", (("3", "UP"),), False),
            ("10", (("10", "UP"),), False),
        ]


@pytest.mark.parametrize(
    "failure", ["right middle: refuses", "right middle: cannot", "right middle", "face: missing"]
)
def test_a_finger_that_was_not_acquired_otherwise_has_no_record(failure: str) -> None:
    """Refusal is nothing that the standard's codes say, and is never sent as an amputation."""
    assert len(list(with_failures(failure).of(14))) == 2


def test_a_finger_that_is_there_in_part_says_so_beside_its_image() -> None:
    """AMP XX in the record of its image, in either encoding; a finger that was not taken still has no record."""
    there, not_taken = FingerPosition.LEFT_INDEX, FingerPosition.RIGHT_LITTLE
    sent = replace(request(), partly=(there, not_taken))
    for encoding in Encoding:
        records = list(read(pack(sent, HERE, encoding=encoding)).of(14))
        assert [(r.text(13), r.subfields(18), bool(r.data)) for r in records] == [
            ("2", (), True),
            ("7", (("7", "XX"),), True),
        ]


def test_a_finger_that_was_taken_is_not_called_missing() -> None:
    """A touch counts for more than a word."""
    assert len(list(with_failures("right index: missing").of(14))) == 2


def test_a_finger_is_called_missing_once() -> None:
    """Said twice, or for two reasons, it is one record."""
    assert len(list(with_failures("right ring: missing", "right ring: bandaged").of(14))) == 3
