"""What a kiosk tells the fleet of its own state: a few numbers, and the names of what is out of order. Cheap to find out.

No command is run and no device asked; it reads files of the machine and the running kiosk's word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk import fleet, seal_certificates
from hotspot_kiosk.config import KioskConfig
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.kiosk.care import checkup_board, checkup_kiosk, checkup_running
from hotspot_kiosk.kiosk.care.checkup import Finding, Machine, Verdict
from hotspot_kiosk.kiosk.desk import Told

THERMAL = "/sys/class/thermal/thermal_zone0/temp"
NOT_RUNNING = "the kiosk does not run"


@dataclass(frozen=True, slots=True)
class Vitals:
    """alarms: names of ours. heat_c: of the processor; ends_ms: when the link's certificate does, ms since 1970, 0 unknown."""

    alarms: tuple[str, ...] = ()
    heat_c: int | None = None
    ends_ms: int = 0


def vitals(machine: Machine, config: KioskConfig, folder: Path, told: Told | None, now: datetime) -> Vitals:
    """Now; `told`: the running kiosk's status, None if it does not run."""
    bad = (each.name for each in _looked(machine, config, folder, told, now) if each.verdict in BAD)
    faults = (fleet.alarm(fault) for fault in told.faults) if told else (NOT_RUNNING,)
    heat = machine.number(THERMAL)
    names = tuple(dict.fromkeys([*faults, *(name for name in bad if not (told and name in told.faults))]))
    return Vitals(names, None if heat is None else round(heat / 1000), _ends_ms(config, folder))


BAD = (Verdict.WARN, Verdict.FAIL)


def _looked(
    machine: Machine, config: KioskConfig, folder: Path, told: Told | None, now: datetime
) -> Iterator[Finding]:
    yield checkup_board.temperature(machine)
    yield checkup_board.throttling(machine)
    yield checkup_board.card(machine)
    yield checkup_board.file_systems(machine)
    yield checkup_kiosk.room(config.outbox)
    yield checkup_running.queue(told)
    yield checkup_running.supply(told)
    yield checkup_running.certificate(config, folder, now)
    yield checkup_kiosk.watchlist(told)


def _ends_ms(config: KioskConfig, folder: Path) -> int:
    path = config.link.get("certificate")
    try:
        ends = seal_certificates.lasts((folder / path).read_bytes())[1] if isinstance(path, str) else None
    except (OSError, BadBytes):
        return 0
    return 0 if ends is None else fleet.as_ms(ends.astimezone(UTC))


Looker = Callable[[Told | None], Vitals]
