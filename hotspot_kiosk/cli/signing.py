"""What several groups of commands need of a person who decides at the hub: their own key, held against the roster."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.decision import MAY, Decision, What, authenticate, sign
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.files import read
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.casebook import Person, Role
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.officers import Role as Rank
from hotspot_kiosk.seal_person import unlock

key_option = click.option(
    "--key",
    type=click.Path(path_type=Path),
    required=True,
    help="Your own key file; it signs what you decide.",
)


def person(config: Path, key: Path, what: What, tcn: str, candidate: str = "", reason: str = "") -> Person:
    """Who decides: whoever the roster knows by this key, which signs the decision."""
    table = load(config, HubConfig)
    hub, roster = load_private(table.keys.own).public().key_id.hex(), assembly.roster(table).read()
    own = unlock(read(key), click.prompt("Passphrase of your key", hide_input=True))
    officer, now = roster.owner(own.public), datetime.now(UTC)
    if officer is None:
        raise Refused("the roster does not know this key; ask the bureau to add it: hotspot officer add")
    try:
        decision = Decision(
            officer=officer.id, what=what, tcn=tcn, candidate=candidate, reason=reason, at=now, hub=hub
        )
    except ValueError as error:
        raise Refused(str(error)) from None
    signed = sign(decision, own)
    authenticate(signed, roster, hub, now)
    return Person(officer.id, Role.LEGAL if Rank.LEGAL in MAY[what] else Role.OFFICER, signed)
