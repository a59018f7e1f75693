"""Compiles all kernels into one library: `python -m hotspot_kiosk.kernels.build [--for PROCESSOR]... [FOLDER]`.

`emit` has numba make the machine code, and a C compiler links it. Where no C compiler makes one there is no
library, and numba compiles at run time as if nothing had been asked for.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hotspot_kiosk.kernels.library import BUILT, CHOICE, PROCESSORS, opened, place, runnable

MEMORY = Path(__file__).with_name("memory.c")
EMIT = "import sys; from hotspot_kiosk.kernels.emit import emit; emit(*sys.argv[1:])"
FLAGS = ["-shared", "-fPIC", "-O2", "-Wl,-z,defs,-z,now,--gc-sections,--build-id=none,-s"]
"""Whatever is called must be there when it is linked: nothing is left to chance at run time."""


def main() -> None:
    """Build what is not there yet."""
    parser = argparse.ArgumentParser(prog="python -m hotspot_kiosk.kernels.build", description=__doc__)
    known = tuple(PROCESSORS.get(platform.machine(), ()))
    parser.add_argument(
        "--for", dest="processors", action="append", choices=known, help="LLVM's name of a processor"
    )
    parser.add_argument("--all", action="store_true", help="for every processor of this machine's kind")
    parser.add_argument("--object", action="store_true", help="leave the linking to others")
    parser.add_argument("folder", nargs="?", type=Path, default=BUILT)
    said = parser.parse_args()
    processors = known if said.all else said.processors or runnable()[:1]
    if not processors:
        _say(
            f"none of {', '.join(known) or platform.machine()} is this machine's: numba compiles at run time"
        )
    for processor in processors:
        build(processor, said.folder, linked=not said.object)


def build(processor: str, folder: Path, *, linked: bool = True) -> None:
    """The library, or its object alone, for one processor, unless it is there already."""
    made = place(processor, folder).with_suffix(".so" if linked else ".o")
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if made.exists():
        return
    if linked and not links(compiler):
        _say("there is no C compiler here that makes a library: numba compiles at run time")
        return
    with tempfile.TemporaryDirectory(prefix="hotspot-kernels-") as work:
        whole = Path(work, "kernels.o")
        _emitted(processor, whole)
        if linked:
            whole = link(compiler, whole)
            if processor in runnable():
                opened(whole)
        _put(whole, made)
    for stale in set(folder.glob(f"{processor}.*{made.suffix}")) - {made}:
        stale.unlink(missing_ok=True)
    _say(made.name)


def links(compiler: list[str]) -> bool:
    """Whether it is there and makes a library: one without C's headers, or without a linker, does not."""
    if shutil.which(compiler[0]) is None:
        return False
    with tempfile.TemporaryDirectory(prefix="hotspot-kernels-") as work:
        tried = [*compiler, "-shared", "-fPIC", "-o", str(Path(work, "memory.so")), str(MEMORY)]
        return subprocess.run(tried, stderr=subprocess.DEVNULL, check=False).returncode == 0


def link(compiler: list[str], made: Path) -> Path:
    """The library beside the object."""
    library = made.with_suffix(".so")
    subprocess.run([*compiler, *FLAGS, "-o", library, made, MEMORY, "-lm"], check=True)
    return library


def _emitted(processor: str, made: Path) -> None:
    """In a process of its own: numba is told its processor as it is loaded, and knows one only."""
    own = {
        "PYTHONHASHSEED": "0",
        CHOICE: "numba",
        "NUMBA_CPU_NAME": processor,
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(made.parent),
    }
    subprocess.run([sys.executable, "-c", EMIT, processor, made], env=os.environ | own, check=True)


def _put(whole: Path, made: Path) -> None:
    """There at once and whole, whoever else builds it or looks for it."""
    made.parent.mkdir(parents=True, exist_ok=True)
    fresh = made.with_name(f".{made.name}.{os.getpid()}")
    shutil.copyfile(whole, fresh)
    fresh.replace(made)


def _say(words: str) -> None:
    sys.stderr.write(f"kernels: {words}\n")


if __name__ == "__main__":
    main()
