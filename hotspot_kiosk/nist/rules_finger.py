"""The rules of INT-I v6 for positions: which finger an image shows (FGP), which are missing (AMP).

A finger that was simply not taken has no record; one that cannot be taken is said to be missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from hotspot_kiosk.nist.finding import Case, Fault, Rule, Severity
from hotspot_kiosk.nist.model import Record, as_whole
from hotspot_kiosk.nist.names import position_words

FINGERS_OF = {
    **{code: frozenset({code}) for code in range(1, 11)},
    11: frozenset({1}),
    12: frozenset({6}),
    13: frozenset({2, 3, 4, 5}),
    14: frozenset({7, 8, 9, 10}),
    15: frozenset({1, 6}),
}
PALMS = frozenset(range(21, 29))
REASONS = frozenset({"UP", "XX"})
PLATEN = {10: 1, 20: 1, 30: 1, 40: 2, 45: 2, 50: 3, 60: 4}  # FAP -> fingers that fit on it at once
TWO_THUMBS = 15

_IN_V6 = frozenset(range(1, 15))


def _shown(record: Record) -> frozenset[int]:
    """The fingers a record is about."""
    return FINGERS_OF.get(record.whole(13) or 0, frozenset())


def _absent(record: Record) -> dict[int, str]:
    """Finger -> why it is missing, as the record says."""
    entries = [part for part in record.subfields(18) if len(part) == 2]
    return {as_whole(part[0]) or 0: part[1] for part in entries}


def _position(case: Case) -> Iterator[Fault]:
    if len(case.record.subfields(13)) > 1:
        yield case.at(13), "names more than one position"
    if case.record.text(13) and case.record.whole(13) not in (*_IN_V6, TWO_THUMBS):
        yield case.at(13), "expected 1 to 14: one known finger, or the four of a hand"


def _two_thumbs(case: Case) -> Iterator[Fault]:
    if case.record.whole(13) == TWO_THUMBS:
        yield case.at(13), "both thumbs at once is not in every version of INT-I"


def _palm_position(case: Case) -> Iterator[Fault]:
    if case.record.text(13) and case.record.whole(13) not in PALMS:
        yield case.at(13), "expected 21 to 28"


def _absence(case: Case) -> Iterator[Fault]:
    """14.018: pairs of a finger that this record is about and UP or XX; SR is not used."""
    shown = PALMS if case.record.kind == 15 else _shown(case.record)
    for i, part in enumerate(case.record.subfields(18), start=1):
        if len(part) != 2 or part[1] not in REASONS:
            yield case.at(18, i), "expected a position and UP or XX"
        elif as_whole(part[0]) not in shown:
            yield case.at(18, i, 1), "is a finger this record is not about"


def _absence_twice(case: Case) -> Iterator[Fault]:
    named = [as_whole(part[0]) for part in case.record.subfields(18)]
    if len(set(named)) != len(named):
        yield case.at(18), "names a finger twice"


def _absence_fits(case: Case) -> Iterator[Fault]:
    """UP for every finger: no image; XX: part of a finger is there to be seen."""
    shown, absent = _shown(case.record), _absent(case.record)
    gone = {finger for finger in shown if absent.get(finger) == "UP"}
    if shown and gone == shown and case.record.data:
        yield case.at(18), "says that nothing could be taken, yet there is an image"
    if gone != shown and not case.record.data and absent:
        left = ", ".join(position_words(finger) for finger in sorted(shown - gone))
        yield case.at(18), f"there is no image, yet it does not say why of: {left}"
    if "XX" in absent.values() and not case.record.data:
        yield case.at(18), "says that part of a finger was taken, yet there is no image"


def _once(case: Case) -> Iterator[Fault]:
    """Each position once in each manner of taking it (plain, rolled)."""
    key = (case.record.whole(13), case.record.whole(3))
    if key in [(each.whole(13), each.whole(3)) for each in case.before]:
        yield case.at(13), "the same finger is there twice"


def _not_both(case: Case) -> Iterator[Fault]:
    """A finger cannot be shown by one record and be missing in another."""
    seen = _shown(case.record) - _absent(case.record).keys() if case.record.data else frozenset()
    gone = {
        finger for other in case.whole.of(14) for finger, why in _absent(other).items() if why == "UP"
    } - _absent(case.record).keys()
    for finger in sorted(seen & gone):
        yield case.at(13), f"shows the {position_words(finger)}, which another record calls missing"


def _platen(case: Case) -> Iterator[Fault]:
    room = PLATEN.get(case.record.whole(31) or 0)
    if room and len(_shown(case.record)) > room:
        yield case.at(31), f"takes {room} at once, the record is about {len(_shown(case.record))}"


_T14, _T15 = (14,), (15,)

RULES = (
    Rule("FGP", _T14, _position, "Say which finger it is, or send none.", mild=True),
    Rule("FGP-15", _T14, _two_thumbs, "Send each thumb by itself.", Severity.WARNING),
    Rule("PALM", _T15, _palm_position, "Say which part of which palm it is.", mild=True),
    Rule(
        "AMP", (*_T14, *_T15), _absence, "Name only fingers of this record; UP missing, XX partly.", mild=True
    ),
    Rule("AMP-TWICE", (*_T14, *_T15), _absence_twice, "Name each finger once.", mild=True),
    Rule("AMP-IMAGE", _T14, _absence_fits, "Say why there is no image, or take the claim out.", mild=True),
    Rule("FGP-TWICE", (*_T14, *_T15), _once, "Send the best one.", mild=True),
    Rule("FGP-AMP", _T14, _not_both, "Ask at the post which of them is true.", mild=True),
    Rule("FAP-FINGERS", _T14, _platen, "Check the device's profile.", Severity.WARNING),
)
