"""The shields: each rule is tried with what it must let through and with what must never pass."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations, product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import R503, operation, reception

from hotspot_kiosk import contents, nist, policy, wire
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Confirmation, Kind, Lane, Operation, Retention
from hotspot_kiosk.policy import (
    Ended,
    Finding,
    Outcome,
    Partner,
    Reader,
    Regime,
    Shielded,
    Vote,
    may_capture,
    may_send,
    outcome,
)
from hotspot_kiosk.terms import RequestType, SensorGrade

BEGINS = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = datetime(2026, 12, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
MONTH = operation(begins=BEGINS, ends=ENDS)
FAP45 = SensorGrade("a certified reader", 800, 750, 500, 256, 45)
RECEPTION = reception()


def capture(
    now: datetime = BEGINS,
    asked: Operation | None = MONTH,
    *,
    trusted: bool = True,
    adult: bool = True,
    device: int = 17,
    post: str = "Green line 4",
    officer: str = "",
) -> Operation:
    """Ask whether a capture may begin."""
    return may_capture(asked, device, post, now, clock_trusted=trusted, adult=adult, officer=officer)


@pytest.mark.parametrize("now", [BEGINS, BEGINS + timedelta(days=9), ENDS - MOMENT])
def test_adults_are_captured_while_the_operation_runs(now: datetime) -> None:
    """From its first moment to the one before its end."""
    assert capture(now) is MONTH


def test_before_the_operation_nothing_is_captured() -> None:
    """The sentence says which operation and when it begins."""
    with pytest.raises(Refused, match=r"operation OP-1 begins on 2026-11-01 00:00 UTC"):
        capture(BEGINS - MOMENT)


def test_after_the_operation_nothing_is_captured() -> None:
    """The sentence says that it ended, and what to do."""
    with pytest.raises(Refused, match=r"operation OP-1 ended on 2026-12-01 00:00 UTC; ask for a new one"):
        capture(ENDS)


def test_without_an_operation_nothing_is_captured() -> None:
    """The sentence says how one comes here."""
    with pytest.raises(Refused, match=r"no operation is installed.*hotspot operation install"):
        capture(asked=None)


@pytest.mark.parametrize("place", [{"device": 18}, {"post": "Harbour"}])
def test_another_place_has_no_part_in_it(place: dict[str, object]) -> None:
    """An operation is boxed in place, too."""
    with pytest.raises(Refused, match="not for this kiosk and post"):
        capture(**place)  # type: ignore[arg-type]


@pytest.mark.parametrize("officer", ["", "k8", "K7"])
def test_where_officers_are_named_nobody_else_checks(officer: str) -> None:
    """Their ids are compared exactly."""
    named = operation(begins=BEGINS, ends=ENDS, officers=("k7",))
    assert capture(asked=named, officer="k7") is named
    with pytest.raises(Refused, match="sign in as one of them"):
        capture(asked=named, officer=officer)


@pytest.mark.parametrize("now", [BEGINS - timedelta(days=9000), ENDS + timedelta(days=9)])
def test_a_clock_that_is_not_trusted_closes_nothing(now: datetime) -> None:
    """With a clock that may be wrong the hub decides later."""
    capture(now, trusted=False)


@pytest.mark.parametrize(
    ("trusted", "now", "asked"),
    list(product([True, False], [BEGINS - MOMENT, BEGINS, ENDS], [MONTH, RECEPTION, None])),
)
def test_minors_are_never_captured(trusted: bool, now: datetime, asked: Operation | None) -> None:
    """Whatever the time, the clock and the operation: without the officer's word nobody is captured."""
    with pytest.raises(Refused, match=r"adults only.*take no biometrics and call a child officer"):
        capture(now, asked, trusted=trusted, adult=False)


def test_times_are_told_in_utc() -> None:
    """Where an operation's times are given in another zone, the sentence converts them."""
    zone = timezone(timedelta(hours=2))
    local = operation(begins=BEGINS.astimezone(zone), ends=ENDS.astimezone(zone))
    with pytest.raises(Refused, match=r"2026-11-01 00:00 UTC"):
        capture(BEGINS - MOMENT, local)


@pytest.mark.parametrize("asked", [None, *RequestType])
def test_the_operation_picks_the_kind_of_search(asked: RequestType | None) -> None:
    """Nobody at the kiosk can turn a non-criminal search into a criminal one."""
    if asked in (None, MONTH.tot):
        assert policy.search_type(MONTH, asked) is MONTH.tot
    else:
        with pytest.raises(Refused, match="NPS searches only"):
            policy.search_type(MONTH, asked)


def test_enrolment_at_interpol_has_no_word() -> None:
    """ATP cannot be expressed: not as a request, not in a probe, not in a file."""
    assert {str(each) for each in RequestType} == {"NPS", "CPS"}
    for kind in (contents._Body, Operation):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"tot": "ATP"}, kind)


def test_a_check_enrols_nobody() -> None:
    """Only a reception operation opens the national gallery."""
    policy.may_enrol(RECEPTION)
    with pytest.raises(Refused, match="a search is never an enrolment"):
        policy.may_enrol(MONTH)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("datasets", [(), ("INTERPOL-AFIS",)])
def test_no_operation_has_both_lanes(kind: Kind, datasets: tuple[str, ...]) -> None:
    """Whatever somebody writes: the national gallery and INTERPOL never meet in one operation."""
    try:
        gallery = "national" if kind is Kind.RECEPTION else ""
        lanes = operation(kind=kind, datasets=datasets, gallery=gallery).lanes
    except ValueError:
        assert (kind, bool(datasets)) == (Kind.RECEPTION, True)
    else:
        assert not {Lane.INTERPOL, Lane.NATIONAL} <= lanes


@pytest.mark.parametrize(
    ("grade", "goes"),
    [
        (FAP45, True),
        (R503, False),
        (SensorGrade("r", 800, 750, 500, 256, 30), False),
        (SensorGrade("r", 800, 750, 500, 16, 45), False),
        (SensorGrade("r", 800, 750, 500, 256), False),
    ],
)
def test_the_sensors_grade_gates_the_lane(grade: SensorGrade, goes: bool) -> None:
    """Fingers of an uncertified or small sensor stay in the local lane, whatever else holds."""
    assert policy.fingers_may_go(MONTH, grade) is goes
    assert not policy.fingers_may_go(operation(datasets=()), grade)


@pytest.mark.parametrize("partner", Partner)
@pytest.mark.parametrize("regime", Regime)
def test_nothing_passes_that_a_shield_forbids(regime: Regime, partner: Partner) -> None:
    """Every combination: what goes out breaks no rule; what breaks none goes out."""
    origins = [frozenset(each) for each in ((), ("SYR",), ("AFG",), ("SYR", "AFG"))]
    under = (MONTH, RECEPTION, operation(datasets=()))
    for country, fled, seeks, asked in product(("", "SYR", "GRC"), origins, (False, True), under):
        forbidden = (
            regime is Regime.EURODAC
            or (
                partner is Partner.INTERPOL
                and (regime is Regime.NATIONAL or Lane.INTERPOL not in asked.lanes)
            )
            or country in fled
            or (bool(country) and seeks)
        )
        person = Shielded(fled, seeks)
        if not forbidden:
            may_send(asked, regime, partner, country, person)
            continue
        with pytest.raises(Refused) as caught:
            may_send(asked, regime, partner, country, person)
        assert not any(word in str(caught.value) for word in ("protection", "asylum", "SYR", "AFG"))


def test_what_is_shielded_has_no_way_out() -> None:
    """No message, no probe, no file and no answer has a field for it."""
    words = {*Shielded.__slots__, "nationality", "asylum", "protection"}
    shapes = [*wire.Up.__args__, *wire.Down.__args__, contents._Answer]
    named = {name for shape in shapes for name in shape.__struct_fields__}
    assert not words & {*named, *(each.name for each in fields(nist.Transaction))}


@pytest.mark.parametrize(
    "serialise", [msgspec.json.encode, contents.ENCODER.encode, pickle.dumps, copy.copy, vars]
)
def test_what_is_shielded_cannot_be_serialised(serialise: Callable[[object], object]) -> None:
    """Whoever passes it on by mistake gets an error, and a log shows nothing of it."""
    person = Shielded(frozenset({"SYR"}), protection_sought=True)
    with pytest.raises((TypeError, NotImplementedError)):
        serialise(person)
    assert repr(person) == str(person) == "Shielded(...)"


@pytest.mark.parametrize(
    ("source", "origins", "seeks", "first"),
    [
        ("SYR", {"SYR"}, False, Reader.LEGAL),
        ("SYR", {"SYR"}, True, Reader.LEGAL),
        ("SYR", {"AFG"}, True, Reader.POST),
        ("", set(), True, Reader.LEGAL),
        ("", {"SYR"}, False, Reader.POST),
    ],
)
def test_a_hit_from_the_country_of_origin_is_sealed_to_the_legal_officer(
    source: str, origins: set[str], seeks: bool, first: Reader
) -> None:
    """So is one whose source nobody knows, if the person seeks protection."""
    assert policy.first_reader(source, Shielded(frozenset(origins), seeks)) is first


def test_a_post_outside_the_operation_sees_nothing() -> None:
    """The sentence does not even name the operation."""
    policy.may_see(MONTH, "Green line 4")
    with pytest.raises(Refused) as caught:
        policy.may_see(MONTH, "Elsewhere")
    assert MONTH.id not in str(caught.value)


def test_a_late_hit_goes_to_the_next_posts_until_it_expires() -> None:
    """Later only to the post that asked."""
    roads = operation(posts=("A", "B", "C"), route={"A": ("B", "C")}, late_hit_hours=10)
    assert policy.next_posts(roads, "A", BEGINS, BEGINS + timedelta(hours=10)) == ("A", "B", "C")
    assert policy.next_posts(roads, "A", BEGINS, BEGINS + timedelta(hours=11)) == ("A",)
    assert policy.next_posts(roads, "B", BEGINS, BEGINS) == ("B",)


YES, NO = (
    Vote("k7", Finding.CONFIRM, "same ear", b"key of k7"),
    Vote("k8", Finding.REFUTE, "another ear", b"key of k8"),
)


@pytest.mark.parametrize(
    ("votes", "stands"),
    [
        ([], Outcome.OPEN),
        ([YES], Outcome.OPEN),
        ([YES, YES], Outcome.OPEN),
        ([YES, Vote("k9", Finding.CONFIRM, "same scar", b"key of k9")], Outcome.CONFIRMED),
        ([YES, NO], Outcome.DISPUTED),
        ([NO, Vote("k9", Finding.REFUTE, "no", b"key of k9")], Outcome.REFUTED),
        ([YES, Vote("k9", Finding.CONFIRM, "same scar", YES.key)], Outcome.OPEN),
    ],
)
def test_two_different_people_decide(votes: list[Vote], stands: Outcome) -> None:
    """One person twice is one person, one key under two names is one; where two disagree, nothing is decided."""
    assert outcome(Confirmation(), votes) is stands


Y, N = Finding.CONFIRM, Finding.REFUTE


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ([Y, N, Y], Outcome.DISPUTED),
        ([Y, N, Y, Y], Outcome.CONFIRMED),
        ([Y, Y, N], Outcome.DISPUTED),
        ([Y, N, N], Outcome.REFUTED),
        ([N, N, Y], Outcome.REFUTED),
        ([N, N, Y, Y], Outcome.DISPUTED),
        ([N, N, Y, Y, Y], Outcome.DISPUTED),
        ([N, N, Y, Y, Y, Y], Outcome.CONFIRMED),
        ([N, N, Y, Y, N], Outcome.REFUTED),
    ],
)
def test_where_people_disagree_others_decide_and_a_doubt_counts_for_the_person(
    said: list[Finding], stands: Outcome
) -> None:
    """Each refutation asks for one more who confirms; the order in which they looked changes nothing."""
    votes = [Vote(f"k{number}", each, "ears", b"key %d" % number) for number, each in enumerate(said)]
    for order in permutations(votes):
        assert outcome(Confirmation(), order) is stands


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(Finding), st.integers(0, 3)), max_size=9))
def test_nothing_confirms_with_fewer_than_two_who_agree(said: list[tuple[int, Finding, int]]) -> None:
    """Whoever says what, wherever, one word each; and no further confirmation undoes one, no refutation makes one."""
    once = {
        who: Vote(f"k{who}", what, "ears", b"" if place else b"key %d" % who, place)
        for who, what, place in said
    }
    votes = list(once.values())
    stands = outcome(Confirmation(), votes)
    confirm = [vote for vote in votes if vote.finding is Y]
    if stands is Outcome.CONFIRMED:
        assert len({vote.witness for vote in confirm}) >= 2
        assert len(confirm) >= 2 + len(votes) - len(confirm)
        assert outcome(Confirmation(), [*votes, Vote("x", Y, "ears", b"key x")]) is stands
    else:
        assert outcome(Confirmation(), [*votes, Vote("x", N, "ears", b"key x")]) is not Outcome.CONFIRMED


def test_a_stolen_kiosk_ends_no_dispute() -> None:
    """However many people it names."""
    made_up = [_at(17, f"x{number}") for number in range(9)]
    assert outcome(Confirmation(), [NO, YES, *made_up]) is Outcome.DISPUTED
    refuted = [_at(17, f"x{number}", N) for number in range(9)]
    assert outcome(Confirmation(), [YES, *refuted]) is Outcome.DISPUTED


def test_one_who_may_confirm_alone_may_not_against_somebody() -> None:
    """The law that is named lets one decide, not one against one."""
    alone = Confirmation(people=1, law="Act 5, section 3")
    assert outcome(alone, [YES, NO]) is Outcome.DISPUTED
    assert outcome(alone, [YES, NO, Vote("k9", Y, "ears", b"key of k9")]) is Outcome.CONFIRMED


def _at(kiosk: int, officer: str, finding: Finding = Finding.CONFIRM) -> Vote:
    return Vote(officer, finding, "same ear", kiosk=kiosk)


@pytest.mark.parametrize(
    ("votes", "people", "stands"),
    [
        ([_at(17, "k1"), _at(17, "k2"), _at(17, "k3")], 2, Outcome.OPEN),
        ([_at(17, "k1"), YES], 2, Outcome.CONFIRMED),
        ([_at(17, "k1"), _at(18, "k2")], 2, Outcome.CONFIRMED),
        ([_at(17, "k1"), _at(18, "k1")], 2, Outcome.OPEN),
        ([_at(17, "k1"), _at(17, "k2"), YES], 3, Outcome.OPEN),
        ([_at(17, "k1"), _at(17, "k2", Finding.REFUTE)], 2, Outcome.DISPUTED),
        ([_at(17, "k1"), Vote("k2", Finding.CONFIRM, "x")], 2, Outcome.OPEN),
        ([YES, Vote("k2", Finding.REFUTE, "x")], 2, Outcome.OPEN),
        ([Vote("k1", Finding.CONFIRM, "x"), Vote("k2", Finding.CONFIRM, "x")], 2, Outcome.OPEN),
    ],
)
def test_one_kiosk_is_one_witness(votes: list[Vote], people: int, stands: Outcome) -> None:
    """Whomever it names: a stolen one could make them all up. What neither a key nor a kiosk stands for counts as nothing."""
    assert outcome(Confirmation(people=people), votes) is stands


@pytest.mark.parametrize(
    ("votes", "stands"),
    [
        ([YES, Vote("k9", Finding.CONFIRM, "same scar", b"key of k9")], Outcome.OPEN),
        ([_at(17, "k1"), _at(18, "k2")], Outcome.OPEN),
        ([_at(17, "k1"), YES], Outcome.CONFIRMED),
        ([_at(17, "k1", Finding.REFUTE), NO], Outcome.REFUTED),
        ([_at(17, "k1", Finding.REFUTE), YES], Outcome.DISPUTED),
    ],
)
def test_an_operation_may_ask_for_one_at_the_kiosk_and_one_at_the_hub(
    votes: list[Vote], stands: Outcome
) -> None:
    """Two at the hub, or at two kiosks, leave it open: one stands before the person, one signs with their own key."""
    assert outcome(Confirmation(both_places=True), votes) is stands


def test_both_places_need_two_people() -> None:
    """Even where a law lets one decide."""
    with pytest.raises(ValueError, match="needs two people"):
        Confirmation(people=1, law="Act 5", both_places=True)


def test_one_person_decides_only_under_a_law_that_is_named() -> None:
    """The law stands in the signed operation."""
    alone = Confirmation(people=1, law="Act 5, section 3")
    assert outcome(alone, [YES]) is Outcome.CONFIRMED
    with pytest.raises(ValueError, match="the law that allows one person"):
        Confirmation(people=1)


@pytest.mark.parametrize(
    ("officer", "reason", "said"),
    [("", "x", "sign in"), ("k9", " ", "in a few words"), ("k7", "x", "another person")],
)
def test_a_finding_needs_a_new_person_and_a_reason(officer: str, reason: str, said: str) -> None:
    """Neither a nameless, nor a groundless, nor a second finding counts."""
    with pytest.raises(Refused, match=said):
        policy.may_vote([YES], officer, reason)


@pytest.mark.parametrize("ended", Ended)
def test_everything_has_its_end(ended: Ended) -> None:
    """Each state has a deadline of its own."""
    rule = Retention(no_hit_hours=1, unanswered_days=2, hit_days=3, enrolled_days=4, superseded_days=5)
    due = policy.purge_at(rule, ended, BEGINS)
    days = {Ended.UNANSWERED: 2, Ended.HIT: 3, Ended.ENROLLED: 4, Ended.SUPERSEDED: 5, Ended.ERASED: 0}
    assert due - BEGINS == (timedelta(days=days[ended]) if ended in days else timedelta(hours=1))


@pytest.mark.parametrize("code", ["", "SYRI", "S1R", "SÝR", "SIR", "YUG", "XPO", "XXA", "000", "?", "Q/SYR"])
def test_a_country_is_three_letters(code: str) -> None:
    """What is no country's code would compare as different from every country, and open a shield."""
    assert policy.countries([" syr ", "sy", "760"]) == {"SYR"}
    with pytest.raises(Refused, match="three letters"):
        policy.countries([code])


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        (("AUT", "SYR"), "SYR"),
        (("syr",), "SYR"),
        (("AUT", "FRA"), "AUT"),
        (("", "FRA"), "FRA"),
        (("FRA", "SY"), "SYR"),
        (("760", "?"), "SYR"),
        (("sy/NAFIS",), "SYR"),
        (("FRA", "?"), "???"),
        (("FRA", "YUG"), "YUG"),
        (("XPO", "FR"), "FRA"),
        (("XPO",), "XPO"),
        ((" ", ""), ""),
        ((), ""),
    ],
)
def test_the_shields_ask_about_the_country_of_origin_wherever_it_stands(
    codes: tuple[str, ...], found: str
) -> None:
    """Else about the first that can be read."""
    assert policy.placed_by(codes, policy.Shielded(frozenset({"SYR"}))) == found


def test_where_an_operation_names_its_officers_they_alone_decide() -> None:
    """At a kiosk as at the hub."""
    policy.may_decide(operation(officers=("k7",)), "k7")
    policy.may_decide(operation(), "k8")
    with pytest.raises(Refused, match="does not name this officer"):
        policy.may_decide(operation(officers=("k7",)), "k8")


@pytest.mark.parametrize(
    "source", ["SYR", "syr", "SY", "sy", "760", "SY/NCB", " SYR ", "?", "S", "YUG", "9999"]
)
@pytest.mark.parametrize(
    "person",
    [policy.Shielded(frozenset({"SYR"})), policy.Shielded(frozenset({"SYR"}), protection_sought=True)],
)
def test_no_way_of_writing_a_country_gets_round_the_shield(source: str, person: policy.Shielded) -> None:
    """Two letters, a number, an agency behind it: the legal officer is first, and nothing goes there; so where nobody can read it."""
    assert policy.first_reader(source, person) is Reader.LEGAL
    with pytest.raises(Refused, match="nothing about this person"):
        policy.may_send(operation(), Regime.CHECK, Partner.INTERPOL, source, person)
    with pytest.raises(Refused):
        policy.may_report(operation(), Regime.CHECK, Partner.INTERPOL, "", source, person)


@pytest.mark.parametrize("source", ["FRA", "fr", "250", "XPO", "?", ""])
def test_who_is_not_shielded_is_told_at_once(source: str) -> None:
    """Nobody fled from anywhere: there is nothing to seal."""
    assert policy.first_reader(source, policy.Shielded()) is Reader.POST


@pytest.mark.parametrize("source", ["", "XPO", "UNO", "XXX"])
def test_a_source_that_names_no_country_is_unknown(source: str) -> None:
    """INTERPOL passes on what any country told it."""
    seeker = policy.Shielded(protection_sought=True)
    assert policy.first_reader(source, seeker) is Reader.LEGAL
    with pytest.raises(Refused):
        policy.may_report(operation(), Regime.CHECK, Partner.INTERPOL, "", source, seeker)


def test_an_origin_that_cannot_be_read_shields_against_every_country() -> None:
    """It came from another kind of kiosk: nobody knows which one is meant."""
    person = policy.Shielded(frozenset({"QZX"}))
    assert [policy.first_reader(each, person) for each in ("QZX", "FRA", "SY")] == [Reader.LEGAL] * 3
    with pytest.raises(Refused):
        policy.may_send(operation(), Regime.CHECK, Partner.INTERPOL, "FRA", person)


def test_partners_are_asked_only_about_what_the_operation_boxes() -> None:
    """Its kiosks, its posts, its time, the last moment excluded; and never without an operation."""
    known = operation()
    device, post = known.devices[0], known.posts[0]
    last = known.ends - timedelta(microseconds=1)
    for captured in (known.begins, last):
        assert policy.may_ask_partners(known, device, post, captured) is known
    for wrong in (
        (None, device, post, last),
        (known, device + 1, post, last),
        (known, device, "Somewhere", last),
        (known, device, post, known.ends),
        (known, device, post, known.begins - timedelta(microseconds=1)),
    ):
        with pytest.raises(Refused, match="ask the bureau"):
            policy.may_ask_partners(*wrong)


def test_a_time_that_is_surely_past_ends_an_operation_for_a_clock_that_nobody_trusts() -> None:
    """Before it the clock closes nothing: the hub decides."""
    known = operation()
    before = known.ends - timedelta(seconds=1)
    for past in (None, before):
        policy.may_run(known, known.begins - timedelta(days=9), clock_trusted=False, past=past)
    with pytest.raises(Refused, match="ended"):
        policy.may_run(known, known.begins, clock_trusted=False, past=known.ends)
