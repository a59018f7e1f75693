"""`hotspot panel`: a maintainer's words with the panel, while the kiosk does not run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.devices import panel_update
from hotspot_kiosk.kiosk.devices.panel import described, opened
from hotspot_kiosk.kiosk.devices.panel_image import Image
from hotspot_kiosk.kiosk.devices.panel_link import PanelEvent, PanelLink
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    SCHEMA,
    BeatReply,
    BeatRequest,
    ClearTamperReply,
    ClearTamperRequest,
    Flag,
    Message,
    ServiceReply,
    ServiceRequest,
)


@click.group("panel")
@click.option(
    "--port", type=click.Path(path_type=Path), default=Path("/dev/hotspot-panel"), show_default=True
)
@click.pass_context
def command(context: click.Context, port: Path) -> None:
    """Look at the panel, update it, announce a visit. Stop the kiosk first; the port has room for one."""
    context.obj = port


@command.command()
@click.pass_obj
def status(port: Path) -> None:
    """Who it is and how it is."""
    with _linked(port) as link:
        said = panel_update.hello(link)
        click.echo(f"Panel: {described(said)}.")
        if said.schema != SCHEMA:
            click.echo("It speaks another version than this kiosk; run: hotspot panel install")
            return
        for line in _about(link.ask(Message.BEAT, BeatRequest(0), BeatReply)):
            click.echo(line)


@command.command()
@click.argument("image", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def install(port: Path, image: Path) -> None:
    """Put a signed firmware (panel.img) onto the panel, try it and keep it.

    Whatever happens on the way, the power included, the panel comes back with this or with what it had.
    """
    wanted = Image.read(image.read_bytes())
    with _linked(port) as link:
        said = panel_update.install(link, wanted, _progress())
    click.echo(f"Panel: {described(said)}.")


@command.command("give-back")
@click.pass_obj
def give_back(port: Path) -> None:
    """Leave an image that is only on trial; the panel is what it was before."""
    with _linked(port) as link:
        click.echo(f"Panel: {described(panel_update.give_back(link))}.")


@command.command()
@click.argument("minutes", type=click.IntRange(0, 60))
@click.pass_obj
def service(port: Path, minutes: int) -> None:
    """Announce a visit: for so many minutes an open lid is told but destroys nothing. 0 ends it."""
    with _linked(port) as link:
        _same_version(link)
        if not minutes and link.ask(Message.BEAT, BeatRequest(0), BeatReply).flags & Flag.LID_OPEN:
            raise Refused("the lid is open: close it first, then end the visit")
        link.ask(Message.SERVICE, ServiceRequest(minutes), ServiceReply)
    click.echo(f"The box may be opened for {minutes} minutes." if minutes else "The box is watched again.")


@command.command()
@click.pass_obj
def clear(port: Path) -> None:
    """After a look inside, with the lid closed: lower the zeroise line. How often it rose stays counted."""
    with _linked(port) as link:
        _same_version(link)
        link.ask(Message.CLEAR_TAMPER, ClearTamperRequest(), ClearTamperReply)
    click.echo("Cleared.")


@contextmanager
def _linked(port: Path) -> Iterator[PanelLink]:
    def heard(event: PanelEvent) -> None:
        click.echo(f"Meanwhile: {event}", err=True)

    wire = opened(port)
    try:
        yield PanelLink(wire, time.monotonic, heard)
    finally:
        wire.close()


def _same_version(link: PanelLink) -> None:
    if panel_update.hello(link).schema != SCHEMA:
        raise Refused("the panel speaks another version than this kiosk; run: hotspot panel install")


def _about(how: BeatReply) -> Iterator[str]:
    flags = ", ".join(flag.name.lower().replace("_", " ") for flag in Flag if how.flags & flag) or "all quiet"
    yield f"{flags}; up {how.uptime_s} s, supply {how.supply_mv / 1000:.1f} V, lamp {how.lamp_c} degrees"
    yield (
        f"power cut {how.cut_count} times, {how.bytes_lost} bytes and {how.events_lost} events lost, "
        f"{how.frames_bad} frames not understood"
    )


def _progress() -> Callable[[int, int], None]:
    def say(done: int, of: int) -> None:
        if done == of or done % 16 == 0:
            click.echo(f"{done} of {of} pages", err=True)

    return say
