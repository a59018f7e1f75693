"""The pages' process over a real socket, with a kiosk that a test plays, and a real browser where there is one."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.capture.preview import Preview, of
from hotspot_kiosk.kiosk.desk import Ask, Desk, Told
from hotspot_kiosk.kiosk.notices import Notice
from hotspot_kiosk.kiosk.staff.counter import AnyHeard, AnyRequest
from hotspot_kiosk.operation import Kind
from hotspot_kiosk.simulator.broker import free_port
from hotspot_kiosk.slip import Paper

ROOT = Path(__file__).resolve().parents[1]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
FLAGS += ["--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"]
SHOTS = ROOT / "build" / "pages"


def until(condition: Callable[[], bool], what: str = "it never came true", timeout_s: float = 60) -> None:
    """Wait for it."""
    ends = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


class Kiosk:
    """The far end of the pages' line: a desk and a preview; keeps what was asked, tells what a test wants."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "desk"
        self.asked: list[Ask] = []
        self.state = "idle"
        self.kind: Kind | None = Kind.HOTSPOT
        self.handed = 0
        self.slip: Paper | None = None
        self.desk = Desk(self.path, self._hear)
        self.preview = Preview(of(self.path))
        self.counter: Callable[[AnyRequest], AnyHeard] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self.desk.start()
        self.preview.start()

    def close(self) -> None:
        """Stop."""
        self.desk.close()
        self.preview.close()

    def go(self, state: str) -> None:
        """The session enters a state."""
        self.state = state
        self.desk.tell(self._status())

    def show(self, prompt: str, detail: str = "") -> None:
        """The session shows something."""
        self.desk.tell(Told(kind="show", prompt=prompt, detail=detail))

    def did(self, word: str) -> list[Ask]:
        """What was asked with this word."""
        return [ask for ask in self.asked if ask.do == word]

    def store(self, slip: Paper | None) -> None:
        """A record is kept, and its person's slip is written."""
        self.slip = slip
        self.desk.tell(Told(kind="stored"))

    def _hear(self, ask: Ask) -> Told | AnyHeard:
        if ask.counter is not None and self.counter is not None:
            return self.counter(ask.counter)
        if ask.do == "slip":
            if self.slip is None:
                raise Refused("there is no slip")
            return Told(kind="slip", slip=self.slip)
        if ask.do not in ("status", "begin", "begin alone", "not adult") and self.state in (
            "idle",
            "done",
            "fault",
        ):
            raise Refused("nobody is being checked")
        if ask.do == "begin alone" and not self.handed:
            raise Refused("an officer has to open self-service first")
        if ask.do != "status":
            self.asked.append(ask)
        return self._status()

    def _status(self) -> Told:
        due = self.state == "notice" and self.kind is not None
        notice = Notice(self.kind, "a drill", "the act", "Bureau 5", "Authority 6", 30) if due else None  # type: ignore[arg-type]
        return Told(kind="status", state=self.state, notice=notice, handed=self.handed)


CONFIG = """\
[kiosk]
device = 17
post = "Green line 4"
country = "XPO"
agency = "TEST"
desk = "{desk}"
[keys]
own = "kiosk.key"
peers = "peers"
[models]
manifest = "manifest.toml"
folder = "built"
[camera]
driver = "folder"
[finger]
driver = "uart_finger"
[link]
driver = "mqtt"
[outbox]
path = "outbox.db"
[operation]
file = "operation.op"
[session]
subject_s = {subject_s}
[page]
port = {port}
{more}
"""


class Pages:
    """`hotspot kiosk page` as a process of its own."""

    def __init__(self, folder: Path, desk: Path, subject_s: float = 45, more: str = "") -> None:
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.url = f"http://{self.host}"
        self._config = folder / "page.toml"
        words = {"desk": desk, "port": self.port, "subject_s": float(subject_s), "more": more}
        self._config.write_text(CONFIG.format(**words))
        self._log = folder / "page.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, and wait until it answers."""
        command = [sys.executable, "-c", "from hotspot_kiosk.cli import main; main()", "kiosk", "page", "-c"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(self._config)], stdout=log, stderr=log, env=environment
            )
        try:
            until(self._answers, "the pages do not answer", 180)
        except AssertionError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def log(self) -> str:
        """What it said."""
        return self._log.read_text()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0


class Screen:
    """A browser without a browser: keeps the cookie and the form's token, sends what a test wants."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.cookie = ""
        self.form = ""

    def get(self, path: str = "/", **heads: str) -> tuple[int, dict[str, str], str]:
        """A request; at the first page the cookie and the token are kept."""
        status, answer, body = self._request("GET", path, None, heads)
        if "set-cookie" in answer:
            self.cookie = answer["set-cookie"].split(";")[0]
        if 'name="form" value="' in body:
            self.form = body.split('name="form" value="', 1)[1].split('"', 1)[0]
        return status, answer, body

    def post(self, path: str, heads: dict[str, str] | None = None, **fields: str) -> int:
        """A choice, as a page's own form sends it; returns the status."""
        own = {"origin": self.pages.url, "content-type": "application/x-www-form-urlencoded", "x-quiet": "1"}
        body = urlencode({"form": self.form} | fields)
        return self._request("POST", path, body, own | (heads or {}))[0]

    def hold(self) -> threading.Event:
        """Keep a stream of states open, as a page does, until the event is set."""
        over, opened = threading.Event(), threading.Event()

        def listen() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.pages.port, timeout=60)
            connection.request("GET", "/state", headers={"host": self.pages.host, "cookie": self.cookie})
            answer = connection.getresponse()
            answer.readline()
            opened.set()
            over.wait(60)
            connection.close()

        threading.Thread(target=listen, daemon=True).start()
        assert opened.wait(60)
        return over

    def _request(
        self, method: str, path: str, body: str | None, heads: dict[str, str]
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.pages.port, timeout=60)
        try:
            own = {"host": self.pages.host, "cookie": self.cookie}
            connection.request(
                method, path, body, {name: value for name, value in (own | heads).items() if value}
            )
            answer = connection.getresponse()
            return (
                answer.status,
                {k.lower(): v for k, v in answer.getheaders()},
                answer.read().decode("utf-8", "replace"),
            )
        finally:
            connection.close()
