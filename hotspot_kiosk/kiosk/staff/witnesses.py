"""Two different people, each by themselves, say what they found about a possible match: kept, journaled, sealed.

What is said here goes to the hub, which counts it together with what was said there; it alone says how it stands.
"""

from __future__ import annotations

from hotspot_kiosk import policy, seal
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.finding import Statement, encode
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.staff.findings import Findings
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.terms import Answer


class Witnesses:
    """Takes findings. Any thread may call."""

    def __init__(self, place: Place, clock: Clock, findings: Findings) -> None:
        self._place, self._clock, self._findings = place, clock, findings

    def say(self, answer: Answer, operation: Operation | None, reference: str, vote: policy.Vote) -> None:
        """Keep what somebody found. Raises Refused with the rule, StorageFailed if it cannot be written down."""
        if reference not in {each.reference for each in answer.candidates}:
            raise Refused("the answer names no such candidate; look at it again")
        if operation is not None:
            policy.may_see(operation, self._place.post)
            policy.may_decide(operation, vote.officer)
        before = [
            policy.Vote(said.officer, said.finding, "said")
            for said in self._findings.of(answer.tcr)
            if said.reference == reference and not said.refused
        ]
        policy.may_vote(before, vote.officer, vote.reason)
        stamp = self._clock.stamp()
        statement = Statement(reference, vote.officer, vote.finding, vote.reason, stamp.wall.timestamp())
        hub = self._place.trust.ring.newest
        envelope = seal.seal(encode(statement), answer.tcr, "finding", hub, self._place.own)
        deed = Deed.CONFIRMED if vote.finding is policy.Finding.CONFIRM else Deed.REFUTED
        ground = printable(f"candidate {reference}: {vote.reason}")
        self._place.journal.write(deed, f"officer:{vote.officer}", answer.tcr, ground)
        if not self._findings.put(answer.tcr, reference, vote, envelope, stamp.wall):
            raise Refused("you have said what you found; another person must look now")
