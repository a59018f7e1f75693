"""A record that the hub will not take: what is wrong and what to do stand on the officers' page in every language."""

from __future__ import annotations

from typing import get_args

import pytest

from hotspot_kiosk import wire
from hotspot_kiosk.kiosk.staff.overview import TROUBLES, Trouble, remedy, trouble
from hotspot_kiosk.kiosk.storage.outbox import DAMAGED, GIVEN_UP, PartState
from hotspot_kiosk.kiosk.storage.rescue import UNREADABLE
from hotspot_kiosk.kiosk.web.languages import Language, Languages
from hotspot_kiosk.kiosk.web.words_officer import FOLDER

STUCK = PartState.QUARANTINED
LANGUAGES = Languages(FOLDER).all()


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_trouble_and_every_remedy_is_said(language: Language) -> None:
    """In the language's own words."""
    for name in filter(None, get_args(Trouble)):
        assert f"stuck-{name}" in language.own
    for reason in (*TROUBLES, "the seal is of other keys"):
        assert f"remedy-{remedy(STUCK, reason)}" in language.own


def test_each_reason_has_its_trouble_and_what_to_do() -> None:
    """What the kiosk itself found, and the one that the hub's refusals name; any other sentence is of a check that failed."""
    found = {
        why: (trouble(STUCK, why), remedy(STUCK, why))
        for why in (DAMAGED, UNREADABLE, GIVEN_UP, wire.ANOTHER, "?")
    }
    assert found == {
        DAMAGED: ("damaged", "erase"),
        UNREADABLE: ("unreadable", "erase"),
        GIVEN_UP: ("given-up", "requeue"),
        wire.ANOTHER: ("another", "either"),
        "?": ("unverified", "either"),
    }
    assert set(get_args(Trouble)) == {"", *(name for name, _ in found.values())}


def test_a_record_on_its_way_is_in_no_trouble() -> None:
    """Nor is anything to be done about it."""
    assert (trouble("sealed", ""), remedy("sealed", "")) == ("", "")
