"""From what the daemon advises to the id of a message. A message's id is its sound's name, too.

Every advice has its message: a person is never left with less than the daemon knows.
"""

from __future__ import annotations

from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.terms import Advice, FingerPosition

POSITIONS = {position.words: int(position) for position in FingerPosition}
MESSAGES = {
    Advice.NO_FACE: "advice-no-face",
    Advice.SEVERAL_FACES: "advice-several-faces",
    Advice.TOO_FAR: "advice-too-far",
    Advice.TOO_CLOSE: "advice-too-close",
    Advice.OUT_OF_FRAME: "advice-whole-face",
    Advice.LOOK_STRAIGHT: "advice-look-straight",
    Advice.HEAD_UPRIGHT: "advice-upright",
    Advice.EYES: "advice-eyes",
    Advice.FACE_COVERED: "advice-uncover",
    Advice.TOO_DARK: "advice-too-dark",
    Advice.GLARE: "advice-glare",
    Advice.UNEVEN_LIGHT: "advice-even-light",
    Advice.HOLD_STILL: "advice-hold-still",
    Advice.BACKGROUND: "face-look",  # the officer's to mend, not the person's
    Advice.ONCE_MORE: "again",
    Advice.NO_FINGER: "advice-place-finger",
    Advice.MORE_FINGER: "advice-more-finger",
    Advice.FINGER_MIDDLE: "advice-middle",
    Advice.PRESS_HARDER: "advice-press-harder",
    Advice.FINGER_WET: "advice-dry-finger",
    Advice.FINGER_STILL: "advice-finger-still",
    Advice.OTHER_FINGER: "advice-other-finger",
    Advice.SAME_FINGER: "advice-same-finger",
    Advice.LIFT_FINGER: "finger-lift",
    Advice.WIPE_GLASS: "advice-wipe-glass",
    Advice.ROLL_LEFT: "advice-roll-left",
    Advice.ROLL_RIGHT: "advice-roll-right",
    Advice.FINGERTIP: "advice-fingertip",
    Advice.FURTHER_FORWARD: "advice-forward",
}


class Advices:
    """Finds the message for an advice; each must be there."""

    def __init__(self, languages: Languages) -> None:
        for message in MESSAGES.values():
            languages.source.text(message)

    def find(self, said: str, otherwise: str) -> str:
        """The message's id; `otherwise` for no advice, or what is none."""
        return MESSAGES[Advice(said)] if said in MESSAGES else otherwise
