"""What else a maintainer asks of a kiosk: its queue's age, sensor, supply, certificate, update and versions.

From the running kiosk's own word, and from files. It shows which version, never what is in a key or a record.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk import __version__, fleet, seal_certificates
from hotspot_kiosk.config import KioskConfig
from hotspot_kiosk.errors import BadBytes, ConfigError
from hotspot_kiosk.inference.port import read_manifest
from hotspot_kiosk.kernels import library as kernels
from hotspot_kiosk.kiosk.care.checkup import Finding, Machine, Verdict, absent, judged
from hotspot_kiosk.kiosk.desk import Told

STATUS = "status.json"  # in [update] run: what the update agent last told the fleet's broker
RELEASE = "/etc/os-release"
BOOTLOADER = "/proc/device-tree/chosen/bootloader/build-timestamp"
LONG_WAIT_S = 24 * 3600
ENDS_SOON_D = 14
SUPPLY_LOW_MV, SUPPLY_FAILING_MV = 11_000, 10_500  # as the panel warns (firmware/panel/board.h)
NOT_RUNNING = "the kiosk does not run"


def running(
    machine: Machine, config: KioskConfig, folder: Path, told: Told | None, now: datetime
) -> Iterator[Finding]:
    """Every finding of this file; `told`: the running kiosk's status."""
    yield queue(told)
    yield sensor(told)
    yield supply(told)
    yield certificate(config, folder, now)
    yield update(config)
    yield versions(machine, config, told)


def queue(told: Told | None) -> Finding:
    """How long the oldest record has waited for the hub."""
    name, expected = "queue", "nothing waits for longer than a day"
    if told is None or told.waiting is None:
        return absent(name, expected, NOT_RUNNING if told is None else "the outbox cannot be read")
    if told.oldest_s is None:
        return Finding(name, Verdict.OK, f"{told.waiting} wait", expected)
    measured = f"{told.waiting} wait, the oldest for {span(told.oldest_s)}"
    verdict = Verdict.WARN if told.oldest_s > LONG_WAIT_S else Verdict.OK
    remedy = "look at the link; or carry them to the hub: hotspot outbox export"
    return judged(name, verdict, measured, expected, remedy)


def sensor(told: Told | None) -> Finding:
    """Whether the running kiosk misses a device."""
    name, expected = "devices", "camera and finger sensor work"
    if told is None:
        return absent(name, expected, NOT_RUNNING)
    lost = [fault for fault in told.faults if fault != "outbox"]
    verdict = Verdict.FAIL if lost else Verdict.OK
    measured = f"out of order: {', '.join(lost)}" if lost else "both work"
    return judged(
        name, verdict, measured, expected, "check cable and power of it, then its table in the config"
    )


def supply(told: Told | None) -> Finding:
    """The voltage that feeds the kiosk, from whoever measures it: the panel."""
    name, expected = "supply", f"at least {SUPPLY_LOW_MV / 1000:.0f} V"
    if told is None or told.supply_mv is None:
        return absent(name, expected, NOT_RUNNING if told is None else "no panel measures it")
    low, failing = told.supply_mv < SUPPLY_LOW_MV, told.supply_mv < SUPPLY_FAILING_MV
    verdict = Verdict.FAIL if failing else Verdict.WARN if low else Verdict.OK
    return judged(
        name,
        verdict,
        f"{told.supply_mv / 1000:.1f} V",
        expected,
        "charge or replace the battery; check the cable",
    )


def certificate(config: KioskConfig, folder: Path, now: datetime) -> Finding:
    """How long the link's certificate still holds."""
    name, expected = "link certificate", f"holds for more than {ENDS_SOON_D} days"
    path = config.link.get("certificate")
    if not isinstance(path, str):
        return absent(name, expected, "the link uses none")
    try:
        ends = seal_certificates.lasts((folder / path).read_bytes())[1]
    except (OSError, BadBytes):
        remedy = "look at certificate in [link]; the bureau makes another: hotspot certificates"
        return Finding(name, Verdict.FAIL, "it cannot be read", expected, remedy)
    days = (ends - now).total_seconds() / 86400
    verdict = Verdict.FAIL if days <= 0 else Verdict.WARN if days < ENDS_SOON_D else Verdict.OK
    remedy = "restore the link so that it renews itself; without [renewal] ask the bureau for another"
    measured = f"{'ended' if days <= 0 else 'ends'} {ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return judged(name, verdict, measured, expected, remedy)


def update(config: KioskConfig) -> Finding:
    """Where an update is, in the agent's own words."""
    name, expected = "update", "none is on trial or refused"
    if config.update is None:
        return absent(name, expected, "this kiosk is not updated over the link: no [update]")
    status = agent_status(config)
    if status is None:
        remedy = "look at it: systemctl status hotspot-update"
        return Finding(name, Verdict.WARN, "the update agent says nothing", expected, remedy)
    measured = f"{status.phase or 'unknown'}, version {status.version}, floor {status.floor or '0'}"
    verdict = Verdict.WARN if status.phase in ("trying", "rejected") else Verdict.OK
    remedy = "wait until it is decided; a refused system is left by itself at the next start"
    return judged(name, verdict, measured, expected, remedy)


def versions(machine: Machine, config: KioskConfig, told: Told | None) -> Finding:
    """What runs, for whoever compares two kiosks."""
    found = versions_of(machine, config, told)
    measured = "; ".join(f"{name} {value}" for name, value in found.items() if value)
    return Finding("versions", Verdict.OK, measured, "the same as the other kiosks'")


def versions_of(machine: Machine, config: KioskConfig, told: Told | None) -> dict[str, str]:
    """By part; empty where it is not known. models: their digests' beginnings."""
    status = agent_status(config)
    return {
        "software": __version__,
        "image": _image(machine),
        "slot": status.slot if status else "",
        "kernel": platform.release() if machine.root == Path("/") else "",
        "python": platform.python_version(),
        "board": machine.board,
        "boot loader": str(machine.number(BOOTLOADER) or ""),
        "panel": told.panel.partition(",")[0] if told else "",
        "models": _models(config),
        "kernels": kernels.which(),
    }


def agent_status(config: KioskConfig) -> fleet.Status | None:
    """What the update agent last said; None if it said nothing since the machine started."""
    if config.update is None:
        return None
    try:
        return fleet.decode_status((config.update.run / STATUS).read_bytes())
    except (OSError, BadBytes):
        return None


def span(seconds: int) -> str:
    """In the largest unit that fits."""
    for word, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} seconds"


def _image(machine: Machine) -> str:
    lines = (machine.text(RELEASE) or "").splitlines()
    return next(
        (line.partition("=")[2].strip("\"'") for line in lines if line.startswith("IMAGE_VERSION=")), ""
    )


def _models(config: KioskConfig) -> str:
    try:
        entries = read_manifest(config.models.manifest).model
    except ConfigError:
        return ""
    return ", ".join(f"{entry.name} {entry.sha256[:8]}" for entry in entries)
