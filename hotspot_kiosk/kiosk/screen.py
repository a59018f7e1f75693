"""Runs the screen's browser and ends it when it stops painting, so that the service manager starts it anew.

The pages' process counts how long ago one of its pages last painted. While that process is away nothing can be
said about the browser, and it is left alone.
"""

from __future__ import annotations

import http.client
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.pulse import Pulse

log = logging.getLogger(__name__)
PATH = "/painted"
LOOK_S = 2.0
ASK_S = 5.0
END_S = 10.0


class Screen:
    """One browser, from `run` to its end."""

    def __init__(self, command: Sequence[str], place: str, pulse: Pulse, most_s: float = 40.0) -> None:
        """`place`: host and port of the pages; `most_s`: without a painting, a start included."""
        self._command = list(command)
        self._place = place
        self._pulse = pulse
        self._most_s = most_s
        self._stop = threading.Event()

    def stop(self) -> None:
        """End the browser and `run`; any thread may call this."""
        self._stop.set()

    def run(self) -> str:
        """Start the browser and watch it; returns why it had to end, empty if that was asked for.

        Raises ConfigError if the browser cannot be started.
        """
        try:
            browser = subprocess.Popen(self._command)
        except OSError as error:
            raise ConfigError(
                f"the browser {self._command[0]} cannot be started: {error.strerror}; is it installed?"
            ) from None
        began = time.monotonic()
        self._pulse.ready("the browser runs")
        try:
            return self._watch(browser, lambda: time.monotonic() - began)
        finally:
            self._end(browser)

    def _watch(self, browser: subprocess.Popen[bytes], running_s: Callable[[], float]) -> str:
        while not self._stop.wait(LOOK_S):
            if (status := browser.poll()) is not None:
                return f"the browser ended by itself (status {status})"
            silent_s = self._silent_s()
            self._pulse.beat(lambda: True)
            if silent_s is not None and min(silent_s, running_s()) > self._most_s:
                return f"nothing was painted for {self._most_s:.0f} s; the browser is started anew"
        return ""

    def _silent_s(self) -> float | None:
        """Seconds since a page painted; infinite if none ever did, None if the pages' process cannot say."""
        line = http.client.HTTPConnection(self._place, timeout=ASK_S)
        try:
            line.request("GET", PATH)
            return float(line.getresponse().read(32))
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            line.close()

    def _end(self, browser: subprocess.Popen[bytes]) -> None:
        browser.terminate()
        with suppress(subprocess.TimeoutExpired):
            browser.wait(END_S)
            return
        browser.kill()
        browser.wait()
