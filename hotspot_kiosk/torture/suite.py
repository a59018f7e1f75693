"""The whole suite in bounded time from one seed, and its figures. All counts are parts, two a record.

The plan of faults comes from the seed; at which instruction one strikes is up to the machine.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

from hotspot_kiosk.torture import disk
from hotspot_kiosk.torture.disk import Disk
from hotspot_kiosk.torture.kills import DISK_MIB, Battle, Kills
from hotspot_kiosk.torture.power import PowerCuts, power_cuts
from hotspot_kiosk.torture.stage import broker_path

FATES = ("clock_jumps", "corrupted", "corrupted_chunks", "duplicated", "reordered", "withheld")
Figures = dict[str, object]


def run(minutes: float, seed: int, say: Callable[[str], None], workers: int = 0, least: int = 0) -> Figures:
    """Torture for so many minutes, then wait for peace (two minutes at most); returns the figures.

    It goes on beyond them until there were `least` power cuts of that outbox and as many kills: machines differ.

    The power cuts of an outbox on a disk of its own go on beside everything else. With `workers`, so many hub workers share a PostgreSQL; otherwise one hub has SQLite.
    """
    rng = random.Random(seed)  # noqa: S311 - draws faults, hides nothing
    seeds = rng.getrandbits(32), rng.getrandbits(32)
    skipped = []
    without_disk, without_broker = disk.missing(), "" if broker_path() else "Mosquitto is not installed"
    if without_disk:
        skipped.append(f"power cuts, full disks: {without_disk}")
    if without_broker:
        skipped.append(f"kills and bad links: {without_broker}")
    for reason in skipped:
        say(f"skipped: {reason}")
    seconds = minutes * 60
    with ThreadPoolExecutor(1) as beside:
        cuts = None if without_disk else beside.submit(_power, seeds[0], seconds, say, least)
        kills = (
            Kills() if without_broker else _kills(seeds[1], seconds, bool(without_disk), say, workers, least)
        )
    power = cuts.result() if cuts else PowerCuts()
    return figures(power, kills, skipped) | {"seed": seed, "minutes": minutes, "workers": workers}


def failed(result: Figures) -> bool:
    """Whether anything was lost, doubled or altered, or too little happened to show that nothing was.

    Nothing captured at all shows nothing, and neither does a path on which no part ever arrived.
    """
    wrong = result["lost"] or result["doubled"] or result["altered"]
    arrived = bool(result["held"]) or not result["captured"]
    happened = result["captured"] or result["rest_captured"]
    return bool(wrong or not arrived or not happened)


def figures(power: PowerCuts, kills: Kills, skipped: list[str]) -> Figures:
    """One flat object; what begins with `rest_` was counted in the outbox alone, after power cuts.

    Lost, doubled and altered answers count among the lost, doubled and altered, too.
    """
    rest, path, faults = power.found, kills.found, kills.faults
    return {
        "captured": path.captured,
        "held": path.held,
        "lost": path.lost + path.answers_lost + rest.lost,
        "doubled": path.doubled + path.answers_doubled + rest.doubled,
        "quarantined": path.quarantined,
        "cuts": power.cuts + faults["power"],
        "kills": kills.kills,
        "altered": path.altered + path.answers_altered + rest.altered,
        "answers": path.answers,
        "answers_lost": path.answers_lost,
        "answers_doubled": path.answers_doubled,
        "answers_altered": path.answers_altered,
        "waiting": path.waiting,
        "unanswered": path.unanswered,
        "unacknowledged": path.more,
        "raced": power.raced + kills.raced,
        "rest_captured": rest.captured,
        "rest_cuts": power.cuts,
        "kiosk_kills": faults["kiosk"],
        "hub_kills": faults["hub"],
        "broker_kills": faults["broker"],
        "link_cuts": faults["cut"],
        "disk_full": faults["full"],
        "database_crashes": faults["server"],
        **{fate: kills.fates[fate] for fate in FATES},
        "refused_captures": kills.refused,
        "given_up": kills.given_up,
        "quiet_s": kills.quiet_s,
        "examples": rest.examples + path.examples,
        "skipped": skipped,
    }


def _power(seed: int, seconds: float, say: Callable[[str], None], least: int) -> PowerCuts:
    with tempfile.TemporaryDirectory(prefix="hotspot-torture-") as folder:
        return power_cuts(Path(folder), seed, time.monotonic() + seconds, say, least=max(1, least))


def _kills(
    seed: int, seconds: float, without_disk: bool, say: Callable[[str], None], workers: int, least: int
) -> Kills:
    folder = Path(tempfile.mkdtemp(prefix="hotspot-torture-"))
    with nullcontext() if without_disk else Disk(folder, DISK_MIB) as place:
        battle = Battle(folder, seed, place, workers)
        try:
            battle.start()
            battle.rage(seconds, say, least)
            battle.make_peace(say)
        finally:
            battle.close()
    if battle.result.found.examples:
        say(f"databases and logs of this round are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return battle.result
