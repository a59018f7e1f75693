"""Which kiosk this is, and what it is bound to: values that the daemon is built with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hotspot_kiosk import nist, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.config import TamperPlan
from hotspot_kiosk.keyring import Trust
from hotspot_kiosk.kiosk.capture.tallying import Tallying
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.anchoring import Minors
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.staff.handover import Handover
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.kiosk.zeroise import Remains


@dataclass(frozen=True, slots=True)
class Place:
    """Which kiosk this is, and what it is bound to.

    operation: the signed file of the operation under which people are checked. keep: how long a
    record that the hub holds can still be looked at here. remains: what an erasure destroys; tamper:
    how much of it the opening of the box. minors: how many were referred for their age. tallying: counts scores of different people.
    watchlists: whom to refer to an officer while there is no link.
    handover: for whom an officer has opened self-service.
    """

    device: int
    post: str
    agency: nist.Agency
    operation: Path
    own: seal.PrivateKeys
    trust: Trust
    orders: Orders
    journal: Journal
    keep: timedelta
    remains: Remains
    tamper: TamperPlan = field(default_factory=TamperPlan)
    alerts: Alerts | None = None
    minors: Minors | None = None
    tallying: Tallying | None = None
    watchlists: Watchlists | None = None
    handover: Handover | None = None
