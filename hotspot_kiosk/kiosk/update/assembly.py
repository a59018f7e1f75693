"""Builds the update agent and runs the self-test, from a kiosk's config. The composition root of both processes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import MappingProxyType

from hotspot_kiosk import __version__, files
from hotspot_kiosk.config import KioskConfig, Section, UpdatePlan, build_variant
from hotspot_kiosk.errors import ConfigError, LinkDown, Refused
from hotspot_kiosk.fleet import parsed
from hotspot_kiosk.keyring import load_hub, load_private
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.care.checkup import Machine
from hotspot_kiosk.kiosk.care.checkup_running import STATUS
from hotspot_kiosk.kiosk.care.vitals import vitals
from hotspot_kiosk.kiosk.clock import SYNCHRONISED, Clock
from hotspot_kiosk.kiosk.link.orders import FLOOR
from hotspot_kiosk.kiosk.update import selftest
from hotspot_kiosk.kiosk.update.agent import Agent, Pauses, Self
from hotspot_kiosk.kiosk.update.keeping import UpdateKeeping
from hotspot_kiosk.kiosk.update.rauc import Rauc
from hotspot_kiosk.kiosk.update.selftest import Trial, Verdict
from hotspot_kiosk.kiosk.update.telling import Rhythm, Teller, Telling
from hotspot_kiosk.pulse import Pulse
from hotspot_kiosk.stick_update import UpdateStick
from hotspot_kiosk.transports.port import Board

FLEET_PORT = 8887
DECIDED_S = 900.0
RAUC = Path("/etc/rauc/system.conf")  # an image that can be updated says how: [update]


def build(config: KioskConfig, folder: Path) -> Agent | Teller:
    """The agent; where no update comes over the link, who only tells. Raises ConfigError, KeyMissing or StorageFailed."""
    if config.update is None and not RAUC.exists():
        return _teller(config, folder)
    return _agent(config, folder)


def _teller(config: KioskConfig, folder: Path) -> Teller:
    """Of a kiosk on a plain system: its version is this software's."""
    device, clock = config.kiosk.device, Clock()
    board = _board(config, {}, folder)
    telling = Telling(
        board,
        device,
        __version__,
        Rhythm(),
        clock.now,
        lambda seen: vitals(quiet_machine(), config, folder, seen, clock.now()[0]),
    )
    return Teller(telling, board, device, lambda: told(config.kiosk.desk), Pulse(os.environ, time.monotonic))


def _agent(config: KioskConfig, folder: Path) -> Agent:
    plan, clock = _plan(config), Clock()
    return Agent(
        which=Self(config.kiosk.device, load_private(config.keys.own), release(plan.release), clock.boot_id),
        hub=lambda: load_hub(config.keys.peers),
        keeping=UpdateKeeping(plan.state),
        rauc=Rauc(plan.bus, ca=plan.ca),
        board=_board(config, plan.link, folder),
        trial=_trial(plan),
        now=clock.now,
        told=lambda: told(config.kiosk.desk),
        pulse=Pulse(os.environ, time.monotonic),
        pauses=Pauses(quiet=plan.quiet_s, self_test=plan.self_test_s, status=plan.status_s),
        vitals=lambda seen: vitals(quiet_machine(), config, folder, seen, clock.now()[0]),
        say=lambda status: files.replace(plan.run / STATUS, status),
        stick=UpdateStick(plan.stick),
    )


def quiet_machine() -> Machine:
    """This one, asked by its files only: no command is run twice a minute."""
    return Machine(said=lambda _command: None)


def run_self_test(config: KioskConfig, folder: Path) -> Verdict | None:
    """The self-test, if one is asked for; comes back when the update is decided. None: none is asked for.

    Raises ConfigError or KeyMissing if this kiosk cannot seal at all, Refused if nobody decided in time.
    """
    plan, clock = _plan(config), Clock()
    trial = _trial(plan)
    if not trial.await_asked(DECIDED_S):
        return None
    verdict = selftest.examine(
        config,
        folder,
        load_private(config.keys.own),
        load_hub(config.keys.peers).newest,
        clock.now()[0].year,
        clock.boot_id,
    )
    trial.answer(verdict)
    if not trial.wait(DECIDED_S):
        raise Refused("nobody decided about the update: look at hotspot-update, then restart the kiosk")
    return verdict


def _trial(plan: UpdatePlan) -> Trial:
    return Trial(plan.run, plan.state.with_name(selftest.EXPECTED))


def release(path: Path) -> str:
    """IMAGE_VERSION of an os-release file. Raises ConfigError."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"[update] release = {path} cannot be read") from None
    for line in lines:
        key, _, value = line.partition("=")
        if key == "IMAGE_VERSION":
            return _checked(value.strip("\"' "), path)
    raise ConfigError(
        f"{path} names no IMAGE_VERSION: only an image that was built as one is updated over the link"
    )


def told(path: Path) -> desk.Told | None:
    """How the daemon stands; None if it does not run."""
    try:
        return desk.ask(path, desk.Ask("status"))
    except (LinkDown, Refused):
        return None


def _checked(version: str, path: Path) -> str:
    try:
        parsed(version)
    except ValueError as error:
        raise ConfigError(f"IMAGE_VERSION in {path}: {error}") from None
    return version


def _plan(config: KioskConfig) -> UpdatePlan:
    if config.update is None:
        raise ConfigError(
            "there is no table [update] in the configuration; without one this kiosk is not updated"
        )
    return config.update


def _board(config: KioskConfig, differs: Section, folder: Path) -> Board:
    section = MappingProxyType({**config.link, "port": FLEET_PORT, **differs})
    floor = str(config.outbox.path.with_name(FLOOR))
    defaults = {"floor_file": floor, "synchronised": str(SYNCHRONISED)}
    board = build_variant("hotspot_kiosk.transports", "update.link", section, folder, defaults)
    if not hasattr(board, "post"):
        raise ConfigError("[update] link: this driver keeps no messages; use mqtt")
    made: Board = board
    return made
