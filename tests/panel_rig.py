"""The firmware built once, and the real host side of the line at the near end of an emulated panel."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

from hotspot_kiosk.kiosk.devices.panel_frames import Frame, FrameReader
from hotspot_kiosk.kiosk.devices.panel_link import PanelEvent, PanelLink
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    PROTOCOL,
    SCHEMA,
    BeatReply,
    BeatRequest,
    HelloReply,
    HelloRequest,
    Message,
)
from hotspot_kiosk.kiosk.devices.panel_record import Record
from hotspot_kiosk.simulator.panel_board import PanelBoard

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware" / "panel"
R = TypeVar("R", bound=Record)


@cache
def build(*targets: str) -> Path:
    """The folder of what `make -C firmware/panel` makes; skips where a tool or the network is missing."""
    for tool in ("make", "gcc", "arm-none-eabi-gcc"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}: run `make test`, or apt-get install gcc-arm-none-eabi make gcc")
    command = ["make", "-C", str(FIRMWARE), f"PYTHON={sys.executable}", *targets]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "cannot be fetched" in done.stderr:
        pytest.skip("Monocypher cannot be fetched without a network: run `make firmware` with one")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return FIRMWARE / "build"


@cache
def build_with_schema(number: int, folder: Path) -> bytes:
    """The app as it would be if it was made of another schema."""
    header = (build() / "protocol.h").read_text().replace(f"0x{SCHEMA:08X}u", f"0x{number:08X}u")
    for name in ("monocypher.c", "monocypher.h", "key.h"):
        shutil.copy(FIRMWARE / "build" / name, folder)
    (folder / "protocol.h").write_text(header)
    command = ["make", "-C", str(FIRMWARE), f"PYTHON={sys.executable}", f"B={folder}", f"{folder}/app.bin"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return (folder / "app.bin").read_bytes()


class BoardWire:
    """The near end of the line: emulated time passes while somebody reads."""

    def __init__(self, board: PanelBoard) -> None:
        self.board = board

    def read(self, size: int) -> bytes:
        self.board.run(1.0)
        return self.board.heard()[:size]

    def write(self, data: bytes) -> int:
        self.board.send(data)
        return len(data)


class Rig:
    """A board and the host's side of its line."""

    def __init__(self, flash: bytes, **times: float) -> None:
        self.board = PanelBoard(flash, **times)
        self.events: list[PanelEvent] = []
        self.link = PanelLink(BoardWire(self.board), lambda: self.board.now_ms / 1000, self.events.append)

    def boot(self, most_ms: float = 3000) -> None:
        """Until the app sleeps in its loop and listens."""
        while not self.board.idle and self.board.now_ms < most_ms:
            self.board.run(2)
        self.board.run(2)

    def hello(self, schema: int = SCHEMA) -> HelloReply:
        return self.link.ask(Message.HELLO, HelloRequest(PROTOCOL, schema), HelloReply)

    def beat(self, limit_s: int = 0) -> BeatReply:
        return self.link.ask(Message.BEAT, BeatRequest(limit_s), BeatReply)

    def ask(self, message: Message, request: Record, reply: type[R]) -> R:
        return self.link.ask(message, request, reply)

    def raw(self, frame: Frame, ms: float = 20) -> list[Frame]:
        """Whatever comes back for a frame of one's own."""
        self.board.send(frame.encode())
        self.board.run(ms)
        return FrameReader().feed(self.board.heard())


@cache
def factory() -> bytes:
    """Flash as it leaves the factory."""
    return (build() / "panel.bin").read_bytes()


@cache
def first_start() -> tuple[bytes, HelloReply]:
    """Flash after the first start, which checks the signature and remembers that it did; and what was said."""
    rig = Rig(factory())
    rig.boot()
    return rig.board.flash, rig.hello()


def settled() -> bytes:
    """Flash of a panel that has been started once."""
    return first_start()[0]


def booted(**times: float) -> Rig:
    """A panel that has started and said HELLO."""
    rig = Rig(settled(), **times)
    rig.boot()
    rig.hello()
    return rig
