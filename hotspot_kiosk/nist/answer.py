"""What comes back for a search, as values: a result (SRE) with at most one candidate, or an error (ERR).

Read tolerantly, as INTERPOL's own samples need it: a no-hit with all its items, offsets in times, both spellings
of the version. A candidate is a possible match; nothing here decides about a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist.model import (
    DOMAIN,
    Agency,
    Field,
    Record,
    Transaction,
    as_whole,
    basic,
    content,
    make_field,
)
from hotspot_kiosk.nist.rules_head import as_moment
from hotspot_kiosk.terms import AnswerType, Tcn

VERIFIED = ("true", "1")


class Course(StrEnum):
    """What an error asks for, in words for the officer at the post. Nothing is ever sent again by itself.

    MAINTAINER: the file is kept for them; STOP: the lane is stopped, with an alarm at the hub.
    """

    MAINTAINER = "there is no answer from there to this check; the bureau was told and looks into it"
    RECAPTURE = "the fingers are not good enough: take them again while the person is there"
    STOP = "there is no answer from there until the bureau has put this right; it was told"


MEANINGS = {  # 2.074 ECO of INT-I v6, in words of our own
    1: "the record was not found",
    2: "the record exists already",
    3: "the sender is not authorised",
    101: "a mandatory field is missing",
    102: "a type of record is not allowed",
    103: "an element is not known",
    104: "a field occurs too often",
    105: "a field lacks its parts",
    106: "a text is too short",
    107: "a text is too long",
    108: "a number is wrong",
    109: "a number is too small",
    110: "a number is too large",
    111: "a character is not allowed",
    112: "a date is wrong",
    113: "a time is wrong",
    114: "a date and time is wrong",
    115: "a value is not allowed",
    116: "the type of transaction is not allowed",
    117: "the data of a record are wrong",
    118: "an image has the wrong size",
    201: "the control number is wrong",
    501: "the fingers' quality is too low",
    502: "fingers are missing",
    503: "the fingers are not in the order stated",
    999: "another error",
}
_COURSES = {3: Course.STOP, 501: Course.RECAPTURE, 502: Course.RECAPTURE, 503: Course.RECAPTURE}


@dataclass(frozen=True, slots=True)
class Reference:
    """A number of a person or a case, and the country that owns it."""

    country: str
    value: str


@dataclass(frozen=True, slots=True)
class ForeignCandidate:
    """One candidate of a search elsewhere; who it may be never shows in a repr.

    sequence: 1 and up, among the answer's total. verified: by a person there. numbers: of the person at the owner
    (CRN). cases: business references (ORN). interpol: INTERPOL's number of the person (IRN). matched: the finger
    searched and the finger found (LMP), 0 for not said. score: only of the older binary form. remark: what the
    sender adds in words (INF). names: of the person, as the parts the file gives.
    """

    sequence: int
    verified: bool
    numbers: tuple[Reference, ...] = field(repr=False)
    cases: tuple[Reference, ...] = field(repr=False)
    interpol: str = field(repr=False)
    matched: tuple[int, int]
    score: int | None
    remark: str = field(repr=False)
    names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """An SRE. source: the country that answers. total: how many candidates there are, each in an SRE of its own.

    searched: the type of search that was made. mode: how results are verified (RDM), empty if not said.
    sent: when, in UTC or with the sender's offset; None if the file does not say it readably.
    """

    tcn: Tcn
    tcr: Tcn
    sent: datetime | None
    source: str
    searched: str
    total: int
    candidate: ForeignCandidate | None
    mode: str = ""

    @property
    def hit(self) -> bool:
        """Whether it brings a candidate."""
        return self.candidate is not None


@dataclass(frozen=True, slots=True)
class SearchError:
    """An ERR. code: as published (999 for any other); mnemonic: of the field it is about; text: the sender's words."""

    tcn: Tcn
    tcr: Tcn
    sent: datetime | None
    source: str
    code: int
    mnemonic: str
    text: str

    @property
    def meaning(self) -> str:
        """The code in words."""
        return MEANINGS.get(self.code, MEANINGS[999])

    @property
    def course(self) -> Course:
        """What to do about it."""
        return _COURSES.get(self.code, Course.MAINTAINER)


ForeignAnswer = SearchResult | SearchError


def read_answer(transaction: Transaction) -> ForeignAnswer:
    """The answer a transaction brings. Raises BadBytes if it is none or does not say what it answers."""
    head, described = transaction.head, transaction.described
    kind = transaction.tot
    if kind not in set(AnswerType):
        raise BadBytes(f"1.004 TOT: expected one of {', '.join(AnswerType)}, an answer")
    tcn, tcr = transaction.tcn, Tcn(head.text(10))
    sent, source = as_moment(head.text(14)), _source(head)
    if kind == AnswerType.ERR:
        code, mnemonic, text = described.items(74, 3)
        if as_whole(code) is None:
            raise BadBytes("2.074 ERM: an error without a code; ask the sender for the answer again")
        return SearchError(tcn, tcr, sent, source, int(code), mnemonic, text)
    number, verified, total, searched, found, score = _result(described)
    if found not in ("I", "N"):
        raise BadBytes("2.064 RLS: the answer says neither hit nor no hit; ask the sender for it again")
    if found == "N":
        return SearchResult(tcn, tcr, sent, source, searched, 0, None, described.text(94))
    candidate = _candidate(described, number, verified in VERIFIED, score)
    return SearchResult(tcn, tcr, sent, source, searched, max(total, number), candidate, described.text(94))


def _source(head: Record) -> str:
    """The country that sent it: from 1.017 ANM, else from 1.008 ORI."""
    return head.items(17, 4)[3] or head.text(8).partition("/")[0]


def _result(described: Record) -> tuple[int, str, int, str, str, int | None]:
    """CSI, MVI, CTQ, CAC, SRC and the score; in v6 one subfield, in the older form one subfield each."""
    parts = described.subfields(64)
    if len(parts) <= 1:
        number, verified, total, searched, found = described.items(64, 5)
        return _whole(number), verified, _whole(total), searched, found, None
    searched, found, places, score = (*(part[0] for part in parts), "", "", "", "")[:4]
    number, _, total = places.partition("/")
    return _whole(number), "", _whole(total), searched, found, as_whole(score)


def _whole(text: str) -> int:
    return as_whole(text) or 1


def _candidate(described: Record, number: int, verified: bool, score: int | None) -> ForeignCandidate:
    searched, found = described.items(77, 2)
    return ForeignCandidate(
        sequence=number,
        verified=verified,
        numbers=_references(described, 10),
        cases=_references(described, 11),
        interpol=described.text(90),
        matched=(as_whole(searched) or 0, as_whole(found) or 0),
        score=score,
        remark=described.items(63, 4)[3],
        names=tuple(described.subfields(30)[0]) if described.find(30) else (),
    )


def _references(described: Record, number: int) -> tuple[Reference, ...]:
    return tuple(Reference(part[0], (*part, "")[1]) for part in described.subfields(number))


def answer_transaction(
    answer: ForeignAnswer, origin: Agency, destination: Agency, sent: datetime
) -> Transaction:
    """The answer as a transaction, for the far end of a wire; `sent` with its offset."""
    kind = AnswerType.SRE if isinstance(answer, SearchResult) else AnswerType.ERR
    moment = basic(sent)
    values = {
        2: "0502",
        4: kind.value,
        5: moment[:8],
        7: destination.code,
        8: origin.code,
        9: str(answer.tcn),
    }
    values |= {10: str(answer.tcr), 11: "00.00", 12: "00.00", 14: moment}
    own = _result_fields(answer) if isinstance(answer, SearchResult) else _error_fields(answer)
    described = Record(2, (make_field(2, ("0",)), *own))
    head = (
        *(make_field(number, (text,)) for number, text in values.items()),
        content([described]),
        make_field(13, (DOMAIN, "0600")),
        make_field(17, (destination.name, origin.name, destination.country, origin.country)),
    )
    return Transaction((Record(1, head), described))


def _error_fields(answer: SearchError) -> tuple[Field, ...]:
    return (make_field(74, (f"{answer.code:03d}", answer.mnemonic, answer.text)),)


def _result_fields(answer: SearchResult) -> tuple[Field, ...]:
    mode = (make_field(94, (answer.mode,)),) if answer.mode else ()
    one = answer.candidate
    if one is None:
        return (make_field(64, ("", "", "0", answer.searched, "N")), *mode)
    verified = "true" if one.verified else "false"
    given = (str(one.sequence), verified, str(answer.total), answer.searched, "I")
    fields = [make_field(64, given), *mode]
    for number, references in ((10, one.numbers), (11, one.cases)):
        if references:
            fields.append(make_field(number, *((each.country, each.value) for each in references)))
    if any(one.matched):
        fields.append(make_field(77, tuple(str(each) for each in one.matched)))
    texts = ((90, (one.interpol,)), (63, ("", "", "", one.remark)), (30, one.names))
    return (*fields, *(make_field(number, items) for number, items in texts if any(items)))
