"""The page process's line to the daemon: hears everything on the desk's socket, asks on another connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path

import msgspec
from msgspec import structs

from hotspot_kiosk.errors import LinkDown, Refused
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.desk import Ask, Problem, Told
from hotspot_kiosk.kiosk.staff.counter import AnyHeard, AnyRequest
from hotspot_kiosk.kiosk.web.room import Room

log = logging.getLogger(__name__)
AGAIN_S = 1.0
LOOK_S = 0.5


class Ear:
    """Listens until cancelled, whether the daemon is there or not."""

    def __init__(self, path: Path, room: Room) -> None:
        self._path = path
        self._room = room

    async def listen(self) -> None:
        """For ever; a daemon that goes away is waited for."""
        while True:
            with contextlib.suppress(OSError, msgspec.DecodeError, ValueError):
                await self._hear()
            await self._room.deaf()
            await asyncio.sleep(AGAIN_S)

    async def look_after(self) -> None:
        """For ever: warn who does not move, wipe after who left."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._room.look_after()
            except (LinkDown, Refused) as error:
                log.info("the daemon did not follow: %s", error)

    async def _hear(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=1 << 20)
        try:
            writer.write(desk.line(Ask("watch")))
            while heard := await reader.readline():
                told = msgspec.json.decode(heard, type=Told | Problem)
                if isinstance(told, Told):
                    await self._room.hear(told)
        finally:
            writer.close()


async def ask(path: Path, training: bool, request: Ask) -> Told:
    """Ask the daemon. Raises LinkDown, or Refused, also where the two are not of one kind."""
    return await asyncio.to_thread(desk.ask, path, structs.replace(request, training=training))


async def ask_counter(path: Path, training: bool, request: AnyRequest) -> AnyHeard:
    """Ask the daemon for an officer. Raises LinkDown, Refused or SignInNeeded."""
    return await asyncio.to_thread(desk.ask_counter, path, request, training)
