"""What several groups of commands need of a person who decides at the hub: their own key, held against the roster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.decision import MAY, Decision, What, authenticate, entitled, sign
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.files import read
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases.casebook import Person, Role
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.officers import Role as Rank
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.seal_person import PersonKey, unlock

key_option = click.option(
    "--key",
    type=click.Path(path_type=Path),
    required=True,
    help="Your own key file; it signs what you decide.",
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody whom the roster knows by their key, which is open now. hub: its key id, in hex."""

    officer: str
    own: PersonKey
    roster: Roster
    hub: str

    def check(self, what: What) -> None:
        """Raises Refused if they may not decide so, before there is anything to decide about."""
        entitled(self.roster, self.officer, what)

    def says(self, what: What, tcn: str, candidate: str = "", reason: str = "") -> Person:
        """Signs one decision. Raises Refused if they may not take it."""
        now = datetime.now(UTC)
        try:
            decision = Decision(
                officer=self.officer,
                what=what,
                tcn=str(tcn),
                candidate=candidate,
                reason=reason,
                at=now,
                hub=self.hub,
            )
        except ValueError as error:
            raise Refused(str(error)) from None
        signed = sign(decision, self.own)
        authenticate(signed, self.roster, self.hub, now)
        return Person(self.officer, Role.LEGAL if Rank.LEGAL in MAY[what] else Role.OFFICER, signed)


def signer(config: Path, key: Path) -> Signer:
    """Whoever the roster knows by this key; its passphrase is asked for. Raises Refused, ConfigError."""
    table = load(config, HubConfig)
    hub, roster = load_private(table.keys.own).public().key_id.hex(), assembly.roster(table).read()
    own = unlock(read(key), click.prompt("Passphrase of your key", hide_input=True))
    officer = roster.owner(own.public)
    if officer is None:
        raise Refused("the roster does not know this key; ask the bureau to add it: hotspot officer add")
    return Signer(officer.id, own, roster, hub)


def person(config: Path, key: Path, what: What, tcn: str, candidate: str = "", reason: str = "") -> Person:
    """Who decides: whoever the roster knows by this key, which signs the decision."""
    return signer(config, key).says(what, tcn, candidate, reason)
