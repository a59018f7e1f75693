"""The pages' speed in a real Chromium: from the daemon's word or a touch to pixels.

The daemon's desk is played; the pages' process, the browser and the way between are real. A
moment counts when the browser has painted (two animation frames later). Needs Chromium and Playwright.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.errors import ConfigError, LinkDown
from hotspot_kiosk.kiosk.capture.preview import Pixels, Preview, of
from hotspot_kiosk.kiosk.desk import Ask, Desk, Told

ROUNDS = 60
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
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
WATCH = """() => {
  window.seen = [];
  const painted = (what) => requestAnimationFrame(() => requestAnimationFrame(() =>
    window.seen.push([what, performance.timeOrigin + performance.now()])));
  new MutationObserver(() => painted(document.documentElement.lang + ":" + (document.getElementById("cue")?.innerText ?? "")))
    .observe(document.getElementById("scene"), {childList: true, subtree: true, characterData: true});
}"""
CANVAS = """() => {
  window.seen = [];
  let before = null;
  const look = () => {
    const canvas = document.querySelector("canvas");
    if (!canvas) return;
    const light = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[0] > 128;
    if (light !== before) window.seen.push([`light ${light}`, performance.timeOrigin + performance.now()]);
    before = light;
    requestAnimationFrame(look);
  };
  look();
}"""
FRAME_S = 0.033  # between two pictures of the camera
ADVICE = (
    ("Please come closer.", "en:Come closer"),
    ("Please hold your head upright.", "en:Hold your head upright"),
)


def run() -> Iterator[Figure]:
    """Three figures. Raises ConfigError without Chromium or Playwright."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise ConfigError("the pages are measured in Chromium: apt-get install chromium fonts-noto-core")
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as made,
        import_module("playwright.sync_api").sync_playwright() as p,
    ):
        bench = _Bench(Path(made))
        try:
            bench.open(p.chromium.launch(executable_path=chromium, args=FLAGS))
            yield _figure("language_switch_p95", bench.languages(), 200.0, "a goal")
            yield _figure("guidance_to_pixels_p95", bench.guidance(), 100.0, "a goal")
            yield _figure("preview_lag_p95", bench.preview(), 150.0, "a goal")
        finally:
            bench.close()


def _figure(name: str, taken: list[float], goal: float, against: str) -> Figure:
    return Figure("pages", name, float(np.percentile(taken, 95)), "ms", goal, "lower", against, len(taken))


class _Bench:
    def __init__(self, folder: Path) -> None:
        self._state = "idle"
        path = folder / "desk"
        self._desk = Desk(path, self._hear)
        self._desk.start()
        self._preview = Preview(of(path))
        self._preview.start()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = int(free.getsockname()[1])
        config = folder / "page.toml"
        config.write_text(CONFIG.format(desk=path, port=self._port))
        command = [sys.executable, "-c", "from hotspot_kiosk.cli import main; main()", "kiosk", "page", "-c"]
        self._process = subprocess.Popen([*command, str(config)], env=os.environ)
        self._page: Any = None

    def open(self, browser: Any) -> None:
        ends = time.monotonic() + 60
        self._page = browser.new_page()
        with socket.socket() as knock:
            while knock.connect_ex(("127.0.0.1", self._port)):
                if time.monotonic() > ends:
                    raise LinkDown("the pages do not answer")
                time.sleep(0.1)
        self._page.goto(f"http://localhost:{self._port}")
        self._page.locator(".languages").wait_for()
        self._page.evaluate(WATCH)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._desk.close()
        self._preview.close()

    def languages(self) -> list[float]:
        taken = []
        for number in range(ROUNDS // 4):
            code = ("ar", "en", "ur", "ru")[number % 4]
            touch = f"document.querySelector('button[value=\"{code}\"]').click()"
            taken.append(self._after(lambda touch=touch: self._page.evaluate(touch), f"{code}:"))  # type: ignore[misc]
            self._page.locator('header button[name="code"]').click()
            self._page.locator(".languages").wait_for()
        self._page.locator('button[value="en"]').click()
        self._page.locator(".wait").wait_for()
        return taken

    def guidance(self) -> list[float]:
        self._go("face")
        self._page.locator("canvas").wait_for()
        taken = []
        for number in range(ROUNDS):
            said, shown = ADVICE[number % 2]
            told = Told(kind="show", prompt="look at camera", detail=said)
            taken.append(self._after(lambda told=told: self._desk.tell(told), shown))  # type: ignore[misc]
        return taken

    def preview(self) -> list[float]:
        """From a picture at the camera's thread, before it is copied or encoded, to the canvas.

        Dark and bright pictures in turn, thirty a second; the first of each kind is timed.
        """
        self._page.evaluate(CANVAS)
        taken = []
        for number in range(ROUNDS):
            light = number % 2 == 0
            picture = np.full((360, 640, 3), 220 if light else 30, np.uint8)
            taken.append(self._after(lambda: None, f"light {str(light).lower()}", picture))
        return taken

    def _after(self, cause: Callable[[], Any], what: str, picture: Pixels | None = None) -> float:
        """Milliseconds from the cause until the browser had painted what it leads to."""
        self._page.evaluate("() => { window.seen.length = 0; }")
        began, ends = time.time() * 1000, time.monotonic() + 20
        cause()
        while time.monotonic() < ends:
            for said, at in self._page.evaluate("() => window.seen"):
                if said.startswith(what):
                    return float(at - began)
            if picture is not None:
                self._preview.seen(picture, ())
            time.sleep(FRAME_S if picture is not None else 0.02)
        raise LinkDown(f"the page never showed {what!r}")

    def _go(self, state: str) -> None:
        self._state = state
        self._desk.tell(Told(kind="status", state=state))

    def _hear(self, _ask: Ask) -> Told:
        return Told(kind="status", state=self._state)
