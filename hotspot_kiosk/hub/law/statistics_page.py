"""Published counts as CSV, as a page with charts, and as the report at an operation's end.

The pages carry everything in themselves: no script, nothing loaded from anywhere. What is suppressed
is shown as such, never as nothing. Pure.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape

from hotspot_kiosk.hub.law.statistics import ANSWERS, LANES, WHOLES, Published, What
from hotspot_kiosk.operation import Kind, Operation

HIDDEN = "hidden"
REST = "#dddddd"
WIDTH, BAR, LABEL, LETTER = 640, 26, 170, 7.4  # a letter of a name takes so much at most, on average
COLOURS = {
    What.HITS: "#8a3b12",
    What.NO_HITS: "#2f6f8f",
    What.UNDECIDED: "#b58900",
    What.UNANSWERED: "#777777",
    What.ENROLLED: "#2f6f8f",
    What.ANEW: "#8a3b12",
    What.TURNED: "#b58900",
    What.OPEN: "#777777",
}
ANSWERED = "#2f6f8f"
MEANT = {
    Kind.HOTSPOT: "A hit is a possible match that two people verify, not a finding about a person.",
    Kind.RECEPTION: "Enrolled anew means that people found the same person enrolled before. Nobody was searched at a partner.",
}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 900px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.5em; margin-bottom: .2em } h2 { font-size: 1.1em; margin-top: 1.6em }
table { border-collapse: collapse; width: 100%; font-size: .85em } .wide table { font-size: .75em } td, th { padding: .25em .4em; text-align: right; border-bottom: 1px solid #ddd }
th { text-align: right; font-weight: 600; vertical-align: bottom } td:first-child, th:first-child { text-align: left; white-space: nowrap }
.few { color: #777; font-style: italic } .key span { display: inline-block; margin-right: 1.2em }
.key i { display: inline-block; width: .8em; height: .8em; margin-right: .4em } dt { font-weight: 600; margin-top: .5em } dd { margin: 0 }
.sign { margin-top: 2.5em; display: flex; gap: 3em } .sign div { flex: 1; border-top: 1px solid #222; padding-top: .3em; font-size: .85em }
svg { max-width: 100%; height: auto } .wide { overflow-x: auto }
@media print { body { margin: 0; font-size: 12px; max-width: none } .wide { overflow: visible } tr { break-inside: avoid } }
"""


def as_csv(counts: Published, by: str) -> str:
    """One row a post or day, one column a count; suppressed ones say so."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow((by, *counts.what))
    for name, cells in (*zip(counts.by, counts.rows, strict=True), ("total", counts.totals)):
        rows.writerow((_safe(name), *(HIDDEN if cell is None else cell for cell in cells)))
    return out.getvalue()


def page(operation: Operation, posts: Published, days: Published, now: datetime) -> str:
    """Everything that may be published of an operation, with charts."""
    body = [
        _head(operation, now),
        f"<h2>How {_called(operation)} ended</h2>{_key(operation.kind)}{_stacked(posts, operation.kind)}",
        f"<h2>The same by day</h2>{_stacked(days, operation.kind)}",
        f"<h2>Time to answer</h2>{_answers(days)}",
        f"<h2>Counts by post</h2>{_table(posts, 'post')}<h2>Counts by day</h2>{_table(days, 'day')}",
        _note(operation),
    ]
    return _document(f"{operation.name}: statistics", body)


def report(operation: Operation, posts: Published, now: datetime) -> str:
    """One page that the operation's leader files at its end."""
    totals = dict(zip(posts.what, posts.totals, strict=True))
    shown = "".join(
        f"<tr><td>{what}</td><td>{_cell(totals[what])}</td></tr>" for what in LANES[operation.kind]
    )
    facts = {
        "Legal basis": operation.legal_basis,
        "Purpose": operation.purpose,
        "Posts": "; ".join(operation.posts),
        "Kiosks": ", ".join(map(str, operation.devices)),
        "Asked beside the own gallery": ", ".join(operation.datasets) or "nobody",
        "Records are destroyed after": _kept(operation),
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts.items())
    lines = "<h2>Remarks of the operation's leader</h2><p style='height:6em;border:1px solid #bbb'></p>"
    sign = "<div class='sign'><div>Place and date</div><div>Name, rank, signature</div></div>"
    body = [_head(operation, now), f"<dl>{listed}</dl>", f"<h2>Counts</h2><table>{shown}</table>"]
    return _document(f"{operation.name}: report at its end", [*body, _note(operation), lines, sign])


def _called(operation: Operation) -> str:
    return "checks" if operation.kind is Kind.HOTSPOT else "enrolments"


def _kept(operation: Operation) -> str:
    rule = operation.retention
    if operation.kind is Kind.HOTSPOT:
        return f"{rule.no_hit_hours} hours (no hit), {rule.unanswered_days} days (unanswered), {rule.hit_days} days (hit)"
    return (
        f"{rule.enrolled_days} days (enrolled), {rule.superseded_days} days (enrolled anew since), "
        f"{rule.unanswered_days} days (not decided), {rule.no_hit_hours} hours (not enrolled)"
    )


def _head(operation: Operation, now: datetime) -> str:
    ended = "ended" if now >= operation.ends else "still runs"
    return (
        f"<h1>{escape(operation.name)}</h1><p>{escape(operation.id)}, edition {operation.edition}: "
        f"{_day(operation.begins)} to {_day(operation.ends)} ({ended}). Counted on {_day(now)}.</p>"
    )


def _note(operation: Operation) -> str:
    return (
        f"<p class='few'>Counts from 1 to {operation.statistics_floor - 1} are not published, nor others, of any size, where a "
        f"sum would tell them: they read &ldquo;{HIDDEN}&rdquo;. {MEANT[operation.kind]} "
        "Days are UTC. Minors are counted by referral; nothing was taken of them.</p>"
    )


def _stacked(counts: Published, kind: Kind) -> str:
    """One bar a row, its parts the ends of the checks or enrolments; those that are hidden are one pale part, if their sum may be told."""
    all_, parts_of = WHOLES[kind]
    ends, checks = [(what, counts.what.index(what)) for what in parts_of], counts.what.index(all_)
    label = _label(counts.by)
    scale = (WIDTH - label - 90) / (max((cells[checks] or 0 for cells in counts.rows), default=0) or 1)
    bars = []
    for row, (name, cells) in enumerate(zip(counts.by, counts.rows, strict=True)):
        whole, left = cells[checks], label
        parts = [(cells[i] or 0, COLOURS[what], f"{name}: {cells[i]} {what}") for what, i in ends]
        rest = max(0, (whole or 0) - sum(count for count, _, _ in parts))
        parts.append((rest, REST, f"{name}: how {rest} ended is not published"))
        bars.append(_text(label - 8, row, name, "end"))
        for count, colour, title in parts if whole is not None else ():
            bars.append(_bar(left, row, count * scale, colour, title))
            left += count * scale
        bars.append(_text(left + 6, row, HIDDEN if whole is None else str(whole)))
    return _svg(len(counts.by), bars)


def _label(names: Iterable[str]) -> float:
    """Room for the longest name: a post's is of 32 characters at most."""
    return max(LABEL, 8 + LETTER * max(map(len, names), default=0))


def _answers(counts: Published) -> str:
    totals = [(what, counts.totals[counts.what.index(what)]) for what in ANSWERS]
    most = max((total or 0 for _, total in totals), default=0) or 1
    bars = []
    for row, (what, total) in enumerate(totals):
        wide = (total or 0) / most * (WIDTH - LABEL - 90)
        bars.append(_text(LABEL - 8, row, str(what), "end"))
        bars.append(_bar(LABEL, row, wide, ANSWERED, f"{what}: {total}"))
        bars.append(_text(LABEL + wide + 6, row, HIDDEN if total is None else str(total)))
    return _svg(len(totals), bars)


def _svg(rows: int, parts: list[str]) -> str:
    size = f'viewBox="0 0 {WIDTH} {rows * BAR}" width="{WIDTH}" height="{rows * BAR}"'
    return f'<svg {size} role="img" font-size="13" fill="#222">{"".join(parts)}</svg>'


def _bar(left: float, row: int, wide: float, colour: str, title: str) -> str:
    if not wide:
        return ""
    place = f'x="{left:.1f}" y="{row * BAR + 4}" width="{wide:.1f}" height="{BAR - 8}"'
    return f'<rect {place} fill="{colour}"><title>{escape(title)}</title></rect>'


def _text(left: float, row: int, words: str, anchor: str = "start") -> str:
    return f'<text x="{left:.1f}" y="{row * BAR + BAR - 8}" text-anchor="{anchor}">{escape(words)}</text>'


def _key(kind: Kind) -> str:
    _, ends = WHOLES[kind]
    parts = (f"<span><i style='background:{COLOURS[what]}'></i>{what}</span>" for what in ends)
    rest = f"<span><i style='background:{REST}'></i>not published</span>"
    return f"<p class='key'>{''.join(parts)}{rest}</p>"


def _table(counts: Published, by: str) -> str:
    return f"<div class='wide'><table>{''.join(_rows(counts, by))}</table></div>"


def _rows(counts: Published, by: str) -> Iterator[str]:
    yield f"<tr><th>{by}</th>{''.join(f'<th>{what}</th>' for what in counts.what)}</tr>"
    for name, cells in (*zip(counts.by, counts.rows, strict=True), ("total", counts.totals)):
        yield f"<tr><td>{escape(name)}</td>{''.join(f'<td>{_cell(cell)}</td>' for cell in cells)}</tr>"


def _cell(count: int | None) -> str:
    return f"<span class='few'>{HIDDEN}</span>" if count is None else str(count)


def _document(title: str, body: list[str]) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body>{''.join(body)}</body></html>\n"
    )


def _safe(name: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"
