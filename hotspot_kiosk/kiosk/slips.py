"""A person's slip, as the kiosk writes it: who holds their data, where to ask, until when. Nothing about them.

The number comes from the kiosk's own keys, so that a lost slip can be written again.
"""

from __future__ import annotations

from datetime import timedelta

from hotspot_kiosk import nist, policy, seal, slip
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import Tcn


def write(tcn: Tcn, operation: Operation, own: seal.PrivateKeys, agency: nist.Agency) -> Paper:
    """The slip of a record of this kiosk. Raises Refused for another kiosk's: only its keys know the number.

    An operation that names nobody who holds the data has this kiosk's agency stand there.
    """
    if tcn.device != own.owner:
        raise Refused(f"{tcn} is a record of kiosk {tcn.device}: its slip is written there")
    rights = operation.rights
    kept = policy.kept_at_most(operation.retention, operation.kind)
    return Paper(
        number=slip.encounter(tcn, reply_key(own, tcn)).number,
        controller=rights.controller or f"{agency.name}, {agency.country}",
        days=-(-kept // timedelta(days=1)),
        ask_at=rights.ask_at,
        authority=rights.authority,
    )
