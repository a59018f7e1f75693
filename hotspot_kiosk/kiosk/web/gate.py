"""What every request passes: whose pages may talk to us, and what a browser may do with what we say.

Host is held against a list (a foreign name that points here opens nothing), Origin against our own on
every request that changes something and on every WebSocket, where browsers keep no such rule.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 4096
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
SAFE = ("GET", "HEAD")


class Gate:
    """Wraps an application; `hosts` are the names it is reached by, with their ports."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], scheme: str = "http") -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"{scheme}://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through with our headers, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        why = self._refusal(scope)
        if why is None:
            await self._app(scope, receive, _with_headers(send))
        else:
            await _refuse(scope, _with_headers(send), *why)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        heads = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if heads.get("host", "") not in self._hosts:
            return 421, "this kiosk has another name"
        if scope["type"] == "http" and scope["method"] in SAFE:
            return None
        if heads.get("origin", "") not in self._origins:
            return 403, "only this kiosk's own pages may do that"
        if heads.get("sec-fetch-site", "same-origin") != "same-origin":
            return 403, "only this kiosk's own pages may do that"
        return _too_much(heads) if scope["type"] == "http" else None


def _too_much(heads: dict[str, str]) -> tuple[int, str] | None:
    length = heads.get("content-length", "")
    if not length.isdecimal():
        return 411, "say how long it is"
    return (413, "too long") if int(length) > MOST_BODY else None


def _with_headers(send: Send) -> Send:
    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            heads = [(name, value) for name, value in message.get("headers", ()) if name not in _OURS]
            message = {**message, "headers": [*heads, *_OURS.items()]}
        await send(message)

    return out


_OURS = {name.encode(): value.encode() for name, value in HEADERS.items()}


async def _refuse(scope: Scope, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why})
        return
    body = why.encode()
    heads = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": heads})
    await send({"type": "http.response.body", "body": body})
