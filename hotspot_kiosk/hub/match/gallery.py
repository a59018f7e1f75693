"""The references in memory, prepared once for comparison; reloaded when the stored gallery changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotspot_kiosk.compare import face
from hotspot_kiosk.compare.finger_prepared import PreparedFinger, StowedFinger, stow
from hotspot_kiosk.compare.finger_sketch import Sketches, shortlist, sketches
from hotspot_kiosk.contents import decode_templates
from hotspot_kiosk.hub.storage.store import GalleryStore
from hotspot_kiosk.terms import FaceTemplate, FingerPosition, FingerTemplate

Touch = tuple[FingerPosition, PreparedFinger]
Print = tuple[FingerPosition, StowedFinger]


@dataclass(frozen=True, slots=True)
class Reference:
    """One person's references, ready to be compared. source: the country that placed them, empty if not told."""

    name: str
    faces: tuple[FaceTemplate, ...]
    fingers: tuple[Print, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Prints:
    """All prints of one finger position and extractor, sketched; owners: whose each is, by the number in `people`."""

    sketches: Sketches = field(repr=False)
    owners: NDArray[np.int64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class References:
    """All references, and the faces of all of them prepared to be compared at once."""

    people: tuple[Reference, ...]
    faces: face.PreparedFaces = field(repr=False)
    prints: Mapping[tuple[FingerPosition, str], Prints] = field(repr=False)

    def promising(self, fingers: Sequence[Touch], most: int) -> NDArray[np.bool_]:
        """Whose fingers to compare wholly: for each touch the owners of the `most` likeliest prints."""
        out = np.zeros(len(self.people), np.bool_)
        for position, finger in fingers:
            known = self.prints.get((position, finger.model))
            if known is not None:
                out[known.owners[shortlist(finger, known.sketches, most)]] = True
        return out


def together(people: Iterable[Reference]) -> References:
    """Prepare references to be searched."""
    people = tuple(people)
    return References(people, face.prepare([person.faces for person in people]), _sketched(people))


def _sketched(people: Sequence[Reference]) -> dict[tuple[FingerPosition, str], Prints]:
    found: dict[tuple[FingerPosition, str], list[tuple[int, StowedFinger]]] = {}
    for owner, person in enumerate(people):
        for position, finger in person.fingers:
            found.setdefault((position, finger.model), []).append((owner, finger))
    return {
        key: Prints(sketches([finger for _, finger in held]), np.array([owner for owner, _ in held]))
        for key, held in found.items()
    }


class Gallery:
    """All references of the store."""

    def __init__(self, store: GalleryStore) -> None:
        self._store = store
        self._version = -1
        self._references = together(())

    def references(self) -> References:
        """The current references. Raises BadBytes if a stored one is damaged."""
        version = self._store.version()
        if version != self._version:
            self._references = together(
                prepare_reference(entry.reference, entry.templates, entry.source)
                for entry in self._store.entries()
            )
            self._version = version
        return self._references


def prepare_reference(name: str, stored: bytes, source: str = "") -> Reference:
    """Stored templates, ready to be compared. Raises BadBytes."""
    templates = decode_templates(stored)
    faces = tuple(t for t in templates if isinstance(t, FaceTemplate))
    fingers = tuple((t.position, stow(t)) for t in templates if isinstance(t, FingerTemplate))
    return Reference(name, faces, fingers, source)
