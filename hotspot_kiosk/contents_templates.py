"""Templates as packed columns: exact for a gallery, thin for a link where every byte takes its time.

No bytes here: `contents` puts them into what it seals or keeps. Every length that comes back is checked.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk import ridge_code
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.terms import FaceTemplate, FingerPosition, FingerTemplate, Template

MOST_MINUTIAE = 255
LARGEST_STEP = 1e6


class PackedFace(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    """As a gallery keeps it: the vector in 16 bits a number."""

    model: str
    vector: bytes


class PackedFinger(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """As a gallery keeps it: columns of minutiae, and pictures of a bit a place."""

    model: str
    position: FingerPosition
    ppi: int
    width: int
    height: int
    xy: bytes
    direction: bytes
    kind: bytes
    area: bytes
    ridges: bytes


class ThinFace(msgspec.Struct, frozen=True, array_like=True, tag="g"):
    """As it travels: the vector in whole numbers of -127 to 127 times `step`."""

    model: str
    step: float
    vector: bytes


class ThinFinger(PackedFinger, frozen=True, array_like=True, tag="r"):
    """As it travels: the ridges in ridge_code."""


Packed = PackedFace | PackedFinger | ThinFace | ThinFinger


def thin(template: Template) -> Packed:
    """For a link where every byte takes its time: a third of what `pack` makes of the same."""
    packed = pack(template)
    if isinstance(template, FaceTemplate):
        step = float(np.abs(template.vector).max(initial=0.0)) / 127 or 1.0
        return ThinFace(template.model, step, np.rint(template.vector / step).astype(np.int8).tobytes())
    fields = {name: getattr(packed, name) for name in ThinFinger.__struct_fields__}
    coded = ridge_code.encode(template.ridges) if template.ridges.size else b""
    return ThinFinger(**{**fields, "ridges": coded})


def pack(template: Template) -> PackedFace | PackedFinger:
    """For a gallery."""
    if isinstance(template, FaceTemplate):
        return PackedFace(template.model, template.vector.astype("<f2").tobytes())
    rows = template.minutiae[:MOST_MINUTIAE]
    return PackedFinger(
        template.model,
        template.position,
        template.ppi,
        template.width,
        template.height,
        rows[:, :2].astype("<u2").tobytes(),
        rows[:, 2].astype(np.uint8).tobytes(),
        np.packbits(rows[:, 3].astype(bool)).tobytes(),
        np.packbits(template.area).tobytes(),
        np.packbits(template.ridges).tobytes(),
    )


def unpack(item: Packed) -> Template:
    """The inverse of `pack` and `thin`, every length checked. Raises BadBytes."""
    if isinstance(item, PackedFace | ThinFace):
        return FaceTemplate(item.model, _vector(item))
    if not (16 <= item.width <= 2048 and 16 <= item.height <= 2048 and 100 <= item.ppi <= 2000):
        raise BadBytes("a finger template has an impossible size")
    blocks = (-(-item.height // 8), -(-item.width // 8))
    return FingerTemplate(
        item.model,
        item.position,
        item.ppi,
        item.width,
        item.height,
        _minutiae(item),
        _bits(item.area, blocks),
        _ridges(item),
    )


def _vector(item: PackedFace | ThinFace) -> NDArray[np.float32]:
    if not item.vector or len(item.vector) > 8192 or (isinstance(item, PackedFace) and len(item.vector) % 2):
        raise BadBytes("a face vector has an impossible length")
    if isinstance(item, PackedFace):
        vector = np.frombuffer(item.vector, "<f2").astype(np.float32)
    else:
        vector = np.frombuffer(item.vector, np.int8) * _step(item.step)
    if not np.isfinite(vector).all():
        raise BadBytes("a face vector holds no numbers")
    return vector


def _step(step: float) -> np.float32:
    if not 0 < step < LARGEST_STEP:
        raise BadBytes("a face vector holds no numbers")
    return np.float32(step)


def _ridges(item: PackedFinger) -> NDArray[np.bool_]:
    shape = (item.height // 2, item.width // 2)
    if not item.ridges:
        return np.zeros((0, 0), np.bool_)
    return (
        ridge_code.decode(item.ridges, shape) if isinstance(item, ThinFinger) else _bits(item.ridges, shape)
    )


def _minutiae(item: PackedFinger) -> NDArray[np.int16]:
    count = len(item.direction)
    if len(item.xy) != 4 * count or count > MOST_MINUTIAE:
        raise BadBytes("a finger template's minutiae do not add up")
    places = np.frombuffer(item.xy, "<u2").reshape(count, 2)
    if count and (places.max(axis=0) >= (item.width, item.height)).any():
        raise BadBytes("a minutia lies outside its image")
    kinds = _bits(item.kind, (1, count))[0]
    directions = np.frombuffer(item.direction, np.uint8)
    return np.column_stack([places, directions, kinds]).astype(np.int16)


def _bits(data: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    count = shape[0] * shape[1]
    if len(data) != -(-count // 8):
        raise BadBytes("a finger template's pictures do not fit its size")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), count=count)
    return bits.astype(bool).reshape(shape)
