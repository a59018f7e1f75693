"""A person's slip, as the kiosk writes it: who holds their data, where to ask, until when. Nothing about them.

The number comes from the kiosk's own keys, so that a lost slip can be written again.
"""

from __future__ import annotations

from hotspot_kiosk import nist, seal, slip
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk import notices
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.slip import Paper
from hotspot_kiosk.terms import Tcn


def write(tcn: Tcn, operation: Operation, own: seal.PrivateKeys, agency: nist.Agency) -> Paper:
    """The slip of a record of this kiosk. Raises Refused for another kiosk's: only its keys know the number."""
    if tcn.device != own.owner:
        raise Refused(f"{tcn} is a record of kiosk {tcn.device}: its slip is written there")
    notice = notices.of(operation, agency)
    return Paper(
        number=slip.encounter(tcn, reply_key(own, tcn)).number,
        controller=notice.controller,
        days=notice.days,
        ask_at=operation.rights.ask_at,
        authority=notice.authority,
    )
