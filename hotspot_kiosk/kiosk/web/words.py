"""From the room to what a screen gets: one HTML fragment and its sounds. Templates escape all they are given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hotspot_kiosk.kiosk.web import hand, icons
from hotspot_kiosk.kiosk.web.languages import Language
from hotspot_kiosk.kiosk.web.mark import Mark
from hotspot_kiosk.kiosk.web.room import Room
from hotspot_kiosk.kiosk.web.scenes import Scene, Tone
from hotspot_kiosk.kiosk.web.slips import qr
from hotspot_kiosk.kiosk.web.sounds import Voice
from hotspot_kiosk.slip import Paper

PLAIN_CUES = {
    Scene.LANGUAGE: "choose-language",
    Scene.BEGIN: "adult",
    Scene.WAIT: "wait-officer",
    Scene.SLIP: "slip",
}
TEMPLATES = Path(__file__).with_name("templates")
REASONS = ("missing", "partly", "bandaged", "cannot", "refuses")


@dataclass(frozen=True, slots=True)
class Words:
    """What is shown and heard now. `key` changes where the page must be built anew, not only its cue.

    voices: what is heard, one after the other. lost: what stands there once nobody answers the page any more.
    """

    key: str
    html: str
    lang: str
    dir: str
    tone: str
    voices: tuple[str, ...]
    warn: int
    lost: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One of the notice: its message's id, its words, and what the operation itself says beside it."""

    cue: str
    said: str
    fact: str


class Writer:
    """Fills the templates. mark: what a training kiosk shows on every one of them."""

    def __init__(self, mark: Mark | None = None) -> None:
        self._mark = mark or Mark()
        loader = FileSystemLoader(TEMPLATES)
        self._pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._pages.globals.update(icon=_markup(icons.svg), picture=_markup(icons.of_cue))

    def page(self, room: Room) -> str:
        """The whole page."""
        now = self.words(room)
        frame = self._pages.get_template("page.html")
        values = {"words": now, "body": Markup(now.html), "t": room.language.text}  # noqa: S704
        return frame.render(values | self._marked(room.language))

    def elsewhere(self, room: Room) -> str:
        """For a second screen."""
        source = room.languages.source
        return self._pages.get_template("elsewhere.html").render({"t": source.text} | self._marked(source))

    def sheet(self, paper: Paper, language: Language) -> str:
        """A slip as a whole page for a printer, A6 or larger; it needs nothing beside itself."""
        page = self._pages.get_template("sheet.html")
        values = {"t": language.text, "language": language, "slip": paper, "code": qr(paper.number)}
        return page.render(values | self._marked(language))

    def _marked(self, language: Language) -> dict[str, str]:
        """What `mark.html` shows."""
        words = self._mark.words
        return {"training": words(language.code, "training-how"), "training_word": words(language.code)}

    def words(self, room: Room) -> Words:
        """The fragment for the scene that is due."""
        scene, language, visit = room.scene, room.language, room.visit
        cues, finger = _cues(room, scene), room.view.finger
        cue = cues[0]
        left = room.left_s
        values: dict[str, Any] = {
            **self._marked(language),
            "t": language.text,
            "scene": scene,
            "cue": cue,
            "visit": visit,
        }
        values |= {"room": room, "said": said(language, cue, finger), "left": left}
        values |= {
            "statements": [Statement(each, said(language, each, finger), _fact(room, each)) for each in cues]
        }
        values |= {"hand": Markup(hand.svg(finger)), "reasons": REASONS}  # noqa: S704
        names = [heard(each, finger) for each in cues]
        kinds = {name: room.sounds.find(language.code, name)[0] for name in names}
        values |= {"computer": Voice.SYNTHETIC in kinds.values(), "total": len(visit.parts)}
        values["code"] = qr(visit.slip.number) if scene is Scene.SLIP and visit.slip else ""
        html = self._pages.get_template(f"{scene}.html").render(values)
        part, asked = visit.part if scene is Scene.NOTICE else 0, finger if scene is Scene.FINGER else 0
        return Words(
            key=f"{scene}:{language.code}:{part}:{asked}:{visit.low}",
            html=html,
            lang=language.code,
            dir=language.direction,
            tone=str(Tone.WARN if left is not None else room.view.tone),
            voices=tuple(
                f"/sound/{language.code}/{name}" for name in names if kinds[name] is not Voice.MISSING
            ),
            warn=0 if left is None else round(left),
            lost=self._pages.get_template("lost.html").render({"t": language.text} | self._marked(language)),
        )


def said(language: Language, cue: str, finger: int) -> str:
    """A cue in words."""
    return language.text(cue, finger=finger) if cue else ""


def heard(cue: str, finger: int) -> str:
    """The name of a cue's voice."""
    return f"{cue}-{finger}" if cue == "finger-place" else cue


def _cues(room: Room, scene: Scene) -> tuple[str, ...]:
    if not room.reached:
        return ("fault",)
    if scene is Scene.NOTICE:
        return room.visit.parts[room.visit.part]
    if scene is Scene.BEGIN and room.visit.not_adult:
        return ("not-adult",)
    return (PLAIN_CUES.get(scene, room.view.cue) or "fault",)


def _fact(room: Room, cue: str) -> str:
    """What the operation itself says, beside the part of the notice that speaks of it."""
    notice, text = room.view.notice, room.language.text
    if notice is None:
        return ""
    facts = {
        "notice-1": f"{text('slip-holder')}: {notice.controller}",
        "notice-2": f"{notice.purpose} ({notice.legal_basis})",
        "notice-3": text("slip-days", days=notice.days),
        "notice-5": f"{text('slip-authority')}: {notice.authority}" if notice.authority else "",
    }
    facts |= {"enrol-1": facts["notice-2"], "enrol-2": facts["notice-3"]}
    return facts.get(cue, "")


def _markup(draw: Any) -> Any:
    return lambda name: Markup(draw(name))  # noqa: S704
