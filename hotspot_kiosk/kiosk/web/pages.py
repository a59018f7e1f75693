"""What the capture subject's screen may ask for: the page, its state as a stream, choices, sounds.

Only the browser that holds the screen is answered; every choice carries the form's token.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from hotspot_kiosk.errors import LinkDown, OutboxRefused, Refused
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.web.room import Room
from hotspot_kiosk.kiosk.web.sounds import TONES, tone, voices
from hotspot_kiosk.kiosk.web.words import REASONS, Writer

COOKIE = "screen"
BEAT_S = 10.0
PRESSES = {"accept": Ask("accept"), "retake": Ask("retake"), "cancel": Ask("cancel")}
Fields = Mapping[str, str]
Choice = Callable[[Fields], Awaitable[None]]


class SubjectPages:
    """The routes for the person who is checked."""

    def __init__(self, room: Room, writer: Writer) -> None:
        self._room = room
        self._writer = writer

    def routes(self) -> list[Route]:
        """All of them."""
        choices: dict[str, Choice] = {
            "/language": self._language,
            "/begin": self._begin,
            "/notice": self._notice,
            "/press": self._press,
            "/seat": self._seat,
            "/here": self._here,
        }
        return [
            Route("/", self._page),
            Route("/state", self._state),
            Route("/sound/{language}/{message}", self._sound),
            Route("/tone/{name}.wav", self._tone),
            *(Route(path, self._choice(choice), methods=["POST"]) for path, choice in choices.items()),
        ]

    def holds(self, connection: HTTPConnection) -> bool:
        """Whether this browser holds the screen."""
        shown = connection.cookies.get(COOKIE, "")
        return hmac.compare_digest(shown.encode(), self._room.visit.token.encode())

    async def _page(self, request: Request) -> Response:
        room = self._room
        if not self.holds(request):
            if room.screens:
                return HTMLResponse(self._writer.elsewhere(room), 409)
            room.claim()
        response = HTMLResponse(self._writer.page(room))
        response.set_cookie(COOKIE, room.visit.token, httponly=True, samesite="strict")
        return response

    async def _state(self, request: Request) -> Response:
        if not self.holds(request):
            return Response("this screen is over", 403)
        return StreamingResponse(self._stream(self._room.visit.token), media_type="text/event-stream")

    async def _stream(self, token: str) -> AsyncIterator[bytes]:
        room, version = self._room, -1
        room.screens += 1
        try:
            while room.visit.token == token:
                version = room.version
                yield b"data: " + msgspec.json.encode(asdict(self._writer.words(room))) + b"\n\n"
                while (now := await room.changed(version, BEAT_S)) == version:
                    yield b": beat\n\n"
                version = now
            yield b"event: over\ndata: {}\n\n"
        finally:
            room.screens -= 1

    def _choice(self, choice: Choice) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            form = await _fields(request)
            token = form.get("form", "")
            if not self.holds(request) or not hmac.compare_digest(
                token.encode(), self._room.visit.form.encode()
            ):
                return Response("this screen is over", 403)
            try:
                await choice(form)
                await self._room.touched()
            except (Refused, OutboxRefused, LinkDown) as error:
                await self._room.announce()
                return Response(str(error), 409)
            quiet = request.headers.get("x-quiet")
            return Response(status_code=204) if quiet else RedirectResponse("/", 303)

        return handle

    async def _language(self, form: Fields) -> None:
        """Without a code the list is opened."""
        code, visit = form.get("code", ""), self._room.visit
        language = self._room.languages.get(code)
        if language is not None:
            visit.speak(language, self._room.now())
        elif code:
            raise Refused("this language is not here")
        else:
            visit.choose(self._room.now())

    async def _begin(self, form: Fields) -> None:
        room = self._room
        if room.rules.starts != "person":
            raise Refused("an officer begins the check here")
        if form.get("adult") != "yes":
            room.visit.not_adult = True
            await room.ask(Ask("not adult"))
            return
        if room.visit.not_adult:
            raise Refused("who said that they are under 18 speaks with an officer first")
        try:
            await room.ask(Ask("begin alone"))
        except Refused:
            await room.hear(await room.ask(Ask("status")))
            raise

    async def _notice(self, form: Fields) -> None:
        room, go = self._room, form.get("go")
        if go == "end":
            sound, _ = room.sounds.find(room.language.code, "notice-1")  # in every lane the first part
            proof = room.visit.proof(room.now(), sound)
            await room.ask(Ask("notice read", shown=proof))
        else:
            room.visit.turn(-1 if go == "back" else 1, room.now())

    async def _press(self, form: Fields) -> None:
        button, reason = form.get("do", ""), form.get("reason", "")
        if not await self._room.comes_to(form.get("about", self._room.about)):
            raise Refused("this was about something else; look at the page once more")
        if button == "without" and reason == "no-fingers":
            await self._room.ask(Ask("without", reason="cannot", everything=True))
        elif button == "without" and reason in REASONS:
            await self._room.ask(Ask("without", reason=reason))  # type: ignore[arg-type]
        elif button == "stop":
            await self._stop()
        elif button in PRESSES:
            await self._room.ask(PRESSES[button])
        else:
            raise Refused("there is no such button")

    async def _stop(self) -> None:
        """Stop is always there: a check is cancelled; where none runs, the screen is wiped."""
        try:
            await self._room.ask(PRESSES["cancel"])
        except Refused:
            await self._room.leave()

    async def _seat(self, form: Fields) -> None:
        self._room.visit.low = not self._room.visit.low

    async def _here(self, form: Fields) -> None:
        """Only a touch."""

    async def _sound(self, request: Request) -> Response:
        room = self._room
        language = room.languages.get(request.path_params["language"])
        message = request.path_params["message"]
        if language is None or message not in voices(room.languages) or not self.holds(request):
            return Response("no such sound", 404)
        kind, file = room.sounds.find(language.code, message)
        return (
            Response("no such sound", 404) if file is None else FileResponse(file, headers={"x-voice": kind})
        )

    async def _tone(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in TONES:
            return Response("no such tone", 404)
        return Response(await asyncio.to_thread(tone, name), media_type="audio/wav")


async def _fields(request: Request) -> Fields:
    """The fields of a form; the gate has seen to its length."""
    return dict(parse_qsl((await request.body()).decode("ascii", "replace"), max_num_fields=8))
