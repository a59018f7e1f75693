"""Who may be checked now: the operation, the law's shields, the journal's line, before anything starts."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from hotspot_kiosk import policy
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.errors import BadBytes, HotspotError, Refused, StorageFailed
from hotspot_kiosk.kiosk import installed
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import Begin
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.recorder import FIRST, Again
from hotspot_kiosk.kiosk.session import Session, State
from hotspot_kiosk.kiosk.staff.handover import CLOSED
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.terms import Purpose, Tcn

BUSY = "somebody is being checked; finish or cancel that first"


@dataclass(frozen=True, slots=True)
class Admitted:
    """One check that may begin."""

    operation: Operation
    tot: Purpose
    shielded: policy.Shielded
    again: Again = FIRST
    alone: bool = False


class Gate:
    """Lets one check begin at a time; `settled` opens it for the next. Any thread may ask."""

    def __init__(self, place: Place, clock: Clock, outbox: Outbox) -> None:
        self._place = place
        self._clock = clock
        self._outbox = outbox
        self._one = threading.Semaphore(1)

    def admit(self, ask: Ask, session: Session) -> Admitted:
        """Whether this check may begin; its line is in the journal when this returns.

        Raises Refused with what to do, OutboxRefused without room, StorageFailed and BadBytes if the journal refuses.
        """
        if ask.do == "begin alone":
            return self._admit_alone(session)
        admitted = self._allowed(ask)
        if session.state is State.FAULT:
            raise Refused(f"the kiosk is out of order: {', '.join(sorted(session.faults))}")
        if session.state not in (State.IDLE, State.DONE, State.WAITING):
            raise Refused(BUSY)
        self._outbox.check_room()
        if not self._one.acquire(blocking=False):
            raise Refused(BUSY)
        try:
            self._write(ask, admitted)
        except (StorageFailed, BadBytes):
            self._one.release()
            raise
        return admitted

    def not_adult(self) -> None:
        """Somebody at the screen says that they are under 18: nobody begins by themselves until an officer has looked."""
        if self._place.handover is None or not self._place.handover.left:
            raise Refused(CLOSED)
        self._place.handover.close()
        if self._place.minors is not None:
            self._place.minors.add()
        self._place.journal.write(Deed.CHECK_REFUSED, "subject", "", "may be under 18; self-service closed")

    def _admit_alone(self, session: Session) -> Admitted:
        """In the name of the officer who attested this person; where it cannot begin, they may try again."""
        handover = self._place.handover
        if handover is None:
            raise Refused(CLOSED)
        officer = handover.take()
        try:
            admitted = self.admit(Ask("begin", adult=True, officer=officer), session)
        except HotspotError:
            handover.give_back()
            raise
        return replace(admitted, alone=True)

    def looked_again(self, ask: Ask, session: Session, operation: Operation | None) -> None:
        """The officer looked once more and attests an adult; its line is in the journal when this returns.

        Raises Refused if nobody asked, or this is no adult; StorageFailed and BadBytes if the journal refuses.
        """
        if not session.second_look:
            raise Refused("no second look was asked for")
        if not ask.adult:
            raise Refused(f"cancel this check; {policy.ADULTS_ONLY}")
        self._place.journal.write(Deed.LOOKED_AGAIN, _who(ask), operation.id if operation else "")

    def settled(self) -> None:
        """The session took the check up, or did not: another may be asked for."""
        self._one.release()

    def _allowed(self, ask: Ask) -> Admitted:
        place, stamp = self._place, self._clock.stamp()
        if place.orders.memory.revoked:
            raise Refused("this kiosk was withdrawn by the hub; what it holds is still sent")
        if not ask.adult and place.minors is not None:
            place.minors.add()
        operation = policy.may_capture(
            installed.current(place.operation, place.trust.ring),
            place.device,
            place.post,
            stamp.wall,
            clock_trusted=stamp.trusted,
            adult=ask.adult,
            officer=ask.officer,
            past=place.orders.past(),
        )
        shielded = policy.Shielded(policy.countries(ask.origins), ask.protection)
        return Admitted(operation, policy.purpose(operation, ask.tot), shielded, _again(ask, operation))

    def _write(self, ask: Ask, admitted: Admitted) -> None:
        ground = printable(f"{admitted.tot}, {admitted.operation.legal_basis}")
        self._place.journal.write(Deed.CHECK_BEGUN, _who(ask), admitted.operation.id, ground)


def _again(ask: Ask, operation: Operation) -> Again:
    if not ask.renews:
        return FIRST
    policy.may_renew(operation, ask.officer)
    return Again(Tcn(ask.renews), ask.officer)


def begun(admitted: Admitted) -> Begin:
    """What the session begins with."""
    operation = admitted.operation
    return Begin(admitted.tot, operation.fingers, operation.age_of_majority, admitted.alone)


def _who(ask: Ask) -> str:
    return f"officer:{ask.officer}" if ask.officer else "officer"
