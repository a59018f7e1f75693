"""What a person may ask about themselves by the number on their slip: what is held, and to have it erased.

An officer who signed in asks in their stead; the journal says who, and on what ground. Never anything about
another person: neither a reference, nor who decided, nor in which words. What is sealed to the legal officer
leaves no trace in what is told here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from hotspot_kiosk import contents, contents_enrolment, policy, slip
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.decision import What
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub.cases import route
from hotspot_kiosk.hub.cases.case import Case
from hotspot_kiosk.hub.cases.case_events import decode
from hotspot_kiosk.hub.cases.casebook import Asked, Casebook, Note, Person
from hotspot_kiosk.hub.law import retention
from hotspot_kiosk.hub.law.retention import Purge
from hotspot_kiosk.hub.law.subject_words import of
from hotspot_kiosk.hub.law.tries import Tries
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.reception.enrolment_case import wish
from hotspot_kiosk.hub.reception.reception import Desk
from hotspot_kiosk.hub.storage.store import PartKey, Store
from hotspot_kiosk.operation import Kind, Operation, Rights
from hotspot_kiosk.policy import Disclosure
from hotspot_kiosk.slip import Encounter
from hotspot_kiosk.terms import FaceTemplate, Part, Tcn, Template

GONE = "Nothing is held any more: all of it was erased, as you asked."
AT_HAND = "no answer yet"


class Happened(msgspec.Struct, frozen=True):
    """One thing that was done with the record, and when (UTC)."""

    at: datetime
    what: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is held under one number, in words for the person. Times are UTC.

    result: how the check stands, as far as it may be told; withheld: that a part is not told, and under which law.
    """

    number: str
    told: datetime
    operation: str = ""
    purpose: str = ""
    legal_basis: str = ""
    controller: str = ""
    authority: str = ""
    post: str = ""
    captured: datetime | None = None
    holds: tuple[str, ...] = ()
    happened: tuple[Happened, ...] = ()
    result: str = ""
    withheld: str = ""
    kept_until: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A record whose slip was proven; `probe` is None once it was erased."""

    shown: Encounter
    case: Case
    probe: contents.Probe | contents_enrolment.Enrolment | None
    operation: Operation | None

    @property
    def rights(self) -> Rights:
        """What the operation's law says about telling; of one not known here nothing of the outcome is told."""
        if self.operation is not None:
            return self.operation.rights
        return Rights(withhold="the law of an operation that this hub does not know", say_withheld=False)


class Subjects:
    """Answers people about their records. One thread at a time; the hub may run meanwhile.

    opener: as the casebook's. Every call may raise StorageFailed or StorageAway.
    """

    def __init__(
        self,
        *,
        store: Store,
        book: Casebook,
        opener: Callable[[bytes, int], bytes],
        operations: Operations,
        purge: Purge,
        tries: Tries,
        note: Note,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._book = book
        self._opener = opener
        self._operations = operations
        self._purge = purge
        self._tries = tries
        self._note = note
        self._now = now

    def access(self, words: str, by: Person) -> Report:
        """All that may be told. Raises BadBytes for a misread number, Refused for a wrong one."""
        found = self._find(words, by)
        self._note(Deed.TOLD, _who(by), found.shown.tcn, "access")
        if found.probe is None:
            return Report(number=found.shown.number, told=self._now(), note=GONE)
        report = self._report(found, found.probe)
        self._book.consulted(found.shown.tcn, by, What.TELL)
        return report

    def erase(self, words: str, by: Person) -> str:
        """Erase all of it, for good; what comes of it later is not kept. Says what was done.

        Raises BadBytes, or Refused for a wrong number and while the law needs the record.
        """
        found = self._find(words, by)
        if found.probe is None:
            self._note(Deed.TOLD, _who(by), found.shown.tcn, "erasure asked again, nothing is held")
            self._purge.run()
            return GONE
        if isinstance(found.probe, contents_enrolment.Enrolment):
            return self._erase_person(found, by)
        case_, known = found.case, self._known(found)
        outcomes = [case_.outcome(each.reference, known.rule) for each in case_.possible]
        unfinished = self._unfinished(found, known)
        until, told = self._deadline(found), self._disclosure(found)
        try:
            policy.may_erase(unfinished=unfinished, outcomes=outcomes, until=until, told=told)
        except Refused as refused:
            self._note(Deed.TOLD, _who(by), found.shown.tcn, printable(f"erasure refused: {refused}"))
            self._book.consulted(found.shown.tcn, by, What.ERASE)
            raise
        self._note(Deed.TOLD, _who(by), found.shown.tcn, "erasure")
        self._purge.erase(case_, found.shown.kept, by.signed)
        return _with_partners(GONE, case_)

    def _erase_person(self, found: Found, by: Person) -> str:
        """All that is enrolled of a person, whichever of their slips they show. What people still compare goes, too."""
        desk = Desk(self._store.register, self._book)
        gone = desk.withdraw(found.shown.tcn, by, "the person asked for it, by their number")
        self._note(Deed.TOLD, _who(by), found.shown.tcn, "erasure")
        self._purge.erase(found.case, found.shown.kept, by.signed)
        self._purge.run()
        left = [each for each in gone if desk.held(each) is not None]
        if left:
            raise Refused("ordered; what is left goes with the next purge, within the hour")
        return GONE

    def close(self) -> None:
        """Give the store back."""
        self._store.close()

    def _find(self, words: str, by: Person) -> Found:
        """Raises Refused in the same words for a number nobody has and for a wrong secret."""
        if not by.id:
            raise Refused("sign in first: a person's request is answered by an officer who is named")
        shown = slip.read(words)
        self._tries.begin(shown.tcn, self._now())
        try:
            found = self._proven(shown)
        except Refused as refused:
            self._note(Deed.TOLD, _who(by), shown.tcn, "a wrong encounter number")
            raise Refused(f"{refused}; a record that is still on its way cannot be asked about yet") from None
        self._tries.right(shown.tcn)
        return found

    def _proven(self, shown: Encounter) -> Found:
        record = self._case(shown.tcn)
        if record.purged is not None and record.purged.slip:
            slip.prove_kept(shown, record.purged.slip)
            return Found(shown, record, None, None)
        probe = self._probe(shown.tcn)
        slip.prove(shown, probe.reply_key if probe is not None else b"")
        name = record.opened.operation if record.opened is not None else probe.operation if probe else ""
        return Found(shown, record, probe, self._operations.get(name))

    def _case(self, tcn: Tcn) -> Case:
        try:
            return self._book.case(tcn)
        except (BadBytes, SealError):
            return Case(tcn)

    def _probe(self, tcn: Tcn) -> contents.Probe | contents_enrolment.Enrolment | None:
        try:
            envelope = self._store.inbox.envelope(PartKey(tcn.device, tcn, Part.PROBE))
            probe = contents_enrolment.decode_any(self._opener(envelope or b"", tcn.device))
        except (BadBytes, SealError, KeyError):
            return None
        return probe if probe.tcn == tcn else None

    def _known(self, found: Found) -> route.Known:
        asked = Asked(found.probe, b"") if isinstance(found.probe, contents.Probe) else None
        return self._book.known(found.case, asked)

    def _deadline(self, found: Found) -> datetime:
        """When all of it is gone; as late as that can be, wherever the day would tell how the check stands.

        Counted from what happened, never from the moment of asking. How an enrolment stands is told, so its day is, too.
        """
        name = found.operation.id if found.operation is not None else ""
        rule, since = retention.rule_for(name, self._operations), self._since(found)
        begun = found.case.opened is not None or found.case.enrolling
        hidden = not found.case.enrolling and self._disclosure(found) is not Disclosure.ALL
        if not begun or hidden or self._unfinished(found, self._known(found)):
            kind = found.operation.kind if found.operation is not None else Kind.HOTSPOT
            return since + policy.kept_at_most(rule, kind)
        return retention.deadline(found.case, since, rule, self._now()).due

    def _since(self, found: Found) -> datetime:
        """When the hub came to hold it; before anything was noted of it, when its key was made."""
        began = retention.began(found.case)
        held = dict(self._store.keys.held()) if began is None else {}
        return began or held.get(found.shown.tcn, self._now())

    def _unfinished(self, found: Found, known: route.Known) -> bool:
        if found.case.enrolling:
            return not wish(found.case).over
        return bool(route.waiting(found.case, known, self._now()) or route.sealed(found.case, known.person))

    def _disclosure(self, found: Found) -> Disclosure:
        """What waits for the legal officer has not been found yet, as far as anybody is told."""
        if found.case.enrolling:
            return policy.disclosure(found.rights, bool(wish(found.case).shown))
        shown = route.visible(found.case, self._known(found).person)
        return policy.disclosure(found.rights, bool(shown))

    def _report(self, found: Found, probe: contents.Probe | contents_enrolment.Enrolment) -> Report:
        under, rights, told = found.operation, found.rights, self._disclosure(found)
        known = self._known(found)
        return Report(
            number=found.shown.number,
            told=self._now(),
            operation=f"{under.id}, {under.name}" if under else probe.operation,
            purpose=under.purpose if under else "",
            legal_basis=under.legal_basis if under else "",
            controller=rights.controller,
            authority=rights.authority,
            post=probe.post,
            captured=probe.stamp.wall,
            holds=(*_holds(probe.templates), *self._parts(found.shown.tcn), *_spoken(probe.shielded)),
            happened=tuple(self._happened(found, known, told)),
            result=self._result(found, known, told),
            withheld=_withheld(rights, told),
            kept_until=self._deadline(found),
        )

    def _parts(self, tcn: Tcn) -> Iterator[str]:
        for part, words in ((Part.PROBE, "features of them"), (Part.EVIDENCE, "pictures of them")):
            envelope = self._store.inbox.envelope(PartKey(tcn.device, tcn, part))
            if envelope:
                yield f"{words}, sealed, {len(envelope)} bytes"

    def _happened(self, found: Found, known: route.Known, told: Disclosure) -> Iterator[Happened]:
        shown = {each.reference for each in route.visible(found.case, known.person)}
        posts: set[int] = set()
        for body in self._store.cases.events(found.shown.tcn):
            event = decode(body)
            if words := of(event, known, told, shown, posts):
                yield Happened(event.at.astimezone(UTC), words)

    def _result(self, found: Found, known: route.Known, told: Disclosure) -> str:
        if isinstance(found.probe, contents_enrolment.Enrolment):
            stands = wish(found.case).decision
            return stands.value if stands is not None else AT_HAND
        if told is not Disclosure.ALL:
            return ""
        answer = route.as_it_stands(found.case, known, self._now())
        if answer is None:
            return AT_HAND
        visible = route.visible(found.case, known.person)
        outcomes = [found.case.outcome(each.reference, known.rule).value for each in visible]
        return "; ".join([answer.decision.value, *(f"one: {each}" for each in outcomes)])


def lines(report: Report) -> Iterator[str]:
    """The report to be read or printed."""
    for name, value in msgspec.structs.asdict(report).items():
        for each in value if isinstance(value, tuple) else (value,):
            if each not in ("", None):
                yield f"{name.replace('_', ' '):>12}  {_said(each)}"


def _said(value: object) -> str:
    if isinstance(value, Happened):
        return f"{_said(value.at)}  {value.what}"
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else str(value)


def _holds(templates: tuple[Template, ...]) -> Iterator[str]:
    for each in templates:
        yield "your face" if isinstance(each, FaceTemplate) else f"your {each.position.words}"


def _spoken(person: policy.Shielded) -> Iterator[str]:
    if person.origins or person.protection_sought:
        yield "what you said about your origin or protection: sealed, the legal officer shows it to you"


def _withheld(rights: Rights, told: Disclosure) -> str:
    match told:
        case Disclosure.WITHHELD:
            return f"a part is withheld under {rights.withhold}; the supervisory authority can look at it"
        case Disclosure.SILENT:
            return f"whether anything was found is neither confirmed nor denied, for everybody ({rights.withhold})"
    return ""


def _with_partners(words: str, record: Case) -> str:
    if not record.sent:
        return words
    return f"{words} It was sent to {', '.join(sorted(record.sent))}: ask there, too."


def _who(by: Person) -> str:
    return f"{by.role}:{by.id}"
