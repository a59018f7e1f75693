"""Officers' pages: sign-in, the desk, answers, the queue, the operation. They hold no authority: the daemon decides.

A browser has two cookies: its own secret, given before anybody signs in, and the token of who did. Neither is worth
anything without the other. Every form carries a token of its own.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from hashlib import sha256
from secrets import token_bytes, token_urlsafe
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from hotspot_kiosk.errors import HotspotError, LinkDown, Refused, SignInNeeded
from hotspot_kiosk.kiosk.staff import counter
from hotspot_kiosk.kiosk.web.coach import Coach
from hotspot_kiosk.kiosk.web.languages import Language, Languages
from hotspot_kiosk.kiosk.web.mark import Mark
from hotspot_kiosk.kiosk.web.room import Room
from hotspot_kiosk.kiosk.web.sounds import TONES, tone
from hotspot_kiosk.kiosk.web.words_officer import LESSON, MAINTAINER, PAGES, OfficerWriter, Page, Slip

BROWSER, BADGE, SPEAKS = "browser", "badge", "speaks"
HOME = "/officer"
LOOK_S = 1.0
SCREEN_S = 60
YES = {"adult", "protection", "everything"}
ACT_FIELDS = {"do", "about", "reason", "reference", "finding"}
Fields = Mapping[str, str]
Asker = Callable[[counter.AnyRequest], Awaitable[counter.AnyHeard]]


class OfficerPages:
    """The routes under /officer."""

    def __init__(
        self,
        room: Room,
        languages: Languages,
        ask: Asker,
        mark: Mark | None = None,
        coach: Coach | None = None,
    ) -> None:
        """`ask` may raise Refused, SignInNeeded, LinkDown. coach: who plays the lessons of a training."""
        self._room, self._languages, self._ask, self._coach = room, languages, ask, coach
        self._mark = mark or Mark()
        self._writer = OfficerWriter(languages, self._mark)
        self._secret = token_bytes(32)

    def routes(self) -> list[Route]:
        """All of them."""
        posts = {
            "pin": self._pin,
            "leave": self._leave,
            "act": self._act,
            "touch": self._touch,
            "language": self._speak,
            "support": self._support,
        }
        if self._coach is not None:
            posts["coach"] = self._learn
        return [
            Route(HOME, self._signing_in),
            Route(f"{HOME}/key", self._key_page),
            Route(f"{HOME}/state", self._state),
            Route(f"{HOME}/tone/{{name}}.wav", self._tone),
            Route(f"{HOME}/key/ask", self._posted(self._key_ask, as_json=True), methods=["POST"]),
            Route(f"{HOME}/key/answer", self._posted(self._key_answer, as_json=True), methods=["POST"]),
            *(Route(f"{HOME}/{name}", self._posted(how), methods=["POST"]) for name, how in posts.items()),
            Route(f"{HOME}/answer/{{record}}", self._page),
            Route(f"{HOME}/picture/{{record}}/{{which}}.jpg", self._picture),
            Route(f"{HOME}/{{name}}", self._page),
        ]

    async def _signing_in(self, request: Request) -> Response:
        return await self._sign_in_page(request)

    async def _key_page(self, request: Request) -> Response:
        return await self._sign_in_page(request, "key")

    async def _sign_in_page(
        self, request: Request, name: str = "signin", problem: str = "", status: int = 200
    ) -> Response:
        """The only pages for who is not signed in; the browser gets its secret here."""
        browser = request.cookies.get(BROWSER) or token_urlsafe(32)
        names: tuple[str, ...] = ()
        try:
            heard = await self._ask(counter.Who(browser=browser))
            names = heard.names if isinstance(heard, counter.Names) else ()
        except HotspotError as error:
            problem, status = problem or str(error), 503
        if request.query_params.get("ended") and not problem:
            problem = self._language(request).text("ended")
        screen_s = SCREEN_S if request.url.scheme == "http" else 0
        page = Page(
            name,
            self._language(request),
            self._form(browser),
            names=names,
            problem=problem,
            screen_s=screen_s,
        )
        response = HTMLResponse(self._writer.page(page) or "", status)
        self._bake(request, response, BROWSER, browser)
        return response

    async def _page(self, request: Request) -> Response:
        name, record = request.path_params.get("name", ""), request.path_params.get("record", "")
        if (not record and name not in PAGES) or (name == LESSON and self._coach is None):
            return Response("no such page", 404)
        return await self._shown(request, name, record, touch=True)

    async def _shown(
        self,
        request: Request,
        name: str,
        record: str = "",
        *,
        touch: bool,
        problem: str = "",
        note: str = "",
    ) -> Response:
        try:
            html = await self._html(request, name, record, touch=touch, problem=problem, note=note)
        except SignInNeeded as error:
            return await self._sign_in_page(request, problem=str(error), status=403)
        except (Refused, LinkDown) as error:
            return await self._sign_in_page(request, problem=str(error), status=503)
        if html is None:
            return RedirectResponse(f"{HOME}/answers", 303)
        return HTMLResponse(html, 409 if problem else 200)

    async def _html(
        self,
        request: Request,
        name: str,
        record: str,
        *,
        touch: bool,
        problem: str = "",
        note: str = "",
    ) -> str | None:
        browser, language = request.cookies.get(BROWSER, ""), self._language(request)
        view = await self._ask(counter.Look(**self._who(request), touch=touch))
        if not isinstance(view, counter.View):
            raise LinkDown("the kiosk does not answer")
        cares = name == "health" and touch and MAINTAINER in view.roles
        return self._writer.page(
            Page(
                name,
                language,
                self._form(browser),
                view,
                record,
                cue=self._cue(view, language),
                advice={each.advice: self._advice(each.advice, language) for each in view.samples},
                problem=problem,
                note=note,
                slip=self._slip(),
                cared=await self._cared(request) if cares else None,
                lesson=await self._coach.course(language.code, self._mark) if self._coach else None,
            )
        )

    async def _cared(self, request: Request, *, bundle: bool = False) -> counter.Cared:
        """Takes seconds, so only when somebody opens the page."""
        heard = await self._ask(counter.Care(**self._who(request), bundle=bundle))
        if not isinstance(heard, counter.Cared):
            raise LinkDown("the kiosk does not answer")
        return heard

    async def _support(self, request: Request, _fields: Fields) -> Response:
        content = (await self._cared(request, bundle=True)).bundle
        heads = {"content-disposition": 'attachment; filename="hotspot-support.tar.gz"'}
        return Response(content, media_type="application/gzip", headers=heads)

    async def _state(self, request: Request) -> Response:
        name, _, record = request.query_params.get("page", "").partition("/")
        if name not in (*PAGES, "answer"):
            return Response("no such page", 404)
        return StreamingResponse(self._stream(request, name, record), media_type="text/event-stream")

    async def _stream(self, request: Request, name: str, record: str) -> AsyncIterator[bytes]:
        """The page again whenever it is another; looking keeps nobody signed in."""
        before, version = "", self._room.version
        while True:
            try:
                html = await self._html(request, name, record, touch=False) or before
            except SignInNeeded:
                yield b"event: over\ndata: {}\n\n"
                return
            except (Refused, LinkDown):
                html = before
            yield b": beat\n\n" if html == before else b"data: " + msgspec.json.encode(html) + b"\n\n"
            before, version = html, await self._room.changed(version, LOOK_S)

    def _posted(
        self, how: Callable[[Request, Fields], Awaitable[Response]], *, as_json: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            body = await request.body()
            fields = (
                dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=12)) if not as_json else {}
            )
            shown = request.headers.get("x-form", "") if as_json else fields.get("form", "")
            browser = request.cookies.get(BROWSER, "")
            if not browser or not hmac.compare_digest(shown.encode(), self._form(browser).encode()):
                return await self._again(request, fields, "this page is old; try once more", 403, as_json)
            try:
                return await how(request, fields)
            except SignInNeeded as error:
                return await self._sign_in_page(request, problem=str(error), status=403)
            except HotspotError as error:
                return await self._again(request, fields, str(error), 409, as_json)

        return handle

    async def _again(
        self, request: Request, fields: Fields, problem: str, status: int, as_json: bool
    ) -> Response:
        """The page that the form stood on, with what went wrong."""
        if as_json:
            return JSONResponse({"problem": problem}, status)
        name, _, record = fields.get("page", "").partition("/")
        if request.cookies.get(BADGE) and name in (*PAGES, "answer"):
            return await self._shown(request, name, record, touch=True, problem=problem)
        return await self._sign_in_page(request, problem=problem, status=status)

    async def _pin(self, request: Request, fields: Fields) -> Response:
        asked = counter.ByPin(
            browser=request.cookies[BROWSER], officer=fields.get("officer", ""), pin=fields.get("pin", "")
        )
        return self._entered(request, await self._ask(_checked(asked)), RedirectResponse(f"{HOME}/desk", 303))

    async def _key_ask(self, request: Request, _fields: Fields) -> Response:
        told = await _json(request)
        asked = counter.Challenge(
            browser=request.cookies[BROWSER],
            officer=str(told.get("officer", "")),
            origin=request.headers.get("origin", ""),
            make=told.get("make") is True,
        )
        heard = await self._ask(_checked(asked))
        if not isinstance(heard, counter.Challenged):
            raise LinkDown("the kiosk does not answer")
        allowed = [{"type": "public-key", "id": name} for name in heard.credentials]
        options = heard.options or {
            "challenge": heard.challenge,
            "rpId": heard.rp,
            "allowCredentials": allowed,
            "userVerification": "required",
            "timeout": 60_000,
        }
        return JSONResponse({"options": options})

    async def _key_answer(self, request: Request, _fields: Fields) -> Response:
        told = await _json(request)
        response = told.get("response")
        if not isinstance(response, dict):
            raise Refused("the key did not answer; try once more")
        make = told.get("make") is True
        asked = counter.ByKey(browser=request.cookies[BROWSER], response=response, make=make)
        heard = await self._ask(asked)
        if isinstance(heard, counter.Made):
            return JSONResponse({"key": heard.key})
        return self._entered(request, heard, JSONResponse({}))

    def _entered(self, request: Request, heard: counter.AnyHeard, response: Response) -> Response:
        if not isinstance(heard, counter.Entered):
            raise LinkDown("the kiosk does not answer")
        self._bake(request, response, BADGE, heard.token)
        return response

    async def _leave(self, request: Request, _fields: Fields) -> Response:
        await self._ask(counter.Leave(**self._who(request)))
        response = RedirectResponse(HOME, 303)
        response.delete_cookie(BADGE, path=HOME)
        response.delete_cookie(BROWSER, path=HOME)
        return response

    async def _act(self, request: Request, fields: Fields) -> Response:
        asked: dict[str, Any] = {key: value for key, value in fields.items() if key in ACT_FIELDS}
        asked |= {key: True for key in YES if fields.get(key) == "yes"}
        asked["origins"] = tuple(fields.get("origins", "").upper().replace(",", " ").split())
        if fields.get("people", "").isdecimal():
            asked["people"] = int(fields["people"][:3])
        heard = await self._ask(_checked({"ask": "act", **self._who(request), **asked}))
        await self._room.announce()
        name, _, record = fields.get("page", "").partition("/")
        page = name if name in (*PAGES, "answer") else "desk"
        if isinstance(heard, counter.Did) and heard.note:
            return await self._shown(request, page, record, touch=True, note=heard.note)
        return RedirectResponse(f"{HOME}/{page}/{record}" if record else f"{HOME}/{page}", 303)

    async def _learn(self, request: Request, fields: Fields) -> Response:
        """What an officer asks of the lesson; who is not signed in asks nothing."""
        await self._ask(counter.Look(**self._who(request), touch=True))
        if self._coach is not None:
            await self._coach.asked(fields)
        await self._room.announce()
        page = fields.get("page", "")
        return RedirectResponse(f"{HOME}/{page if page in PAGES else LESSON}", 303)

    async def _touch(self, request: Request, _fields: Fields) -> Response:
        await self._ask(counter.Look(**self._who(request), touch=True))
        back = request.headers.get("referer", "").partition(HOME)[2]
        return RedirectResponse(f"{HOME}{back}" if back.startswith("/") else f"{HOME}/desk", 303)

    async def _speak(self, request: Request, fields: Fields) -> Response:
        language = self._languages.get(fields.get("code", ""))
        if language is None:
            raise Refused("this language is not here")
        page = fields.get("page", "")
        known = page.partition("/")[0] in (*PAGES, "answer", "key")
        response = RedirectResponse(f"{HOME}/{page}" if known else HOME, 303)
        self._bake(request, response, SPEAKS, language.code)
        return response

    async def _picture(self, request: Request) -> Response:
        """One of the two faces; never kept by the browser, as nothing of these pages is."""
        where = {"about": request.path_params["record"], "which": request.path_params["which"]}
        asked = {
            "ask": "picture",
            **self._who(request),
            **where,
            "reference": request.query_params.get("of", ""),
        }
        try:
            heard = await self._ask(_checked(asked))
        except SignInNeeded as error:
            return Response(str(error), 403)
        except HotspotError as error:
            return Response(str(error), 404)
        jpeg = heard.jpeg if isinstance(heard, counter.Pictured) else b""
        return Response(jpeg, media_type="image/jpeg")

    async def _tone(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in TONES:
            return Response("no such tone", 404)
        return Response(await asyncio.to_thread(tone, name), media_type="audio/wav")

    def _who(self, request: Request) -> dict[str, str]:
        return {"token": request.cookies.get(BADGE, ""), "browser": request.cookies.get(BROWSER, "")}

    def _form(self, browser: str) -> str:
        return hmac.new(self._secret, browser.encode(), sha256).hexdigest()

    def _language(self, request: Request) -> Language:
        return self._languages.get(request.cookies.get(SPEAKS, "")) or self._languages.source

    def _cue(self, view: counter.View, language: Language) -> str:
        """What the person is told now, in the officer's language."""
        seen = self._room.view
        if not seen.cue or seen.state != view.state:
            return ""
        subject = self._room.languages.get(language.code) or self._room.languages.source
        return subject.text(seen.cue, finger=seen.finger)

    def _slip(self) -> Slip | None:
        paper = self._room.visit.slip
        return Slip(paper, self._room.language) if paper is not None else None

    def _advice(self, said: str, language: Language) -> str:
        subject = self._room.languages.get(language.code) or self._room.languages.source
        found = self._room.advices.find(said, "")
        return subject.text(found) if found else said

    def _bake(self, request: Request, response: Response, name: str, value: str) -> None:
        secure = request.url.scheme == "https"
        response.set_cookie(name, value, path=HOME, httponly=True, samesite="strict", secure=secure)


def _checked(asked: counter.Request | dict[str, Any]) -> Any:
    """What a form sent, as the daemon would take it. Raises Refused for what it would not even read."""
    try:
        raw = asked if isinstance(asked, dict) else msgspec.to_builtins(asked)
        return msgspec.convert(raw, counter.AnyRequest)
    except msgspec.ValidationError as error:
        raise Refused(f"this cannot be taken: {error}") from None


async def _json(request: Request) -> dict[str, Any]:
    try:
        told = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Refused("this page is old; try once more") from None
    return told if isinstance(told, dict) else {}
