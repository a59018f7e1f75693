"""Enrolment at the hub, over every store: the check for duplicates, people's word, redelivery, cuts, the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from making import (
    DEVICE,
    HUB,
    KIOSK,
    NOW,
    enrolment,
    face_capture,
    operation,
    public_file,
    reception,
    request,
    tcn,
)

from hotspot_kiosk import contents, contents_enrolment, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.finger import FingerComparator
from hotspot_kiosk.compare.port import Calibration, Thresholds
from hotspot_kiosk.errors import Refused, SealError, StorageAway
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.hub.cases.telling import Teller
from hotspot_kiosk.hub.law.retention import Purge
from hotspot_kiosk.hub.link.inbox import Inbox
from hotspot_kiosk.hub.match.gallery import Gallery
from hotspot_kiosk.hub.match.identify import Identifier
from hotspot_kiosk.hub.match.searching import Searcher
from hotspot_kiosk.hub.operations import Operations
from hotspot_kiosk.hub.reception.enrolment_case import Requested, Superseded, Wish, wish
from hotspot_kiosk.hub.reception.reception import Desk, Reception
from hotspot_kiosk.hub.reception.register import Register
from hotspot_kiosk.hub.storage import store_postgres, store_sqlite
from hotspot_kiosk.hub.storage.store import GalleryEntry, Held, PartKey, Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.officers import Officer, Role, Roster
from hotspot_kiosk.operation import Confirmation, Operation, Retention, sign
from hotspot_kiosk.policy import Settled
from hotspot_kiosk.seal_answer import open_answer, reply_key
from hotspot_kiosk.terms import (
    AnyAnswer,
    Capture,
    Decision,
    EnrolmentAnswer,
    EnrolmentDecision,
    EnrolmentType,
    Part,
    Tcn,
)

KIOSKS = {DEVICE: public_file(KIOSK, "Green line 4")}
FACE = Calibration(slope=10, offset=5, limit=6, source="made up: the same face says 5, another at most -6")
IDENTIFIER = Identifier(FaceComparator(FACE), FingerComparator(), Thresholds(4, 3), 5)
ONE, TWO, THREE = Person("k7"), Person("k8"), Person("k9")
ENROLLED, OFFICER, TURNED = (
    EnrolmentDecision.ENROLLED,
    EnrolmentDecision.OFFICER,
    EnrolmentDecision.NOT_ENROLLED,
)
ASYLUM = reception()
SHORT = reception(retention=Retention(enrolled_days=10, superseded_days=2, unanswered_days=5, no_hit_hours=3))


ROSTER = Roster(
    edition=1,
    made=NOW,
    officers=tuple(Officer(id=name, roles=(Role.OFFICER,)) for name in ("k7", "k8", "k9")),
)


class Bureau:
    """A hub's lane of enrolments, its clock and what was journaled."""

    def __init__(self, folder: Path, build: Callable[[], Store], *signed: Operation) -> None:
        self.now, self.roster = NOW, ROSTER
        self.deeds: list[tuple[Deed, str, str, str]] = []
        self.store = guard(build(), self.clock)
        (folder / "operations").mkdir()
        for each in signed:
            (folder / "operations" / f"{each.id}.op").write_bytes(sign(each, HUB))
        self.operations = Operations(folder / "operations", HUB.public())
        self.folder = folder
        self.restart()

    def restart(self, store: Store | None = None) -> None:
        """Another process of the hub takes over; with a store, one that is not as it should be."""
        used = store or self.store
        self.book = Casebook(
            store=used,
            opener=Inbox(used, HUB, KIOSKS, self.clock).open,
            operations=self.operations,
            posts={},
            now=self.clock,
            note=lambda *deed: self.deeds.append(deed),
        )
        self.reception = Reception(used.register, IDENTIFIER, self.book, lambda: self.roster)
        self.desk = Desk(used.register, self.book)
        self.searcher = Searcher(Gallery(used.gallery), IDENTIFIER, self.book)
        self.teller = Teller(used.answers, self.book, HUB, lambda device: KIOSKS[device].keys(), self.clock)

    def clock(self) -> datetime:
        """The hub's time."""
        return self.now

    def bring(self, content: bytes, counter: int) -> bytes:
        """A request is held, and nothing is done with it yet; its envelope."""
        number = tcn(counter)
        envelope = seal.seal(content, number, Part.PROBE, HUB.public(), KIOSK)
        self.store.inbox.commit(PartKey(DEVICE, number, Part.PROBE), envelope, self.now)
        return envelope

    def ask(self, counter: int, person: int, **changed: object) -> AnyAnswer | None:
        """Somebody is to be enrolled; what their kiosk hears."""
        self.bring(wanted(counter, person, **changed), counter)
        return self.go_on(counter)

    def go_on(self, counter: int) -> AnyAnswer | None:
        """What a hub does that finds this request unanswered; what its kiosk hears, if that is new."""
        number = tcn(counter)
        envelope = self.store.inbox.envelope(PartKey(DEVICE, number, Part.PROBE)) or b""
        content = seal.open_envelope(envelope, KIOSK.public(), HUB)
        digest = hashlib.sha256(envelope).digest()
        asked = self.reception.take(number, digest, content) or self.searcher.search(number, digest, content)
        return self.heard(self.teller.tell(number, asked), digest)

    def look(self, counter: int) -> AnyAnswer | None:
        """A hub looks at a case that is due; what its kiosk hears, if that is new."""
        number = tcn(counter)
        self.reception.settle(number)
        envelope = self.store.inbox.envelope(PartKey(DEVICE, number, Part.PROBE)) or b""
        return self.heard(self.teller.tell(number), hashlib.sha256(envelope).digest())

    def heard(self, messages: tuple[tuple[int, object], ...], digest: bytes) -> AnyAnswer | None:
        """What the kiosk opens with its keys."""
        assert all(device == DEVICE for device, _ in messages)
        for _, message in messages:
            number, envelope = Tcn(message.tcn), message.envelope  # type: ignore[attr-defined]
            plain = open_answer(envelope, number, digest, HUB.public(), KIOSK)
            return contents_enrolment.decode_answer(plain)
        return None

    def wish(self, counter: int) -> Wish:
        """An enrolment as it stands."""
        return wish(self.book.case(tcn(counter)))

    def people(self, gallery: str = "national") -> set[str]:
        """Who is found in the gallery that a search for duplicates looks through."""
        return {each.name for each in Register(self.store.register, gallery).references()[0].people}

    def rows(self) -> list[tuple[Tcn, Tcn, int]]:
        """What stands in the gallery: encounter, identity, edition."""
        return [(row.tcn, row.identity, row.edition) for row in self.store.register.held("national")]

    def journaled(self, what: Deed) -> int:
        """How many lines say this."""
        return sum(1 for deed in self.deeds if deed[0] is what)

    def purge(self) -> int:
        """Let what is due go."""
        journal = Journal(self.folder / "journal", HUB, lambda: (self.now, True))
        return Purge(self.store, self.operations, journal, self.folder / "lock", self.clock).run()


def wanted(counter: int, person: int, **changed: object) -> bytes:
    """A request to enrol somebody with this face."""
    faces: tuple[Capture, ...] = (face_capture(person),)
    asked = enrolment(counter, **{"captures": faces, **changed})
    return contents_enrolment.encode(asked, reply_key(KIOSK, tcn(counter)))


def said(answer: AnyAnswer | None) -> EnrolmentDecision:
    """What a kiosk heard of an enrolment."""
    assert isinstance(answer, EnrolmentAnswer)
    return answer.decision


@pytest.fixture(params=["sqlite", "postgres"])
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens one and the same store of each variant."""
    opened: list[Store] = []
    dsn = request.getfixturevalue("schema") if request.param == "postgres" else ""

    def made() -> Store:
        if dsn:
            opened.append(store_postgres.build(store_postgres.Options(dsn=dsn)))
        else:
            opened.append(store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db")))
        return opened[-1]

    yield made
    for store in opened:
        store.close()


@pytest.fixture
def bureau(tmp_path: Path, build: Callable[[], Store]) -> Bureau:
    """A hub that knows a reception and an operation of checks."""
    return Bureau(tmp_path, build, ASYLUM, operation())


def test_somebody_new_is_enrolled_at_once(bureau: Bureau) -> None:
    """An identity of their own, its journal's lines, the retention's end."""
    assert said(bureau.ask(1, 1)) is ENROLLED
    assert said(bureau.ask(2, 2)) is ENROLLED
    assert bureau.rows() == [(tcn(1), tcn(1), 1), (tcn(2), tcn(2), 1)]
    assert bureau.people() == {tcn(1), tcn(2)}
    assert (bureau.journaled(Deed.ENROLMENT_ASKED), bureau.journaled(Deed.ENROLLED)) == (2, 2)


def test_what_stands_in_the_gallery_is_locked(bureau: Bureau, build: Callable[[], Store]) -> None:
    """Without its record's key it is noise; with another's it does not open."""
    bureau.ask(1, 1)
    held, plain = build().register.templates(tcn(1)), bureau.store.register.templates(tcn(1))
    assert plain is not None
    assert held is not None
    assert contents.decode_templates(plain)
    assert plain not in held
    bureau.store.keys.destroy(tcn(1), "a note")
    with pytest.raises(SealError):
        guard(build(), bureau.clock).register.templates(tcn(1))


def test_a_possible_duplicate_waits_for_people(bureau: Bureau) -> None:
    """Neither merged nor dropped; the kiosk hears so, and no reference."""
    bureau.ask(1, 1)
    answer = bureau.ask(2, 1)
    assert said(answer) is OFFICER
    assert tcn(1) not in str(answer)
    assert bureau.rows() == [(tcn(1), tcn(1), 1)]
    compared = bureau.wish(2).compared
    assert compared is not None
    assert [each.identity for each in compared.found] == [tcn(1)]
    assert bureau.look(2) is None
    assert bureau.journaled(Deed.DUPLICATE) == 1


def test_two_people_find_the_same_person(bureau: Bureau) -> None:
    """One is not enough; then the new samples are the next edition, and the old ones stay."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    assert bureau.desk.say(tcn(2), ONE, tcn(1), "the ears") is None
    assert bureau.look(2) is None
    assert bureau.desk.say(tcn(2), TWO, tcn(1), "the chin") == Settled(tcn(1))
    assert said(bureau.look(2)) is ENROLLED
    assert bureau.rows() == [(tcn(1), tcn(1), 1), (tcn(2), tcn(1), 2)]
    assert bureau.people() == {tcn(1)}
    assert bureau.wish(1).superseded == Superseded(NOW, tcn(2))
    assert (bureau.journaled(Deed.SAME_PERSON), bureau.journaled(Deed.ENROLLED)) == (2, 2)


def test_two_people_find_another_person(bureau: Bureau) -> None:
    """Enrolled as somebody new, and whoever comes next with that face resembles both."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    bureau.desk.say(tcn(2), ONE, None, "the ears")
    assert bureau.desk.say(tcn(2), TWO, None, "a scar") == Settled(None)
    assert said(bureau.look(2)) is ENROLLED
    assert bureau.rows() == [(tcn(1), tcn(1), 1), (tcn(2), tcn(2), 1)]
    bureau.ask(3, 1)
    compared = bureau.wish(3).compared
    assert compared is not None
    assert {each.identity for each in compared.found} == {tcn(1), tcn(2)}


def test_people_who_disagree_need_a_third(bureau: Bureau) -> None:
    """Nothing happens until more say the one than the other."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    bureau.desk.say(tcn(2), ONE, tcn(1), "the ears")
    assert bureau.desk.say(tcn(2), TWO, None, "the chin") is None
    assert bureau.look(2) is None
    assert bureau.desk.say(tcn(2), THREE, tcn(1), "a scar") == Settled(tcn(1))
    assert said(bureau.look(2)) is ENROLLED


def test_one_person_decides_only_where_a_law_allows_it(tmp_path: Path, build: Callable[[], Store]) -> None:
    """The operation says which."""
    alone = reception(confirmation=Confirmation(people=1, law="the act, article 7"))
    bureau = Bureau(tmp_path, build, alone)
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    assert bureau.desk.say(tcn(2), ONE, tcn(1), "the ears") == Settled(tcn(1))


@pytest.mark.parametrize(
    ("who", "same_as", "reason", "why"),
    [
        (ONE, tcn(1), "the chin", "another person"),
        (TWO, tcn(9), "the chin", "no such person"),
        (TWO, tcn(1), " ", "what you compared"),
        (Person(""), None, "the chin", "sign in"),
    ],
)
def test_what_nobody_may_say(bureau: Bureau, who: Person, same_as: Tcn | None, reason: str, why: str) -> None:
    """Twice, of somebody who was not found, without a reason or a name."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    bureau.desk.say(tcn(2), ONE, tcn(1), "the ears")
    with pytest.raises(Refused, match=why):
        bureau.desk.say(tcn(2), who, same_as, reason)


@pytest.mark.parametrize("counter", [1, 7])
def test_nothing_is_said_where_nothing_is_open(bureau: Bureau, counter: int) -> None:
    """Of one that is enrolled, of one that is not known."""
    bureau.ask(1, 1)
    with pytest.raises(Refused):
        bureau.desk.say(tcn(counter), ONE, None, "the ears")


def test_somebody_who_came_meanwhile_is_looked_at_too(bureau: Bureau) -> None:
    """While people decided that it is nobody of those found, the same face was enrolled under another number."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    bureau.ask(3, 1)
    for officer in (ONE, TWO):
        bureau.desk.say(tcn(2), officer, None, "the ears")
    assert said(bureau.look(2)) is ENROLLED
    for officer in (ONE, TWO):
        bureau.desk.say(tcn(3), officer, None, "the ears")
    assert bureau.look(3) is None
    compared = bureau.wish(3).compared
    assert compared is not None
    assert (compared.turn, [each.identity for each in compared.found]) == (2, [tcn(2)])
    for officer in (ONE, TWO):
        bureau.desk.say(tcn(3), officer, tcn(2), "a scar")
    assert said(bureau.look(3)) is ENROLLED
    assert bureau.rows()[1:] == [(tcn(2), tcn(2), 1), (tcn(3), tcn(2), 2)]


def test_an_officer_who_asks_to_enrol_somebody_anew_has_looked(bureau: Bureau) -> None:
    """Their word counts as one of two where the comparison finds the same person."""
    bureau.ask(1, 1)
    assert said(bureau.ask(2, 1, renews=tcn(1), officer="k7")) is OFFICER
    with pytest.raises(Refused, match="another person"):
        bureau.desk.say(tcn(2), ONE, tcn(1), "the ears")
    assert bureau.desk.say(tcn(2), TWO, tcn(1), "the chin") == Settled(tcn(1))
    assert said(bureau.look(2)) is ENROLLED
    assert bureau.rows()[1] == (tcn(2), tcn(1), 2)


@pytest.mark.parametrize("roles", [(), (Role.MAINTAINER,)])
def test_an_officer_whom_the_roster_does_not_know_has_said_nothing(
    bureau: Bureau, roles: tuple[Role, ...]
) -> None:
    """A kiosk names them: two other people look, and the one named may still be one of them."""
    people = (Officer(id="k7", roles=roles),) if roles else ()
    bureau.roster = Roster(edition=2, made=NOW, officers=people)
    bureau.ask(1, 1)
    assert said(bureau.ask(2, 1, renews=tcn(1), officer="k7")) is OFFICER
    assert bureau.wish(2).words == ()
    assert bureau.desk.say(tcn(2), ONE, tcn(1), "the ears") is None
    assert bureau.desk.say(tcn(2), TWO, tcn(1), "the chin") == Settled(tcn(1))


def test_an_officers_word_alone_is_enough_where_a_law_says_so(
    tmp_path: Path, build: Callable[[], Store]
) -> None:
    """Enrolled anew while the person still stands there."""
    bureau = Bureau(tmp_path, build, reception(confirmation=Confirmation(people=1, law="the act")))
    bureau.ask(1, 1)
    assert said(bureau.ask(2, 1, renews=tcn(1), officer="k7")) is ENROLLED
    assert bureau.rows()[1] == (tcn(2), tcn(1), 2)
    assert bureau.journaled(Deed.SAME_PERSON) == 1


def test_an_officer_who_names_somebody_else_merges_nobody(bureau: Bureau) -> None:
    """The comparison does not find whom they named: others must look, and may say that it is nobody."""
    bureau.ask(1, 1)
    assert said(bureau.ask(2, 2, renews=tcn(1), officer="k7")) is OFFICER
    assert bureau.wish(2).words == ()
    for officer in (TWO, THREE):
        bureau.desk.say(tcn(2), officer, None, "the ears")
    answer = bureau.look(2)
    assert said(answer) is ENROLLED
    assert isinstance(answer, EnrolmentAnswer)
    assert "somebody new" in answer.note
    assert bureau.rows()[1] == (tcn(2), tcn(2), 1)


def test_a_request_that_comes_again_changes_nothing(bureau: Bureau) -> None:
    """Ten times, by another process, enrolled or waiting."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    before, deeds = bureau.rows(), list(bureau.deeds)
    for counter in (1, 2) * 5:
        bureau.restart()
        assert bureau.go_on(counter) is None
    assert (bureau.rows(), bureau.deeds) == (before, deeds)


class Cut:
    """A store's port whose nth call dies, before or after it did its work."""

    def __init__(self, inner: object, calls: list[int], after: bool) -> None:
        self._inner, self._calls, self._after = inner, calls, after

    def __getattr__(self, name: str) -> object:
        call = getattr(self._inner, name)

        def cut(*args: object, **more: object) -> object:
            self._calls[0] -= 1
            if self._calls[0] == 0 and not self._after:
                raise StorageAway("cut")
            done = call(*args, **more)
            if self._calls[0] == 0:
                raise StorageAway("cut")
            return done

        return cut


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("settles", ["new", "same", "another"])
def test_a_hub_that_is_cut_off_anywhere_neither_loses_nor_doubles(
    bureau: Bureau, settles: str, after: bool
) -> None:
    """Each call to the store in turn dies; whoever goes on comes to the same end."""
    bureau.ask(1, 1)
    for cuts in range(1, 40):
        counter = 10 + cuts
        bureau.restart()
        if settles == "new":
            bureau.bring(wanted(counter, counter), counter)
        else:
            bureau.ask(counter, 1)
            found = bureau.wish(counter).compared
            assert found is not None
            for officer in (ONE, TWO):
                bureau.desk.say(tcn(counter), officer, tcn(1) if settles == "same" else None, "the ears")
        calls = [cuts]
        died = cut_off(bureau, counter, calls, after, first=settles == "new")
        bureau.restart()
        last = bureau.go_on(counter) if settles == "new" else bureau.look(counter)
        assert last is None or said(last) is ENROLLED
        mine = [row for row in bureau.rows() if row[0] == tcn(counter)]
        assert len(mine) == 1
        assert mine[0][1] == (tcn(1) if settles == "same" else tcn(counter))
        assert bureau.wish(counter).enrolled is not None
        assert bureau.store.answers.edition(DEVICE, tcn(counter)) == (1 if settles == "new" else 2)
        bureau.store.tally.close(tcn(counter), ("gone", b"\0"), {}, NOW)
        if not died:
            assert cuts > 10
            return
    pytest.fail("the store was called more often than this test tries")


def cut_off(bureau: Bureau, counter: int, calls: list[int], after: bool, *, first: bool) -> bool:
    """Let a hub go on until the store dies; False if it did not."""
    store = bureau.store
    dying = store._replace(
        register=Cut(store.register, calls, after),
        cases=Cut(store.cases, calls, after),
        answers=Cut(store.answers, calls, after),
    )
    bureau.restart(dying)
    try:
        _ = bureau.go_on(counter) if first else bureau.look(counter)
    except StorageAway:
        return True
    return False


def test_two_hubs_never_enrol_one_person_twice(bureau: Bureau) -> None:
    """What changed under a comparison is compared with, too."""

    class Late:
        """A register in which the same person appears just before the first put."""

        def __init__(self) -> None:
            self.once = False

        def __getattr__(self, name: str) -> object:
            return getattr(bureau.store.register, name)

        def put(self, *args: object) -> Held | None:
            if not self.once:
                self.once = True
                templates = contents.encode_templates((face_capture(1).template,))
                bureau.store.register.put(tcn(50), "national", tcn(50), templates, NOW)
            return bureau.store.register.put(*args)  # type: ignore[arg-type]

    bureau.bring(wanted(1, 1), 1)
    bureau.restart(bureau.store._replace(register=Late()))  # type: ignore[arg-type]
    assert said(bureau.go_on(1)) is OFFICER
    assert bureau.rows() == [(tcn(50), tcn(50), 1)]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"operation": "OP-1"}, "never an enrolment"),
        ({"operation": "OP-9"}, "knows no such operation"),
        ({"post": "Harbour"}, "not for this kiosk"),
        ({"captures": ()}, "capture the person again"),
        ({"renews": tcn(1)}, "sign in"),
    ],
)
def test_what_the_law_of_the_lane_forbids_is_not_enrolled(
    bureau: Bureau, changed: dict[str, object], why: str
) -> None:
    """Under an operation of checks or none, from another post, with nothing; each with what to do."""
    answer = bureau.ask(1, 1, **changed)
    assert said(answer) is TURNED
    assert isinstance(answer, EnrolmentAnswer)
    assert why in answer.note
    assert bureau.rows() == []
    assert bureau.journaled(Deed.ENROLMENT_TURNED) == 1


def test_after_the_operation_nobody_is_enrolled_under_it(bureau: Bureau) -> None:
    """Captured after its end, by a clock that could be trusted."""
    late = replace(enrolment().stamp, wall=ASYLUM.ends + timedelta(hours=1))
    answer = bureau.ask(1, 1, stamp=late)
    assert isinstance(answer, EnrolmentAnswer)
    assert "ended on" in answer.note


def test_the_lanes_galleries_never_meet(bureau: Bureau) -> None:
    """A check does not find who is enrolled; an enrolment does not find whom checks look for."""
    stored = contents.encode_templates((face_capture(1).template,))
    bureau.store.gallery.put(GalleryEntry("CASE-1", "2026", stored))
    assert said(bureau.ask(1, 1)) is ENROLLED
    assert said(bureau.ask(2, 2)) is ENROLLED
    asked = replace(request(3), captures=(face_capture(2),))
    bureau.bring(contents.encode(asked, reply_key(KIOSK, tcn(3))), 3)
    answer = bureau.go_on(3)
    assert answer is not None
    assert answer.decision is Decision.NO_HIT


def test_two_national_galleries_never_meet(tmp_path: Path, build: Callable[[], Store]) -> None:
    """The same face is somebody new in each."""
    bureau = Bureau(tmp_path, build, ASYLUM, reception(id="OP-3", gallery="visas"))
    assert said(bureau.ask(1, 1)) is ENROLLED
    assert said(bureau.ask(2, 1, operation="OP-3")) is ENROLLED
    assert (bureau.people(), bureau.people("visas")) == ({tcn(1)}, {tcn(2)})


def test_an_enrolment_is_no_check_to_anybody(bureau: Bureau) -> None:
    """No partner is asked, nobody votes on it, it has no candidates."""
    bureau.ask(1, 1)
    case = bureau.book.case(tcn(1))
    assert (case.opened, case.searched, case.possible) == (None, None, ())
    assert bureau.book.for_legal() == []
    with pytest.raises(Refused, match="knows no check"):
        bureau.book.left(tcn(1), ONE)


def test_a_check_is_no_enrolment_to_anybody(bureau: Bureau) -> None:
    """No step of an enrolment is ever joined to it."""
    bureau.bring(contents.encode(request(3), reply_key(KIOSK, tcn(3))), 3)
    bureau.go_on(3)
    step = Requested(NOW, DEVICE, "Green line 4", "OP-2", "national", NOW, True)
    with pytest.raises(Refused, match="is a check"):
        bureau.book.step(tcn(3), step)
    with pytest.raises(Refused, match="knows no enrolment"):
        bureau.desk.say(tcn(3), ONE, None, "the ears")


def test_a_search_under_a_reception_is_not_searched(bureau: Bureau) -> None:
    """Though a kiosk's own keys signed it; nobody in any gallery is compared with it."""
    stored = contents.encode_templates((face_capture(1).template,))
    bureau.store.gallery.put(GalleryEntry("CASE-1", "2026", stored))
    asked = replace(request(1), operation="OP-2", captures=(face_capture(1),))
    bureau.bring(contents.encode(asked, reply_key(KIOSK, tcn(1))), 1)
    answer = bureau.go_on(1)
    assert answer is not None
    assert answer.decision is Decision.UNDECIDED
    assert "a search does not belong to it" in answer.note
    assert bureau.rows() == []


def test_at_the_end_of_its_time_an_enrolment_is_gone(tmp_path: Path, build: Callable[[], Store]) -> None:
    """Key, samples, steps; the index in memory loses it at once, the journal says so, it comes back never."""
    bureau = Bureau(tmp_path, build, SHORT)
    bureau.ask(1, 1)
    index = Register(bureau.store.register, "national")
    assert len(index.references()[0].people) == 1
    bureau.now = NOW + timedelta(days=10) - timedelta(minutes=1)
    assert bureau.purge() == 0
    bureau.now = NOW + timedelta(days=10)
    assert bureau.purge() == 1
    assert index.references()[0].people == ()
    assert bureau.rows() == []
    assert bureau.store.register.templates(tcn(1)) is None
    assert bureau.book.case(tcn(1)).enrolling == ()
    told = b"".join(file.read_bytes() for file in (tmp_path / "journal").iterdir())
    assert b"enrolled, due" in told
    bureau.reception.settle(tcn(1))
    assert bureau.rows() == []
    bureau.now = NOW + timedelta(days=11)
    assert said(bureau.ask(2, 1)) is ENROLLED


def test_an_older_edition_goes_before_its_time_if_the_operation_says_so(
    tmp_path: Path, build: Callable[[], Store]
) -> None:
    """Two days after the newer one; the person stays."""
    bureau = Bureau(tmp_path, build, SHORT)
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    for officer in (ONE, TWO):
        bureau.desk.say(tcn(2), officer, tcn(1), "the ears")
    bureau.look(2)
    bureau.now = NOW + timedelta(days=2)
    assert bureau.purge() == 1
    assert bureau.rows() == [(tcn(2), tcn(1), 2)]
    assert bureau.people() == {tcn(1)}


@pytest.mark.parametrize(("counter", "days", "hours"), [(2, 5, 0), (3, 0, 3)])
def test_what_is_not_enrolled_has_its_end_too(
    tmp_path: Path, build: Callable[[], Store], counter: int, days: int, hours: int
) -> None:
    """One that waits for people, one that was turned away."""
    bureau = Bureau(tmp_path, build, SHORT)
    bureau.ask(1, 1)
    if counter == 2:
        bureau.ask(2, 1)
    else:
        bureau.ask(3, 3, post="Harbour")
    bureau.now = NOW + timedelta(days=days, hours=hours) - timedelta(seconds=1)
    assert bureau.purge() == 0
    bureau.now += timedelta(seconds=1)
    assert bureau.purge() == 1
    assert bureau.book.case(tcn(counter)).enrolling == ()


def test_an_order_erases_all_editions_of_a_person_and_nobody_else(bureau: Bureau) -> None:
    """At the next purge, which the command begins; nothing of them is found any more."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    bureau.ask(3, 3)
    for officer in (ONE, TWO):
        bureau.desk.say(tcn(2), officer, tcn(1), "the ears")
    bureau.look(2)
    assert bureau.desk.withdraw(tcn(2), ONE, "their request, 12") == [tcn(1), tcn(2)]
    assert bureau.purge() == 2
    assert bureau.rows() == [(tcn(3), tcn(3), 1)]
    assert bureau.people() == {tcn(3)}
    assert said(bureau.ask(4, 1)) is ENROLLED
    with pytest.raises(Refused, match="purged"):
        bureau.desk.withdraw(tcn(1), ONE, "again")


@pytest.mark.parametrize(("who", "why"), [(Person(""), "a ground"), (ONE, " ")])
def test_an_order_to_erase_names_who_and_why(bureau: Bureau, who: Person, why: str) -> None:
    """Else nothing goes."""
    bureau.ask(1, 1)
    with pytest.raises(Refused, match="who orders it"):
        bureau.desk.withdraw(tcn(1), who, why)
    assert bureau.people() == {tcn(1)}


def test_whom_an_erased_person_was_compared_with_is_enrolled_as_new(bureau: Bureau) -> None:
    """People said 'the same person', and that person was erased before the hub could join them."""
    bureau.ask(1, 1)
    bureau.ask(2, 1)
    for officer in (ONE, TWO):
        bureau.desk.say(tcn(2), officer, tcn(1), "the ears")
    bureau.desk.withdraw(tcn(1), ONE, "their request, 12")
    bureau.purge()
    assert said(bureau.look(2)) is ENROLLED
    assert bureau.rows() == [(tcn(2), tcn(2), 1)]


def test_the_word_for_it_stands_in_no_search(bureau: Bureau) -> None:
    """The request's own type is all that opens the lane."""
    bureau.ask(1, 1)
    asked = bureau.book.asked(tcn(1))
    assert asked is not None
    assert asked.probe.tot is EnrolmentType.NATIONAL
