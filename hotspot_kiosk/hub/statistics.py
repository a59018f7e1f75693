"""Counts of an operation by post and day, without anything about a person. Pure.

A record is counted when it is looked at while it is held, and once for good when it is purged; what
is published goes through `policy.suppress`. Days are UTC, by the kiosk's clock if that was trusted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from hotspot_kiosk import policy
from hotspot_kiosk.audit_chain import Anchor
from hotspot_kiosk.hub.case import Case
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


TIMES = (
    (5, What.WITHIN_5_S),
    (20, What.WITHIN_20_S),
    (120, What.WITHIN_2_MIN),
    (3600, What.WITHIN_1_H),
)
ENDS = (What.HITS, What.NO_HITS, What.UNDECIDED, What.UNANSWERED)
ANSWERS = (*(what for _, what in TIMES), What.LATER)


class Place(NamedTuple):
    """Where and when something was counted. post: of a kiosk whose post is not known, its number."""

    operation: str
    post: str
    day: str


Table = Mapping[Place, Mapping[What, int]]
_names: msgspec.json.Decoder[tuple[str, str, str, What]] = msgspec.json.Decoder(tuple[str, str, str, What])


def count(case: Case) -> dict[str, int]:
    """What one record adds, by the names under which stores keep counts; nothing if it was never opened."""
    opened = case.opened
    if opened is None:
        return {}
    moment = opened.captured if opened.clock else opened.at
    place = Place(opened.operation, opened.post, f"{moment.astimezone(UTC):%Y-%m-%d}")
    found = {What.CHECKS: 1, _end(case): 1, What.FAILURES: opened.failures}
    answered = _answered(case)
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


def minors(anchors: Sequence[tuple[Anchor, int, datetime]], posts: Mapping[int, Place]) -> dict[str, int]:
    """How many were referred for their age, from what kiosks counted: by the day on which the hub heard of it.

    posts: for each kiosk its operation and post. A kiosk that counts anew begins at nothing.
    """
    found: Counter[str] = Counter()
    before: dict[int, int] = {}
    for anchor, so_far, at in anchors:
        known = before.get(anchor.owner, 0)
        more = so_far - known if so_far >= known else so_far
        before[anchor.owner] = so_far
        if more and anchor.owner in posts:
            found[_name(posts[anchor.owner]._replace(day=f"{at:%Y-%m-%d}"), What.MINORS)] += more
    return dict(found)


@dataclass(frozen=True, slots=True)
class Published:
    """Counts as they may be seen: None where one is too small. `by`: the post or the day of each row."""

    what: tuple[What, ...]
    by: tuple[str, ...]
    rows: tuple[tuple[int | None, ...], ...]
    totals: tuple[int | None, ...]


def publish(counts: Table, operation: str, floor: int, by: str) -> Published:
    """One operation's counts by `post` or by `day`, the small ones suppressed column by column.

    A total is told only if it is not small itself; a row's hidden cell cannot be had from it, because
    at least two cells of a column are hidden where one is.
    """
    rows: dict[str, Counter[What]] = {}
    for place, cells in counts.items():
        if place.operation == operation:
            rows.setdefault(getattr(place, by), Counter()).update(cells)
    names = sorted(rows)
    columns = [_column({name: rows[name][what] for name in names}, floor) for what in What]
    return Published(
        tuple(What),
        tuple(names),
        tuple(tuple(column[name] for column, _ in columns) for name in names),
        tuple(total for _, total in columns),
    )


def _column(cells: Mapping[str, int], floor: int) -> tuple[dict[str, int | None], int | None]:
    """One count over all rows, and its total; all of it is hidden where hiding cells would not do."""
    shown = policy.suppress(cells, floor)
    total = sum(cells.values())
    hidden = [name for name, count in shown.items() if count is None]
    if 0 < total < floor or len(hidden) == 1 or 0 < sum(cells[name] for name in hidden) < floor:
        return {name: None if cells[name] else 0 for name in cells}, None
    return shown, total


def _end(case: Case) -> What:
    ended = case.ended(datetime.max.replace(tzinfo=UTC), timedelta(0))
    if ended is Ended.HIT:
        undecided = case.searched is not None and case.searched.decision is Decision.UNDECIDED
        foreign = any(possible.partner for possible in case.possible)
        return What.UNDECIDED if undecided and not foreign else What.HITS
    return What.NO_HITS if ended is Ended.NO_HIT else What.UNANSWERED


def _answered(case: Case) -> What | None:
    """How long the person waited: from the capture, if its clock was trusted, or from the probe's coming."""
    opened = case.opened
    told = case.told.get(opened.device) if opened is not None else None
    if opened is None or told is None:
        return None
    since = opened.captured if opened.clock else opened.at
    waited = (told.at - since).total_seconds()
    return next((what for limit, what in TIMES if waited <= limit), What.LATER)


def _name(place: Place, what: What) -> str:
    return msgspec.json.encode((*place, what)).decode()


def days(first: date, last: date) -> list[str]:
    """Each day from first to last."""
    return [f"{first + timedelta(days=n):%Y-%m-%d}" for n in range((last - first).days + 1)]
