"""What may leave for a partner, and in which form: the law's rules over one outgoing file. Pure.

It lets nothing through but a search for which the operation names the partner, cut down to what a
search needs, stamped with the day by which it must be deleted, every rule of the profile kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hotspot_kiosk import nist
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.hub.exchange.port import Due, Outgoing
from hotspot_kiosk.nist import INTERPOL, Agency, Encoding, Record, Transaction
from hotspot_kiosk.nist.model import basic, make_field
from hotspot_kiosk.nist.profile import refuse_errors
from hotspot_kiosk.policy import Ended, Partner, fingers_may_go, may_report, may_send, purge_at, search_type
from hotspot_kiosk.terms import RequestType, SensorGrade

KEPT_FIELDS = frozenset({2, 11, 12, 13, 19, 23, 95, 96})
"""Of a Type-2: which check it is, of which post, when, why; nothing of who the person is."""
KEPT_RECORDS = frozenset({1, 2, 10, 14})
FINGERS_STAY = "fingers of a sensor below the operation's grade were taken out: they stay in the local lane"
KEPT_HERE = "the law of its lane keeps this record from this partner"
"""One sentence for every such rule: which of them spoke could tell what is shielded about the person."""
NOTHING_LEFT = "nothing is left to search with: there is no face, and the fingers stay in the local lane"
MORE_STAYS = "what a search does not need was taken out"

_GREY_LEVELS = re.compile(r"\b([0-9]{1,3}) grey levels\b")


@dataclass(frozen=True, slots=True)
class Terms:
    """Who a partner is: by which law it is bound, in which country, how it is called, what it reads.

    country: ISO 3166-1 alpha-3; empty for INTERPOL, which is in none.
    """

    kind: Partner = Partner.INTERPOL
    country: str = ""
    agency: Agency = INTERPOL
    encoding: Encoding = Encoding.TRADITIONAL


@dataclass(frozen=True, slots=True)
class Ready:
    """A file that may go, and what was taken out of it, in words."""

    content: bytes = field(repr=False)
    notes: tuple[str, ...] = ()


def make_ready(out: Outgoing, terms: Terms, now: datetime) -> Ready:
    """The file as the partner may have it.

    Raises Refused if the law, the operation or the sensor's grade forbids it, BadBytes if the file breaks the profile.
    """
    _check_law(out, terms, now)
    whole = nist.parse(out.evidence)
    if whole.tcn != out.tcn:
        raise BadBytes("the file inside belongs to another record; it is not sent")
    if whole.tot not in set(RequestType):
        raise Refused(f"a {whole.tot} is no search: nothing but a search is ever sent")
    search_type(out.operation, RequestType(whole.tot))
    records, notes = _allowed(whole.records, out, terms)
    last = purge_at(out.operation.retention, Ended.UNANSWERED, out.captured)
    stamped = [_stamped(record, basic(last)[:8]) for record in records]
    addressed = [_addressed(stamped[0], terms.agency), *stamped[1:]]
    ready = refuse_errors(nist.counted(Transaction(tuple(addressed))))
    return Ready(nist.write(ready, terms.encoding), notes)


def check_report(due: Due, terms: Terms) -> None:
    """Raises Refused unless the partner may be told what became of its hit; the words never say why not."""
    try:
        may_report(due.operation, due.regime, terms.kind, terms.country, due.source, due.person)
    except Refused:
        raise Refused(KEPT_HERE) from None


def _check_law(out: Outgoing, terms: Terms, now: datetime) -> None:
    operation = out.operation
    if out.partner not in operation.datasets:
        raise Refused(f"operation {operation.id} does not name {out.partner} among its datasets")
    try:
        may_send(operation, out.regime, terms.kind, terms.country, out.person)
    except Refused:
        raise Refused(KEPT_HERE) from None
    if now >= purge_at(operation.retention, Ended.UNANSWERED, out.captured):
        raise Refused(f"the time for which operation {operation.id} may keep this record is over")


def _allowed(
    records: Iterable[Record], out: Outgoing, terms: Terms
) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """The records that may go, cut down, and what was taken out."""
    every = tuple(records)
    known = tuple(_minimal(record) for record in every if record.kind in KEPT_RECORDS)
    kept = tuple(r for r in known if terms.kind is not Partner.INTERPOL or _finger_may_go(r, out))
    if not any(record.shows for record in kept):
        raise Refused(NOTHING_LEFT)
    notes = (FINGERS_STAY,) if len(kept) < len(known) else ()
    if notes and not any(record.kind == 14 and record.shows for record in kept):
        kept = tuple(record for record in kept if record.kind != 14)
    spare = known != tuple(record for record in every if record.kind in KEPT_RECORDS)
    return kept, (*notes, MORE_STAYS) if spare or len(known) < len(every) else notes


def _finger_may_go(record: Record, out: Outgoing) -> bool:
    """Any record but an image of a finger from an unfit sensor; one that says 'no finger here' may go."""
    return record.kind != 14 or not record.data or fingers_may_go(out.operation, grade_of(record))


def grade_of(record: Record) -> SensorGrade:
    """What a Type-14 says of its sensor: 14.031 FAP, 14.012 BPX and, in 14.020, the true grey levels."""
    told = _GREY_LEVELS.search(record.text(20))
    levels = int(told[1]) if told else 2 ** min(record.whole(12) or 0, 8)
    width, height = record.whole(6) or 0, record.whole(7) or 0
    return SensorGrade("", width, height, record.whole(9) or 0, levels, record.whole(31))


def _minimal(record: Record) -> Record:
    if record.kind != 2:
        return record
    return record.without(*(each.number for each in record.fields if each.number not in KEPT_FIELDS))


def _stamped(record: Record, day: str) -> Record:
    """2.092 EXP: the latest day by which the record must be deleted."""
    return record.changed(make_field(92, (day,))) if record.kind == 2 else record


def _addressed(head: Record, agency: Agency) -> Record:
    """1.007 DAI and 1.017 ANM name whom it goes to."""
    _, origin_name, _, origin_country = head.items(17, 4)
    names = make_field(17, (agency.name, origin_name, agency.country, origin_country))
    return head.changed(make_field(7, (agency.code,)), names)
