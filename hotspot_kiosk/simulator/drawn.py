"""A request of nobody: face and fingers drawn at random, in the sizes that real ones have.

For measuring what carries requests; nothing in it resembles a person, and comparing it tells nothing.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from hotspot_kiosk.terms import (
    Capture,
    ClockStamp,
    FaceSample,
    FaceTemplate,
    FingerPosition,
    FingerSample,
    FingerTemplate,
    Quality,
    QualityComponent,
    Request,
    RequestType,
    SensorGrade,
    Tcn,
)

R503 = SensorGrade("R503", 192, 192, 500, 16)
GRAIN = 4.0  # of the face's picture; makes an evidence file of about 65 KB


def drawn_request(tcn: Tcn, now: datetime, seed: int = 1) -> Request:
    """A face and two fingers: a probe of 3 KB, evidence of 65 KB before sealing."""
    rng = np.random.default_rng(seed)
    fingers = [_finger(rng, position) for position in (FingerPosition.RIGHT_INDEX, FingerPosition.LEFT_INDEX)]
    stamp = ClockStamp("drawn", 0, now, True)
    captures = (_face(rng), *fingers)
    return Request(tcn, RequestType.NPS, "Drawn post", "DRAWN-1", "drawn-1", stamp, captures)


def _face(rng: np.random.Generator) -> Capture:
    ramp = np.linspace(0, 255, 600 * 480 * 3).reshape(600, 480, 3)
    pixels = np.clip(ramp + rng.normal(0, GRAIN, ramp.shape), 0, 255).astype(np.uint8)
    vector = rng.normal(size=128).astype(np.float32)
    template = FaceTemplate("dlib-face-resnet-v1", vector / np.linalg.norm(vector))
    return Capture(FaceSample("camera", pixels), _quality(), template)


def _finger(rng: np.random.Generator, position: FingerPosition) -> Capture:
    stripes = np.tile((np.arange(192) // 4 % 2 * 255).astype(np.uint8), (192, 1))
    count = 30
    minutiae = np.column_stack(
        [rng.integers(0, 192, (count, 2)), rng.integers(0, 256, count), rng.integers(0, 2, count)]
    ).astype(np.int16)
    area, ridges = rng.random((24, 24)) > 0.2, rng.random((96, 96)) > 0.5
    template = FingerTemplate("drawn", position, 500, 192, 192, minutiae, area, ridges)
    return Capture(FingerSample(position, R503, stripes), _quality(), template)


def _quality() -> Quality:
    return Quality((QualityComponent("clarity", 80),))
