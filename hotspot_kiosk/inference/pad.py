"""Presentation attack detection (ISO/IEC 30107): what the cues and, if one is installed, a model say together.

Advice only: its error rates are known of no real attack, so nobody is kept out, slowed down or let through by it.
None of the models that come with the kiosk is one; the manifest has a place for it, the role PAD_ROLE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import ModelError
from hotspot_kiosk.inference import pad_signals as cues
from hotspot_kiosk.inference.pad_signals import Glimpse, PadSignal
from hotspot_kiosk.inference.port import DetectedFace, Model, ModelShelf, check_pixels
from hotspot_kiosk.terms import PRESENTATION, QualityComponent

PAD_ROLE = "presentation attack detection"
ROOM = 0.35  # around the face's box that a model sees, as a share of it: the edge of a picture or screen, too
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PadResult:
    """The cues of one presentation. Advisory: `score` is the least of those that could be measured."""

    signals: tuple[PadSignal, ...]

    @property
    def score(self) -> int | None:
        """0 (like an attack presentation) to 100 (like a bona fide one); None if nothing could be measured."""
        return min((each.score for each in self.signals if each.score is not None), default=None)

    def components(self) -> tuple[QualityComponent, ...]:
        """For a sample's quality: told beside it, and never counting."""
        measured = [(each.name, each.score) for each in self.signals if each.score is not None]
        return tuple(QualityComponent(PRESENTATION + name, score, counts=False) for name, score in measured)


class PadModel:
    """A model's cue. It takes RGB, 0 to 1, float32 (1, 3, side, side), and gives how bona fide that looks, 0 to 1."""

    def __init__(self, model: Model, side: int) -> None:
        self._model = model
        self._side = side

    def signal(self, pixels: Pixels, face: DetectedFace) -> PadSignal:
        """Of one face in an RGB picture, uint8 (height, width, 3). Raises BadSample for anything else."""
        check_pixels(pixels)
        left, top, right, bottom = face.box
        wide, high = ROOM * face.width, ROOM * face.height
        part = pixels[cues.cut((left - wide, top - high, right + wide, bottom + high), pixels.shape)]
        chip = (
            cv2.resize(part, (self._side, self._side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        )
        share = float(self._model.run(np.ascontiguousarray(chip.transpose(2, 0, 1)[None]))[0].ravel()[0])
        if not np.isfinite(share):
            return PadSignal("model", None, "the model gave no number")
        return PadSignal("model", round(100 * min(1.0, max(0.0, share))), f"what {self._model.name} says")


def installed(shelf: ModelShelf) -> PadModel | None:
    """The model that the manifest names for this role, if any.

    Raises ModelError if there are several, or it takes other pictures than this slot gives.
    """
    entries = shelf.of_role(PAD_ROLE)
    if not entries:
        return None
    if len(entries) > 1:
        raise ModelError(f"the model manifest names {len(entries)} models for {PAD_ROLE}; leave one")
    shape = entries[0].input[0].shape
    if len(shape) != 4 or shape[1] != 3 or not isinstance(shape[2], int) or shape[2] != shape[3]:
        raise ModelError(f"{entries[0].name} must take pictures of shape [N, 3, side, side] for {PAD_ROLE}")
    return PadModel(shelf.open(entries[0].name), shape[2])


def judge(
    glimpses: Sequence[Glimpse], pixels: Pixels, face: DetectedFace, model: PadModel | None = None
) -> PadResult:
    """Everything that a sequence's glimpses and its best picture say.

    pixels: RGB, uint8 (height, width, 3), unscaled. Raises BadSample for anything else.
    """
    signals = [
        cues.light_signal(glimpses),
        cues.motion_signal(glimpses),
        cues.pattern_signal(pixels, face),
        cues.mirror_signal(pixels, face),
    ]
    return PadResult((*signals, model.signal(pixels, face)) if model else tuple(signals))
