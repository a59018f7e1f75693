"""Counts of an operation by post and day, without anything about a person.

A record is counted when it is looked at while it is held, and once for good when it is purged; what
is published goes through `publish`. Days are UTC, by the kiosk's clock if that was trusted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from hotspot_kiosk.audit_chain import Anchor
from hotspot_kiosk.hub.cases.case import Case, fold
from hotspot_kiosk.hub.cases.case_events import Opened, decode
from hotspot_kiosk.hub.reception.enrolment_case import Requested, Wish, wish
from hotspot_kiosk.hub.storage.store import Store
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.policy import Ended
from hotspot_kiosk.terms import Decision


class What(StrEnum):
    """What is counted. A word here, once written, keeps its meaning."""

    CHECKS = "checks"
    HITS = "hits"
    NO_HITS = "no hits"
    UNDECIDED = "undecided"
    UNANSWERED = "unanswered"
    FAILURES = "failures to acquire"
    MINORS = "minors referred"
    WITHIN_5_S = "answered within 5 s"
    WITHIN_20_S = "answered within 20 s"
    WITHIN_2_MIN = "answered within 2 min"
    WITHIN_1_H = "answered within 1 h"
    LATER = "answered later"
    ASKED = "enrolments asked"
    ENROLLED = "enrolled"
    ANEW = "enrolled anew"
    TURNED = "not enrolled"
    OPEN = "not decided"
    REFERRED = "referred to officers"


TIMES = (
    (5, What.WITHIN_5_S),
    (20, What.WITHIN_20_S),
    (120, What.WITHIN_2_MIN),
    (3600, What.WITHIN_1_H),
)
ENDS = (What.HITS, What.NO_HITS, What.UNDECIDED, What.UNANSWERED)
ANSWERS = (*(what for _, what in TIMES), What.LATER)
ENROLMENT_ENDS = (What.ENROLLED, What.ANEW, What.TURNED, What.OPEN)
LANES: Mapping[Kind, tuple[What, ...]] = {
    Kind.HOTSPOT: (What.CHECKS, *ENDS, What.FAILURES, What.MINORS, *ANSWERS),
    Kind.RECEPTION: (What.ASKED, *ENROLMENT_ENDS, What.REFERRED, What.FAILURES, What.MINORS, *ANSWERS),
}
WHOLES = {Kind.HOTSPOT: (What.CHECKS, ENDS), Kind.RECEPTION: (What.ASKED, ENROLMENT_ENDS)}


class Place(NamedTuple):
    """Where and when something was counted. post: of a kiosk whose post is not known, its number."""

    operation: str
    post: str
    day: str


Table = Mapping[Place, Mapping[What, int]]
Cell = tuple[str, str, What]
Sum = tuple[Cell, list[Cell]]
POST, DAY, TOTAL = "post", "day", "total"
_names: msgspec.json.Decoder[tuple[str, str, str, What]] = msgspec.json.Decoder(tuple[str, str, str, What])


def count(case: Case) -> dict[str, int]:
    """What one record adds, by the names under which stores keep counts; nothing if it was never opened."""
    asked = wish(case)
    came = case.opened or asked.requested
    if came is None:
        return {}
    moment = came.captured if came.clock else came.at
    place = Place(came.operation, came.post, f"{moment.astimezone(UTC):%Y-%m-%d}")
    found = {What.CHECKS: 1, _end(case): 1} if case.opened else _enrolment(asked)
    found[What.FAILURES] = came.failures
    answered = _answered(case, came)
    if answered is not None:
        found[answered] = 1
    return {_name(place, what): times for what, times in found.items() if times}


def table(counts: Iterable[Mapping[str, int]]) -> dict[Place, dict[What, int]]:
    """All counts together, by place."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    found: dict[Place, dict[What, int]] = {}
    for name, times in total.items():
        *place, what = _names.decode(name)
        found.setdefault(Place(*place), {})[what] = times
    return found


def minors(
    anchors: Sequence[tuple[Anchor, int, datetime]], operation: Operation, posts: Mapping[int, str]
) -> dict[str, int]:
    """How many were referred for their age while an operation ran, by the day on which the hub heard of it.

    posts: where each kiosk stood. A kiosk that counts anew begins at nothing.
    """
    found: Counter[str] = Counter()
    before: dict[int, int] = {}
    for anchor, so_far, at in anchors:
        known = before.get(anchor.owner, 0)
        more = so_far - known if so_far >= known else so_far
        before[anchor.owner] = so_far
        if more and anchor.owner in operation.devices and operation.begins <= at < operation.ends:
            post = posts.get(anchor.owner, f"device {anchor.owner}")
            found[_name(Place(operation.id, post, f"{at:%Y-%m-%d}"), What.MINORS)] += more
    return dict(found)


def gather(store: Store, operation: Operation) -> dict[Place, dict[What, int]]:
    """All that is counted under an operation: purged records, records still held, minors."""
    counts: list[Mapping[str, int]] = [store.tally.counts()]
    posts: dict[int, str] = {}
    for tcn in store.cases.cases():
        record = fold(tcn, map(decode, store.cases.events(tcn)))
        came = record.opened or wish(record).requested
        if record.purged is None and came is not None:
            posts.setdefault(came.device, came.post)
            counts.append(count(record))
    counts.append(minors(store.anchors.anchors(), operation, posts))
    return {place: row for place, row in table(counts).items() if place.operation == operation.id}


@dataclass(frozen=True, slots=True)
class Published:
    """Counts as they may be seen: None where one is too small. `by`: the post or the day of each row."""

    what: tuple[What, ...]
    by: tuple[str, ...]
    rows: tuple[tuple[int | None, ...], ...]
    totals: tuple[int | None, ...]


def publish(counts: Table, floor: int, kind: Kind = Kind.HOTSPOT) -> tuple[Published, Published]:
    """Counts of an operation of this kind by post and by day, as they may be seen together.

    A count from 1 to floor - 1 is hidden, and then as many others as it takes that no sum of a row, a
    column or a total tells it: of every sum at least two are hidden, and together they are not small.
    """
    cells: Counter[Cell] = Counter()
    for place, row in counts.items():
        for what, times in row.items():
            cells.update({(by, name, what): times for by, name in _lines(place)})
    lines = sorted({(by, name) for by, name, _ in cells})
    hidden = _hidden(cells, [*_columns(lines), *_rows(lines)], floor)
    shown = {cell: None if cell in hidden else times for cell, times in cells.items()}
    totals = tuple(shown.get((TOTAL, "", what), 0) for what in LANES[kind])

    def listed(by: str) -> Published:
        names = tuple(name for each, name in lines if each == by)
        rows = tuple(tuple(shown.get((by, name, what), 0) for what in LANES[kind]) for name in names)
        return Published(LANES[kind], names, rows, totals)

    return listed(POST), listed(DAY)


def _lines(place: Place) -> tuple[tuple[str, str], ...]:
    return ((POST, place.post), (DAY, place.day), (TOTAL, ""))


def _columns(lines: Sequence[tuple[str, str]]) -> Iterator[Sum]:
    """The whole of each count, and its parts by post or by day."""
    for what in What:
        for by in (POST, DAY):
            yield (TOTAL, "", what), [(by, name, what) for each, name in lines if each == by]


def _rows(lines: Sequence[tuple[str, str]]) -> Iterator[Sum]:
    """The records of each line, and how they ended or when they were answered."""
    for by, name in lines:
        for whole, ends in WHOLES.values():
            for parts in (ends, ANSWERS):
                yield (by, name, whole), [(by, name, what) for what in parts]


def _hidden(cells: Mapping[Cell, int], sums: Sequence[Sum], floor: int) -> set[Cell]:
    hidden = {cell for cell, times in cells.items() if 0 < times < floor}
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        for whole, parts in sums:
            hidden |= _one_more(cells, hidden, whole, parts, floor)
    return hidden


def _one_more(
    cells: Mapping[Cell, int], hidden: set[Cell], whole: Cell, parts: Sequence[Cell], floor: int
) -> set[Cell]:
    """The cell to hide beside those hidden in this sum, if they could be told from the rest."""
    shut = [part for part in parts if part in hidden]
    if whole in hidden:
        told = not shut
    else:
        told = bool(shut) and (len(shut) == 1 or sum(cells[part] for part in shut) < floor)
    rest = [part for part in parts if part not in hidden and cells.get(part)]
    candidates = rest or ([whole] if whole not in hidden else [])
    return {min(candidates, key=lambda cell: cells[cell])} if told and candidates else set()


def _end(case: Case) -> What:
    ended = case.ended(datetime.max.replace(tzinfo=UTC), timedelta(0))
    if ended is Ended.HIT:
        undecided = case.searched is not None and case.searched.decision is Decision.UNDECIDED
        foreign = any(possible.partner for possible in case.possible)
        return What.UNDECIDED if undecided and not foreign else What.HITS
    return What.NO_HITS if ended is Ended.NO_HIT else What.UNANSWERED


def _enrolment(asked: Wish) -> dict[What, int]:
    """How it ended; one that was erased by order counts as what it was."""
    if asked.enrolled is not None:
        end = What.ENROLLED if asked.enrolled.edition == 1 else What.ANEW
    else:
        end = What.OPEN if asked.turned is None else What.TURNED
    return {What.ASKED: 1, end: 1, What.REFERRED: int(asked.compared is not None)}


def _answered(case: Case, came: Opened | Requested) -> What | None:
    """How long the person waited: from the capture, if its clock was trusted, or from the probe's coming."""
    told = case.told.get(came.device)
    if told is None:
        return None
    since = came.captured if came.clock else came.at
    waited = (told.at - since).total_seconds()
    return next((what for limit, what in TIMES if waited <= limit), What.LATER)


def _name(place: Place, what: What) -> str:
    return msgspec.json.encode((*place, what)).decode()
