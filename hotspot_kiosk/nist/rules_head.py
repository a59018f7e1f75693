"""The rules of INT-I v6 for the Type-1 record, and those that concern every text of a file.

Each is one small pure function: a record among the others in, faults out. The table at the foot names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.nist.finding import Case, Fault, Rule, Severity
from hotspot_kiosk.nist.model import DOMAIN, as_whole
from hotspot_kiosk.terms import Tcn

VERSIONS = frozenset({"0400", "0500", "0501", "0502", "0600"})
SEARCHES = frozenset({"NPS", "CPS"})
ANSWERS = frozenset({"SRE", "ERR"})
COUNTRY = re.compile(r"[A-Z]{3}")
MANDATORY = (2, 3, 4, 5, 9, 11, 12, 13, 14)

_MOMENT = re.compile(r"\d{14}Z", re.ASCII)
_LOOSE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_SCALE = re.compile(r"\d{1,2}\.\d\d", re.ASCII)
_NO_SCALE = re.compile(r"0{1,2}\.00")


def as_day(text: str) -> date | None:
    """YYYYMMDD, or a time that begins so, as a date; None if it is none."""
    if not re.fullmatch(r"\d{8}(\d{6}Z)?", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text[:8])
    except ValueError:
        return None


def as_moment(text: str) -> datetime | None:
    """A time with its offset, in the strict form or in one of those INTERPOL's own samples have; else None."""
    try:
        if _MOMENT.fullmatch(text):
            return datetime.strptime(text[:-1] + "+0000", "%Y%m%d%H%M%S%z")
        if _LOOSE.fullmatch(text):
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else None
    except ValueError:
        return None
    return None


def missing(case: Case, numbers: Iterable[int]) -> Iterator[Fault]:
    """The mandatory fields that are not there, or empty."""
    for number in numbers:
        if not case.record.text(number):
            yield case.at(number), "is missing"


def _mandatory(case: Case) -> Iterator[Fault]:
    return missing(case, MANDATORY)


def _version(case: Case) -> Iterator[Fault]:
    text = case.record.text(2)
    if text and text not in VERSIONS:
        yield case.at(2), f"expected one of {', '.join(sorted(VERSIONS))}"


def _content(case: Case) -> Iterator[Fault]:
    """1.003: the count, and for each record its type and IDC; `2` and `02` are the same."""
    entries = case.record.subfields(3)
    others = case.whole.records[1:]
    if not entries:
        return
    if [as_whole(item) for item in entries[0]] != [1, len(others)]:
        yield case.at(3, 1), f"expected 1 and {len(others)}, the number of records that follow"
    if len(entries) != len(others) + 1:
        yield case.at(3), f"lists {len(entries) - 1} records where {len(others)} follow"
    for i, (entry, record) in enumerate(zip(entries[1:], others, strict=False), start=2):
        numbers = [as_whole(item) for item in entry]
        if None in numbers or numbers != [record.kind, record.whole(2)]:
            yield (
                case.at(3, i),
                f"does not fit record {i}: type {record.kind}, IDC {record.whole(2)}",
            )


def _some_record(case: Case) -> Iterator[Fault]:
    if len(case.whole.records) < 2 or case.whole.records[1].kind != 2:
        yield case.at(), "no Type-2 record follows"


def _transaction(case: Case) -> Iterator[Fault]:
    if case.tot and case.tot not in SEARCHES | ANSWERS:
        yield case.at(4), f"{case.tot!r} is neither a search (NPS, CPS) nor an answer (SRE, ERR)"


def _date(case: Case) -> Iterator[Fault]:
    if case.record.text(5) and as_day(case.record.text(5)) is None:
        yield case.at(5), "is no date as YYYYMMDD"


def _priority(case: Case) -> Iterator[Fault]:
    if case.record.find(6) and not re.fullmatch("[1-9]", case.record.text(6)):
        yield case.at(6), "expected 1 to 9"


def _numbers(case: Case) -> Iterator[Fault]:
    for field in (9, 10):
        if text := case.record.text(field):
            try:
                Tcn(text)
            except BadBytes:
                yield case.at(field), "expected 14 digits and their check letter"


def _reference(case: Case) -> Iterator[Fault]:
    there = bool(case.record.text(10))
    if there != (case.tot in ANSWERS):
        words = "answers nothing, for a search refers to no other" if there else "is missing"
        yield case.at(10), words


def _scales(case: Case) -> Iterator[Fault]:
    """NSR and NTR: 00.00, unless there is a Type-4 record."""
    allowed = _SCALE if any(case.whole.of(4)) else _NO_SCALE
    for field in (11, 12):
        text = case.record.text(field)
        if text and not allowed.fullmatch(text):
            yield case.at(field), "expected 00.00, for there is no Type-4 record"


def _domain(case: Case) -> Iterator[Fault]:
    name, version = case.record.items(13, 2)
    if case.record.find(13) and (name != DOMAIN or version not in ("0600", "06.00")):
        yield case.at(13), f"expected {DOMAIN} and 0600"


def _domain_spelling(case: Case) -> Iterator[Fault]:
    if case.record.items(13, 2)[1] == "06.00":
        yield case.at(13, 1, 2), "06.00, as INTERPOL's samples have it; its tables say 0600"


def _time(case: Case) -> Iterator[Fault]:
    """1.014: UTC to the second. In answers offsets and fractions are taken, as INTERPOL's samples have them."""
    text = case.record.text(14)
    if text and (not _MOMENT.fullmatch(text) or as_moment(text) is None):
        yield case.at(14), "is no time in UTC to the second"


def _readable_time(case: Case) -> Iterator[Fault]:
    text = case.record.text(14)
    if text and as_moment(text) is None:
        yield case.at(14), "cannot be read as a time"


def _days_agree(case: Case) -> Iterator[Fault]:
    day, moment = as_day(case.record.text(5)), as_moment(case.record.text(14))
    if day and moment and abs(moment.date() - day) > timedelta(days=1):
        yield case.at(5), "is more than a day from 1.014 GMT"


def _charset(case: Case) -> Iterator[Fault]:
    if case.record.find(15) and case.record.items(15, 2)[1].upper() != "UTF-8":
        yield case.at(15), "expected UTF-8"


def _agencies(case: Case) -> Iterator[Fault]:
    """1.017: both names, both countries."""
    items = case.record.items(17, 4)
    if not case.record.find(17):
        yield case.at(17), "is missing; INT-I's XML needs it"
        return
    for k, item in enumerate(items, start=1):
        if not item or (k > 2 and not COUNTRY.fullmatch(item)):
            yield case.at(17, 1, k), "expected the country's three letters" if k > 2 else "expected a name"


def _characters(case: Case) -> Iterator[Fault]:
    for path, item in case.every_item():
        if any(ord(character) < 32 or 126 < ord(character) < 160 for character in item):
            yield path, "holds a control character"


def _plain(case: Case) -> Iterator[Fault]:
    for path, item in case.every_item():
        if any(ord(character) > 159 for character in item):
            yield path, "holds letters beyond ASCII, which the receiving system may not know"


def _edges(case: Case) -> Iterator[Fault]:
    for path, item in case.every_item():
        if item != item.strip():
            yield path, "begins or ends with a space, which may get lost"


def _image_mark(case: Case) -> Iterator[Fault]:
    """Some readers, nistitl among them, look for the image by `999:` wherever that stands."""
    for path, item in case.every_item() if case.record.data else ():
        if "999:" in item:
            yield path, "holds 999:, which some readers take for the image's field"


def _unread(case: Case) -> Iterator[Fault]:
    if case.record.unread:
        yield case.at(), f"holds what has no field here: {', '.join(case.record.unread)}"


EVERY = tuple(range(1, 100))

RULES = (
    Rule("T1-MANDATORY", (1,), _mandatory, "Fill it in.", mild=True),
    Rule("VER", (1,), _version, "Use 0502.", mild=True),
    Rule("CNT", (1,), _content, "Count anew: convert the file, which writes it true."),
    Rule("ORDER", (1,), _some_record, "Put the Type-2 record right after the Type-1."),
    Rule("TOT", (1,), _transaction, "Ask for NPS or CPS: this software searches and never stores anybody."),
    Rule("DAT", (1,), _date, "Use YYYYMMDD.", mild=True),
    Rule("PRY", (1,), _priority, "Use 1 (first) to 9, or leave it out.", mild=True),
    Rule("TCN", (1,), _numbers, "Check how it was copied: the letter is the number modulo 23."),
    Rule("TCR", (1,), _reference, "An answer names the TCN it answers, a search names none."),
    Rule("NSR-NTR", (1,), _scales, "Use 00.00.", mild=True),
    Rule("DOM", (1,), _domain, "Use INT-I and 0600."),
    Rule("DOM-SPELLING", (1,), _domain_spelling, "Nothing to do; write 0600.", Severity.NOTICE),
    Rule("GMT", (1,), _time, "Give UTC as YYYYMMDDHHMMSSZ, without offset or fraction.", mild=True),
    Rule("GMT-READ", (1,), _readable_time, "Ask the sender when it was sent."),
    Rule("DAT-GMT", (1,), _days_agree, "Check the clock.", Severity.WARNING),
    Rule("DCS", (1,), _charset, "Leave it out, or say UTF-8.", mild=True),
    Rule("ANM", (1,), _agencies, "Name both agencies and their countries.", Severity.WARNING),
    Rule("CHARSET", EVERY, _characters, "Take it out.", mild=True),
    Rule("IMAGE-MARK", EVERY, _image_mark, "Spell it differently.", mild=True),
    Rule("ASCII", EVERY, _plain, "Spell it in ASCII; keep the original elsewhere.", Severity.WARNING),
    Rule("EDGES", EVERY, _edges, "Take the space out.", Severity.WARNING),
    Rule("UNREAD", EVERY, _unread, "Look whether it matters; it is not carried over.", Severity.NOTICE),
)
