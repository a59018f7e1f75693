"""Fingers that are not there to be taken, as INT-I v6 has them (14.018 AMP).

UP: a Type-14 record without an image, of a finger that is missing or bandaged. XX: beside the image of a finger of
which a part is missing. A finger that was refused, or could not be taken for another reason, has no record at all: the
codes of the standard have no word for it, and a wrong one would follow a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hotspot_kiosk.nist.model import Agency, Field, Record, make_field
from hotspot_kiosk.terms import Capture, FingerPosition, FingerSample

UNAVAILABLE, PARTLY = "UP", "XX"
REASONS = frozenset({"missing", "bandaged"})
LIVE_SCAN_PLAIN = "0"
POSITIONS = {position.words: position for position in FingerPosition}


def absent(failures: Sequence[str], captures: Sequence[Capture]) -> Iterator[FingerPosition]:
    """Fingers said to be missing or bandaged (`right index: missing`), each once, unless a touch of it was taken."""
    taken = {each.sample.position for each in captures if isinstance(each.sample, FingerSample)}
    told = (failure.partition(": ") for failure in failures)
    named = {POSITIONS[words] for words, _, reason in told if words in POSITIONS and reason in REASONS}
    yield from sorted(named - taken)


def absence_record(idc: int, position: FingerPosition, origin: Agency, day: str) -> Record:
    """The record of a finger of which no image can be taken; `day` as YYYYMMDD."""
    values = {2: str(idc), 3: LIVE_SCAN_PLAIN, 4: origin.code, 5: day, 13: str(position.value)}
    fields = [make_field(number, (value,)) for number, value in values.items()]
    return Record(14, (*fields, make_field(18, (str(position.value), UNAVAILABLE))))


def partly_there(position: FingerPosition) -> Field:
    """What the record of an image says of a finger of which a part is missing."""
    return make_field(18, (str(position.value), PARTLY))
