"""Power cuts: the real outbox writes sealed records on an ext4 disk whose power is cut, again and again.

After each cut the disk is mounted anew and a copy of the outbox compared with what was acknowledged
before the cut; then the next writer opens the outbox itself and goes on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hotspot_kiosk.torture.actors import Cast, Role, writer
from hotspot_kiosk.torture.checker import Findings, check_rest, read_outbox
from hotspot_kiosk.torture.disk import Disk
from hotspot_kiosk.torture.ledger import Ledger
from hotspot_kiosk.torture.stage import Actor, Play

DEVICE = 31
LONGEST_S = 0.25
SAY_EVERY = 100


@dataclass(slots=True)
class PowerCuts:
    """What came of it. `raced`: acknowledgements not older than their cut, of which nothing is asked."""

    cuts: int = 0
    raced: int = 0
    found: Findings = field(default_factory=Findings)


def power_cuts(
    folder: Path, seed: int, ends: float, say: Callable[[str], None], play: Play = writer, least: int = 1
) -> PowerCuts:
    """Cut until `ends` (time.monotonic), but `least` times; stops at the first loss. `play` is who writes."""
    rng, cast, ledger, result = random.Random(seed), Cast(seed), Ledger(), PowerCuts()  # noqa: S311 - draws faults, hides nothing
    opener = cast.opener(DEVICE, 0)
    copies = folder / "copies"
    copies.mkdir()
    with Disk(folder, 96) as disk:
        while (time.monotonic() < ends or result.cuts < least) and not result.found.bad:
            role = Role(cast, DEVICE, disk.root, folder / "writer.log", 0, rng.getrandbits(32))
            _one_cut(disk, Actor(play), role, rng, ledger)
            result.cuts += 1
            result.found = check_rest(ledger, read_outbox(role.outbox, opener, copies))
            if result.cuts % SAY_EVERY == 0:
                say(f"{result.cuts} power cuts, {result.found.captured} parts acknowledged, {_words(result)}")
    result.raced = ledger.raced
    return result


def _one_cut(disk: Disk, actor: Actor, role: Role, rng: random.Random, ledger: Ledger) -> None:
    """Cut at a random instant after the writer's first word."""
    actor.start(role)
    try:
        if actor.pipe is not None:
            actor.pipe.poll(20)
            ends = time.monotonic() + rng.uniform(0, LONGEST_S)
            while time.monotonic() < ends:
                ledger.drain(actor.pipe)
                time.sleep(min(0.01, max(0.0, ends - time.monotonic())))
        cut_ns = time.monotonic_ns()
        disk.cut()
        actor.kill()
        if actor.pipe is not None:
            ledger.drain(actor.pipe)
        ledger.settle(cut_ns)
    finally:
        actor.kill()
        actor.hang_up()
    disk.unmount()
    disk.mount()


def _words(result: PowerCuts) -> str:
    return f"{result.found.lost} lost, {result.found.altered} altered, {result.found.doubled} doubled"
