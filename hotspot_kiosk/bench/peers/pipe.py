"""A bench's talk with a peer in a process of its own: questions and answers as bytes with their length before them.

Images go through the pipe only; nothing of them is written to disk. It knows no peer.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from hotspot_kiosk.errors import ModelError

LENGTH = struct.Struct("<I")
ROOT = Path(__file__).resolve().parents[3]
REMEDY = "run `make peers`"


def cache() -> Path:
    """Where `.ci/peers` puts them."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotspot-kiosk" / "peers"


def needed(folder: Path, name: str, files: tuple[str, ...]) -> None:
    """Raises ModelError with the reason if one of a peer's files is not in the folder."""
    if all((folder / file).exists() for file in files):
        return
    told = folder / f"{name}.missing"
    reason = told.read_text("utf-8").strip() if told.is_file() else "it was not fetched yet"
    raise ModelError(f"without the peer {name}: {reason} ({REMEDY})")


class Child:
    """A peer's process; `module` is run with `arguments`, and finds further packages in `packages`."""

    def __init__(self, module: str, arguments: list[str], packages: Path | None = None) -> None:
        places = [str(ROOT), *([str(packages)] if packages else [])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(places), "OMP_NUM_THREADS": "1"},
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                end.close()

    def ask(self, question: bytes) -> bytes:
        """Its answer. Raises ModelError if it ends instead."""
        source, target = self._process.stdout, self._process.stdin
        if source is None or target is None:
            raise ModelError("the peer has no pipes")
        try:
            send(target, question)
            answer = receive(source)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise ModelError(f"the peer ended before it answered; its last words stand above ({REMEDY})")
        return answer


def serve(answer: Callable[[bytes], bytes]) -> None:
    """In the peer's process: answer every question until there are no more.

    What its library prints goes to the error output and cannot be mistaken for an answer.
    """
    with os.fdopen(os.dup(1), "wb") as target:
        os.dup2(2, 1)
        while (question := receive(sys.stdin.buffer)) is not None:
            send(target, answer(question))


def send(target: IO[bytes], told: bytes) -> None:
    """One message."""
    target.write(LENGTH.pack(len(told)) + told)
    target.flush()


def receive(source: IO[bytes]) -> bytes | None:
    """One message; None at the end, or where one is cut short."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    told = source.read(length)
    return told if len(told) == length else None
