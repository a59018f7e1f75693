"""What a hit looks and sounds like before the person: as any other answer. The officer's page alone tells it apart."""

from __future__ import annotations

import pytest
from making import DEVICE, NOW, tcn

from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.devices.panel_protocol import Scene
from hotspot_kiosk.kiosk.events import Answered, Prompt, Show
from hotspot_kiosk.kiosk.guard import SCENES, concerns
from hotspot_kiosk.kiosk.session import Plan, Session, State, step
from hotspot_kiosk.kiosk.web.advice import Advices
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.scenes import Tone, View, seen
from hotspot_kiosk.terms import Answer, AnswerType, Candidate, Decision

HIT = (Candidate("REF-1", 1, 9.5),)


def answer(decision: Decision, device: int = DEVICE) -> Answer:
    """About the person who waits, or, of another device, about somebody else."""
    found = HIT if decision is Decision.POSSIBLE_MATCH else ()
    return Answer(tcn(1, device), AnswerType.SRE, decision, found, NOW)


def shown(told: Answer, state: State = State.WAITING) -> list[Prompt]:
    """What the session shows before its person when that comes."""
    session, effects = step(Session(Plan(), state=state, tcn=tcn(1)), Answered(told), 1_000)
    prompts = [effect.prompt for effect in effects if isinstance(effect, Show)]
    return [prompt for prompt in prompts if concerns(prompt, session.state)]


@pytest.mark.parametrize("decision", [Decision.POSSIBLE_MATCH, Decision.NO_HIT, Decision.UNDECIDED])
def test_the_panels_light_says_only_that_it_is_over(decision: Decision) -> None:
    """The same scene, whatever the answer: a light beside a face accuses nobody."""
    assert [SCENES[prompt] for prompt in shown(answer(decision))] == [Scene.DONE]


@pytest.mark.parametrize("state", [State.IDLE, State.FACE, State.FINGERS, State.WAITING])
def test_a_hit_about_somebody_else_changes_no_light(state: State) -> None:
    """The person who stands here has nothing to do with it, and needs the light on their face."""
    assert shown(answer(Decision.POSSIBLE_MATCH, DEVICE + 1), state) == []


@pytest.mark.parametrize("decision", [Decision.POSSIBLE_MATCH, Decision.NO_HIT])
def test_the_persons_screen_sounds_the_same(decision: Decision) -> None:
    """The tone at the end is that of the end."""
    view, advices = View(state=State.WAITING), Advices(Languages())
    for prompt in shown(answer(decision)):
        view = seen(view, Told(kind="show", prompt=prompt), advices)
    view = seen(view, Told(kind="status", state="done"), advices)
    assert (view.tone, view.cue) == (Tone.END, "done-thanks")
