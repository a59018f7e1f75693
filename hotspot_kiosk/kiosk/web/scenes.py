"""What the capture subject's page shows, as a pure function of what the daemon tells.

It never takes a decision or a candidate from the daemon: whoever was searched hears the same words at the end.
Who is enrolled hears whether that is done; it says nothing about the person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.events import Prompt
from hotspot_kiosk.kiosk.notices import Notice
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.web.advice import POSITIONS, Advices


class Scene(StrEnum):
    """Which page a person sees."""

    LANGUAGE = "language"
    BEGIN = "begin"
    WAIT = "wait"
    NOTICE = "notice"
    FACE = "face"
    FINGER = "finger"
    REVIEW = "review"
    WAITING = "waiting"
    DONE = "done"
    SLIP = "slip"
    FAULT = "fault"


class Tone(StrEnum):
    """Short sounds that need no language."""

    NONE = ""
    GO = "go"
    GOOD = "good"
    AGAIN = "again"
    WARN = "warn"
    END = "end"


@dataclass(frozen=True, slots=True)
class View:
    """How the session looks from outside. `cue`: a message's id; `finger`: the one that is shown, by its code, 0 for none.

    asked: the finger that the session waits for; the next one is shown while the image of this one travels.
    alive: whether somebody stands there, as far as the devices tell; it grows with every sign.
    notice: which notice is due, while one is.
    handed: how many people may begin by themselves.
    """

    state: State = State.IDLE
    cue: str = ""
    finger: int = 0
    asked: int = 0
    tone: Tone = Tone.NONE
    alive: int = 0
    notice: Notice | None = None
    handed: int = 0


FIRST_CUE = {
    State.FACE: "face-look",
    State.FINGERS: "finger-place",
    State.REVIEW: "review",
    State.WAITING: "waiting",
    State.DONE: "done-thanks",
    State.FAULT: "fault",
}
LAST_WORDS = {
    Prompt.KEPT: "done-kept",
    Prompt.LATE: "done-kept",
    Prompt.STOPPED: "done-stopped",
    Prompt.NOTHING_CAPTURED: "done-nothing",
    Prompt.ENROLLED: "done-enrolled",
    Prompt.OFFICER_LOOKS: "done-officer",
    Prompt.NOT_ENROLLED: "done-not-enrolled",
}
NOBODY_THERE = ("advice-no-face", "face-look")


def seen(view: View, told: Told, advices: Advices) -> View:
    """The next view. What a subject has no business to know changes nothing."""
    if told.kind == "status":
        return replace(_stands(view, State(told.state)), notice=told.notice, handed=told.handed)
    return _shown(view, told, advices) if told.kind == "show" else view


def _stands(view: View, state: State) -> View:
    if state is view.state:
        return view
    keeps = state is State.DONE and view.cue in LAST_WORDS.values()
    cue = view.cue if keeps or _asked(view, state) else FIRST_CUE.get(state, "")
    return replace(view, state=state, cue=cue, tone=Tone.END if state is State.DONE else Tone.GO)


def _asked(view: View, state: State) -> bool:
    """Whether the state's first word came before the state itself."""
    return state is State.FINGERS and view.cue == "finger-place"


def _shown(view: View, told: Told, advices: Advices) -> View:
    prompt = Prompt(told.prompt)
    if prompt in LAST_WORDS:
        return replace(view, cue=LAST_WORDS[prompt])
    if prompt is Prompt.PLACE_FINGER:
        cue, finger = advices.find(told.hint, "finger-place"), POSITIONS.get(told.detail, view.asked)
        return replace(view, cue=cue, finger=finger, asked=finger, tone=_invites(view, finger))
    if prompt is Prompt.FACE_TAKEN:
        return _face_taken(view, told.detail)
    if prompt is Prompt.LOOK_AT_CAMERA:
        return _face(view, advices.find(told.detail, "face-look"))
    if prompt is Prompt.AGAIN:
        return replace(view, cue=advices.find(told.detail, "again"), finger=view.asked, tone=Tone.AGAIN)
    return _small(view, prompt, told.detail)


def _face(view: View, cue: str) -> View:
    there = cue not in NOBODY_THERE
    return replace(view, cue=cue, tone=Tone.NONE, alive=view.alive + there)


def _face_taken(view: View, then: str) -> View:
    """Who is asked for a finger next hears so at once; the session follows when the features are made."""
    view = replace(view, alive=view.alive + 1, tone=Tone.GO)
    if then not in POSITIONS:
        return replace(view, cue="finger-reading")
    return replace(view, cue="finger-place", finger=POSITIONS[then], asked=POSITIONS[then])


def _lifts(view: View, then: int) -> View:
    """The image is made, and travels: who gives another finger next is shown which, and lifts this one for it."""
    view = replace(view, tone=Tone.GOOD, alive=view.alive + 1)
    if then in (0, view.asked):
        return replace(view, cue="finger-lift")
    return replace(view, cue="finger-place", finger=then)


def _invites(view: View, finger: int) -> Tone:
    """Who was shown this finger already heard so."""
    return view.tone if view.asked != view.finger == finger else Tone.GO


def _small(view: View, prompt: Prompt, detail: str) -> View:
    if prompt is Prompt.LIFT_FINGER:
        return _lifts(view, POSITIONS.get(detail, 0))
    if prompt is Prompt.READING:
        shown = view.cue if view.finger != view.asked else "finger-reading"
        return replace(view, cue=shown, tone=Tone.NONE, alive=view.alive + 1)
    return replace(view, cue="going-on", tone=Tone.GO) if prompt is Prompt.GOING_ON else view
