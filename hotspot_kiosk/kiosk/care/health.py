"""A kiosk's health, for who maintains it: what was found, the newest log lines, a support bundle. It changes nothing.

The examination takes seconds; one at a time, and only when somebody asks for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from hotspot_kiosk.config import KioskConfig
from hotspot_kiosk.kiosk.care import support
from hotspot_kiosk.kiosk.care.checkup import Finding, Machine
from hotspot_kiosk.kiosk.care.checkup_board import board
from hotspot_kiosk.kiosk.care.checkup_kiosk import kiosk
from hotspot_kiosk.kiosk.care.checkup_running import running, versions_of
from hotspot_kiosk.kiosk.care.loglines import Line, Recent
from hotspot_kiosk.kiosk.care.support import Material
from hotspot_kiosk.kiosk.desk import Told


def examination(
    machine: Machine, config: KioskConfig, folder: Path, told: Told | None, now: datetime
) -> Iterator[Finding]:
    """Every finding about board and kiosk. told: the running kiosk's status; folder: where the config's paths count from."""
    yield from board(machine, now)
    yield from running(machine, config, folder, told, now)
    yield from kiosk(machine, config, folder, told)


class Health:
    """Of the kiosk that runs here. Any thread may call."""

    def __init__(
        self,
        machine: Machine,
        config: KioskConfig,
        folder: Path,
        recent: Recent,
        told: Callable[[], Told | None],
        now: Callable[[], datetime],
    ) -> None:
        self._machine, self._config, self._folder = machine, config, folder
        self._recent, self._told, self._now = recent, told, now
        self._one = threading.Lock()

    def findings(self) -> tuple[Finding, ...]:
        """What is found now."""
        with self._one:
            told = self._told()
            return tuple(examination(self._machine, self._config, self._folder, told, self._now()))

    def lines(self) -> tuple[Line, ...]:
        """The newest log lines, oldest first, without anything of a person."""
        return self._recent.lines()

    def bundle(self) -> bytes:
        """What a maintainer may send to whoever helps."""
        found, told = self.findings(), self._told()
        versions = versions_of(self._machine, self._config, told)
        return support.bundle(Material(self._now(), found, versions, told, self._config, self.lines()))
