"""A lesson as a value: what is staged, what an officer does, and how that is seen. Pure: no process, disk or clock.

What was done is recognised by the daemon's own words and its journal, never by a button of the lesson. A lesson
ends with what there was to learn; nothing is counted, and nothing is kept of who did it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.kiosk.desk import Told


class Who(StrEnum):
    """Who comes to the kiosk."""

    STRANGER = "nobody knows them"
    KNOWN = "the training hub knows them"


class Cue(StrEnum):
    """What the stage does of itself once a lesson has come so far."""

    MEND_LINK = "the link returns"
    SECOND_PERSON = "somebody at the bureau compares, too"


@dataclass(frozen=True, slots=True)
class Staging:
    """How it begins."""

    who: Who = Who.STRANGER
    wet: bool = False
    second_face: bool = False
    link: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """The daemon told its desk something."""

    told: Told


@dataclass(frozen=True, slots=True)
class Written:
    """A line came into the kiosk's journal."""

    what: Deed
    who: str = ""
    about: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The officer said something to the person."""

    word: str


@dataclass(frozen=True, slots=True)
class Settled:
    """Both people who compared the pictures have said what they found, and the training hub has both."""


Happening = Heard | Written | Said | Settled
Met = Callable[[Happening, str], bool]


@dataclass(frozen=True, slots=True)
class Lesson:
    """name: the beginning of its words' ids. steps: how each is recognised; the second argument is the record's TCN.

    says: what may be said to the person. asides: what may be done otherwise, as ids. cues: which step leads to what.
    """

    name: str
    staging: Staging
    steps: tuple[Met, ...]
    says: tuple[str, ...] = ()
    asides: Mapping[str, Met] = field(default_factory=dict)
    cues: Mapping[int, Cue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Course:
    """One lesson on its way. done: steps, counted from 1, in whatever order they came; asides: in the order seen."""

    lesson: Lesson
    tcn: str = ""
    done: frozenset[int] = frozenset()
    asides: tuple[str, ...] = ()

    @property
    def learned(self) -> bool:
        """Whether every step is done."""
        return len(self.done) == len(self.lesson.steps)

    @property
    def cues(self) -> frozenset[Cue]:
        """What is due on the stage by now."""
        return frozenset(cue for step, cue in self.lesson.cues.items() if step in self.done)


def follow(course: Course, seen: Happening) -> Course:
    """The course after something happened. The first record that is stored is this lesson's."""
    if not course.tcn and isinstance(seen, Heard) and seen.told.kind == "stored":
        course = replace(course, tcn=seen.told.tcn)
    steps = enumerate(course.lesson.steps, start=1)
    done = course.done | {number for number, met in steps if met(seen, course.tcn)}
    news = [
        name
        for name, met in course.lesson.asides.items()
        if name not in course.asides and met(seen, course.tcn)
    ]
    return replace(course, done=done, asides=(*course.asides, *news))


def state(*states: str) -> Met:
    """The session came into one of these states."""
    return lambda seen, _tcn: (
        isinstance(seen, Heard) and seen.told.kind == "status" and seen.told.state in states
    )


def stored(seen: Happening, _tcn: str) -> bool:
    """A record is kept."""
    return isinstance(seen, Heard) and seen.told.kind == "stored"


def kept(seen: Happening, _tcn: str) -> bool:
    """The person was told that the record is kept until there is a link."""
    return (
        isinstance(seen, Heard) and seen.told.kind == "show" and seen.told.prompt == "kept, will be checked"
    )


def answered(*decisions: str) -> Met:
    """The hub answered for this lesson's record, with one of these decisions if any are named."""

    def met(seen: Happening, tcn: str) -> bool:
        return (
            isinstance(seen, Heard)
            and seen.told.kind == "answer"
            and bool(tcn)
            and seen.told.tcn == tcn
            and (not decisions or seen.told.decision in decisions)
        )

    return met


def said(word: str) -> Met:
    """The officer said this to the person."""
    return lambda seen, _tcn: seen == Said(word)


def wrote(*deeds: Deed, ground: str = "") -> Met:
    """The journal has a line about one of these deeds."""
    return lambda seen, _tcn: isinstance(seen, Written) and seen.what in deeds and ground in seen.ground


def found(seen: Happening, tcn: str) -> bool:
    """An officer here said what they found about this lesson's record."""
    about = isinstance(seen, Written) and seen.what in (Deed.CONFIRMED, Deed.REFUTED)
    return about and isinstance(seen, Written) and bool(tcn) and seen.about == tcn


def settled(seen: Happening, _tcn: str) -> bool:
    """Two people have looked."""
    return isinstance(seen, Settled)
