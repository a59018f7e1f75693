"""Builds what answers officers' pages: the door, the overview, the authority; one a kiosk.

Without a roster nobody can sign in, and the desk works as it does without officers' pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.config import Page
from hotspot_kiosk.kiosk.care.health import Health
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.staff.authority import Authority, Reach
from hotspot_kiosk.kiosk.staff.door import Door
from hotspot_kiosk.kiosk.staff.findings import Findings
from hotspot_kiosk.kiosk.staff.lockouts import Lockouts
from hotspot_kiosk.kiosk.staff.overview import Overview
from hotspot_kiosk.kiosk.staff.pairs import Pairs
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.kiosk.staff.sign_counts import SignCounts
from hotspot_kiosk.kiosk.staff.witnesses import Witnesses
from hotspot_kiosk.kiosk.storage.outbox import Outbox

ROSTER = "roster"
LOCKOUTS = "lockouts"
SIGN_COUNTS = "sign-counts"


@dataclass(frozen=True, slots=True, eq=False)
class Office:
    """All of it. `close` gives the files back."""

    authority: Authority
    overview: Overview
    findings: Findings
    roll: Roll

    def close(self) -> None:
        """Nobody is signed in any more."""
        self.findings.close()


def build(
    *,
    place: Place,
    clock: Clock,
    outbox: Outbox,
    findings: Findings,
    pairs: Pairs,
    roll: Roll,
    page: Page,
    reach: Reach,
    rate: Callable[[], float],
    path: Path,
    health: Health | None = None,
) -> Office:
    """`path`: the outbox's file; what officers need lies beside it. health: for maintainers. Raises StorageFailed."""

    def note(deed: Deed, who: str, ground: str) -> None:
        place.journal.write(deed, who, "", printable(ground))

    lockouts = Lockouts(path.with_name(LOCKOUTS), clock.now_ms)
    counts = SignCounts(path.with_name(SIGN_COUNTS))
    door = Door(roll, lockouts, origins(page), clock.now_ms, note, counts, int(page.idle_s * 1000))
    overview = Overview(place, clock, outbox, findings, pairs, reach.session, rate)
    witnesses = Witnesses(place, clock, findings)
    authority = Authority(door, place, outbox, overview, witnesses, pairs, reach, health=health)
    return Office(authority, overview, findings, roll)


def origins(page: Page) -> frozenset[str]:
    """The pages at which a security key may be used: a name, never a number (browsers refuse those)."""
    here = {f"http://localhost:{page.port}"}
    return frozenset(here if page.tablet is None else {*here, f"https://{page.tablet.host}"})
