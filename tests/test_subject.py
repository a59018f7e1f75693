"""What people ask about themselves at the hub: nothing about others, erasure for good, nobody guesses."""

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from making import (
    DEVICE,
    HUB,
    KIOSK,
    NOW,
    ROSTER,
    enrolment,
    operation,
    public_file,
    reception,
    request,
    tcn,
    vote,
)

from hotspot_kiosk import contents, contents_enrolment, seal, slip, wire
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Entry, read
from hotspot_kiosk.decision import What
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.hub.cases import case_events
from hotspot_kiosk.hub.cases.case_events import Found
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.hub.law.retention import Purge
from hotspot_kiosk.hub.law.subject import GONE, Subjects, lines
from hotspot_kiosk.hub.law.tries import MOST_OF_ALL, MOST_OF_ONE, TRIES, Tries
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.reception.enrolment_case import (
    Alike,
    Compared,
    Enrolled,
    Requested,
    Said,
    Superseded,
)
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import PartKey, Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.operation import Operation, Rights, sign
from hotspot_kiosk.policy import Ended, Finding, Shielded
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.terms import Decision, Part, Tcn

FIRST = tcn()
NUMBER = slip.encounter(FIRST, reply_key(KIOSK, FIRST)).number
KIOSKS = {DEVICE: public_file(KIOSK, "Green line 4")}
K7, K8 = Person("k7", signed=b"by k7"), Person("k8", signed=b"by k8")
HIT = (Found("CASE-77", 1, 9.5, True, "FRA"),)
ART = Rights(controller="Bureau of Arcadia", ask_at="Main street 1")


class Bureau:
    """A hub's store with locks on every record, its cases, its purge, and what people may ask."""

    def __init__(self, raw: Store, folder: Path, rights: Rights = ART, more: Operation | None = None) -> None:
        self.now = NOW
        self.raw, self.folder = raw, folder
        self.store = guard(raw, self.clock)
        (folder / "operations").mkdir()
        (folder / "operations" / "one.op").write_bytes(sign(operation(datasets=(), rights=rights), HUB))
        if more is not None:
            (folder / "operations" / "more.op").write_bytes(sign(more, HUB))
        known = Operations(folder / "operations", HUB.public())
        self.journal = Journal(folder / "journal", HUB, lambda: (self.now, True))
        self.inbox = Inbox(self.store, HUB, KIOSKS, self.clock)
        self.book = Casebook(
            store=self.store,
            opener=self.inbox.open,
            operations=known,
            posts={DEVICE: "Green line 4"},
            now=self.clock,
            note=self.journal.write,
            roster=lambda: ROSTER,
        )
        self.purge = Purge(self.store, known, self.journal, folder / "journal" / "purging", self.clock)
        self.subjects = Subjects(
            store=self.store,
            book=self.book,
            opener=self.inbox.open,
            operations=known,
            purge=self.purge,
            tries=Tries(folder / "journal" / TRIES),
            note=self.journal.write,
            now=self.clock,
        )

    def clock(self) -> datetime:
        """The hub's time."""
        return self.now

    def envelope(self, part: Part, counter: int = 1, person: Shielded | None = None) -> bytes:
        """A part as the kiosk seals it."""
        number = tcn(counter)
        probe = contents.encode(request(counter), reply_key(KIOSK, number), person)
        content = probe if part is Part.PROBE else b"pictures of a person " * 40
        return seal.seal(content, number, part, HUB.public(), KIOSK)

    def check(self, found: tuple[Found, ...] = (), counter: int = 1, person: Shielded | None = None) -> None:
        """A person's probe came and was searched."""
        number = tcn(counter)
        key = PartKey(DEVICE, number, Part.PROBE)
        self.store.inbox.commit(key, self.envelope(Part.PROBE, counter, person), self.now)
        decision = Decision.POSSIBLE_MATCH if found else Decision.NO_HIT
        self.book.search(number, self.book.asked(number), decision, found)
        self.store.answers.put(DEVICE, number, b"sealed answer", self.now)

    def bring_enrolment(self, counter: int) -> None:
        """A reception's request came."""
        content = contents_enrolment.encode(enrolment(counter), reply_key(KIOSK, tcn(counter)))
        envelope = seal.seal(content, tcn(counter), Part.PROBE, HUB.public(), KIOSK)
        self.store.inbox.commit(PartKey(DEVICE, tcn(counter), Part.PROBE), envelope, self.now)

    def ask_enrolment(self, counter: int, *, compared: bool) -> None:
        """It was noted; somebody may look like them."""
        alike = [Compared(self.now, 1, (Alike(str(tcn(7)), 9.0, True),))] if compared else []
        asked = Requested(self.now, DEVICE, "Green line 4", "OP-2", "arrivals", self.now, True)
        self.book.step(tcn(counter), asked, *alike)

    def enrol(self, counter: int, whose: Tcn) -> None:
        """It stands in the gallery, as that person's next edition."""
        asked = Requested(self.now, DEVICE, "Green line 4", "OP-2", "arrivals", self.now, True)
        held = self.store.register.put(tcn(counter), "arrivals", whose, b"templates", self.now, None)
        assert held is not None
        self.book.step(tcn(counter), asked, Enrolled(self.now, whose, held.edition))

    def told(self, number: str = NUMBER) -> str:
        """The report, in both its forms."""
        report = self.subjects.access(number, K7)
        return "\n".join((*lines(report), msgspec.json.encode(report).decode()))

    def deeds(self) -> list[tuple[str, str, str, str]]:
        """What the journal says."""
        files = sorted((self.folder / "journal").glob("*.jsonl"))
        entries = [read(line) for path in files for line in path.read_bytes().splitlines()]
        return [(str(e.what), e.who, e.about, e.ground) for e in entries if isinstance(e, Entry)]


@pytest.fixture(params=["sqlite", "postgres"])
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each variant."""
    store = (
        store_postgres.build(store_postgres.Options(dsn=request.getfixturevalue("schema")))
        if request.param == "postgres"
        else store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db"))
    )
    yield store
    store.close()


@pytest.fixture
def bureau(raw: Store, tmp_path: Path) -> Bureau:
    """A bureau under an operation that withholds nothing."""
    return Bureau(raw, tmp_path)


def test_a_person_is_told_what_is_held(bureau: Bureau) -> None:
    """What, why, on what ground, where, since when, what was done with it, until when."""
    bureau.check()
    told = bureau.told()
    for words in ("OP-1", "second line checks", "the act", "Green line 4", "Bureau of Arcadia"):
        assert words in told
    for words in ("your face", "your right index", "features of them", "no hit", "2026-11-24 12:00 UTC"):
        assert words in told
    assert ("data subject answered", "officer:k7", FIRST, "access") in bureau.deeds()


def test_nothing_about_others_is_told(bureau: Bureau) -> None:
    """Of a possible match neither reference nor its source; of those who looked neither id nor words."""
    bureau.check(HIT)
    vote(bureau.book, FIRST, "CASE-77", K8, Finding.REFUTE, "a scar on the left")
    told = bureau.told()
    assert "an officer compared the pictures" in told
    assert "possible match, verify" in told
    for secret in ("CASE-77", "FRA", "k8", "scar", "9.5"):
        assert secret not in told


def test_what_is_sealed_to_the_legal_officer_leaves_no_trace(bureau: Bureau) -> None:
    """A hit by the country of origin is told as the post hears it: no answer yet, kept as long as anything."""
    bureau.check((Found("CASE-77", 1, 9.5, True, "SYR"),), person=Shielded(frozenset({"SYR"})))
    told = bureau.told()
    assert "no answer yet" in told
    for secret in ("possible", "SYR", "sealed to", "legal officer decides"):
        assert secret not in told
    assert bureau.subjects.access(NUMBER, K7).kept_until == NOW + timedelta(days=30)


def test_a_silent_law_answers_everybody_alike(raw: Store, tmp_path: Path) -> None:
    """With a hit and without one the report differs in nothing but number and times."""
    bureau = Bureau(raw, tmp_path, Rights(withhold="act 9, s. 3", say_withheld=False))
    bureau.check()
    bureau.check(HIT, counter=2)
    other = slip.encounter(tcn(2), reply_key(KIOSK, tcn(2))).number
    without, hit = bureau.subjects.access(NUMBER, K7), bureau.subjects.access(other, K7)
    bare = {"number": "", "holds": ()}
    assert msgspec.structs.replace(without, **bare) == msgspec.structs.replace(hit, **bare)
    assert len(without.holds) == len(hit.holds)
    assert "neither confirmed nor denied" in without.withheld


def test_a_law_that_lets_it_be_said_says_it_of_hits_only(raw: Store, tmp_path: Path) -> None:
    """What is withheld is said to be, with the law; who has no hit is told so."""
    bureau = Bureau(raw, tmp_path, Rights(withhold="act 9, s. 3"))
    bureau.check()
    bureau.check(HIT, counter=2)
    other = slip.encounter(tcn(2), reply_key(KIOSK, tcn(2))).number
    assert "no hit" in bureau.told()
    report = bureau.subjects.access(other, K7)
    assert (report.result, "withheld under act 9, s. 3" in report.withheld) == ("", True)


def test_erased_is_erased(bureau: Bureau) -> None:
    """No part, answer, case or key is left, and the key was destroyed; the journal has the receipt."""
    bureau.check()
    probe = bureau.store.inbox.envelope(PartKey(DEVICE, FIRST, Part.PROBE))
    assert probe
    assert bureau.subjects.erase(NUMBER, K7) == GONE
    assert not bureau.store.inbox.envelope(PartKey(DEVICE, FIRST, Part.PROBE))
    assert bureau.store.answers.get(DEVICE, FIRST) is None
    assert bureau.store.keys.held() == []
    assert len(bureau.store.cases.events(FIRST)) == 1
    assert [deed for deed in bureau.deeds() if deed[2] == FIRST][-2:] == [
        ("data subject answered", "officer:k7", FIRST, "erasure"),
        ("purged", "hub", FIRST, f"{Ended.ERASED}, due 2026-11-23T12:00Z"),
    ]


def test_asked_again_it_is_said_again(bureau: Bureau) -> None:
    """The number still proves itself; one receipt stays one."""
    bureau.check()
    for _ in range(3):
        assert bureau.subjects.erase(NUMBER, K7) == GONE
    assert GONE in bureau.told()
    assert sum(deed[0] == "purged" for deed in bureau.deeds()) == 1
    grounds = [deed[3] for deed in bureau.deeds() if deed[0] == "data subject answered"]
    assert grounds == ["erasure", *["erasure asked again, nothing is held"] * 2, "access"]
    assert bureau.store.keys.held() == []


def test_what_an_officer_signed_who_told_or_erased_is_kept(bureau: Bureau) -> None:
    """In the case as long as there is one; the order to erase outlives it, and names nobody but who gave it."""
    bureau.check(HIT)
    bureau.subjects.access(NUMBER, K7)
    with pytest.raises(Refused, match="still compare"):
        bureau.subjects.erase(NUMBER, K8)
    kept = [(each.who, each.what, each.signed) for each in bureau.book.case(FIRST).consulted]
    assert kept == [("officer:k7", What.TELL, b"by k7"), ("officer:k8", What.ERASE, b"by k8")]
    for by in (K7, K8):
        vote(bureau.book, FIRST, "CASE-77", by, Finding.REFUTE, "ears")
    assert "you were told what is held" in bureau.told()
    assert "you asked to have it erased; it was still needed" in bureau.told()
    assert bureau.subjects.erase(NUMBER, K8) == GONE
    purged = bureau.book.case(FIRST).purged
    assert purged is not None
    assert purged.signed == b"by k8"


def test_the_order_to_erase_outlives_a_run_that_was_cut_off(bureau: Bureau) -> None:
    """As the person's number does."""
    bureau.check()
    mark = slip.read(NUMBER).kept
    event = case_events.Purged(NOW, Ended.ERASED, NOW, mark, b"by k8")
    bureau.raw.tally.close(FIRST, (event.name, b"\0" + case_events.encode(event)), {}, NOW)
    assert bureau.purge.run() == 1
    purged = bureau.book.case(FIRST).purged
    assert purged is not None
    assert (purged.slip, purged.signed) == (mark, b"by k8")


def test_a_late_hit_is_kept_no_longer_than_the_slip_says(bureau: Bureau) -> None:
    """Nor does a hit that comes again and again: the person was told how long it is at most."""
    bureau.check(HIT)
    promised = NOW + timedelta(days=30)
    for day in (2, 20, 29):
        late = case_events.Replied(NOW + timedelta(days=day), "P", str(tcn(900 + day)), "FRA", 1, 1, "FRA/N1")
        bureau.store.cases.add(FIRST, [(late.name, case_events.encode(late))], None)
    bureau.now = promised - timedelta(seconds=1)
    assert bureau.subjects.access(NUMBER, K7).kept_until == promised
    assert bureau.purge.run() == 0
    bureau.now = promised
    assert bureau.purge.run() == 1


def test_an_erasure_that_was_cut_off_is_finished(bureau: Bureau) -> None:
    """The power went after what was held was dropped, before the key was: the next run destroys it."""
    bureau.check()
    mark = slip.read(NUMBER).kept
    event = case_events.Purged(NOW, Ended.ERASED, NOW, mark)
    bureau.raw.tally.close(FIRST, (event.name, b"\0" + case_events.encode(event)), {}, NOW)
    assert bureau.store.keys.held()
    assert bureau.subjects.erase(NUMBER, K7) == GONE
    assert bureau.store.keys.held() == []
    assert GONE in bureau.told()


@pytest.mark.parametrize("votes", [0, 1, 2])
def test_what_the_law_still_needs_is_not_erased(bureau: Bureau, votes: int) -> None:
    """While people compare, and once they confirmed: refused with the reason and the last day."""
    bureau.check(HIT)
    for by in (K7, K8)[:votes]:
        vote(bureau.book, FIRST, "CASE-77", by, Finding.CONFIRM, "ears")
    why = "kept as evidence" if votes == 2 else "people still compare"
    with pytest.raises(Refused, match=f"{why}.*2026-12-23 12:00 UTC at the latest"):
        bureau.subjects.erase(NUMBER, K7)
    assert bureau.store.keys.held()
    assert any("erasure refused" in deed[3] for deed in bureau.deeds())


def test_a_refuted_match_holds_nothing_up(bureau: Bureau) -> None:
    """Two people said that it is somebody else."""
    bureau.check(HIT)
    for by in (K7, K8):
        vote(bureau.book, FIRST, "CASE-77", by, Finding.REFUTE, "ears")
    assert bureau.subjects.erase(NUMBER, K7) == GONE


def test_what_waits_for_the_legal_officer_is_not_erased(bureau: Bureau) -> None:
    """And the refusal does not say so."""
    bureau.check((Found("CASE-77", 1, 9.5, True, "SYR"),), person=Shielded(frozenset({"SYR"})))
    with pytest.raises(Refused, match="it is not finished") as refused:
        bureau.subjects.erase(NUMBER, K7)
    assert "legal" not in str(refused.value)


@pytest.mark.parametrize("whole", [True, False])
def test_what_comes_after_an_erasure_is_not_kept(bureau: Bureau, whole: bool) -> None:
    """Late evidence and a repeated probe get their receipts, so that the kiosk erases them; nothing is stored."""
    bureau.check()
    bureau.subjects.erase(NUMBER, K7)
    envelope = bureau.envelope(Part.EVIDENCE)
    digest = hashlib.sha256(envelope).digest()
    late: wire.Up = (
        wire.Chunk(FIRST, Part.EVIDENCE, len(envelope), 0, envelope)
        if whole
        else wire.Offer(FIRST, Part.EVIDENCE, len(envelope), digest)
    )
    for _ in range(2):
        replies = bureau.inbox.take(DEVICE, late).replies
        assert [type(each) for each in replies] == [wire.Receipt]
        assert isinstance(replies[0], wire.Receipt)
        wire.verify_receipt(replies[0], HUB.public())
        assert replies[0].digest == digest
    assert not bureau.raw.inbox.envelope(PartKey(DEVICE, FIRST, Part.EVIDENCE))
    assert bureau.store.keys.held() == []


@pytest.mark.parametrize("wrong", ["another record", "no such record", "nothing came yet"])
def test_a_wrong_number_and_an_unknown_one_sound_alike(bureau: Bureau, wrong: str) -> None:
    """Whether a record exists cannot be asked by guessing."""
    if wrong != "nothing came yet":
        bureau.check()
    secret = slip.encounter(FIRST, reply_key(KIOSK, tcn(2))).secret
    shown = {
        "another record": slip.Encounter(FIRST, secret).number,
        "no such record": slip.encounter(tcn(9), reply_key(KIOSK, tcn(9))).number,
        "nothing came yet": NUMBER,
    }[wrong]
    for ask in (bureau.subjects.access, bureau.subjects.erase):
        with pytest.raises(Refused, match="nothing is held under this number; a record"):
            ask(shown, K7)


def test_who_guesses_is_stopped(bureau: Bureau) -> None:
    """At one record after a few, even with the right number then; an hour later it goes on."""
    bureau.check()
    wrong = slip.Encounter(FIRST, os.urandom(10)).number
    for _ in range(MOST_OF_ONE):
        with pytest.raises(Refused, match="nothing is held"):
            bureau.subjects.access(wrong, K7)
    with pytest.raises(Refused, match="wait an hour"):
        bureau.subjects.access(NUMBER, K8)
    bureau.now += timedelta(hours=1)
    assert bureau.told()


def test_who_guesses_over_many_records_is_stopped(bureau: Bureau) -> None:
    """However many records, and however often the command is started."""
    for counter in range(1, MOST_OF_ALL + 1):
        with pytest.raises(Refused, match="nothing is held"):
            bureau.subjects.access(slip.Encounter(tcn(counter), bytes(10)).number, K7)
    fresh = Tries(bureau.folder / "journal" / TRIES)
    with pytest.raises(Refused, match="wait an hour"):
        fresh.begin(tcn(500), NOW)


def test_right_numbers_stop_nobody(bureau: Bureau) -> None:
    """A busy day at the counter."""
    bureau.check()
    for _ in range(2 * MOST_OF_ALL):
        bureau.subjects.access(NUMBER, K7)


def test_a_damaged_count_stops_everybody_for_its_hour(bureau: Bureau) -> None:
    """It does not open the door."""
    bureau.check()
    (bureau.folder / "journal" / TRIES).write_bytes(b"[[")
    bureau.now = datetime.fromtimestamp(time.time(), UTC)
    with pytest.raises(Refused, match="wait an hour"):
        bureau.subjects.access(NUMBER, K7)


def test_a_misread_number_counts_as_no_guess(bureau: Bureau) -> None:
    """Its check characters tell before anything is looked up."""
    bureau.check()
    for _ in range(2 * MOST_OF_ALL):
        with pytest.raises(BadBytes):
            bureau.subjects.access(NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"), K7)
    assert bureau.told()


def test_nobody_asks_without_a_name(bureau: Bureau) -> None:
    """The journal must be able to say who."""
    bureau.check()
    with pytest.raises(Refused, match="sign in first"):
        bureau.subjects.access(NUMBER, Person(""))


def test_a_purged_record_cannot_be_asked_about(bureau: Bureau) -> None:
    """Its time was over: nothing is left that could prove the number."""
    bureau.check()
    bureau.now += timedelta(days=2)
    assert bureau.purge.run() == 1
    with pytest.raises(Refused, match="nothing is held"):
        bureau.subjects.access(NUMBER, K7)


def test_who_asks_to_be_enrolled_is_told_how_that_stands(bureau: Bureau) -> None:
    """In words, with nothing of a search in them."""
    bureau.bring_enrolment(1)
    assert "no answer yet" in bureau.told()
    bureau.enrol(1, FIRST)
    assert "enrolled" in bureau.told()
    assert "no hit" not in bureau.told()


WITHHELD = (ART, Rights(withhold="act 9, s. 3"), Rights(withhold="act 9, s. 3", say_withheld=False))


@pytest.mark.parametrize("rights", WITHHELD)
@pytest.mark.parametrize("stage", ["nothing noted", "compared", "enrolled", "superseded"])
def test_how_long_an_enrolment_is_kept_does_not_move_when_it_is_asked(
    raw: Store, tmp_path: Path, rights: Rights, stage: str
) -> None:
    """Whatever the law lets be told, and however often: the day is counted from what happened; and it is gone by then."""
    bureau = Bureau(raw, tmp_path, rights, reception(rights=rights))
    bureau.bring_enrolment(1)
    if stage != "nothing noted":
        bureau.ask_enrolment(1, compared=stage == "compared")
    bureau.now += timedelta(days=3)
    if stage in ("enrolled", "superseded"):
        bureau.enrol(1, FIRST)
    if stage == "superseded":
        bureau.now += timedelta(days=2)
        bureau.book.step(FIRST, Superseded(bureau.now, tcn(2)))
    asked = []
    for _ in range(3):
        bureau.now += timedelta(days=1)
        asked.append(bureau.subjects.access(NUMBER, K7).kept_until)
    assert len(set(asked)) == 1
    assert asked[0] == NOW + timedelta(days=365)
    bureau.now = asked[0]
    assert bureau.purge.run() >= 1
    with pytest.raises(Refused, match="nothing is held"):
        bureau.subjects.access(NUMBER, K7)


@pytest.mark.parametrize("rights", WITHHELD)
def test_a_person_is_told_what_was_done_with_their_enrolment(
    raw: Store, tmp_path: Path, rights: Rights
) -> None:
    """Each step with its time, nobody else's identity or words; whether somebody looked alike only where that may be told."""
    bureau = Bureau(raw, tmp_path, rights, reception(rights=rights))
    bureau.bring_enrolment(1)
    bureau.ask_enrolment(1, compared=True)
    said = Said(bureau.now, 1, "k8", str(tcn(7)), "a scar on the left", b"by k8")
    bureau.book.step(FIRST, said)
    bureau.enrol(1, FIRST)
    bureau.book.step(FIRST, Superseded(bureau.now, tcn(2)))
    told = bureau.told()
    for words in ("your wish to be enrolled arrived", "  enrolled", "you were enrolled anew"):
        assert words in told
    for words in ("an officer must look", "an officer compared the pictures"):
        assert (words in told) is (rights is ART)
    for secret in ("k8", "scar", str(tcn(7)), str(tcn(2))):
        assert secret not in told


@pytest.mark.parametrize("counter", [1, 2])
def test_a_person_who_was_enrolled_twice_is_erased_as_a_whole(bureau: Bureau, counter: int) -> None:
    """By whichever of their slips, all editions, with what came with them; nobody else's; the number is known as erased."""
    for each, whose in ((1, FIRST), (2, FIRST), (3, tcn(3))):
        bureau.bring_enrolment(each)
        bureau.enrol(each, whose)
    number = slip.encounter(tcn(counter), reply_key(KIOSK, tcn(counter))).number
    assert bureau.subjects.erase(number, K7) == GONE
    assert [row.tcn for row in bureau.store.register.held("arrivals")] == [tcn(3)]
    for each in (1, 2):
        assert not bureau.store.inbox.envelope(PartKey(DEVICE, tcn(each), Part.PROBE))
        assert bureau.book.case(tcn(each)).purged is not None
    assert bureau.store.inbox.envelope(PartKey(DEVICE, tcn(3), Part.PROBE))
    assert bureau.subjects.access(number, K7).note == GONE
    assert ("data subject answered", "officer:k7", tcn(counter), "erasure") in bureau.deeds()
