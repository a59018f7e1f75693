"""The hub's cases over a real store: partners, people, the legal officer; what is shielded has no way out."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from making import (
    DEVICE,
    HUB,
    KIOSK,
    NOW,
    ROSTER,
    judge,
    keys,
    on_roster,
    operation,
    public_file,
    request,
    signed,
    tcn,
    vote,
)

from hotspot_kiosk import contents, nist, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.hub.cases import outcomes, route
from hotspot_kiosk.hub.cases.case_events import Found, Told, Voted, encode
from hotspot_kiosk.hub.cases.casebook import Casebook, Person, Role
from hotspot_kiosk.hub.cases.partner_desk import PartnerDesk
from hotspot_kiosk.hub.cases.telling import Teller
from hotspot_kiosk.hub.exchange.clerk import Clerk
from hotspot_kiosk.hub.exchange.gate import Terms
from hotspot_kiosk.hub.exchange.port import Incoming
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.hub.law.retention import rule_for
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.nist.answer import (
    ForeignCandidate,
    Reference,
    SearchError,
    SearchResult,
    answer_transaction,
)
from hotspot_kiosk.operation import Confirmation, Operation, Retention, sign
from hotspot_kiosk.policy import Finding, Outcome, Shielded
from hotspot_kiosk.seal_answer import open_answer, reply_key
from hotspot_kiosk.terms import Answer, ClockStamp, Decision, Part, Tcn

OTHER = 18
FIRST = tcn()
OTHER_KEYS = keys(OTHER)
INTERPOL = "INTERPOL-AFIS"
KIOSKS = {DEVICE: public_file(KIOSK, "Green line 4"), OTHER: public_file(OTHER_KEYS, "Harbour")}
ROUTED = operation(
    posts=("Green line 4", "Harbour"), devices=(DEVICE, OTHER), route={"Green line 4": ("Harbour",)}
)
HIT = (Found("CASE-1", 1, 9.5, why=(("face", 6.0), ("right index", 3.5))),)
ONE, TWO = Person("k7"), Person("k8")
LEGAL = Person("l1", Role.LEGAL, b"by l1")


def candidate(sequence: int, source: str = "FRA") -> ForeignCandidate:
    """Somebody whom a country placed."""
    number = (Reference(source, f"N{sequence}"),)
    return ForeignCandidate(sequence, False, number, (), "", (0, 0), None, "", ())


def result(
    message: int, sequence: int = 0, total: int = 1, source: str = "FRA", of: Tcn = FIRST
) -> SearchResult:
    """One message of an answer; sequence 0 is a no hit."""
    one = candidate(sequence, source) if sequence else None
    return SearchResult(tcn(message, 900), of, NOW, "XPO", "NPS", total if sequence else 0, one)


class Bureau:
    """A hub's cases, its clock, what went down and what was journaled."""

    def __init__(self, folder: Path, signed: Operation | None = ROUTED) -> None:
        self.folder = folder
        self.now = NOW
        self.deeds: list[tuple[Deed, str, str, str]] = []
        self.roster = ROSTER
        (folder / "operations").mkdir()
        if signed is not None:
            (folder / "operations" / "one.op").write_bytes(sign(signed, HUB))
        self.store = store_sqlite.build(store_sqlite.Options(path=folder / "hub.db"))
        self.book = Casebook(
            store=self.store,
            opener=Inbox(self.store, HUB, KIOSKS, self.clock).open,
            operations=Operations(folder / "operations", HUB.public()),
            posts={device: file.name for device, file in KIOSKS.items()},
            now=self.clock,
            partners=frozenset({INTERPOL}),
            note=lambda *deed: self.deeds.append(deed),
            roster=lambda: self.roster,
        )
        self.desk = PartnerDesk(self.book, self.store.errands)
        self.teller = Teller(
            self.store.answers, self.book, HUB, lambda device: KIOSKS[device].keys(), self.clock
        )

    def clock(self) -> datetime:
        """The hub's time."""
        return self.now

    def hold(self, content: bytes, part: Part, counter: int = 1) -> None:
        """Commit a part."""
        number = tcn(counter)
        envelope = seal.seal(content, number, part, HUB.public(), KIOSK)
        self.store.inbox.commit(PartKey(DEVICE, number, part), envelope, self.now)

    def check(
        self, person: Shielded | None = None, found: tuple[Found, ...] = (), counter: int = 1
    ) -> list[tuple[int, Answer]]:
        """A probe comes and is searched; what is told of it."""
        number = tcn(counter)
        self.hold(contents.encode(request(counter), reply_key(KIOSK, number), person), Part.PROBE, counter)
        decision = Decision.POSSIBLE_MATCH if found else Decision.NO_HIT
        self.book.search(number, self.book.asked(number), decision, found)
        return self.tell(number)

    def tell(self, number: Tcn = FIRST) -> list[tuple[int, Answer]]:
        """What each kiosk reads, opened with its own keys."""
        read = []
        asked = self.book.asked(number)
        for device, message in self.teller.tell(number):
            own = KIOSK if device == DEVICE else OTHER_KEYS
            digest = asked.digest if asked else b"\0" * 32
            plain = open_answer(message.envelope, number, digest, HUB.public(), own)
            read.append((device, contents.decode_answer(plain)))
        return read

    def later(self, **span: float) -> None:
        """Time passes."""
        self.now += timedelta(**span)


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """No case yet."""
    made = Bureau(tmp_path)
    yield made
    made.store.close()


def test_a_check_is_sent_answered_and_told_in_editions(bureau: Bureau) -> None:
    """Pending, the first candidate, both; the kiosk's newest waits, the hub owes nothing."""
    ((device, first),) = bureau.check()
    assert (device, first.decision, first.edition) == (DEVICE, Decision.PENDING, 1)
    assert not bureau.desk.due(INTERPOL, 8)
    bureau.hold(b"a file", Part.EVIDENCE)
    (out,) = bureau.desk.due(INTERPOL, 8)
    assert (out.tcn, out.evidence, out.operation) == (tcn(), b"a file", ROUTED)
    bureau.desk.sent(tcn(), INTERPOL, NOW, ("fingers taken out",))
    assert not bureau.desk.due(INTERPOL, 8)
    assert bureau.desk.replied(INTERPOL, result(1, 1, 2), NOW)
    ((_, second),) = bureau.tell()
    assert bureau.desk.replied(INTERPOL, result(1, 1, 2), NOW)
    assert not bureau.tell()
    assert bureau.desk.replied(INTERPOL, result(2, 2, 2), NOW)
    ((_, third),) = bureau.tell()
    assert [answer.edition for answer in (second, third)] == [2, 3]
    assert [c.reference for c in third.candidates] == ["FRA/N1", "FRA/N2"]
    assert [number for number, _ in bureau.store.answers.waiting(DEVICE)] == [tcn()]


def test_a_late_hit_is_sealed_to_the_next_post(bureau: Bureau) -> None:
    """Hours later; the other kiosk reads it with its own keys and nobody else can."""
    bureau.check()
    bureau.later(hours=5)
    bureau.desk.replied(INTERPOL, result(1, 1), bureau.now)
    said = dict(bureau.tell())
    assert set(said) == {DEVICE, OTHER}
    assert said[OTHER].late is not None
    assert said[OTHER].late.post == "Green line 4"
    ((_, envelope),) = bureau.store.answers.waiting(OTHER)
    with pytest.raises((SealError, BadBytes)):
        seal.open_envelope(envelope, HUB.public(), KIOSK)


def test_what_is_due_goes_in_the_order_of_need(bureau: Bureau) -> None:
    """Who may still stand there first, then those who have waited longest."""
    for counter in (1, 2):
        bureau.check(counter=counter)
        bureau.hold(b"file", Part.EVIDENCE, counter)
        bureau.later(minutes=1)
    order = [out.tcn for out in bureau.desk.due(INTERPOL, 8)]
    assert order == [tcn(1), tcn(2)]
    assert len(bureau.desk.due(INTERPOL, 1)) == 1


def test_only_partners_of_the_operation_can_have_been_asked(bureau: Bureau) -> None:
    """And only about checks that are known."""
    bureau.check()
    assert not bureau.desk.replied("stranger", result(1, 1), NOW)
    assert not bureau.desk.replied(INTERPOL, result(1, 1, of=tcn(9)), NOW)
    error = SearchError(tcn(3, 900), tcn(), NOW, "XPO", 501, "", "")
    assert not bureau.desk.failed("stranger", error, NOW)
    assert bureau.desk.failed(INTERPOL, error, NOW)
    ((_, answer),) = bureau.tell()
    assert "take them again" in answer.note


def test_without_a_signed_operation_nothing_goes_to_anybody_else(tmp_path: Path) -> None:
    """Only who asked is answered, from the own gallery alone."""
    bureau = Bureau(tmp_path, None)
    try:
        ((device, answer),) = bureau.check(found=HIT)
        assert (device, answer.decision) == (DEVICE, Decision.POSSIBLE_MATCH)
        bureau.hold(b"file", Part.EVIDENCE)
        assert not bureau.desk.due(INTERPOL, 8)
        assert not bureau.desk.replied(INTERPOL, result(1, 1), NOW)
    finally:
        bureau.store.close()


def test_two_people_confirm_and_both_stand_in_the_journal(bureau: Bureau) -> None:
    """The same one twice is refused, a reason is asked for, and their reasons stay out of the journal."""
    bureau.check(found=HIT)
    book = bureau.book
    assert vote(book, tcn(), "CASE-1", ONE, Finding.CONFIRM, "the scar of A. Name") is Outcome.OPEN
    with pytest.raises(Refused, match="another person"):
        vote(book, tcn(), "CASE-1", ONE, Finding.CONFIRM, "again")
    for person, reason in ((Person(""), "seen"), (TWO, "  ")):
        with pytest.raises(Refused):
            vote(book, tcn(), "CASE-1", person, Finding.CONFIRM, reason)
    assert vote(book, tcn(), "CASE-1", TWO, Finding.CONFIRM, "the ear") is Outcome.CONFIRMED
    assert [(deed, who) for deed, who, _, _ in bureau.deeds] == [
        (Deed.CONFIRMED, "officer:k7"), (Deed.CONFIRMED, "officer:k8"),
    ]  # fmt: skip
    assert "Name" not in str(bureau.deeds)
    assert bureau.tell()[0][1].note == "CASE-1: match confirmed"


def test_one_person_is_enough_only_under_the_law_that_the_operation_cites(tmp_path: Path) -> None:
    """The signed operation says so, and nothing else."""
    alone = Bureau(tmp_path, operation(confirmation=Confirmation(people=1, law="the act, art. 5")))
    try:
        alone.check(found=HIT)
        assert vote(alone.book, tcn(), "CASE-1", ONE, Finding.REFUTE, "other nose") is Outcome.REFUTED
    finally:
        alone.store.close()


SYRIAN = Shielded(frozenset({"QZX"}), True)


def test_a_sealed_hit_waits_for_the_legal_officer(bureau: Bureau) -> None:
    """Nobody can vote on it or tell that it is there; the officer may release it, with a reason."""
    bureau.check(SYRIAN)
    bureau.desk.replied(INTERPOL, result(1, 1, source="QZX"), NOW)
    assert not bureau.tell()
    with pytest.raises(Refused, match="no such candidate"):
        vote(bureau.book, tcn(), "QZX/N1", ONE, Finding.CONFIRM, "seen")
    ((case, hits),) = bureau.book.for_legal()
    assert (case.tcn, [hit.reference for hit in hits]) == (tcn(), ["QZX/N1"])
    nobody, unsigned = Person("", Role.LEGAL, b"signed"), Person("l1", Role.LEGAL)
    for person, reason in ((ONE, "I want to"), (LEGAL, ""), (nobody, "because"), (unsigned, "because")):
        with pytest.raises(Refused):
            bureau.book.judge(tcn(), "QZX/N1", person, released=True, reason=reason)
    for name in ("k7", "x9"):
        with pytest.raises(Refused):
            judge(bureau.book, tcn(), "QZX/N1", "because", released=True, by=name)
    judge(bureau.book, tcn(), "QZX/N1", "status checked with the bureau", released=True)
    assert not bureau.book.for_legal()
    assert bureau.tell()[0][1].decision is Decision.POSSIBLE_MATCH
    with pytest.raises(Refused, match="nothing of this is sealed"):
        judge(bureau.book, tcn(), "QZX/N1", "too late", released=False)
    assert [deed for deed, *_ in bureau.deeds] == [Deed.SEALED, Deed.RELEASED]


def test_if_the_probe_cannot_be_read_every_hit_is_sealed(bureau: Bureau) -> None:
    """Nobody knows any more whom it would harm; and nothing goes to a partner."""
    bureau.hold(b"sealed nonsense", Part.PROBE)
    bureau.book.search(tcn(), None, Decision.POSSIBLE_MATCH, HIT)
    bureau.hold(b"file", Part.EVIDENCE)
    assert [answer.candidates for _, answer in bureau.tell()] == [()]
    assert bureau.book.for_legal()
    assert not bureau.desk.due(INTERPOL, 8)


def test_what_is_shielded_has_no_way_out(bureau: Bureau, caplog: pytest.LogCaptureFixture) -> None:
    """Not into an answer, an event, the journal, the log, a repr, a partner's view of a check or the database's bytes."""
    caplog.set_level("DEBUG")
    said = bureau.check(SYRIAN, HIT)
    bureau.hold(b"file", Part.EVIDENCE)
    (out,) = bureau.desk.due(INTERPOL, 8)
    bureau.desk.sent(tcn(), INTERPOL, NOW, ())
    bureau.desk.replied(INTERPOL, result(1, 1), NOW)
    bureau.later(hours=5)
    said += bureau.tell()
    asked = bureau.book.asked(tcn())
    assert asked is not None
    assert asked.probe.shielded.origins == {"QZX"}
    words = repr((said, out, asked, bureau.deeds, bureau.book.case(tcn()), caplog.text))
    raw = b"".join(path.read_bytes() for path in bureau.folder.glob("hub.db*"))
    raw += b"".join(bureau.store.cases.events(tcn()))
    for secret in ("QZX", "protection"):
        assert secret not in words
        assert secret.encode() not in raw


def test_what_a_hub_claimed_and_did_not_live_to_keep_is_kept_by_the_next(bureau: Bureau) -> None:
    """The same edition, once; the case is due until then."""
    bureau.hold(contents.encode(request(), reply_key(KIOSK, tcn())), Part.PROBE)
    bureau.book.search(tcn(), bureau.book.asked(tcn()), Decision.NO_HIT, ())
    case = bureau.book.case(tcn())
    (word,) = route.to_tell(case, bureau.book.known(case, bureau.book.asked(tcn())), NOW)
    assert bureau.book.claim(case, [Told(NOW, word.device, 1, word.view)]) == (True,)
    assert bureau.store.answers.get(DEVICE, tcn()) is None
    assert list(bureau.store.cases.due(NOW)) == [tcn()]
    assert [answer.edition for _, answer in bureau.tell()] == [1]
    assert not list(bureau.store.cases.due(NOW))
    assert not bureau.tell()


def test_of_two_hubs_one_tells(bureau: Bureau) -> None:
    """Whoever claims an edition second has nothing to tell, and none is made twice."""
    bureau.hold(contents.encode(request(), reply_key(KIOSK, tcn())), Part.PROBE)
    bureau.book.search(tcn(), bureau.book.asked(tcn()), Decision.NO_HIT, ())
    case = bureau.book.case(tcn())
    (word,) = route.to_tell(case, bureau.book.known(case, bureau.book.asked(tcn())), NOW)
    told = [Told(NOW, word.device, 1, word.view)]
    assert (bureau.book.claim(case, told), bureau.book.claim(case, told)) == ((True,), (False,))
    assert len(bureau.tell()) == 1
    assert not bureau.tell()


def test_events_in_any_order_end_in_the_same_words(tmp_path: Path) -> None:
    """Answers late, repeated and out of order, told after each: the last edition says the same."""
    coming = [result(1, 1, 3), result(2, 2, 3), result(3, 3, 3), result(2, 2, 3)]
    last = set()
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        bureau = Bureau(folder)
        try:
            bureau.check()
            answer = None
            for each in random.Random(seed).sample(coming, len(coming)):
                bureau.desk.replied(INTERPOL, each, NOW)
                told = bureau.tell()
                answer = told[-1][1] if told else answer
            assert answer is not None
            last.add((answer.decision, answer.candidates))
        finally:
            bureau.store.close()
    assert len(last) == 1


def test_an_operation_that_another_signed_is_none(tmp_path: Path) -> None:
    """Nor one that was altered; of two editions the higher counts."""
    folder = tmp_path / "operations"
    folder.mkdir()
    known = Operations(folder, HUB.public())
    (folder / "a.op").write_bytes(sign(operation(), keys(3)))
    assert known.get("OP-1") is None
    (folder / "a.op").unlink()
    (folder / "b.op").write_bytes(sign(operation(edition=2, name="newer"), HUB))
    (folder / "c.op").write_bytes(sign(operation(edition=1), HUB))
    found = known.get("OP-1")
    assert found is not None
    assert found.name == "newer"


@pytest.mark.parametrize(
    "spoil",
    [
        Path.unlink,
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"edition": 2', b'"edition": 1')),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(bytes(99_999)),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_while_the_newest_edition_is_damaged_or_away_no_older_one_counts(
    tmp_path: Path, spoil: Callable[[Path], object], restarted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The operation is closed, and a sentence says what to do; what was captured is kept as long as was said."""
    longer = Retention(hit_days=400)
    (tmp_path / "a.op").write_bytes(sign(operation(retention=Retention(hit_days=300)), HUB))
    (tmp_path / "b.op").write_bytes(sign(operation(edition=2, name="newest", retention=longer), HUB))
    (tmp_path / "c.op").write_bytes(sign(operation(id="OP-2", retention=Retention(hit_days=1)), HUB))
    known = Operations(tmp_path, HUB.public())
    newest = known.get("OP-1")
    assert newest is not None
    assert newest.name == "newest"
    whole = (tmp_path / "b.op").read_bytes()
    spoil(tmp_path / "b.op")
    known = Operations(tmp_path, HUB.public()) if restarted else known
    assert known.get("OP-1") is None
    assert "OP-1 is closed" in caplog.text
    assert rule_for("OP-1", known).hit_days == (300 if restarted else 400)
    (tmp_path / "b.op").write_bytes(whole)
    assert known.get("OP-1") == newest
    assert known.get("OP-2") is not None


def test_a_damaged_edition_that_was_never_read_closes_its_operation(tmp_path: Path) -> None:
    """And no other one, unless it does not say whose it is."""
    (tmp_path / "a.op").write_bytes(sign(operation(), HUB))
    (tmp_path / "c.op").write_bytes(sign(operation(id="OP-2"), HUB))
    (tmp_path / "b.op").write_bytes(sign(operation(edition=2), HUB)[:-20])
    known = Operations(tmp_path, HUB.public())
    assert set(known.all()) == {"OP-2"}
    (tmp_path / "b.op").write_bytes(b"nothing")
    assert set(known.all()) == set()
    (tmp_path / "b.op").unlink()
    assert set(known.all()) == {"OP-1", "OP-2"}


def test_where_nobody_knows_which_editions_were_newest_every_operation_is_closed(tmp_path: Path) -> None:
    """A hub that runs remembers; one that starts does not."""
    (tmp_path / "a.op").write_bytes(sign(operation(), HUB))
    known = Operations(tmp_path, HUB.public())
    assert known.get("OP-1") is not None
    (tmp_path / ".editions").write_bytes(b"torn")
    assert Operations(tmp_path, HUB.public()).get("OP-1") is None
    (tmp_path / "b.op").write_bytes(sign(operation(edition=2), HUB))
    assert known.get("OP-1") is not None
    assert Operations(tmp_path, HUB.public()).get("OP-1") is not None


class Partner:
    """The far end of an exchange, in memory: what was sent, what it left for us."""

    def __init__(self) -> None:
        self.sent: dict[Tcn, bytes] = {}
        self.left: list[Incoming] = []

    def send(self, number: Tcn, content: bytes) -> None:
        """As the port says."""
        self.sent[number] = content

    def collect(self) -> list[Incoming]:
        """As the port says."""
        return list(self.left)

    def done(self, incoming: Incoming) -> None:
        """As the port says."""
        self.left.remove(incoming)

    def set_aside(self, incoming: Incoming, why: str) -> None:
        """Nothing is set aside here."""
        raise AssertionError(why)


def test_a_clerk_serves_real_cases(bureau: Bureau) -> None:
    """Evidence as a kiosk packs it goes, stripped of what is shielded; the answer ends as an edition at the post."""
    bureau.check(Shielded(frozenset({"SYR"}), True))
    bureau.hold(nist.pack(request(), nist.Agency("ALB", "BORDER")), Part.EVIDENCE)
    partner = Partner()
    journal = Journal(bureau.folder / "journal", HUB, lambda: (NOW, True))
    clerk = Clerk(
        partner=INTERPOL,
        terms=Terms(),
        exchange=partner,
        desk=bureau.desk,
        shelf=Shelf(bureau.folder / "state"),
        journal=journal,
        now=bureau.clock,
        chance=random.Random(1),
    )
    clerk.step()
    assert set(partner.sent) == {tcn()}
    assert not re.search(rb"\bSYR\b", partner.sent[tcn()])
    assert not bureau.tell()
    agency = nist.Agency("XPO", "INTERPOL")
    back = answer_transaction(result(1, 1), agency, nist.Agency("ALB", "BORDER"), NOW)
    partner.left.append(Incoming("answer.nist", nist.write(back, nist.Encoding.TRADITIONAL)))
    clerk.step()
    clerk.step()
    assert not partner.left
    ((device, answer),) = bureau.tell()
    assert (device, answer.decision, answer.edition) == (DEVICE, Decision.POSSIBLE_MATCH, 2)
    assert [each.reference for each in answer.candidates] == ["FRA/N1"]
    lines = b"".join(path.read_bytes() for path in (bureau.folder / "journal").glob("*.jsonl"))
    assert not re.search(rb"\bSYR\b", lines)


def asked_and_hit(bureau: Bureau, source: str = "FRA", person: Shielded | None = None) -> None:
    """A partner was asked and named one candidate."""
    bureau.check(person)
    bureau.desk.sent(FIRST, INTERPOL, NOW, ())
    bureau.desk.replied(INTERPOL, result(1, 1, 1, source), NOW)


def words(bureau: Bureau, partner: str = INTERPOL) -> list[tuple[str, str]]:
    """What is due to be told to a partner: of which of its messages, what."""
    return [(due.report.answer, due.report.outcome) for due in bureau.desk.outcomes(partner, 9)]


@pytest.mark.parametrize(("finding", "word"), [(Finding.CONFIRM, "confirmed"), (Finding.REFUTE, "refuted")])
def test_an_outcome_is_due_to_the_partner_whose_hit_it_is_until_it_has_it(
    bureau: Bureau, finding: Finding, word: str
) -> None:
    """Not after one of two people; not to another partner; once."""
    asked_and_hit(bureau)
    vote(bureau.book, FIRST, "FRA/N1", ONE, finding, "ears")
    assert not words(bureau)
    bureau.later(minutes=1)
    vote(bureau.book, FIRST, "FRA/N1", TWO, finding, "nose")
    assert words(bureau) == [(tcn(1, 900), word)]
    assert not words(bureau, "another")
    (due,) = bureau.desk.outcomes(INTERPOL, 9)
    assert due.report.at == bureau.now
    bureau.desk.reported(due, bureau.now)
    assert not words(bureau)
    assert [(each.outcome, each.withheld) for each in bureau.book.case(FIRST).reports] == [(word, "")]


def test_a_hit_of_the_own_gallery_is_nobodys_business(bureau: Bureau) -> None:
    """No partner gave it."""
    bureau.check(found=HIT)
    for person in (ONE, TWO):
        vote(bureau.book, FIRST, "CASE-1", person, Finding.CONFIRM, "ears")
    assert not words(bureau)


def test_who_was_told_of_a_match_is_told_that_it_is_disputed(bureau: Bureau) -> None:
    """A third person looked and does not agree."""
    asked_and_hit(bureau)
    for person in (ONE, TWO):
        vote(bureau.book, FIRST, "FRA/N1", person, Finding.CONFIRM, "ears")
    (due,) = bureau.desk.outcomes(INTERPOL, 9)
    bureau.desk.reported(due, NOW)
    vote(bureau.book, FIRST, "FRA/N1", Person("k9"), Finding.REFUTE, "a scar")
    assert words(bureau) == [(tcn(1, 900), "disputed")]


def test_a_partner_hears_of_every_turn_of_a_dispute_once(bureau: Bureau) -> None:
    """Confirmed, disputed, confirmed by further people: three reports under three names, and then no more."""
    asked_and_hit(bureau)
    bureau.roster = on_roster(*(f"n{number}" for number in range(5)))
    heard: list[tuple[str, str]] = []
    turns = [Finding.CONFIRM, Finding.CONFIRM, Finding.REFUTE, Finding.CONFIRM, Finding.CONFIRM]
    for number, finding in enumerate(turns):
        bureau.later(minutes=1)
        stands = vote(bureau.book, FIRST, "FRA/N1", Person(f"n{number}"), finding, "ears")
        for due in bureau.desk.outcomes(INTERPOL, 9):
            heard.append((due.report.outcome, due.report.name))
            bureau.desk.reported(due, bureau.now)
        assert not bureau.desk.outcomes(INTERPOL, 9)
    assert stands is Outcome.CONFIRMED
    assert [word for word, _ in heard] == ["confirmed", "disputed", "confirmed"]
    assert len({name for _, name in heard}) == len(heard)
    assert not bureau.store.errands.named("\toutcome", 9)
    assert "FRA/N1: match confirmed" in bureau.tell()[-1][1].note


def test_two_findings_that_came_at_once_are_told(bureau: Bureau) -> None:
    """Two hubs took one each and neither saw the other's; what both say together reaches the partner."""
    asked_and_hit(bureau)
    seen = bureau.book.case(FIRST)
    for officer in ("k7", "k8"):
        for errand in outcomes.owed(seen, "FRA/N1", officer):
            bureau.store.errands.put(FIRST, errand, NOW)
    assert not words(bureau)
    for officer in ("k7", "k8"):
        voted = signed(Voted(NOW, "FRA/N1", officer, Finding.CONFIRM, "ears"), FIRST)
        bureau.store.cases.add(FIRST, [(voted.name, encode(voted))], NOW)
    assert words(bureau) == [(tcn(1, 900), "confirmed")]


def test_that_two_people_disagree_is_told_to_nobody(bureau: Bureau) -> None:
    """Nothing was ever decided."""
    asked_and_hit(bureau)
    vote(bureau.book, FIRST, "FRA/N1", ONE, Finding.CONFIRM, "ears")
    vote(bureau.book, FIRST, "FRA/N1", TWO, Finding.REFUTE, "a scar")
    assert not words(bureau)


def test_an_outcome_noted_by_a_process_that_ended_before_the_finding_is_not_told(bureau: Bureau) -> None:
    """It waits, and is told once somebody has said it again."""
    asked_and_hit(bureau)
    vote(bureau.book, FIRST, "FRA/N1", ONE, Finding.CONFIRM, "ears")
    bureau.store.errands.put(FIRST, f"\toutcome\t{INTERPOL}\t{tcn(1, 900)}\tk8", NOW)
    assert not words(bureau)
    vote(bureau.book, FIRST, "FRA/N1", TWO, Finding.CONFIRM, "nose")
    assert words(bureau) == [(tcn(1, 900), "confirmed")]


def test_what_is_shielded_goes_with_an_outcome_to_the_gate(bureau: Bureau) -> None:
    """The gate must know whom it may reach; the report itself does not say."""
    asked_and_hit(bureau, person=Shielded(frozenset({"SYR"})))
    for person in (ONE, TWO):
        vote(bureau.book, FIRST, "FRA/N1", person, Finding.CONFIRM, "ears")
    (due,) = bureau.desk.outcomes(INTERPOL, 9)
    assert due.person is not None
    assert due.person.origins == {"SYR"}
    assert due.source == "FRA"
    assert "SYR" not in repr(due)


def test_the_legal_officers_queue_is_found_without_reading_every_case(bureau: Bureau) -> None:
    """One that cannot be read is not even opened, unless every case is asked for."""
    asked_and_hit(bureau, "SYR", Shielded(frozenset({"SYR"})))
    bureau.store.cases.add(tcn(2), [("torn", b"torn")], None)
    assert [case.tcn for case, _ in bureau.book.for_legal()] == [FIRST]
    with pytest.raises(BadBytes):
        bureau.book.for_legal(everywhere=True)


def test_a_hub_that_kept_no_queue_is_looked_through_on_demand(bureau: Bureau) -> None:
    """As an older one did not."""
    asked_and_hit(bureau, "SYR", Shielded(frozenset({"SYR"})))
    bureau.store.errands.done(FIRST, "\tlegal")
    assert not bureau.book.for_legal()
    assert [case.tcn for case, _ in bureau.book.for_legal(everywhere=True)] == [FIRST]


@pytest.mark.parametrize(
    "codes", [("AUT", "SYR"), ("SYR", "AUT"), ("syr",), (" SYR ",), ("", "AUT", "SYR")], ids="-".join
)
def test_a_country_of_origin_is_seen_wherever_it_stands_in_an_answer(
    bureau: Bureau, codes: tuple[str, ...]
) -> None:
    """Behind another owner, as who sent it, in other letters: the legal officer reads it first."""
    *owners, sender = codes
    bureau.check(Shielded(frozenset({"SYR"})))
    bureau.desk.sent(FIRST, INTERPOL, NOW, ())
    one = replace(candidate(1, "AUT"), numbers=tuple(Reference(each, "N1") for each in owners))
    bureau.desk.replied(INTERPOL, SearchResult(tcn(1, 900), FIRST, NOW, sender, "NPS", 1, one), NOW)
    assert [case.tcn for case, _ in bureau.book.for_legal()] == [FIRST]


def test_a_sealed_candidate_is_not_replaced_by_another_at_its_place(bureau: Bureau) -> None:
    """A partner that counts wrongly neither loses one nor shows a post what is sealed."""
    asked_and_hit(bureau, "SYR", Shielded(frozenset({"SYR"})))
    other = replace(candidate(1, "AUT"), verified=True)
    bureau.desk.replied(INTERPOL, SearchResult(tcn(1, 901), FIRST, NOW, "AUT", "NPS", 1, other), NOW)
    case = bureau.book.case(FIRST)
    assert [each.reference for each in case.possible] == ["AUT/N1", "SYR/N1"]
    assert [each.reference for each in route.sealed(case, Shielded(frozenset({"SYR"})))] == ["SYR/N1"]


def test_a_reference_that_one_of_two_partners_may_not_show_is_not_shown(bureau: Bureau) -> None:
    """Whoever else names it."""
    asked_and_hit(bureau, "AUT", Shielded(frozenset({"SYR"})))
    same = replace(candidate(2, "AUT"), numbers=(Reference("AUT", "N1"), Reference("SYR", "9")))
    bureau.desk.replied(INTERPOL, SearchResult(tcn(1, 901), FIRST, NOW, "AUT", "NPS", 2, same), NOW)
    case = bureau.book.case(FIRST)
    assert route.visible(case, Shielded(frozenset({"SYR"}))) == ()


@pytest.mark.parametrize(
    "by", [Person("k8"), Person("k8", signed=b"by k8"), Person("k9", signed=b"by k9", kiosk=DEVICE)]
)
def test_what_nobodys_key_signed_is_no_finding(bureau: Bureau, by: Person) -> None:
    """Neither a bare name, nor bytes that are no signature, though a kiosk stands beside them."""
    bureau.check(found=HIT)
    with pytest.raises(Refused, match="key"):
        bureau.book.vote(FIRST, "CASE-1", by, Finding.CONFIRM, "ears")
    assert bureau.book.case(FIRST).votes == ()


def test_a_key_that_is_revoked_or_somebody_elses_signs_no_finding(bureau: Bureau) -> None:
    """At the time of the decision two people are two ids and two keys."""
    bureau.check(found=HIT)
    stolen = signed(Voted(NOW, "CASE-1", "k8", Finding.CONFIRM, "ears"), FIRST, by="k7").signed
    with pytest.raises(Refused, match="key"):
        bureau.book.vote(FIRST, "CASE-1", Person("k8", signed=stolen), Finding.CONFIRM, "ears")
    gone = msgspec.structs.replace(ROSTER.officers[0], revoked=NOW)
    bureau.roster = ROSTER.with_officer(gone, NOW)
    with pytest.raises(Refused, match="key"):
        vote(bureau.book, FIRST, "CASE-1", ONE, Finding.CONFIRM, "ears")


def test_only_officers_whom_the_operation_names_decide_at_the_hub(tmp_path: Path) -> None:
    """Whatever their key."""
    named = Bureau(tmp_path, operation(officers=("k7",)))
    try:
        named.check(found=HIT)
        assert vote(named.book, FIRST, "CASE-1", ONE, Finding.CONFIRM, "ears") is Outcome.OPEN
        with pytest.raises(Refused, match="does not name this officer"):
            vote(named.book, FIRST, "CASE-1", TWO, Finding.CONFIRM, "ears")
    finally:
        named.store.close()


TIMED = operation(begins=NOW - timedelta(days=2), ends=NOW + timedelta(days=2))


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[Bureau]:
    """A hub whose operation ends two days after NOW."""
    made = Bureau(tmp_path, TIMED)
    yield made
    made.store.close()


def arrives(
    bureau: Bureau, captured: datetime, *, trusted: bool = True, counter: int = 1, **changed: object
) -> list[tuple[int, Answer]]:
    """A check of that moment, by the kiosk's clock, arrives now, with its pictures; what is told."""
    stamp = ClockStamp("boot-1", 1000, captured, trusted)
    asked = replace(request(counter), stamp=stamp, **changed)  # type: ignore[arg-type]
    number = asked.tcn
    bureau.hold(contents.encode(asked, reply_key(KIOSK, number)), Part.PROBE, counter)
    bureau.hold(b"a file", Part.EVIDENCE, counter)
    bureau.book.search(number, bureau.book.asked(number), Decision.NO_HIT, ())
    return bureau.tell(number)


@pytest.mark.parametrize(
    ("captured", "trusted", "came"),
    [
        (timedelta(days=2), True, timedelta(days=2, hours=1)),
        (timedelta(days=3), True, timedelta(days=4)),
        (timedelta(days=-2, seconds=-1), True, timedelta()),
        (timedelta(days=-9), False, timedelta(days=2, seconds=1)),
        (timedelta(days=1), False, timedelta(days=3)),
    ],
)
def test_what_was_not_captured_within_the_operations_time_goes_to_nobody(
    timed: Bureau, captured: timedelta, trusted: bool, came: timedelta
) -> None:
    """After its end, before it begins, or nobody can say: the post hears why, and its own answer; the journal has it."""
    timed.now = NOW + came
    ((device, answer),) = arrives(timed, NOW + captured, trusted=trusted)
    assert not timed.desk.due(INTERPOL, 8)
    assert (device, answer.decision) == (DEVICE, Decision.UNDECIDED)
    assert "no partner is asked" in answer.note
    assert [deed for deed, *_ in timed.deeds] == [Deed.KEPT_FROM]
    assert timed.book.evidence(FIRST) == b"a file"
    timed.later(days=1)
    assert not timed.tell()


@pytest.mark.parametrize(("came", "trusted"), [(timedelta(days=20), True), (timedelta(days=1), False)])
def test_what_was_captured_within_it_goes_though_it_comes_late(
    timed: Bureau, came: timedelta, trusted: bool
) -> None:
    """A backlog counts by when it was captured; a clock that nobody trusts, by when it came."""
    timed.now = NOW + came
    arrives(timed, NOW, trusted=trusted)
    assert [out.tcn for out in timed.desk.due(INTERPOL, 8)] == [FIRST]


def test_a_later_number_of_the_same_kiosk_proves_that_a_check_is_older(timed: Bureau) -> None:
    """The hub orders by device and number: what came before the end, or was captured before it by a trusted clock, was not the first."""
    timed.now = NOW + timedelta(days=3)
    arrives(timed, NOW, counter=5)
    arrives(timed, NOW - timedelta(days=90), trusted=False, counter=6)
    arrives(timed, NOW - timedelta(days=90), trusted=False, counter=4)
    assert {out.tcn for out in timed.desk.due(INTERPOL, 8)} == {tcn(4), tcn(5)}


@pytest.mark.parametrize("changed", [{"post": "Somewhere"}, {"operation": "OP-9"}])
def test_another_post_or_an_unknown_operation_goes_to_nobody(timed: Bureau, changed: dict[str, str]) -> None:
    """And what became of it is no secret: the post is told to ask the bureau."""
    ((_, answer),) = arrives(timed, NOW, **changed)
    assert not timed.desk.due(INTERPOL, 8)
    assert answer.decision is Decision.UNDECIDED
    assert re.search("has no part|ask the bureau", answer.note)


def test_a_kiosk_that_the_operation_does_not_name_is_not_searched_for(tmp_path: Path) -> None:
    """Though its post is one of it."""
    other = Bureau(tmp_path, operation(devices=(OTHER,)))
    try:
        arrives(other, NOW)
        assert not other.desk.due(INTERPOL, 8)
    finally:
        other.store.close()


def test_an_operation_that_the_hub_hears_of_later_sends_nothing_that_was_kept(timed: Bureau) -> None:
    """Nobody waits for a partner who was never asked."""
    arrives(timed, NOW, operation="OP-9")
    late = msgspec.structs.replace(TIMED, id="OP-9")
    (timed.folder / "operations" / "two.op").write_bytes(sign(late, HUB))
    assert not timed.desk.due(INTERPOL, 8)
    case = timed.book.case(FIRST)
    assert route.waiting(case, timed.book.known(case, timed.book.asked(FIRST)), NOW) == ()


def test_an_operation_that_was_cut_short_keeps_what_was_still_to_go(timed: Bureau) -> None:
    """The newest edition counts when a file is about to go, not only when the check came."""
    timed.now = NOW + timedelta(hours=2)
    arrives(timed, NOW + timedelta(hours=1))
    shorter = msgspec.structs.replace(TIMED, edition=2, ends=NOW)
    (timed.folder / "operations" / "two.op").write_bytes(sign(shorter, HUB))
    assert not timed.desk.due(INTERPOL, 8)
    ((_, answer),) = timed.tell()
    assert answer.decision is Decision.UNDECIDED
    assert "no partner is asked" in answer.note
