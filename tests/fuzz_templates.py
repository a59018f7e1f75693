"""The fuzz target of finger templates: a gallery's, a probe's, and minutiae records of ISO/IEC 19794-2, changed at random.

Each gives BadBytes or templates that can be compared and never match another finger.
`python -W error tests/fuzz_templates.py --count 100000` is the campaign; `test_templates_fuzz.py` runs a short one.
"""

from __future__ import annotations

import dataclasses
import math
import random
import zlib
from collections import Counter
from functools import cache

from fuzz_pictures import campaign as run
from fuzz_pictures import changed, main
from making import finger_capture, request
from prints import small, whole

from hotspot_kiosk import contents, minutiae_record
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, prepare
from hotspot_kiosk.errors import BadBytes, Incomparable
from hotspot_kiosk.minutiae_record import View
from hotspot_kiosk.terms import FingerTemplate, Template

OWN, OTHER = 1, 2
MATCH = 4.0  # log-odds that no two different fingers reached, on any set measured
WORDS = (
    b"FMR\0",
    b" 20\0",
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\xc4\x00",
    b"\xcb\x7f\xf8\x00",
    b"\x90",
)
KINDS = (b"G", b"P", b"M")


@cache
def corpus(kind: bytes) -> tuple[bytes, ...]:
    """Two touches of one finger in one form; what travels compressed stands here before it is."""
    touches = (small(OWN, 0), small(OWN, 1))
    if kind == b"M":
        return tuple(minutiae_record.encode([View(touch, 60)]) for touch in touches)
    if kind == b"G":
        return tuple(zlib.decompress(contents.encode_templates((touch,))) for touch in touches)
    asked = request()
    captures = tuple(dataclasses.replace(finger_capture(), template=touch) for touch in touches)
    return (zlib.decompress(contents.encode(dataclasses.replace(asked, captures=captures))),)


@cache
def other_finger(kind: bytes) -> PreparedFinger:
    """A whole print of somebody else, read from the same form where that makes it of another model."""
    touch = whole(OTHER, 0)
    return prepare(_decoded(kind, minutiae_record.encode([View(touch, 60)]))[0] if kind == b"M" else touch)


def mutated(rng: random.Random) -> bytes:
    """The form's letter, and one of its corpus with up to six changes."""
    kind = rng.choice(KINDS)
    return kind + changed(rng, corpus(kind), WORDS)


def outcome(data: bytes) -> str:
    """What became of it; anything but BadBytes or templates that match nobody is raised."""
    kind, body = data[:1], data[1:]
    try:
        templates = _decoded(kind, body)
    except BadBytes as error:
        return f"{kind.decode()} refused: {str(error).split('(')[0].split(':')[0].strip()}"
    words = {_compared(one, kind) for one in templates if isinstance(one, FingerTemplate)}
    return f"{kind.decode()} read: {' and '.join(sorted(words)) or 'no finger'}"


def _decoded(kind: bytes, body: bytes) -> tuple[Template, ...]:
    if kind == b"M":
        return tuple(view.template for view in minutiae_record.decode(body))
    if kind == b"G":
        return contents.decode_templates(zlib.compress(body, 1))
    return contents.decode(zlib.compress(body, 1)).templates


def _compared(template: FingerTemplate, kind: bytes) -> str:
    try:
        odds = FingerComparator().log_odds(template, other_finger(kind))
    except Incomparable:
        return "another model"
    except BadBytes:
        return "not believable"
    assert math.isfinite(odds)
    assert odds < MATCH, f"a changed template matches another finger: {odds:.1f}"
    return "no match" if odds else "nothing to compare"


def campaign(count: int, seed: int) -> Counter[str]:
    """How often what became of the templates."""
    return run(count, seed, mutated, outcome)


if __name__ == "__main__":
    main(campaign)
