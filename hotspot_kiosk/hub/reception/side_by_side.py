"""The pictures of an enrolment beside those of everybody it may be: one page for people who must decide.

It carries everything in itself and loads nothing. Nothing here keeps it: who asked for it takes it away again.
"""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.hub.reception.enrolment_case import Alike, Wish
from hotspot_kiosk.hub.reception.reception import Desk
from hotspot_kiosk.nist import Record, Transaction, images
from hotspot_kiosk.nist.enrolment import read
from hotspot_kiosk.terms import FingerPosition, Tcn

EDITIONS = 3  # of one person that are shown, the newest
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; color: #222; margin: 1em } main { display: flex; gap: 1em; overflow-x: auto }
section { flex: 0 0 300px; border: 1px solid #999; padding: .6em } section:first-child { position: sticky; left: 0; background: #fff; border: 3px solid #222 }
h2 { font-size: 1em; margin: 0 0 .4em } figure { margin: 0 0 .6em } img { width: 100%; display: block; background: #ddd } figcaption { font-size: .85em }
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One encounter: which it is and why it is shown, its pictures by name (uint8), or why there are none."""

    title: str
    words: str
    pictures: tuple[tuple[str, NDArray[np.uint8]], ...] = field(default=(), repr=False)


def sheets(desk: Desk, tcn: Tcn) -> Iterator[Sheet]:
    """The new one first, then everybody found, each person's newest edition first. Raises Refused unless people must decide."""
    found = desk.wish(tcn)
    if found.over or found.compared is None:
        raise Refused(f"nothing of enrolment {tcn} is to be decided, so nobody looks at its pictures")
    yield _sheet(desk, tcn, f"{tcn}: is it one of these?", "to be enrolled")
    for each in found.compared.found:
        yield from _person(desk, found, each)


def page(tcn: Tcn, shown: Iterable[Sheet]) -> str:
    """The page. The words say that a computer's score decides nothing."""
    body = "".join(map(_section, shown))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(tcn)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head><body>'
        "<p>Compare the pictures themselves. A score only says why somebody is shown here; it decides nothing.</p>"
        f"<main>{body}</main></body></html>\n"
    )


def _person(desk: Desk, found: Wish, alike: Alike) -> Iterator[Sheet]:
    rows = sorted(desk.encounters(found, Tcn(alike.identity)), key=lambda row: -row.edition)
    score = "named by an officer" if alike.score is None else f"score {alike.score:+.1f} (log-odds)"
    parts = ", ".join(f"{what} {odds:+.1f}" for what, odds in alike.why)
    why = f"{score}: {parts}" if parts else score
    if not rows:
        yield Sheet(alike.identity, f"{why}. Nothing of this person stands in the gallery any more.")
    for row in rows[:EDITIONS]:
        yield _sheet(desk, row.tcn, alike.identity, f"edition {row.edition}, {row.enrolled[:10]}. {why}")


def _sheet(desk: Desk, tcn: Tcn, title: str, words: str) -> Sheet:
    content = desk.pictures(tcn)
    if content is None:
        return Sheet(title, f"{words}. Its pictures are not here (yet).")
    try:
        held = read(content)
        return Sheet(title, words, tuple(zip(_names(held), images(held), strict=True)))
    except BadBytes as error:
        return Sheet(title, f"{words}. Its pictures cannot be shown: {error}")


def _names(held: Transaction) -> list[str]:
    return [_name(record) for record in held.images]


def _name(record: Record) -> str:
    position = record.whole(13)
    known = record.kind == 14 and position in set(FingerPosition)
    return FingerPosition(position).words if known and position is not None else "face"


def _section(sheet: Sheet) -> str:
    figures = "".join(
        f'<figure><img alt="{escape(name)}" src="data:image/png;base64,{_png(pixels)}">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name, pixels in sheet.pictures
    )
    return f"<section><h2>{escape(sheet.title)}</h2><p>{escape(sheet.words)}</p>{figures}</section>"


def _png(pixels: NDArray[np.uint8]) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return b64encode(out.getvalue()).decode()
