"""What a device advises reaches the person: as a message in every language, with a picture, and never as nothing."""

from __future__ import annotations

import pytest

from hotspot_kiosk.cli.kiosk import ADVICE, words
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.web.advice import MESSAGES, Advices
from hotspot_kiosk.kiosk.web.icons import OF_CUE
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.scenes import View, seen
from hotspot_kiosk.terms import Advice

LANGUAGES = Languages()
ADVICES = Advices(LANGUAGES)
SAID = [each for each in Advice if each]


@pytest.mark.parametrize("said", SAID)
def test_every_advice_has_its_words_and_its_picture(said: Advice) -> None:
    """In every language of the pages, at the command line, and drawn."""
    message = ADVICES.find(said, "nothing")
    assert message == MESSAGES[said]
    assert message in OF_CUE
    assert ADVICE[said]
    for language in LANGUAGES.all():
        assert message not in LANGUAGES.untranslated(language)
        assert language.text(message)


def test_no_advice_and_what_is_none_leave_the_usual_words() -> None:
    """Nothing that a device says is shown as it is."""
    for said in ("", "the face cannot be aligned"):
        assert ADVICES.find(said, "again") == "again"


def test_a_further_touch_is_asked_for_with_its_hint() -> None:
    """The page shows the finger as before, and says how to place it; so does the command line."""
    first = seen(View(State.FINGERS), Told(kind="show", prompt="place finger", detail="left index"), ADVICES)
    assert (first.cue, first.finger) == ("finger-place", 7)
    told = Told(kind="show", prompt="place finger", detail="left index", hint=Advice.ROLL_LEFT)
    then = seen(first, told, ADVICES)
    assert (then.cue, then.finger) == ("advice-roll-left", 7)
    assert words(told).endswith("left index Roll it a little to the left.")
