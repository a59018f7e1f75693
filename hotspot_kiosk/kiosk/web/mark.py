"""The mark of training on the pages: every page of a training kiosk carries it, and no page goes out without.

The words come from their own Fluent files; the templates show them wherever `training` is not empty. `Marked`
stands between the pages and the browser and lets no page through that lacks the mark.
"""

from __future__ import annotations

from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hotspot_kiosk.kiosk.web.languages import Languages

FOLDER = Path(__file__).with_name("locales_training")
ATTRIBUTE = b'data-mark="training"'


class Mark:
    """The mark's words in each language; none where nothing is training."""

    def __init__(self, languages: Languages | None = None) -> None:
        self._languages = languages

    @classmethod
    def of(cls, *, training: bool) -> Mark:
        """The mark of such a kiosk."""
        return cls(Languages(FOLDER) if training else None)

    @property
    def shown(self) -> bool:
        """Whether there is one."""
        return self._languages is not None

    def words(self, code: str, message: str = "training") -> str:
        """A message in this language, or in the source language; empty where nothing is training."""
        if self._languages is None:
            return ""
        return (self._languages.get(code) or self._languages.source).text(message)


class Marked:
    """Wraps a training kiosk's pages: a page without the mark becomes an error instead."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at every page that goes out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body"):
                    await _let_go(held, send)

        await self._app(scope, receive, out)


def _is_page(start: Message) -> bool:
    heads = dict(start.get("headers", ()))
    return bool(heads.get(b"content-type", b"").startswith(b"text/html"))


async def _let_go(held: list[Message], send: Send) -> None:
    body = b"".join(part.get("body", b"") for part in held[1:])
    if ATTRIBUTE in body:
        for message in held:
            await send(message)
        return
    said = b"a page of a training without its mark is not shown"
    heads = [(b"content-type", b"text/plain"), (b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": heads})
    await send({"type": "http.response.body", "body": said})
