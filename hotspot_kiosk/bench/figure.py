"""One measured figure, printed as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its unit, what it is measured against, and how often (`n`).

    `goal` is None where none was set; `against` names the peer or limit measured in the same run.
    """

    bench: str
    figure: str
    value: float
    unit: str
    goal: float | None
    better: Literal["lower", "higher"]
    against: str
    n: int

    def line(self) -> str:
        """As one JSON object."""
        return json.dumps(asdict(self) | {"value": float(f"{self.value:.4g}")}, ensure_ascii=False)
