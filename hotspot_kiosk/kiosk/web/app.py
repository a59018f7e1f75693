"""Builds the page process: room, pages, gate; and runs it. The composition root of the pages.

It has no key, no outbox and no device: all it can do is what the desk's socket lets it ask.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from hotspot_kiosk.config import KioskConfig, Page, Tablet
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.kiosk.capture.preview import of
from hotspot_kiosk.kiosk.web import ear, preview
from hotspot_kiosk.kiosk.web.coach import Coach
from hotspot_kiosk.kiosk.web.gate import Gate
from hotspot_kiosk.kiosk.web.languages import Languages
from hotspot_kiosk.kiosk.web.mark import Mark, Marked
from hotspot_kiosk.kiosk.web.officers import OfficerPages
from hotspot_kiosk.kiosk.web.pages import SubjectPages
from hotspot_kiosk.kiosk.web.painted import Painted
from hotspot_kiosk.kiosk.web.room import EARLIER_S, Room, Rules
from hotspot_kiosk.kiosk.web.sounds import Sounds
from hotspot_kiosk.kiosk.web.words import Writer
from hotspot_kiosk.kiosk.web.words_officer import FOLDER

STATIC = Path(__file__).with_name("static")
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Built:
    """What is reached on this machine, and what a tablet reaches, if anything."""

    kiosk: Gate
    tablet: Gate | None


def build(config: KioskConfig) -> Built:
    """The applications. Raises ConfigError or BadBytes with a sentence that says what to change."""
    desk, table = config.kiosk.desk, config.page
    languages = Languages(wanted=table.languages)
    training = config.kiosk.training
    mark = Mark.of(training=training)
    rules = Rules(table.starts, max(1.0, config.session.subject_s - EARLIER_S), training)
    room = Room(languages, Sounds(table.voices), rules, partial(ear.ask, desk, training), time.monotonic)
    pages = SubjectPages(room, Writer(mark))
    asked = partial(ear.ask_counter, desk, training)
    coach = Coach(table.coach) if table.coach is not None else None
    officers = OfficerPages(room, Languages(FOLDER), asked, mark, coach).routes()
    static = Mount("/static", StaticFiles(directory=STATIC))
    painted = Painted(time.monotonic).routes()
    routes = [*pages.routes(), *painted, preview.route(room, of(desk), pages.holds), *officers, static]
    whole = Starlette(routes=routes, lifespan=partial(_lifespan, ear.Ear(desk, room)))
    app = Marked(whole) if training else whole
    tablet = (
        None
        if table.tablet is None
        else Gate(Starlette(routes=[*officers, static]), (table.tablet.host,), "https")
    )
    return Built(Gate(app, hosts(table)), tablet)


def hosts(table: Page) -> tuple[str, ...]:
    """The names that the page is reached by."""
    return (f"localhost:{table.port}", f"{LOOPBACK}:{table.port}", *table.hosts)


def serve(config: KioskConfig) -> None:
    """Run until told to stop. Raises ConfigError if the tablet's certificate cannot be used."""
    built = build(config)
    servers = [_server(built.kiosk, host=LOOPBACK, port=config.page.port)]
    if built.tablet is not None and config.page.tablet is not None:
        servers.append(_tablet(built.tablet, config.page.tablet))
    asyncio.run(_together(servers))


def _server(app: Gate, **where: Any) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            ws="websockets-sansio",
            ws_max_size=1 << 20,
            limit_concurrency=32,
            timeout_graceful_shutdown=2,
            **where,
        )
    )


def _tablet(app: Gate, table: Tablet) -> uvicorn.Server:
    server = _server(
        app,
        host=table.address,
        port=int(table.host.rpartition(":")[2]),
        ssl_certfile=table.certificate,
        ssl_keyfile=table.key,
        lifespan="off",
    )
    try:
        server.config.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"[page.tablet] certificate and key cannot be used: {error}") from None
    if server.config.ssl is not None:
        server.config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return server


async def _together(servers: list[uvicorn.Server]) -> None:
    """Whoever is told to stop tells the others."""

    async def run(server: uvicorn.Server) -> None:
        await server.serve()
        for other in servers:
            other.should_exit = True

    await asyncio.gather(*(run(server) for server in servers))


@contextlib.asynccontextmanager
async def _lifespan(listener: ear.Ear, _app: Starlette) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(listener.listen()), asyncio.create_task(listener.look_after())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
