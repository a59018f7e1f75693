"""The pages' process with a kiosk that a bench plays: a desk, a preview, an officer who is signed in.

The process, its sockets and whatever browser comes to it are real. Nobody is checked, nothing is stored.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hotspot_kiosk.errors import LinkDown, Refused
from hotspot_kiosk.kiosk.capture.preview import Preview, of
from hotspot_kiosk.kiosk.desk import Ask, Desk, Told
from hotspot_kiosk.kiosk.notices import Notice
from hotspot_kiosk.kiosk.staff import counter
from hotspot_kiosk.operation import Kind
from hotspot_kiosk.simulator.broker import free_port
from hotspot_kiosk.slip import Paper

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
NOTICE = Notice(Kind.HOTSPOT, "a drill", "the act", "the bureau", "the authority", 30)
TOKEN, OFFICER, PATIENCE_S = "bench", "k1", 180.0
CONFIG = """\
kiosk = {{device = 1, post = "bench", country = "XPO", agency = "BENCH", desk = "{desk}"}}
keys = {{own = "k", peers = "p"}}
models = {{manifest = "m", folder = "m"}}
outbox = {{path = "o"}}
operation = {{file = "f"}}
camera = {{}}
finger = {{}}
link = {{}}
session = {{subject_s = 3000.0}}
page = {{port = {port}}}
"""


class PlayedKiosk:
    """The far end of the pages' line. `start` returns once they answer."""

    def __init__(self, folder: Path) -> None:
        path = folder / "desk"
        self.desk, self.preview = Desk(path, self._hear), Preview(of(path))
        self.slip: Paper | None = None
        self.state = "idle"
        self.view = counter.View(
            officer=OFFICER,
            roles=("officer",),
            how="pin",
            left_s=3000.0,
            now=datetime.now(UTC),
            clock=True,
            state="idle",
            link=True,
            waiting=0,
        )
        self._port = free_port()
        self._config = folder / "page.toml"
        self._config.write_text(CONFIG.format(desk=path, port=self._port))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where a browser finds them."""
        return f"http://localhost:{self._port}"

    @property
    def pid(self) -> int:
        """The pages' process. Raises LinkDown if it does not run."""
        if self._process is None:
            raise LinkDown("the pages were not started")
        return self._process.pid

    def start(self) -> None:
        """Raises LinkDown if they never answer."""
        self.desk.start()
        self.preview.start()
        command = [sys.executable, "-c", "from hotspot_kiosk.cli import main; main()", "kiosk", "page", "-c"]
        self._process = subprocess.Popen([*command, str(self._config)], env=os.environ)
        ends = time.monotonic() + PATIENCE_S
        with socket.socket() as knock:
            while knock.connect_ex(("127.0.0.1", self._port)):
                if time.monotonic() > ends:
                    raise LinkDown("the pages do not answer")
                time.sleep(0.1)

    def close(self) -> None:
        """End it all."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self.desk.close()
        self.preview.close()

    def go(self, state: str, **view: object) -> None:
        """The session enters a state; an officer sees it, and these other things."""
        self.state = state
        self.view = msgspec.structs.replace(self.view, state=state, now=datetime.now(UTC), **view)
        self.desk.tell(self._status())

    def show(self, prompt: str, detail: str = "") -> None:
        """The session tells a person something."""
        self.desk.tell(Told(kind="show", prompt=prompt, detail=detail))

    def store(self, slip: Paper) -> None:
        """A record is kept, and its person's slip is written."""
        self.slip = slip
        self.desk.tell(Told(kind="stored"))

    def _hear(self, ask: Ask) -> Told | counter.AnyHeard:
        if ask.counter is not None:
            return self._counter(ask.counter)
        if ask.do == "slip":
            return Told(kind="slip", slip=self.slip)
        if ask.do == "cancel" and self.state == "idle":
            raise Refused("nobody is being checked")
        return self._status()

    def _counter(self, asked: counter.AnyRequest) -> counter.AnyHeard:
        if isinstance(asked, counter.Who):
            return counter.Names(names=(OFFICER,), roster=True)
        if isinstance(asked, counter.ByPin):
            return counter.Entered(token=TOKEN, left_s=3000.0)
        return self.view if isinstance(asked, counter.Look) else counter.Did()

    def _status(self) -> Told:
        return Told(
            kind="status", state=self.state, notice=NOTICE if self.state == "notice" else None, link=True
        )
