"""What a kiosk's own configuration names: models, keys, room, port, link. It shows which, never what is in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from hotspot_kiosk.config import KioskConfig, Models, OutboxLimits, build_variant
from hotspot_kiosk.errors import BadBytes, ConfigError, KeyMissing, LinkDown, Refused
from hotspot_kiosk.inference.port import digest, read_manifest
from hotspot_kiosk.keyring import load_hub, load_private
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.care.checkup import Finding, Machine, Verdict, absent, judged
from hotspot_kiosk.kiosk.care.checkup_board import serial_port
from hotspot_kiosk.kiosk.care.checkup_camera import examine

MIB = 1 << 20
AMPLE = 4  # times the least room is plenty


def kiosk(
    machine: Machine, config: KioskConfig, folder: Path, running: desk.Told | None
) -> Iterator[Finding]:
    """Every finding about the kiosk that `config` describes; `folder` is where its relative paths count from.

    running: its status, if it runs.
    """
    yield models(config.models)
    yield keys(config)
    yield room(config.outbox)
    yield link(running)
    yield records(running)
    yield watchlist(running)
    if "port" in config.finger:
        yield serial_port(machine, folder / str(config.finger["port"]))
    yield from camera(config, folder, running is not None)


def status(path: Path) -> desk.Told | None:
    """How the kiosk stands, if it runs."""
    try:
        return desk.ask(path, desk.Ask("status"))
    except (LinkDown, Refused):
        return None


def models(tables: Models) -> Finding:
    """Whether every model is the one the manifest names, to the byte."""
    expected, remedy = "every model as the manifest names it", "build them anew: make models"
    try:
        entries = read_manifest(tables.manifest).model
    except ConfigError as error:
        return Finding("models", Verdict.FAIL, str(error), expected, remedy)
    bad = [entry.name for entry in entries if not _is(tables.folder / entry.file, entry.sha256)]
    measured = f"missing or altered: {', '.join(bad)}" if bad else f"{len(entries)} as named"
    return judged("models", Verdict.FAIL if bad else Verdict.OK, measured, expected, remedy)


def _is(path: Path, sha256: str) -> bool:
    try:
        return digest(path.read_bytes()) == sha256
    except OSError:
        return False


def keys(config: KioskConfig) -> Finding:
    """Whether the kiosk's own key is there, its own and private, and a hub's is trusted."""
    expected = "this device's own key, readable by it alone, and the hub's public one"
    try:
        owner = load_private(config.keys.own).owner
        newest = load_hub(config.keys.peers).newest
    except (KeyMissing, ConfigError, BadBytes) as error:
        return Finding(
            "keys",
            Verdict.FAIL,
            str(error),
            expected,
            "hotspot keys make; copy hub.pub into the folder of peers",
        )
    if owner != config.kiosk.device:
        measured = f"the key is device {owner}'s, the kiosk is device {config.kiosk.device}"
        return Finding("keys", Verdict.FAIL, measured, expected, "use this device's own key")
    return Finding("keys", Verdict.OK, f"device {owner}, hub key {newest.key_id.hex()}", expected)


def room(limits: OutboxLimits) -> Finding:
    """Whether the outbox has room for people to come."""
    expected = f"at least {AMPLE * limits.free_mib} MiB"
    try:
        free = shutil.disk_usage(limits.path.parent).free // MIB
    except OSError as error:
        return Finding(
            "disk room", Verdict.FAIL, f"{limits.path.parent}: {error.strerror}", expected, "make the folder"
        )
    plenty, enough = free >= AMPLE * limits.free_mib, free >= limits.free_mib
    verdict = Verdict.OK if plenty else Verdict.WARN if enough else Verdict.FAIL
    return judged(
        "disk room",
        verdict,
        f"{free} MiB free",
        expected,
        "restore the link, so that records are sent; remove other files",
    )


def link(running: desk.Told | None) -> Finding:
    """Whether the kiosk that runs reaches its hub."""
    expected = "up"
    if running is None:
        return absent("link", expected, "the kiosk does not run; start it to see its link")
    remedy = "look at the network, then at [link]; records are kept meanwhile"
    return judged(
        "link",
        Verdict.OK if running.link else Verdict.WARN,
        "up" if running.link else "down",
        expected,
        remedy,
    )


def records(running: desk.Told | None) -> Finding:
    """Whether records wait for somebody to look at them."""
    expected = "none that needs a look, nothing out of order"
    if running is None:
        return absent("records", expected, "the kiosk does not run")
    troubles = [f"{running.quarantined} need a look"] * bool(running.quarantined)
    troubles += [f"out of order: {', '.join(running.faults)}"] * bool(running.faults)
    measured = "; ".join([f"{running.waiting or 0} wait", *troubles])
    remedy = "hotspot outbox list shows the records; check cable and power of what is out of order"
    return judged("records", Verdict.WARN if troubles else Verdict.OK, measured, expected, remedy)


def watchlist(running: desk.Told | None) -> Finding:
    """Whether people are referred without a link, where the operation says so."""
    expected = "none, or one that this kiosk can use"
    if running is None:
        return absent("watchlist", expected, "the kiosk does not run")
    verdict = Verdict.WARN if running.watchlist else Verdict.OK
    remedy = "hotspot watchlist build, then send, at the hub"
    return judged("watchlist", verdict, running.watchlist or "nothing to say", expected, remedy)


def camera(config: KioskConfig, folder: Path, runs: bool) -> Iterator[Finding]:
    """The camera, unless the kiosk has it."""
    if runs:
        yield absent("camera", "a camera", "the kiosk has it; stop the kiosk to measure")
        return
    try:
        device = build_variant("hotspot_kiosk.kiosk.devices", "camera", config.camera, folder)
    except ConfigError as error:
        yield Finding("camera", Verdict.FAIL, "cannot be used", "a camera", str(error))
        return
    if not hasattr(device, "frame"):
        yield Finding(
            "camera",
            Verdict.FAIL,
            "no camera",
            "a camera",
            "[camera] driver names a device that is no camera",
        )
        return
    yield from examine(device)
