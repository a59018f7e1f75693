"""Whole sessions with simulated people, who react as `simulator.reactions` says: how long they take, and what of it
is the machine's.

Real daemon, pages, hub and broker; the sensor's line at its real speed; so it takes half an hour on two processors, less
on more. Each kiosk has two processors, as many as its hub, broker and simulated people leave of a board of its own.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.session_lane import Lane, Session

MODELS = Path(__file__).resolve().parents[2] / "models"
PRESSURE = Path("/proc/pressure/cpu")
PEOPLE = 24
LANES = min(3, max(1, (os.cpu_count() or 1) // 2))
EACH = -(-PEOPLE // LANES)
ONE_FINGER, FOUR_FINGERS = (2,), (2, 3, 7, 8)
Way = Callable[[Lane, Sequence[int]], Iterator[Session]]
SIDES = ("pages", "face", "fingers", "record and answer")


def run() -> Iterator[Figure]:
    """Officer check and self-service, 24 sessions each; the first of each kiosk warms it up and does not count.

    How contended the processors were is told, too: on a busy machine the machine's share says little.
    """
    for what, fingers, way, goals in (
        ("officer check", ONE_FINGER, Lane.officer_checks, (12.0, 25.0)),
        ("self-service", FOUR_FINGERS, Lane.self_service, (60.0, 90.0)),
    ):
        began, waited = time.monotonic(), _waited()
        sessions = _sessions(fingers, way)
        yield from _figures(what, sessions, goals)
        if waited is not None:
            share = ((_waited() or waited) - waited) / (time.monotonic() - began)
            name = f"{what}: time in which something waited for a processor"
            yield Figure(
                "session", name, 100 * share, "%", None, "lower", "all of this machine", len(sessions)
            )


def _waited() -> float | None:
    """Seconds since the start in which some task waited for a processor (Linux' pressure stall information)."""
    if not PRESSURE.is_file():
        return None
    return int(PRESSURE.read_text().split("total=")[1].split()[0]) / 1e6


def _sessions(fingers: Sequence[int], way: Way) -> list[Session]:
    def lane(number: int) -> list[Session]:
        seeds = range(1000 * (number + 1), 1000 * (number + 1) + EACH + 1)
        with (
            tempfile.TemporaryDirectory(prefix="hotspot-bench-", dir="/tmp") as folder,
            Lane(Path(folder), MODELS, fingers) as stands,
        ):
            return list(way(stands, seeds))[1:]

    with ThreadPoolExecutor(LANES) as lanes:
        return [session for each in lanes.map(lane, range(LANES)) for session in each]


def _figures(what: str, sessions: list[Session], goals: tuple[float, float]) -> Iterator[Figure]:
    took = [session.took_s for session in sessions]
    machine = [sum(session.machine_s.values()) for session in sessions]
    count = len(sessions)

    def figure(name: str, value: float, goal: float | None = None, unit: str = "s") -> Figure:
        return Figure(
            "session", f"{what}: {name}", value, unit, goal, "lower", "the model of reactions", count
        )

    yield figure("median", float(np.median(took)), goals[0])
    if what == "self-service":
        yield figure("p90", float(np.percentile(took, 90)), goals[1])
    yield figure("p95", float(np.percentile(took, 95)), goals[1] if what != "self-service" else None)
    yield figure("machine time, median", float(np.median(machine)), 1.0)
    yield figure("machine time, p90", float(np.percentile(machine, 90)))
    for side in SIDES:
        yield figure(
            f"machine time, {side}, median",
            float(np.median([each.machine_s.get(side, 0.0) for each in sessions])),
        )
    yield figure("the sensor's line, median", float(np.median([each.line_s for each in sessions])))
    yield figure("touches", float(np.mean([each.touches for each in sessions])), unit="each")
    yield figure(
        "sessions without a record", float(sum(not each.stored for each in sessions)), 0.0, unit="of all"
    )
