"""The pages' speed in a real Chromium: from the daemon's word or a touch to pixels.

The daemon's desk is played; the pages' process, the browser and the way between are real. A
moment counts when the browser has painted (two animation frames later). Needs Chromium and Playwright.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hotspot_kiosk.bench import pages_soak
from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.pages_stage import FLAGS, PlayedKiosk
from hotspot_kiosk.errors import ConfigError, LinkDown
from hotspot_kiosk.kiosk.capture.preview import Pixels

ROUNDS = 60
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
    """Three of speed, and how the memory grows. Raises ConfigError without Chromium or Playwright."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise ConfigError("the pages are measured in Chromium: apt-get install chromium fonts-noto-core")
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as made,
        import_module("playwright.sync_api").sync_playwright() as play,
        closing(PlayedKiosk(Path(made))) as kiosk,
    ):
        kiosk.start()
        launch = partial(play.chromium.launch, executable_path=chromium, args=FLAGS)
        with closing(launch()) as browser:
            bench = _Bench(kiosk, browser.new_page())
            yield _figure("language_switch_p95", bench.languages(), 200.0, "a goal")
            yield _figure("guidance_to_pixels_p95", bench.guidance(), 100.0, "a goal")
            yield _figure("preview_lag_p95", bench.preview(), 150.0, "a goal")
        kiosk.go("idle")
        with closing(launch()) as browser:
            yield from pages_soak.figures(kiosk, browser)


def _figure(name: str, taken: list[float], goal: float, against: str) -> Figure:
    return Figure("pages", name, float(np.percentile(taken, 95)), "ms", goal, "lower", against, len(taken))


class _Bench:
    def __init__(self, kiosk: PlayedKiosk, page: Any) -> None:
        self._kiosk, self._page = kiosk, page
        page.goto(kiosk.url)
        page.locator(".languages").wait_for()
        page.evaluate(WATCH)

    def languages(self) -> list[float]:
        taken = []
        for number in range(ROUNDS // 4):
            code = ("ar", "en", "ur", "ru")[number % 4]
            touch = f"document.querySelector('button[value=\"{code}\"]').click()"
            taken.append(self._after(partial(self._page.evaluate, touch), f"{code}:"))
            self._page.locator('header button[name="code"]').click()
            self._page.locator(".languages").wait_for()
        self._page.locator('button[value="en"]').click()
        self._page.locator(".wait").wait_for()
        return taken

    def guidance(self) -> list[float]:
        self._kiosk.go("face")
        self._page.locator("canvas").wait_for()
        taken = []
        for number in range(ROUNDS):
            said, shown = ADVICE[number % 2]
            cause = partial(self._kiosk.show, "look at camera", said)
            taken.append(self._after(cause, shown))
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
                self._kiosk.preview.seen(picture, ())
            time.sleep(FRAME_S if picture is not None else 0.02)
        raise LinkDown(f"the page never showed {what!r}")
