"""No page of the capture subject is a dead end: every page that can be reached, by the buttons that are really on it.

Officer-led and self-service, with and without a language chosen, seated or not, devices that fail, a disk that is full.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
from page_walk import CAPTURING, Button, Graph, Key, Place, World, explore

from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.web.scenes import Scene
from hotspot_kiosk.kiosk.web.words import REASONS

ENDED = (State.IDLE, State.DONE)
OF_A_FACE, OF_A_FINGER = ("bandaged", "cannot", "refuses"), (*REASONS, "no-fingers")


@pytest.fixture(scope="module")
def graph() -> Graph:
    """All of it; whoever an officer begins with is in it, too."""
    with contextlib.closing(World("person")) as world:
        return explore(world)


def ways(graph: Graph, key: Key, *, stop: bool = True) -> Iterator[Key]:
    """Where a person comes to from there, where everything works: by touch, or by what they give."""
    yield from (to for button, (_, to) in graph.touched[key].items() if stop or not button.says(do="stop"))
    yield from graph.kind[key]
    if graph.places[key].session.state is State.DONE:  # the last words stand for a while
        yield graph.left[key]


def reached(graph: Graph, start: Key, *, stop: bool = True) -> set[Key]:
    """Every place that a person can come to from there."""
    seen, todo = {start}, [start]
    while todo:
        fresh = set(ways(graph, todo.pop(), stop=stop)) - seen
        seen |= fresh
        todo += fresh
    return seen


def begun(place: Place) -> bool:
    """Whether somebody is being checked, or waits for what came of it."""
    return place.session.state in CAPTURING or (
        place.session.state is State.WAITING and place.session.tcn is not None
    )


def without_stop(graph: Graph) -> list[str]:
    """Pages of a check that one touch does not stop, and those of somebody who came and has no way back."""
    bad = []
    for key, place in graph.places.items():
        if not begun(place) and place.scene not in (Scene.WAIT, Scene.BEGIN):
            continue
        ends = (State.DONE,) if begun(place) else (State.IDLE,)
        stops = [to for button, (_, to) in graph.touched[key].items() if button.says(do="stop")]
        direct = all(button.touches == 1 for button in place.buttons if button.says(do="stop"))
        if not stops or not direct or any(graph.places[to].session.state not in ends for to in stops):
            bad.append(f"{place.scene} in {place.session.state}")
    return bad


def without_a_way_on(graph: Graph) -> list[str]:
    """Pages of a check from which nobody comes to a record but by beginning anew."""
    return [
        f"{place.scene} in {place.session.state}"
        for key, place in graph.places.items()
        if begun(place)
        and not any(graph.places[to].session.tcn is not None for to in reached(graph, key, stop=False))
    ]


def unsaid(graph: Graph) -> list[str]:
    """Reasons why something cannot be given that take more than two touches, or after which it is asked for still."""
    bad = []
    for key, place in graph.places.items():
        reasons = {Scene.FACE: OF_A_FACE, Scene.FINGER: OF_A_FINGER}.get(Scene(place.scene), ())
        for reason in reasons:
            found = [b for b in graph.touched[key] if b.says(do="without", reason=reason)]
            if not found or found[0].touches > 2 or not heard(graph, key, found[0], reason):
                bad.append(f"{reason} at {place.scene}")
    return bad


def heard(graph: Graph, key: Key, button: Button, reason: str) -> bool:
    """Whether it is asked for no longer; of a finger that is there in part, whether that is known; of no finger, whether
    none is asked for.
    """
    place, next_one = graph.places[key], graph.places[graph.touched[key][button][1]]
    if reason == "partly":
        return place.session.position in next_one.session.partly
    if reason == "no-fingers":
        return next_one.session.state is not State.FINGERS
    return asked(place) != asked(next_one)


def asked(place: Place) -> str:
    """What a person is to give."""
    state = place.session.state
    return f"finger {place.session.finger}" if state is State.FINGERS else str(state)


def dead_buttons(graph: Graph) -> list[str]:
    """Buttons that are refused or change nothing; "I need more time" changes only the time."""
    return [
        f"{button} at {graph.places[key].scene} in {graph.places[key].session.state}"
        for key, touched in graph.touched.items()
        for button, (status, to) in touched.items()
        if status != 204
        or (to == key and button.path != "/here" and not known_already(graph.places[key], button))
    ]


def known_already(place: Place, button: Button) -> bool:
    """That a part of this finger is missing may be said twice."""
    session = place.session
    return button.says(reason="partly") and session.position in session.partly


def never_over(graph: Graph) -> list[str]:
    """Pages that stay for ever though nobody touches them, while the machine works."""
    bad = []
    for key in graph.places:
        seen: set[Key] = set()
        here = key
        while here not in seen:
            seen.add(here)
            here = graph.left.get(here) or graph.kind[here][0]
        last = graph.places[here]
        fresh = last.scene == Scene.LANGUAGE and last.session.state is State.IDLE
        if not fresh and last.session.state is not State.FAULT:
            bad.append(f"{graph.places[key].scene} in {graph.places[key].session.state}")
    return bad


def no_way_home(graph: Graph) -> list[str]:
    """Pages from which the next person's first page is never reached."""
    start = next(iter(graph.places))
    return [
        f"{place.scene} in {place.session.state}"
        for key, place in graph.places.items()
        if start[:6] not in {to[:6] for to in reached(graph, key)}
    ]


Check = Callable[[Graph], list[str]]
CHECKS: tuple[Check, ...] = (
    without_stop,
    without_a_way_on,
    unsaid,
    dead_buttons,
    never_over,
    no_way_home,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_from_every_page_there_is_a_stop_and_a_way_on(graph: Graph, check: Check) -> None:
    """Nothing is found by any of the checks, on any page that a person can come to."""
    assert {place.scene for place in graph.places.values()} == set(Scene)
    assert sorted(set(check(graph))) == []


def altered(graph: Graph, keep: Callable[[Button], bool], touches: int = 0) -> Graph:
    """The same pages without some of their buttons, or with lists in lists."""
    more = lambda button: replace(button, touches=button.touches + touches)  # noqa: E731
    touched = {
        key: {more(button): to for button, to in old.items() if keep(button)}
        for key, old in graph.touched.items()
    }
    return replace(graph, touched=touched)


@pytest.mark.parametrize(
    ("check", "gone"),
    [
        (without_stop, {"do": "stop"}),
        (without_a_way_on, {"do": "accept"}),
        (without_a_way_on, {"go": "end"}),
        (unsaid, {"reason": "bandaged"}),
        (unsaid, {"reason": "no-fingers"}),
    ],
)
def test_the_checks_miss_a_button_that_is_gone(graph: Graph, check: Check, gone: dict[str, str]) -> None:
    """Whoever takes a button from a template hears of it."""
    assert check(altered(graph, lambda button: not button.says(**gone)))


def test_the_checks_see_a_reason_that_is_hidden_deeper(graph: Graph) -> None:
    """Three touches are one too many."""
    assert unsaid(altered(graph, lambda _button: True, touches=1))


def test_who_gives_nothing_comes_to_the_end_in_four_touches(graph: Graph) -> None:
    """No face, no finger: the check is over, and an officer is the way on; nothing was kept."""
    face = next(key for key, place in graph.places.items() if place.scene == Scene.FACE)
    refuses = next(b for b in graph.touched[face] if b.says(do="without", reason="refuses"))
    finger = graph.touched[face][refuses][1]
    none = next(b for b in graph.touched[finger] if b.says(do="without", reason="no-fingers"))
    end = graph.places[graph.touched[finger][none][1]]
    assert refuses.touches + none.touches == 4
    assert (end.session.state, end.session.captures, "done-nothing" in end.key) == (State.DONE, (), True)
