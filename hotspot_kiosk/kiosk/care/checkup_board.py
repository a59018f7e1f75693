"""What only a board of silicon can show: heat, power, watchdog, clocks, card, memory, ports and who may use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk.kiosk.care.checkup import Finding, Machine, Verdict, absent, judged
from hotspot_kiosk.kiosk.clock import BOOT_ID, SYNCHRONISED, Clock

WARM_C, HOT_C = 70, 80
# Bits of `get_throttled`: what is so now, and, 16 bits further up, what has been since the start.
TROUBLES = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "too hot"}
SINCE_START = 16
LEAST_CMA_MIB = 128
CLOCKS_APART_S = 5
CELL_UV = 2_500_000
MIB_KIB = 1024


def board(machine: Machine, now: datetime) -> Iterator[Finding]:
    """Every finding about the board; `now` is what the wall clock says (UTC)."""
    yield model(machine)
    yield temperature(machine)
    yield throttling(machine)
    yield watchdog(machine)
    yield watchdog_fed(machine)
    yield real_time_clock(machine, now)
    yield clock_trust(machine, now)
    yield card(machine)
    yield file_systems(machine)
    yield camera_memory(machine)
    yield camera_devices(machine)


def model(machine: Machine) -> Finding:
    """Whether it is a board that this software is made for."""
    expected = "a Raspberry Pi 4 or 5"
    if not machine.is_pi:
        return absent("board", expected, machine.board or "no Raspberry Pi")
    known = re.match(r"Raspberry Pi (4|5|Compute Module [45])", machine.board)
    verdict = Verdict.OK if known else Verdict.WARN
    return judged(
        "board", verdict, machine.board, expected, "measure memory and times before relying on this board"
    )


def temperature(machine: Machine) -> Finding:
    """Of the processor, as the kernel sees it."""
    expected = f"below {WARM_C} C"
    thousandths = machine.number("/sys/class/thermal/thermal_zone0/temp")
    if thousandths is None:
        return absent("temperature", expected)
    celsius = thousandths / 1000
    verdict = Verdict.OK if celsius < WARM_C else Verdict.WARN if celsius < HOT_C else Verdict.FAIL
    remedy = "shade the housing, clean the fan, give the heat sink contact; at 80 C the board slows down"
    return judged("temperature", verdict, f"{celsius:.1f} C", expected, remedy)


def throttling(machine: Machine) -> Finding:
    """Whether heat or a weak supply slows the board now, or has since it started."""
    expected = "never slowed since the start"
    flags = _throttled(machine)
    if flags is None:
        return absent("throttling", expected)
    now = [word for bit, word in TROUBLES.items() if flags >> bit & 1]
    before = [word for bit, word in TROUBLES.items() if flags >> (bit + SINCE_START) & 1]
    measured = "; ".join(
        [f"now {', '.join(now)}"] * bool(now) + [f"since the start {', '.join(before)}"] * bool(before)
    )
    verdict = Verdict.FAIL if now else Verdict.WARN if before else Verdict.OK
    remedy = "use the board's own power supply and a short, thick cable; then look at the temperature"
    return judged("throttling", verdict, measured or "never", expected, remedy)


def _throttled(machine: Machine) -> int | None:
    said = machine.said(["vcgencmd", "get_throttled"]) or ""
    found = re.fullmatch(r"throttled=0x([0-9a-fA-F]+)", said)
    if found:
        return int(found.group(1), 16)
    text = machine.text("/sys/devices/platform/soc/soc:firmware/get_throttled") or ""
    return int(text, 16) if re.fullmatch(r"(0x)?[0-9a-fA-F]+", text) else None


def watchdog(machine: Machine) -> Finding:
    """Whether there is a hardware watchdog."""
    expected = "a hardware watchdog"
    name = machine.text("/sys/class/watchdog/watchdog0/identity")
    if name is None and not machine.is_pi:
        return absent("watchdog", expected)
    if name is None:
        return judged("watchdog", Verdict.FAIL, "none", expected, "put dtparam=watchdog=on into config.txt")
    state = machine.text("/sys/class/watchdog/watchdog0/state") or "unknown"
    timeout = machine.number("/sys/class/watchdog/watchdog0/timeout")
    verdict = Verdict.WARN if state == "inactive" else Verdict.OK
    remedy = "nobody feeds it: set RuntimeWatchdogSec=15 in systemd's system.conf"
    return judged("watchdog", verdict, f"{name}, {state}, {timeout} s", expected, remedy)


def watchdog_fed(machine: Machine) -> Finding:
    """Whether systemd feeds it, so that a kernel that hangs is started anew."""
    expected = "systemd feeds the watchdog"
    said = machine.said(["systemctl", "show", "--property=RuntimeWatchdogUSec", "--value"])
    if said is None or not machine.is_pi:
        return absent("watchdog fed", expected)
    verdict = Verdict.FAIL if said in ("0", "", "infinity") else Verdict.OK
    remedy = "set RuntimeWatchdogSec=15 in systemd's system.conf; with an initramfs also watchdog_disarm=0 in cmdline.txt"
    return judged("watchdog fed", verdict, said or "no", expected, remedy)


def real_time_clock(machine: Machine, now: datetime) -> Finding:
    """Whether time goes on without power, and agrees with the wall clock."""
    expected = f"a clock with a cell, within {CLOCKS_APART_S} s of the system's"
    since = machine.number("/sys/class/rtc/rtc0/since_epoch")
    if since is None:
        remedy = (
            "Pi 5: connect a cell to J5; Pi 4: a DS3231 on I2C and dtoverlay=i2c-rtc,ds3231 in config.txt"
        )
        return (
            judged("real time clock", Verdict.FAIL, "none", expected, remedy)
            if machine.is_pi
            else absent("real time clock", expected)
        )
    apart = abs(since - now.timestamp())
    cell = machine.number("/sys/class/rtc/rtc0/battery_voltage")
    empty = cell is not None and cell < CELL_UV
    measured = f"{apart:.0f} s apart" + (f", cell {cell / 1e6:.1f} V" if cell is not None else "")
    verdict = Verdict.WARN if apart > CLOCKS_APART_S or empty else Verdict.OK
    remedy = "replace the cell" if empty else "set it from a trusted system clock: hwclock --systohc"
    return judged("real time clock", verdict, measured, expected, remedy)


def clock_trust(machine: Machine, now: datetime) -> Finding:
    """Whether this software would trust the wall clock."""
    clock = Clock(machine.at(BOOT_ID), machine.at(SYNCHRONISED), lambda: now)
    trusted = clock.stamp().trusted
    verdict = Verdict.OK if trusted else Verdict.WARN
    return judged(
        "clock trust",
        verdict,
        f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {'set from outside' if trusted else 'set by nobody'}",
        "set from outside since the start",
        "connect it to a time server, or to the hub, which tells the time; records are marked until then",
    )


def card(machine: Machine) -> Finding:
    """How worn the card or eMMC is. An SD card does not say; then only its age is known."""
    expected = "less than 80 % of its life used"
    disks = machine.found("/sys/block", "mmcblk[0-9]")
    if not disks:
        return absent("card", expected)
    facts = disks[0] / "device"
    label = f"{machine.text(facts / 'name') or 'unnamed'} of {machine.text(facts / 'date') or 'unknown date'}"
    life = re.findall(r"0x([0-9a-fA-F]{2})", machine.text(facts / "life_time") or "")
    if not life:
        return Finding("card", Verdict.OK, f"{label}; it does not tell its wear", expected)
    used = 10 * max(int(part, 16) for part in life)
    verdict = Verdict.OK if used < 80 else Verdict.WARN if used <= 100 else Verdict.FAIL
    return judged(
        "card", verdict, f"{label}; at most {used} % used", expected, "replace it, after the outbox is empty"
    )


def file_systems(machine: Machine) -> Finding:
    """Errors that the file system has met since it was made: a card that dies begins so."""
    expected = "no errors ever"
    counts = {
        path.parent.name: machine.number(path) for path in machine.found("/sys/fs/ext4", "*/errors_count")
    }
    if not counts:
        return absent("file systems", expected)
    bad = {name: count for name, count in counts.items() if count}
    measured = ", ".join(f"{name}: {count}" for name, count in bad.items()) or "none"
    remedy = "export the outbox (hotspot outbox export), then replace the card"
    return judged("file systems", Verdict.FAIL if bad else Verdict.OK, measured, expected, remedy)


def camera_memory(machine: Machine) -> Finding:
    """What is set apart for the camera's buffers."""
    expected = f"at least {LEAST_CMA_MIB} MiB"
    found = re.search(r"^CmaTotal:\s+(\d+) kB$", machine.text("/proc/meminfo") or "", re.MULTILINE)
    if not machine.is_pi or found is None:
        return absent("camera memory", expected)
    mib = int(found.group(1)) // MIB_KIB
    verdict = Verdict.OK if mib >= LEAST_CMA_MIB else Verdict.WARN
    return judged("camera memory", verdict, f"{mib} MiB", expected, "put cma=256M into cmdline.txt")


def camera_devices(machine: Machine) -> Finding:
    """Whether whoever runs this may use the camera and its memory."""
    expected = "cameras and their memory can be used"
    devices = [
        *machine.found("/dev/dma_heap", "*"),
        *machine.found("/dev", "video[0-9]*"),
        *machine.found("/dev", "media[0-9]*"),
    ]
    if not devices:
        return absent("camera permissions", expected)
    refused = [str(path) for path in devices if not machine.may_use(path)]
    measured = f"{len(devices)} devices" + (f", refused: {', '.join(refused)}" if refused else "")
    remedy = "put the kiosk's user into the group video: usermod -aG video USER"
    return judged("camera permissions", Verdict.FAIL if refused else Verdict.OK, measured, expected, remedy)


def serial_port(machine: Machine, port: Path) -> Finding:
    """The finger sensor's port: that it is there, is the right one, and may be used."""
    name, expected = "finger sensor's port", "a name given by udev, to a port that may be used"
    if not machine.at(port).exists():
        remedy = "check the wiring and config.txt's overlay for this board; then the port in [finger]"
        return judged(name, Verdict.FAIL, f"{port} is not there", expected, remedy)
    real = machine.at(port).resolve().name
    if real == "ttyAMA10":
        return judged(
            name,
            Verdict.FAIL,
            f"{port} is {real}",
            expected,
            "that is the Pi 5's debug port: name the sensor's own",
        )
    if not machine.may_use(port):
        return judged(name, Verdict.FAIL, f"{port} may not be used", expected, "usermod -aG dialout USER")
    verdict = Verdict.WARN if real == port.name else Verdict.OK
    remedy = "the same pins have other names on a Pi 4 and a Pi 5: use the name that a udev rule gives"
    return judged(name, verdict, f"{port} is {real}", expected, remedy)
