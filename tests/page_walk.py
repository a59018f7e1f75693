"""Every page that a capture subject can come to, found by pressing what is really on it.

The session, the room, the routes and the templates are the kiosk's own; a test plays devices, disk, hub and clock.
A `Place` is a page with all that decides what it leads to; `explore` finds every one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import making
from starlette.applications import Starlette

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk import events
from hotspot_kiosk.kiosk.daemon import BUTTONS, _without
from hotspot_kiosk.kiosk.desk import Ask, Told
from hotspot_kiosk.kiosk.notices import Notice
from hotspot_kiosk.kiosk.session import Plan, Session, State, step
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.pages import COOKIE, SubjectPages
from hotspot_kiosk.kiosk.web.room import CAPTURING, Room, Rules
from hotspot_kiosk.kiosk.web.sounds import Sounds
from hotspot_kiosk.kiosk.web.visit import LEAST_S, Visit
from hotspot_kiosk.kiosk.web.words import Writer
from hotspot_kiosk.operation import Kind
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import Advice, Answer, AnswerType, Decision, FingerPosition

PLAN = Plan((FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX), attempts=2, review=True)
NOTICE = Notice(Kind.HOTSPOT, "a drill", "the act", "Bureau 5", "Authority 6", 30)
SLIP = Paper("26000-17000-0001B-7ZK2M9-QX41TB-W0AC8J", "Bureau 5", 30, "", "")
READS_S = 2 * LEAST_S + 0.1  # no part of a notice has more statements than two
Key = tuple[Any, ...]
RESTING = (State.IDLE, State.DONE, State.FAULT)


@dataclass(frozen=True, slots=True)
class Button:
    """One that stands on a page. touches: how many it takes; one more where a list must be opened first."""

    path: str
    fields: tuple[tuple[str, str], ...]
    touches: int

    def says(self, **fields: str) -> bool:
        """Whether it sends all of these."""
        return set(fields.items()) <= set(self.fields)


@dataclass(frozen=True, slots=True)
class Place:
    """A page: what the session and the visit are, without what changes by itself. buttons: what is on it."""

    session: Session = field(repr=False)
    room: tuple[Any, ...] = field(repr=False)
    scene: str
    key: Key
    buttons: tuple[Button, ...] = field(repr=False)


class Reader(HTMLParser):
    """The buttons of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.buttons: list[Button] = []
        self._path, self._hidden, self._deep = "", {}, 0  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Forms, what they send, and lists that must be opened."""
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._path, self._hidden = has["action"], {}
        elif tag == "input":
            if has["name"] != "form":
                self._hidden[has["name"]] = has["value"]
        elif tag == "details":
            self._deep += 1
        elif tag == "button" and has.get("type") != "button":
            fields = tuple(({**self._hidden, has["name"]: has["value"]}).items())
            self.buttons.append(Button(self._path, fields, 1 + self._deep))

    def handle_endtag(self, tag: str) -> None:
        """The list is over."""
        self._deep -= tag == "details"


class World:
    """One kiosk that can be set to any place and asked what follows."""

    def __init__(self, starts: str = "officer", writer: Writer | None = None) -> None:
        self.now = 100.0
        self.session = Session(PLAN, link_up=True)
        rules = Rules(starts)  # type: ignore[arg-type]
        self.writer = writer or Writer()
        self.room = Room(Languages(wanted=["en"]), Sounds(None), rules, self._ask, lambda: self.now)
        self._pages = Starlette(routes=SubjectPages(self.room, self.writer).routes())
        self._pending: list[events.Event] = []
        self._loop = asyncio.Runner()
        self.handed = 1 if starts == "person" else 0
        self._loop.run(self.room.hear(self._status()))

    def close(self) -> None:
        """Nothing follows any more."""
        self._loop.close()

    def key(self) -> Key:
        """What tells this place from others."""
        visit, view, session = self.room.visit, self.room.view, self.session
        key: Key = (session.state, self.room.scene, view.cue, visit.not_adult, visit.slip is None, visit.low)
        key += (session.faults, session.tcn is None, visit.language is None)
        if session.state is State.NOTICE:
            key += (visit.part, frozenset(filter(visit.read, visit.spent)))
        if session.state in CAPTURING:
            failed = frozenset(failure.split(":")[0] for failure in session.failures)
            key += (session.finger, session.touch, session.attempts_left, len(session.captures), failed)
            key += (session.partly,)
        return (*key, self.handed) if session.state is State.IDLE else key

    def place(self) -> Place:
        """Where it stands now, and what is on the page."""
        reader = Reader()
        reader.feed(self.writer.words(self.room).html)
        return Place(self.session, self._kept(), self.room.scene, self.key(), tuple(reader.buttons))

    def restore(self, place: Place) -> None:
        """Back to a place, with a visit of its own."""
        self.session, self._pending = place.session, []
        visit, self.room.view, self.handed, self.now, self.room._sign = place.room
        self.room.visit = replace(visit, spent=dict(visit.spent))

    def press(self, place: Place, button: Button) -> int:
        """Touch it after the page was read; returns the status."""
        self.restore(place)
        self.now += READS_S
        return self._loop.run(self._post(button))

    def happens(self, place: Place, event: events.Event) -> None:
        """Something that is not the person's doing."""
        self.restore(place)
        self._loop.run(self._step(event))

    def nobody_moves(self, place: Place) -> None:
        """Until the page or the session is at its patience's end."""
        self.restore(place)
        self.now += 120.0
        self._loop.run(self._wait())

    async def _wait(self) -> None:
        await self.room.look_after()
        await self._drain()
        await self._step(events.Tick())

    def _kept(self) -> tuple[Any, ...]:
        visit = replace(self.room.visit, spent=dict(self.room.visit.spent))
        return visit, self.room.view, self.handed, self.now, self.room._sign

    async def _post(self, button: Button) -> int:
        body = urlencode([*button.fields, ("form", self.room.visit.form)]).encode()
        cookie = f"{COOKIE}={self.room.visit.token}".encode()
        heads = [(b"cookie", cookie), (b"x-quiet", b"1"), (b"host", b"kiosk")]
        scope = {"type": "http", "method": "POST", "path": button.path, "headers": heads, "query_string": b""}
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._pages({**scope, "root_path": "", "http_version": "1.1"}, receive, send)  # type: ignore[arg-type]
        await self._drain()
        return int(sent[0]["status"])

    async def _ask(self, ask: Ask) -> Told:
        """As the daemon takes a word at its desk."""
        if ask.do == "slip":
            if self.session.tcn is None:
                raise Refused("there is no slip")
            return Told(kind="slip", slip=SLIP)
        if ask.do == "begin alone":
            if not self.handed:
                raise Refused("an officer has to open self-service first")
            self.handed -= 1
            self._pending.append(events.Begin(alone=True))
        elif ask.do == "not adult":
            self.handed = 0
            await self.room.hear(self._status())
        elif ask.do in BUTTONS or ask.do == "without":
            if self.session.state in RESTING:
                raise Refused("nobody is being checked")
            self._pending.append(_without(ask) if ask.do == "without" else BUTTONS[ask.do])
        return self._status()

    async def _drain(self) -> None:
        while self._pending:
            await self._step(self._pending.pop(0))

    async def _step(self, event: events.Event) -> None:
        before = self.session
        self.session, effects = step(before, event, int(self.now * 1000))
        for effect in effects:
            if isinstance(effect, events.Show):
                await self.room.hear(Told(kind="show", prompt=effect.prompt, detail=effect.detail))
        if self.session.state is not before.state:
            await self.room.hear(self._status())
        if isinstance(event, events.Stored):
            await self.room.hear(Told(kind="stored", tcn=event.tcn))

    def _status(self) -> Told:
        notice = NOTICE if self.session.state is State.NOTICE else None
        return Told(kind="status", state=self.session.state, notice=notice, handed=self.handed)


def kindly(session: Session) -> Iterator[events.Event]:
    """What happens where everything works."""
    turn, tcn = session.turn, session.tcn
    if session.state is State.IDLE:
        yield events.Begin()
    elif session.state is State.FACE:
        yield events.Sampled(turn, making.face_capture(), False)
    elif session.state is State.FINGERS:
        yield events.Sampled(turn, making.finger_capture(1, session.position), False)
    elif session.state is State.WAITING and tcn is None:
        yield events.Stored(making.tcn(1))
    elif tcn is not None and session.state is State.WAITING:
        yield events.Answered(Answer(tcn, AnswerType.SRE, Decision.NO_HIT, (), making.NOW))
    elif session.state is State.FAULT:
        yield from (events.Found(device) for device in session.faults)


def unkindly(session: Session) -> Iterator[events.Event]:
    """What happens where it does not."""
    if session.state in (State.FACE, State.FINGERS):
        yield events.Missed(session.turn, Advice.LOOK_STRAIGHT)
    if session.state is State.WAITING and session.tcn is None:
        yield events.StoreRefused("the disk is full")
    elif session.state is not State.FAULT:
        yield events.Lost("camera")


@dataclass(frozen=True, slots=True)
class Graph:
    """places by their key; touched: what a button led to, with the status; kind, unkind, left: what else leads where."""

    places: dict[Key, Place]
    touched: dict[Key, dict[Button, tuple[int, Key]]]
    kind: dict[Key, list[Key]]
    unkind: dict[Key, list[Key]]
    left: dict[Key, Key]


def explore(world: World) -> Graph:
    """Every place that can be reached."""
    first = world.place()
    graph = Graph({first.key: first}, {}, {}, {}, {})
    todo = [first]

    def came() -> Key:
        key = world.key()
        if key not in graph.places:
            graph.places[key] = world.place()
            todo.append(graph.places[key])
        return key

    while todo:
        here = todo.pop()
        instant = here.session.state is State.WAITING and here.session.tcn is None
        graph.touched[here.key] = {}
        for button in () if instant else dict.fromkeys(here.buttons):
            status = world.press(here, button)
            graph.touched[here.key][button] = (status, came())
        for kinds, what in ((graph.kind, kindly), (graph.unkind, unkindly)):
            kinds[here.key] = []
            for event in what(here.session):
                world.happens(here, event)
                kinds[here.key].append(came())
        if not instant:
            world.nobody_moves(here)
            graph.left[here.key] = came()
    return graph


__all__ = ["CAPTURING", "Button", "Graph", "Place", "Visit", "World", "explore"]
