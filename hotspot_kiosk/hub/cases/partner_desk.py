"""The cases as the exchange sees them: what a partner is to search, what it answered, what it is owed.

What the law keeps from a partner is noted in the case and does not become due again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hotspot_kiosk import policy
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.cases import outcomes, route
from hotspot_kiosk.hub.cases.case import Case, with_event
from hotspot_kiosk.hub.cases.case_events import Failed, Kept, Replied, Reported, Sent
from hotspot_kiosk.hub.cases.casebook import Casebook
from hotspot_kiosk.hub.exchange.port import Due, Outgoing
from hotspot_kiosk.hub.storage.store import ErrandStore
from hotspot_kiosk.nist.answer import SearchError, SearchResult
from hotspot_kiosk.policy import Shielded
from hotspot_kiosk.terms import Tcn


class PartnerDesk:
    """The exchange's `Desk` over a casebook and the errands of its store."""

    def __init__(self, book: Casebook, errands: ErrandStore) -> None:
        self._book, self._errands = book, errands

    def due(self, partner: str, most: int) -> Sequence[Outgoing]:
        """Checks that this partner is to search; a person who is still at the post comes first."""
        newest = self._errands.due(partner, most, newest=True)
        oldest = self._errands.due(partner, most)
        now = self._book.now()
        going = [self._outgoing(tcn, partner) for tcn in dict.fromkeys((*newest, *oldest))]
        found = [each for each in going if each is not None]
        found.sort(key=lambda out: (now - out.captured > route.PRESENT, out.captured, out.tcn))
        return found[:most]

    def _outgoing(self, tcn: Tcn, partner: str) -> Outgoing | None:
        """Nothing goes of a record whose operation or person is not known (any more)."""
        case = self._book.case(tcn)
        if case.purged is not None:
            self._errands.done(tcn, partner)
            return None
        asked, evidence = self._book.asked(tcn), self._book.evidence(tcn)
        operation = self._book.operation(case)
        if case.opened is None or asked is None or evidence is None or operation is None:
            self.withheld(
                tcn, partner, self._book.now(), "its operation, its evidence or its probe is not here"
            )
            return None
        try:
            policy.may_ask_partners(
                operation, tcn.device, case.opened.post, self._book.latest(tcn, case.opened, operation)
            )
        except Refused as error:
            self._book.note(Deed.KEPT_FROM, "hub", tcn, printable(f"{partner}: {error}"))
            self.withheld(tcn, partner, self._book.now(), str(error), told=True)
            return None
        regime = outcomes.regime(operation)
        seen = route.last_seen(case.opened)
        return Outgoing(tcn, partner, evidence, operation, regime, seen, asked.probe.shielded)

    def sent(self, tcn: Tcn, partner: str, at: datetime, notes: tuple[str, ...]) -> None:
        """The partner has the evidence."""
        self._book.add(tcn, Sent(at, partner, notes))
        self._errands.done(tcn, partner)

    def withheld(self, tcn: Tcn, partner: str, at: datetime, why: str, *, told: bool = False) -> None:
        """It will not go to that partner; told: the post may hear why."""
        self._book.add(tcn, Kept(at, partner, why, told))
        self._errands.done(tcn, partner)

    def replied(self, partner: str, answer: SearchResult, at: datetime) -> bool:
        """One message of a search's answer; False if this partner cannot have been asked that."""
        case = self._book.case(answer.tcr)
        if not self._may_have_asked(case, partner):
            return False
        asked = self._book.asked(case.tcn)
        reply = _reply(partner, answer, at, asked.probe.shielded if asked else None)
        sealed = route.sealed(with_event(case, reply), asked.probe.shielded if asked else None)
        self._book.queue_for_legal(case.tcn, sealed)
        if self._book.add(case.tcn, reply) and asked is not None:
            self._book.note_sealed(case.tcn, [each for each in sealed if each.reference == reply.reference])
        return True

    def failed(self, partner: str, error: SearchError, at: datetime) -> bool:
        """The partner could not search; False as for `replied`."""
        case = self._book.case(error.tcr)
        if not self._may_have_asked(case, partner):
            return False
        words = f"{error.meaning}; {error.course}"
        self._book.add(case.tcn, Failed(at, partner, error.tcn, error.code, words))
        return True

    def _may_have_asked(self, case: Case, partner: str) -> bool:
        operation = self._book.operation(case)
        return case.purged is None and operation is not None and partner in operation.datasets

    def outcomes(self, partner: str, most: int) -> Sequence[Due]:
        """What was found of this partner's hits, for the partner; each once, however many findings led to it."""
        found: dict[str, Due] = {}
        for tcn, name in self._errands.named(outcomes.errands(partner), most):
            case = self._book.case(tcn)
            known = self._book.known(case, self._book.asked(tcn))
            if case.purged is not None or outcomes.over(case, name, known):
                self._errands.done(tcn, name)
            elif (due := outcomes.due(case, name, known)) is not None:
                found[due.report.name] = due
        return tuple(found.values())

    def reported(self, due: Due, at: datetime, withheld: str = "") -> None:
        """The partner has it, or will not be told; its errands are over by that."""
        tcn, report = Tcn(due.report.tcr), due.report
        self._book.add(tcn, Reported(at, due.partner, report.answer, report.outcome, withheld, report.at))


def _reply(partner: str, answer: SearchResult, now: datetime, person: Shielded | None) -> Replied:
    one = answer.candidate
    if one is None:
        return Replied(now, partner, answer.tcn, answer.source, 0, 0, "")
    own = one.numbers[0] if one.numbers else None
    source = policy.placed_by((*(each.country for each in one.numbers), answer.source), person)
    named = f"{own.country}/{own.value}" if own else one.interpol or f"{answer.source}/{answer.tcn}"
    return Replied(now, partner, answer.tcn, source, one.sequence, answer.total, named, one.verified)
