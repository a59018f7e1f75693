"""A thread that says so when it can go on no more: the one place for what only a thread's top may catch."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


def worker(name: str, work: Callable[[], None], on_fault: Callable[[str], None]) -> threading.Thread:
    """A thread, not started, for `work`; an error that nobody expected is logged whole and told in a sentence."""

    def run() -> None:
        try:
            work()
        except Exception as error:
            log.exception("the thread of the %s stopped", name)
            on_fault(f"the {name}: {error}")

    return threading.Thread(target=run, name=name)
