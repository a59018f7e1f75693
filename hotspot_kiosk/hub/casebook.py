"""The hub's cases: what happened is added, who may add it is asked first (`policy`, `route`).

What is shielded about a person is read out of the sealed probe each time, and kept nowhere else. Whoever
speaks here was authenticated before: a `Person` is made where people sign in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hotspot_kiosk import contents, policy
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub import route
from hotspot_kiosk.hub.case import (
    Case,
    Failed,
    Found,
    Judged,
    Known,
    Left,
    Opened,
    Possible,
    Replied,
    Searched,
    Sent,
    Told,
    Voted,
    decode,
    encode,
    fold,
)
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.store import PartKey, Store
from hotspot_kiosk.nist_answer import ForeignAnswer, SearchResult
from hotspot_kiosk.operation import Operation
from hotspot_kiosk.policy import Finding, Outcome
from hotspot_kiosk.terms import Decision, Part, RequestType, Tcn

Note = Callable[[Deed, str, str, str], object]
NO_CANDIDATE = "there is no such candidate to look at"


class Role(StrEnum):
    """What somebody may do with a case."""

    OFFICER = "officer"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was authenticated: an id, never a name, and the role in which they signed in."""

    id: str
    role: Role = Role.OFFICER


@dataclass(frozen=True, slots=True)
class Asked:
    """A probe that the hub could open, and the digest of its envelope."""

    probe: contents.Probe
    digest: bytes


def nobody_notes(_what: Deed, _who: str, _about: str, _ground: str) -> None:
    """For a hub without a journal."""


class Casebook:
    """All cases of a store. One thread at a time; several hubs may share the store.

    opener: opens an envelope of a kiosk (BadBytes, SealError or KeyError if it cannot). posts: where
    each kiosk stands. partners: those that this hub can ask.
    """

    def __init__(
        self,
        *,
        store: Store,
        opener: Callable[[bytes, int], bytes],
        operations: Operations,
        posts: Mapping[int, str],
        now: Callable[[], datetime],
        partners: frozenset[str] = frozenset(),
        note: Note = nobody_notes,
    ) -> None:
        self._store = store
        self._opener = opener
        self._operations = operations
        self._posts = posts
        self._now = now
        self._partners = partners
        self._note = note

    def case(self, tcn: Tcn) -> Case:
        """The case as it stands; one without events if there is none. Raises BadBytes, StorageFailed."""
        return fold(tcn, (decode(body) for body in self._store.cases.events(tcn)))

    def all(self) -> Sequence[Tcn]:
        """Every case, each kiosk's newest first."""
        return self._store.cases.cases()

    def asked(self, tcn: Tcn) -> Asked | None:
        """The probe of a case; None if it is not here any more or does not open."""
        envelope = self._store.inbox.envelope(PartKey(tcn.device, tcn, Part.PROBE))
        try:
            probe = contents.decode(self._opener(envelope or b"", tcn.device))
        except (BadBytes, SealError, KeyError):
            return None
        return Asked(probe, hashlib.sha256(envelope or b"").digest()) if probe.tcn == tcn else None

    def known(self, case: Case, asked: Asked | None) -> route.Known:
        """What the rules need to know beside the case."""
        person = asked.probe.shielded if asked else None
        return route.Known(person, self.operation(case), self._posts, self._partners)

    def operation(self, case: Case) -> Operation | None:
        """The signed operation under which the check was made, if the hub knows it."""
        return self._operations.get(case.opened.operation) if case.opened else None

    def search(
        self, tcn: Tcn, asked: Asked | None, decision: Decision, found: Sequence[Found], trouble: str = ""
    ) -> None:
        """A probe came and was compared with the own gallery. Said again, the first word stays."""
        now = self._now()
        opened = _opened(tcn, asked, now)
        searched = Searched(now, decision, tuple(found), trouble)
        self._add(tcn, opened, searched, lightly=True)
        if asked is not None and found:
            self._note_sealed(tcn, route.sealed(fold(tcn, (opened, searched)), asked.probe.shielded))

    def sent(self, tcn: Tcn, partner: str) -> bool:
        """The evidence went to a partner; False if that is known."""
        return self._add(self._existing(tcn).tcn, Sent(self._now(), partner))

    def replied(self, partner: str, answer: ForeignAnswer) -> bool:
        """A partner's message about a case; False if it is known. Raises Refused for no case of ours."""
        case = self._existing(answer.tcr)
        now = self._now()
        if not isinstance(answer, SearchResult):
            return self._add(
                case.tcn, Failed(now, partner, answer.tcn, answer.code, f"{answer.meaning}; {answer.course}")
            )
        reply = _reply(partner, answer, now)
        new = self._add(case.tcn, reply)
        asked = self.asked(case.tcn)
        if new and asked is not None:
            sealed = route.sealed(self.case(case.tcn), asked.probe.shielded)
            self._note_sealed(case.tcn, [each for each in sealed if each.reference == reply.reference])
        return new

    def vote(self, tcn: Tcn, reference: str, by: Person, finding: Finding, reason: str) -> Outcome:
        """What somebody found who compared the two pictures. Raises Refused; returns where it stands now."""
        case = self._existing(tcn)
        known = self.known(case, self.asked(tcn))
        if reference not in {each.reference for each in route.visible(case, known.person)}:
            raise Refused(NO_CANDIDATE)
        policy.may_vote(case.findings(reference), by.id, reason)
        if not self._add(tcn, Voted(self._now(), reference, by.id, finding, reason)):
            raise Refused("you have said what you found; another person must look now")
        deed = Deed.CONFIRMED if finding is Finding.CONFIRM else Deed.REFUTED
        stands = self.case(tcn).outcome(reference, known.rule)
        self._note(deed, f"{by.role}:{by.id}", tcn, f"candidate {reference}: {stands}")
        return stands

    def judge(self, tcn: Tcn, reference: str, by: Person, *, released: bool, reason: str) -> None:
        """The legal officer lets a sealed candidate go to the post, or withholds it. Raises Refused."""
        if by.role is not Role.LEGAL or not by.id:
            raise Refused("only the legal officer decides about what is sealed; sign in as that")
        if not reason.strip():
            raise Refused("say in a few words why")
        case = self._existing(tcn)
        known = self.known(case, self.asked(tcn))
        shown = {each.reference for each in route.visible(case, known.person)}
        if case.find(reference) is None or reference in shown:
            raise Refused("nothing of this is sealed: no such candidate, or the post may see it already")
        if not self._add(tcn, Judged(self._now(), reference, by.id, released, reason)):
            raise Refused("that was decided before")
        deed = Deed.RELEASED if released else Deed.WITHHELD
        self._note(deed, f"{Role.LEGAL}:{by.id}", tcn, f"candidate {reference}")

    def left(self, tcn: Tcn, by: Person) -> bool:
        """The person is not at the post any more; False if that is known."""
        return self._add(self._existing(tcn).tcn, Left(self._now(), f"{by.role}:{by.id}"))

    def for_legal(self) -> list[tuple[Case, tuple[Possible, ...]]]:
        """The legal officer's queue: cases with candidates that nobody else may see yet."""
        found = []
        for tcn in self.all():
            case, asked = self.case(tcn), self.asked(tcn)
            if case.purged is None and (hits := route.sealed(case, asked.probe.shielded if asked else None)):
                found.append((case, hits))
        return found

    def told(self, case: Case, words: Sequence[Told], look_again: datetime | None) -> None:
        """Kiosks were given these; the case is due again only then, unless something came meanwhile."""
        events = [(each.name, encode(each)) for each in words]
        self._store.cases.add(case.tcn, events, look_again, after=case.events, lightly=True)

    def _existing(self, tcn: Tcn) -> Case:
        case = self.case(tcn)
        if case.opened is None:
            raise Refused(f"the hub knows no check {tcn}")
        if case.purged is not None:
            raise Refused(f"check {tcn} is purged: its time is over")
        return case

    def _add(self, tcn: Tcn, *events: Known, lightly: bool = False) -> bool:
        rows = [(each.name, encode(each)) for each in events]
        return any(self._store.cases.add(tcn, rows, self._now(), lightly=lightly))

    def _note_sealed(self, tcn: Tcn, hits: Sequence[Possible]) -> None:
        if hits:
            self._note(Deed.SEALED, "hub", tcn, f"{len(hits)} to look at")


def _opened(tcn: Tcn, asked: Asked | None, now: datetime) -> Opened:
    if asked is None:
        return Opened(now, tcn.device, "", "", RequestType.NPS, now, False)
    probe = asked.probe
    stamp = probe.stamp
    failed = len(probe.acquisition_failures)
    return Opened(now, tcn.device, probe.post, probe.operation, probe.tot, stamp.wall, stamp.trusted, failed)


def _reply(partner: str, answer: SearchResult, now: datetime) -> Replied:
    one = answer.candidate
    if one is None:
        return Replied(now, partner, answer.tcn, answer.source, 0, 0, "")
    own = one.numbers[0] if one.numbers else None
    source = own.country if own else answer.source
    named = f"{own.country}/{own.value}" if own else one.interpol or f"{answer.source}/{answer.tcn}"
    return Replied(now, partner, answer.tcn, source, one.sequence, answer.total, named, one.verified)
