"""How faces of different people score against each other before this kiosk's camera, counted and nothing else.

Off unless the config says so. The template of one person waits in memory for the next one, at most for half an hour;
then both are forgotten, so that each person counts once. What reaches the disk are counts, of a full batch at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.compare.tally import Tally, decode, encode
from hotspot_kiosk.errors import BadBytes, Incomparable, StorageFailed
from hotspot_kiosk.files import replace
from hotspot_kiosk.terms import Capture, FaceTemplate

log = logging.getLogger(__name__)
BATCH = 20
WAITS_S = 1800.0
RAW = Calibration(1.0, 0.0, 0.0, "none: raw scores")


class Tallying:
    """Takes the captures of one stored record after the other."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        """`now`: seconds that only go forward."""
        self._path = path
        self._now = now
        self._waits: tuple[FaceTemplate, float] | None = None
        self._model = ""
        self._scores: list[float] = []
        self._comparator = FaceComparator(RAW)

    def take(self, captures: Sequence[Capture]) -> None:
        """A record was stored. Never raises: what cannot be counted is not counted, and the log says so."""
        faces = [each.template for each in captures if isinstance(each.template, FaceTemplate)]
        if not faces:
            return
        before, self._waits = self._waits, None
        if before is None or self._now() - before[1] > WAITS_S:
            self._waits = faces[0], self._now()
            return
        try:
            self._count(faces[0], before[0])
        except (Incomparable, StorageFailed) as error:
            log.warning("scores were not counted: %s", error)

    def _count(self, one: FaceTemplate, other: FaceTemplate) -> None:
        score = self._comparator.score(one, other)
        if one.model != self._model:
            self._model, self._scores = one.model, []
        self._scores.append(score)
        if len(self._scores) >= BATCH:
            scores, self._scores = np.array(self._scores), []
            replace(self._path, encode(self._tally().with_scores(scores)))

    def _tally(self) -> Tally:
        """What was counted so far; anew for another model, or if the file is damaged."""
        try:
            tally = decode(self._path.read_bytes())
        except FileNotFoundError:
            return Tally(self._model)
        except OSError as error:
            raise StorageFailed(f"{self._path} cannot be read: {error.strerror}") from None
        except BadBytes as error:
            log.warning("%s: %s; counting begins anew", self._path.name, error)
            return Tally(self._model)
        return tally if tally.model == self._model else Tally(self._model)
