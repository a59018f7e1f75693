"""The hub's cases: what happened is added, who may add it is asked first (`policy`, `route`).

What is shielded about a person is read out of the sealed probe each time, and kept nowhere else. Whoever
speaks here was authenticated before: a `Person` is made where people sign in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hotspot_kiosk import contents, contents_enrolment, policy
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.decision import What, entitled, signer
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub.cases import outcomes, route
from hotspot_kiosk.hub.cases.case import Case, Possible, fold
from hotspot_kiosk.hub.cases.case_events import (
    Consulted,
    Found,
    Judged,
    Kept,
    Known,
    Left,
    Opened,
    Rechecked,
    Searched,
    Told,
    Voted,
    decode,
    encode,
)
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.reception.enrolment_case import Steps, as_event
from hotspot_kiosk.hub.storage.store import PartKey, Store
from hotspot_kiosk.officers import Roster
from hotspot_kiosk.operation import Confirmation, Operation
from hotspot_kiosk.policy import Finding, Outcome
from hotspot_kiosk.terms import Decision, Part, RequestType, Tcn

Note = Callable[[Deed, str, str, str], object]
Ring = Callable[[Tcn], object]
FOR_LEGAL = "\tlegal"  # the errand of a case with something sealed; no partner has such a name
MOST_FOR_LEGAL = 10_000
NO_CANDIDATE = "there is no such candidate to look at"
ONLY_LEGAL = "only the legal officer looks at what is sealed and decides about it, with their own key"
NOT_THEIRS = "nobody's key on the roster signed this; sign it with your own: hotspot case, --key"


class Role(StrEnum):
    """What somebody may do with a case."""

    OFFICER = "officer"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was authenticated: an id, never a name, and the role in which they signed in.

    signed: their decision, with their own key (`decision`). kiosk: which one vouches for them where nothing is signed.
    """

    id: str
    role: Role = Role.OFFICER
    signed: bytes = field(default=b"", repr=False)
    kiosk: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kiosk asked and the hub could open, of either lane, and the digest of its envelope."""

    probe: contents.Probe | contents_enrolment.Enrolment
    digest: bytes


def nobody_notes(_what: Deed, _who: str, _about: str, _ground: str) -> None:
    """For a hub without a journal."""


def nobody_rings(_tcn: Tcn) -> None:
    """For the hub itself, which tells what it adds."""


def no_roster() -> None:
    """For a hub whose config names none: nobody's signature counts there."""


class Casebook:
    """All cases of a store. One thread at a time; several hubs may share the store.

    opener: opens an envelope of a kiosk (BadBytes, SealError or KeyError if it cannot). posts: where
    each kiosk stands. partners: those that this hub can ask. ring: called when a case has something to tell.
    roster: by which kept signatures are known.
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
        ring: Ring = nobody_rings,
        roster: Callable[[], Roster | None] = no_roster,
    ) -> None:
        self._store = store
        self._opener = opener
        self._operations = operations
        self._posts = posts
        self._now = now
        self._partners = partners
        self._note = note
        self._ring = ring
        self._roster = roster

    def case(self, tcn: Tcn) -> Case:
        """The case as it stands; one without events if there is none. Raises BadBytes, StorageFailed."""
        events = [decode(body) for body in self._store.cases.events(tcn)]
        signed = any(isinstance(event, Voted) for event in events)
        return fold(tcn, events, self._roster() if signed else None)

    def all(self) -> Sequence[Tcn]:
        """Every case, each kiosk's newest first."""
        return self._store.cases.cases()

    def asked(self, tcn: Tcn) -> Asked | None:
        """The probe of a case; None if it is not here any more or does not open."""
        try:
            envelope = self._store.inbox.envelope(PartKey(tcn.device, tcn, Part.PROBE))
            probe = contents_enrolment.decode_any(self._opener(envelope or b"", tcn.device))
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

    def named(self, operation: str) -> Operation | None:
        """The signed operation of this id, if the hub knows it."""
        return self._operations.get(operation)

    def rule(self, operation: str) -> Confirmation:
        """How many people must agree under an operation; two if the hub does not know it."""
        known = self.named(operation)
        return known.confirmation if known else Confirmation()

    def close(self) -> None:
        """Give the store back."""
        self._store.close()

    def now(self) -> datetime:
        """The hub's time."""
        return self._now()

    def note(self, what: Deed, who: str, about: str, ground: str) -> None:
        """A line in the journal, if there is one."""
        self._note(what, who, about, ground)

    def step(self, tcn: Tcn, *steps: Steps) -> bool:
        """Steps of an enrolment; False if all of them were known. Never joined to a check of this number."""
        if self.case(tcn).opened is not None:
            raise Refused(f"{tcn} is a check; nobody is enrolled by it")
        return self.add(tcn, *(as_event(each) for each in steps))

    def search(
        self, tcn: Tcn, asked: Asked | None, decision: Decision, found: Sequence[Found], trouble: str = ""
    ) -> None:
        """A probe came and was compared with the own gallery. Said again, the first word stays."""
        now = self._now()
        opened = _opened(tcn, asked, now)
        kept = self._ask_partners(tcn, opened)
        searched = Searched(now, decision, tuple(found), trouble)
        sealed = route.sealed(fold(tcn, (opened, searched)), asked.probe.shielded if asked else None)
        self.queue_for_legal(tcn, sealed)
        self.add(tcn, opened, searched, *kept, lightly=True)
        if asked is not None:
            self.note_sealed(tcn, sealed)

    def rechecked(self, tcn: Tcn, reference: str, said: str) -> None:
        """A referral of a kiosk was looked at again, and what that gave; written down once, however often the probe comes."""
        if self.add(tcn, Rechecked(self._now(), reference), lightly=True):
            self._note(Deed.RECHECKED, "hub", tcn, printable(f"reference {reference}: {said}"))

    def _ask_partners(self, tcn: Tcn, opened: Opened) -> list[Kept]:
        """Note whom to ask; or, of those who cannot be asked, why not. Once is for all: what is kept from a partner is not sent later."""
        operation = self._operations.get(opened.operation)
        asks = self._partners.intersection(operation.datasets if operation else self._partners)
        if not asks:
            return []
        try:
            policy.may_ask_partners(operation, tcn.device, opened.post, self.latest(tcn, opened, operation))
        except Refused as error:
            for partner in sorted(asks):
                self._note(Deed.KEPT_FROM, "hub", tcn, printable(f"{partner}: {error}"))
            return [Kept(opened.at, partner, str(error), told=True) for partner in sorted(asks)]
        for partner in asks:
            self._store.errands.put(tcn, partner, opened.at)
        return []

    def latest(self, tcn: Tcn, opened: Opened, operation: Operation | None) -> datetime:
        """The latest moment at which it can have been captured: never after a record that the same kiosk numbered later."""
        seen = route.last_seen(opened)
        if opened.clock or operation is None or seen < operation.ends:
            return seen
        later = (
            self.case(each) for each in self.all() if each.device == tcn.device and each.counter > tcn.counter
        )
        return min((seen, *(route.last_seen(each.opened) for each in later if each.opened is not None)))

    def evidence(self, tcn: Tcn) -> bytes | None:
        """The pictures of a case, as they would be exchanged; None if they are not here (any more) or do not open."""
        try:
            envelope = self._store.inbox.envelope(PartKey(tcn.device, tcn, Part.EVIDENCE))
            return self._opener(envelope or b"", tcn.device)
        except (BadBytes, SealError, KeyError):
            return None

    def portrait(self, reference: str) -> bytes:
        """The small picture that the own gallery keeps of a reference, a JPEG file; empty if there is none."""
        return self._store.gallery.portrait(reference)

    def vote(self, tcn: Tcn, reference: str, by: Person, finding: Finding, reason: str) -> Outcome:
        """What somebody found who compared the two pictures. Raises Refused; returns where it stands now."""
        case = self._existing(tcn)
        known = self.known(case, self.asked(tcn))
        if reference not in {each.reference for each in route.visible(case, known.person)}:
            raise Refused(NO_CANDIDATE)
        policy.may_decide(known.operation, by.id)
        before = case.findings(reference)
        policy.may_vote(before, by.id, reason)
        voted = Voted(self._now(), reference, by.id, finding, reason, by.signed, by.kiosk)
        if not voted.vote(tcn, self._roster()).proved and (by.signed or not by.kiosk):
            raise Refused(NOT_THEIRS)
        for errand in outcomes.owed(case, reference, by.id):
            self._store.errands.put(tcn, errand, self._now())
        if not self.add(tcn, voted):
            raise Refused("you have said what you found; another person must look now")
        deed = Deed.CONFIRMED if finding is Finding.CONFIRM else Deed.REFUTED
        stands = self.case(tcn).outcome(reference, known.rule)
        self._note(
            deed, f"{by.role}:{by.id}", tcn, printable(f"candidate {reference}: {stands}; {_under(case)}")
        )
        return stands

    def judge(self, tcn: Tcn, reference: str, by: Person, *, released: bool, reason: str) -> None:
        """The legal officer lets a sealed candidate go to the post, or withholds it. Raises Refused."""
        self._check_legal(by, What.RELEASE if released else What.WITHHOLD, tcn, reference, reason)
        if not reason.strip():
            raise Refused("say in a few words why")
        case = self._existing(tcn)
        known = self.known(case, self.asked(tcn))
        shown = {each.reference for each in route.visible(case, known.person)}
        if case.find(reference) is None or reference in shown:
            raise Refused("nothing of this is sealed: no such candidate, or the post may see it already")
        if not self.add(tcn, Judged(self._now(), reference, by.id, released, reason, by.signed)):
            raise Refused("that was decided before")
        deed = Deed.RELEASED if released else Deed.WITHHELD
        self._note(deed, f"{Role.LEGAL}:{by.id}", tcn, printable(f"candidate {reference}; {_under(case)}"))

    def consulted(self, tcn: Tcn, by: Person, what: What) -> None:
        """Somebody is shown something of a case, or tells its person: what they signed stays as long as the case does."""
        if self.case(tcn).purged is None:
            self.add(tcn, Consulted(self._now(), f"{by.role}:{by.id}", what, by.signed))

    def look_sealed(self, case: Case, hits: Sequence[Possible], by: Person) -> None:
        """The legal officer looks at what is sealed of a case; case and journal say so first. Raises Refused."""
        self._check_legal(by, What.LOOK_SEALED, case.tcn)
        self.consulted(case.tcn, by, What.LOOK_SEALED)
        self._note(Deed.LEGAL_LOOKED, f"{by.role}:{by.id}", case.tcn, f"{len(hits)} sealed; {_under(case)}")

    def _check_legal(self, by: Person, what: What, tcn: Tcn, reference: str = "", reason: str = "") -> None:
        """Raises Refused unless somebody whom the roster calls a legal officer signed exactly this, just now."""
        now, roster = self._now(), self._roster()
        key = signer(by.signed, by.id, what, tcn, reference, reason, now)
        if by.role is not Role.LEGAL or roster is None or not key or not roster.held(by.id, key, now):
            raise Refused(ONLY_LEGAL)
        entitled(roster, by.id, what)

    def left(self, tcn: Tcn, by: Person) -> bool:
        """The person is not at the post any more; False if that is known."""
        case = self._existing(tcn)
        new = self.add(tcn, Left(self._now(), f"{by.role}:{by.id}", by.signed))
        if new:
            self._note(Deed.LEFT, f"{by.role}:{by.id}", tcn, _under(case))
        return new

    def for_legal(self, *, everywhere: bool = False) -> list[tuple[Case, tuple[Possible, ...]]]:
        """The legal officer's queue: cases with candidates that nobody else may see yet.

        everywhere: look into every case, also those of a hub that kept no such queue.
        """
        queue = [tcn for tcn, _ in self._store.errands.named(FOR_LEGAL, MOST_FOR_LEGAL)]
        found = []
        for tcn in self.all() if everywhere else queue:
            case, asked = self.case(tcn), self.asked(tcn)
            if case.purged is not None:
                self._store.errands.done(tcn, FOR_LEGAL)
            elif hits := route.sealed(case, asked.probe.shielded if asked else None):
                found.append((case, hits))
        return found

    def claim(self, case: Case, words: Sequence[Told]) -> tuple[bool, ...]:
        """Which of these are ours to tell: of several hubs each edition is given by one. The case stays due."""
        events = [(each.name, encode(each)) for each in words]
        return self._store.cases.add(case.tcn, events, self._now(), lightly=True) if events else ()

    def settle(self, case: Case, claimed: int, look_again: datetime | None) -> None:
        """All of it is kept; the case is due again only then, unless something came meanwhile."""
        self._store.cases.add(case.tcn, (), look_again, after=case.events + claimed, lightly=True)

    def _existing(self, tcn: Tcn) -> Case:
        case = self.case(tcn)
        if case.opened is None:
            raise Refused(f"the hub knows no check {tcn}")
        if case.purged is not None:
            raise Refused(f"check {tcn} is purged: its time is over")
        return case

    def add(self, tcn: Tcn, *events: Known, lightly: bool = False) -> bool:
        """What happened, each once; False if all of it was known. Raises StorageFailed."""
        rows = [(each.name, encode(each)) for each in events]
        new = any(self._store.cases.add(tcn, rows, self._now(), lightly=lightly))
        if new:
            self._ring(tcn)
        return new

    def queue_for_legal(self, tcn: Tcn, sealed: Sequence[Possible]) -> None:
        """Before the case has them: what is sealed and in no queue would be seen by nobody."""
        if sealed:
            self._store.errands.put(tcn, FOR_LEGAL, self._now())

    def note_sealed(self, tcn: Tcn, hits: Sequence[Possible]) -> None:
        """A line in the journal where something waits for the legal officer."""
        if hits:
            self._note(Deed.SEALED, "hub", tcn, f"{len(hits)} to look at")


def _under(case: Case) -> str:
    """The ground on which anything is done about a case: the operation of its check."""
    return f"operation {case.opened.operation or 'unknown'}" if case.opened else "no operation"


def _opened(tcn: Tcn, asked: Asked | None, now: datetime) -> Opened:
    if asked is None or not isinstance(asked.probe, contents.Probe):
        return Opened(now, tcn.device, "", "", RequestType.NPS, now, False)
    probe = asked.probe
    stamp = probe.stamp
    failed = len(probe.acquisition_failures)
    return Opened(
        at=now,
        device=tcn.device,
        post=probe.post,
        operation=probe.operation,
        tot=probe.tot,
        captured=stamp.wall,
        clock=stamp.trusted,
        failures=failed,
        overruled=probe.overruled,
    )
