"""The fleet as one page: posts, versions, queue, last seen, alarms. No script, nothing loaded from anywhere. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from hotspot_kiosk.hub.fleet.standings import Row

COLUMNS = (
    "Kiosk",
    "Post",
    "Alarms",
    "Last heard",
    "Version",
    "Update",
    "Waiting",
    "Oldest",
    "To look at",
    "Heat",
)
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #10202e; background: #f4f7fa; max-width: 1240px; margin: 1.5em auto; padding: 0 1em }
h1 { font-size: 1.5em; margin-bottom: .2em } h2 { font-size: 1.15em; margin: 1.2em 0 .3em } table { border-collapse: collapse; width: 100%; background: #fff }
th, td { padding: .45em .6em; text-align: left; border-bottom: 1px solid #c6d1db; vertical-align: top }
tr.bad td, tr.bad th { background: #fde8ea } .sum { font-weight: 600 } ul { margin: 0; padding-left: 1.1em }
"""


def page(rows: Sequence[Row], now: datetime, rollout: str = "") -> str:
    """All of it, alarms first. rollout: the part about the newest one, as HTML."""
    bad = sum(bool(row.alarms) for row in rows)
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    body = (
        "".join(map(_row, rows))
        or f'<tr><td colspan="{len(COLUMNS)}">No kiosk is admitted here yet.</td></tr>'
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fleet</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main><h1>Fleet</h1>"
        f'<p class="sum">{len(rows)} kiosks, {bad} with alarms</p>'
        f"<p>As of {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC. What kiosks say of themselves: shown, never believed for a decision.</p>"
        f"{rollout}<h2>Kiosks</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></main></body></html>"
    )


def span(seconds: int | None) -> str:
    """In the largest unit that fits; a dash where nothing is known."""
    if seconds is None:
        return "–"
    for word, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"


def _row(row: Row) -> str:
    alarms = "".join(f"<li>{escape(each)}</li>" for each in row.alarms)
    heard = "never" if row.silent_s is None else f"{span(row.silent_s)} ago"
    cells = (
        escape(row.post),
        f"<ul>{alarms}</ul>" if alarms else "none",
        heard if row.here or row.silent_s is None else f"{heard}; gone",
        escape(f"{row.version} {row.slot and f'({row.slot})'}".strip()) or "–",
        escape(row.phase) or "–",
        _number(row.waiting),
        span(row.oldest_s),
        _number(row.quarantined),
        "–" if row.heat_c is None else f"{row.heat_c} °C",
    )
    inner = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="{"bad" if row.alarms else "ok"}"><th scope="row">{row.device}</th>{inner}</tr>'


def _number(value: int | None) -> str:
    return "–" if value is None else str(value)
