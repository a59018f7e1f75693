"""From what the daemon tells an officer to a page. Templates escape all they are given; nothing is kept here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from hotspot_kiosk.kiosk.care.checkup import Finding
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.staff.counter import Cared, Verdict, View
from hotspot_kiosk.kiosk.web import icons
from hotspot_kiosk.kiosk.web.coach import Course
from hotspot_kiosk.kiosk.web.languages import Language, Languages
from hotspot_kiosk.kiosk.web.mark import Mark
from hotspot_kiosk.kiosk.web.slips import qr
from hotspot_kiosk.kiosk.web.words import TEMPLATES
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import LOW_CUE, Decision

FOLDER = Path(__file__).with_name("locales_officer")
NAV = ("desk", "answers", "queue", "operation", "health")
LESSON = "lesson"
PAGES = (*NAV, "slip", LESSON)
CAPTURING = (State.NOTICE, State.FACE, State.FINGERS, State.REVIEW)
KINDS = {
    Decision.POSSIBLE_MATCH: "possible",
    Decision.NO_HIT: "no-hit",
    Decision.UNDECIDED: "undecided",
    Decision.PENDING: "pending",
}
WORST_FIRST = ("fail", "warn", "ok", "not here")
MENDERS, CHECKERS = ("supervisor", "maintainer"), ("officer", "supervisor")
MAINTAINER = "maintainer"
MOST_FRESH = 3


@dataclass(frozen=True, slots=True)
class Slip:
    """The slip of the person who is still here, in their language."""

    paper: Paper = field(repr=False)
    language: Language


@dataclass(frozen=True, slots=True)
class Page:
    """Which page, for whom, in which language. cue: what the person is told; record: of an answer's page.

    screen_s: after how long without a touch the sign-in gives way to the person's screen; 0 where that is not.
    lesson: how the lesson of a training stands. cared: what a maintainer's page shows, where it was asked for.
    """

    name: str
    language: Language
    form: str = field(repr=False)
    view: View | None = None
    record: str = ""
    cue: str = ""
    advice: dict[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    problem: str = ""
    note: str = ""
    slip: Slip | None = None
    screen_s: int = 0
    cared: Cared | None = None
    lesson: Course | None = None


class OfficerWriter:
    """Fills the officers' templates. mark: what a training kiosk shows on every one of them."""

    def __init__(self, languages: Languages, mark: Mark | None = None) -> None:
        self._languages = languages
        self._mark = mark or Mark()
        loader = FileSystemLoader(TEMPLATES)
        self._pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._pages.globals["icon"] = lambda name: Markup(icons.svg(name))  # noqa: S704

    def page(self, page: Page) -> str | None:
        """The whole page; None if there is no such page, or no such answer any more."""
        values = self._common(page)
        if page.view is not None:
            values |= _values(page, page.view)
            values["slip"] = self._slip(page.slip) if page.slip is not None else None
        if page.record:
            found = [each for each in values["view"].verdicts if each.tcn == page.record]
            if not found:
                return None
            values["one"] = found[0]
        template = "answer" if page.record else page.name
        return self._pages.get_template(f"officer/{template}.html").render(values)

    def _slip(self, slip: Slip) -> dict[str, Any]:
        words = {"t": slip.language.text, "slip": slip.paper, "code": qr(slip.paper.number)}
        html = Markup(self._pages.get_template("paper.html").render(words))  # noqa: S704 - the template escapes
        return {"lang": slip.language.code, "direction": slip.language.direction, "html": html}

    def _common(self, page: Page) -> dict[str, Any]:
        token = Markup('<input type="hidden" name="form" value="{}">').format(escape(page.form))
        code = page.language.code
        return {
            "training": self._mark.words(code, "training-how"),
            "training_word": self._mark.words(code),
            "lesson": page.lesson,
            "l": lambda message: self._mark.words(code, message),
            "t": page.language.text,
            "language": page.language,
            "languages": self._languages.all(),
            "page": f"answer/{page.record}" if page.record else page.name,
            "token": token,
            "view": page.view,
            "names": page.names,
            "problem": page.problem,
            "screen_s": page.screen_s,
            "note": page.note,
        }


def _values(page: Page, view: View) -> dict[str, Any]:
    language = page.language
    hits = [each for each in view.verdicts if open_hit(each)]
    quarantined = [each for each in view.kept if each.state == "quarantined"]
    return {
        "link_words": link_words(language, view),
        "queue_words": queue_words(language, view),
        "badges": {"answers": len(hits), "queue": len(quarantined)},
        "nav": [
            *([LESSON] if page.lesson else []),
            *(name for name in NAV if name != "health" or MAINTAINER in view.roles),
        ],
        "maintains": MAINTAINER in view.roles,
        "cared": page.cared,
        "ordered": worst_first(page.cared) if page.cared else (),
        "fresh": hits[:MOST_FRESH],
        "newest": " ".join(f"{each.tcn}/{each.edition}" for each in hits),
        "cue": page.cue,
        "low_cues": [f"{name} {score}" for name, score in view.presentation.items() if score < LOW_CUE],
        "advice": lambda said: page.advice.get(said, said),
        "capturing": view.state in CAPTURING,
        "idle": view.state in (State.IDLE, State.DONE, State.WAITING),
        "may": {
            **dict.fromkeys(("begin", "overrule", "find"), any(role in CHECKERS for role in view.roles)),
            "requeue": any(role in MENDERS for role in view.roles),
            "erase": "supervisor" in view.roles,
        },
        "waiting": [each for each in view.kept if each.state != "quarantined"],
        "quarantined": quarantined,
        "kind": kind,
        "moment": moment,
        "found": lambda verdict: found_words(language, verdict),
        "score": lambda odds: score_words(language, odds),
    }


def worst_first(cared: Cared) -> list[Finding]:
    """What was found, the worst first."""
    return sorted(cared.findings, key=lambda each: WORST_FIRST.index(each.verdict))


def kind(verdict: Verdict) -> str:
    """One word for style and message."""
    return KINDS[Decision(verdict.decision)]


def open_hit(verdict: Verdict) -> bool:
    """Whether nobody here has said what they found about some candidate; one kiosk counts once."""
    return kind(verdict) == "possible" and any(not c.found for c in verdict.candidates)


def moment(when: datetime) -> Markup:
    """A time that means the same everywhere, in one piece whatever the direction of writing."""
    return Markup('<bdi class="time" dir="ltr">{:%Y-%m-%d %H:%M} UTC</bdi>').format(when.astimezone(UTC))


def span(language: Language, seconds: float) -> str:
    """How long, in the largest unit that fits."""
    for name, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return language.text(f"span-{name}", count=int(seconds // size))
    return language.text("span-seconds", count=int(seconds))


def link_words(language: Language, view: View) -> str:
    """Whether the link stands, and since when, where that is known."""
    word = "link-up" if view.link else "link-down"
    if view.link_s is None:
        return language.text(word)
    return language.text(f"{word}-since", span=span(language, view.link_s))


def queue_words(language: Language, view: View) -> str:
    """How many wait; how long that will take only where it was measured."""
    if view.waiting is None:
        return language.text("queue-unknown")
    waits = language.text("queue-waiting", count=view.waiting)
    if view.waiting and view.estimate_s is not None:
        return f"{waits} · {language.text('queue-estimate', span=span(language, max(1.0, view.estimate_s)))}"
    oldest = min((each.captured for each in view.kept if each.state != "quarantined"), default=None)
    if oldest is None or not view.clock:
        return waits
    age = max(0.0, (view.now - oldest).total_seconds())
    return f"{waits} · {language.text('queue-oldest', span=span(language, age))}"


def found_words(language: Language, verdict: Verdict) -> str:
    """How many people have said what they found, of how many are needed; nothing where nobody is asked."""
    if not verdict.candidates:
        return ""
    least = min(len(each.found) for each in verdict.candidates)
    return language.text("found-of", count=least, needed=verdict.needed)


def score_words(language: Language, odds: float) -> str:
    """Log-odds as what they mean: how many times likelier such a likeness is of one person than of two."""
    if not odds:
        return language.text("score-untold")
    power = int(odds / math.log(10))
    key = "score-likelier" if power >= 1 else "score-weak"
    words = language.text(key, times=f"{10 ** min(power, 9):,}".replace(",", "\N{NO-BREAK SPACE}"))
    return Markup('<bdi dir="ltr">{:+.1f}</bdi> · {}').format(odds, words)
