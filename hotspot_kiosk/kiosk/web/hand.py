"""A hand, drawn by numbers, seen as one sees one's own on the glass; one finger stands out.

No picture of anybody's hand; colours come from the page's style by class names.
"""

from __future__ import annotations

FINGERS = (  # x of the foot, length, angle in degrees: thumb, index, middle, ring, little of a right hand
    (62.0, 78.0, -52.0),
    (72.0, 104.0, -12.0),
    (98.0, 114.0, -1.0),
    (124.0, 104.0, 9.0),
    (146.0, 84.0, 22.0),
)
FOOT_Y = (178.0, 130.0, 124.0, 128.0, 138.0)
WIDTH = 24.0


def svg(finger: int) -> str:
    """The hand that finger 1 to 10 (ANSI/NIST FGP) belongs to, with that finger marked; 0 marks none."""
    left = finger > 5
    marked = (finger - 1) % 5 if finger else -1
    turn = ' transform="translate(220 0) scale(-1 1)"' if left else ""
    parts = "".join(_finger(number, number == marked) for number in range(5))
    palm = '<rect class="skin" x="58" y="112" width="104" height="112" rx="38"/>'
    return (
        '<svg class="hand" viewBox="-10 0 240 240" aria-hidden="true" focusable="false">'
        f"<g{turn}>{parts}{palm}</g></svg>"
    )


def _finger(number: int, marked: bool) -> str:
    x, length, angle = FINGERS[number]
    foot = FOOT_Y[number]
    kind = "marked" if marked else "skin"
    bone = (
        f'<rect class="{kind}" x="{x - WIDTH / 2:g}" y="{foot - length:g}" width="{WIDTH:g}"'
        f' height="{length + 20:g}" rx="{WIDTH / 2:g}"/>'
    )
    ring = f'<circle class="target" cx="{x:g}" cy="{foot - length + 14:g}" r="20"/>' if marked else ""
    return f'<g transform="rotate({angle:g} {x:g} {foot:g})">{bone}{ring}</g>'
