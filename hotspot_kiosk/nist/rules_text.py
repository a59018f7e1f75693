"""The rules of INT-I v6 for the Type-2 record: references, minimisation, reasons, results and errors.

A search says which check this is and never who the person is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hotspot_kiosk.nist.finding import Case, Fault, Rule, Severity
from hotspot_kiosk.nist.model import as_whole
from hotspot_kiosk.nist.names import words_of
from hotspot_kiosk.nist.rules_head import COUNTRY, as_day, missing

IDENTITY = (30, 34, 38, 75, 76)  # NAM AKA NAT FFN MMN: never on a search
PERSONAL = (35, 37)  # DOB POB: optional in INT-I, not needed for a search
SEXES = frozenset({"M", "F", "U", "X", "I", "N", "ZZZ"})
MODES = frozenset({"AC", "UC", "QS", "CO", "SL"})
REASONS = frozenset({"AMN", "CIT", "DEC", "IMM", "IU", "VIS", "OTH"})
ERRORS = frozenset({1, 2, 3, *range(101, 119), 201, 501, 502, 503, 999})
MAX_CANDIDATES = 99

_DATES = (4, 5, 19, 35, 92)
_NUMBERED = (12, 13, 14, 15, 16)


def _one_only(case: Case) -> Iterator[Fault]:
    if case.before:
        yield case.at(), "is a second Type-2 record"


def _mandatory(case: Case) -> Iterator[Fault]:
    return missing(case, (2,))


def _referenced(case: Case) -> Iterator[Fault]:
    """CRN or ORN: for a search, and for an answer that brings a candidate."""
    needed = case.searches or case.record.items(64, 5)[4] == "I"
    if needed and not (case.record.text(10) or case.record.text(11)):
        yield case.at(11), "is missing: neither CRN nor ORN says whose check this is"


def _references(case: Case) -> Iterator[Fault]:
    for number in (10, 11, 91):
        for i, part in enumerate(case.record.subfields(number), start=1):
            country, value = (*part, "")[:2]
            if not COUNTRY.fullmatch(country) or not 1 <= len(value) <= 32 or len(part) != 2:
                yield case.at(number, i), "expected a country's three letters and up to 32 characters"
    if len(case.record.subfields(11)) > 10:
        yield case.at(11), "has more than ten entries"


def _other_numbers(case: Case) -> Iterator[Fault]:
    for number in _NUMBERED:
        for part in case.record.subfields(number):
            if len(part) != 2 or not all(1 <= len(item) <= 32 for item in part):
                yield case.at(number), "expected a kind and a value, up to 32 characters each"


def _dates(case: Case) -> Iterator[Fault]:
    for path, text in case.every_item(*_DATES, 36):
        if as_day(text) is None:
            yield path, "is no date as YYYYMMDD"


def _one_birth(case: Case) -> Iterator[Fault]:
    if case.record.find(35) and case.record.find(36):
        yield case.at(36), "stands beside a date of birth"


def _identity(case: Case) -> Iterator[Fault]:
    for number in IDENTITY if case.searches else ():
        if case.record.find(number):
            yield case.at(number), f"a search tells the person's {words_of(2, number)}"


def _personal(case: Case) -> Iterator[Fault]:
    for number in PERSONAL if case.searches else ():
        if case.record.find(number):
            yield case.at(number), f"a search tells the person's {words_of(2, number)}"


def _offence(case: Case) -> Iterator[Fault]:
    for number in (21, 54):
        if case.tot == "NPS" and case.record.find(number):
            yield case.at(number), "a non-criminal search names an offence"


def _sex(case: Case) -> Iterator[Fault]:
    if case.record.find(39) and case.record.text(39) not in SEXES:
        yield case.at(39), f"expected one of {', '.join(sorted(SEXES))}"


def _sex_spelling(case: Case) -> Iterator[Fault]:
    if case.record.text(39) in SEXES - {"M", "F", "U"}:
        yield case.at(39), "is in INTERPOL's samples, but not in its tables"


def _reason(case: Case) -> Iterator[Fault]:
    code = case.record.text(95)
    if code and code not in REASONS:
        yield case.at(95), f"expected one of {', '.join(sorted(REASONS))}"
    if code == "OTH" and not case.record.text(96):
        yield case.at(96), "is missing: another reason is put in words"


def _reason_fits(case: Case) -> Iterator[Fault]:
    there = bool(case.record.text(95) or case.record.text(96))
    if case.tot == "NPS" and not there:
        yield case.at(95), "a non-criminal search gives no reason"
    if case.tot == "CPS" and there:
        yield case.at(95), "a criminal search gives a civil reason"


def _lengths(case: Case) -> Iterator[Fault]:
    for path, text in case.every_item(23, 63, 96):
        if len(text) > 64:
            yield path, "has more than 64 characters"


def _mode(case: Case) -> Iterator[Fault]:
    if case.record.find(94) and case.record.text(94) not in MODES:
        yield case.at(94), f"expected one of {', '.join(sorted(MODES))}"


def _expiry(case: Case) -> Iterator[Fault]:
    ends, sent = as_day(case.record.text(92)), as_day(case.whole.head.text(5))
    if ends and sent and ends < sent:
        yield case.at(92), "lies before the day it was sent"


def _result(case: Case) -> Iterator[Fault]:
    """2.064 in an SRE and nowhere else."""
    there = case.record.find(64) is not None
    if there != (case.tot == "SRE"):
        yield case.at(64), "has no place here" if there else "is missing: a result without its result"


def _result_items(case: Case) -> Iterator[Fault]:
    """CSI MVI CTQ CAC SRC; of a no-hit only the last two need to be there."""
    if not case.record.find(64) or len(case.record.subfields(64)) > 1:
        return  # the older form of several subfields is read, not judged
    number, verified, total, searched, found = case.record.items(64, 5)
    hit = found == "I"
    if found not in ("I", "N"):
        yield case.at(64, 1, 5), "expected I (candidates) or N (none)"
    if not re.fullmatch("[A-Z]{3}", searched):
        yield case.at(64, 1, 4), "expected the type of the search"
    if hit and not 1 <= (as_whole(number) or 0) <= MAX_CANDIDATES:
        yield case.at(64, 1, 1), f"expected 1 to {MAX_CANDIDATES}"
    if hit and verified not in ("true", "false", "1", "0"):
        yield case.at(64, 1, 2), "expected true or false"
    if hit and (as_whole(total) or 0) < max(1, as_whole(number) or 0):
        yield case.at(64, 1, 3), "is less than the candidate's place among them"
    if found == "N" and as_whole(total or "0"):
        yield case.at(64, 1, 3), "counts candidates where there are none"


def _error(case: Case) -> Iterator[Fault]:
    """2.074 in an ERR and nowhere else, with a published code."""
    there = case.record.find(74) is not None
    if there != (case.tot == "ERR"):
        yield case.at(74), "has no place here" if there else "is missing: an error without its code"
    elif there and as_whole(case.record.text(74)) not in ERRORS:
        yield case.at(74, 1, 1), "is no published code"


def _matched(case: Case) -> Iterator[Fault]:
    for path, text in case.every_item(77):
        if text and as_whole(text) is None:
            yield path, "expected the number of a position"


_T2 = (2,)

RULES = (
    Rule("T2-ONE", _T2, _one_only, "Send one description a transaction."),
    Rule("T2-MANDATORY", _T2, _mandatory, "Give the record its number.", mild=True),
    Rule(
        "ORN",
        _T2,
        _referenced,
        "Give the operation and the control number as business references.",
        mild=True,
    ),
    Rule("ORN-FORM", _T2, _references, "Give the owner's country and a short reference.", mild=True),
    Rule("MN", _T2, _other_numbers, "Shorten it, or leave the field out.", mild=True),
    Rule("T2-DATES", _T2, _dates, "Use YYYYMMDD.", mild=True),
    Rule("DOB-DBR", _T2, _one_birth, "Give one of them, or neither.", mild=True),
    Rule("MINIMAL", _T2, _identity, "Take it out: a search needs no identity."),
    Rule("MINIMAL-BIRTH", _T2, _personal, "Take it out unless the law asks for it.", Severity.WARNING),
    Rule("RFP", _T2, _offence, "Take it out: it labels a person who is only checked."),
    Rule("SEX", _T2, _sex, "Use M, F or U, or leave it out.", mild=True),
    Rule("SEX-SPELLING", _T2, _sex_spelling, "Use M, F or U.", Severity.NOTICE),
    Rule("CRF", _T2, _reason, "Use OTH and say why in 2.096 COT.", mild=True),
    Rule("CRF-TOT", _T2, _reason_fits, "NPS says why, CPS does not.", Severity.WARNING),
    Rule("T2-LENGTHS", _T2, _lengths, "Shorten it to 64 characters.", Severity.WARNING),
    Rule("RDM", _T2, _mode, "Use one of the modes, or leave it out.", mild=True),
    Rule("EXP", _T2, _expiry, "Check the retention and the clock.", Severity.WARNING),
    Rule("RLS", _T2, _result, "An SRE carries one result, nothing else does."),
    Rule("RLS-ITEMS", _T2, _result_items, "Ask the sender for the answer again."),
    Rule("ERM", _T2, _error, "An ERR carries a published code, nothing else does."),
    Rule("LMP", _T2, _matched, "Ask the sender which positions matched.", mild=True),
)
