"""How useful a touch will be for comparison, as one score: our own small model over simple measures.

It was trained to foresee the score of a touch against whole prints of the same finger (`models/`), so it is a score of
utility in the sense of ISO/IEC 29794-1, of this comparator. It is NOT NFIQ 2 and must never be reported as such.
"""

from __future__ import annotations

from hotspot_kiosk.inference.finger_measures import measures
from hotspot_kiosk.inference.port import Model
from hotspot_kiosk.terms import FingerSample, FingerTemplate

NAME = "finger-utility-1"
# Foreseen comparison scores of touches that are worth 100 and 0; a match at FMR 0.1 % lies about 1.
BEST, WORST = 14.0, -4.0


class FingerUtility:
    """Scores touches with the utility model."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def foreseen(self, sample: FingerSample, template: FingerTemplate) -> float:
        """The foreseen score of this touch against a whole print of the same finger."""
        return float(self._model.run(measures(sample, template)[None])[0][0, 0])

    def score(self, sample: FingerSample, template: FingerTemplate) -> int:
        """0 (useless) to 100; 0 if the touch shows no finger at all."""
        if not template.area.any():
            return 0
        share = (self.foreseen(sample, template) - WORST) / (BEST - WORST)
        return round(100 * min(1.0, max(0.0, share)))
