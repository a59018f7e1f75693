"""What a bench over a folder of somebody's own images is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SetOptions:
    """folder: the images; report: a folder for the page with plots, or None.

    geometry and touches are for fingers: the sensor that is played, and up to how many touches count.
    peers: where `.ci/peers` put what is measured beside ours, or None to leave peers out.
    """

    folder: Path
    report: Path | None = None
    geometry: str = "192x192x4"
    touches: int = 3
    peers: Path | None = None
