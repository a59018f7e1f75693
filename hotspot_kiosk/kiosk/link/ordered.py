"""What the hub may order to be put in place at this kiosk, and how: its roster, its operation."""

from __future__ import annotations

from pathlib import Path

from hotspot_kiosk.audit import Journal
from hotspot_kiosk.keyring import Trust
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.link.orders import Installs
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.wire import OrderKind


def installs(roll: Roll, operation: Path, trust: Trust, device: int, journal: Journal) -> Installs:
    """One act for each kind of order; each checks the hub's signature on what it is given once more."""
    return {
        OrderKind.ROSTER: roll.receive,
        OrderKind.OPERATION: lambda content: installed.receive(
            operation, content, trust.ring, device, journal
        ),
    }
