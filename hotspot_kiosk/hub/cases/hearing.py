"""Takes in what officers at kiosks found about candidates; the kiosk vouches for who said it, the roster for their right.

Every finding is acknowledged, taken or refused, signed; one that came before is acknowledged again. However many
people a kiosk names, it is one witness (`policy.outcome`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from hotspot_kiosk import finding, policy, seal, wire
from hotspot_kiosk.decision import What, entitled
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, StorageFailed
from hotspot_kiosk.hub.cases.case import Case
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.terms import Tcn

NOT_THERE = "this kiosk was never told of that check"


class Hearing:
    """One thread at a time."""

    def __init__(
        self,
        book: Casebook,
        opener: Callable[[bytes, int], bytes],
        own: seal.PrivateKeys,
        roster: Callable[[], Roster],
    ) -> None:
        """`opener`: what an envelope of that kiosk holds; raises BadBytes or SealError. `roster`: the newest."""
        self._book, self._open, self._own, self._roster = book, opener, own, roster

    def take(self, device: int, said: wire.Said) -> wire.Noted:
        """Count a finding. Raises BadBytes or SealError for what is not believed, which is never acknowledged.

        Neither is one that came while the roster cannot be read: ConfigError.
        """
        tcn, header = Tcn(said.tcn), seal.peek(said.envelope)
        if header.tcn != tcn or header.content != "finding" or header.sender != device:
            raise BadBytes("a finding is about another record, or of another kiosk")
        statement = finding.decode(self._open(said.envelope, device))
        digest = hashlib.sha256(said.envelope).digest()
        return wire.sign_noted(tcn, digest, self._refusal(device, tcn, statement), self._own)

    def _refusal(self, device: int, tcn: Tcn, said: finding.Statement) -> str:
        """Why it does not count; empty if it does, now or since before."""
        case = self._book.case(tcn)
        try:
            self._check_place(device, case, said)
            if _known(case, said):
                return ""
            self._check_officer(said)
            by = Person(said.officer, kiosk=device)
            self._book.vote(tcn, said.reference, by, said.finding, said.reason)
        except Refused as error:
            return str(error)
        return ""

    def _check_place(self, device: int, case: Case, said: finding.Statement) -> None:
        told = case.opened is not None and (device == case.opened.device or device in case.told)
        if not told:
            raise Refused(NOT_THERE)
        policy.may_decide(self._book.operation(case), said.officer)

    def _check_officer(self, said: finding.Statement) -> None:
        try:
            entitled(self._roster(), said.officer, What(said.finding.value))
        except StorageFailed as error:
            raise ConfigError(str(error)) from None


def _known(case: Case, said: finding.Statement) -> bool:
    return any(
        (vote.reference, vote.officer, vote.finding, vote.reason)
        == (said.reference, said.officer, said.finding, said.reason)
        for vote in case.votes
    )
