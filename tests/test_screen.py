"""The screen's browser: ended when it stops painting, left alone while nobody can say, held to its own pages."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages_rig import BROWSER, FLAGS, Kiosk, Pages, until

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.kiosk.screen import Screen
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.simulator.broker import free_port

pytest.importorskip(
    "starlette", reason="the pages' packages are not installed: pip install 'hotspot-kiosk[web]'"
)
POLICY = Path(__file__).resolve().parents[1] / "systemd" / "chromium" / "hotspot.json"
PAINTS = """\
import http.client, sys, time
while True:
    line = http.client.HTTPConnection("localhost", int(sys.argv[1]))
    line.request("POST", "/painted", b"", {"origin": f"http://localhost:{sys.argv[1]}"})
    line.getresponse().read()
    line.close()
    time.sleep(0.2)
"""
IDLE = "import time; time.sleep(600)"


def python(code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", code, *words]


class Running:
    """A screen in a thread of its own."""

    def __init__(self, command: list[str], place: str, most_s: float) -> None:
        self.ended: list[str] = []
        self.screen = Screen(command, place, Pulse({}, time.monotonic), most_s)
        self._thread = threading.Thread(target=lambda: self.ended.append(self.screen.run()))
        self._thread.start()

    def close(self) -> None:
        self.screen.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    """The pages' process, short of a kiosk."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        kiosk = Kiosk(Path(made))
        kiosk.start()
        started = Pages(Path(made), kiosk.path)
        started.start()
        yield started
        started.close()
        kiosk.close()


def painted_s(pages: Pages) -> float:
    line = http.client.HTTPConnection(pages.host, timeout=60)
    line.request("GET", "/painted")
    said = float(line.getresponse().read())
    line.close()
    return said


def test_a_browser_that_never_paints_is_ended(pages: Pages) -> None:
    """Its start is counted as silence."""
    running = Running(python(IDLE), pages.host, 1.0)
    until(lambda: bool(running.ended))
    running.close()
    assert "nothing was painted" in running.ended[0]


def test_a_browser_that_paints_runs_until_it_is_told_to_stop(pages: Pages) -> None:
    """Far longer than it may be silent."""
    with subprocess.Popen(python(PAINTS, str(pages.port))) as painter:
        until(lambda: painted_s(pages) < 5.0)
        running = Running(python(IDLE), pages.host, 8.0)
        time.sleep(13)
        assert not running.ended
        running.close()
        painter.terminate()
    assert running.ended == [""]


def test_a_browser_that_stops_painting_is_ended(pages: Pages) -> None:
    """A picture that stands still looks alive and is not."""
    freezes = PAINTS.replace("while True", "for _ in range(5)") + IDLE
    running = Running(python(freezes, str(pages.port)), pages.host, 3.0)
    until(lambda: bool(running.ended), timeout_s=60)
    running.close()
    assert "nothing was painted" in running.ended[0]


def test_without_the_pages_nothing_is_said_of_the_browser() -> None:
    """They are started anew by themselves; the browser waits for them."""
    running = Running(python(IDLE), f"localhost:{free_port()}", 0.5)
    time.sleep(6)
    assert not running.ended
    running.close()


def test_a_browser_that_ends_by_itself_is_told(pages: Pages) -> None:
    """With its status, so that the journal has it."""
    running = Running(python("raise SystemExit(3)"), pages.host, 30.0)
    until(lambda: bool(running.ended))
    running.close()
    assert "status 3" in running.ended[0]


def test_a_browser_that_is_not_installed_is_an_error() -> None:
    """In words."""
    with pytest.raises(ConfigError, match="is it installed"):
        Screen(["/no/such/browser"], "localhost:1", Pulse({}, time.monotonic)).run()


def test_a_foreign_page_is_no_sign_of_life(pages: Pages) -> None:
    """Its origin is another's."""
    line = http.client.HTTPConnection(pages.host, timeout=60)
    line.request("POST", "/painted", b"", {"origin": "http://elsewhere.example"})
    assert line.getresponse().status == 403
    line.close()


@pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed: apt-get install chromium")
def test_a_real_browser_paints(pages: Pages, tmp_path: Path) -> None:
    """Its page says so by itself, and no longer when the browser is gone."""
    command = [str(BROWSER), *FLAGS, "--headless", "--remote-debugging-port=0", f"--user-data-dir={tmp_path}"]
    with subprocess.Popen([*command, pages.url], stderr=subprocess.DEVNULL) as browser:
        before = painted_s(pages)
        until(lambda: painted_s(pages) < min(before, 5.0), timeout_s=60)
        browser.terminate()
    until(lambda: painted_s(pages) > 6.0, timeout_s=60)


@pytest.fixture(scope="module")
def held() -> Iterator[Any]:
    """A page of a Chromium under our policy, in a mount namespace; a driver needs the developers' tools."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    policy = json.loads(POLICY.read_text("utf-8"))
    del policy["DeveloperToolsAvailability"]
    place = "/etc/chromium/policies/managed"
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "hotspot.json").write_text(json.dumps(policy))
        inside = f'mount -t tmpfs none /etc/chromium && mkdir -p {place} && cp {made}/*.json {place}/ && exec {BROWSER} "$@"'
        program = Path(made) / "chromium"
        program.write_text(f"#!/bin/sh\nexec unshare -m sh -ec '{inside}' sh \"$@\"\n")
        program.chmod(0o755)
        with playwright.sync_playwright() as play:
            opened = play.chromium.launch(executable_path=program, args=FLAGS)
            yield opened.new_page()
            opened.close()


@pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed: apt-get install chromium")
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="a mount namespace needs root and unshare"
)
@pytest.mark.skipif(not Path("/etc/chromium").is_dir(), reason="this Chromium reads its policy elsewhere")
@pytest.mark.parametrize(
    "url",
    [
        "chrome://version",
        "file:///etc/passwd",
        "view-source:http://localhost:8080/",
        "http://localhost:9090/",
        "http://127.0.0.1:8080/",
        "https://example.org/",
    ],
)
def test_the_policy_leaves_only_the_kiosks_own_pages(url: str, held: Any) -> None:
    """As a real Chromium reads it."""
    with pytest.raises(Exception, match="ERR_BLOCKED_BY_ADMINISTRATOR"):
        held.goto(url, timeout=120_000)


@pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed: apt-get install chromium")
@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="a mount namespace needs root and unshare"
)
@pytest.mark.skipif(not Path("/etc/chromium").is_dir(), reason="this Chromium reads its policy elsewhere")
def test_the_policy_lets_the_kiosks_own_pages_through(held: Any) -> None:
    """Nobody serves them here, and that is all that is wrong."""
    with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        held.goto("http://localhost:8080/", timeout=120_000)


def test_the_policy_is_read_as_a_table() -> None:
    """And names the port that the pages have by default."""
    policy = json.loads(POLICY.read_text("utf-8"))
    assert policy["URLAllowlist"][0] == "http://localhost:8080"
    assert policy["DeveloperToolsAvailability"] == 2
