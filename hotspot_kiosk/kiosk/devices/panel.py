"""The panel: the guard microcontroller at the end of a serial line. What it may do stands in firmware/panel.

Nothing here waits longer than the line's patience; who must not wait at all gives it a thread
(`kiosk.guard`). It decides nothing: events go up as they come.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import serial

from hotspot_kiosk.config import Table, within
from hotspot_kiosk.errors import DeviceLost, WrongDevice
from hotspot_kiosk.kiosk.devices.panel_image import version_text
from hotspot_kiosk.kiosk.devices.panel_link import PanelEvent, PanelLink
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    PROTOCOL,
    SCHEMA,
    BeatReply,
    BeatRequest,
    HelloReply,
    HelloRequest,
    LightReply,
    LightRequest,
    Message,
    ResetCause,
    Scene,
    ShowReply,
    ShowRequest,
    Trust,
)

BAUD = 115_200
POLL_S = 0.02
LIGHT_S = 60


class Options(Table, frozen=True, kw_only=True):
    """Where the panel is. `limit_s`: how long it waits for a beat before it restarts the computer.

    `white`, `infrared`: percent of the face light while a person looks at the camera.
    """

    port: Path
    limit_s: int = 30
    white: int = 60
    infrared: int = 0

    def __post_init__(self) -> None:
        within("limit_s", self.limit_s, 5, 600)
        within("white", self.white, 0, 100)
        within("infrared", self.infrared, 0, 60)


class UartPanel:
    """A panel on a serial port; see `port.Panel`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._port: serial.Serial | None = None
        self._link: PanelLink | None = None

    def open(self, on_event: Callable[[PanelEvent], None]) -> str:
        """Find the panel; see `port.Panel`."""
        self.close()
        self._port = opened(self._options.port)
        self._link = PanelLink(self._port, time.monotonic, on_event)
        said = self._link.ask(Message.HELLO, HelloRequest(PROTOCOL, SCHEMA), HelloReply)
        if said.schema != SCHEMA or said.protocol != PROTOCOL:
            raise WrongDevice(
                f"the panel's firmware {version_text(said.version)} speaks another version than this kiosk; "
                "stop the kiosk and run: hotspot panel install"
            )
        return described(said)

    def beat(self, watched: bool) -> BeatReply:
        """Say that the kiosk lives; see `port.Panel`."""
        limit_s = self._options.limit_s if watched else 0
        return self._opened().ask(Message.BEAT, BeatRequest(limit_s), BeatReply)

    def show(self, scene: Scene) -> None:
        """Ring, sound and face light; see `port.Panel`."""
        link, options = self._opened(), self._options
        link.ask(Message.SHOW, ShowRequest(scene), ShowReply)
        lit = LIGHT_S if scene is Scene.LOOK else 0
        link.ask(Message.LIGHT, LightRequest(options.white, options.infrared, lit), LightReply)

    def light(self, share: float) -> None:
        """The face light's strength; see `port.Panel`."""
        white = round(self._options.white * share)
        self._opened().ask(Message.LIGHT, LightRequest(white, self._options.infrared, LIGHT_S), LightReply)

    def listen(self, seconds: float) -> None:
        """Take in events; see `port.Panel`."""
        self._opened().listen(seconds)

    def close(self) -> None:
        """Give the port back; see `port.Panel`."""
        if self._port is not None:
            self._port.close()
        self._port = self._link = None

    def _opened(self) -> PanelLink:
        if self._link is None:
            raise DeviceLost("the panel is not open")
        return self._link


def opened(path: Path) -> serial.Serial:
    """The port, for us alone. Raises DeviceLost."""
    try:
        return serial.Serial(str(path), BAUD, timeout=POLL_S, write_timeout=1.0, exclusive=True)
    except (OSError, ValueError) as error:
        raise DeviceLost(f"the panel's port {path} cannot be opened: {error}") from None


def described(said: HelloReply) -> str:
    """Who it says it is, in a line for the log."""
    trust = Trust(said.trust).name.lower().replace("_", " ") if said.trust in set(Trust) else "?"
    known = said.reset_cause in set(ResetCause)
    cause = ResetCause(said.reset_cause).name.lower().replace("_", " ") if known else "?"
    key = ", signed by the development key" if said.development_key else ""
    return (
        f"firmware {version_text(said.version)} in slot {'AB'[said.slot % 2]} ({trust}{key}), "
        f"started by {cause}, opened {said.tampered} times"
    )


def build(options: Options) -> UartPanel:
    """A panel, unopened."""
    return UartPanel(options)
