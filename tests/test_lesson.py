"""Lessons as values: what counts as done, in whatever order, and what the stage does then; every lesson has its words."""

from __future__ import annotations

import pytest
from making import tcn

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.mark import FOLDER
from hotspot_kiosk.terms import Decision
from hotspot_kiosk.training.lesson import Course, Cue, Happening, Heard, Said, Settled, Written, follow
from hotspot_kiosk.training.lessons import ALL, POSSIBLE

NUMBER, ANOTHER = str(tcn(1, 98_001)), str(tcn(2, 98_001))
FACE = Heard(Told(kind="status", state="face"))
STORED = Heard(Told(kind="stored", tcn=NUMBER))
KEPT = Heard(Told(kind="show", prompt="kept, will be checked"))
POSSIBLE_MATCH = Heard(Told(kind="answer", tcn=NUMBER, decision=POSSIBLE))
NO_HIT = Heard(Told(kind="answer", tcn=NUMBER, decision="no hit"))
FOUND = Written(Deed.CONFIRMED, "officer:t1", NUMBER)
WAYS: dict[str, list[Happening]] = {
    "wet-finger": [FACE, Said("dry"), STORED, NO_HIT],
    "two-faces": [FACE, Said("one-person"), STORED, NO_HIT],
    "link-down": [FACE, STORED, KEPT, Said("later"), NO_HIT],
    "hit": [FACE, STORED, POSSIBLE_MATCH, FOUND, Settled()],
    "minor": [Written(Deed.CHECK_REFUSED, "officer:t1", "", "may be under 18")],
    "refusal": [Written(Deed.CHECK_BEGUN, "officer:t1"), Written(Deed.CHECK_ENDED)],
}


def course(name: str, *seen: Happening) -> Course:
    """A lesson after these happened."""
    now = Course(ALL[name])
    for each in seen:
        now = follow(now, each)
    return now


def test_every_lesson_is_tried() -> None:
    """None is left out here."""
    assert WAYS.keys() == ALL.keys()


@pytest.mark.parametrize("name", WAYS)
def test_a_lesson_is_learned_when_all_is_done_and_not_before(name: str) -> None:
    """Each happening that the lesson asks for is needed."""
    assert course(name, *WAYS[name]).learned
    for missing in range(len(WAYS[name])):
        left = [each for place, each in enumerate(WAYS[name]) if place != missing]
        if WAYS[name][missing] is not STORED or name in ("wet-finger", "two-faces"):
            assert not course(name, *left).learned, WAYS[name][missing]


@pytest.mark.parametrize("name", ["wet-finger", "two-faces", "link-down", "hit"])
def test_another_records_answer_is_none_of_this_lesson(name: str) -> None:
    """An answer that comes late to an earlier lesson's record does not end this one."""
    other = Heard(Told(kind="answer", tcn=ANOTHER, decision=POSSIBLE))
    finding = Written(Deed.CONFIRMED, "officer:t1", ANOTHER)
    before = course(name, FACE, STORED)
    assert follow(follow(before, other), finding) == before


def test_an_answer_without_a_record_counts_for_nothing() -> None:
    """Before anything of this lesson is stored there is nothing to answer."""
    assert course("hit", FACE, POSSIBLE_MATCH, FOUND).done == {1}


def test_no_hit_is_no_possible_match() -> None:
    """The lesson about a hit waits for one."""
    assert 2 not in course("hit", FACE, STORED, NO_HIT).done


def test_what_is_done_twice_is_done_once() -> None:
    """Nothing is counted."""
    assert course("wet-finger", FACE, FACE, Said("dry"), Said("dry")) == course(
        "wet-finger", FACE, Said("dry")
    )


ASIDES = {
    ("wet-finger", "overruled"): Written(Deed.OVERRULED, "officer:t1"),
    ("wet-finger", "stopped"): Written(Deed.CHECK_ENDED),
    ("hit", "refuted"): Written(Deed.REFUTED, "officer:t1", NUMBER),
    ("minor", "begun"): Written(Deed.CHECK_BEGUN, "officer:t1"),
    ("refusal", "captured"): STORED,
}


@pytest.mark.parametrize("where", ASIDES)
def test_what_is_done_otherwise_is_said_once(where: tuple[str, str]) -> None:
    """And is no step; the lesson goes on."""
    name, aside = where
    seen = ASIDES[where]
    assert course(name, seen, seen).asides == (aside,)
    assert not course(name, seen).learned


def test_another_reason_to_refuse_is_no_minor() -> None:
    """Only the word about age is what is asked for."""
    assert not course("minor", Written(Deed.CHECK_REFUSED, "officer:t1", "", "another reason")).done


def test_the_link_returns_once_the_person_was_told() -> None:
    """Not before: that is what the lesson is about."""
    assert course("link-down", FACE, STORED, KEPT).cues == frozenset()
    assert course("link-down", FACE, STORED, KEPT, Said("later")).cues == {Cue.MEND_LINK}


def test_a_second_person_looks_after_the_first() -> None:
    """Whatever the first one found."""
    for deed in (Deed.CONFIRMED, Deed.REFUTED):
        assert course("hit", FACE, STORED, POSSIBLE_MATCH, Written(deed, "officer:t1", NUMBER)).cues == {
            Cue.SECOND_PERSON
        }
    assert Decision.POSSIBLE_MATCH == POSSIBLE


def test_every_lesson_has_its_words() -> None:
    """In the source language: title, what is staged, each step, what may be said, what is done otherwise, what was learned."""
    messages = set(Languages(FOLDER).messages)
    wanted = {
        "training",
        "training-how",
        "lessons",
        "lessons-how",
        "lessons-kept",
        "lesson-none",
        "lesson-end",
        "step-done",
    }
    for name, lesson in ALL.items():
        wanted |= {f"lesson-{name}", f"lesson-{name}-about", f"lesson-{name}-learned"}
        wanted |= {f"lesson-{name}-{number}" for number in range(1, len(lesson.steps) + 1)}
        wanted |= {f"say-{word}" for word in lesson.says} | {f"aside-{each}" for each in lesson.asides}
    assert messages == wanted


def test_the_mark_is_said_in_every_language_of_the_pages() -> None:
    """Translated, and marked as unreviewed where nobody has checked it; no two pages of one kiosk lack it."""
    marks, pages = Languages(FOLDER), Languages()
    assert [each.code for each in marks.all()] == [each.code for each in pages.all()]
    for each in marks.all():
        assert {"training", "training-how"} <= each.own, each.code
        assert each.direction == pages.get(each.code).direction  # type: ignore[union-attr]
