"""Put the locks' binary packages for some other Python or machine into a folder, each checked by its hash.

Usage: .venv/bin/python .ci/wheels.py FOLDER --lock FILE [--lock FILE] [--machine aarch64] [--only NAME,NAME | --without NAME,NAME]
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

PYTHON = "3.13"  # Debian 13's
GLIBC = (*(f"manylinux_2_{minor}" for minor in range(41, 16, -1)), "manylinux2014")


def parsed(entry: str) -> Requirement:
    """A lock's entry without its hashes."""
    return Requirement(entry.split("\\", maxsplit=1)[0].strip())


def meant(entry: str, machine: str) -> bool:
    """Whether a lock's entry is for that Python and machine."""
    target = {
        "python_version": PYTHON,
        "python_full_version": f"{PYTHON}.0",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "sys_platform": "linux",
    }
    marker = parsed(entry).marker
    return marker is None or marker.evaluate(target)


def without_marker(entry: str) -> str:
    """Pip holds markers against its own Python, not against the one it installs for."""
    return re.sub(r" ; [^\\]*", " ", entry, count=1)


def entries(locks: list[Path]) -> list[str]:
    """Every pinned package with its hashes."""
    found = r"^\S+==[^\n]*(?:\n +--hash[^\n]*)+"
    return [entry for lock in locks for entry in re.findall(found, lock.read_text("utf-8"), re.MULTILINE)]


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--lock", type=Path, action="append", required=True)
    parser.add_argument("--machine", default="x86_64")
    parser.add_argument("--only", type=lambda text: set(text.split(",")))
    parser.add_argument("--without", type=lambda text: set(text.split(",")), default=set())
    return parser.parse_args()


def wanted(asked: argparse.Namespace) -> str:
    """The lock that is left."""
    left = []
    for entry in entries(asked.lock):
        name = parsed(entry).name
        if (
            name not in asked.without
            and (asked.only is None or name in asked.only)
            and meant(entry, asked.machine)
        ):
            left.append(without_marker(entry))
    return "\n".join(left)


if __name__ == "__main__":
    asked = arguments()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(wanted(asked))
        file.flush()
        subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                ),
                *("--no-compile", "--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}"),
                *(f"--platform={glibc}_{asked.machine}" for glibc in GLIBC),
                *("--require-hashes", "--target", asked.folder, "-r", file.name),
            ],
            check=True,
        )
