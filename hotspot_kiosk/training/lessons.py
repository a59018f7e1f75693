"""The lessons there are. One more is one more value here, and its words in `kiosk/web/locales_training/`."""

from __future__ import annotations

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.training.lesson import (
    Cue,
    Lesson,
    Staging,
    Who,
    answered,
    found,
    kept,
    said,
    settled,
    state,
    stored,
    wrote,
)

POSSIBLE = "possible match, verify"
STOPPED = wrote(Deed.CHECK_ENDED)
MINOR = "may be under 18"
BEGUN = wrote(Deed.CHECK_BEGUN)

WET_FINGER = Lesson(
    name="wet-finger",
    staging=Staging(wet=True),
    steps=(state("face", "fingers"), said("dry"), stored, answered()),
    says=("dry", "one-person"),
    asides={"overruled": wrote(Deed.OVERRULED), "stopped": STOPPED},
)
TWO_FACES = Lesson(
    name="two-faces",
    staging=Staging(second_face=True),
    steps=(state("face"), said("one-person"), stored, answered()),
    says=("one-person", "dry"),
    asides={"overruled": wrote(Deed.OVERRULED), "stopped": STOPPED},
)
LINK_DOWN = Lesson(
    name="link-down",
    staging=Staging(link=False),
    steps=(state("face"), kept, said("later"), answered()),
    says=("later",),
    asides={"stopped": STOPPED},
    cues={3: Cue.MEND_LINK},
)
HIT = Lesson(
    name="hit",
    staging=Staging(who=Who.KNOWN),
    steps=(state("face"), answered(POSSIBLE), found, settled),
    says=("wait",),
    asides={"refuted": wrote(Deed.REFUTED), "stopped": STOPPED},
    cues={3: Cue.SECOND_PERSON},
)
MINOR_COMES = Lesson(
    name="minor",
    staging=Staging(),
    steps=(wrote(Deed.CHECK_REFUSED, ground=MINOR),),
    asides={"begun": BEGUN},
)
REFUSAL = Lesson(
    name="refusal",
    staging=Staging(),
    steps=(BEGUN, STOPPED),
    asides={"captured": stored},
)
ALL = {each.name: each for each in (WET_FINGER, TWO_FACES, LINK_DOWN, HIT, MINOR_COMES, REFUSAL)}
