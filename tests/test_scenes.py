"""The finger's page from one touch to the next: what it shows while an image travels, and whom it never takes for another."""

from __future__ import annotations

from functools import reduce

import pytest

from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.web.advice import Advices
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.scenes import Tone, View, seen
from hotspot_kiosk.terms import Advice

ADVICES = Advices(Languages(wanted=["en"]))
INDEX, MIDDLE = 2, 3


def shown(*said: tuple[str, str]) -> View:
    """The page after the right index was asked for and this was said."""
    told = [
        Told(kind="show", prompt=prompt, detail=detail)
        for prompt, detail in (("place finger", "right index"), *said)
    ]
    return reduce(lambda view, each: seen(view, each, ADVICES), told, View(State.FINGERS))


@pytest.mark.parametrize("read", [(), (("reading", ""),)], ids=["travels", "is read"])
def test_the_next_finger_is_shown_while_the_image_travels(read: tuple[tuple[str, str], ...]) -> None:
    """The person moves on; what the session asks for is the same as before."""
    view = shown(("lift finger", "right middle"), *read)
    assert (view.cue, view.finger, view.asked) == ("finger-place", MIDDLE, INDEX)


def test_who_was_shown_a_finger_hears_of_it_once() -> None:
    """When the session asks for it the page stays as it is, and no sound begins anew."""
    before = shown(("lift finger", "right middle"))
    then = shown(("lift finger", "right middle"), ("reading", ""), ("place finger", "right middle"))
    assert (before.tone, then.tone) == (Tone.GOOD, Tone.NONE)
    assert (then.cue, then.finger, then.asked) == (before.cue, MIDDLE, MIDDLE)


def test_a_finger_that_is_asked_for_again_is_shown_again() -> None:
    """Whatever was shown in between."""
    view = shown(("lift finger", "right middle"), ("reading", ""), ("again", Advice.MORE_FINGER))
    assert (view.cue, view.finger, view.asked) == ("advice-more-finger", INDEX, INDEX)
    assert view.tone is Tone.AGAIN


@pytest.mark.parametrize("then", ["right index", ""], ids=["the same", "none"])
def test_who_gives_no_other_finger_next_is_told_to_lift(then: str) -> None:
    """The same finger once more, or the last one."""
    view = shown(("lift finger", then))
    assert (view.cue, view.finger) == ("finger-lift", INDEX)
    assert shown(("lift finger", then), ("reading", "")).cue == "finger-reading"


def test_the_next_touch_of_the_same_finger_is_invited() -> None:
    """It sounds: nothing else tells that the glass waits."""
    assert (
        shown(("lift finger", "right index"), ("reading", ""), ("place finger", "right index")).tone
        is Tone.GO
    )
