"""What may go to which partner: the law the data were obtained under, the person's shields, the sensor's grade.

Pure rules: each lets through, raises Refused with a sentence somebody can act on, or says what must happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Lane, Operation
from hotspot_kiosk.policy.capture import spelled
from hotspot_kiosk.policy.origins import Shielded, is_nowhere, may_be_fled
from hotspot_kiosk.terms import SensorGrade


class Regime(StrEnum):
    """The law under which data were obtained. Data never leave theirs but by a new capture."""

    CHECK = "check at a post"
    NATIONAL = "national gallery"
    EURODAC = "Eurodac"


class Partner(StrEnum):
    """Who may be asked, by the law that binds them."""

    INTERPOL = "INTERPOL"
    NATIONAL = "national system"


MAY_FLOW: Mapping[Regime, frozenset[Partner]] = {
    Regime.CHECK: frozenset({Partner.INTERPOL, Partner.NATIONAL}),
    Regime.NATIONAL: frozenset({Partner.NATIONAL}),
    Regime.EURODAC: frozenset(),
}


def fingers_may_go(operation: Operation, grade: SensorGrade) -> bool:
    """Whether fingers of this sensor may be searched at INTERPOL; if not, they stay in the local lane.

    Certified grade (FAP) of the operation's level, 256 grey levels (INT-I v6, Type-14 notes).
    """
    certified = grade.fap is not None and grade.grey_levels >= 256
    return Lane.INTERPOL in operation.lanes and certified and (grade.fap or 0) >= operation.least_fap


def may_ask_partners(operation: Operation | None, device: int, post: str, captured: datetime) -> Operation:
    """The operation under which a partner may be asked about this check; Raises Refused, with what to tell the post.

    captured: the latest moment at which it can have been captured. When it came does not matter: what was captured within
    the operation's time may still go after it, as long as it may be kept at all. Where no trusted clock tells the moment it is
    as late as when it came, or as a later record of that kiosk: so one that comes after the end stays here, unless something proves
    that it is older.
    """
    if operation is None:
        raise Refused("the hub knows no such operation, so no partner is asked; ask the bureau")
    if device not in operation.devices or post not in operation.posts:
        raise Refused(
            f"operation {operation.id} is not for this kiosk and post, so no partner is asked; ask the bureau"
        )
    if not operation.begins <= captured < operation.ends:
        raise Refused(
            f"it cannot be said that this check was captured within the time of operation {operation.id} "
            f"({spelled(operation.begins)} to {spelled(operation.ends)}), so no partner is asked; ask the bureau"
        )
    return operation


def may_send(operation: Operation, regime: Regime, partner: Partner, country: str, person: Shielded) -> None:
    """Whether a record may be sent to a partner in `country` (empty for INTERPOL). Raises Refused.

    Nothing goes to a claimed or known country of origin (non-refoulement; INTERPOL GA-2017-86-RES-09);
    nothing obtained under Eurodac leaves (Regulation (EU) 2024/1358, art. 49).
    """
    if partner not in MAY_FLOW[regime]:
        raise Refused(f"data obtained as '{regime}' cannot be sent to {partner}")
    if partner is Partner.INTERPOL and Lane.INTERPOL not in operation.lanes:
        raise Refused(f"operation {operation.id} has no lane to INTERPOL")
    if may_be_fled(country, person):
        raise Refused("nothing about this person is sent to that country")
    if country and person.protection_sought:
        raise Refused("nothing about this person is sent to another country without the legal officer")


def may_report(
    operation: Operation, regime: Regime, partner: Partner, country: str, source: str, person: Shielded | None
) -> None:
    """Whether what became of a hit may be told to the partner that gave it. Raises Refused.

    source: the country that placed the reference; a partner passes the outcome on to it, and a confirmed hit
    says that the person is here: so it is as if something were sent to that country.
    """
    if person is None or (is_nowhere(source) and (person.origins or person.protection_sought)):
        raise Refused("nobody can tell to whom the outcome would be passed on")
    for each in (country, source):
        may_send(operation, regime, partner, each, person)
