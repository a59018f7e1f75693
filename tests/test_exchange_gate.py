"""What may leave for a partner: the law over one file, tried from every side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from exchanging import CAPTURED, GOOD_GRADE, NOW, file_of, operation, outgoing
from hypothesis import given, settings
from hypothesis import strategies as st
from nistfiles import R503, of_face, of_finger

from hotspot_kiosk import nist
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.hub.exchange.gate import FINGERS_STAY, KEPT_HERE, MORE_STAYS, Terms, grade_of, make_ready
from hotspot_kiosk.nist import Agency, Encoding, Transaction
from hotspot_kiosk.nist.model import make_field
from hotspot_kiosk.policy import Partner, Regime, Shielded
from hotspot_kiosk.terms import RequestType, Tcn

THERE = Terms(Partner.NATIONAL, "MKD", Agency("MKD", "POLICE"))


def test_a_fit_record_goes_whole_and_says_when_it_must_be_deleted() -> None:
    """Face and fingers of a certified sensor; EXP from the operation's retention."""
    ready = make_ready(outgoing(), Terms(), NOW)
    sent = nist.read(ready.content)
    assert [record.kind for record in sent.records] == [1, 2, 10, 14, 14]
    last = CAPTURED + timedelta(days=operation().retention.unanswered_days)
    assert sent.described.text(92) == f"{last:%Y%m%d}"
    assert ready.notes == ()


@pytest.mark.parametrize("encoding", Encoding)
def test_a_partner_gets_the_encoding_it_reads(encoding: Encoding) -> None:
    """Both hold the same transaction."""
    ready = make_ready(outgoing(), Terms(encoding=encoding), NOW)
    assert ready.content.startswith(b"<?xml") == (encoding is Encoding.XML)
    assert nist.read(ready.content).tcn == outgoing().tcn


def test_fingers_of_an_unfit_sensor_stay_and_the_record_says_so() -> None:
    """The face goes alone; the count in Type-1 is true again."""
    out = outgoing(evidence=file_of(of_face(), of_finger(2, grade=R503), of_finger(7, grade=R503)))
    ready = make_ready(out, Terms(), NOW)
    assert [record.kind for record in nist.read(ready.content).records] == [1, 2, 10]
    assert ready.notes == (FINGERS_STAY,)


def test_fingers_of_an_unfit_sensor_alone_are_not_sent_at_all() -> None:
    """There is nothing left to search with."""
    with pytest.raises(Refused, match="nothing is left"):
        make_ready(outgoing(evidence=file_of(of_finger(2, grade=R503))), Terms(), NOW)


def test_a_national_system_may_have_what_interpol_may_not() -> None:
    """The sensor's grade gates the lane to INTERPOL only."""
    out = outgoing(evidence=file_of(of_finger(2, grade=R503)))
    ready = make_ready(out, THERE, NOW)
    assert nist.read(ready.content).head.text(7) == "MKD/POLICE"


@pytest.mark.parametrize(("least", "goes"), [(30, True), (45, True), (60, False)])
def test_the_operation_names_the_grade(least: int, goes: bool) -> None:
    """FAP 45 is fit where 45 or less is asked."""
    out = outgoing(under=msgspec.structs.replace(operation(), least_fap=least))
    kinds = {record.kind for record in nist.read(make_ready(out, Terms(), NOW).content).records}
    assert (14 in kinds) is goes


def test_a_certified_grade_of_few_grey_levels_is_not_believed() -> None:
    """No FAP has fewer than 256: a file that claims both was not made by this software."""
    whole = nist.parse(outgoing().evidence)
    finger = next(whole.of(14))
    forged = finger.changed(make_field(20, ("native 508 ppi, 16 grey levels, not resampled",)))
    assert grade_of(forged).grey_levels == 16
    records = tuple(forged if r.kind == 14 else r for r in whole.records if r.kind != 10)
    single = nist.write(nist.counted(Transaction(records[:3])))
    with pytest.raises(Refused, match="nothing is left"):
        make_ready(outgoing(evidence=single), Terms(), NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"partner": "elsewhere"}, "does not name"),
        ({"regime": Regime.EURODAC}, KEPT_HERE),
        ({"regime": Regime.NATIONAL}, KEPT_HERE),
        ({"operation": msgspec.structs.replace(operation(), tot=RequestType.CPS)}, "asks CPS searches only"),
    ],
)
def test_the_law_refuses_with_words(change: dict[str, object], words: str) -> None:
    """A dataset that is not named, data of another law, another kind of search."""
    with pytest.raises(Refused, match=words):
        make_ready(replace(outgoing(), **change), Terms(), NOW)


@pytest.mark.parametrize("person", [Shielded(frozenset({"MKD"})), Shielded(frozenset(), True)])
def test_nothing_goes_to_a_country_of_origin(person: Shielded) -> None:
    """Nor to any other country about somebody who seeks protection."""
    out = outgoing(partner="police", under=msgspec.structs.replace(operation(), datasets=("police",)))
    make_ready(out, THERE, NOW)
    with pytest.raises(Refused, match=KEPT_HERE):
        make_ready(replace(out, person=person), THERE, NOW)


def test_what_is_shielded_is_in_no_file() -> None:
    """Two files, with and without it, are the same bytes."""
    shielded = replace(outgoing(), person=Shielded(frozenset({"SYR"}), True))
    assert make_ready(shielded, Terms(), NOW).content == make_ready(outgoing(), Terms(), NOW).content


def test_a_record_whose_time_is_over_is_not_sent() -> None:
    """Nothing leaves after the day on which it must be deleted."""
    with pytest.raises(Refused, match="time"):
        make_ready(outgoing(), Terms(), NOW + timedelta(days=400))


NAMING = {30: "SOMEBODY", 35: "19900101", 38: "XYZ", 39: "M", 21: "III", 10: "XYZ", 91: "XYZ"}


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(sorted(NAMING)), min_size=1))
def test_who_the_person_is_never_leaves(numbers: set[int]) -> None:
    """Names, dates of birth, nationality, offence, numbers: whatever a file says, a search goes without."""
    whole = nist.parse(outgoing().evidence)
    more = [make_field(number, (NAMING[number],)) for number in numbers]
    head, described, *others = whole.records
    evidence = nist.write(nist.counted(Transaction((head, described.changed(*more), *others))))
    ready = make_ready(replace(outgoing(), evidence=evidence), Terms(), NOW)
    sent = nist.read(ready.content)
    assert not [each.number for each in sent.described.fields if each.number in NAMING]
    assert MORE_STAYS in ready.notes


def test_another_record_s_file_is_not_sent() -> None:
    """The number inside must be the one it is kept under."""
    with pytest.raises(BadBytes, match="another record"):
        make_ready(replace(outgoing(), tcn=Tcn.mint(2026, 1, 2)), Terms(), NOW)


def test_an_enrolment_is_not_sent() -> None:
    """ATP has no way out, whoever made the file."""
    whole = nist.parse(outgoing().evidence)
    head = whole.head.changed(make_field(4, ("ATP",)))
    evidence = nist.write(Transaction((head, *whole.records[1:])))
    with pytest.raises(Refused, match="no search"):
        make_ready(replace(outgoing(), evidence=evidence), Terms(), NOW)


def test_a_file_that_breaks_the_profile_is_not_sent() -> None:
    """With the rule and its remedy in the words."""
    whole = nist.parse(outgoing().evidence)
    finger = next(whole.of(14)).changed(make_field(11, ("JPEGB",)))
    records = tuple(finger if r.kind == 14 and r.text(13) == finger.text(13) else r for r in whole.records)
    with pytest.raises(BadBytes, match="CGA"):
        make_ready(replace(outgoing(), evidence=nist.write(Transaction(records))), Terms(), NOW)


def test_a_grade_is_read_from_the_file() -> None:
    """As the kiosk wrote it."""
    finger = next(nist.parse(file_of(of_finger(2, grade=GOOD_GRADE))).of(14))
    assert (grade_of(finger).fap, grade_of(finger).grey_levels, finger.whole(9)) == (45, 256, 500)
    assert datetime(2026, 11, 23, tzinfo=UTC) < NOW
