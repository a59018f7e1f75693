"""The responder behind two folders, as an I-24/7 client would stand there: picks up, leaves answers.

Answers appear whole, under a name of their own. What cannot be read is put into `refused`.
"""

from __future__ import annotations

import threading
from pathlib import Path

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.files import write_whole
from hotspot_kiosk.simulator.biohub import BioHub

PAUSE_S = 0.05
OUTCOME = ".outcome.json"


class FolderClient:
    """Between the folders under `folder`: `outbox`, from which it takes, and `answers`."""

    def __init__(self, folder: Path, responder: BioHub) -> None:
        self.outbox, self.answers = folder / "outbox", folder / "answers"
        self._refused = folder / "refused"
        self._responder = responder
        for each in (self.outbox, self.answers, self._refused):
            each.mkdir(parents=True, exist_ok=True)

    def run(self, stop: threading.Event) -> None:
        """Serve until told to stop."""
        while not stop.wait(PAUSE_S):
            self.step()

    def step(self) -> None:
        """Take what is there, leave what is due."""
        for path in sorted(self.outbox.iterdir()):
            if not self._responder.closed_s():
                self._take(path)
        for due in self._responder.waiting():
            write_whole(self.answers / f"{due.name}.nist", due.content)
            self._responder.forget(due.name)

    def _take(self, path: Path) -> None:
        try:
            if path.name.endswith(OUTCOME):
                self._responder.take_outcome(path.read_bytes(), path.name.removesuffix(OUTCOME))
            else:
                self._responder.take(path.read_bytes())
        except BadBytes:
            path.replace(self._refused / path.name)
        else:
            path.unlink()
