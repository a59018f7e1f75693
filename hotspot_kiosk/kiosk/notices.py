"""What a person is told before anything is taken: which lane's notice, and what of it only the operation knows.

The words themselves are the pages' own, in each language; here stands what a signed operation says. Nothing about the person.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from hotspot_kiosk import nist, policy
from hotspot_kiosk.operation import Kind, Operation


class Notice(msgspec.Struct, frozen=True):
    """kind: whose notice it is. purpose, legal_basis: as the operation says them, in the bureau's language.

    controller: who holds the data. authority: who supervises it; may be empty. days: how long anything is kept at most.
    """

    kind: Kind
    purpose: str
    legal_basis: str
    controller: str
    authority: str
    days: int


def of(operation: Operation, agency: nist.Agency) -> Notice:
    """The notice of this operation; where it names nobody who holds the data, this kiosk's agency stands there."""
    kept = policy.kept_at_most(operation.retention, operation.kind)
    return Notice(
        operation.kind,
        operation.purpose,
        operation.legal_basis,
        operation.rights.controller or f"{agency.name}, {agency.country}",
        operation.rights.authority,
        -(-kept // timedelta(days=1)),
    )
