"""The capture subject's screen as a person sees it: what the pages' process streams, and its buttons.

A client without a browser; between its word and pixels lies what `bench pages` measures.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import msgspec

from hotspot_kiosk.errors import LinkDown

SAID = re.compile(
    r'(?:<h1 id="cue"[^>]*>|<p class="said">|<p class="hint"><bdi>)(.*?)(?:<small|</h1>|</p>|</bdi>)', re.S
)
FORM = re.compile(r'name="form" value="([^"]+)"')
NEVER_S = 90.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands on the screen, since when (monotonic seconds). finger: its code, 0 for none; tone: the sound
    that goes with it; last: whether this is the last part of a notice.
    """

    at: float
    scene: str
    cue: str
    finger: int
    tone: str
    last: bool
    number: int


class Screen:
    """One screen of a pages' process; `close` hangs up."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._host = f"localhost:{port}"
        self._cookie = self._form = ""
        self._news = threading.Condition()
        self._seen: list[Seen] = []
        self._closing = False
        self._stream: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._watch, name="screen", daemon=True)

    def open(self) -> None:
        """Take the screen and begin to watch it."""
        self._claim()
        self._thread.start()

    def close(self) -> None:
        """Hang up."""
        self._closing = True
        held = self._stream.sock if self._stream is not None else None
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def after(self, number: int, timeout_s: float = NEVER_S) -> Seen:
        """The newest word that came after the one of this number. Raises LinkDown if none comes."""
        with self._news:
            if not self._news.wait_for(lambda: self._seen and self._seen[-1].number > number, timeout_s):
                raise LinkDown(f"the screen showed nothing new for {timeout_s:.0f} s")
            return self._seen[-1]

    def newer(self, number: int, before: float) -> bool:
        """Whether something that came after the one of this number stood there before that moment."""
        with self._news:
            return any(each.number > number and each.at < before for each in self._seen)

    @property
    def seen(self) -> list[Seen]:
        """All that was shown so far."""
        with self._news:
            return list(self._seen)

    def touch(self, path: str, **fields: str) -> int:
        """Press a button; returns the status."""
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        heads = {
            "host": self._host,
            "origin": f"http://{self._host}",
            "cookie": self._cookie,
            "content-type": "application/x-www-form-urlencoded",
            "x-quiet": "1",
        }
        try:
            line.request("POST", path, urlencode({"form": self._form, **fields}), heads)
            with line.getresponse() as answer:
                return answer.status
        finally:
            line.close()

    def _claim(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            line.request("GET", "/", headers={"host": self._host, "cookie": self._cookie})
            answer = line.getresponse()
            self._cookie = (answer.getheader("set-cookie") or self._cookie).split(";")[0]
            self._learn(answer.read().decode())
        finally:
            line.close()

    def _watch(self) -> None:
        while not self._closing:
            try:
                self._follow()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            if not self._closing:
                self._claim()

    def _follow(self) -> None:
        self._stream = line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=NEVER_S)
        try:
            line.request("GET", "/state", headers={"host": self._host, "cookie": self._cookie})
            with line.getresponse() as answer:
                self._read(answer)
        finally:
            line.close()

    def _read(self, answer: http.client.HTTPResponse) -> None:
        while not self._closing and (line := answer.readline()):
            if line.startswith(b"event: over"):
                return
            if line.startswith(b"data: {") and len(line) > 20:
                self._hear(msgspec.json.decode(line[6:]))

    def _hear(self, words: dict[str, Any]) -> None:
        self._learn(words["html"])
        scene, _, _, finger, _ = words["key"].split(":")
        cue = " ".join(" ".join(SAID.findall(words["html"])).split())
        last = 'value="end"' in words["html"]
        number = len(self._seen) + 1
        now = Seen(time.monotonic(), scene, cue, int(finger), words["tone"], last, number)
        with self._news:
            before = self._seen[-1] if self._seen else None
            sound = now.tone or (before.tone if before else "")  # that one is over is nothing new
            if before is None or replace(before, at=now.at, number=number) != replace(now, tone=sound):
                self._seen.append(now)
                self._news.notify_all()

    def _learn(self, html: str) -> None:
        if found := FORM.search(html):
            self._form = found.group(1)
