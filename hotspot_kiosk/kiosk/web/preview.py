"""The preview's way to the screen: from the daemon's socket into a WebSocket, one picture at a time.

Only for who holds the screen, only while the face is asked for. The browser says one byte when a
picture is on the screen; only then the next one is asked for. Nothing is kept here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from hotspot_kiosk.kiosk.capture.preview import HEAD, SHOWN
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.web.room import Room

MOST_BYTES = 1 << 20
LOOK_S = 0.5
OVER = 4403


def route(room: Room, socket: Path, holds: Callable[[HTTPConnection], bool]) -> WebSocketRoute:
    """The preview's route."""

    async def preview(screen: WebSocket) -> None:
        await screen.accept()
        if holds(screen):
            with contextlib.suppress(WebSocketDisconnect, OSError, asyncio.IncompleteReadError):
                await _relay(screen, socket, lambda: room.view.state is State.FACE and holds(screen))
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await screen.close(OVER)

    return WebSocketRoute("/preview", preview)


async def _relay(screen: WebSocket, socket: Path, wanted: Callable[[], bool]) -> None:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        while wanted():
            try:
                head = await asyncio.wait_for(reader.readexactly(HEAD.size), LOOK_S)
            except TimeoutError:
                continue
            length, _ = HEAD.unpack(head)
            if length > MOST_BYTES:
                return
            await screen.send_bytes(await reader.readexactly(length))
            await screen.receive_bytes()
            writer.write(SHOWN)
    finally:
        writer.close()
