"""A new firmware for the panel, over its line: send, try, confirm or give back.

The panel's loader decides whether an image is genuine; the kiosk confirms it only after having talked
to it. Until then every start counts as a trial, and after three the panel is its old self again.
"""

from __future__ import annotations

from collections.abc import Callable

from hotspot_kiosk.errors import DeviceLost, Refused
from hotspot_kiosk.kiosk.devices.panel_image import Image, version_text
from hotspot_kiosk.kiosk.devices.panel_link import PanelLink
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    PROTOCOL,
    SCHEMA,
    BeatReply,
    BeatRequest,
    ConfirmReply,
    ConfirmRequest,
    HelloReply,
    HelloRequest,
    Message,
    RebootReply,
    RebootRequest,
    Trust,
    UpdateBeginReply,
    UpdateBeginRequest,
    UpdateEndReply,
    UpdateEndRequest,
    UpdatePageReply,
    UpdatePageRequest,
)

ERASE_S = 10.0  # 17 sectors at the slowest
RESTART_TRIES = 12
TRIALS = 3
Say = Callable[[int, int], None]


def _silent(done: int, of: int) -> None:
    """Nobody asked how far it is."""


def hello(link: PanelLink) -> HelloReply:
    """Who is there. Raises DeviceLost."""
    return link.ask(Message.HELLO, HelloRequest(PROTOCOL, SCHEMA), HelloReply)


def install(link: PanelLink, image: Image, say: Say = _silent) -> HelloReply:
    """Send the image, start it, confirm it; returns what the panel then says of itself.

    Raises Refused with a sentence if the panel will not have it or did not keep it, DeviceLost if the
    line went: the panel then runs what it ran before. `say` hears how many pages are there.
    """
    _check(hello(link), image)
    send(link, image, say)
    restart(link)
    there = await_panel(link)
    if there.version != image.header.version or there.trust == Trust.CONFIRMED:
        raise Refused("the panel did not accept the image's signature and runs what it ran before")
    return confirm(link)


def send(link: PanelLink, image: Image, say: Say = _silent) -> None:
    """Only put it into the slot that does not run."""
    pages = list(image.pages())
    link.ask(Message.UPDATE_BEGIN, UpdateBeginRequest(image.head), UpdateBeginReply, ERASE_S)
    for number, content in pages:
        link.ask(Message.UPDATE_PAGE, UpdatePageRequest(number, content), UpdatePageReply)
        say(number + 1, len(pages))
    link.ask(Message.UPDATE_END, UpdateEndRequest(), UpdateEndReply)


def confirm(link: PanelLink) -> HelloReply:
    """The kiosk is content: it can talk to this image. Raises Refused if their schemas differ."""
    there = hello(link)
    if there.schema != SCHEMA:
        raise Refused(
            f"the panel's firmware {version_text(there.version)} speaks another version; not confirmed"
        )
    link.ask(Message.BEAT, BeatRequest(0), BeatReply)
    link.ask(Message.CONFIRM, ConfirmRequest(), ConfirmReply)
    return hello(link)


def give_back(link: PanelLink) -> HelloReply:
    """Use up the trials of an image that is not wanted; returns what the panel is then."""
    there = hello(link)
    for _ in range(TRIALS + 1):
        if there.trust != Trust.ON_TRIAL:
            break
        restart(link)
        there = await_panel(link)
    return there


def restart(link: PanelLink) -> None:
    """Let the panel start anew, through its loader."""
    link.ask(Message.REBOOT, RebootRequest(), RebootReply)
    link.listen(0.1)


def await_panel(link: PanelLink) -> HelloReply:
    """HELLO until it is answered: a first start checks a signature. Raises DeviceLost."""
    for _ in range(RESTART_TRIES - 1):
        try:
            return hello(link)
        except DeviceLost:
            continue
    return hello(link)


def _check(there: HelloReply, image: Image) -> None:
    wanted = image.header
    if wanted.schema != SCHEMA:
        raise Refused(
            f"firmware {version_text(wanted.version)} speaks another version of the panel's line than this kiosk; "
            "update the kiosk first"
        )
    if wanted.security < there.least_security:
        raise Refused(
            f"firmware {version_text(wanted.version)} has security step {wanted.security}, "
            f"the panel does not go below {there.least_security}; take a newer one"
        )
    if there.trust == Trust.ON_TRIAL:
        raise Refused("the panel is trying another image; confirm it or give it back first")
