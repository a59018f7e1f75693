"""A simulated sensor's own templates: two slots in memory, pages in flash, comparison of a crude kind.

Its templates are thumbnails of the image: enough to tell one picture from another, no biometrics. It
knows codes and parameters, nothing of frames or lines.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

OK, TOO_FEW_FEATURES, NO_MATCH, NOT_FOUND, SLOTS_DIFFER = 0x00, 0x07, 0x08, 0x09, 0x0A
BAD_PAGE, EMPTY_PAGE, NO_TEMPLATE, DELETE_FAILED, NO_IMAGE = 0x0B, 0x0C, 0x0D, 0x10, 0x15
TEMPLATE_BYTES = 512
SIDE = 22
LEAST_LEVELS = 1.0
SAME = 0.6  # correlation from which two thumbnails count as one finger
MOST_SCORE = 200

Reply = tuple[bytes, bytes | None]


class Library:
    """The template commands of one sensor. `pages` outlive a power cut, slots do not."""

    def __init__(self, capacity: int) -> None:
        self.pages: dict[int, bytes] = {}
        self._capacity = capacity
        self._slots: dict[int, bytes] = {}

    def forget(self) -> None:
        """What a loss of power does."""
        self._slots.clear()

    def receive(self, slot: int, template: bytes) -> None:
        """A template that the host sent."""
        self._slots[slot] = template

    def obey(self, request: bytes, image: bytes | None) -> Reply | None:
        """Acknowledgement and data packets' content; None if it is no command for templates."""
        table: dict[int, Callable[[], Reply]] = {
            0x02: lambda: self._extract(request[1], image),
            0x03: self._match,
            0x04: lambda: self._search(request),
            0x05: self._register,
            0x06: lambda: self._store(request[1], _number(request[2:4])),
            0x07: lambda: self._load(request[1], _number(request[2:4])),
            0x08: lambda: self._send(request[1]),
            0x0C: lambda: self._delete(_number(request[1:3]), _number(request[3:5])),
            0x0D: self._empty,
            0x1B: lambda: self._search(request),
            0x1D: lambda: _said(OK, len(self.pages)),
            0x1F: lambda: self._index(request[1]),
        }
        lengths = {0x02: 2, 0x04: 6, 0x06: 4, 0x07: 4, 0x08: 2, 0x0C: 5, 0x1B: 6, 0x1F: 2}
        if request[0] not in table or len(request) != lengths.get(request[0], 1):
            return None
        return table[request[0]]()

    def _extract(self, slot: int, image: bytes | None) -> Reply:
        if image is None:
            return _said(NO_IMAGE)
        if np.std(_levels(image)) < LEAST_LEVELS:
            return _said(TOO_FEW_FEATURES)
        self._slots[slot] = thumbnail(image)
        return _said(OK)

    def _match(self) -> Reply:
        score = _score(self._slots.get(1), self._slots.get(2))
        return _said(OK, score) if score else _said(NO_MATCH)

    def _search(self, request: bytes) -> Reply:
        probe, first, count = self._slots.get(request[1]), _number(request[2:4]), _number(request[4:6])
        scores = {
            page: _score(probe, stored)
            for page, stored in self.pages.items()
            if first <= page < first + count and _score(probe, stored)
        }
        if not scores:
            return _said(NOT_FOUND)
        best = max(scores, key=lambda page: scores[page])
        return _said(OK, best, scores[best])

    def _register(self) -> Reply:
        if not _score(self._slots.get(1), self._slots.get(2)):
            return _said(SLOTS_DIFFER)
        self._slots[2] = self._slots[1]
        return _said(OK)

    def _store(self, slot: int, page: int) -> Reply:
        if page >= self._capacity:
            return _said(BAD_PAGE)
        if slot not in self._slots:
            return _said(NO_TEMPLATE)
        self.pages[page] = self._slots[slot]
        return _said(OK)

    def _load(self, slot: int, page: int) -> Reply:
        if page not in self.pages:
            return _said(EMPTY_PAGE if page < self._capacity else BAD_PAGE)
        self._slots[slot] = self.pages[page]
        return _said(OK)

    def _send(self, slot: int) -> Reply:
        template = self._slots.get(slot)
        return (bytes([NO_TEMPLATE]), None) if template is None else (bytes([OK]), template)

    def _delete(self, page: int, count: int) -> Reply:
        if not count or page + count > self._capacity:
            return _said(DELETE_FAILED)
        for each in range(page, page + count):
            self.pages.pop(each, None)
        return _said(OK)

    def _empty(self) -> Reply:
        self.pages.clear()
        return _said(OK)

    def _index(self, page: int) -> Reply:
        bits = sum(1 << number - 256 * page for number in self.pages if number // 256 == page)
        return bytes([OK]) + bits.to_bytes(32, "little"), None


def thumbnail(image: bytes) -> bytes:
    """A template of TEMPLATE_BYTES: means of parts of the image, two pixels a byte, row by row."""
    parts = np.array_split(_levels(image).astype(np.float32), SIDE * SIDE)
    means = np.array([part.mean() for part in parts], np.float32)
    return (means * 17).astype(np.uint8).tobytes().ljust(TEMPLATE_BYTES, b"\x00")


def _levels(image: bytes) -> NDArray[np.uint8]:
    packed = np.frombuffer(image, np.uint8)
    return np.stack((packed >> 4, packed & 0x0F), axis=1).reshape(-1)


def _score(one: bytes | None, other: bytes | None) -> int:
    """0 if they are not of one finger, or one is missing."""
    if one is None or other is None:
        return 0
    if one == other:
        return MOST_SCORE
    a, b = (np.frombuffer(each[: SIDE * SIDE], np.uint8).astype(np.float64) for each in (one, other))
    if not a.std() or not b.std():
        return 0
    likeness = float(np.corrcoef(a, b)[0, 1])
    return round(MOST_SCORE * likeness) if likeness >= SAME else 0


def _number(two: bytes) -> int:
    return int.from_bytes(two, "big")


def _said(code: int, *words: int) -> Reply:
    return bytes([code]) + b"".join(word.to_bytes(2, "big") for word in words), None
