"""The daemon at rest: memory and processor time, with all models loaded and the link up; and when a person has left.

Against: a bare interpreter that only imports the same libraries, measured in the same run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.demo.cast import Cast
from hotspot_kiosk.demo.post import Post
from hotspot_kiosk.demo.stage import Folders, Stage
from hotspot_kiosk.kiosk import desk

MODELS = Path(__file__).resolve().parents[2] / "models"
REST_S = 20.0
CHECKS = 3
IMPORTS = "import hotspot_kiosk, onnxruntime, cv2, numpy, cryptography, sqlite_utils, paho.mqtt.client, sys; sys.stdin.read()"
MIB = 1 << 20


def run() -> Iterator[Figure]:
    """One daemon, `REST_S` seconds, then `CHECKS` checks."""
    with (
        tempfile.TemporaryDirectory(prefix="hotspot-bench-") as folder,
        Stage(Folders(Path(folder), MODELS)) as stage,
    ):
        cast = Cast(stage.folders)
        cast.enrol()
        for start in (stage.start_broker, stage.start_hub, stage.start_sensor, stage.start_kiosk):
            start()
        post = Post(stage.folders.desk, quiet=True)
        post.sit_down()
        post.link(up=True)
        pid = stage.pid("kiosk")
        began, used = time.monotonic(), _seconds(pid)
        time.sleep(REST_S)
        busy = (_seconds(pid) - used) / (time.monotonic() - began)
        memory, bare = _memory(pid), _bare()
        for seed in range(CHECKS):
            tcn, _ = post.check(cast.visit(cast.a, seed + 1))
            post.answer(tcn)
            while desk.ask(stage.folders.desk, desk.Ask("status")).state != "idle":
                time.sleep(0.2)
        after = _memory(pid)
        yield Figure(
            "idle", "resident memory", memory / MIB, "MiB", 250, "lower", "the goal with all models", 1
        )
        yield Figure(
            "idle",
            "resident memory after checks",
            after / MIB,
            "MiB",
            250,
            "lower",
            "the person has left",
            CHECKS,
        )
        yield Figure(
            "idle", "resident memory over bare imports", memory / bare, "ratio", None, "lower", "imports", 1
        )
        yield Figure(
            "idle", "processor", 100 * busy, "% of one core", 2, "lower", f"{REST_S:.0f} s at rest", 1
        )


def _memory(pid: int) -> int:
    """Resident bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _seconds(pid: int) -> float:
    """Processor seconds so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _bare() -> int:
    """Resident bytes of an interpreter with the same libraries imported."""
    process = subprocess.Popen([sys.executable, "-c", IMPORTS], stdin=subprocess.PIPE)
    try:
        last = 0
        for _ in range(100):
            time.sleep(0.2)
            now = _memory(process.pid)
            if now == last:
                break
            last = now
        return last
    finally:
        process.communicate()
