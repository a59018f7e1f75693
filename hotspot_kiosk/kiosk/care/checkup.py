"""What a machine is asked when somebody examines it, and what a finding says. It reads, and changes nothing.

A `Machine` is a root folder and a way to run a command, so that a test can build one out of files. No
finding holds a key, a name or anything of a person.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

COMMAND_S = 5.0


class Verdict(StrEnum):
    """What a finding comes to. Something that this machine does not have is neither good nor bad."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    NOT_HERE = "not here"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, what it should be, and what to do if it is not."""

    name: str
    verdict: Verdict
    measured: str
    expected: str
    remedy: str = ""


def absent(name: str, expected: str, why: str = "not on this machine") -> Finding:
    """A finding about something that cannot be looked at here."""
    return Finding(name, Verdict.NOT_HERE, why, expected)


def judged(name: str, verdict: Verdict, measured: str, expected: str, remedy: str) -> Finding:
    """A finding that has a remedy unless all is well."""
    return Finding(name, verdict, measured, expected, "" if verdict is Verdict.OK else remedy)


def run(command: Sequence[str]) -> str | None:
    """What a command says; None if it is not there, fails, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()


def usable(path: Path) -> bool:
    """Whether this process may read and write a file."""
    return os.access(path, os.R_OK | os.W_OK)


@dataclass(frozen=True, slots=True)
class Machine:
    """Files below `root`, commands, and what may be used. Paths are given as they are on the machine itself."""

    root: Path = Path("/")
    said: Callable[[Sequence[str]], str | None] = run
    usable: Callable[[Path], bool] = usable

    def at(self, path: str | Path) -> Path:
        """Where that path lies."""
        return self.root / str(path).lstrip("/")

    def text(self, path: str | Path) -> str | None:
        """A small file's text, without its end; None if it cannot be read."""
        try:
            return self.at(path).read_text("utf-8", "replace").strip("\0 \n")
        except OSError:
            return None

    def number(self, path: str | Path) -> int | None:
        """A file's number, decimal or 0x hexadecimal; None if there is none."""
        text = self.text(path)
        try:
            return int(text, 16 if text.startswith("0x") else 10) if text else None
        except ValueError:
            return None

    def found(self, folder: str, pattern: str) -> list[Path]:
        """What lies in a folder under such names, in order, as paths on the machine."""
        base = self.at(folder)
        return [Path(folder) / path.relative_to(base) for path in sorted(base.glob(pattern))]

    def may_use(self, path: str | Path) -> bool:
        """Whether this process may read and write it."""
        return self.usable(self.at(path))

    @property
    def board(self) -> str:
        """What the device tree calls this machine; empty on one without."""
        return self.text("/proc/device-tree/model") or ""

    @property
    def is_pi(self) -> bool:
        """Whether it is a Raspberry Pi."""
        return self.board.startswith("Raspberry Pi")
