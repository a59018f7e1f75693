"""Charts and a page for people: SVG and HTML written by hand, nothing loaded from anywhere.

One file that opens in any browser, prints, and follows the reader's light or dark setting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
DASHES = ("", "7 4", "2 3", "9 3 2 3")
WIDTH, HEIGHT = 620, 430
MOST_INSIDE = 7  # names of more lines than that stand below the plot instead of in it
LEFT, RIGHT, TOP, BOTTOM = 82, 20, 44, 58
STYLE = """
:root{--ink:#1b1f24;--soft:#5b6570;--line:#d9dee3;--ground:#fff;--card:#f6f8fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa4ae;--line:#39414a;--ground:#14181c;--card:#1d2328}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:1320px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}p{color:var(--soft);max-width:52rem;margin:.3rem 0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:1rem}
figure{margin:0;max-width:760px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.6rem}svg{width:100%;height:auto;display:block}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .7rem;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}
td.n,th.n{text-align:right;white-space:nowrap}.good{color:#188a42;font-weight:600}.bad{color:#cf4436;font-weight:600}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One named curve; `steps` draws it as stairs, which measured rates are."""

    name: str
    x: Sequence[float] = field(repr=False)
    y: Sequence[float] = field(repr=False)
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Words, range, and ticks as value and text; `log` for tenfold steps."""

    words: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies between low (0) and high (1); what lies outside is put on the border."""
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


PERCENT = tuple((v / 100, f"{v:g} %") for v in (0.01, 0.1, 1, 10, 100))


def percent_axis(words: str, low: float = 1e-4, high: float = 1.0) -> Axis:
    """Rates from `low` to `high` in tenfold steps."""
    kept = tuple(tick for tick in PERCENT if low * 0.99 <= tick[0] <= high * 1.01)
    return Axis(words, low, high, kept, log=True)


def even_axis(words: str, low: float, high: float, steps: int = 5, percent: bool = False) -> Axis:
    """Even steps from `low` to `high`, or a little further so that each step is a round number."""
    size = 10 ** math.floor(math.log10((high - low) / steps))
    high = low + steps * next(
        size * k for k in (1, 2, 2.5, 3, 4, 5, 6, 8, 10) if size * k * steps >= (high - low) * 0.999
    )
    values = [low + (high - low) * k / steps for k in range(steps + 1)]
    return Axis(words, low, high, tuple((v, f"{100 * v:.3g} %" if percent else f"{v:.3g}") for v in values))


def chart(title: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """One chart as SVG; lines differ in colour and in dashes, for who sees no colours."""
    inside = len(lines) <= MOST_INSIDE
    height = HEIGHT if inside else HEIGHT + 19 * len(lines) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}" font-family="system-ui,sans-serif" font-size="13">',
        f'<text x="{LEFT}" y="24" font-size="16" font-weight="600" fill="var(--ink,#1b1f24)">{escape(title)}</text>',
        *_grid(x, y),
        *(_curve(line, x, y, k) for k, line in enumerate(lines)),
        *_legend(lines, TOP if inside else HEIGHT),
        "</svg>",
    ]
    return "\n".join(parts)


def _across(x: Axis, value: float) -> float:
    return LEFT + x.share(value) * (WIDTH - LEFT - RIGHT)


def _down(y: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM)


def _grid(x: Axis, y: Axis) -> list[str]:
    line, soft = 'stroke="var(--line,#d9dee3)"', 'fill="var(--soft,#5b6570)"'
    low, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for value, words in x.ticks:
        at = _across(x, value)
        parts.append(f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{low}" {line}/>')
        parts.append(f'<text x="{at:.1f}" y="{low + 18}" text-anchor="middle" {soft}>{escape(words)}</text>')
    for value, words in y.ticks:
        at = _down(y, value)
        parts.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}" {line}/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" {soft}>{escape(words)}</text>')
    middle = (LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle" {soft}>{escape(x.words)}</text>')
    centre = (TOP + low) / 2
    parts.append(
        f'<text transform="translate(16 {centre}) rotate(-90)" text-anchor="middle" {soft}>{escape(y.words)}</text>'
    )
    return parts


def _curve(line: Line, x: Axis, y: Axis, index: int) -> str:
    points: list[tuple[float, float]] = []
    for a, b in zip(line.x, line.y, strict=True):
        place = (_across(x, a), _down(y, b))
        if line.steps and points:
            points.append((place[0], points[-1][1]))
        points.append(place)
    way = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return f'<polyline points="{way}" fill="none" stroke-width="2.2" stroke-linejoin="round" {_look(index)}/>'


def _look(index: int) -> str:
    dash = DASHES[index % 2 + 2 * (index // len(COLOURS) % 2)]
    return f'stroke="{COLOURS[index % len(COLOURS)]}"' + (f' stroke-dasharray="{dash}"' if dash else "")


def _legend(lines: Sequence[Line], top: int) -> list[str]:
    """Names at the right, on a ground of their own; top: where they begin."""
    longest = max((len(line.name) for line in lines), default=0)
    left = WIDTH - RIGHT - 50 - 7.6 * longest
    parts = [
        f'<rect x="{left:.0f}" y="{top + 6}" width="{WIDTH - RIGHT - left - 6:.0f}" height="{19 * len(lines) + 8}" '
        'rx="6" fill="var(--ground,#fff)" opacity="0.88"/>'
    ]
    for k, line in enumerate(lines):
        at = top + 22 + 19 * k
        parts.append(
            f'<line x1="{left + 8:.0f}" y1="{at - 4}" x2="{left + 34:.0f}" y2="{at - 4}" stroke-width="2.6" {_look(k)}/>'
        )
        parts.append(
            f'<text x="{left + 41:.0f}" y="{at}" fill="var(--ink,#1b1f24)">{escape(line.name)}</text>'
        )
    return parts


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; cells of digits stand to the right; `yes` and `no` are coloured."""
    first = rows[0] if rows else ()
    sides = ["n" if k < len(first) and _kind(first[k]) == "n" else "" for k in range(len(head))]
    top = "".join(f'<th class="{side}">{escape(cell)}</th>' for cell, side in zip(head, sides, strict=True))
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _kind(text: str) -> str:
    return {"yes": "good", "no": "bad"}.get(text, "n" if text[:1].isdigit() else "")


def _cell(text: str) -> str:
    kind = _kind(text)
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def page(title: str, words: Sequence[str], charts: Sequence[str], tables: Sequence[tuple[str, str]]) -> str:
    """A whole page: what was measured, the charts, the tables under their headings."""
    told = "".join(f"<p>{escape(text)}</p>" for text in words)
    drawn = "".join(f"<figure>{one}</figure>" for one in charts)
    listed = "".join(f"<h2>{escape(name)}</h2>{one}" for name, one in tables)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{told}"
        f'<div class="charts">{drawn}</div>{listed}</body></html>\n'
    )
