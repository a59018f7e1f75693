"""Calls into a driver that may never come back: each on a thread of its own, waited for no longer than agreed.

A thread that is stuck in the kernel cannot be ended. So there is never more than one: while it hangs,
the device is lost, and says that only a restart helps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from hotspot_kiosk.errors import DeviceLost

T = TypeVar("T")


def _leave(_result: object) -> None:
    """A result that needs no undoing."""


class Errands:
    """Runs one call at a time. Its threads do not keep the process from ending."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._thread: threading.Thread | None = None

    def run(self, call: Callable[[], T], timeout_s: float, undo: Callable[[T], None] = _leave) -> T:
        """What `call` returns or raises; if it comes too late, its result is undone on its own thread.

        Raises DeviceLost if it takes longer, or if an earlier call still hangs.
        """
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                raise self._stuck()
        errand = _Errand(call, undo)
        self._thread = threading.Thread(target=errand.run, name=f"{self._device}'s driver", daemon=True)
        self._thread.start()
        if not errand.await_end(timeout_s):
            raise self._stuck()
        self._thread.join(timeout_s)
        return errand.result()

    def _stuck(self) -> DeviceLost:
        return DeviceLost(
            f"the {self._device}'s driver hangs; if it is not back in a minute, restart this kiosk"
        )


class _Errand(Generic[T]):
    """One call and what came of it."""

    def __init__(self, call: Callable[[], T], undo: Callable[[T], None]) -> None:
        self._call = call
        self._undo = undo
        self._future: Future[T] = Future()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._late = False

    def run(self) -> None:
        try:
            result = self._call()
        except Exception as error:  # noqa: BLE001 - the top of a thread; `result` raises it
            self._future.set_exception(error)
        else:
            self._future.set_result(result)
        with self._lock:
            self._ended.set()
            late = self._late
        if late and self._future.exception() is None:
            self._undo(self._future.result())

    def await_end(self, timeout_s: float) -> bool:
        """Whether it ended in time; if not, its result belongs to nobody."""
        self._ended.wait(timeout_s)
        with self._lock:
            self._late = not self._ended.is_set()
            return not self._late

    def result(self) -> T:
        return self._future.result()
