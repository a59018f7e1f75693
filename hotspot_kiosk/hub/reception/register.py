"""A national gallery in memory, ready to be searched for duplicates; only what changed is prepared anew."""

from __future__ import annotations

import logging
from itertools import chain, groupby

from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.hub.match.gallery import Reference, References, prepare_reference, together
from hotspot_kiosk.hub.storage.store import Held, RegisterStore
from hotspot_kiosk.terms import Tcn

log = logging.getLogger(__name__)


class Register:
    """One gallery of the store, a person once with all editions of their samples. One thread at a time."""

    def __init__(self, store: RegisterStore, gallery: str) -> None:
        self._store = store
        self._gallery = gallery
        self._version = -1
        self._prepared: dict[Tcn, Reference] = {}
        self._references = together(())

    def references(self) -> tuple[References, int]:
        """All people, by identity, and the version of the store that this is at least as new as."""
        version = self._store.version()
        if version != self._version:
            rows = self._store.held(self._gallery)
            self._prepared = dict(filter(None, map(self._one, rows)))
            people = [
                self._person(name, list(each)) for name, each in groupby(rows, lambda row: row.identity)
            ]
            self._references = together(person for person in people if person.faces or person.fingers)
            self._version = version
        return self._references, version

    def _one(self, row: Held) -> tuple[Tcn, Reference] | None:
        """An encounter's samples; what cannot be opened is told in the log and holds up nobody."""
        if row.tcn in self._prepared:
            return row.tcn, self._prepared[row.tcn]
        try:
            stored = self._store.templates(row.tcn)
            return (row.tcn, prepare_reference(row.identity, stored)) if stored else None
        except (BadBytes, SealError) as error:
            log.error("%s stands in a national gallery and cannot be compared: %s", row.tcn, error)
            return None

    def _person(self, name: Tcn, rows: list[Held]) -> Reference:
        found = [self._prepared[row.tcn] for row in rows if row.tcn in self._prepared]
        faces = tuple(chain.from_iterable(each.faces for each in found))
        return Reference(name, faces, tuple(chain.from_iterable(each.fingers for each in found)))
