"""One measured figure, printed as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, what it is measured against, and how often (`n`).

    `goal` is None where none was set; `against` names the peer or limit measured in the same run.
    low, high: the middle 95 % of what resampling gave, where it was done.
    """

    bench: str
    figure: str
    value: float
    unit: str
    goal: float | None
    better: Literal["lower", "higher"]
    against: str
    n: int
    low: float | None = None
    high: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal is None else self._reaches(self.value, self.goal)

    @property
    def sure(self) -> bool:
        """Whether the whole interval lies on the value's side of the goal; true where one of them is missing."""
        ends = [end for end in (self.low, self.high) if end is not None]
        return self.goal is None or all(self._reaches(end, self.goal) == self.met for end in ends)

    def _reaches(self, value: float, goal: float) -> bool:
        return value <= goal if self.better == "lower" else value >= goal

    @property
    def interval(self) -> str:
        """Low and high in words; empty where nothing was resampled."""
        return "" if self.low is None or self.high is None else f"{self.low:.3g} to {self.high:.3g}"

    def line(self) -> str:
        """As one JSON object."""
        found = {key: value for key, value in asdict(self).items() if key not in ("low", "high")}
        spread = {"low": self.low, "high": self.high}
        shown = {key: float(f"{value:.4g}") for key, value in spread.items() if value is not None}
        return json.dumps(found | {"value": float(f"{self.value:.4g}")} | shown, ensure_ascii=False)

    def words(self) -> str:
        """As one line for people."""
        told = "" if self.met and self.sure else ": too few to be sure" if self.met else ": MISSED"
        goal = "" if self.goal is None else f"  goal {self.goal:g}{told}"
        spread = f"  [{self.interval}]" if self.interval else ""
        against = f"  against {self.against}" if self.against else ""
        return f"{self.value:10.4g} {self.unit:5}{spread}  {self.figure}  (n = {self.n}){goal}{against}"
