"""What must be told to whom: editions, the next posts, the legal officer first, nothing outside the operation."""

import itertools
from datetime import timedelta

import msgspec
import pytest
from making import DEVICE, NOW, ROSTER, operation, signed, tcn

from hotspot_kiosk.hub.cases.case import Case, fold
from hotspot_kiosk.hub.cases.case_events import (
    Failed,
    Found,
    Judged,
    Left,
    Opened,
    Purged,
    Replied,
    Searched,
    Sent,
    Told,
    Voted,
)
from hotspot_kiosk.hub.cases.case_events import Known as Event
from hotspot_kiosk.hub.cases.route import PRESENT, Known, Word, next_look, sealed, to_tell, visible, waiting
from hotspot_kiosk.policy import Ended, Finding, Shielded
from hotspot_kiosk.terms import Answer, AnswerType, Decision, RequestType

HARBOUR, BRIDGE, FAR = 18, 19, 20
POSTS = {DEVICE: "Green line 4", HARBOUR: "Harbour", BRIDGE: "Bridge", FAR: "Far away"}
OPERATION = operation(
    posts=("Green line 4", "Harbour", "Bridge"),
    devices=(DEVICE, HARBOUR, BRIDGE),
    route={"Green line 4": ("Harbour", "Bridge")},
)
NOBODY = Shielded()
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(hours=5)
OPENED = Opened(NOW, DEVICE, "Green line 4", "OP-1", RequestType.NPS, NOW, True)
NOTHING = Searched(NOW, Decision.NO_HIT)
HIT = Searched(NOW, Decision.POSSIBLE_MATCH, (Found("CASE-1", 1, 9.5),))
WEAK = Searched(NOW, Decision.UNDECIDED, (Found("CASE-2", 1, 4.0, strong=False),))
SENT = Sent(NOW, "INTERPOL-AFIS")


def reply(sequence: int, total: int = 1, source: str = "FRA", message: int = 1) -> Replied:
    """A message of INTERPOL; sequence 0 is a no hit."""
    reference = f"{source}/{sequence}" if sequence else ""
    return Replied(NOW, "INTERPOL-AFIS", tcn(message, 900), source, sequence, total, reference)


def known(person: Shielded | None = NOBODY, **changed: object) -> Known:
    """What the hub knows beside the case; it can ask INTERPOL."""
    usual = {"operation": OPERATION, "posts": POSTS, "partners": frozenset({"INTERPOL-AFIS"})}
    return Known(person=person, **{**usual, **changed})  # type: ignore[arg-type]


ALONE = known(partners=frozenset())


class Story:
    """Events as they come; `tell` carries out what must be told, as the hub would."""

    def __init__(self, knows: Known, *events: Event) -> None:
        self.knows = knows
        self.events: list[Event] = list(events)
        self.editions: dict[int, int] = {}

    @property
    def case(self) -> Case:
        """As it stands."""
        return fold(tcn(), self.events, ROSTER)

    def tell(self, *events: Event, now: object = SOON) -> dict[int, Word]:
        """What each kiosk hears after these events."""
        self.events += events
        words = to_tell(self.case, self.knows, now)  # type: ignore[arg-type]
        for word in words:
            self.editions[word.device] = self.editions.get(word.device, 0) + 1
            self.events.append(Told(now, word.device, self.editions[word.device], word.view))  # type: ignore[arg-type]
        assert not to_tell(self.case, self.knows, now)  # type: ignore[arg-type]
        return {word.device: word for word in words}


def decision(story: Story, *events: Event) -> Decision:
    """What the post that asked hears; nobody else hears anything."""
    said = story.tell(*events)
    assert set(said) == {DEVICE}
    return said[DEVICE].answer.decision


@pytest.mark.parametrize(
    ("searched", "says"),
    [(NOTHING, Decision.NO_HIT), (HIT, Decision.POSSIBLE_MATCH), (WEAK, Decision.UNDECIDED)],
)
def test_the_own_gallery_answers_alone_where_no_partner_can_be_asked(
    searched: Searched, says: Decision
) -> None:
    """At once, as ever."""
    assert decision(Story(ALONE, OPENED, searched)) is says


def test_nothing_is_told_twice() -> None:
    """Until something changes."""
    story = Story(ALONE, OPENED, HIT)
    assert story.tell()
    assert not story.tell()
    assert not story.tell(HIT)


def test_the_first_candidate_is_shown_at_once_and_the_others_as_they_come() -> None:
    """Two were announced: pending, one, both; a repeat tells nothing."""
    story = Story(known(), OPENED, NOTHING)
    assert decision(story, SENT) is Decision.PENDING
    first = story.tell(reply(2, 2))[DEVICE].answer
    assert (first.decision, [c.reference for c in first.candidates]) == (Decision.POSSIBLE_MATCH, ["FRA/2"])
    assert not story.tell(reply(2, 2, message=2))
    both = story.tell(reply(1, 2, message=3))[DEVICE].answer
    assert [(c.reference, c.rank) for c in both.candidates] == [("FRA/1", 1), ("FRA/2", 2)]
    assert story.editions == {DEVICE: 3}


def test_a_no_hit_everywhere_is_a_no_hit() -> None:
    """Only once the partner has said so."""
    story = Story(known(), OPENED, NOTHING)
    assert decision(story, SENT) is Decision.PENDING
    assert decision(story, reply(0)) is Decision.NO_HIT


def test_at_the_deadline_the_post_hears_that_no_answer_came() -> None:
    """Never a no hit that nobody gave; an answer after that is still told to the post that asked."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    ends = next_look(story.case, story.knows, SOON)
    assert ends == NOW + timedelta(hours=72)
    word = story.tell(now=ends)[DEVICE]
    assert word.answer.decision is Decision.UNDECIDED
    assert "no answer came from INTERPOL-AFIS" in word.answer.note
    assert next_look(story.case, story.knows, ends) is None
    assert set(story.tell(reply(1), now=ends + timedelta(hours=1))) == {DEVICE}


def test_an_error_is_told_with_what_to_do() -> None:
    """The person may still be there."""
    story = Story(known(), OPENED, NOTHING)
    failed = Failed(NOW, "INTERPOL-AFIS", tcn(3, 900), 501, "take them again while the person is there")
    word = story.tell(failed)[DEVICE]
    assert word.answer.decision is Decision.UNDECIDED
    assert "take them again" in word.answer.note


def test_a_probe_that_could_not_be_used_is_an_error() -> None:
    """With the reason, as ever."""
    word = Story(ALONE, OPENED, Searched(NOW, Decision.UNDECIDED, (), "it cannot be read")).tell()[DEVICE]
    assert (word.answer.tot, word.answer.note) == (AnswerType.ERR, "it cannot be read")


def test_a_hit_while_the_person_is_there_stays_at_the_post() -> None:
    """Nobody else hears of it, also not when time passes after it."""
    story = Story(ALONE, OPENED, HIT)
    word = story.tell(now=NOW + PRESENT)[DEVICE]
    assert word.answer.late is None
    assert not story.tell(now=LATER)


def test_a_late_hit_goes_to_the_post_and_the_next_ones_on_the_route() -> None:
    """With where and when the person was last seen and until when it counts."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    said = story.tell(reply(1), now=LATER)
    assert set(said) == {DEVICE, HARBOUR, BRIDGE}
    for word in said.values():
        late = word.answer.late
        assert late is not None
        assert (late.post, late.seen, late.expires) == ("Green line 4", NOW, NOW + timedelta(hours=72))


def test_who_leaves_before_the_answer_is_looked_for_at_once() -> None:
    """The officer says so; nobody waits a quarter of an hour."""
    story = Story(known(), OPENED, NOTHING, SENT, Left(NOW, "officer:k7"))
    story.tell()
    assert set(story.tell(reply(1))) == {DEVICE, HARBOUR, BRIDGE}


def test_a_record_of_a_clock_that_nobody_set_was_captured_offline() -> None:
    """Its person is gone; last seen is when the hub got it, and the alert says that this is no more than that."""
    opened = Opened(NOW, DEVICE, "Green line 4", "OP-1", RequestType.NPS, NOW - timedelta(days=9000), False)
    said = Story(ALONE, opened, HIT).tell()
    assert set(said) == {DEVICE, HARBOUR, BRIDGE}
    late = said[HARBOUR].answer.late
    assert late is not None
    assert (late.seen, late.clock) == (NOW, False)


def test_a_clock_that_runs_ahead_makes_nobody_wait_longer() -> None:
    """Last seen is never after the hub got the record."""
    opened = Opened(NOW, DEVICE, "Green line 4", "OP-1", RequestType.NPS, NOW + timedelta(days=9), True)
    late = Story(ALONE, opened, HIT).tell(now=LATER)[DEVICE].answer.late
    assert late is not None
    assert late.seen == NOW


def test_a_no_hit_is_nobody_elses_business() -> None:
    """However late it comes."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    assert set(story.tell(reply(0), now=LATER)) == {DEVICE}


def test_after_the_route_has_expired_only_the_post_hears() -> None:
    """As the operation says."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    assert set(story.tell(reply(1), now=NOW + timedelta(hours=73))) == {DEVICE}


def test_a_crash_between_two_posts_loses_nobody() -> None:
    """What was told to the first is noted, the others are told when the hub is back, even hours later."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    story.events.append(reply(1))
    (first, *_) = to_tell(story.case, story.knows, LATER)
    story.events.append(Told(LATER, first.device, 2, first.view))
    again = to_tell(story.case, story.knows, LATER + timedelta(hours=1))
    assert {word.device for word in again} == {HARBOUR, BRIDGE}


def test_who_was_alerted_hears_what_became_of_it() -> None:
    """Two people refute: the alert is taken back everywhere."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    story.tell(reply(1), now=LATER)
    one, two = (
        signed(Voted(LATER, "FRA/1", who, Finding.REFUTE, "other ears"), tcn()) for who in ("k7", "k8")
    )
    story.tell(one, now=LATER)
    said = story.tell(two, now=LATER)
    assert set(said) == {DEVICE, HARBOUR, BRIDGE}
    assert {word.answer.decision for word in said.values()} == {Decision.NO_HIT}
    assert all("match refuted" in word.answer.note for word in said.values())


def test_a_confirmed_match_stays_a_possible_match_in_words() -> None:
    """Nothing here says who somebody is."""
    story = Story(ALONE, OPENED, HIT)
    story.tell()
    votes = [signed(Voted(NOW, "CASE-1", who, Finding.CONFIRM, "same scar"), tcn()) for who in ("k7", "k8")]
    answer = story.tell(*votes)[DEVICE].answer
    assert (answer.decision, answer.note) == (Decision.POSSIBLE_MATCH, "CASE-1: match confirmed")


SYRIAN = Shielded(frozenset({"SYR"}))
SEEKER = Shielded(frozenset(), True)


@pytest.mark.parametrize(
    ("person", "source", "legal"),
    [
        (NOBODY, "SYR", False),
        (SYRIAN, "SYR", True),
        (SYRIAN, "FRA", False),
        (SYRIAN, "", False),
        (SEEKER, "", True),
        (SEEKER, "FRA", False),
        (None, "FRA", True),
        (None, "", True),
    ],
)
def test_a_hit_of_the_country_of_origin_goes_to_the_legal_officer_first(
    person: Shielded | None, source: str, legal: bool
) -> None:
    """Also one of unknown source about who seeks protection, and any if it is not known any more."""
    case = fold(tcn(), [OPENED, NOTHING, reply(1, source=source)])
    assert bool(sealed(case, person)) is legal
    assert bool(visible(case, person)) is not legal


def test_until_release_the_post_hears_what_it_hears_while_a_partner_is_waited_for() -> None:
    """Word for word, edition for edition: nobody can tell a sealed hit from a slow partner."""
    quiet, waits = (Story(known(SYRIAN), OPENED, NOTHING) for _ in range(2))
    assert quiet.tell()[DEVICE] == waits.tell()[DEVICE]
    assert not waits.tell(SENT, now=LATER)
    assert not quiet.tell(SENT, reply(1, source="SYR"), now=LATER)


def test_after_release_the_post_hears_of_it_and_after_refusal_never() -> None:
    """A withheld candidate counts as if there was none."""
    for released, says in ((True, Decision.POSSIBLE_MATCH), (False, Decision.NO_HIT)):
        story = Story(known(SYRIAN), OPENED, NOTHING, reply(1, source="SYR"))
        assert decision(story) is Decision.PENDING
        judged = Judged(NOW, "SYR/1", "l1", released, "status checked")
        answer = story.tell(judged)[DEVICE].answer
        assert answer.decision is says
        assert bool(answer.candidates) is released


def test_a_sealed_hit_beside_an_open_one_adds_no_word() -> None:
    """The post sees the other candidate only."""
    events = [OPENED, HIT, reply(1, source="SYR")]
    answer = Story(known(SYRIAN), *events).tell()[DEVICE].answer
    without = Story(known(SYRIAN), OPENED, HIT, reply(0)).tell()[DEVICE].answer
    assert (answer.candidates, answer.note) == (without.candidates, without.note)


def test_nothing_is_ever_told_outside_the_operation() -> None:
    """Every mixture of routes, posts, devices and events: whoever hears belongs to it."""
    stranger = {**POSTS, 21: "Harbour", FAR: "Bridge"}
    for events in itertools.permutations([NOTHING, HIT, reply(1), Left(NOW, "officer:k7")], 3):
        for knows in (
            known(posts=stranger),
            known(posts=stranger, partners=frozenset()),
            known(operation=None),
        ):
            said = Story(knows, OPENED, *events).tell(now=LATER)
            assert set(said) <= {DEVICE, HARBOUR, BRIDGE}
            if knows.operation is None:
                assert set(said) == {DEVICE}


@pytest.mark.parametrize(("device", "post"), [(FAR, "Green line 4"), (DEVICE, "Far away")])
def test_a_kiosk_outside_the_operation_hears_only_that(device: int, post: str) -> None:
    """Whatever was found stays at the hub."""
    opened = Opened(NOW, device, post, "OP-1", RequestType.NPS, NOW, True)
    (word,) = Story(ALONE, opened, HIT).tell(now=LATER).values()
    assert (word.device, word.answer.tot, word.answer.candidates) == (device, AnswerType.ERR, ())
    assert "no part" in word.answer.note


def test_of_a_purged_case_nothing_is_told() -> None:
    """Its time is over."""
    assert not Story(ALONE, OPENED, HIT, Purged(NOW, Ended.HIT)).tell()


def test_only_partners_of_the_operation_are_waited_for() -> None:
    """A dataset that this hub cannot ask keeps nobody waiting."""
    case = fold(tcn(), [OPENED, NOTHING])
    assert waiting(case, known(), SOON) == ("INTERPOL-AFIS",)
    assert waiting(case, ALONE, SOON) == ()
    assert waiting(case, known(partners=frozenset({"other"})), SOON) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"operation": msgspec.structs.replace(OPERATION, devices=(DEVICE, BRIDGE))},
        {"posts": {**POSTS, HARBOUR: "Elsewhere"}},
    ],
    ids=["taken out", "moved"],
)
def test_a_kiosk_that_was_alerted_and_has_no_part_any_more_hears_nothing_new(
    changed: dict[str, object],
) -> None:
    """What it showed is taken back, once; a further candidate goes to the others only."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    assert set(story.tell(reply(1, total=2), now=LATER)) == {DEVICE, HARBOUR, BRIDGE}
    story.knows = known(**changed)
    said = story.tell(reply(2, total=2, message=2), now=LATER)
    assert set(said) == {DEVICE, HARBOUR, BRIDGE}
    taken = said[HARBOUR].answer
    assert isinstance(taken, Answer)
    assert (taken.candidates, taken.decision) == ((), Decision.UNDECIDED)
    assert len(said[BRIDGE].answer.candidates) == 2
    assert not story.tell(now=LATER)


def test_while_the_operation_is_not_known_nobody_but_who_asked_is_told() -> None:
    """Its file is away: those who were alerted before hear no more until it is back."""
    story = Story(known(), OPENED, NOTHING, SENT)
    story.tell()
    story.tell(reply(1, total=2), now=LATER)
    story.knows = known(operation=None)
    assert set(story.tell(reply(2, total=2, message=2), now=LATER)) == {DEVICE}
    story.knows = known()
    assert set(story.tell(now=LATER)) >= {HARBOUR, BRIDGE}
