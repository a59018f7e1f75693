"""Two lanes that never meet: what asks for an enrolment is no search, and the other way round."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from exchanging import outgoing
from hypothesis import given, settings
from hypothesis import strategies as st
from making import DEVICE, HUB, KIOSK, NOW, enrolment, operation, public_file, reception, request, tcn

from hotspot_kiosk import contents, contents_enrolment, nist, policy, seal
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.errors import BadBytes, ConfigError, Refused, SealError
from hotspot_kiosk.hub.exchange.gate import KEPT_HERE, Terms, make_ready
from hotspot_kiosk.keyring import Trust, save_public
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.desk import Ask
from hotspot_kiosk.kiosk.events import Answered, Begin, NoticeRead, Prompt, Sampled, Show, Store, Stored
from hotspot_kiosk.kiosk.gate import Gate
from hotspot_kiosk.kiosk.link.orders import Orders
from hotspot_kiosk.kiosk.place import Place
from hotspot_kiosk.kiosk.recorder import FIRST, Again, Recorder
from hotspot_kiosk.kiosk.session import Plan, Session, State, step
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.kiosk.zeroise import Remains
from hotspot_kiosk.nist import enrolment as enrolment_file
from hotspot_kiosk.operation import Confirmation, Operation, draft, sign
from hotspot_kiosk.policy import Settled, Shielded, Word
from hotspot_kiosk.terms import (
    Answer,
    AnswerType,
    Decision,
    EnrolmentAnswer,
    EnrolmentDecision,
    EnrolmentType,
    Part,
    RequestType,
    Tcn,
)

AGENCY = nist.Agency("ALB", "RECEPTION")
X, Y = tcn(101), tcn(102)


def test_an_enrolment_comes_back_as_it_went() -> None:
    """Who, where, under what, again or not, and what is shielded."""
    known = Shielded(frozenset({"SYR"}), True)
    asked = enrolment(renews=tcn(9), officer="k7", acquisition_failures=("left index",))
    found = contents_enrolment.decode(contents_enrolment.encode(asked, bytes(32), known))
    assert (found.tcn, found.post, found.operation, found.notice) == (
        tcn(),
        "Green line 4",
        "OP-2",
        "notice-1",
    )
    assert (found.renews, found.officer, found.acquisition_failures) == (tcn(9), "k7", ("left index",))
    assert (found.stamp, len(found.templates), len(found.reply_key)) == (asked.stamp, 2, 32)
    assert (found.shielded.origins, found.shielded.protection_sought) == ({"SYR"}, True)


def test_neither_decoder_takes_the_other_lanes_request() -> None:
    """A type of its own, not a mark on a search."""
    search, wanted = contents.encode(request()), contents_enrolment.encode(enrolment())
    with pytest.raises(BadBytes):
        contents_enrolment.decode(search)
    with pytest.raises(BadBytes):
        contents.decode(wanted)
    assert isinstance(contents_enrolment.decode_any(search), contents.Probe)
    assert isinstance(contents_enrolment.decode_any(wanted), contents_enrolment.Enrolment)


@pytest.mark.parametrize("made", [contents.encode(request()), contents_enrolment.encode(enrolment())])
@pytest.mark.parametrize("tag", ["hkp1", "hke1"])
def test_a_request_with_the_other_lanes_tag_is_read_by_nobody(made: bytes, tag: str) -> None:
    """Even a kiosk that lies about the type has to send all that the type asks for."""
    fields = msgspec.msgpack.decode(zlib.decompress(made))
    changed = zlib.compress(msgspec.msgpack.encode([tag, *fields[1:]]))
    if fields[0] == tag:
        assert contents_enrolment.decode_any(changed).tcn == tcn()
    else:
        with pytest.raises(BadBytes):
            contents_enrolment.decode_any(changed)


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_a_flipped_byte_never_changes_the_lane(place: int, mask: int) -> None:
    """Inside: refused, or of the type it was. Sealed: refused."""
    whole = bytearray(contents.encode(request()))
    whole[place % len(whole)] ^= mask
    try:
        found = contents_enrolment.decode_any(bytes(whole))
    except BadBytes:
        return
    assert isinstance(found, contents.Probe)


@given(st.integers(0, 100_000), st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_a_flipped_byte_of_a_sealed_request_is_refused(place: int, mask: int) -> None:
    """The kiosk's signature stands over all of it."""
    envelope = bytearray(seal.seal(contents.encode(request()), tcn(), Part.PROBE, HUB.public(), KIOSK))
    envelope[place % len(envelope)] ^= mask
    with pytest.raises((BadBytes, SealError)):
        seal.open_envelope(bytes(envelope), KIOSK.public(), HUB)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_no_request(data: bytes) -> None:
    """One error, no crash, packed or not."""
    for each in (data, zlib.compress(data)):
        with pytest.raises(BadBytes):
            contents_enrolment.decode_any(each)


@pytest.mark.parametrize("decision", EnrolmentDecision)
def test_an_answer_comes_back_as_it_went(decision: EnrolmentDecision) -> None:
    """Each decision, with its note and edition, as long as any other answer."""
    answer = EnrolmentAnswer(tcn(), decision, NOW, "a note", 3)
    packed = contents_enrolment.encode_answer(answer)
    assert contents_enrolment.decode_answer(packed) == answer
    assert len(packed) % contents.ANSWER_STEP == 0
    with pytest.raises(BadBytes):
        contents.decode_answer(packed)


def test_pictures_of_an_enrolment_are_no_search_to_any_reader() -> None:
    """Its own TOT: the profile's check and the search's reader refuse it, its own reader takes it."""
    file = enrolment_file.pack(enrolment(), AGENCY)
    found = enrolment_file.read(file)
    assert (found.tot, found.tcn) == (EnrolmentType.NATIONAL, tcn())
    assert "INTERPOL" not in str([found.records[0].text(number) for number in (7, 8, 17)])
    with pytest.raises(BadBytes, match="TOT"):
        nist.read(file)
    with pytest.raises(BadBytes, match="no enrolment"):
        enrolment_file.read(nist.pack(request(), AGENCY))


def test_the_exchange_gate_refuses_an_enrolment_by_its_type() -> None:
    """Though every other rule would let it pass: a check's operation, regime and partner."""
    there = replace(outgoing(), evidence=enrolment_file.pack(enrolment(tcn=outgoing().tcn), AGENCY))
    with pytest.raises(Refused, match="NATENR is no search"):
        make_ready(there, Terms(), there.captured)


def test_the_exchange_gate_refuses_what_a_reception_obtained() -> None:
    """Though the file is a search."""
    out = replace(outgoing(), operation=reception(datasets=()), regime=policy.Regime.NATIONAL)
    with pytest.raises(Refused, match=f"does not name|{KEPT_HERE}"):
        make_ready(out, Terms(), out.captured)


@pytest.mark.parametrize("asked", [*RequestType, *EnrolmentType])
def test_the_guard_lets_each_lane_in_under_its_own_kind_only(asked: RequestType | EnrolmentType) -> None:
    """Both kinds of operation, and one that is not known."""
    own, other = operation(), reception()
    if isinstance(asked, EnrolmentType):
        own, other = other, own
        with pytest.raises(Refused, match="nobody is enrolled"):
            policy.may_enter(None, asked)
    policy.may_enter(own, asked)
    with pytest.raises(Refused):
        policy.may_enter(other, asked)


@pytest.mark.parametrize("tot", RequestType)
def test_nobody_asks_a_reception_for_a_search(tot: RequestType) -> None:
    """Its kind alone says what a capture is for."""
    assert policy.purpose(reception(), None) is EnrolmentType.NATIONAL
    assert policy.purpose(operation(), None) is RequestType.NPS
    with pytest.raises(Refused, match="a search needs"):
        policy.purpose(reception(), tot)


def test_the_words_of_the_lanes_are_disjoint() -> None:
    """No word of one lane is one of the other, and none is INTERPOL's word for adding somebody."""
    assert not {*RequestType} & {*EnrolmentType}
    assert not {*Decision} & {*EnrolmentDecision}
    assert "ATP" not in {*RequestType, *EnrolmentType, *AnswerType}


@pytest.mark.parametrize("gallery", ["", "national"])
@pytest.mark.parametrize("kind", ["hotspot", "reception"])
def test_an_operation_names_a_gallery_if_and_only_if_it_enrols(kind: str, gallery: str) -> None:
    """A check has no way to a national gallery, a reception exactly one."""
    fits = (kind == "reception") == bool(gallery)
    text = f"""
        id = "OP"\nedition = 1\nname = "n"\nkind = "{kind}"\npurpose = "p"\nlegal_basis = "l"\nnotice = "n"
        begins = 2026-11-01T00:00:00Z\nends = 2026-12-01T00:00:00Z\nposts = ["P"]\ndevices = [1]
        gallery = "{gallery}"
    """
    if fits:
        assert draft(text).gallery == gallery
    else:
        with pytest.raises(ConfigError, match="gallery"):
            draft(text)


def test_samples_join_only_within_the_operations_gallery() -> None:
    """Two national galleries under different law never mix."""
    policy.may_join(reception(), "national")
    with pytest.raises(Refused):
        policy.may_join(reception(), "another")
    with pytest.raises(Refused):
        policy.may_join(operation(), "")


@pytest.mark.parametrize(
    ("people", "said", "settled"),
    [
        (2, [], None),
        (2, [X], None),
        (2, [X, X], Settled(X)),
        (2, [None, None], Settled(None)),
        (2, [X, None], None),
        (2, [X, Y], None),
        (2, [X, None, X], Settled(X)),
        (2, [X, None, Y, X], None),
        (2, [X, None, None], Settled(None)),
        (1, [X], Settled(X)),
        (1, [X, None], None),
        (3, [X, X], None),
    ],
)
def test_a_possible_duplicate_is_settled_by_enough_people(
    people: int, said: list[Tcn | None], settled: Settled | None
) -> None:
    """As many as asked for, and more than say otherwise."""
    words = [Word(f"officer{index}", each) for index, each in enumerate(said)]
    assert policy.duplicate(Confirmation(people=people, law="the act"), words) == settled


def test_a_person_counts_once() -> None:
    """However often somebody says it."""
    assert policy.duplicate(Confirmation(), [Word("k7", X), Word("k7", X)]) is None
    with pytest.raises(Refused, match="another person"):
        policy.may_vote([Word("k7", X)], "k7", "the ears")


class Kiosk:
    """A kiosk's gate and recorder under an operation."""

    def __init__(self, folder: Path, under: Operation) -> None:
        peers = folder / "peers"
        peers.mkdir()
        save_public(peers / "hub.pub", public_file(HUB))
        (folder / "operation.op").write_bytes(sign(under, HUB))
        self.clock = Clock(wall=lambda: NOW, synchronised=folder)
        self.outbox = Outbox(folder / "outbox.db", free_bytes=2 << 20, reserve_bytes=2 << 20)
        place = Place(
            device=DEVICE,
            post=operation().posts[0],
            agency=AGENCY,
            operation=folder / "operation.op",
            own=KIOSK,
            trust=Trust(peers),
            orders=Orders(folder / "orders.json", DEVICE),
            journal=Journal(folder / "journal", KIOSK, self.clock.now),
            keep=NOW - datetime(2026, 11, 20, tzinfo=UTC),
            remains=Remains(),
        )
        self.gate = Gate(place, self.clock, self.outbox)
        self.recorder = Recorder(place, self.clock, self.outbox)


def session_with(tot: RequestType | EnrolmentType) -> Session:
    """A person whose record is stored, waiting for its answer."""
    session, _ = step(Session(Plan(), link_up=True), Begin(tot, ()), 0)
    session, _ = step(session, NoticeRead(), 0)
    session, effects = step(session, Sampled(session.turn, request().captures[0]), 0)
    assert [effect.tot for effect in effects if isinstance(effect, Store)] == [tot]
    session, _ = step(session, Stored(tcn()), 0)
    return session


@pytest.mark.parametrize(
    ("decision", "prompt"),
    [
        (EnrolmentDecision.ENROLLED, Prompt.ENROLLED),
        (EnrolmentDecision.OFFICER, Prompt.OFFICER_LOOKS),
        (EnrolmentDecision.NOT_ENROLLED, Prompt.NOT_ENROLLED),
    ],
)
def test_the_person_hears_how_their_enrolment_stands(decision: EnrolmentDecision, prompt: Prompt) -> None:
    """Only while it is theirs; a later person's screen hears nothing of it."""
    answer = Answered(EnrolmentAnswer(tcn(), decision, NOW))
    session, effects = step(session_with(EnrolmentType.NATIONAL), answer, 1)
    assert session.state is State.DONE
    assert effects == (Show(prompt, f"{tcn()}: {decision}"),)
    _, effects = step(session, answer, 2)
    assert effects == (Show(Prompt.ANSWERED, f"{tcn()}: {decision}"),)


@pytest.mark.parametrize("tot", [RequestType.NPS, EnrolmentType.NATIONAL])
def test_an_answer_of_the_other_lane_is_no_answer(tot: RequestType | EnrolmentType) -> None:
    """Somebody who waits for the one is not told the other."""
    enrolled = EnrolmentAnswer(tcn(), EnrolmentDecision.ENROLLED, NOW)
    nothing = Answer(tcn(), AnswerType.SRE, Decision.NO_HIT, (), NOW)
    wrong = nothing if tot is EnrolmentType.NATIONAL else enrolled
    session, effects = step(session_with(tot), Answered(wrong), 1)
    assert (session.state, session.ignored, effects) == (State.WAITING, 1, ())


def test_a_reception_admits_an_enrolment(tmp_path: Path) -> None:
    """And an officer who is named may ask to enrol somebody anew."""
    kiosk = Kiosk(tmp_path, reception())
    admitted = kiosk.gate.admit(Ask("begin", adult=True, officer="k7", renews=tcn(9)), Session(Plan()))
    assert (admitted.tot, admitted.again) == (EnrolmentType.NATIONAL, Again(tcn(9), "k7"))


@pytest.mark.parametrize(
    ("under", "ask", "said"),
    [
        (reception(), Ask("begin", adult=True, tot=RequestType.NPS), "a search needs"),
        (reception(), Ask("begin", adult=True, renews=tcn(9)), "sign in"),
        (operation(), Ask("begin", adult=True, officer="k7", renews=tcn(9)), "never an enrolment"),
        (reception(), Ask("begin", officer="k7"), "adults only"),
    ],
)
def test_what_a_kiosk_does_not_begin(tmp_path: Path, under: Operation, ask: Ask, said: str) -> None:
    """A search at a reception, an enrolment anew without an officer or under checks, a minor."""
    with pytest.raises(Refused, match=said):
        Kiosk(tmp_path, under).gate.admit(ask, Session(Plan()))


@pytest.mark.parametrize("tot", [RequestType.NPS, EnrolmentType.NATIONAL])
def test_what_began_in_one_lane_is_not_stored_in_the_other(
    tmp_path: Path, tot: RequestType | EnrolmentType
) -> None:
    """The operation was replaced by one of the other kind in between: nothing is kept."""
    under = operation() if tot is EnrolmentType.NATIONAL else reception()
    kiosk = Kiosk(tmp_path, under)
    with pytest.raises(Refused):
        kiosk.recorder.put(Store(tot, request().captures), under, Shielded())
    assert not list(kiosk.outbox.entries())


@pytest.mark.parametrize("under", [operation(), reception()])
def test_what_is_stored_is_of_the_operations_lane(tmp_path: Path, under: Operation) -> None:
    """Both parts: the sealed request and the pictures; the officer's word goes along."""
    kiosk = Kiosk(tmp_path, under)
    enrols = under.gallery != ""
    tot = EnrolmentType.NATIONAL if enrols else RequestType.NPS
    number = kiosk.recorder.put(
        Store(tot, request().captures), under, Shielded(), Again(tcn(9), "k7") if enrols else FIRST
    )
    parts = {item.part: kiosk.outbox.envelope(item) or b"" for item in kiosk.outbox.waiting()}
    opened = {part: seal.open_envelope(each, KIOSK.public(), HUB) for part, each in parts.items()}
    found = contents_enrolment.decode_any(opened[Part.PROBE])
    assert (found.tcn, found.operation) == (number, under.id)
    if enrols:
        assert isinstance(found, contents_enrolment.Enrolment)
        assert (found.renews, found.officer) == (tcn(9), "k7")
        assert enrolment_file.read(opened[Part.EVIDENCE]).tcn == number
    else:
        assert isinstance(found, contents.Probe)
        assert nist.read(opened[Part.EVIDENCE]).tcn == number
