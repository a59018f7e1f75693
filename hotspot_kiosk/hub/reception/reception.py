"""The lane of reception centres: asked for, compared with the whole national gallery, looked at, enrolled.

Nobody is enrolled before the comparison, nobody is merged with somebody else or dropped without two
people's word (`policy.duplicate`). Every step may be cut off and is done once, whoever goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hotspot_kiosk import contents_enrolment, policy
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.contents import encode_templates
from hotspot_kiosk.contents_enrolment import Enrolment
from hotspot_kiosk.decision import What, entitled
from hotspot_kiosk.errors import BadBytes, HotspotError, Refused
from hotspot_kiosk.hub.cases.casebook import Asked, Casebook, Person
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.reception.enrolment_case import (
    Alike,
    Compared,
    Enrolled,
    Requested,
    Said,
    Steps,
    Superseded,
    Turned,
    Wish,
    Withdrawn,
    wish,
)
from hotspot_kiosk.hub.reception.register import Register
from hotspot_kiosk.hub.roster import nobody
from hotspot_kiosk.hub.storage.store import Held, RegisterStore
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.policy import Settled
from hotspot_kiosk.terms import Tcn

log = logging.getLogger(__name__)
ENOUGH = 100  # times that the gallery may change under a comparison before this worker lets others go first


@dataclass(frozen=True, slots=True)
class Open:
    """An enrolment that goes on: what is known of it, what it brought, under which operation."""

    wish: Wish
    asked: Enrolment
    operation: Operation


class Desk:
    """What officers do with enrolments. One thread at a time; several processes may share the store."""

    def __init__(self, register: RegisterStore, book: Casebook) -> None:
        self._register = register
        self._book = book

    def wish(self, tcn: Tcn) -> Wish:
        """An enrolment that is here. Raises Refused."""
        case = self._book.case(tcn)
        found = wish(case)
        if case.purged is not None:
            raise Refused(f"enrolment {tcn} is purged: its time is over")
        if found.requested is None:
            raise Refused(f"the hub knows no enrolment {tcn}")
        return found

    def all(self) -> Iterator[Wish]:
        """Every enrolment that is not purged, each kiosk's newest first."""
        cases = (self._book.case(tcn) for tcn in self._book.all())
        yield from (wish(case) for case in cases if case.enrolling and case.purged is None)

    def held(self, tcn: Tcn) -> Held | None:
        """Where an encounter's samples stand."""
        return self._register.find(tcn)

    def editions(self, found: Wish) -> list[Held]:
        """All that stands in the gallery of this person."""
        mine = self._register.find(found.tcn)
        return self.encounters(found, mine.identity) if mine is not None else []

    def encounters(self, found: Wish, identity: Tcn) -> list[Held]:
        """All that stands of that person in the gallery of this enrolment."""
        rows = self._register.held(found.requested.gallery) if found.requested else []
        return [row for row in rows if row.identity == identity]

    def pictures(self, tcn: Tcn) -> bytes | None:
        """The file with an encounter's pictures; None if it is not here or does not open."""
        return self._book.evidence(tcn)

    def looked(self, tcn: Tcn, by: Person) -> None:
        """Somebody looks at the pictures: case and journal say so first."""
        self._book.consulted(tcn, by, What.LOOK)
        self._book.note(Deed.COMPARED, f"{by.role}:{by.id}", tcn, "pictures of a possible duplicate")

    def say(self, tcn: Tcn, by: Person, same_as: Tcn | None, reason: str) -> Settled | None:
        """What somebody says who compared the pictures; None for `same_as`: nobody of those found.

        Raises Refused; returns what is decided by now.
        """
        found = self.wish(tcn)
        if found.over or found.compared is None:
            raise Refused(f"nothing of enrolment {tcn} is to be decided")
        if same_as is not None and same_as not in {each.identity for each in found.compared.found}:
            raise Refused("there is no such person among those found")
        policy.may_vote(found.words, by.id, reason)
        turn = found.compared.turn
        if not self._book.step(tcn, Said(self._book.now(), turn, by.id, same_as or "", reason, by.signed)):
            raise Refused("you have said what you found; another person must look now")
        ground = f"of {same_as}" if same_as else "nobody of those found"
        deed = Deed.SAME_PERSON if same_as else Deed.OTHER_PERSON
        self._book.note(deed, f"{by.role}:{by.id}", tcn, printable(ground))
        return self.wish(tcn).settled(self._book.rule(found.operation))

    def withdraw(self, tcn: Tcn, by: Person, reason: str) -> list[Tcn]:
        """Order that all that is enrolled of this person goes; what is not enrolled yet goes alone. Raises Refused.

        A purge does it; returns the encounters that it concerns.
        """
        found = self.wish(tcn)
        if not by.id or not reason.strip():
            raise Refused("say who orders it, and in a few words why")
        gone = [row.tcn for row in self.editions(found)] or [tcn]
        for each in gone:
            if self._book.step(each, Withdrawn(self._book.now(), by.id, reason, by.signed)):
                self._book.note(Deed.ORDERED, f"{by.role}:{by.id}", each, printable(f"erase: {reason}"))
        return gone


class Reception:
    """Enrols. One thread at a time; several hubs may share the store."""

    def __init__(
        self,
        register: RegisterStore,
        identifier: Identifier,
        book: Casebook,
        roster: Callable[[], Roster] = nobody,
    ) -> None:
        """roster: the newest; an officer whom a kiosk names and who may not decide there has said nothing."""
        self._register = register
        self._identifier = identifier
        self._book = book
        self._roster = roster
        self._galleries: dict[str, Register] = {}

    def take(self, tcn: Tcn, digest: bytes, content: bytes) -> Asked | None:
        """Take in what a kiosk sent if it asks for an enrolment; None if it is no such request.

        digest: the SHA-256 of its envelope. Said again, the first word stays. Raises StorageFailed.
        """
        try:
            if contents_enrolment.tag_of(content) != contents_enrolment.REQUEST_TAG:
                return None
            asked = contents_enrolment.decode(content)
            if asked.tcn != tcn or self._book.case(tcn).opened is not None:
                raise BadBytes("the enrolment inside belongs to another record")
        except BadBytes as error:
            log.warning("%s cannot be read: %s", tcn, error)
            return None
        self._request(tcn, asked)
        self._go_on(tcn, asked)
        return Asked(asked, digest)

    def settle(self, tcn: Tcn) -> None:
        """Do what is owed to an enrolment: after a decision, or where a hub was cut off. Raises StorageFailed."""
        if not self._book.case(tcn).enrolling:
            return
        asked = self._book.asked(tcn)
        if asked is not None and isinstance(asked.probe, Enrolment):
            self._go_on(tcn, asked.probe)

    def _request(self, tcn: Tcn, asked: Enrolment) -> None:
        operation = self._book.named(asked.operation)
        gallery = operation.gallery if operation else ""
        stamp = asked.stamp
        requested = Requested(
            at=self._book.now(),
            device=tcn.device,
            post=asked.post,
            operation=asked.operation,
            gallery=gallery,
            captured=stamp.wall,
            clock=stamp.trusted,
            renews=asked.renews or "",
            officer=asked.officer,
            failures=len(asked.acquisition_failures),
        )
        if self._book.step(tcn, requested):
            self._book.note(Deed.ENROLMENT_ASKED, "hub", tcn, printable(asked.operation))

    def _go_on(self, tcn: Tcn, asked: Enrolment) -> None:
        found = wish(self._book.case(tcn))
        if found.requested is None or found.over:
            return
        try:
            operation = self._allowed(found.requested, asked)
        except Refused as error:
            if self._book.step(tcn, Turned(self._book.now(), str(error))):
                self._book.note(Deed.ENROLMENT_TURNED, "hub", tcn, printable(str(error)))
            return
        self._enrol(Open(found, asked, operation))

    def _allowed(self, requested: Requested, asked: Enrolment) -> Operation:
        operation = policy.enrols(
            self._book.named(requested.operation),
            requested.device,
            requested.post,
            requested.captured,
            clock_trusted=requested.clock,
        )
        policy.may_join(operation, requested.gallery)
        if not asked.templates:
            raise Refused("there is neither a face nor a finger to enrol with; capture the person again")
        if requested.renews:
            policy.may_renew(operation, requested.officer)
        return operation

    def _enrol(self, going: Open) -> None:
        """To the end, or to where people must look."""
        tcn, settled = going.wish.tcn, going.wish.settled(going.operation.confirmation)
        if going.wish.compared is not None and settled is None:
            return
        for _ in range(ENOUGH):
            there = self._register.find(tcn)
            if there is None and settled is not None and settled.same_as is not None:
                there = self._join(going, settled.same_as)
            if there is None:
                version, alike = self._alike(going)
                if alike:
                    self._show(going, alike)
                    return
                there = self._put(going, tcn, version)
            if there is not None:
                self._enrolled(there)
                return
        log.warning("%s: the national gallery changes too often; the next look goes on", tcn)

    def _alike(self, going: Open) -> tuple[int, tuple[Alike, ...]]:
        """The gallery's version, and everybody in it who may be the same person, but for those looked at already."""
        register = self._galleries.setdefault(
            going.operation.gallery, Register(self._register, going.operation.gallery)
        )
        references, version = register.references()
        known = {each.name: each for each in references.people}
        wide = replace(
            self._identifier, most_candidates=self._identifier.most_candidates + len(going.wish.shown)
        )
        _, candidates = wide.identify(going.asked.templates, references)
        found = [
            Alike(
                each.reference,
                each.score,
                self._identifier.strong(each, len(known)),
                self._identifier.explain(going.asked.templates, known[each.reference]),
            )
            for each in candidates
            if each.reference not in going.wish.shown
        ]
        return version, (*found, *self._named(going, {each.identity for each in found}))

    def _named(self, going: Open, found: set[str]) -> Iterator[Alike]:
        """Whom an officer named who asks to enrol somebody anew, though no comparison found them."""
        before = self._register.find(going.asked.renews) if going.asked.renews else None
        if before is None or before.gallery != going.operation.gallery:
            return
        if before.identity not in found | going.wish.shown:
            yield Alike(before.identity, None, False)

    def _show(self, going: Open, alike: tuple[Alike, ...]) -> None:
        """People must look. An officer who named this person when they came has looked already."""
        tcn, now = going.wish.tcn, self._book.now()
        turn = going.wish.compared.turn + 1 if going.wish.compared else 1
        steps: list[Steps] = [Compared(now, turn, alike)]
        before = self._register.find(going.asked.renews) if going.asked.renews else None
        scored = {each.identity for each in alike if each.score is not None}
        looked = turn == 1 and before is not None and before.identity in scored
        if looked and before is not None and self._may_say(tcn, going.asked.officer):
            reason = "named this encounter as an earlier one of the same person"
            steps.append(Said(now, turn, going.asked.officer, before.identity, reason))
        if not self._book.step(tcn, *steps):
            return
        if len(steps) > 1:
            who = f"officer:{going.asked.officer}"
            self._book.note(Deed.SAME_PERSON, who, tcn, f"of {before.identity if before else ''}")
        self._book.note(Deed.DUPLICATE, "hub", tcn, f"{len(alike)} to look at")
        again = wish(self._book.case(tcn))
        if again.settled(going.operation.confirmation) is not None:
            self._enrol(replace(going, wish=again))

    def _may_say(self, tcn: Tcn, officer: str) -> bool:
        try:
            entitled(self._roster(), officer, What.SAME)
        except HotspotError as error:
            log.warning("%s: who asked to enrol somebody anew counts as nobody: %s", tcn, error)
            return False
        return True

    def _join(self, going: Open, identity: Tcn) -> Held | None:
        """As a further edition of a person; if nothing is left of them, as a new one."""
        rows = self._register.held(going.operation.gallery)
        whose = identity if any(row.identity == identity for row in rows) else going.wish.tcn
        return self._put(going, whose, None)

    def _put(self, going: Open, identity: Tcn, seen: int | None) -> Held | None:
        templates = encode_templates(going.asked.templates)
        return self._register.put(
            going.wish.tcn, going.operation.gallery, identity, templates, self._book.now(), seen
        )

    def _enrolled(self, there: Held) -> None:
        """It stands there; the edition before hears of it, and so does the journal."""
        rows = self._register.held(there.gallery)
        older = [row for row in rows if row.identity == there.identity and row.edition < there.edition]
        if older:
            self._book.step(older[-1].tcn, Superseded(self._book.now(), there.tcn))
        step = Enrolled(self._book.now(), there.identity, there.edition)
        if self._book.step(there.tcn, step):
            ground = f"identity {there.identity}, edition {there.edition}, gallery {there.gallery}"
            self._book.note(Deed.ENROLLED, "hub", there.tcn, printable(ground))
