"""Answers as values: results, candidates, errors; tolerant where INTERPOL's own samples need it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nistanswers import ERROR, HIT, NO_HIT, TCN, TCR, answer, error, hit, no_hit
from nistfiles import sample

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist import Agency, Encoding, parse, validate, write
from hotspot_kiosk.nist.answer import (
    MEANINGS,
    Course,
    ForeignAnswer,
    ForeignCandidate,
    Reference,
    SearchError,
    SearchResult,
    answer_transaction,
    read_answer,
)
from hotspot_kiosk.nist.finding import Severity
from hotspot_kiosk.nist.model import Transaction, make_field
from hotspot_kiosk.terms import Tcn

THERE, HERE = Agency("ABC", "BUREAU"), Agency("XYZ", "BORDER")
SENT = datetime(2026, 11, 23, 14, 5, 6, tzinfo=UTC)


def test_a_no_hit_with_all_its_items_is_a_no_hit() -> None:
    """The public sample numbers a candidate that is not there."""
    result = read_answer(parse(no_hit()))
    assert isinstance(result, SearchResult)
    assert (result.tcn, result.tcr, result.hit, result.total) == (TCN, TCR, False, 0)
    assert (result.searched, result.source) == ("CPS", "ABC")
    assert result.sent == datetime(2016, 4, 10, 13, 46, 32, tzinfo=UTC)


def test_a_no_hit_with_three_items_is_a_no_hit() -> None:
    """As the profile's text has it."""
    start, rest = NO_HIT.split("<int-i:TransactionCandidate>")
    short = start + rest.split("</int-i:TransactionCandidate>")[1]
    result = read_answer(parse(answer("SRE", short)))
    assert isinstance(result, SearchResult)
    assert not result.hit


def test_a_hit_brings_one_candidate() -> None:
    """Its place among them, whether a person verified it, its numbers, the sender's remark."""
    result = read_answer(parse(hit()))
    assert isinstance(result, SearchResult)
    assert result.candidate
    assert (result.candidate.sequence, result.candidate.verified, result.total) == (1, True, 3)
    assert result.candidate.numbers == (Reference("ABC", "42"),)
    assert result.candidate.remark == "Call first."
    assert result.candidate.names == ("", "Some", "", "Body")


def test_who_a_candidate_may_be_never_shows_in_a_repr() -> None:
    """Neither names nor numbers reach a log."""
    text = repr(read_answer(parse(hit())))
    for word in ("Body", "Some", "42", "Call"):
        assert word not in text


def test_an_error_says_its_code_and_field() -> None:
    """And what to do about it."""
    result = read_answer(parse(error()))
    assert isinstance(result, SearchError)
    assert (result.code, result.mnemonic, result.text) == (112, "DOB", "NOT A DATE")
    assert result.course is Course.MAINTAINER


@pytest.mark.parametrize(
    ("code", "course"),
    [(3, Course.STOP), (101, Course.MAINTAINER), (201, Course.MAINTAINER)]
    + [(code, Course.RECAPTURE) for code in (501, 502, 503)]
    + [(999, Course.MAINTAINER), (747, Course.MAINTAINER)],
)
def test_every_error_has_a_course(code: int, course: Course) -> None:
    """Stop, recapture, or keep for the maintainer; a code nobody published is for the maintainer."""
    result = read_answer(parse(answer("ERR", ERROR.replace("112", f"{code:03d}"))))
    assert isinstance(result, SearchError)
    assert result.course is course
    assert result.meaning
    assert (code in MEANINGS) == (code != 747)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            "2016-04-10T13:46:32-05:00",
            datetime(2016, 4, 10, 13, 46, 32, tzinfo=timezone(timedelta(hours=-5))),
        ),
        ("2016-04-10T13:46:32.250Z", datetime(2016, 4, 10, 13, 46, 32, 250_000, tzinfo=UTC)),
        ("2016-04-10T13:46Z", datetime(2016, 4, 10, 13, 46, tzinfo=UTC)),
        ("2016-04-10T13:46:32", None),
        ("some day", None),
        ("2016-13-40T13:46:32Z", None),
    ],
)
def test_times_are_read_with_their_offset(sent: str, expected: datetime | None) -> None:
    """Offsets and fractions as the samples have them; what is no moment is not guessed."""
    assert read_answer(parse(answer("SRE", NO_HIT, sent=sent))).sent == expected


@pytest.mark.parametrize("version", ["06.00", "0600"])
def test_both_spellings_of_the_version_pass(version: str) -> None:
    """Answers in the shape of the public samples break no rule that matters."""
    for tot, response in (("SRE", NO_HIT), ("SRE", HIT), ("ERR", ERROR)):
        found = validate(parse(answer(tot, response, version=version)))
        assert [each for each in found if each.severity is Severity.ERROR] == []


def test_the_older_binary_form_has_a_score() -> None:
    """One subfield each: the search, hit or not, place of places, score."""
    head = parse(hit()).head
    described = parse(hit()).described.changed(make_field(64, ("CPS",), ("I",), ("002/003",), ("4711",)))
    result = read_answer(parse(write(Transaction((head, described)))))
    assert isinstance(result, SearchResult)
    assert result.candidate
    assert (result.candidate.sequence, result.total, result.candidate.score) == (2, 3, 4711)


def test_what_is_no_answer_is_refused() -> None:
    """A search, a result without a result, an error without a code, an answer to nothing."""
    broken = [
        answer("SRE", ERROR),
        answer("ERR", NO_HIT),
        answer("SRE", NO_HIT).replace(b">N<", b">?<"),
        answer("SRE", NO_HIT).replace(TCR.encode(), b"1"),
        answer("MPS", NO_HIT),
    ]
    for transaction in [sample(), *map(parse, broken)]:
        with pytest.raises(BadBytes):
            read_answer(transaction)


WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
TCNS = st.builds(Tcn.mint, st.integers(2000, 2099), st.integers(1, 99_999), st.integers(1, 9_999_999))
COUNTRY = st.text("ABCXYZ", min_size=3, max_size=3)
REFERENCES = st.lists(st.builds(Reference, COUNTRY, WORD), min_size=1, max_size=3).map(tuple)
CANDIDATES = st.builds(
    ForeignCandidate,
    sequence=st.integers(1, 9),
    verified=st.booleans(),
    numbers=REFERENCES,
    cases=REFERENCES,
    interpol=st.just("") | WORD,
    matched=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    score=st.none(),
    remark=st.just("") | WORD,
    names=st.just(()) | st.tuples(WORD, WORD),
)
RESULTS = st.builds(
    SearchResult,
    TCNS,
    TCNS,
    st.just(SENT),
    st.just("ABC"),
    st.sampled_from(["NPS", "CPS"]),
    st.integers(9, 99),
    CANDIDATES,
    st.sampled_from(["", "AC", "CO"]),
)
NO_HITS = st.builds(
    SearchResult, TCNS, TCNS, st.just(SENT), st.just("ABC"), st.just("NPS"), st.just(0), st.none()
)
ERRORS = st.builds(
    SearchError,
    TCNS,
    TCNS,
    st.just(SENT),
    st.just("ABC"),
    st.sampled_from(sorted(MEANINGS)),
    st.just("NAM"),
    st.just("") | WORD,
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(RESULTS | NO_HITS | ERRORS, st.sampled_from(Encoding))
def test_an_answer_comes_back_as_it_was(value: ForeignAnswer, encoding: Encoding) -> None:
    """Any answer, in either encoding; and it breaks no rule that matters."""
    transaction = answer_transaction(value, THERE, HERE, SENT)
    assert read_answer(parse(write(transaction, encoding))) == value
    assert [each for each in validate(transaction) if each.severity is Severity.ERROR] == []
