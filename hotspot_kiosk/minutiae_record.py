"""Finger minutiae records of ISO/IEC 19794-2:2005 (format "FMR", version " 20"), which other systems read.

For exchange only: a record holds less than our own template (no ridges, no area), so what is read from one is a
template of a model of its own, and is never compared with ours. No pixels.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.terms import FingerPosition, FingerTemplate

MODEL = "iso-19794-2-2005"
MAGIC = b"FMR\0 20\0"
HEADER = struct.Struct(">8sI5H2B")
VIEW = struct.Struct(">4B")
MINUTIA = struct.Struct(">2H2B")
EXTENDED = struct.Struct(">H")
MOST_MINUTIAE, MOST_VIEWS = 255, 16
LEAST_SIDE, GREATEST_SIDE = 16, 2048
LEAST_PPI, GREATEST_PPI = 100, 2000
KINDS = (1, 2)  # ridge ending, bifurcation: our kinds 0 and 1
PLACE, KIND_SHIFT = 0x3FFF, 14
LIVE_SCAN_PLAIN = 0
CM_PER_INCH = 2.54


@dataclass(frozen=True, slots=True)
class View:
    """One finger view: its template, and the sample's quality score, 0 to 100."""

    template: FingerTemplate
    quality: int


def encode(views: Sequence[View]) -> bytes:
    """A record of views that share width, height and density. Raises BadBytes if they do not, or are none.

    Of more than 255 minutiae those nearest to their middle are kept. The capture device is written as unknown (0):
    no certified one is claimed. Directions turn counter-clockwise there, clockwise (y down) in our templates.
    """
    if not 1 <= len(views) <= MOST_VIEWS:
        raise BadBytes(f"a minutiae record holds 1 to {MOST_VIEWS} finger views")
    shapes = {(view.template.width, view.template.height, view.template.ppi) for view in views}
    if len(shapes) > 1:
        raise BadBytes(
            "the views of a minutiae record must be of one size and density: write one record each"
        )
    width, height, ppi = shapes.pop()
    density = round(ppi / CM_PER_INCH)
    positions = [view.template.position for view in views]
    body = b"".join(_view(view, positions[:k].count(positions[k])) for k, view in enumerate(views))
    size = HEADER.size + len(body)
    return HEADER.pack(MAGIC, size, 0, width, height, density, density, len(views), 0) + body


def decode(data: bytes) -> tuple[View, ...]:
    """The views of a record, ours or another's. Raises BadBytes if it is damaged or of another format.

    Their templates are of MODEL, without ridges and without area; minutiae of kind "other" count as endings.
    """
    if len(data) < HEADER.size or data[:8] != MAGIC:
        raise BadBytes('not a minutiae record of ISO/IEC 19794-2:2005 ("FMR", version " 20")')
    _, size, _, width, height, across, down, views, _ = HEADER.unpack_from(data)
    ppi = round(across * CM_PER_INCH)
    if size != len(data):
        raise BadBytes("a minutiae record's length is not the one it states")
    if across != down or not LEAST_PPI <= ppi <= GREATEST_PPI:
        raise BadBytes("a minutiae record has an impossible density")
    if min(width, height) < LEAST_SIDE or max(width, height) > GREATEST_SIDE:
        raise BadBytes("a minutiae record has an impossible size")
    if not 1 <= views <= MOST_VIEWS:
        raise BadBytes("a minutiae record holds no view, or more than any real one")
    return tuple(_views(data, views, (width, height, ppi)))


def _view(view: View, number: int) -> bytes:
    rows = _central(view.template.minutiae)
    if not 0 <= view.quality <= 100 or number > 15:
        raise BadBytes("a finger view's quality must be 0 to 100, its number 0 to 15")
    head = VIEW.pack(view.template.position, number << 4 | LIVE_SCAN_PLAIN, view.quality, len(rows))
    return head + b"".join(_minutia(*row) for row in rows.tolist()) + EXTENDED.pack(0)


def _central(minutiae: NDArray[np.int16]) -> NDArray[np.int16]:
    """At most 255, in their order: those nearest to the middle of all."""
    if len(minutiae) <= MOST_MINUTIAE:
        return minutiae
    off = minutiae[:, :2] - minutiae[:, :2].mean(axis=0)
    nearest = np.argsort((off**2).sum(axis=1), kind="stable")[:MOST_MINUTIAE]
    return minutiae[np.sort(nearest)]


def _minutia(x: int, y: int, direction: int, kind: int) -> bytes:
    """Six bytes; the quality of a single minutia is not reported (0)."""
    if not (0 <= x <= PLACE and 0 <= y <= PLACE and kind in (0, 1)):
        raise BadBytes("a minutia lies where none can be")
    return MINUTIA.pack(KINDS[kind] << KIND_SHIFT | x, y, -direction & 255, 0)


def _views(data: bytes, count: int, shape: tuple[int, int, int]) -> Iterator[View]:
    at = HEADER.size
    for _ in range(count):
        position, _, quality, minutiae = _unpacked(VIEW, data, at)
        at += VIEW.size
        rows = [_row(_unpacked(MINUTIA, data, at + k * MINUTIA.size), shape) for k in range(minutiae)]
        at += minutiae * MINUTIA.size
        at += EXTENDED.size + _unpacked(EXTENDED, data, at)[0]
        yield _read_view(position, quality, rows, shape)
    if at != len(data):
        raise BadBytes("a minutiae record holds more or less than its views")


def _unpacked(form: struct.Struct, data: bytes, at: int) -> tuple[int, ...]:
    if at + form.size > len(data):
        raise BadBytes("a minutiae record is cut short")
    return form.unpack_from(data, at)


def _row(packed: tuple[int, ...], shape: tuple[int, int, int]) -> tuple[int, int, int, int]:
    kind, x, y, angle = packed[0] >> KIND_SHIFT, packed[0] & PLACE, packed[1] & PLACE, packed[2]
    if x >= shape[0] or y >= shape[1] or kind == 3:
        raise BadBytes("a minutia lies outside its image, or is of no known kind")
    return x, y, -angle & 255, int(kind == KINDS[1])


def _read_view(
    position: int, quality: int, rows: list[tuple[int, int, int, int]], shape: tuple[int, int, int]
) -> View:
    if not 1 <= position <= len(FingerPosition) or quality > 100:
        raise BadBytes("a finger view names no known finger, or an impossible quality")
    width, height, ppi = shape
    template = FingerTemplate(
        model=MODEL,
        position=FingerPosition(position),
        ppi=ppi,
        width=width,
        height=height,
        minutiae=np.array(rows, np.int16).reshape(-1, 4),
        area=np.zeros((-(-height // 8), -(-width // 8)), np.bool_),
        ridges=np.zeros((0, 0), np.bool_),
    )
    return View(template, quality)
