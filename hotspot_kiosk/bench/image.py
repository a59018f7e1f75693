"""The image: how long its making takes, how large it is, how soon and how large its daemon is in QEMU.

Takes what image-build/build/virt holds, or HOTSPOT_IMAGE's folder; makes it first if it is not there. A cold build is
the sum of what its layers took when they were made, each measured then; a cached one is measured here.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.torture.appliance import Appliance, memory_mib
from hotspot_kiosk.torture.machine import CANNOT, IMAGE_BUILD

MB = 1_000_000
EMULATED = "QEMU's emulation, one processor"


def run() -> Iterator[Figure]:
    """One cached build, two starts of the virtual board."""
    cached_s = _build()
    out = IMAGE_BUILD / "build" / "virt"
    cold_s = cached_s + sum(
        float(line.split()[1]) for line in (out / "layers.txt").read_text("utf-8").splitlines()
    )
    yield _lower("build time with nothing cached", cold_s, "s", None, "the sum of the layers' own times")
    yield _lower("build time with all layers cached", cached_s, "s", None, "our own code anew, card included")
    yield _lower("root with its hash tree", (out / "root.img").stat().st_size / MB, "MB", 350, "the goal")
    card = (out / "disk.img").stat()
    yield _lower("card", card.st_size / MB, "MB", None, "its whole length")
    yield _lower("card, without its holes", card.st_blocks * 512 / MB, "MB", None, "what a copy writes")
    yield from _started(out / "disk.img")


def _started(image: Path) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="hotspot-bench-") as folder, Appliance(Path(folder)) as kiosk:
        kiosk.insert(image)
        kiosk.machine.start()
        first_s = kiosk.await_ready()
        kiosk.await_link()
        kiosk.machine.run("sync")
        kiosk.machine.cut()
        kiosk.machine.start()
        ready_s = kiosk.await_ready()
        kiosk.await_link()
        yield _lower(
            "from the kernel's start to READY, first start with set-up", first_s, "s", None, EMULATED
        )
        yield _lower("from the kernel's start to READY", ready_s, "s", 25, EMULATED)
        yield _lower(
            "daemon's resident memory", memory_mib(kiosk.machine), "MiB", 250, "the goal with all models"
        )


def _build() -> float:
    began = time.monotonic()
    words = {**os.environ, "PYTHON": os.environ.get("PYTHON", str(IMAGE_BUILD.parent / ".venv/bin/python"))}
    done = subprocess.run(
        [IMAGE_BUILD / "image", "virt"], env=words, capture_output=True, text=True, check=False
    )
    if done.returncode:
        never = " (this machine cannot)" if done.returncode == CANNOT else ""
        raise Refused(f"the image could not be made{never}: {done.stderr.strip()[-300:]}")
    return time.monotonic() - began


def _lower(name: str, value: float, unit: str, goal: float | None, against: str) -> Figure:
    return Figure("image", name, value, unit, goal, "lower", against, 1)
