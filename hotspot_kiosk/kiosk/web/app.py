"""Builds the page process: room, pages, gate; and runs it. The composition root of the pages.

It has no key, no outbox and no device: all it can do is what the desk's socket lets it ask.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from hotspot_kiosk.config import KioskConfig, Page
from hotspot_kiosk.kiosk.preview import of
from hotspot_kiosk.kiosk.web import ear, preview
from hotspot_kiosk.kiosk.web.gate import Gate
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.pages import SubjectPages
from hotspot_kiosk.kiosk.web.painted import Painted
from hotspot_kiosk.kiosk.web.room import EARLIER_S, Room, Rules
from hotspot_kiosk.kiosk.web.sounds import Sounds
from hotspot_kiosk.kiosk.web.words import Writer

STATIC = Path(__file__).with_name("static")
LOOPBACK = "127.0.0.1"


def build(config: KioskConfig) -> Gate:
    """The application. Raises ConfigError or BadBytes with a sentence that says what to change."""
    desk, table = config.kiosk.desk, config.page
    languages = Languages(wanted=table.languages)
    rules = Rules(table.starts, max(1.0, config.session.subject_s - EARLIER_S))
    room = Room(languages, Sounds(table.voices), rules, partial(ear.ask, desk), time.monotonic)
    pages = SubjectPages(room, Writer())
    routes = [
        *pages.routes(),
        *Painted(time.monotonic).routes(),
        preview.route(room, of(desk), pages.holds),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    app = Starlette(routes=routes, lifespan=partial(_lifespan, ear.Ear(desk, room)))
    return Gate(app, hosts(table))


def hosts(table: Page) -> tuple[str, ...]:
    """The names that the page is reached by."""
    return (f"localhost:{table.port}", f"{LOOPBACK}:{table.port}", *table.hosts)


def serve(config: KioskConfig) -> None:
    """Run until told to stop."""
    settings = uvicorn.Config(
        build(config),
        host=LOOPBACK,
        port=config.page.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        ws="websockets-sansio",
        ws_max_size=1 << 20,
        limit_concurrency=32,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(settings).run()


@contextlib.asynccontextmanager
async def _lifespan(listener: ear.Ear, _app: Starlette) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(listener.listen()), asyncio.create_task(listener.look_after())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
