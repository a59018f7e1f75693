"""An emulated panel behind a pseudo-terminal: what the kiosk opens is a serial port like any other.

Emulated time keeps pace with the wall's, or `speed` times it. A test may press and open things while
it runs, through `with pty.board_at_rest() as board`.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

from hotspot_kiosk.simulator.panel_board import PanelBoard

STEP_MS = 2.0
BEHIND_MS = 200.0  # on a busy machine no more than this is made up for


class PanelPty:
    """Runs from construction to `close`; `link` points at the port."""

    def __init__(self, board: PanelBoard, link: Path, speed: float = 1.0) -> None:
        self._board = board
        self._link = link
        self._speed = speed
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._far))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="emulated panel", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def board_at_rest(self) -> Iterator[PanelBoard]:
        """The board, while its time stands still."""
        with self._lock:
            yield self._board

    def close(self) -> None:
        """Pull the plug."""
        self._stop.set()
        self._thread.join()
        self._link.unlink(missing_ok=True)
        os.close(self._far)
        os.close(self._near)

    def _run(self) -> None:
        zero = time.monotonic() - self._board.now_ms / 1000 / self._speed
        while not self._stop.is_set():
            due_ms = (time.monotonic() - zero) * 1000 * self._speed - self._board.now_ms
            if due_ms > BEHIND_MS:
                zero += (due_ms - BEHIND_MS) / 1000 / self._speed
            if due_ms < STEP_MS:
                select.select([self._near], [], [], STEP_MS / 1000 / self._speed)
            with self._lock:
                self._step(max(0.5, min(due_ms, STEP_MS)))

    def _step(self, ms: float) -> None:
        with contextlib.suppress(BlockingIOError):
            self._board.send(os.read(self._near, 4096))
        self._board.run(ms)
        with contextlib.suppress(BlockingIOError):
            os.write(self._near, self._board.heard())
