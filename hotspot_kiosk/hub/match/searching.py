"""A probe that arrived, compared with the gallery; what that says is noted in its case."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from hotspot_kiosk import contents, policy
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.hub.cases.case_events import Found
from hotspot_kiosk.hub.cases.casebook import Asked, Casebook
from hotspot_kiosk.hub.match.gallery import Gallery, References
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.terms import Candidate, Decision, Tcn, Template

log = logging.getLogger(__name__)


class Searcher:
    """Searches the hub's gallery. One thread at a time."""

    def __init__(self, gallery: Gallery, identifier: Identifier, book: Casebook) -> None:
        self._gallery = gallery
        self._identifier = identifier
        self._book = book

    def search(self, tcn: Tcn, digest: bytes, content: bytes) -> Asked | None:
        """Compare a probe with the gallery and note what that says; None if it cannot be read.

        digest: the SHA-256 of its envelope. Raises StorageFailed.
        """
        asked = None
        try:
            probe = contents.decode(content)
            if probe.tcn != tcn:
                raise BadBytes("the probe inside belongs to another record")
            asked = Asked(probe, digest)
            policy.may_enter(self._book.named(probe.operation), probe.tot)
            references = self._gallery.references()
            decision, candidates = self._identifier.identify(probe.templates, references)
        except (BadBytes, Refused) as error:
            log.warning("%s probe cannot be used: %s", tcn, error)
            self._book.search(tcn, asked, Decision.UNDECIDED, (), str(error))
            return asked
        self._book.search(tcn, asked, decision, self._found(probe.templates, candidates, references))
        self._recheck(tcn, probe, references)
        return asked

    def _recheck(self, tcn: Tcn, probe: contents.Probe, references: References) -> None:
        """The kiosk referred somebody without us: each case is compared again with all that the probe holds."""
        known = {each.name: each for each in references.people}
        for case in probe.referred:
            parts = self._identifier.explain(probe.templates, known[case]) if case in known else ()
            said = ", ".join(f"{name} {odds:+.1f}" for name, odds in parts) or "nothing to compare here"
            self._book.rechecked(tcn, case, said)

    def _found(
        self, probe: Sequence[Template], candidates: Sequence[Candidate], references: References
    ) -> list[Found]:
        named = {each.name: each for each in references.people}
        return [
            Found(
                each.reference,
                each.rank,
                each.score,
                self._identifier.strong(each, len(references.people)),
                named[each.reference].source,
                self._identifier.explain(probe, named[each.reference]),
            )
            for each in candidates
        ]
